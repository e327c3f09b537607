"""Code execution scores by the tests that pass, and says which one does not and why."""

from __future__ import annotations

import time

import pytest

from engine.errors import BadInputError
from engine.setup import Value, VerifierChoice
from engine.types import Candidate, Problem, Score
from engine.verifiers.registry import build_verifier

PROBLEM = Problem("Write add(a, b).")
TESTS = "add(2, 3) == 5\nadd(-1, 1) == 0\nassert add('a', 'b') == 'ab'"


def score(program: str, tests: str = TESTS, **settings: Value) -> Score:
    verifier = build_verifier(VerifierChoice("code-execution", 1.0, {"tests": tests, **settings}))
    text = f"Here:\n```python\n{program}\n```"
    candidate = Candidate(0, text, None, None, "stop", 10, -0.2)
    return verifier.score(PROBLEM, candidate, [candidate], ())


def opinion(program: str, tests: str = TESTS) -> tuple[float | None, str]:
    got = score(program, tests)
    return got.value, got.detail


def test_the_result_of_each_test_is_told() -> None:
    got = score("def add(a, b): return a - b if a == 2 else a + b")
    assert [(part.name, part.passed) for part in got.parts] == [
        ("add(2, 3) == 5", False),
        ("add(-1, 1) == 0", True),
        ("add('a', 'b') == 'ab'", True),
    ]
    assert got.parts[0].detail == "fails (-1 == 5)"
    cut = score("1 / 0")
    assert [(part.passed, part.detail) for part in cut.parts[1:]] == [(None, "not run")] * 2


def test_a_program_that_passes_every_test_scores_1() -> None:
    assert opinion("def add(a, b): return a + b") == (1.0, "all 3 tests pass")
    assert opinion("def add(a, b): return a + b", "add(1, 1) == 2") == (1.0, "the test passes")


def test_the_score_is_the_share_that_passes_and_the_first_failure_is_told_with_its_values() -> None:
    got = score("def add(a, b): return a - b if a == 2 else a + b")
    assert (got.value, got.detail) == (2 / 3, "2 of 3 tests pass: add(2, 3) == 5 fails (-1 == 5)")
    assert score("def add(a, b): return 4", "add(2, 3) == 5").detail == "add(2, 3) == 5 fails (4 == 5)"


def test_an_error_in_one_test_leaves_the_others() -> None:
    got = score("def add(a, b): return a + b + 0")
    assert got.value == pytest.approx(2 / 3)
    assert got.detail.startswith("2 of 3 tests pass: add('a', 'b') == 'ab' fails: TypeError: ")


@pytest.mark.parametrize(
    ("program", "detail"),
    [
        ("def add(a, b:\n    return a", "the program fails: SyntaxError: "),
        ("def add(a, b): return (a,", "the program fails: SyntaxError: "),
        ("1 / 0", "the program fails: ZeroDivisionError: division by zero"),
        (
            "def plus(a, b): return a + b",
            "0 of 3 tests pass: add(2, 3) == 5 fails: NameError: name 'add' is not defined",
        ),
        ("def add(a, b): return add(b, a)", "0 of 3 tests pass: add(2, 3) == 5 went deeper than 1,000 calls"),
        ("x = [0] * 10**9", "the program needed more than 64 MB"),
        ("def add(a, b): print('x' * 10**6)", "0 of 3 tests pass: add(2, 3) == 5 printed more than 100,000 characters"),
    ],
)
def test_a_program_that_fails_scores_0_and_is_told_why(program: str, detail: str) -> None:
    got = score(program)
    assert (got.value, got.detail[: len(detail)]) == (0.0, detail)


def test_a_text_without_a_program_scores_0() -> None:
    verifier = build_verifier(VerifierChoice("code-execution"))
    candidate = Candidate(0, "The sum is 5.", "5", "5", "stop", 10, -0.2)
    assert verifier.score(PROBLEM, candidate, [candidate], ()) == Score(0.0, "no program in the text")


@pytest.mark.parametrize(
    "program",
    ["import heapq\ndef add(a, b): return a + b", "def add(a, b):\n    if a == 'a': yield a\n    return a + b"],
)
def test_a_program_that_only_the_sandbox_cannot_run_is_not_judged(program: str) -> None:
    got = score(program)
    assert (got.value, got.detail.startswith("the sandbox does not support ")) == (None, True)


def test_a_gap_that_one_test_meets_leaves_the_program_unjudged() -> None:
    got = score("def add(a, b): return a + b if a != 'a' else bytearray(b)")
    assert (got.value, got.detail) == (None, "the sandbox does not support bytearray()")


@pytest.mark.parametrize("trick", ["return", "return 5", "def add(a, b): return 0\nraise SystemExit"])
def test_a_program_that_ends_before_the_test_does_not_pass_it(trick: str) -> None:
    assert score(trick).value == 0.0


def test_no_test_depends_on_the_one_before_it() -> None:
    program = "seen = []\ndef add(a, b):\n    seen.append(a)\n    return len(seen)"
    assert score(program, "add(1, 1) == 1\nadd(1, 1) == 1").value == 1.0


def test_a_test_that_does_not_end_leaves_the_others_their_time() -> None:
    program = "def add(a, b):\n    while a == 2: pass\n    return a + b"
    got = score(program, seconds=1.5)
    assert (got.value, got.detail) == (2 / 3, "2 of 3 tests pass: add(2, 3) == 5 took longer than 0.5 s")


def test_all_tests_together_keep_to_the_time_limit() -> None:
    endless, began = "import math\ndef add(a, b): math.gcd(3**4_000_000, 7**3_000_000)", time.monotonic()
    assert score(endless, "add(1, 1) == 2\n" * 40, seconds=0.5).value == 0.0
    assert time.monotonic() - began < 5  # 40 kills after a grace of 0.25 s would take 10


def test_empty_lines_and_comments_are_no_tests() -> None:
    assert score("def add(a, b): return a + b", "# sums\n\n  add(1, 1) == 2  # two\n").detail == "the test passes"


@pytest.mark.parametrize(
    ("tests", "words"),
    [
        ("", "There are no tests"),
        ("# only a comment", "There are no tests"),
        ("add(1, 1) == 2\n\nadd(2, 3) = 5", "This test is not Python.*Line 3.*=="),
        ("x = 5", "Test line 1 compares nothing.*Use =="),
        ("add(1, 1) == 2; add(2, 2) == 4", "Test line 1 is no test"),
        ("import math", "Test line 1 is no test"),
        ("5", "Test line 1 tests nothing"),
        ("assert (add(1, 1) == 2, 'sum')", "Test line 1 tests nothing"),
        ("add(1,", "This test is not Python.*Line 1"),
        ("add(1, 1) == \0", "This test is not Python"),
        ("add(" + "(" * 5_000, "This test is not Python"),
    ],
)
def test_a_line_that_is_no_test_is_refused_in_words(tests: str, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        score("pass", tests)
