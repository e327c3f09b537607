"""A run that was ended early: what holds it, and what a person may still have done in it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.events import Outcome


@dataclass(slots=True)
class Hold:
    """A run that was ended early goes no further by itself; a person may have something more done.

    Attributes:
        outcome: How it had ended, and ends again.
        reason: Why.
        simulations: How many a person has asked for since, and have not backed a value up.
        asked_nothing: Whether nothing was left to do when the strategy was last asked.
    """

    outcome: Outcome
    reason: str
    simulations: int = 0
    asked_nothing: bool = False
