"""What a contest says of its sides."""

from __future__ import annotations

from msgspec.structs import replace

from engine.contest.contestant import Contestant, names_of
from engine.contest.course import Course
from engine.contest.entry import Entry
from engine.contest.verdict import verdict
from engine.events import AnswerPicked
from engine.setup import SIMULATED
from engine.types import Problem
from tests.simulated_runs import make_setup, simulated_events


def entry(answer: str | None, correct: bool | None, strategy: str = "direct") -> Entry:
    setup = make_setup(strategy)
    events = simulated_events(setup)
    found = Entry(Contestant.of(setup), "ended")
    found.take(events)
    found.course.take([AnswerPicked(found.course.cost.seconds, 0, answer, correct, "")])
    return found


def test_a_contestant_gives_back_the_set_up_it_came_from():
    setup = make_setup("best-of-n", n=4)
    other = make_setup("direct", seed=9)
    made = Contestant.of(setup).setup(other)
    assert made == replace(setup, seed=9, problem=other.problem)


def test_models_are_named_only_where_they_differ():
    one = Contestant.of(make_setup("best-of-n"))
    few = Contestant.of(make_setup("best-of-n", n=4))
    assert names_of((one, few)) == ["Best of N · 16 candidates", "Best of N · 4 candidates"]
    other = Contestant.of(make_setup("direct")).on("/models/big.gguf")
    assert names_of((one, other)) == ["Best of N · Simulated model", "Direct answer · big"]
    assert names_of((one, one.on("/models/big.gguf"))) == ["Simulated model", "big"]
    assert one.load.path == SIMULATED


def test_the_right_one_with_the_fewest_tokens_is_named_first():
    cheap, dear = entry("82", True), entry("82", True)
    dear.course.take(simulated_events(make_setup("best-of-n", n=8)))
    dear.course.take([AnswerPicked(9.0, 0, "82", True, "")])
    words = verdict([dear, entry("72", False), cheap])
    assert words.startswith(f"C is right with {cheap.course.cost.tokens:,} tokens")
    assert f"so is A with {dear.course.cost.tokens:,}" in words
    assert "B is wrong" in words


def test_without_a_known_answer_nobody_is_called_right():
    assert "not known" in verdict([entry("82", None), entry("72", None)])
    assert verdict([entry("82", None), entry("82", None)]).startswith("All say 82.")


def test_nothing_is_said_before_all_have_run():
    waiting = Entry(Contestant.of(make_setup("direct")))
    assert verdict([entry("82", True), entry("82", True), waiting]) == ""


def test_a_course_is_the_same_at_once_and_piece_by_piece():
    events = simulated_events(replace(make_setup("self-consistency", n=6), problem=Problem("What is 47 + 35?", "82")))
    whole, pieces = Course(events), Course()
    for event in events:
        pieces.take([event])
    assert (whole.cost, whole.first_picked, whole.picked) == (pieces.cost, pieces.first_picked, pieces.picked)
