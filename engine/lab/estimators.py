"""What a method would score with k samples, from the n that were drawn: unbiased, with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import groupby
from math import comb, sqrt
from statistics import NormalDist

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

MOST_STEPS = 100_000
"""Up to so many array operations (about half a second) the vote is summed over all subsets, beyond by sampling."""
MOST_SAMPLES = 1_000  # the number of subsets of more of them does not fit a float
SUBSETS = 20_000


class Estimate(Struct, frozen=True):
    """An expected share in [0, 1]. Where it is not exact, it is the mean over `subsets` that were drawn at random."""

    value: float
    is_exact: bool
    subsets: int
    standard_error: float


class Interval(Struct, frozen=True):
    """The ends of a confidence interval."""

    low: float
    high: float


class Curve(Struct, frozen=True):
    """A figure at each point of a curve: its mean over problems, and the ends of its interval there."""

    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def pass_at_k(n: int, right: int, k: int) -> float:
    """How probable it is that at least one of k samples is right: 1 - C(n - right, k) / C(n, k).

    Chen et al. 2021, arXiv 2107.03374: the mean over all subsets of size k, so unbiased, unlike 1 - (1 - right/n)^k.

    Args:
        n: Samples that were drawn.
        right: How many of them are right.
        k: From 1 to n.

    Raises:
        ValueError: k or `right` is out of range.
    """
    _check(n, k)
    if not 0 <= right <= n:
        raise ValueError(f"of {n} samples, {right} cannot be right")
    return 1.0 - comb(n - right, k) / comb(n, k)


def best_at_k(scored: Sequence[tuple[float, bool]], k: int) -> float:
    """How probable it is that the one with the highest score of k samples is right.

    By falling score it is sum_i C(n - 1 - i, k - 1) y_i / C(n, k): sample i wins the subsets that hold nothing better.
    Of equal scores each is the first equally often: what their ranks win is shared out by the share that is right.

    Args:
        scored: (score, whether it is right) of each sample, in any order. Leave out those without a score, or give
            them one.
        k: From 1 to the number of samples.

    Raises:
        ValueError: k is out of range.
    """
    _check(len(scored), k)
    behind, won = len(scored), 0.0
    for _, equals in groupby(sorted(scored, key=lambda one: -one[0]), key=lambda one: one[0]):
        group = [is_right for _, is_right in equals]
        subsets = comb(behind, k) - comb(behind - len(group), k)
        won += subsets / comb(len(scored), k) * (sum(group) / len(group))
        behind -= len(group)
    return won


def majority_at_k(
    votes: Sequence[str | None], right: Collection[str], k: int, seed: int = 0, most_steps: int = MOST_STEPS
) -> Estimate:
    """How probable it is that the vote of k samples is right; of answers that tie, each wins equally often.

    The expectation of self-consistency (Wang et al. 2022, arXiv 2203.11171) over all subsets of size k. These are
    grouped by how many samples of each answer they hold, with multivariate hypergeometric weights, and those vectors
    again by their size and by how many answers share the top: a product of polynomials, so that it stays exact (to
    rounding) where the vectors are far too many to be listed. Where even that takes more than `most_steps` array
    operations, subsets are drawn at random, and the estimate says so.

    Args:
        votes: The normalised answer of each sample; None casts no vote, and a subset without any vote is wrong.
        right: The answers that are right.
        k: From 1 to the number of samples.
        seed: Of the random subsets.
        most_steps: Up to how much work it is done exactly.

    Raises:
        ValueError: k is out of range.
    """
    _check(len(votes), k)
    cast = Counter(vote for vote in votes if vote is not None)
    answers = [(count, vote in right) for vote, count in cast.items()]
    blank = len(votes) - sum(cast.values())
    if not any(is_right for _, is_right in answers):
        return Estimate(0.0, True, 0, 0.0)
    if len(votes) > MOST_SAMPLES or _steps(answers, blank, k) > most_steps:
        return _by_sampling(answers, blank, k, seed)
    top = min(k, max(count for count, _ in answers))
    won = sum(_won_with(answers, blank, k, votes_of_top) for votes_of_top in range(1, top + 1))
    return Estimate(min(1.0, won / comb(len(votes), k)), True, 0, 0.0)


def wilson_interval(right: int, n: int, confidence: float = 0.95) -> Interval:
    """The interval of a share of which `right` of n were seen (Wilson 1927, JASA 22:209). Of nothing seen: 0 to 1.

    Raises:
        ValueError: `right` or the confidence is out of range.
    """
    if not 0 <= right <= n or not 0 < confidence < 1:
        raise ValueError(f"there is no interval for {right} of {n} at {confidence}")
    if n == 0:
        return Interval(0.0, 1.0)
    z, share = NormalDist().inv_cdf((1 + confidence) / 2), right / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At the ends the formula gives 0 and 1 but for rounding.
    low = 0.0 if right == 0 else max(0.0, centre - reach)
    return Interval(low, 1.0 if right == n else min(1.0, centre + reach))


def bootstrap_curve(
    problems: Sequence[Sequence[float]], confidence: float = 0.95, resamples: int = 2_000, seed: int = 0
) -> Curve:
    """The mean of the problems' curves, and at each point the percentile interval (Efron and Tibshirani 1993).

    Problems are drawn again, with replacement, and never samples: those of one problem are no news about another one,
    and intervals from them would be far too narrow. The points of one curve stay together.

    Args:
        problems: For each problem its figure at each point of the curve; all of one length, at least one problem.
        confidence: Of the interval at each point by itself.
        resamples: How often the problems are drawn again.
        seed: The same seed gives the same interval.

    Raises:
        ValueError: There is no problem, curves differ in length, or the confidence is out of range.
    """
    if not problems or len({len(curve) for curve in problems}) != 1 or not 0 < confidence < 1:
        raise ValueError("it takes at least one curve, all of one length, and a confidence between 0 and 1")
    figures = np.asarray(problems, dtype=np.float64)
    many = len(problems)
    drawn = np.random.default_rng(seed).multinomial(many, np.full(many, 1 / many), size=resamples)
    means = drawn @ figures / many
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    return Curve(tuple(figures.mean(axis=0).tolist()), tuple(low.tolist()), tuple(high.tolist()))


def _check(n: int, k: int) -> None:
    if not 1 <= k <= n:
        raise ValueError(f"of {n} samples no subset of {k} can be taken")


def _steps(answers: Sequence[tuple[int, bool]], blank: int, k: int) -> int:
    top = min(k, max(count for count, _ in answers))
    return sum(min(blank, k) + 1 + sum(min(count, t) + 1 for count, _ in answers) for t in range(1, top + 1))


def _won_with(answers: Sequence[tuple[int, bool]], blank: int, k: int, top: int) -> float:
    """How many subsets of size k are won by a right answer that has `top` votes in them; those that tie by halves.

    `ways[size, tied, right]` counts the subsets of the answers so far, none with more than `top` votes, by their size,
    by how many answers have `top`, and by how many of those are right.
    """
    share = k // top
    rights = min(share, sum(is_right for _, is_right in answers))
    ways = np.zeros((k + 1, share + 1, rights + 1))
    ways[0, 0, 0] = 1
    for count, is_right in answers:
        ways = _joined(ways, count, top, is_right)
    ways = _joined(ways, blank, k + 1, False)
    tied, right = np.meshgrid(np.arange(share + 1), np.arange(rights + 1), indexing="ij")
    return float((ways[k] * right / np.maximum(tied, 1)).sum())


def _joined(ways: NDArray[np.float64], count: int, top: int, is_right: bool) -> NDArray[np.float64]:
    size, share, rights = ways.shape
    joined = ways.copy()  # none of this answer is drawn
    for drawn in range(1, min(count, top - 1, size - 1) + 1):
        joined[drawn:] += comb(count, drawn) * ways[:-drawn]
    if count >= top and top < size:
        one = int(is_right)
        joined[top:, 1:, one:] += comb(count, top) * ways[:-top, : share - 1, : rights - one]
    return joined


def _by_sampling(answers: Sequence[tuple[int, bool]], blank: int, k: int, seed: int) -> Estimate:
    chance = np.random.default_rng(seed)
    counts = [count for count, _ in answers] + [blank]
    drawn = chance.multivariate_hypergeometric(counts, k, size=SUBSETS, method="marginals")[:, :-1]
    is_top = (drawn == drawn.max(axis=1, keepdims=True)) & (drawn > 0)
    is_right = np.array([is_right for _, is_right in answers])
    won = (is_top & is_right).sum(axis=1) / np.maximum(is_top.sum(axis=1), 1)
    return Estimate(float(won.mean()), False, SUBSETS, float(won.std(ddof=1)) / sqrt(SUBSETS))
