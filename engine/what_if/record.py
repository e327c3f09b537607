"""A candidate of a recorded run, as it can be used again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.events import CandidateScored
from engine.trace.fold import CandidateState
from engine.types import Candidate
from engine.what_if.not_recorded import FIRST, TOKEN_CONFIDENCES, WATCHED
from engine.what_if.timetable import Course

Fate = Literal["ended", "stopped", "cut"]


@dataclass(slots=True, frozen=True)
class Record:
    """What a candidate wrote, when, and what was thought of it.

    `fate`: it ended (or failed) by itself, was stopped because it was not needed, or was cut because the whole run
    ended before it. `arrival` orders candidates that ended in the same step.
    """

    candidate: Candidate
    course: Course
    fate: Fate
    prompt: int
    cached_tokens: int
    computed_tokens: int
    arrival: int
    verdicts: Mapping[str, CandidateScored]
    _state: CandidateState = field(repr=False)

    @property
    def ended_at(self) -> float:
        """When it came to its end, in seconds of the run clock; infinite if it never did."""
        return math.inf if self._state.finished_at is None else self._state.finished_at

    @property
    def merged_into(self) -> int | None:
        """The sibling that said the same, where a search made one of the two."""
        return self._state.merged_into

    def part(self, tokens: int) -> Candidate:
        """The candidate as it is when it is stopped after that many tokens: half a text has no answer."""
        written = self._state.tokens[:tokens]
        text = "".join(token.text for token in written)
        mean = sum(token.logprob for token in written) / len(written) if written else None
        return Candidate(
            self.candidate.id, text, None, None, "abort", len(written), mean, self.candidate.purpose, self._state.parent
        )


def make_record(state: CandidateState, course: Course, fate: Fate, text: str, steps: tuple[str, ...]) -> Record:
    """The record of a candidate as it stands at the end of its run.

    Args:
        state: The candidate.
        course: When it wrote.
        fate: How it ended.
        text: Its whole text, with all that it goes on from.
        steps: The pieces of that, where it was made in steps.
    """
    mean, tokens = state.mean_logprob, state.token_count
    ended = fate == "ended"
    candidate = Candidate(
        state.id,
        text,
        state.answer if ended else None,
        state.vote if ended else None,
        state.finish_reason or "abort",
        tokens,
        mean,
        state.purpose,
        state.parent,
        steps,
        logprob=mean * tokens if mean is not None else 0.0,
        confidence=state.confidence,
        watched=WATCHED,
        first=FIRST,
        token_confidences=TOKEN_CONFIDENCES,
    )
    return Record(
        candidate,
        course,
        fate,
        state.prompt,
        state.cached_tokens,
        state.computed_tokens,
        state.arrival,
        state.verdicts,
        state,
    )
