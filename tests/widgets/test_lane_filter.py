"""Only some of the candidates: by state, by correctness, by answer."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction

from engine.trace.fold import RunState, fold
from tests.sample_run import events
from widgets.models.lane_order import ALL, FILTERS, lane_order, with_answer
from widgets.stage.lane_buttons import filter_words
from widgets.stage.stage_view import StageView
from widgets.stage.vote_bars import ROW, VoteBars


@pytest.fixture
def stage(qtbot) -> StageView:
    stage = StageView()
    qtbot.addWidget(stage)
    stage.resize(900, 640)
    stage.set_reduce_motion(True)
    stage.show()
    qtbot.waitExposed(stage)
    return stage


def entries(stage: StageView) -> dict[str, QAction]:
    stage.filter_button.menu().aboutToShow.emit()
    return {a.text(): a for a in stage.filter_button.menu().actions() if not a.isSeparator()}


def test_every_state_and_every_answer_can_be_had_alone(stage):
    state = fold(events(16))
    stage.set_state(state, "recorded")
    for words in list(entries(stage)):
        entries(stage)[words].trigger()
        wanted = lane_order(state, "arrival", stage.lanes.lane_filter)
        assert sorted(stage.lanes.order) == wanted
        assert stage.filter_button.text() == filter_words(stage.lanes.lane_filter)
    right, wrong = (lane_order(state, "arrival", key) for key in ("right", "wrong"))
    assert right
    assert wrong
    assert not set(right) & set(wrong)
    assert {i for vote in state.votes for i in lane_order(state, "arrival", with_answer(vote.vote))} == {
        i for i, candidate in state.candidates.items() if candidate.vote is not None
    }


def test_what_is_shown_alone_has_more_room(stage):
    stage.set_state(fold(events(64)), "recorded")
    assert stage.lanes.density != "card"
    stage.set_filter("right")
    small = len(stage.lanes.order)
    assert 0 < small < 64
    rects = [stage.lanes.lane_rect(candidate) for candidate in stage.lanes.order]
    stage.set_filter(ALL)
    assert min(rect.width() * rect.height() for rect in rects) > max(
        stage.lanes.lane_rect(i).width() * stage.lanes.lane_rect(i).height() for i in stage.lanes.order
    )


def test_candidates_come_and_go_while_the_run_goes_on(stage):
    all_events = events(8)
    for lane_filter in (*FILTERS, with_answer("82")):
        state = RunState()
        stage.set_state(state, "live")
        stage.set_filter(lane_filter)
        for event in all_events:
            state.apply(event)
            stage.refresh()
            if len(state.candidates) > 1:  # one alone stands on the ladder
                assert sorted(stage.lanes.order) == lane_order(state, "arrival", lane_filter)
                stage.lanes.grab()


def test_a_filter_is_for_one_run_and_hides_no_selected_candidate_in_silence(stage):
    state = fold(events(16))
    stage.set_state(state, "recorded")
    wrong = lane_order(state, "arrival", "wrong")[0]
    stage.select(wrong)
    stage.set_filter("right")
    assert stage.lanes.selected is None
    stage.set_state(fold(events(4, seed=2)), "recorded")
    assert stage.lanes.lane_filter == ALL
    assert len(stage.lanes.order) == 4


def test_where_nobody_is_like_that_the_stage_says_so(stage):
    stage.set_state(fold(events(4)), "recorded")
    everybody = stage.lanes.grab().toImage()
    stage.set_filter(with_answer("no such answer"))
    assert stage.lanes.order == []
    assert stage.lanes.grab().toImage() != everybody
    stage.set_filter(ALL)
    assert len(stage.lanes.order) == 4


def test_a_click_on_a_vote_shows_its_candidates_and_another_one_all(stage, qtbot):
    state = fold(events(16))
    stage.set_state(state, "recorded")
    bars = VoteBars()
    qtbot.addWidget(bars)
    bars.vote_clicked.connect(stage.toggle_answer)
    bars.resize(260, 300)
    bars.set_votes(state)
    for expected in (sorted(state.votes[0].candidates), sorted(state.candidates)):
        qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(120, ROW // 2))
        assert sorted(stage.lanes.order) == expected
