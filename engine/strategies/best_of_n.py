"""Best-of-N: many candidates, and verifiers pick one (Cobbe et al. 2021, arXiv 2110.14168)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from engine.selection import Contender, best, mix
from engine.setup import RunSetup, Value
from engine.strategies.base import Answer, Result, Strategy
from engine.strategies.sampling import independent_samples
from engine.strategies.self_consistency import take_majority, votes_of
from engine.strategies.spec import CANDIDATES, PROMPT, StrategySpec

_PERFECT = "known-answer"


def take_best(weights: Mapping[str, float], results: Sequence[Result]) -> Answer:
    """The candidate with the highest weighted mean score; see `engine.selection.best` for ties.

    Args:
        weights: The weight of each verifier by its name. Scores of others are not used.
        results: At least one, in order of arrival.
    """
    mixes = [mix({name: score.value for name, score in result.scores.items()}, weights) for result in results]
    if all(value is None for value in mixes):
        return _by_majority(bool(weights), results)
    support = {i: vote.weight for vote in votes_of(results) for i in vote.candidates}
    contenders = [
        Contender(c.id, c.vote is not None, value, support.get(c.id, 0.0), c.mean_logprob)
        for c, value in zip((result.candidate for result in results), mixes, strict=True)
    ]
    winner, tied = best(contenders)
    result = results[contenders.index(winner)]
    rivals = sum(contender.has_answer == winner.has_answer for contender in contenders)
    return Answer(winner.candidate, result.candidate.answer, _reason(weights, result, winner, tied, rivals))


def _by_majority(verifiers: bool, results: Sequence[Result]) -> Answer:
    answer = take_majority(results)
    why = "No verifier could tell anything" if verifiers else "There is no verifier"
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
    return independent_samples(setup, str(settings["prompt"]), int(settings["n"]), partial(take_best, weights))


BEST_OF_N = StrategySpec(
    name="best-of-n",
    title="Best of N",
    help="Many candidates think apart from each other; the verifiers score them and the best one is the answer.",
    settings=(CANDIDATES, PROMPT),
    uses_verifiers=True,
    build=_build,
)
