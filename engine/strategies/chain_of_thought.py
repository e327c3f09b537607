"""Chain of thought: one candidate that is led to think before it answers (Wei et al. 2022; Kojima et al. 2022)."""

from __future__ import annotations

from collections.abc import Mapping

from engine.setup import RunSetup, Value
from engine.strategies.base import Strategy
from engine.strategies.direct import take_first
from engine.strategies.sampling import independent_samples
from engine.strategies.spec import PROMPT, StrategySpec


def _build(setup: RunSetup, settings: Mapping[str, Value]) -> Strategy:
    return independent_samples(setup, settings, 1, take_first)


CHAIN_OF_THOUGHT = StrategySpec(
    name="chain-of-thought",
    title="Chain of thought",
    help="One candidate that writes its steps before its answer: compute is spent on thinking, not on more tries.",
    settings=(PROMPT,),
    uses_verifiers=False,
    build=_build,
)
