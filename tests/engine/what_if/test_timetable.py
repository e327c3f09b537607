"""When a recorded candidate wrote, in decode steps, and what a step of another size would have taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import BudgetSpent, CandidateFinished, CandidateQueued, CandidateStarted, Event, TokensDecoded
from engine.setup import Budget
from engine.trace.fold import RunState, fold
from engine.types import Token
from engine.what_if.timetable import Course, Pace, Timetable, fit_pace
from tests.simulated_runs import make_setup, simulate

times = st.floats(1e-4, 1.0)


def step(t: float, *candidates: int) -> Event:
    return TokensDecoded(t, tuple(Token(i, 1, "x", -0.1, 0.1) for i in candidates), 0, 0.0, 0.0)


def queued(t: float, candidate: int) -> Event:
    return CandidateQueued(t, candidate, "", 0, 1, 0.7, 9)


def finished(t: float, candidate: int) -> Event:
    return CandidateFinished(t, candidate, "stop", "xx", None, None, 2, -0.1, None, 0)


def small_run() -> RunState:
    """Candidate 0 writes in steps 1 and 2; candidate 1 is asked for before step 2 and writes in 3 and 4."""
    return fold(
        [
            queued(0.0, 0), step(1.0), CandidateStarted(1.5, 0, 0, 4), step(2.0, 0), queued(2.5, 1), step(3.0, 0),
            finished(3.1, 0), step(5.0, 1), step(7.0, 1), finished(7.5, 1),
        ]
    )  # fmt: skip


def test_a_course_counts_from_the_step_in_which_the_candidate_was_asked_for() -> None:
    table = Timetable(small_run())
    assert table.steps == 5
    assert table.courses == {0: Course(0, 1, 2, 2), 1: Course(2, 1, 2, 2)}


def test_a_step_with_as_many_tokens_takes_as_long_as_it_took() -> None:
    table = Timetable(small_run())
    assert [table.delay(i, size) for i, size in enumerate([0, 1, 1, 1, 1])] == [0.0] * 5
    assert [table.recorded_end(i) for i in (-1, 0, 4, 9)] == [0.0, 1.0, 7.0, 7.0]
    assert table.tail_seconds == pytest.approx(0.5)


def test_a_step_in_which_nobody_writes_takes_no_time() -> None:
    assert Timetable(small_run()).delay(3, 0) == pytest.approx(-2.0)


def test_the_prompt_takes_its_time_however_many_candidates_follow() -> None:
    table = Timetable(simulate(make_setup("best-of-n", n=8)))
    assert table.delay(0, 1) == 0.0
    assert table.delay(5, 1) < 0


def test_the_last_step_of_a_spent_budget_ends_when_that_was_noticed() -> None:
    state = simulate(make_setup("best-of-n", budget=Budget(tokens=50), n=8))
    spent = state.budget_spent
    assert isinstance(spent, BudgetSpent)
    table = Timetable(state)
    assert table.recorded_end(table.steps - 1) == spent.t > state.rate_samples[-1][0]


def test_a_run_without_any_step_has_an_empty_timetable() -> None:
    table = Timetable(fold([queued(0.0, 0)]))
    assert (table.steps, table.recorded_end(0), table.delay(0, 3)) == (0, 0.0, 0.0)
    assert table.courses == {0: Course(0, 0, 0, 0)}


@given(base=times, slope=times, sizes=st.sets(st.integers(1, 64), min_size=2), count=st.integers(1, 50))
def test_the_pace_of_steps_that_grow_evenly_is_found(base: float, slope: float, sizes: set[int], count: int) -> None:
    pace = fit_pace({size: (base + slope * size, count) for size in sizes})
    assert pace.step_seconds == pytest.approx(base, rel=1e-6, abs=1e-9)
    assert pace.token_seconds == pytest.approx(slope, rel=1e-6)


@given(st.dictionaries(st.integers(1, 64), st.tuples(times, st.integers(1, 50)), min_size=1))
def test_no_pace_lets_a_larger_step_take_less_time(steps: dict[int, tuple[float, int]]) -> None:
    pace = fit_pace(steps)
    assert 0 < pace.seconds(1) <= pace.seconds(2) <= pace.seconds(64)


def test_where_all_steps_have_one_size_a_token_takes_its_share() -> None:
    assert fit_pace({16: (0.32, 40)}) == Pace(0.0, pytest.approx(0.02))
    assert fit_pace({}) == Pace(0.0, 0.0)
