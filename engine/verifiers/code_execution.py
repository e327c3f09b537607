"""Code execution: the program in a candidate is run against a person's tests; the score is the share that passes."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from msgspec.structs import replace

from engine.settings import Setting
from engine.types import Candidate, Part, Problem, Score
from engine.verifiers.base import Verifier
from engine.verifiers.limits import LIMIT_SETTINGS, Limits
from engine.verifiers.outcome import REPEATABLE, TELLS_NOTHING, Outcome
from engine.verifiers.program_tests import ProgramTest, read_tests
from engine.verifiers.program_text import program_in
from engine.verifiers.sandbox import Sandbox, shared_sandbox

SHORTEST_SECONDS = 0.02
MAX_WRITTEN = 50
OUT_OF_TIME = Outcome("timeout", "was not run: the time was up")
DEFAULT_TESTS = """\
# one test a line
add(2, 3) == 5
add(-1, 1) == 0
assert add(0, 0) == 0"""

SETTINGS = (
    Setting(
        "tests",
        "text",
        DEFAULT_TESTS,
        "Tests, one a line",
        "A call and its value, such as add(2, 3) == 5, or an assertion. The score is the share that passes.",
        maximum=20_000,
        lines=5,
    ),
    *LIMIT_SETTINGS,
)


class CodeExecution(Verifier):
    """Scores by the share of tests that the candidate's program passes. One that cannot be run here is not judged.

    Args:
        tests: One test a line.
        limits: What the program may use: the time is for all tests together, the rest for each.
        sandbox: Where programs run.

    Raises:
        BadInputError: A line is no test, or there is none.
    """

    name = "code-execution"
    title = "Code execution"
    help = "Runs the Python program in the text against your tests. The score is the share of tests that pass."
    costs = "No model call: about a millisecond a test, up to the time limit for a program that does not end."
    blind_spot = "It sees only what the tests try, and its sandbox lacks parts of Python: then it does not judge."

    def __init__(self, tests: str, limits: Limits, sandbox: Sandbox | None = None) -> None:
        self._tests = read_tests(tests)
        self._limits = limits
        self._sandbox = sandbox or shared_sandbox()
        self._judged: dict[str, list[Outcome]] = {}  # candidates often write the same program

    def score(
        self, problem: Problem, candidate: Candidate, peers: Sequence[Candidate], replies: Sequence[Candidate]
    ) -> Score:
        """The share of the tests that pass; the first that does not is named. None when the sandbox cannot tell."""
        program = program_in(candidate.text)
        if program is None:
            return Score(0.0, "no program in the text")
        results = self.results(program)
        return replace(_verdict(self._tests, program, results), parts=_parts(self._tests, results))

    def results(self, program: str) -> list[Outcome]:
        """What became of each test, in order. They end early where the program itself fails or cannot be run here.

        Each test runs in a program of its own, so that no test depends on another, and has its share of the time left.
        """
        if program in self._judged:
            return self._judged[program]
        found = self._run(program)
        if all(outcome.kind in REPEATABLE for outcome in found):
            self._judged[program] = found
        return found

    def _run(self, program: str) -> list[Outcome]:
        ends = time.perf_counter() + self._limits.seconds
        found: list[Outcome] = []
        for number, test in enumerate(self._tests):
            left = ends - time.perf_counter()
            share = max(SHORTEST_SECONDS, left / (len(self._tests) - number))
            found.append(self._result(program, test, share) if left > 0 else OUT_OF_TIME)
            if found[-1].kind in TELLS_NOTHING or _is_programs_own(found[-1], program):
                break
        return found

    def _result(self, program: str, test: ProgramTest, seconds: float) -> Outcome:
        # The interpreter lets a program return at its top, before the test: then it does not end with this word.
        last_word = os.urandom(8).hex()
        whole = f"{program}\n\n{test.code}\n{last_word!r}"
        outcome = self._sandbox.run(whole, replace(self._limits, seconds=seconds))
        if outcome.kind == "ok" and outcome.value != last_word:
            return Outcome("error", "SyntaxError: 'return' outside function", None, outcome.output, 1, 1)
        return outcome


def _is_programs_own(outcome: Outcome, program: str) -> bool:
    """Whether it failed before any test. The end of a program that is cut off is found in the lines of the test."""
    last = program.count("\n") + 1
    return outcome.words.startswith("SyntaxError") or (outcome.outer_line is not None and outcome.outer_line <= last)


def _verdict(tests: Sequence[ProgramTest], program: str, results: Sequence[Outcome]) -> Score:
    last = results[-1]
    if last.kind in TELLS_NOTHING:
        return Score(None, last.words)
    if last.kind != "ok" and _is_programs_own(last, program):
        return Score(0.0, f"the program {_fails(last)}")
    failed = [(test, outcome) for test, outcome in zip(tests, results, strict=True) if outcome.kind != "ok"]
    if not failed:
        return Score(1.0, f"all {len(tests)} tests pass" if len(tests) > 1 else "the test passes")
    first = f"{_shortened(failed[0][0].written)} {_fails(failed[0][1])}"
    passed = len(tests) - len(failed)
    return Score(passed / len(tests), f"{passed} of {len(tests)} tests pass: {first}" if len(tests) > 1 else first)


def _parts(tests: Sequence[ProgramTest], results: Sequence[Outcome]) -> tuple[Part, ...]:
    """What became of each test; of those after the last result nothing is known."""
    found = []
    for number, test in enumerate(tests):
        outcome = results[number] if number < len(results) else None
        if outcome is None:
            found.append(Part(test.written, None, "not run"))
        elif outcome.kind in TELLS_NOTHING:
            found.append(Part(test.written, None, outcome.words))
        else:
            found.append(Part(test.written, outcome.kind == "ok", "" if outcome.kind == "ok" else _fails(outcome)))
    return tuple(found)


def _fails(outcome: Outcome) -> str:
    if outcome.kind == "wrong":
        return f"fails ({outcome.words})"
    return f"fails: {outcome.words}" if outcome.kind == "error" else outcome.words


def _shortened(written: str) -> str:
    return written if len(written) <= MAX_WRITTEN else f"{written[: MAX_WRITTEN - 1]}…"
