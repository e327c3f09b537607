"""In which order candidates stand on the stage, and which of them."""

from __future__ import annotations

from typing import Literal

from engine.trace.fold import CandidateState, RunState
from widgets.models.candidate_words import is_branch

SortMode = Literal["arrival", "score", "answer"]
LaneFilter = str
"""`ALL`, a name of `FILTERS`, or what `with_answer` makes of a vote."""
ALL = "all"
FILTERS = ("writing", "finished", "stopped", "right", "wrong")
_ANSWER = "answer="


def with_answer(vote: str) -> LaneFilter:
    """Only candidates whose answers count as this one."""
    return _ANSWER + vote


def answer_wanted(lane_filter: LaneFilter) -> str | None:
    """The vote that a filter asks for; None when it asks for something else."""
    return lane_filter.removeprefix(_ANSWER) if lane_filter.startswith(_ANSWER) else None


def lane_order(state: RunState, mode: SortMode, lane_filter: LaneFilter = ALL) -> list[int]:
    """Candidates by number ("arrival"), by falling score, or by answer with the most frequent first.

    What has no score or no answer yet comes last; ties stay in order of number.
    """
    ids = sorted(i for i, candidate in state.candidates.items() if _passes(candidate, lane_filter))
    if mode == "score":
        return sorted(ids, key=lambda i: -_score(state, i))
    if mode == "answer":
        rank = {vote.vote: place for place, vote in enumerate(state.votes)}
        return sorted(ids, key=lambda i: (rank.get(state.candidates[i].vote or "", len(rank)), -_score(state, i)))
    return ids


def _passes(candidate: CandidateState, lane_filter: LaneFilter) -> bool:
    match lane_filter:
        case "all":
            return True
        case "writing":
            return candidate.finished_at is None
        case "finished":
            return candidate.status == "finished"
        case "stopped":
            return candidate.finished_at is not None and candidate.status != "finished"
        case "right":
            return candidate.correct is True
        case "wrong":
            return candidate.correct is False
    return candidate.vote == answer_wanted(lane_filter) and not is_branch(candidate)


def _score(state: RunState, candidate: int) -> float:
    mix = state.candidates[candidate].mix
    return -1.0 if mix is None else mix
