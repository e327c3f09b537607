"""How good a verifier is: what it says against what is right, over the candidates of one run or of several."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from msgspec import Struct

from engine.trace.fold import RunState

Judgement = tuple[float | None, bool | None]
"""A score (None: it could not tell), and whether the candidate is right (None: nobody knows)."""


class VerifierQuality(Struct, frozen=True):
    """What a verifier's scores are worth. Every figure is None where nothing, or only one kind, is there to tell it by.

    `judged` are the candidates with a score, `unjudged` those of which it could not tell. All else counts the judged
    ones alone whose rightness is known: `right` and `wrong` of them. It accepts what scores at least `threshold`:
    `accepted` in all, `accepted_right` of them right. `precision` is the share of right ones among the accepted,
    `recall` the share of accepted ones among the right. `auc` is how probable it is that a right one scores higher
    than a wrong one, equal scores counting half: the area under the ROC curve, 0.5 for a verifier that guesses
    (Hanley and McNeil 1982, doi 10.1148/radiology.143.1.7063747), without any threshold.
    """

    threshold: float
    judged: int
    unjudged: int
    right: int
    wrong: int
    accepted: int
    accepted_right: int
    precision: float | None
    recall: float | None
    auc: float | None


def verifier_quality(judgements: Iterable[Judgement], threshold: float = 0.5) -> VerifierQuality:
    """The quality of the verifier that judged so, in any order."""
    told = list(judgements)
    scored = [(score, is_right) for score, is_right in told if score is not None]
    right = [score for score, is_right in scored if is_right]
    wrong = [score for score, is_right in scored if is_right is False]
    hits = sum(score >= threshold for score in right)
    accepted = hits + sum(score >= threshold for score in wrong)
    return VerifierQuality(
        threshold,
        len(scored),
        len(told) - len(scored),
        len(right),
        len(wrong),
        accepted,
        hits,
        hits / accepted if accepted else None,
        hits / len(right) if right else None,
        _auc(right, wrong),
    )


def judgements_of(states: Iterable[RunState]) -> dict[str, list[Judgement]]:
    """What each verifier said of the candidates that came to their end, of one run or of several.

    Verifiers that were chosen are there even if they have said nothing yet, in the order in which they were chosen.
    """
    said: dict[str, list[Judgement]] = {}
    for state in states:
        for name in state.weights:
            said.setdefault(name, [])
        for candidate in state.candidates.values():
            if candidate.is_whole:
                for name, score in candidate.scores.items():
                    said.setdefault(name, []).append((score.value, candidate.correct))
    return said


def qualities_of(states: Iterable[RunState], threshold: float = 0.5) -> dict[str, VerifierQuality]:
    """The quality of each verifier, by its name, over the candidates of these runs together."""
    return {name: verifier_quality(said, threshold) for name, said in judgements_of(states).items()}


def _auc(right: Sequence[float], wrong: Sequence[float]) -> float | None:
    """The Mann-Whitney statistic over the number of pairs. Counted in halves, so that it is exact."""
    if not right or not wrong:
        return None
    ordered = sorted(wrong)
    halves = sum(bisect_left(ordered, score) + bisect_right(ordered, score) for score in right)
    return halves / (2 * len(right) * len(wrong))
