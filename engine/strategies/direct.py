"""Direct: the question alone, one candidate, no help. The point of comparison for everything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.setup import RunSetup, Value
from engine.strategies.base import Answer, Result, Strategy
from engine.strategies.sampling import independent_samples
from engine.strategies.spec import StrategySpec


def take_first(results: Sequence[Result]) -> Answer:
    """The answer of the first candidate that ended."""
    candidate = results[0].candidate
    if candidate.answer is None:
        return Answer(candidate.id, None, "The only candidate gives no answer that can be recognised.")
    return Answer(candidate.id, candidate.answer, "The only candidate: its answer is taken as it is.")


def _build(setup: RunSetup, settings: Mapping[str, Value]) -> Strategy:
    return independent_samples(setup, settings, 1, take_first)


DIRECT = StrategySpec(
    name="direct",
    title="Direct answer",
    help="Asks the question once and takes what comes.",
    settings=(),
    uses_verifiers=False,
    build=_build,
)
