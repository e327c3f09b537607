"""The value that a search over steps gives to a text, from what was recorded of it."""

from __future__ import annotations

from functools import lru_cache

from engine.selection import AGGREGATES, Aggregate, aggregate, mix
from engine.strategies.registry import STRATEGIES
from engine.strategies.search_tree import process_of
from engine.trace.fold import CandidateState, RunState


def path_value(state: RunState, candidate: CandidateState) -> float | None:
    """What the search goes by: the mix of what its verifiers say; None where none could tell.

    Of those that judge steps it is their scores of all steps on the way to it, reduced as the set-up wants it.
    """
    weights = state.weights
    how = _aggregate(state)
    process = _process(tuple(weights)) if how is not None else frozenset()
    found: dict[str, float | None] = {}
    way = _way(state, candidate) if process else [candidate]
    for name in weights:
        if name in process and how is not None:
            found[name] = aggregate([_score(one, name) for one in way], how)
        elif name in candidate.scores:
            found[name] = _score(candidate, name)
    return mix(found, weights)


def _way(state: RunState, candidate: CandidateState) -> list[CandidateState]:
    """From the first step to this one."""
    way, at = [], state.candidates.get(candidate.id)
    while at is not None:
        way.append(at)
        at = state.candidates.get(at.parent) if at.parent is not None else None
    return way[::-1]


def _score(candidate: CandidateState, name: str) -> float | None:
    score = candidate.scores.get(name)
    return None if score is None else score.value


def _aggregate(state: RunState) -> Aggregate | None:
    """How scores of steps reduce; None in a run that does not search over steps."""
    spec = STRATEGIES.get(state.start.setup.strategy.name) if state.start is not None else None
    default = (
        next((setting.default for setting in spec.settings if setting.name == "aggregate"), None) if spec else None
    )
    how = state.settings.get("aggregate", default)
    return how if how in AGGREGATES else None


@lru_cache(maxsize=64)
def _process(names: tuple[str, ...]) -> frozenset[str]:
    return process_of(names)
