"""When nothing that candidates or verifiers may still say can change best-of-N's answer: no probability, a certainty.

Each rule looks at the results so far and at the most that could come: any of the outstanding candidates may still give
any answer with any score, or none; a score that is missing may still become anything up to the highest that there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.selection import mix
from engine.stopping import is_certain
from engine.strategies.base import Result
from engine.strategies.self_consistency import vote_is_certain, votes_of
from engine.verifiers.registry import VERIFIERS

_LAST_BIT = 1e-9  # sums of scores that differ by less may come out either way, by the order in which they are added
_PLACES = 9  # to which `engine.selection.best` compares scores


def best_score_is_certain(weights: Mapping[str, float], results: Sequence[Result], outstanding: int) -> bool:
    """Whether the best-scored answer stands.

    A score that cannot be surpassed can still be equalled, and then the more frequent answer wins: so one of the
    candidates that give the answer must have the highest score, and their vote must be certain.

    Args:
        weights: The weight of each verifier by its name; without any, the majority decides.
        results: Of candidates that came to their end, in order of arrival.
        outstanding: How many may still come.
    """
    if not weights or not _scores_stand(weights):
        return not weights and vote_is_certain(results, outstanding)
    votes = votes_of(results)
    if not is_certain([len(vote.candidates) for vote in votes], outstanding):
        return False
    highest, leading = round(_highest(weights), _PLACES), set(votes[0].candidates)
    supporters = (result for result in results if result.candidate.id in leading)
    return any(round(_least_and_most(weights, result)[0], _PLACES) >= highest for result in supporters)


def weighted_vote_is_certain(weights: Mapping[str, float], results: Sequence[Result], outstanding: int) -> bool:
    """Whether the answer with the highest sum of scores stands: its lead is more than all that is to come can add.

    Args:
        weights: The weight of each verifier by its name; without any, the majority decides.
        results: Of candidates that came to their end, in order of arrival.
        outstanding: How many may still come.
    """
    if not weights or not _scores_stand(weights):
        return not weights and vote_is_certain(results, outstanding)
    if len(results) <= outstanding:
        return False  # those that are to come may outweigh all that there are
    least, most = dict[str, float](), dict[str, float]()
    for result in results:
        vote = result.candidate.vote
        if vote is not None:
            low, high = _least_and_most(weights, result)
            least[vote], most[vote] = least.get(vote, 0.0) + low, most.get(vote, 0.0) + high
    if not least:
        return False
    leader = max(least, key=least.__getitem__)
    rival = max((high for vote, high in most.items() if vote != leader), default=0.0)
    return least[leader] - rival > outstanding * _highest(weights) + _LAST_BIT


def _scores_stand(weights: Mapping[str, float]) -> bool:
    return all(name in VERIFIERS and VERIFIERS[name].stands for name in weights)


def _highest(weights: Mapping[str, float]) -> float:
    """The highest that a mix can be, as when only the most generous verifier could tell anything."""
    return max(VERIFIERS[name].highest for name in weights)


def _least_and_most(weights: Mapping[str, float], result: Result) -> tuple[float, float]:
    """Between what a candidate's mix of scores may end up; where nobody can tell, it adds nothing.

    A verifier that has not spoken yet may still give 0, or its highest, or not be able to tell.
    """
    now = mix({name: score.value for name, score in result.scores.items()}, weights)
    missing = sum(weight for name, weight in weights.items() if name not in result.scores)
    if now is None or not missing:
        return now or 0.0, _highest(weights) if missing else now or 0.0
    known = sum(weight for name, weight in weights.items() if _has_told(result, name))
    low = known * now / (known + missing)
    return low, max(now, low + missing * _highest(weights) / (known + missing))


def _has_told(result: Result, verifier: str) -> bool:
    return verifier in result.scores and result.scores[verifier].value is not None
