"""The ladder's answers are right, and typing one of its questions finds it."""

from __future__ import annotations

import ast
import operator
from fractions import Fraction
from itertools import permutations, product
from math import comb, gcd
from pathlib import Path

import pytest

from engine.answers import normalise, same_answer
from engine.check import check_setup
from engine.errors import EngineError
from engine.lab import problem_sets
from engine.lab.problem_sets import find_problem, load_ladder, make_problem
from engine.prompts import POOLS
from engine.setup import DEFAULT_SAMPLING, Budget, LoadOptions, RunSetup, StrategyChoice
from engine.types import Problem

PROBLEMS = [problem for rung in load_ladder() for problem in rung.problems]

STORIES = {
    "Mia has 9": 9 + 6,
    "Tom had 14": 14 - 5,
    "A bag holds 8": 8 * 3,
    "Anna shares 20": 20 // 4,
    "There are 25": 25 - 12,
    "A book costs 7": 7 * 6,
    "Sam read 18": 18 + 23,
    "A train has 9": 9 * 10,
    "Leo is 11": 11 + 4,
    "A farmer packs": 36 // 6,
    "Ben has 5": 5 * 4 - 3,
    "A shop sold 12": (12 + 15) * 3,
    "Nora had 50": 50 - 4 * 9,
    "Two classes": (18 + 22) // 5,
    "A hen lays 6": 6 * 3 * 4,
    "Ivan runs 3": 3 * 5 + 7,
    "A jar has 45": 45 - 17 + 6,
    "Rosa picked 24": (24 - 4) // 5,
    "A ticket costs 8": 2 * 8 + 3 * 5,
    "A rope is 60": 60 - 3 * 12,
    "A baker makes": 7 * 12 - 50 - 9,
    "Ella saves 6": 6 * 8 - 25 - 11,
    "A school has 4": 4 * 21 + 3 * 25 - 12,
    "Paul buys 3": 100 - 3 * 14 - 2 * 9,
    "A tank holds": 200 - 15 * 6 + 40,
    "A cyclist rides": 100 - 18 * 2 - 12 * 3,
    "Half of the 48": 48 // 2 - 9 + 4,
    "Five friends": 60 - 2 * 85 // 5,
    "A garden has 6": 6 * 15 + 2 * 6 * 15 - 30,
    "A printer prints": 12 * 15 - 3 * 20,
}


def divisors(number: int) -> int:
    return sum(number % i == 0 for i in range(1, number + 1))


def is_prime(number: int) -> bool:
    return number > 1 and all(number % i for i in range(2, number))


HOPELESS = {
    "What is the remainder": lambda: 7**100 % 13,
    "How many positive divisors": lambda: divisors(5040),
    "What is the sum of all prime": lambda: sum(filter(is_prime, range(100))),
    "In how many ways": lambda: sum(abs(books.index(0) - books.index(1)) > 1 for books in permutations(range(8))),
    "How many whole numbers": lambda: sum(gcd(number, 30) == 1 for number in range(1, 1001)),
    "What is the smallest": lambda: next(n for n in range(1, 999) if (n % 3, n % 5, n % 7) == (2, 3, 2)),
    "How many paths": lambda: comb(12, 6),
    "What is the last digit": lambda: 3**2026 % 10,
    "Two dice": lambda: Fraction(sum(a + b == 8 for a, b in product(range(1, 7), repeat=2)), 36),
}
OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}


def independent_answer(question: str) -> object:
    """The answer by Python's own parser and arithmetic, or by a sum or a search written for the problem."""
    for beginning, answer in STORIES.items():
        if question.startswith(beginning):
            return answer
    for beginning, search in HOPELESS.items():
        if question.startswith(beginning):
            return search()
    tree = ast.parse(question.removeprefix("What is ").rstrip("?").replace(" x ", " * "), mode="eval").body
    assert isinstance(tree, ast.BinOp)
    assert isinstance(tree.left, ast.Constant)
    assert isinstance(tree.right, ast.Constant)
    return OPERATORS[type(tree.op)](tree.left.value, tree.right.value)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.question[:30])
