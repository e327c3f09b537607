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
TRIES = 400  # so many that hardly two candidates write the same
ANSWERS = (82, 72, 83, 81, 92)
BODIES = ("a + b", "b + a", "a - b", "sum((a, b))", "a + b + 1")
SUMS: Texts = {
    f"We add tens and ones: 40 + 30 = 70 and 7 + 5 = 12. 47 + 35 = {answer}. Try {k}. The answer is {answer}.": 1
    for answer in ANSWERS
    for k in range(TRIES)
}
PROGRAMS: Texts = {
    f"```python\ndef add(a, b):  # try {k}\n    return {body}\n```\n": 1 for body in BODIES for k in range(TRIES)
}


class WhatIfReport(msgspec.Struct, frozen=True):
    """Milliseconds; medians of the turns, and the worst one. The run is simulated, the what-ifs are real.

    `pool_ms` prepares a run. `first_ms` is its first what-if: every verifier reads every candidate. `next_ms` is any
    other one, as when a slider is moved. `curve_ms` is a curve over the numbers of candidates, of `curve_points`. The
    `cpu` figures are processor time, without the waits for a core on a machine that has other work. `programs` are the
    verifiers that run a program: `function_ms` is a first what-if with a person's own function, `code_ms` one with code
    execution over as many candidates that each wrote another program, `code_again_ms` any other one over these. The
    first start of the sandbox is not in them.
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
    curve_points: int
    function_ms: float
    function_worst_ms: float
    code_ms: float
    code_worst_ms: float
    code_again_ms: float
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
    coded = simulated_run(candidates, PROGRAMS)
    verifiers = tuple(choice for choice in without_model if choice not in programs)
    what_if = WhatIf(StrategyChoice("best-of-n", {"n": candidates}), verifiers, Budget())
    function = msgspec.structs.replace(what_if, verifiers=(VerifierChoice("user-function"),))
    code = msgspec.structs.replace(what_if, verifiers=(VerifierChoice("code-execution"),))
    pools, firsts, nexts, curves, functions, codes, again = Laps(), Laps(), Laps(), Laps(), Laps(), Laps(), Laps()
    WhatIfPool(simulated_run(1)).ask(function.with_candidates(1))  # starts the sandbox
    for _ in range(turns):
        with pools.lap():
            pool = WhatIfPool(state)
        with firsts.lap():
            pool.ask(what_if)
        for other in other_knobs(pool, what_if):
            with nexts.lap():
                pool.ask(other)
        with curves.lap():
            curve = pool.curve(what_if)
        with functions.lap():
            pool.ask(function)
        pool = WhatIfPool(coded)
        with codes.lap():
            pool.ask(code)
        with again.lap():
            pool.ask(code.with_candidates(max(1, candidates // 2)))
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
        curve_points=len(curve),
        function_ms=_median(functions.elapsed),
        function_worst_ms=round(max(functions.elapsed), 2),
        code_ms=_median(codes.elapsed),
        code_worst_ms=round(max(codes.elapsed), 2),
        code_again_ms=_median(again.elapsed),
        bound_ms=BOUND_MS,
    )
    print(json.dumps(msgspec.to_builtins(report), indent=2) if as_json else _in_words(report))
    return 0


def simulated_run(candidates: int, texts: Texts | None = None) -> RunState:
    """A whole run of so many candidates, without verifiers.

    Args:
        candidates: How many.
        texts: What they may write; worked sums by default.

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
    written = texts or SUMS
    backend = SimulatedBackend(lambda prompt: written, own_clock=True)
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
            f"a curve over the numbers of candidates, {report.curve_points} points: {report.curve_ms:.0f} ms",
            f"first one with a person's function {report.function_ms:.1f} ms, worst {report.function_worst_ms:.1f} ms",
            f"first one with code execution {report.code_ms:.1f} ms, worst {report.code_worst_ms:.1f} ms; "
            f"any other one {report.code_again_ms:.1f} ms",
        )
    )
