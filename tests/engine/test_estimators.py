"""Estimates from n samples are what brute force over all subsets of them gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, permutations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from engine.lab.estimators import (
    Interval,
    best_at_k,
    bootstrap_curve,
    majority_at_k,
    pass_at_k,
    wilson_interval,
)
from engine.stopping import lead_probability

Scored = list[tuple[float, bool]]

samples = st.lists(st.booleans(), min_size=1, max_size=8)
scored_samples = st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.booleans()), min_size=1, max_size=6)
votes_cast = st.lists(st.sampled_from(["1", "2", "3", "4", None]), min_size=1, max_size=8)


def a_k(data: st.DataObject, n: int) -> int:
    return data.draw(st.integers(1, n))


def vote_share(subset: Sequence[str | None], right: set[str]) -> Fraction:
    counts = Counter(vote for vote in subset if vote is not None)
    if not counts:
        return Fraction(0)
    tops = [vote for vote, count in counts.items() if count == max(counts.values())]
    return Fraction(sum(vote in right for vote in tops), len(tops))


def brute_majority(votes: Sequence[str | None], right: set[str], k: int) -> float:
    return float(sum(vote_share(subset, right) for subset in combinations(votes, k)) / comb(len(votes), k))


@given(samples, st.data())
def test_pass_at_k_is_the_share_of_subsets_with_a_right_sample(right: list[bool], data: st.DataObject) -> None:
    k = a_k(data, len(right))
    subsets = list(combinations(right, k))
    assert pass_at_k(len(right), sum(right), k) == pytest.approx(sum(map(any, subsets)) / len(subsets))


@given(st.integers(1, 300), st.data())
def test_pass_at_k_is_one_less_the_hypergeometric_chance_of_none(n: int, data: st.DataObject) -> None:
    right, k = data.draw(st.integers(0, n)), a_k(data, n)
    assert pass_at_k(n, right, k) == pytest.approx(1 - stats.hypergeom(n, right, k).pmf(0), abs=1e-9)


@given(scored_samples, st.data())
def test_best_at_k_is_the_mean_over_subsets_and_over_orders_of_equal_scores(
    scored: Scored, data: st.DataObject
) -> None:
    k = a_k(data, len(scored))
    # max() takes the first of equals, so that all orders of a subset are all ways to break its ties.
    picks = [max(order, key=lambda one: one[0])[1] for order in permutations(scored, k)]
    assert best_at_k(scored, k) == pytest.approx(sum(picks) / len(picks))


def test_best_at_k_with_distinct_scores_is_the_sum_over_ranks() -> None:
    scored = [(0.1, True), (0.9, False), (0.7, True), (0.3, False), (0.5, True)]
    by_rank = [right for _, right in sorted(scored, reverse=True)]
    for k in range(1, 6):
        wanted = sum(comb(4 - i, k - 1) * by_rank[i] for i in range(5 - k + 1)) / comb(5, k)
        assert best_at_k(scored, k) == pytest.approx(wanted)


@given(scored_samples, st.data())
def test_best_at_k_asks_for_no_order(scored: Scored, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(scored))
    k = a_k(data, len(scored))
    assert best_at_k(shuffled, k) == pytest.approx(best_at_k(scored, k))


@given(samples, st.data())
def test_a_perfect_verifier_turns_best_at_k_into_pass_at_k(right: list[bool], data: st.DataObject) -> None:
    k = a_k(data, len(right))
    assert best_at_k([(float(y), y) for y in right], k) == pytest.approx(pass_at_k(len(right), sum(right), k))


@given(votes_cast, st.sets(st.sampled_from(["1", "2", "3"])), st.data())
def test_majority_at_k_is_the_mean_vote_of_all_subsets(
    votes: list[str | None], right: set[str], data: st.DataObject
) -> None:
    k = a_k(data, len(votes))
    estimate = majority_at_k(votes, right, k)
    assert estimate.is_exact
    assert estimate.value == pytest.approx(brute_majority(votes, right, k))


@given(votes_cast, st.data())
def test_the_answers_of_a_vote_share_all_subsets_in_which_somebody_votes(
    votes: list[str | None], data: st.DataObject
) -> None:
    k = a_k(data, len(votes))
    voted = 1 - comb(votes.count(None), k) / comb(len(votes), k)
    each = [majority_at_k(votes, {vote}, k).value for vote in set(votes) if vote is not None]
    assert sum(each) == pytest.approx(voted)


def test_of_two_answers_the_vote_is_a_hypergeometric_tail() -> None:
    votes = ["82"] * 60 + ["72"] * 68
    for k in (1, 2, 15, 64, 127):
        right = stats.hypergeom(128, 60, k)
        wanted = right.sf(k // 2) + (right.pmf(k // 2) / 2 if k % 2 == 0 else 0)
        assert majority_at_k(votes, {"82"}, k).value == pytest.approx(wanted)


def test_one_sample_votes_as_it_is_and_all_of_them_as_they_did() -> None:
    votes = ["82"] * 3 + ["72"] * 2 + [None] * 5
    assert majority_at_k(votes, {"82"}, 1).value == pytest.approx(0.3)
    assert majority_at_k(votes, {"72"}, 10).value == pytest.approx(0.0)
    assert majority_at_k(votes, {"82"}, 10).value == pytest.approx(1.0)


def test_a_large_vote_is_exact_and_too_large_a_one_is_sampled_and_says_so() -> None:
    votes = [str(answer) for answer in range(12) for _ in range(2 * answer + 1)]
    exact = majority_at_k(votes, {"9"}, 32)
    sampled = majority_at_k(votes, {"9"}, 32, seed=1, most_steps=10)
    assert (exact.is_exact, exact.subsets, exact.standard_error) == (True, 0, 0.0)
    assert (sampled.is_exact, sampled.subsets) == (False, 20_000)
    assert abs(sampled.value - exact.value) < 5 * sampled.standard_error
    assert sampled == majority_at_k(votes, {"9"}, 32, seed=1, most_steps=10)
    assert not majority_at_k(["1", "2"] * 600, {"1"}, 3).is_exact


def test_a_sampled_vote_without_any_vote_is_wrong() -> None:
    votes = ["1", *[None] * 9]
    sampled = majority_at_k(votes, {"1"}, 5, most_steps=0)
    assert abs(sampled.value - 0.5) < 5 * sampled.standard_error


@pytest.mark.parametrize("k", [0, 4])
def test_no_subset_is_larger_than_the_sample_or_empty(k: int) -> None:
    for estimate in (
        lambda: pass_at_k(3, 1, k),
        lambda: best_at_k([(1.0, True)] * 3, k),
        lambda: majority_at_k(["1"] * 3, {"1"}, k),
    ):
        with pytest.raises(ValueError, match="no subset"):
            estimate()


@given(st.integers(1, 500), st.sampled_from([0.5, 0.9, 0.95, 0.99]), st.data())
def test_the_wilson_interval_is_scipys(n: int, confidence: float, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, n))
    theirs = stats.binomtest(right, n).proportion_ci(confidence, method="wilson")
    ours = wilson_interval(right, n, confidence)
    assert (ours.low, ours.high) == (pytest.approx(theirs.low, abs=1e-12), pytest.approx(theirs.high, abs=1e-12))
    assert 0 <= ours.low <= right / n <= ours.high <= 1


def test_where_nothing_was_seen_everything_is_possible() -> None:
    assert wilson_interval(0, 0) == Interval(0.0, 1.0)
    with pytest.raises(ValueError, match="no interval"):
        wilson_interval(3, 2)


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_lead_probability_is_a_tail_of_the_beta_distribution(one: int, other: int) -> None:
    first, second = max(one, other), min(one, other)
    assert lead_probability(first, second) == pytest.approx(stats.beta.sf(0.5, first + 1, second + 1), abs=1e-12)


def test_a_bootstrap_of_shares_is_as_wide_as_the_binomial_says() -> None:
    """64 of 100 problems solved: resampled means are binomial, with a standard error of 0.048."""
    curve = bootstrap_curve([[1.0, 0.5]] * 64 + [[0.0, 0.5]] * 36, resamples=20_000)
    low, high = stats.binom(100, 0.64).ppf([0.025, 0.975]) / 100
    assert curve.mean == pytest.approx((0.64, 0.5))
    assert (curve.low[0], curve.high[0]) == (pytest.approx(low, abs=0.011), pytest.approx(high, abs=0.011))
    assert (curve.low[1], curve.high[1]) == (pytest.approx(0.5), pytest.approx(0.5))


def test_a_bootstrap_covers_the_truth_about_as_often_as_it_says() -> None:
    chance = np.random.default_rng(5)
    covered = 0
    for trial in range(200):
        curve = bootstrap_curve(chance.normal(0.5, 0.2, (40, 1)).tolist(), 0.9, 500, seed=trial)
        covered += curve.low[0] <= 0.5 <= curve.high[0]
    assert 165 <= covered <= 195  # 180 are expected, less a little: percentile intervals of 40 are slightly narrow


def test_the_same_seed_gives_the_same_bands_and_another_one_others() -> None:
    curves = [[0.1 * i, 0.2 * (i % 3)] for i in range(9)]
    assert bootstrap_curve(curves, seed=3) == bootstrap_curve(curves, seed=3)
    assert bootstrap_curve(curves, seed=3) != bootstrap_curve(curves, seed=4)


@pytest.mark.parametrize("curves", [[], [[1.0], [1.0, 0.5]]])
def test_curves_of_different_lengths_or_none_make_no_mean(curves: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="of one length"):
        bootstrap_curve(curves)
