"""The budget meter: one place that says what a run has used and whether it may go on."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from engine.setup import Budget

MOST_AT_ONCE = 256  # sequences; whatever more a strategy wants waits for a place

Unit = Literal["tokens", "all_tokens", "seconds", "candidates", "simulations", "joules", "price"]
ENDING: tuple[Unit, ...] = ("tokens", "all_tokens", "simulations", "joules", "price")


class Spent(Struct, frozen=True):
    """A bound that has been reached, as `engine.events.BudgetSpent` tells it."""

    unit: Unit
    limit: float
    used: float


class BudgetMeter:
    """Counts what a run uses against a budget. It has no clock: seconds of the run clock are passed in.

    Attributes:
        budget: The bounds. They may be changed at any time, downwards too.
        tokens: Generated tokens so far, candidates' and verifiers' alike.
        all_tokens: Those, and the computed tokens of prompts.
        candidates: Candidates begun so far.
        simulations: Simulations that have backed a value up.
        joules: Energy so far, as last read.
        price: What it costs, in the tariff's currency.
    """

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.tokens = self.all_tokens = 0
        self.candidates = self.simulations = 0
        self.joules = self.price = 0.0

    def charge(self, tokens: int = 0, candidates: int = 0, prompt_tokens: int = 0, simulations: int = 0) -> None:
        """Adds what was used.

        Raises:
            ValueError: A charge is negative: what is used stays used.
        """
        if min(tokens, candidates, prompt_tokens, simulations) < 0:
            raise ValueError("what is used stays used")
        self.tokens += tokens
        self.all_tokens += tokens + prompt_tokens
        self.candidates += candidates
        self.simulations += simulations

    def read_energy(self, joules: float, price: float) -> None:
        """Takes a reading: totals since the run began."""
        self.joules, self.price = joules, price

    @property
    def needs_energy(self) -> bool:
        """Whether a bound depends on the energy, so that it must be read at every step."""
        return self.budget.joules is not None or self.budget.price is not None

    @property
    def remaining_tokens(self) -> int | None:
        """How many tokens may still be generated; None is unbounded."""
        bounds = (_left(self.budget.tokens, self.tokens), self.remaining_all_tokens)
        return min((left for left in bounds if left is not None), default=None)

    @property
    def remaining_all_tokens(self) -> int | None:
        """How many tokens may still be generated and of prompts computed, together; None is unbounded."""
        return _left(self.budget.all_tokens, self.all_tokens)

    @property
    def remaining_simulations(self) -> int | None:
        """How many simulations may still back a value up; None is unbounded."""
        return _left(self.budget.simulations, self.simulations)

    @property
    def remaining_candidates(self) -> int | None:
        """How many candidates may still be begun; None is unbounded."""
        return _left(self.budget.candidates, self.candidates)

    def remaining_seconds(self, seconds: float) -> float | None:
        """How long the run may still go on at `seconds` of its clock; None is unbounded."""
        return None if self.budget.seconds is None else max(0.0, self.budget.seconds - seconds)

    def exceeded(self, seconds: float) -> Spent | None:
        """The bound that ends work under way: any but that of candidates, which lets those that began finish."""
        for unit in ENDING:
            limit, used = getattr(self.budget, unit), getattr(self, unit)
            if limit is not None and used >= limit:
                return Spent(unit, limit, used)
        if self.budget.seconds is not None and seconds >= self.budget.seconds:
            return Spent("seconds", self.budget.seconds, seconds)
        return None

    def refused(self, seconds: float) -> Spent | None:
        """The bound that forbids another candidate: any of them. Ask it when a strategy wants one more."""
        if self.remaining_candidates == 0:
            return Spent("candidates", float(self.budget.candidates or 0), self.candidates)
        return self.exceeded(seconds)

    def admit(self, wanted: int) -> int:
        """How many of `wanted` candidates may be begun."""
        remaining = self.remaining_candidates
        return wanted if remaining is None else min(wanted, remaining)


def _left(limit: int | None, used: int) -> int | None:
    return None if limit is None else max(0, limit - used)
