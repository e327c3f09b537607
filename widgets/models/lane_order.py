"""In which order candidates stand on the stage."""

from __future__ import annotations

from typing import Literal

from engine.trace.fold import RunState

SortMode = Literal["arrival", "score", "answer"]


def lane_order(state: RunState, mode: SortMode) -> list[int]:
    """Candidates by number ("arrival"), by falling score, or by answer with the most frequent first.

    What has no score or no answer yet comes last; ties stay in order of number.
    """
    ids = sorted(state.candidates)
    if mode == "score":
        return sorted(ids, key=lambda i: -_score(state, i))
    if mode == "answer":
        rank = {vote.vote: place for place, vote in enumerate(state.votes)}
        return sorted(ids, key=lambda i: (rank.get(state.candidates[i].vote or "", len(rank)), -_score(state, i)))
    return ids


def _score(state: RunState, candidate: int) -> float:
    mix = state.candidates[candidate].mix
    return -1.0 if mix is None else mix
