"""Stopping rules against their definitions."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.stopping import is_certain, is_settled, lead_probability


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_probability_of_the_lead_is_the_incomplete_beta_integral(first: int, second: int) -> None:
    share = np.linspace(0.0, 1.0, 200_001)
    density = share**first * (1 - share) ** second
    expected = np.trapezoid(density[100_000:], share[100_000:]) / np.trapezoid(density, share)
    assert lead_probability(first, second) == pytest.approx(expected, abs=1e-6)


def test_a_level_vote_leads_with_probability_one_half() -> None:
    assert [lead_probability(votes, votes) for votes in range(5)] == [0.5] * 5


def test_the_first_stops_are_those_of_the_paper() -> None:
    def first_stop(second: int) -> int:
        return next(first for first in range(second, 40) if is_settled([first, second], 0.95))

    assert [first_stop(second) for second in range(4)] == [4, 6, 8, 9]


def test_nobody_has_voted_and_nothing_is_settled_or_certain() -> None:
    assert not is_settled([], 0.5)
    assert not is_certain([], 0)


@given(st.lists(st.integers(0, 3), min_size=0, max_size=5), st.integers(0, 4))
def test_a_vote_is_certain_exactly_if_nothing_lets_another_draw_level(votes: list[int], outstanding: int) -> None:
    counts = sorted((votes.count(answer) for answer in set(votes)), reverse=True)
    leader = max(set(votes), key=votes.count) if votes else None
    ends = (votes + list(rest) for rest in product(range(5), repeat=outstanding))
    wins = all(
        all(end.count(leader) > end.count(other) for other in set(end) if other != leader) for end in ends
    ) if leader is not None else False  # fmt: skip
    assert is_certain(counts, outstanding) == wins
