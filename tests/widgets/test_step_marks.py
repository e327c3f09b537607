"""What a process judge gave for each step stands on the ladder beside the thought in which the step ends."""

from __future__ import annotations

import itertools

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from engine.events import CandidateScored
from engine.trace.fold import RunState, fold
from tests.simulated_runs import make_setup, simulated_events
from tests.widgets.colours import count_colour
from widgets.models.step_marks import step_marks
from widgets.stage.ladder_paint import MOST_ENTROPY, SIDE, SPARK, entropy_colour
from widgets.stage.thought_ladder import ThoughtLadderView
from widgets.theme import DARK, readable

TEXT = "I add 7 + 5 = 12. Then 40 + 30 = 60. So 60 + 12 = 72.\nThe answer is 72."


def judged(detail: str, value: float = 0.2) -> RunState:
    state = fold(simulated_events(make_setup("direct", (), max_tokens=200), {TEXT: 1.0}))
    state.apply(CandidateScored(9.0, 0, "process-judge", value, detail, 0, 0.0))
    return state


@pytest.fixture
def ladder(qtbot: QtBot) -> ThoughtLadderView:
    view = ThoughtLadderView()
    qtbot.addWidget(view)
    view.resize(900, 600)
    view.show()
    return view


def test_each_thought_has_the_score_of_its_step(ladder: ThoughtLadderView) -> None:
    ladder.set_state(judged("4 steps, by min: 0.90, 0.20, 0.60, 0.80"))
    assert [thought.score for thought in ladder._thoughts] == [0.9, 0.2, 0.6, 0.8]
    tops = [(thought.top, thought.top + thought.height) for thought in ladder._thoughts]
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(tops))
    ladder.grab()


def test_scores_that_come_after_the_text_are_taken(ladder: ThoughtLadderView) -> None:
    state = fold(simulated_events(make_setup("direct", (), max_tokens=200), {TEXT: 1.0}))
    ladder.set_state(state)
    assert all(thought.score is None for thought in ladder._thoughts)
    state.changed.clear()
    state.apply(CandidateScored(9.0, 0, "process-judge", 0.2, "4 steps, by min: 0.90, 0.20, 0.60, 0.80", 0, 0.0))
    ladder.refresh(state.changed)
    assert [thought.score for thought in ladder._thoughts] == [0.9, 0.2, 0.6, 0.8]


@pytest.mark.parametrize("detail", ["2 of 2 equations hold", "3 steps, by min: 0.90, 0.20, 0.60", ""])
def test_without_a_score_for_every_step_nothing_is_marked(detail: str) -> None:
    assert step_marks(judged(detail).candidates[0]) == []


# What is painted


def beside(ladder: ThoughtLadderView, place: int, left: int, right: int) -> tuple[QImage, QRect]:
    """The picture, and of the right end of a thought's card what is so far from its edge."""
    thought, edge = ladder._thoughts[place], round(ladder._card(ladder._thoughts[place]).right())
    return ladder.viewport().grab().toImage(), QRect(edge - left, thought.top, left - right, thought.height)


def test_a_step_is_painted_as_believed_or_not(ladder: ThoughtLadderView) -> None:
    good, bad = readable(DARK.good, DARK.surface), readable(DARK.bad, DARK.surface)
    ladder.set_state(judged("4 steps, by min: 0.90, 0.20, 0.60, 0.10"))
    for place, believed in enumerate((True, False, True, False)):
        image, area = beside(ladder, place, SIDE, 4)
        assert (count_colour(image, good, area) > 10) == believed
        assert (count_colour(image, bad, area) > 10) == (not believed)
    ladder.set_state(judged(""))
    for place in range(4):
        image, area = beside(ladder, place, SIDE, 4)
        assert not count_colour(image, good, area) + count_colour(image, bad, area)


def test_the_entropy_of_a_thought_is_painted_as_bars_where_there_is_room(ladder: ThoughtLadderView) -> None:
    state = judged("")
    tokens = state.candidates[0].tokens
    ladder.set_state(state)
    flat = ladder._thoughts[0].count
    tokens[flat:] = [replace(token, entropy=MOST_ENTROPY) for token in tokens[flat:]]
    tokens[:flat] = [replace(token, entropy=0.0) for token in tokens[:flat]]
    ladder.set_state(state)
    colour = entropy_colour(DARK)
    for place, high in ((0, False), (1, True)):
        image, area = beside(ladder, place, SIDE + SPARK, SIDE)
        assert (count_colour(image, colour, area) > 100) == high
    ladder.resize(500, 600)
    image, area = beside(ladder, 1, SIDE + SPARK, SIDE)
    assert not count_colour(image, colour, area, near=8)
