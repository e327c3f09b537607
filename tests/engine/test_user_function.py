"""The user's own function gives the score; what is wrong with it is said before the run where it can be known."""

from __future__ import annotations

import math
import warnings

import pytest

from engine.errors import BadInputError
from engine.setup import Value, VerifierChoice
from engine.types import Candidate, Problem, Score
from engine.verifiers.registry import build_verifier

PROBLEM = Problem("What is 47 + 35?", "82")


def score(function: str | None = None, text: str = "", answer: str | None = None, **settings: Value) -> Score:
    given = settings if function is None else {"function": function, **settings}
    verifier = build_verifier(VerifierChoice("user-function", 1.0, given))
    candidate = Candidate(0, text, answer, answer, "stop", 10, -0.2)
    return verifier.score(PROBLEM, candidate, [candidate], ())


def returning(expression: str) -> str:
    return f"def score(problem, answer, text):\n    return {expression}"


def test_the_example_rewards_an_answer_that_the_working_ends_in() -> None:
    assert score(text="40 + 30 = 70, 70 + 12 = 82. The answer is 82.", answer="82").value == 1.0
    assert score(text="40 + 30 = 70, 70 + 12 = 82. The answer is 72.", answer="72").value == 0.0
    assert score(text="The answer is 82.", answer="82") == Score(None, "your function cannot tell")
    assert score(text="1 + 1 = 2").value is None


def test_the_function_gets_the_question_the_answer_and_the_text() -> None:
    function = returning("0.25 if (problem, answer, text) == ('What is 47 + 35?', '82', 'so 82') else 0")
    assert score(function, "so 82", "82") == Score(0.25, "your function gives 0.25")
    assert score(returning("1 if answer is None else 0")).value == 1.0


@pytest.mark.parametrize(
    ("expression", "value", "detail"),
    [
        ("1", 1.0, "gives 1"),
        ("True", 1.0, "gives 1"),
        ("len(text) > 3", 0.0, "gives 0"),
        ("7 / 2", 1.0, "gives more than 1, which counts as 1"),
        ("-0.5", 0.0, "gives less than 0, which counts as 0"),
        ("10**5000", 1.0, "gives more than 1, which counts as 1"),
        ("float('-inf')", 0.0, "gives less than 0, which counts as 0"),
        ("float('nan')", None, "gives nan, not a number"),
        ("None", None, "cannot tell"),
        ("str(1)", None, "gives str, not a number"),
        ("sorted('ba')", None, "gives list, not a number"),
    ],
)
def test_what_the_function_gives_is_cut_to_the_range_or_is_no_score(
    expression: str, value: float | None, detail: str
) -> None:
    assert score(returning(expression)) == Score(value, f"your function {detail}")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("return 1 / len(text)", "your function fails: ZeroDivisionError: division by zero (line 2)"),
        ("while True:\n        text += answer", "your function fails: TypeError: "),
        ("while True: problem\n    return 1", "your function took longer than 0.2 s"),
        ("return len('a' * 10**12)", "your function needed more than 64 MB"),
        ("return score(problem, answer, text)", "your function went deeper than 1,000 calls"),
        ("return int(input())", "the sandbox does not support input()"),
        ("return open('/etc/passwd').read() and 1", "the sandbox does not support files"),
        ("while True: print(problem)\n    return 1", "your function printed more than 100,000 characters"),
    ],
)
def test_a_function_that_fails_cannot_tell_and_says_why(body: str, detail: str) -> None:
    function = f"def score(problem, answer, text):\n    {body}\n    return 0"
    seconds = 0.2 if "longer" in detail else 20.0
    got = score(function, seconds=seconds)
    assert (got.value, got.detail[: len(detail)]) == (None, detail)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("def score(problem, answer, text:\n    return 1", "Your function is not Python.*Line 1"),
        ("def score(problem, answer, text):\nreturn 1", "Your function is not Python.*Line 2"),
        ("", "There is no function “score”"),
        ("def judge(problem, answer, text): return 1", "There is no function “score”"),
        ("score = 0.5", "There is no function “score”"),
        ("def score(answer): return 1", "cannot be called with three values"),
        ("def score(a, b, c, d): return 1", "cannot be called with three values"),
        ("def score(a, b, c, *, d): return 1", "cannot be called with three values"),
        ("async def score(a, b, c): return 1", "cannot be called with three values"),
        ("def score(a, b, c): pass", "never returns a score"),
        ("def score(a, b, c):\n    def f(): return 1\n    f()", "never returns a score"),
        ("def score(a, b, c): return", "never returns a score"),
        ("def score(a, b, c):\n    return 'good'", "returns a text in line 2"),
        ("def score(a, b, c): return f'{a}'", "returns a text in line 1"),
        ("def score(a, b, c): return [1, 0]", "returns a list"),
        ("def score(a, b, c): return {'score': 1}", "returns a collection"),
        ("import numpy\ndef score(a, b, c): return 1", "uses the module numpy.*Line 1.*sandbox"),
        ("def score(a, b, c):\n    yield 1\n    return 1", "uses generators.*Line 2"),
        ("class A(dict): pass\ndef score(a, b, c): return 1", "uses classes that inherit"),
        ("\0", "Your function is not Python"),
    ],
)
def test_a_function_that_cannot_work_is_refused_before_the_run(function: str, words: str) -> None:
    with pytest.raises(BadInputError, match=words) as raised:
        score(function)
    assert raised.value.next_step


@pytest.mark.parametrize(
    "signature", ["problem, answer, text", "a, b, c, d=1", "*all", "a, *rest", "a, b, c, *, d=1", "a, /, b, c"]
)
def test_every_signature_that_takes_three_values_will_do(signature: str) -> None:
    assert score(f"def score({signature}): return 1").value == 1.0


def test_a_function_is_looked_at_without_being_run_and_without_warnings() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build_verifier(
            VerifierChoice("user-function", 1.0, {"function": returning("len('\\d')") + "\nwhile True: pass"})
        )


def test_a_score_is_a_number_between_0_and_1_or_none() -> None:
    values = [score(returning(e)).value for e in ("0.1 + 0.2", "1e-300", "text == ''", "10.0**300", "answer")]
    assert all(value is None or (0 <= value <= 1 and math.isfinite(value)) for value in values)
