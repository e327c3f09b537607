"""What a process judge gave for each step stands on the ladder beside the thought in which the step ends."""

from __future__ import annotations

import itertools

import pytest
from pytestqt.qtbot import QtBot

from engine.events import CandidateScored
from engine.trace.fold import RunState, fold
from tests.simulated_runs import make_setup, simulated_events
from widgets.models.step_marks import step_marks
from widgets.stage.thought_ladder import ThoughtLadderView

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
