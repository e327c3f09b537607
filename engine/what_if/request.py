"""The question: what would have come of a run with another strategy, other verifiers, another budget."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from engine.setup import Budget, RunSetup, StrategyChoice, VerifierChoice


class WhatIf(Struct, frozen=True):
    """The parts of a set-up that decide how an answer is chosen from candidates, and how many of them there are.

    Question, sampling and seed are those of the recorded run: other ones would need new tokens.
    """

    strategy: StrategyChoice
    verifiers: tuple[VerifierChoice, ...]
    budget: Budget

    @staticmethod
    def of(setup: RunSetup) -> WhatIf:
        """The question that changes nothing."""
        return WhatIf(setup.strategy, setup.verifiers, setup.budget)

    def applied_to(self, setup: RunSetup) -> RunSetup:
        """The set-up of the run that would have to be made to find out by generating."""
        return replace(setup, strategy=self.strategy, verifiers=self.verifiers, budget=self.budget)

    def with_candidates(self, n: int) -> WhatIf:
        """The same with another number of candidates."""
        settings = {**self.strategy.settings, "n": n}
        return replace(self, strategy=replace(self.strategy, settings=settings))
