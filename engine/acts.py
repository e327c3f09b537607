"""What a person does to a run while it goes on. Each is an event, so that a replay shows it."""

from __future__ import annotations

from msgspec import Struct

from engine.setup import Budget, Value, VerifierChoice


class Act(Struct, frozen=True, tag_field="act", tag=True, gc=False):
    """Something that a person did."""


class ChangeBudget(Act, frozen=True):
    """New bounds; what is used already stays used. Lower ones than that end the run."""

    budget: Budget


class ChangeVerifiers(Act, frozen=True):
    """Who judges from here on, with which weights. Finished texts are judged by those that are new."""

    verifiers: tuple[VerifierChoice, ...]


class ChangeSetting(Act, frozen=True):
    """Another value for a setting of the strategy, such as its number of candidates or the exploration constant."""

    name: str
    value: Value


class AddSimulations(Act, frozen=True):
    """A tree search goes on for so many more; a finished one is taken up again."""

    count: int


class ExpandNode(Act, frozen=True):
    """Writes more next steps after a node (None: the root)."""

    node: int | None


class PruneNode(Act, frozen=True):
    """Nothing goes on from a node any more."""

    node: int


class PinNode(Act, frozen=True):
    """The search goes through a node wherever it can, or (`pinned` False) is free again."""

    node: int
    pinned: bool


class WriteThought(Act, frozen=True):
    """A step in the person's own words after a node (None: the root); `replaces` is one that it stands in for."""

    parent: int | None
    text: str
    replaces: int | None = None


class TakeToken(Act, frozen=True):
    """A branch from a candidate's token number `keep` (from 0): there, `token` is taken instead."""

    candidate: int
    keep: int
    token: int


FIRST_BRANCH = 1_000_000
"""Branches that a person grows are numbered from here, apart from the strategy's own trials."""


class RateCandidate(Act, frozen=True):
    """A person's opinion of a candidate, in [0, 1]."""

    candidate: int
    value: float


AnyAct = (
    ChangeBudget
    | ChangeVerifiers
    | ChangeSetting
    | AddSimulations
    | ExpandNode
    | PruneNode
    | PinNode
    | WriteThought
    | TakeToken
    | RateCandidate
)
REOPENING = (AddSimulations, ExpandNode, WriteThought, TakeToken)
"""For these a run that has ended is taken up again."""
AFTERWARDS = (ChangeBudget, ChangeVerifiers, RateCandidate, PruneNode, PinNode)
"""These change the answer of a run that has ended, or where it would go on; it stays ended, but for a budget that had
ended it and is raised: then it goes on."""
