"""The budget meter: one place that says what a run has used and whether it may go on."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from engine.setup import Budget

MOST_AT_ONCE = 256  # sequences; whatever more a strategy wants waits for a place

Unit = Literal["tokens", "seconds", "candidates"]


class Spent(Struct, frozen=True):
    """A bound that has been reached, as `engine.events.BudgetSpent` tells it."""

    unit: Unit
    limit: float
    used: float


class BudgetMeter:
    """Counts tokens and candidates against a budget. It has no clock: seconds of the run clock are passed in.

    Attributes:
        budget: The bounds.
        tokens: Generated tokens so far, candidates' and verifiers' alike.
        candidates: Candidates begun so far.
    """

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.tokens = 0
        self.candidates = 0

    def charge(self, tokens: int = 0, candidates: int = 0) -> None:
        """Adds what was used.

        Raises:
            ValueError: A charge is negative: what is used stays used.
        """
        if tokens < 0 or candidates < 0:
            raise ValueError("what is used stays used")
        self.tokens += tokens
        self.candidates += candidates

    @property
    def remaining_tokens(self) -> int | None:
        """How many tokens may still be generated; None is unbounded."""
        return None if self.budget.tokens is None else max(0, self.budget.tokens - self.tokens)

    @property
    def remaining_candidates(self) -> int | None:
        """How many candidates may still be begun; None is unbounded."""
        return None if self.budget.candidates is None else max(0, self.budget.candidates - self.candidates)

    def remaining_seconds(self, seconds: float) -> float | None:
        """How long the run may still go on at `seconds` of its clock; None is unbounded."""
        return None if self.budget.seconds is None else max(0.0, self.budget.seconds - seconds)

    def exceeded(self, seconds: float) -> Spent | None:
        """The bound that ends work under way: tokens or seconds used up. A bound of candidates lets them finish."""
        if self.budget.tokens is not None and self.tokens >= self.budget.tokens:
            return Spent("tokens", self.budget.tokens, self.tokens)
        if self.budget.seconds is not None and seconds >= self.budget.seconds:
            return Spent("seconds", self.budget.seconds, seconds)
        return None

    def refused(self, seconds: float) -> Spent | None:
        """The bound that forbids another candidate: any of the three. Ask it when a strategy wants one more."""
        if self.remaining_candidates == 0:
            return Spent("candidates", float(self.budget.candidates or 0), self.candidates)
        return self.exceeded(seconds)

    def admit(self, wanted: int) -> int:
        """How many of `wanted` candidates may be begun."""
        remaining = self.remaining_candidates
        return wanted if remaining is None else min(wanted, remaining)
