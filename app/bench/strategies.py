"""`bench strategies`: what each strategy makes of the same token budget, on problems of several kinds, for real."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterator, Sequence

import msgspec

from app.model import open_backend
from engine.errors import BadInputError
from engine.events import AnyEvent
from engine.inference.backend import Backend
from engine.lab.estimators import wilson_interval
from engine.lab.problem_sets import load_ladder
from engine.models.library import resolve_model
from engine.run import Run
from engine.setup import DEFAULT_SAMPLING, Budget, LoadOptions, RunSetup, StrategyChoice, VerifierChoice
from engine.trace.fold import RunState, fold
from engine.trace.summary import summary
from engine.types import Problem

RUNGS = ("one-digit-sums", "two-digit-sums", "products-to-12", "two-step-stories")


class Entrant(msgspec.Struct, frozen=True):
    """A strategy as it takes part: its settings and who judges."""

    name: str
    strategy: StrategyChoice
    verifiers: tuple[VerifierChoice, ...] = ()


# With 400 tokens, 8 candidates of the default model come to their end; more would all be cut by the budget.
ARITHMETIC = (VerifierChoice("arithmetic"),)
ENTRANTS = (
    Entrant("direct", StrategyChoice("direct")),
    Entrant("chain of thought", StrategyChoice("chain-of-thought")),
    Entrant("self-consistency", StrategyChoice("self-consistency", {"n": 8})),
    Entrant("adaptive", StrategyChoice("adaptive", {"n": 16})),
    Entrant("best-of-N, arithmetic", StrategyChoice("best-of-n", {"n": 8}), ARITHMETIC),
    Entrant("best-of-N, model judge", StrategyChoice("best-of-n", {"n": 8}), (VerifierChoice("model-judge"),)),
    Entrant("self-refine, arithmetic", StrategyChoice("self-refine", {"rounds": 16}), ARITHMETIC),
    Entrant("self-refine, own critique", StrategyChoice("self-refine", {"rounds": 16, "critique": "model"})),
    Entrant("beam search, arithmetic", StrategyChoice("beam-search", {"n": 8, "width": 4}), ARITHMETIC),
    Entrant("particles, arithmetic", StrategyChoice("particle-filtering", {"n": 8}), ARITHMETIC),
    Entrant("MCTS, arithmetic", StrategyChoice("mcts", {"simulations": 500}), ARITHMETIC),
    Entrant("AB-MCTS, arithmetic", StrategyChoice("ab-mcts", {"n": 12}), ARITHMETIC),
    Entrant("thinking, 2 waits", StrategyChoice("thinking", {"waits": 2, "n": 4})),
)


class Row(msgspec.Struct, frozen=True):
    """One strategy on one kind of problem. Tokens, seconds and candidates are means a problem.

    `low` and `high` bound the accuracy with 95 % confidence (Wilson). `all_tokens` includes those of prompts.
    """

    entrant: str
    rung: str
    problems: int
    right: int
    accuracy: float
    low: float
    high: float
    tokens: float
    all_tokens: float
    seconds: float
    candidates: float


def bench_strategies(model: str | None, problems: int, budget: int, seed: int, only: str, as_json: bool) -> int:
    """Measures, prints and returns the exit status.

    Args:
        model: A name or path; None is the default model, “simulated” the simulated one.
        problems: How many of each kind, from the beginning of the ladder's rung.
        budget: Generated tokens a problem, verifiers' included.
        seed: Of the runs.
        only: Names of entrants with semicolons between them; empty is all.
        as_json: A line of JSON for each row.

    Raises:
        ThinkscopeError: The model cannot be loaded, or an entrant is unknown.
    """
    chosen = _chosen(only)
    backend = open_backend(LoadOptions(str(resolve_model(model))))
    try:
        for row in _rows(backend, chosen, problems, budget, seed):
            print(
                json.dumps({"kind": "strategies", **msgspec.structs.asdict(row)}) if as_json else _line(row), flush=True
            )
    finally:
        backend.close()
    return 0


def _chosen(only: str) -> Sequence[Entrant]:
    if not only:
        return ENTRANTS
    wanted = [name.strip() for name in only.split(";")]
    known = {entrant.name: entrant for entrant in ENTRANTS}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise BadInputError(f"“{unknown[0]}” does not take part.", "", f"Choose from: {'; '.join(known)}.")
    return [known[name] for name in wanted]


def _rows(backend: Backend, entrants: Sequence[Entrant], problems: int, budget: int, seed: int) -> Iterator[Row]:
    rungs = {rung.name: rung.problems[:problems] for rung in load_ladder()}
    for entrant in entrants:
        for name in RUNGS:
            yield _row(entrant.name, name, [_state(backend, entrant, one, budget, seed) for one in rungs[name]])


def _state(backend: Backend, entrant: Entrant, problem: Problem, budget: int, seed: int) -> RunState:
    load = LoadOptions(backend.report.path)
    setup = RunSetup(problem, entrant.strategy, entrant.verifiers, DEFAULT_SAMPLING, Budget(tokens=budget), load, seed)
    events: list[AnyEvent] = []
    backend.forget()  # what another row has read must not change what this one costs
    run = Run("bench", setup, backend, events.append)
    while not run.finished:
        run.step()
    state = fold(events)
    if state.failure is not None:
        print(f"{entrant.name}: {state.failure.what} {state.failure.why}", file=sys.stderr)
    return state


def _row(entrant: str, rung: str, states: Sequence[RunState]) -> Row:
    found = [summary(state) for state in states]
    right = sum(bool(one["correct"]) for one in found)
    interval = wilson_interval(right, len(found))
    return Row(
        entrant,
        rung,
        len(found),
        right,
        right / len(found),
        interval.low,
        interval.high,
        statistics.fmean(one["completion_tokens"] + one["verifier_tokens"] for one in found),
        statistics.fmean(state.ledger.computed_tokens for state in states),
        statistics.fmean(one["wall_seconds"] for one in found),
        statistics.fmean(one["candidates"] for one in found),
    )


def _line(row: Row) -> str:
    return (
        f"{row.entrant:28} {row.rung:18} {row.right:2}/{row.problems} ({row.low:.2f}-{row.high:.2f})"
        f"  {row.tokens:6.0f} tokens  {row.all_tokens:7.0f} computed  {row.seconds:6.2f} s  {row.candidates:5.1f} texts"
    )
