"""How a run went from the point of view of a contest: what it cost in all, and where its answer came up first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from engine.events import AnswerPicked, Event
from engine.ledger import Ledger

Unit = Literal["tokens", "seconds", "joules"]


class Cost(Struct, frozen=True):
    """What was used up to a moment. `tokens` are of all kinds; `joules` is None where nothing is known of energy."""

    tokens: int = 0
    seconds: float = 0.0
    joules: float | None = None

    def of(self, unit: Unit) -> float | None:
        """The amount in a unit."""
        value: float | None = getattr(self, unit)
        return value


def cost_of(ledger: Ledger, seconds: float) -> Cost:
    """The cost that a ledger stands at, `seconds` into the run."""
    return Cost(ledger.computed_tokens, seconds, ledger.energy_joules)


class Course:
    """Folds a run's events into what a contest asks of the whole of it, whatever moment is looked at.

    Attributes:
        picked: The last answer that was picked.
        estimated: Whether its energy is an estimate.
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.picked: AnswerPicked | None = None
        self._ledger = Ledger()
        self._end = 0.0
        self._first: dict[str, Cost] = {}
        self.take(events)

    def take(self, events: Iterable[Event]) -> None:
        """Takes events, in order."""
        for event in events:
            self._ledger.apply(event)
            self._end = max(self._end, event.t)
            if isinstance(event, AnswerPicked):
                self.picked = event
                if event.answer is not None:
                    self._first.setdefault(event.answer.strip(), self.cost)

    @property
    def cost(self) -> Cost:
        """What the run has cost as far as it is known."""
        return cost_of(self._ledger, self._end)

    @property
    def first_picked(self) -> Cost | None:
        """What it had cost when the answer it ended with was picked for the first time; None without an answer."""
        if self.picked is None or self.picked.answer is None:
            return None
        return self._first[self.picked.answer.strip()]

    @property
    def estimated(self) -> bool:
        """Whether its energy is an estimate."""
        return self._ledger.estimated
