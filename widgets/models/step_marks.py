"""What a verifier gave for each step of one text, and where in the text those steps end."""

from __future__ import annotations

import re

from engine.trace.fold import CandidateState
from engine.verifiers.process_judge import steps_of

_LISTED = re.compile(r"\d+ steps, by \w+: ([\d.]+(?:, [\d.]+)*)")


def step_marks(candidate: CandidateState) -> list[tuple[int, float]]:
    """(where a step ends, counted in characters of the tokens; its score), in order; empty where no step was judged.

    A process judge says what it gave for each step in its detail; the steps are found in the text as it found them.
    """
    listed = next((found for score in candidate.scores.values() if (found := _LISTED.fullmatch(score.detail))), None)
    if listed is None:
        return []
    scores = [float(number) for number in listed[1].split(", ")]
    steps = steps_of(candidate.text)
    if len(steps) != len(scores):
        return []
    text, at, marks = "".join(token.text for token in candidate.tokens), 0, []
    for step, score in zip(steps, scores, strict=True):
        start = text.find(step, at)
        if start < 0:
            return []  # what was judged is not what is shown
        at = start + len(step)
        marks.append((at, score))
    return marks
