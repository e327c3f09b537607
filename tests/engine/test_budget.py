"""One meter says what is used, what is left, and what ended the work."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.budget import BudgetMeter, Spent
from engine.setup import Budget


def test_an_empty_budget_is_no_bound() -> None:
    meter = BudgetMeter(Budget())
    meter.charge(tokens=10**9, candidates=10**6)
    assert meter.refused(1e9) is None
    assert (meter.remaining_tokens, meter.remaining_candidates, meter.remaining_seconds(5)) == (None, None, None)
    assert meter.admit(7) == 7


def test_tokens_end_the_work_when_they_are_used_up_and_not_before() -> None:
    meter = BudgetMeter(Budget(tokens=100))
    meter.charge(tokens=99)
    assert meter.exceeded(0.0) is None
    assert meter.remaining_tokens == 1
    meter.charge(tokens=4)
    assert meter.exceeded(0.0) == Spent("tokens", 100, 103)
    assert meter.remaining_tokens == 0


def test_seconds_are_those_of_the_run_clock() -> None:
    meter = BudgetMeter(Budget(seconds=20.0))
    assert meter.exceeded(19.9) is None
    assert meter.remaining_seconds(15.0) == 5.0
    assert meter.exceeded(20.0) == Spent("seconds", 20.0, 20.0)
    assert meter.remaining_seconds(25.0) == 0.0


def test_a_bound_of_candidates_lets_those_that_began_come_to_their_end() -> None:
    meter = BudgetMeter(Budget(candidates=4))
    assert meter.admit(16) == 4
    meter.charge(candidates=4)
    assert meter.admit(16) == 0
    assert meter.exceeded(0.0) is None
    assert meter.refused(0.0) == Spent("candidates", 4, 4)


def test_what_is_used_stays_used() -> None:
    with pytest.raises(ValueError, match="stays used"):
        BudgetMeter(Budget()).charge(tokens=-1)


@given(st.integers(1, 1000), st.lists(st.integers(0, 100), max_size=30))
def test_used_and_remaining_tokens_add_up_until_the_bound_is_reached(limit: int, charges: list[int]) -> None:
    meter = BudgetMeter(Budget(tokens=limit))
    for charge in charges:
        meter.charge(tokens=charge)
    assert meter.tokens == sum(charges)
    assert meter.remaining_tokens == max(0, limit - meter.tokens)
    assert (meter.exceeded(0.0) is not None) == (meter.tokens >= limit)