def test_the_answer_of_a_built_in_problem_is_right(problem: Problem) -> None:
    assert problem.answer == str(independent_answer(problem.question))
    assert normalise(problem.answer) == problem.answer


def test_the_ladder_goes_from_one_digit_sums_to_the_hopeless() -> None:
    ladder = load_ladder()
    assert (ladder[0].name, ladder[-1].name) == ("one-digit-sums", "hopeless")
    assert len({rung.name for rung in ladder}) == len(ladder) >= 8
    assert all(8 <= len(rung.problems) <= 12 and rung.title and rung.help for rung in ladder)


def test_no_problem_is_asked_twice_or_shown_as_an_example() -> None:
    asked = [problem.question for problem in PROBLEMS]
    assert len(set(asked)) == len(asked)
    assert not set(asked) & {example.question for pool in POOLS.values() for example in pool}


def test_every_kind_has_its_own_worked_examples() -> None:
    assert {problem.kind for problem in PROBLEMS} <= set(POOLS) - {"free"}


@pytest.mark.parametrize("typed", ["What is 47 + 35?", "  what is 47 + 35 ", "WHAT IS 47 + 35 ?"])
def test_a_built_in_question_is_found_however_it_is_typed(typed: str) -> None:
    found = find_problem(typed)
    assert found is not None
    assert (found.answer, found.kind, found.title) == ("82", "addition", "Two-digit sums")


@pytest.mark.parametrize(
    ("typed", "answer", "kind"),
    [
        ("What is 123 x 7?", "861", "multiplication"),
        ("1,250 - 1,300 =", "-50", "subtraction"),
        ("Calculate (2 + 3) * 4", "20", "arithmetic"),
        ("7 / 2", "7/2", "division"),
    ],
)
def test_a_plain_sum_gets_its_answer_worked_out(typed: str, answer: str, kind: str) -> None:
    found = find_problem(typed)
    assert found is not None
    assert (found.question, found.answer, found.kind) == (typed, answer, kind)


@pytest.mark.parametrize("typed", ["", "What is love?", "47", "5 / 0", "2x + 3 = 7", "How old is 3 + 4?"])
def test_any_other_question_has_no_known_answer(typed: str) -> None:
    assert find_problem(typed) is None


def test_a_given_answer_goes_before_the_known_one() -> None:
    assert make_problem("What is 47 + 35?", "83").answer == "83"
    assert make_problem("What is 47 + 35?").answer == "82"


def test_a_given_word_makes_words_be_looked_for() -> None:
    assert make_problem("What is the capital of France?", "Paris").kind == "text"
    assert make_problem("How many sides has a cube?", "6").kind == "free"
    assert make_problem("Why?", "  ").answer is None


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Explain why the sky is blue.", "text"),
        ("What is the capital of France?", "text"),
        ("How far is the moon?", "free"),
        ("When did Rome fall?", "free"),
        ("Is 91 a prime?", "free"),
        ("Tell me how a steam engine works, in 5 steps.", "text"),
    ],
)
def test_the_last_number_of_a_text_answers_only_what_may_ask_for_one(question: str, kind: str) -> None:
    assert make_problem(question).kind == kind


def test_a_fraction_is_a_right_answer_in_any_form() -> None:
    assert same_answer("10/72", PROBLEMS[-1].answer)


def test_every_built_in_problem_can_be_run() -> None:
    for problem in PROBLEMS:
        check_setup(
            RunSetup(problem, StrategyChoice("best-of-n"), (), DEFAULT_SAMPLING, Budget(), LoadOptions("none"), 1)
        )


@pytest.mark.parametrize("damaged", [None, b"", b'{"rungs": 3}', b'{"rungs": [{"name": "x"}]}'])
def test_a_damaged_ladder_is_told_in_words(
    damaged: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ladder.json"
    if damaged is not None:
        file.write_bytes(damaged)
    monkeypatch.setattr(problem_sets, "LADDER", file)
    load_ladder.cache_clear()
    try:
        with pytest.raises(EngineError, match="built-in problems cannot be read"):
            load_ladder()
    finally:
        load_ladder.cache_clear()
