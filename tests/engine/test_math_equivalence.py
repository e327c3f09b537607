"""Answers are compared as mathematics, and whatever sympy does to a hostile one is contained."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from engine.types import Candidate, Problem, Score
from engine.verifiers import math_process
from engine.verifiers.math_child import GRACE_SECONDS
from engine.verifiers.math_equivalence import MathEquivalence
from engine.verifiers.math_notation import LONGEST, latex, places
from engine.verifiers.math_process import MathProcess
from engine.verifiers.registry import VERIFIERS

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 0.3
PATIENCE = 30.0
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows bounds no CPU time")

EQUAL = [
    ("1/2", "0.5"),
    ("1/2", r"\frac{1}{2}"),
    ("3", "x = 3"),
    ("x = 3", "3"),
    ("3 = x", "3"),
    (r"\{1, 2\}", r"\{2, 1\}"),
    ("1, 2", "x = 1 or x = 2"),
    (r"\pm 3", "-3, 3"),
    ("[0,1)", "[0, 1)"),
    ("(-∞, 3]", r"\left(-\infty, 3\right]"),
    ("(0,1) ∪ (2,3)", r"(0,1) \cup (2,3)"),
    ("(1, 2)", "1 < x < 2"),
    ("x < 3", "3 > x"),
    ("2(x+1)", "2x+2"),
    ("x^2-1", "(x-1)(x+1)"),
    ("x**2", "x²"),
    ("y = 2x + 1", "2x - y + 1 = 0"),
    ("√(2)/2", "1/√2"),
    (r"\frac{\sqrt{2}}{2}", "sqrt(2)/2"),
    ("0.5", "50%"),
    (r"50\%", "1/2"),
    ("9%", "9"),
    ("1/3", "0.333333"),
    ("x + 1 1/2", "x + 1.5"),
    ("½ x", "x/2"),
    ("1.5e3 x", "1500x"),
    ("12", "3 × 4"),
    ("1024", "2^(10)"),
    ("2", "log(100)"),
    ("1/2", r"\sin(\pi/6)"),
    ("exp(2x)", "e^{2x}"),
    ("5√2 units", r"\sqrt{50}"),
    ("1/(x+1)", "(x+1)^-1"),
    (r"\begin{pmatrix}1&2\end{pmatrix}", r"\begin{pmatrix}1&4/2\end{pmatrix}"),
    ("yes", "Yes."),
]
DIFFERENT = [
    ("1/2", "0.51"),
    ("1/3", "0.33"),
    ("5", "-5"),
    ("[0,1)", "(0,1]"),
    ("(0,1)", "[0,1]"),
    ("(1, 2)", "(2, 1)"),
    (r"\{1, 2\}", r"\{1, 3\}"),
    ("1", "1, 2"),
    ("x + 1", "y + 1"),
    ("2x+2", "2x+1"),
    ("1 1/2", "1"),
    ("5 6", "11"),
    ("no", "on"),
    ("listen", "silent"),
    ("3 to 5", "5 to 3"),
    ("0.0000001", "0.0000002"),
    ("1.5*10^-9 x", "2.5*10^-9 x"),
    ("e^{2x}", "e^2 x"),
    ("between 3 and 5", "5"),
    ("x + y", "x - y"),
    ("x/y", "xy"),
    ("-π", "π"),
]
HOSTILE = [
    "10**10**10",
    "2^2^2^2^2^2",
    "9^9^9^9",
    "(10^9)!",
    "((((10!)!)!)!)",
    "x^{10^{10^{10}}}",
    "e^{e^{e^{e^{10}}}}",
    "+".join(["1/x"] * 400),
    "+".join(["1"] * LONGEST),
    "*".join(f"(x+{i})" for i in range(150)),
    "(x+y+z+1)^{900}",
    r"\sqrt{2+" * 40 + "1" + "}" * 40,
    "(" * 400 + "1" + ")" * 400,
    "(" * 990,
    "|" * 500,
    r"\frac{1}{" * 100 + "x" + "}" * 100,
    r"\int_0^1 x^{x^{x^x}} dx",
    r"\sum_{n=1}^{10^9} \frac{n!}{n^n}",
    r"\binom{10^9}{5*10^8}",
    "1" * 1900 + "x",
    "\\" * 500,
    "__import__('os').system('true')",
    "\0\n\r\x1b",
    "\ud800x",
]


def score(verifier: MathEquivalence, known: str | None, given: str | None) -> Score:
    candidate = Candidate(0, "", given, given, "stop", 10, None)
    return verifier.score(Problem("Which?", known, "free"), candidate, [candidate], ())


def wait_until(condition: Callable[[], bool]) -> bool:
    ends = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < ends:
        threading.Event().wait(0.01)
    return condition()


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


@pytest.fixture(scope="module")
def process() -> Iterator[MathProcess]:
    before, threads = children(), threading.active_count()
    process = MathProcess()
    yield process
    process.close()
    assert children() <= before
    assert threading.active_count() <= threads


@pytest.fixture
def verifier(process: MathProcess) -> MathEquivalence:
    return MathEquivalence(process, 10.0)


@pytest.mark.parametrize(("known", "given"), EQUAL)
def test_the_same_mathematics_is_the_same_answer(known: str, given: str, verifier: MathEquivalence) -> None:
    assert score(verifier, known, given) == Score(1.0, f"{given} equals {known}")


@pytest.mark.parametrize(("known", "given"), DIFFERENT)
def test_other_mathematics_is_another_answer(known: str, given: str, verifier: MathEquivalence) -> None:
    got = score(verifier, known, given)
    assert (got.value, got.detail.startswith(f"{given} does not equal {known}")) == (0, True)


def test_what_is_no_mathematics_is_compared_as_text_and_that_is_said(verifier: MathEquivalence) -> None:
    assert score(verifier, "the cat", "a cat").value == 1
    said = "dog does not equal cat, compared as text: not readable as mathematics"
    assert score(verifier, "cat", "dog") == Score(0.0, said)
    assert score(verifier, "2x", "x + (").detail.endswith("not readable as mathematics")
    assert score(verifier, "well known", "well-known").value == 1


def test_without_an_answer_there_is_nothing_to_compare(verifier: MathEquivalence) -> None:
    assert score(verifier, None, "3") == Score(None, "the answer is not known")
    assert score(verifier, "3", None) == Score(0.0, "no answer found in the text")


def test_long_answers_are_shown_by_their_beginning(verifier: MathEquivalence) -> None:
    assert len(score(verifier, "1" * 3000, "x" * 3000).detail) < 250


def test_plain_numbers_and_texts_need_no_process() -> None:
    unused = MathProcess()
    verifier = MathEquivalence(unused)
    for known, given in [("82", "82.0 apples"), ("82", "72"), ("1/2", "50%"), ("cat", "dog")]:
        score(verifier, known, given)
    assert unused.pid is None


@pytest.mark.parametrize("given", HOSTILE, ids=lambda given: repr(given[:24]))
def test_a_hostile_answer_is_contained(given: str, process: MathProcess) -> None:
    threads = threading.active_count()
    score(MathEquivalence(process, 10.0), "x+1", "1+x")  # it is warm
    began = time.monotonic()
    got = score(MathEquivalence(process, LIMIT), "x+1", given)
    assert time.monotonic() - began < LIMIT + GRACE_SECONDS + 10.0  # for a busy machine
    assert got.value in (0, None)
    assert got.value == 0 or got.detail in ("took too long to compare", "too large to compare")
    assert threading.active_count() == threads


def test_a_comparison_that_only_a_kill_can_end_is_followed_by_one_in_a_new_process(process: MathProcess) -> None:
    patient = MathEquivalence(process, 10.0)
    score(patient, "x+1", "1+x")
    first = process.pid
    got = score(MathEquivalence(process, LIMIT), "x+1", "x^{10^{10^{10}}}")
    assert (got, process.pid) == (Score(None, "took too long to compare"), None)
    assert first is not None
    assert not psutil.pid_exists(first)
    assert score(patient, "2(x+1)", "2x+2").value == 1
    assert process.pid not in (None, first)


def test_a_comparison_that_can_be_interrupted_costs_no_new_process(process: MathProcess) -> None:
    score(MathEquivalence(process, 10.0), "x+1", "1+x")
    first = process.pid
    assert score(MathEquivalence(process, LIMIT), "x+1", "(x+y+z+1)^{900}").value is None
    assert process.pid == first


def test_a_process_killed_from_outside_is_replaced(process: MathProcess, verifier: MathEquivalence) -> None:
    score(verifier, "x+1", "1+x")
    child = psutil.Process(process.pid)
    child.kill()
    psutil.wait_procs([child], timeout=PATIENCE)
    assert score(verifier, "x+1", "1+x").value == 1


def test_an_interrupt_stops_a_comparison_at_once_and_the_next_ones_until_they_are_allowed(process: MathProcess) -> None:
    patient = MathEquivalence(process, 60.0)
    score(patient, "x+1", "1+x")
    got: list[Score] = []
    thread = threading.Thread(target=lambda: got.append(score(patient, "x+1", "(x+y+z+1)^{900}")))
    child = psutil.Process(process.pid)
    before = child.cpu_times().user
    began = time.monotonic()
    thread.start()
    assert wait_until(lambda: child.cpu_times().user > before + 0.05)
    process.interrupt()
    thread.join(PATIENCE)
    assert got == [Score(None, "stopped from outside")]
    assert score(patient, "x+2", "2+x").value is None
    assert time.monotonic() - began < 30
    process.allow()
    assert score(patient, "x+1", "1+x").value == 1


def test_without_a_process_formulas_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(math_process.sys, "executable", str(ROOT / "missing"))
    got = score(MathEquivalence(MathProcess()), "x+1", "1+x")
    assert got == Score(None, "the process that compares could not be started")


def test_a_process_that_ends_takes_its_child_with_it() -> None:
    code = (
        "from engine.verifiers.math_child import Question; from engine.verifiers.math_process import MathProcess;"
        "process = MathProcess(); print(process.compare(Question('x+1', '1+x', 0, 9.0)), process.pid)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    verdict, pid = done.stdout.split()
    assert (verdict, psutil.pid_exists(int(pid)), done.stderr) == ("equal", False, "")


@posix
def test_a_child_deep_in_one_operation_does_not_long_outlive_an_engine_that_is_killed() -> None:
    code = (
        "from engine.verifiers.math_child import Question; from engine.verifiers.math_process import MathProcess;"
        "process = MathProcess(); process.compare(Question('x+1', '1+x', 0, 9.0)); print(process.pid, flush=True);"
        "process.compare(Question('x+1', 'x^{10^{10^{10}}}', 0, 2.0))"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as engine:
        try:
            assert engine.stdout is not None
            child = psutil.Process(int(engine.stdout.readline()))
            before = child.cpu_times().user
            assert wait_until(lambda: child.cpu_times().user > before + 0.1)
        finally:
            engine.kill()
    assert psutil.wait_procs([child], timeout=PATIENCE)[1] == []


def test_the_engine_never_imports_sympy() -> None:
    code = (
        "import sys, engine.worker.process; from engine.verifiers.registry import VERIFIERS;"
        "from engine.verifiers.math_process import shared_math_process as shared;"
        "from engine.verifiers.math_child import Question;"
        "print(shared().compare(Question('x+1', '1+x', 0, 9.0)), 'sympy' in sys.modules, 'math_verify' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["equal", "False", "False"]


def test_small_numbers_are_not_rounded_to_nothing() -> None:
    assert (places("0.25x"), places("1.5*10^{-9}"), places("10^{-999}"), places("x")) == (2, 10, 40, 0)


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        ("√(x+(1))/2", r"\sqrt{x+(1)}/2"),
        ("sqrt(sqrt(2))", r"\sqrt{\sqrt{2}}"),
        ("√(2", r"\sqrt{2}"),
        ("2 1/3", "(2+1/3)"),
        ("no solution", None),
        ("12 34", None),
        ("", None),
        ("x" * (LONGEST + 1), None),
    ],
)
def test_answers_are_written_as_the_parser_reads_them_right(answer: str, read: str | None) -> None:
    assert latex(answer) == read


def test_it_is_offered_only_where_the_answer_is_known() -> None:
    assert VERIFIERS["math-equivalence"].needs_answer
