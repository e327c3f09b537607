"""`spread`: one budget of samples over a set of problems, on the command line."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import msgspec
from rich.console import Console

from app.cli_errors import say_error
from app.cli_run import INTERRUPTED, interrupts_go_to
from app.cli_spread_text import comparison_lines, heading, saved_lines, summary_lines, table
from app.model import open_backend
from app.probe import check_model_file
from engine.check import check_setup
from engine.error_log import in_words
from engine.errors import BadInputError, ThinkscopeError
from engine.inference.backend import Backend
from engine.lab.allocator import SampleAllocator
from engine.lab.problem_file import find_problems
from engine.lab.problem_set_outcome import ProblemSetOutcome, outcome_of
from engine.lab.problem_set_run import DrawnSample, Place, ProblemSetRun
from engine.models.library import resolve_model
from engine.setup import DEFAULT_SAMPLING, Budget, LoadOptions, RunSetup, StrategyChoice
from engine.types import Problem, Sampling

FRAME_SECONDS = 0.1


class SpreadOptions(msgspec.Struct, frozen=True):
    """What was given on the command line."""

    problems: str
    budget: int
    most: int
    probe: int
    confidence: float
    at_once: int
    seed: int
    model: str | None
    threads: int
    max_tokens: int
    even: bool
    as_json: bool


def spread(options: SpreadOptions) -> int:
    """Draws, shows and returns the exit status: 0, 3 when the engine failed, 130 when it was interrupted.

    Raises:
        ThinkscopeError: The problems, the numbers or the model cannot be used; nothing has been drawn.
    """
    problems = find_problems(options.problems)
    if options.budget < len(problems):
        raise BadInputError(
            f"A budget of {options.budget:,} samples is too small for {len(problems):,} problems.",
            "Each needs one at least.",
            f"Give --budget {4 * len(problems)} or more, or fewer problems.",
        )
    load = LoadOptions(str(resolve_model(options.model)), n_threads=options.threads)
    sampling = msgspec.structs.replace(DEFAULT_SAMPLING, max_tokens=options.max_tokens, alternatives=0)
    _check(problems, sampling, load, options.seed)
    check_model_file(load.path)
    backend = open_backend(load)
    try:
        return _Spread(options, problems, sampling, backend).execute()
    finally:
        backend.close()


def _check(problems: tuple[Problem, ...], sampling: Sampling, load: LoadOptions, seed: int) -> None:
    """Each as a run of its own would be checked; which problem it is stands in front."""
    for number, problem in enumerate(problems, 1):
        setup = RunSetup(problem, StrategyChoice("self-consistency"), (), sampling, Budget(), load, seed)
        try:
            check_setup(setup)
        except BadInputError as error:
            what = f"Problem {number}: {error.what}" if number > 1 else error.what
            raise BadInputError(what, error.why, error.next_step) from None


@dataclass(slots=True)
class _Spread:
    """The runs of one command: by difficulty, and where it is asked for evenly, with the samples that are there."""

    options: SpreadOptions
    problems: tuple[Problem, ...]
    sampling: Sampling
    backend: Backend
    error: ThinkscopeError | None = None
    seconds: list[float] = field(default_factory=list)

    def execute(self) -> int:
        adaptive = self._run(self._by_difficulty(), {})
        outcome, even = outcome_of(adaptive), None
        if not self.options.as_json:
            print(self._heading())
            self._show("By difficulty", outcome)
            print("\n".join(saved_lines(outcome, self.options.budget, self.options.most)))
        if self.options.even and not adaptive.stopped and self.error is None:
            second = self._run(self._evenly(), adaptive.samples)
            even = outcome_of(second)
            self._show("Even split", even)
        self._finish(outcome, even)
        if self.error is not None:
            say_error(self.error)
            return self.error.exit_status
        return INTERRUPTED if outcome.stopped or (even is not None and even.stopped) else 0

    def _by_difficulty(self) -> SampleAllocator:
        given = self.options
        return SampleAllocator(len(self.problems), given.budget, given.most, given.probe, given.confidence)

    def _evenly(self) -> SampleAllocator:
        each = self.options.budget // len(self.problems)
        return SampleAllocator(len(self.problems), each * len(self.problems), each, each, self.options.confidence)

    def _run(self, allocator: SampleAllocator, known: dict[Place, DrawnSample]) -> ProblemSetRun:
        """Draws in a thread of its own, so that Ctrl+C reaches into a decode. A failure keeps what there is."""
        run = ProblemSetRun(
            self.problems,
            allocator,
            self.backend,
            self.sampling,
            self.options.seed,
            at_once=self.options.at_once,
            known=known,
            emit=self._emit,
        )
        began = time.monotonic()
        with interrupts_go_to(run.interrupt), ThreadPoolExecutor(1) as pool:
            driving = pool.submit(_drive, run)
            self._watch(run, lambda: bool(wait([driving], FRAME_SECONDS).done))
        self.seconds.append(time.monotonic() - began)
        try:
            driving.result()
        except BrokenPipeError:
            raise
        except Exception as error:
            self.error, run.stopped = in_words(error), True
        return run

    def _watch(self, run: ProblemSetRun, done: Callable[[], bool]) -> None:
        """A line for people who look; a pipe gets none."""
        with Console(stderr=True).status("") as status:
            while not done():
                status.update(f"{len(run.samples):,} samples of at most {self.options.budget:,}; Ctrl+C ends it")

    def _emit(self, sample: DrawnSample) -> None:
        if self.options.as_json:
            print(_json("sample", sample), flush=True)

    def _heading(self) -> str:
        simulated = self.backend.name == "simulated"
        return heading(self.backend.report, simulated=simulated, problems=len(self.problems), seed=self.options.seed)

    def _show(self, title: str, outcome: ProblemSetOutcome) -> None:
        if not self.options.as_json:
            print("\n".join(["", title, *table(outcome), "", *summary_lines(outcome)]), flush=True)

    def _finish(self, outcome: ProblemSetOutcome, even: ProblemSetOutcome | None) -> None:
        if not self.options.as_json:
            if even is not None and not even.stopped:
                print("\n".join(["", *comparison_lines(outcome, even)]))
            return
        for split, one in (("difficulty", outcome), ("even", even)):
            for number, problem in enumerate(one.problems if one else ()):
                print(_json("problem", problem, split=split, problem=number))
        print(json.dumps(self._summary(outcome, even), ensure_ascii=False))
        sys.stdout.flush()

    def _summary(self, outcome: ProblemSetOutcome, even: ProblemSetOutcome | None) -> dict[str, object]:
        """Flat for the split by difficulty; the even one, where there is one, stands in it."""
        return {
            "kind": "summary",
            **_figures(outcome),
            "even": _figures(even) if even is not None else None,
            "budget": self.options.budget,
            "most": self.options.most,
            "probe": self.options.probe,
            "confidence": self.options.confidence,
            "at_once": self.options.at_once,
            "seed": self.options.seed,
            "model": self.backend.report.name,
            "backend": self.backend.name,
            "wall_seconds": self.seconds[0],
            "error": str(self.error) if self.error is not None else None,
        }


def _drive(run: ProblemSetRun) -> None:
    while not run.finished:
        run.step()


def _figures(outcome: ProblemSetOutcome) -> dict[str, object]:
    figures: dict[str, object] = msgspec.to_builtins(outcome)
    return {**figures, "problems": len(outcome.problems)}


def _json(kind: str, record: msgspec.Struct, **more: object) -> str:
    return json.dumps({"kind": kind, **more, **msgspec.structs.asdict(record)}, ensure_ascii=False)
