"""Contests that are ready to be run: pairs of strategies that are often held against each other."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from engine.contest.contestant import Contestant
from engine.setup import RunSetup, StrategyChoice, VerifierChoice

CHECKED = (VerifierChoice("arithmetic", 0.8), VerifierChoice("majority", 0.2))
STEPS_CHECKED = (VerifierChoice("arithmetic"),)


class ReadyContest(Struct, frozen=True):
    """A contest by name. `help` says in one sentence what it shows."""

    name: str
    title: str
    help: str
    sides: tuple[tuple[StrategyChoice, tuple[VerifierChoice, ...]], ...]

    def contestants(self, setup: RunSetup) -> list[Contestant]:
        """The sides, with the sampling and the model of a set-up."""
        own = Contestant.of(setup)
        return [replace(own, strategy=strategy, verifiers=verifiers) for strategy, verifiers in self.sides]


READY_CONTESTS: dict[str, ReadyContest] = {
    contest.name: contest
    for contest in (
        ReadyContest(
            "one-or-many",
            "One chain vs 16 votes",
            "What fifteen more chains of thought buy, and what they cost.",
            ((StrategyChoice("chain-of-thought"), ()), (StrategyChoice("self-consistency", {"n": 16}), ())),
        ),
        ReadyContest(
            "vote-or-verifier",
            "Vote vs verifier",
            "The same 16 candidates: what most of them say, or what a checker finds right.",
            (
                (StrategyChoice("self-consistency", {"n": 16}), ()),
                (StrategyChoice("best-of-n", {"n": 16}), CHECKED),
            ),
        ),
        ReadyContest(
            "refine-or-sample",
            "Self-refine vs best-of-N",
            "At the same budget of tokens: one text improved again and again, or many texts written at once.",
            (
                (StrategyChoice("self-refine", {"rounds": 16, "stop_when_not_better": False}), CHECKED),
                (StrategyChoice("best-of-n", {"n": 16}), CHECKED),
            ),
        ),
        ReadyContest(
            "beam-or-tree",
            "Beam search vs MCTS",
            "Two ways to spend the same tokens on steps: keep the best few, or come back to what was left.",
            ((StrategyChoice("beam-search"), STEPS_CHECKED), (StrategyChoice("mcts"), STEPS_CHECKED)),
        ),
    )
}
