"""Answers are found where people look for them, and two of them agree exactly when they mean the same."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.answers import extract, normalise, same_answer


@pytest.mark.parametrize(
    ("text", "kind", "answer"),
    [
        ("40 + 30 = 70. 7 + 5 = 12. The answer is 82.", "addition", "82"),
        ("The final answer is: **82**", "addition", "82"),
        ("Answer:\n82", "addition", "82"),
        ("The answer to 47 + 35 is 82", "addition", "82"),
        ("The answer is 47 + 35 = 82.", "addition", "82"),
        ("She has 18 left.\n#### 1,234", "word", "1,234"),
        (r"Therefore \boxed{\frac{3}{4}}.", "free", "3/4"),
        (r"The final answer is $\boxed{82}$. I hope it is correct.", "free", "82"),
        (r"\boxed{\text{Paris}}", "text", "Paris"),
        ("First 9, then 12, so 21 in all", "word", "21"),
        ("The answer is $18.", "word", "18"),
        ("The answer is twelve.", "word", "twelve"),
        ("The answer is twenty-one apples.", "word", "twenty-one apples"),
        ("It falls to −5", "word", "-5"),
        ("47 -35", "word", "35"),
        ("At 3:30 the train leaves", "word", "3:30"),
        ("The answer is Paris.", "free", "Paris"),
        ("The capital of France is Paris.", "text", "Paris"),
        ("Paris", "free", "Paris"),
        ("The answer is (B) blue.", "choice", "B"),
    ],
)
def test_an_answer_is_found_where_it_stands(text: str, kind: str, answer: str) -> None:
    assert extract(text, kind) == answer


def test_a_text_that_was_cut_has_only_the_answer_that_it_calls_one() -> None:
    assert extract("First 9 sheep, then 4", "word", cut=True) is None
    assert extract("The answer is 13. To check, 9 + ", "word", cut=True) == "13"


def test_the_last_sentence_of_a_long_text_is_no_answer() -> None:
    essay = "Light is scattered by air. " * 20 + "The sky is blue."
    assert extract(essay, "text") is None


def test_the_last_final_phrase_counts() -> None:
    assert extract("The answer is 7. Wait, I forgot one. The answer is 8.", "word") == "8"


def test_a_phrase_that_was_cut_off_gives_way_to_the_one_before() -> None:
    assert extract("The answer is 7. So the answer is", "word") == "7"


def test_questions_that_a_base_model_goes_on_to_ask_itself_are_passed_over() -> None:
    assert extract("The answer is 9.\nQuestion: What is 5 + 6?\nAnswer: The answer is 11.", "addition") == "9"


def test_hidden_reasoning_does_not_answer() -> None:
    assert extract("<think>The answer is 7? No.</think>It is 8.", "word") == "8"


def test_a_sum_that_was_not_worked_out_is_not_taken_for_its_first_number() -> None:
    assert extract("The answer is 5 + 3", "addition") == "5 + 3"


@pytest.mark.parametrize(
    ("text", "kind"), [("", "free"), ("   \n", "word"), ("I do not know", "addition"), ("\\boxed{", "word")]
)
def test_no_answer_is_none(text: str, kind: str) -> None:
    assert extract(text, kind) is None


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        ("82.0", "82"),
        ("082", "82"),
        ("82 apples", "82"),
        ("$1,234.50", "2469/2"),
        ("-$5", "-5"),
        ("−5", "-5"),
        ("+5", "5"),
        ("-0.0", "0"),
        ("50%", "50"),
        ("6/8", "3/4"),
        (r"\frac{3}{4}", "3/4"),
        (r"\dfrac34", "3/4"),
        (r"1\frac{1}{2}", "3/2"),
        (r"2\frac34", "11/4"),
        (r"\frac{1}{2x}", "1/(2x)"),
        (r"\frac{1}{2}x", "1/2 x"),
        (r"\frac{x}{y}", "x/y"),
        ("x**2", "x**2"),
        ("x - y", "x-y"),
        ("√(x)", "√(x)"),
        (r"1 \\ 2", r"1 \\ 2"),
        ("0.75", "3/4"),
        ("2½", "5/2"),
        ("2 1/2", "5/2"),
        ("1e3", "1000"),
        (r"1.2 \times 10^{3}", "1200"),
        ("3,50", "7/2"),
        ("1\u202f234", "1234"),
        ("5 m²", "5"),
        ("60 km/h", "60"),
        ("5th", "5"),
        ("3 million", "3000000"),
        ("eighty-two", "82"),
        ("x = 5", "5"),
        ("٣", "3"),
        ("The Eiffel Tower!", "eiffel tower"),
        ("A", "a"),
        ("(B)", "b"),
        ("2x + 1", "2x+1"),
    ],
)
def test_the_vote_key_is_what_the_answer_means(answer: str, key: str) -> None:
    assert normalise(answer) == key


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("3x", "3"),
        ("8 and a half", "8"),
        ("10 am", "10 pm"),
        ("3 hours 20 minutes", "3"),
        ("10²", "102"),
        ("2π", "2"),
        ("1/3", "0.33"),
    ],
)
def test_different_things_do_not_agree(a: str, b: str) -> None:
    assert not same_answer(a, b)


def test_no_answer_agrees_with_nothing() -> None:
    assert not same_answer(None, None)
    assert not same_answer("5", None)


@given(st.text(max_size=60))
def test_the_key_of_a_key_is_itself(answer: str) -> None:
    assert normalise(normalise(answer)) == normalise(answer)


@given(st.text(alphabet="0123456789.,/-−+$%^{}()eEx \\frac boxedthn½²*'", max_size=25))
def test_the_key_of_a_key_is_itself_near_numbers(answer: str) -> None:
    assert normalise(normalise(answer)) == normalise(answer)


@given(st.integers(-(10**12), 10**12))
def test_how_a_whole_number_is_written_does_not_change_the_vote(number: int) -> None:
    ways = [
        f"{number:,}",
        f"{number}.0",
        f"{number:_}",
        f"{number} apples",
        f"**{number}**",
        f"${number}$",
        f" {number}. ",
    ]
    assert {normalise(way) for way in ways} == {str(number)}
    assert normalise(str(number).replace("-", "−")) == str(number)


@given(st.fractions(max_denominator=10**6), st.integers(1, 50))
def test_a_fraction_and_its_multiples_agree(value: Fraction, factor: int) -> None:
    top, bottom = value.numerator * factor, value.denominator * factor
    assert normalise(f"{top}/{bottom}") == normalise(f"\\frac{{{top}}}{{{bottom}}}") == str(value)


@given(st.decimals(-10_000, 10_000, places=3))
def test_a_decimal_is_read_exactly(value: object) -> None:
    assert normalise(str(value)) == str(Fraction(str(value)))


@given(st.integers(-(10**9), 10**9), st.sampled_from(["addition", "word", "free", "arithmetic"]))
def test_a_stated_number_is_found_again(number: int, kind: str) -> None:
    for text in (
        f"So 3 and 4. The answer is {number:,}.",
        f"\\boxed{{{number}}}",
        f"#### {number}",
        f"Answer: {number}",
    ):
        assert same_answer(extract(text, kind), str(number))


@given(st.text(max_size=300), st.sampled_from(["word", "free", "text", "choice"]))
def test_any_text_is_read_without_failing(text: str, kind: str) -> None:
    answer = extract(text, kind)
    assert answer is None or answer.strip()


@pytest.mark.parametrize(
    "text",
    [
        "9" * 200_000,
        "1e999999999",
        "1,111" * 40_000,
        "\\boxed{" * 30_000,
        "\n" * 200_000,
        "\\frac{" * 40_000,
        "(" * 100_000,
    ],
    ids=["digits", "exponent", "groups", "boxes", "lines", "fractions", "brackets"],
)
def test_no_text_takes_long(text: str) -> None:
    began = time.process_time()
    normalise(extract(text, "free") or "")
    normalise(text)
    assert time.process_time() - began < 2
