"""`bench what-if`: how long a what-if takes over a simulated run, with every verifier that needs no model.

Those that run a program for each candidate are measured apart: what the program takes is not the what-if's.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter, process_time

import msgspec

from engine.errors import EngineError
from engine.events import AnyEvent
from engine.inference.simulated_backend import SimulatedBackend, Texts
from engine.run import Run
from engine.setup import DEFAULT_SAMPLING, Budget, LoadOptions, RunSetup, StrategyChoice, VerifierChoice
from engine.trace.fold import RunState, fold
from engine.types import Candidate, Problem
from engine.verifiers.limits import LIMIT_SETTINGS
from engine.verifiers.registry import VERIFIERS, build_verifier
from engine.what_if.pool import WhatIfPool
from engine.what_if.request import WhatIf

BOUND_MS = 100.0  # from `docs/benchmarks.md`
ANSWERS = (82, 72, 83, 81, 92)


class WhatIfReport(msgspec.Struct, frozen=True):
    """Milliseconds; medians of the turns, and the worst one. The run is simulated, the what-ifs are real.

    `pool_ms` prepares a run. `first_ms` is its first what-if: every verifier reads every candidate. `next_ms` is any
    other one, as when a slider is moved. `curve_ms` is one for each number of candidates. The `cpu` figures are
    processor time, without the waits for a core on a machine that has other work. `program_ms` is a first what-if with
    those verifiers (`programs`) that run a program for each candidate, which the bound does not hold for.
    """

    kind: str
    simulated: bool
    candidates: int
    completion_tokens: int
    verifiers: tuple[str, ...]
    programs: tuple[str, ...]
    turns: int
    pool_ms: float
    first_ms: float
    first_worst_ms: float
    first_cpu_ms: float
    next_ms: float
    next_worst_ms: float
    next_cpu_ms: float
    curve_ms: float
    program_ms: float
    bound_ms: float


@dataclass(slots=True)
class Laps:
    """Milliseconds of each lap, on the clock and of processor time."""

    elapsed: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @contextmanager
    def lap(self) -> Iterator[None]:
        """Measures what is done inside."""
        began, cpu_began = perf_counter(), process_time()
        yield
        self.elapsed.append((perf_counter() - began) * 1000)
        self.cpu.append((process_time() - cpu_began) * 1000)


def bench_what_if(candidates: int, turns: int, as_json: bool) -> int:
    """Measures, prints and returns the exit status.

    Raises:
        EngineError: The simulated run did not come to its end.
    """
    state = simulated_run(candidates)
    without_model = verifiers_without_model()
    programs = tuple(choice for choice in without_model if runs_a_program(choice))
    verifiers = tuple(choice for choice in without_model if choice not in programs)
    what_if = WhatIf(StrategyChoice("best-of-n", {"n": candidates}), verifiers, Budget())
    with_programs = msgspec.structs.replace(what_if, verifiers=programs)
    pools, firsts, nexts, curves, slow = Laps(), Laps(), Laps(), Laps(), Laps()
    for _ in range(turns):
        with pools.lap():
            pool = WhatIfPool(state)
        with firsts.lap():
            pool.ask(what_if)
        for other in other_knobs(pool, what_if):
            with nexts.lap():
                pool.ask(other)
        with curves.lap():
            pool.curve(what_if)
        with slow.lap():
            pool.ask(with_programs)
    report = WhatIfReport(
        kind="what_if",
        simulated=True,
        candidates=candidates,
        completion_tokens=state.ledger.completion_tokens,
        verifiers=tuple(choice.name for choice in what_if.verifiers),
        programs=tuple(choice.name for choice in programs),
        turns=turns,
        pool_ms=_median(pools.elapsed),
        first_ms=_median(firsts.elapsed),
        first_worst_ms=round(max(firsts.elapsed), 2),
        first_cpu_ms=_median(firsts.cpu),
        next_ms=_median(nexts.elapsed),
        next_worst_ms=round(max(nexts.elapsed), 2),
        next_cpu_ms=_median(nexts.cpu),
        curve_ms=_median(curves.elapsed),
        program_ms=_median(slow.elapsed),
        bound_ms=BOUND_MS,
    )
    print(json.dumps(msgspec.to_builtins(report), indent=2) if as_json else _in_words(report))
    return 0


def simulated_run(candidates: int) -> RunState:
    """A whole run of so many candidates, without verifiers.

    Raises:
        EngineError: It did not come to its end.
    """
    setup = RunSetup(
        problem=Problem("What is 47 + 35?", "82", "addition"),
        strategy=StrategyChoice("best-of-n", {"n": candidates}),
        verifiers=(),
        sampling=msgspec.structs.replace(DEFAULT_SAMPLING, temperature=1.0, top_k=0, alternatives=0),
        budget=Budget(),
        load=LoadOptions("simulated"),
        seed=1,
    )
    events: list[AnyEvent] = []
    texts = _texts()
    backend = SimulatedBackend(lambda prompt: texts, own_clock=True)
    run = Run("simulated", setup, backend, events.append, backend.clock)
    while not run.finished:
        run.step()
    state = fold(events)
    if state.finish is None:
        raise EngineError("The simulated run did not come to its end.", state.failure.why if state.failure else "")
    return state


def verifiers_without_model() -> tuple[VerifierChoice, ...]:
    """Every registered verifier that asks the model nothing about an ordinary candidate."""
    problem = Problem("What is 47 + 35?", "82", "addition")
    candidate = Candidate(0, "47 + 35 = 82. The answer is 82.", "82", "82", "stop", 12, -0.2)
    choices = [VerifierChoice(name) for name in VERIFIERS]
    return tuple(choice for choice in choices if not build_verifier(choice).requests(problem, candidate))


def runs_a_program(choice: VerifierChoice) -> bool:
    """Whether a verifier runs a program for each candidate: only such a one has limits for it."""
    return set(LIMIT_SETTINGS) <= set(VERIFIERS[choice.name].settings)


def other_knobs(pool: WhatIfPool, what_if: WhatIf) -> list[WhatIf]:
    """A few other what-ifs over the same candidates, as a person would ask them one after the other."""
    n = pool.candidates
    replace = msgspec.structs.replace
    return [
        what_if.with_candidates(max(1, n // 2)),
        replace(what_if, strategy=StrategyChoice("self-consistency", {"n": n})),
        replace(what_if, strategy=StrategyChoice("best-of-n", {"n": n, "choose": "weighted-vote"})),
        replace(what_if, verifiers=tuple(reversed(what_if.verifiers))),
        replace(what_if, budget=Budget(tokens=20 * n)),
    ]


def _texts() -> Texts:
    """Worked sums of several lengths, some of them wrong."""
    tails = ("", " That is all.", " So it is.", " I have checked it once more.")
    return {
        f"We add tens and ones: 40 + 30 = 70 and 7 + 5 = 12. 47 + 35 = {answer}.{tail} The answer is {answer}.": 1
        for answer in ANSWERS
        for tail in tails
    }


def _median(found: list[float]) -> float:
    return round(statistics.median(found), 2)


def _in_words(report: WhatIfReport) -> str:
    return "\n".join(
        (
            f"SIMULATED run of {report.candidates} candidates, {report.completion_tokens:,} tokens; "
            f"verifiers: {', '.join(report.verifiers)}; medians of {report.turns} turns",
            f"prepared in {report.pool_ms:.1f} ms",
            f"first what-if {report.first_ms:.1f} ms, worst {report.first_worst_ms:.1f} ms, "
            f"processor time {report.first_cpu_ms:.1f} ms (bound {BOUND_MS:g} ms)",
            f"any other one {report.next_ms:.1f} ms, worst {report.next_worst_ms:.1f} ms, "
            f"processor time {report.next_cpu_ms:.1f} ms",
            f"one for each number of candidates: {report.curve_ms:.0f} ms",
            f"first one with {', '.join(report.programs) or 'no program'}: {report.program_ms:.0f} ms",
        )
    )
