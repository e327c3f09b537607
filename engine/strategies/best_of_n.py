"""Best-of-N: many candidates, and verifiers pick one (Cobbe et al. 2021, arXiv 2110.14168).

Or they weigh the votes: the answer with the highest sum of scores wins (weighted majority, Li et al. 2023, arXiv
2206.02336), which helps where a verifier is right more often than not and yet wrong about single candidates. The Borda
vote weighs them by rank instead, whatever the scores' scale (Kang et al. 2025, arXiv 2502.18581).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from engine.selection import Contender, best, count_votes, mix
from engine.settings import Setting
from engine.setup import RunSetup, Value
from engine.strategies.base import Answer, Result, Strategy
from engine.strategies.certainty import best_score_is_certain, weighted_vote_is_certain
from engine.strategies.sampling import independent_samples
from engine.strategies.self_consistency import STOP_WHEN_CERTAIN, take_majority, votes_of
from engine.strategies.spec import CANDIDATES, PROMPTS_OF_MANY, SPREAD, StrategySpec

_PERFECT = "known-answer"
_BORDA_POWER = 0.5  # the paper's code's

CHOOSE = Setting(
    name="choose",
    kind="choice",
    default="best-score",
    title="Choose by",
    help="The one candidate with the best score, the answer whose candidates have the highest scores in sum, or a "
    "vote that weighs by rank: only which score is higher counts, not by how much.",
    choices=("best-score", "weighted-vote", "borda-vote"),
)


STOP = replace(
    STOP_WHEN_CERTAIN,
    help="Stops all candidates as soon as those that are still writing cannot change the answer any more. By best "
    "score that takes a perfect score for an answer whose majority is certain. A Borda vote is never certain, as "
    "every new candidate changes the ranks of all.",
)


def take_best(weights: Mapping[str, float], results: Sequence[Result]) -> Answer:
    """The candidate with the highest weighted mean score; see `engine.selection.best` for ties.

    Args:
        weights: The weight of each verifier by its name. Scores of others are not used.
        results: At least one, in order of arrival.
    """
    mixes = [mix({name: score.value for name, score in result.scores.items()}, weights) for result in results]
    if all(value is None for value in mixes):
        return _by_majority(_silence(weights, results), results)
    votes = {i: vote for vote in votes_of(results) for i in vote.candidates}
    contenders = [
        Contender(c.id, c.id in votes, value, votes[c.id].weight if c.id in votes else 0.0, c.mean_logprob)
        for c, value in zip((result.candidate for result in results), mixes, strict=True)
    ]
    winner, tied = best(contenders)
    result = results[contenders.index(winner)]
    rivals = sum(contender.has_answer == winner.has_answer for contender in contenders)
    # As the first one that agrees wrote it, as in a vote: it does not hang on which of them came first to the top.
    answer = votes[winner.candidate].answer if winner.has_answer else result.candidate.answer
    return Answer(winner.candidate, answer, _reason(weights, result, winner, tied, rivals))


def take_weighted(weights: Mapping[str, float], results: Sequence[Result]) -> Answer:
    """The answer with the highest sum of weighted mean scores, from its candidate with the best score.

    Args:
        weights: The weight of each verifier by its name. Scores of others are not used.
        results: At least one, in order of arrival.
    """
    known = _known_mixes(weights, results)
    return _by_weight(weights, results, known, known, "The scores")


def take_borda(weights: Mapping[str, float], results: Sequence[Result]) -> Answer:
    """The answer with the most Borda votes, from its candidate with the best score (Kang et al. 2025).

    Args:
        weights: The weight of each verifier by its name. Scores of others are not used.
        results: At least one, in order of arrival.
    """
    known = _known_mixes(weights, results)
    borda = _borda_weights(known, _BORDA_POWER)
    return _by_weight(weights, results, known, borda, "By rank of score, the votes")


def _known_mixes(weights: Mapping[str, float], results: Sequence[Result]) -> dict[int, float]:
    mixes = {r.candidate.id: mix({n: score.value for n, score in r.scores.items()}, weights) for r in results}
    return {candidate: value for candidate, value in mixes.items() if value is not None}


def _borda_weights(scores: Mapping[int, float], power: float) -> dict[int, float]:
    """(N - rank)^p votes each, rank 0 for the best of N scores. Equal scores share the votes of their ranks."""
    ranked = sorted(scores.values(), reverse=True)
    votes: dict[float, list[float]] = {}
    for rank, score in enumerate(ranked):
        votes.setdefault(score, []).append((len(ranked) - rank) ** power)
    return {candidate: sum(votes[score]) / len(votes[score]) for candidate, score in scores.items()}


def _by_weight(
    weights: Mapping[str, float],
    results: Sequence[Result],
    scores: Mapping[int, float],
    voices: Mapping[int, float],
    noun: str,
) -> Answer:
    """The answer whose candidates' `voices` add up to most. `noun` says in the reason what was added up."""
    if not scores:
        return _by_majority(_silence(weights, results), results)
    candidates = [result.candidate for result in results]
    votes = count_votes(((c.id, c.vote, c.answer) for c in candidates), voices)
    if not votes or votes[0].weight <= 0:
        return _by_majority("No answer scored above 0", results)
    top = votes[0]
    picked = max(top.candidates, key=lambda candidate: scores.get(candidate, 0.0))
    whose = f"its {len(top.candidates)} candidates" if len(top.candidates) > 1 else "its only candidate"
    reason = f"{noun} of {whose} add up to {top.weight:.2f}"
    if len(votes) > 1:
        reason += f", those of {votes[1].answer} to {votes[1].weight:.2f}"
    return Answer(picked, top.answer, f"{reason}.")


