"""Events without what their tokens say: enough to know the shape of a run, and several times as fast to decode.

A long recording is nearly all tokens, and a token is nearly all text and alternatives. The fold needs to know only
whose token it was; what it says is read later, for the candidates that somebody looks at.
"""

from __future__ import annotations

from msgspec import Struct

from engine.events import (
    AnswerPicked,
    BudgetSpent,
    CandidateFinished,
    CandidateQueued,
    CandidateScored,
    CandidatesSpared,
    CandidateStarted,
    EnergyRead,
    NoticeGiven,
    PhaseEntered,
    PromptRendered,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    StrategyMoved,
    TokensDecoded,
)


class TokenOutline(Struct, frozen=True, array_like=True, gc=False):
    """Whose token it was. The rest of the array is passed over."""

    candidate: int


class StepOutline(TokensDecoded, frozen=True, tag="TokensDecoded"):
    """A decode step whose tokens are outlines."""

    tokens: tuple[TokenOutline, ...]  # type: ignore[assignment]


OutlinedEvent = (
    RunStarted
    | PhaseEntered
    | PromptRendered
    | CandidateQueued
    | CandidateStarted
    | StepOutline
    | CandidateFinished
    | CandidateScored
    | AnswerPicked
    | CandidatesSpared
    | StrategyMoved
    | BudgetSpent
    | EnergyRead
    | RunPaused
    | RunResumed
    | NoticeGiven
    | RunFinished
    | RunFailed
)
