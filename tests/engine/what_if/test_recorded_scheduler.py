"""The scheduler that plays records: a token a step for each, as many steps as were recorded, and a limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.trace.fold import CandidateState
from engine.types import Candidate
from engine.what_if.record import Record
from engine.what_if.recorded_scheduler import Part, RecordedScheduler
from engine.what_if.timetable import Course


def record(number: int, wait: int, tokens: int, arrival: int | None = None, asked: int = 0) -> Record:
    course = Course(asked, wait, tokens, max(0, wait + tokens - 1))
    candidate = Candidate(number, "x" * tokens, None, None, "stop", tokens, -0.1)
    state = CandidateState(number, "", 0, 1, 0.7, 9, 0.0)
    return Record(candidate, course, "ended", 0, 0, 0, number if arrival is None else arrival, {}, state)


def play(scheduler: RecordedScheduler, steps: int) -> tuple[list[int], dict[int, int]]:
    """The tokens of each step, and the step in which each candidate ended."""
    drawn, ends = [], {}
    for step in range(steps):
        report = scheduler.step()
        drawn.append(report.drawn)
        for part in report.ended:
            scheduler.leave(part)
            ends[part.record.candidate.id] = step
    return drawn, ends


courses = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 9)), min_size=1, max_size=9)


@given(courses)
def test_everybody_gets_a_token_a_step_from_the_first_to_the_last(courses: list[tuple[int, int]]) -> None:
    scheduler = RecordedScheduler()
    for number, (wait, tokens) in enumerate(courses):
        scheduler.submit(record(number, wait, tokens))
    drawn, ends = play(scheduler, 14)
    assert drawn == [sum(wait <= step < wait + tokens for wait, tokens in courses) for step in range(14)]
    assert ends == {number: wait + tokens - 1 for number, (wait, tokens) in enumerate(courses)}
    assert scheduler.idle


@given(courses, st.data())
def test_one_that_leaves_early_has_what_it_wrote_and_takes_no_more(
    courses: list[tuple[int, int]], data: st.DataObject
) -> None:
    scheduler = RecordedScheduler()
    parts = [scheduler.submit(record(number, *course)) for number, course in enumerate(courses)]
    at = data.draw(st.integers(0, 6))
    before = play(scheduler, at)[0]
    leaving = [part for part in parts if part.record.candidate.id in scheduler.running]
    for part in leaving:
        scheduler.leave(part)
    assert sum(part.written for part in parts) == sum(before)
    assert play(scheduler, 14)[0] == [0] * 14


def test_a_limit_gives_the_last_tokens_to_those_that_were_admitted_first() -> None:
    scheduler = RecordedScheduler()
    parts = [scheduler.submit(record(number, 0, 2)) for number in range(4)]
    assert scheduler.step(10).drawn == 4
    report = scheduler.step(3)
    assert report.drawn == 3
    assert report.ended == parts[:3]
    for part in parts:
        scheduler.leave(part)
    assert [part.written for part in parts] == [2, 2, 2, 1]


def ended_together(*parts: tuple[int, int, int]) -> list[int]:
    """Who ends first of those that end in step 6, from (arrival in the recording, asked then, asked now)."""
    scheduler = RecordedScheduler()
    for number, (arrival, then, now) in enumerate(parts):
        while scheduler.at < now:
            scheduler.step()
        scheduler.submit(record(number, 0, 7 - now, arrival, then))
    while True:
        ended: list[Part] = scheduler.step().ended
        if ended:
            return [part.record.candidate.id for part in ended]


@pytest.mark.parametrize(
    ("parts", "order"),
    [
        ([(9, 0, 0), (8, 0, 0)], [1, 0]),  # asked for together, then and now: as recorded
        ([(9, 0, 2), (8, 1, 3)], [1, 0]),  # one step apart, then and now
        ([(9, 0, 0), (8, 0, 2)], [0, 1]),  # together then, apart now: who was asked for first
    ],
)
def test_those_that_end_in_one_step_come_in_the_order_of_a_live_run(
    parts: list[tuple[int, int, int]], order: list[int]
) -> None:
    assert ended_together(*parts) == order
