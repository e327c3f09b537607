"""A Borda vote weighs by rank: (N - rank)^p with rank 0 for the best (Kang et al. 2025, arXiv 2502.18581)."""

from __future__ import annotations

from itertools import pairwise, permutations
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from engine.strategies.base import Answer, Result
from engine.strategies.best_of_n import _borda_weights, take_borda
from engine.types import Candidate, Score

few_scores = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=6)
scores = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def weights(given_scores: list[float], power: float = 0.5) -> list[float]:
    return list(_borda_weights(dict(enumerate(given_scores)), power).values())


def vote(told: list[tuple[str | None, float | None]]) -> Answer:
    results = [
        Result(Candidate(i, f"so {answer}", answer, answer, "stop", 10, -0.2), {"arithmetic": Score(score)})
        for i, (answer, score) in enumerate(told)
    ]
    return take_borda({"arithmetic": 1.0}, results)


def test_the_best_of_four_weighs_two_and_the_worst_one() -> None:
    assert weights([0.1, 0.9, 0.4, 0.3]) == pytest.approx([1, 2, sqrt(3), sqrt(2)])
    assert weights([0.1, 0.9, 0.4, 0.3], 2) == pytest.approx([1, 16, 9, 4])


def test_without_a_power_it_is_a_plain_vote() -> None:
    assert weights([0.1, 0.9, 0.9], 0) == [1, 1, 1]


@given(few_scores, st.sampled_from([0.3, 0.5, 1.0, 2.0]))
def test_equal_scores_share_the_mean_over_all_orders_that_could_break_the_tie(
    given_scores: list[float], power: float
) -> None:
    n = len(given_scores)
    sums, orders = [0.0] * n, 0
    for order in permutations(range(n)):
        if all(given_scores[a] >= given_scores[b] for a, b in pairwise(order)):
            orders += 1
            for rank, candidate in enumerate(order):
                sums[candidate] += (n - rank) ** power
    assert weights(given_scores, power) == pytest.approx([total / orders for total in sums])


@given(scores)
def test_with_the_power_1_the_weights_are_the_usual_average_ranks(given_scores: list[float]) -> None:
    assert weights(given_scores, 1) == pytest.approx(stats.rankdata(given_scores).tolist())


@given(scores, st.floats(0.1, 3))
def test_ties_neither_add_nor_take_weight(given_scores: list[float], power: float) -> None:
    n = len(given_scores)
    assert sum(weights(given_scores, power)) == pytest.approx(sum(rank**power for rank in range(1, n + 1)))


@given(scores)
def test_only_the_order_of_scores_counts(given_scores: list[float]) -> None:
    ranks = stats.rankdata(given_scores, "dense").tolist()
    assert weights(ranks) == weights(given_scores)


def test_what_has_no_score_has_no_vote_and_takes_no_rank() -> None:
    """Three are ranked: sqrt 3 for the best, sqrt 2 and 1 for the other answer; two without a score add nothing."""
    answer = vote([("72", None), ("82", 0.2), ("72", 0.9), ("82", 0.1), ("72", None)])
    assert answer.reason == "By rank of score, the votes of its 2 candidates add up to 2.41, those of 72 to 1.73."


told_votes = st.tuples(st.sampled_from(["72", "82", "83"]), st.none() | st.sampled_from([0.0, 0.2, 0.7, 1.0]))


@given(st.lists(told_votes, min_size=1, max_size=12).filter(lambda told: any(score is not None for _, score in told)))
def test_the_answer_with_the_most_weight_wins(told: list[tuple[str, float | None]]) -> None:
    ranked = [(answer, score) for answer, score in told if score is not None]
    sums: dict[str, float] = {}
    for answer, score in ranked:
        above = sum(other > score for _, other in ranked)
        equal = sum(other == score for _, other in ranked)
        shared = sum(sqrt(len(ranked) - rank) for rank in range(above, above + equal)) / equal
        sums[answer] = sums.get(answer, 0.0) + shared
    chosen = vote(told).answer
    assert chosen is not None
    assert sums[chosen] == pytest.approx(max(sums.values()))