def _silence(weights: Mapping[str, float], results: Sequence[Result]) -> str:
    if any(result.pending for result in results):
        return "No verifier has spoken yet"
    return "No verifier could tell anything" if weights else "There is no verifier"


def _by_majority(why: str, results: Sequence[Result]) -> Answer:
    answer = take_majority(results)
    return Answer(answer.candidate, answer.answer, f"{why}, so the majority decides. {answer.reason}")


def _reason(weights: Mapping[str, float], result: Result, winner: Contender, tied: int, rivals: int) -> str:
    if winner.score is None:
        return "No answer was found to be right; this one could not be checked, and so not be found wrong."
    scores = {name: score.value for name, score in result.scores.items() if name in weights}
    parts = ", ".join(f"{name} {value:.2f}" for name, value in scores.items() if value is not None)
    noun = "answers" if winner.has_answer else "candidates"
    lead = f"The highest score of {rivals} {noun}" if rivals > 1 else "The score of the only candidate to choose from"
    reason = f"{lead}: {winner.score:.2f} ({parts})."
    if tied > 1:
        reason += f" {tied} candidates share it; more votes, then the model's confidence decide between them."
    if scores.get(_PERFECT) is not None:
        reason += " The known answer helped to pick: this is what a perfect verifier would do."
    return reason


def _build(setup: RunSetup, settings: Mapping[str, Value]) -> Strategy:
    weights = {choice.name: choice.weight for choice in setup.verifiers}
    chosen = partial(_CHOOSERS[str(settings["choose"])], weights)
    certain = _CERTAIN.get(str(settings["choose"])) if settings["stop_when_certain"] else None
    decided = None if certain is None else partial(certain, weights)
    return independent_samples(setup, settings, int(settings["n"]), chosen, decided, weights=weights)


_CERTAIN = {"best-score": best_score_is_certain, "weighted-vote": weighted_vote_is_certain}
_CHOOSERS = {"best-score": take_best, "weighted-vote": take_weighted, "borda-vote": take_borda}


BEST_OF_N = StrategySpec(
    name="best-of-n",
    title="Best of N",
    help="Many candidates think apart from each other; the verifiers score them and the best one is the answer.",
    settings=(CANDIDATES, CHOOSE, PROMPTS_OF_MANY, SPREAD, STOP),
    uses_verifiers=True,
    build=_build,
)
