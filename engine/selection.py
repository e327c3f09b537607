"""How one answer is chosen from many: votes, weighted votes, weighted mixes of verifiers' scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf, prod
from typing import Literal, get_args

from msgspec import Struct

Aggregate = Literal["last", "min", "mean", "product"]
AGGREGATES: tuple[Aggregate, ...] = get_args(Aggregate)


class Vote(Struct, frozen=True):
    """One distinct answer: how it is written, who gave it, and the sum of their weights (the count when unweighted)."""

    vote: str
    answer: str
    candidates: tuple[int, ...]
    weight: float


def mix(scores: Mapping[str, float | None], weights: Mapping[str, float]) -> float | None:
    """The weighted mean of the scores that are there, or None when there is none."""
    there = [(weights[name], value) for name, value in scores.items() if value is not None and name in weights]
    total = sum(weight for weight, _ in there)
    return sum(weight * value for weight, value in there) / total if total > 0 else None


def aggregate(scores: Sequence[float | None], how: Aggregate) -> float | None:
    """One score from those of a text's steps, in order (process rewards, Lightman et al. 2023, arXiv 2305.20050).

    Steps that could not be judged are passed over; None when none could.
    """
    known = [score for score in scores if score is not None]
    if not known:
        return None
    if how == "mean":
        return sum(known) / len(known)
    return known[-1] if how == "last" else min(known) if how == "min" else prod(known)


def count_votes(
    candidates: Iterable[tuple[int, str | None, str | None]], weights: Mapping[int, float] | None = None
) -> list[Vote]:
    """Votes by falling weight; ties go to the answer that came first.

    Args:
        candidates: (candidate, vote, answer as written) in order of arrival; a vote of None does not count.
        weights: A weight for each candidate (missing: 0), for weighted majority; None gives each one vote.
    """
    members: dict[str, list[int]] = {}
    written: dict[str, str] = {}
    for candidate, vote, answer in candidates:
        if vote is None:
            continue
        members.setdefault(vote, []).append(candidate)
        written.setdefault(vote, answer if answer is not None else vote)
    votes = [
        Vote(
            vote,
            written[vote],
            tuple(ids),
            float(len(ids)) if weights is None else sum(weights.get(i, 0.0) for i in ids),
        )
        for vote, ids in members.items()
    ]
    return sorted(votes, key=lambda vote: -vote.weight)


class Contender(Struct, frozen=True):
    """A candidate as best-of-N sees it.

    `score` is its mix (None where no verifier could tell), `votes` how many candidates share its answer.
    """

    candidate: int
    has_answer: bool
    score: float | None
    votes: float
    mean_logprob: float | None


def best(contenders: Sequence[Contender]) -> tuple[Contender, int]:
    """The best contender, and how many share its score.

    A candidate without an answer never beats one that has an answer. Among those the highest score wins; one that
    nobody could judge stands just above those that were found to be all wrong. Ties go to more votes, then to the
    higher mean log-probability, then to the one that came first.

    Args:
        contenders: At least one, in order of arrival.
    """
    winner = max(contenders, key=lambda c: (_standing(c), c.votes, -inf if c.mean_logprob is None else c.mean_logprob))
    return winner, sum(_standing(contender) == _standing(winner) for contender in contenders)


def _standing(contender: Contender) -> tuple[bool, float, bool]:
    score = contender.score
    return contender.has_answer, 0.0 if score is None else round(score, 9), score is None
