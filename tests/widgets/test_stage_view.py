from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from engine.events import BudgetSpent, NoticeGiven, RunFailed
from engine.trace.fold import RunState, fold
from tests.sample_run import events
from widgets.models.candidate_words import is_pick, missing_answer
from widgets.stage.stage_view import StageView, summary_words


@pytest.fixture
def stage(qtbot: QtBot) -> StageView:
    view = StageView()
    qtbot.addWidget(view)
    view.resize(800, 640)
    view.show()
    return view


def test_one_candidate_is_a_ladder_and_many_are_lanes(stage: StageView) -> None:
    stage.set_state(fold(events(1, strategy="direct")), "recorded")
    assert stage.shows_ladder
    stage.set_state(fold(events(16)), "live")
    assert not stage.shows_ladder


def test_where_the_run_comes_from_is_always_said(stage: StageView) -> None:
    stage.set_state(RunState(), "live")
    assert not stage.badge.isVisible()
    for source in ("live", "recorded", "simulated"):
        stage.set_state(fold(events(4)), source)
        assert stage.badge.isVisible()
        assert stage.badge.accessibleName().startswith(source)


def test_a_refresh_takes_what_changed_and_clears_it(stage: StageView) -> None:
    run = events(16)
    state = RunState()
    stage.set_state(state, "live")
    for event in run:
        state.apply(event)
        stage.refresh()
        assert not state.changed
    assert stage.lanes.order == list(range(16))
    assert summary_words(state) == "16 candidates · all finished"


def test_a_run_that_starts_with_one_candidate_and_gets_more_becomes_lanes(stage: StageView) -> None:
    run = events(3)
    state = fold(run[:4])
    stage.set_state(state, "live")
    assert stage.shows_ladder
    state.apply_all(run[4:])
    stage.refresh()
    assert not stage.shows_ladder
    assert stage.lanes.order == [0, 1, 2]


def test_a_failure_says_what_why_and_what_next_and_the_work_stays(stage: StageView, qtbot: QtBot) -> None:
    run = events(16)
    state = fold(run[: len(run) // 2])
    stage.set_state(state, "live")
    state.apply(RunFailed(9.0, "The engine stopped.", "It ran out of memory.", "Choose a smaller context."))
    stage.refresh()
    assert stage.banner.isVisible()
    assert stage.banner.accessibleName() == "The engine stopped."
    assert stage.banner.accessibleDescription() == "It ran out of memory. Choose a smaller context."
    assert len(stage.lanes.order) == 16
    close = next(b for b in stage.banner.findChildren(QToolButton) if b.accessibleName().startswith("Dismiss"))
    qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    stage.refresh()
    assert not stage.banner.isVisible()


def test_a_spent_budget_and_notices_are_told_in_place(stage: StageView) -> None:
    state = fold(events(4))
    stage.set_state(state, "live")
    assert not stage.banner.isVisible()
    state.apply(NoticeGiven(9.0, "The cache was full."))
    stage.refresh()
    assert stage.banner.accessibleName() == "The cache was full."
    state.apply(BudgetSpent(9.0, "tokens", 1200, 1204))
    stage.refresh()
    assert "1,200 tokens" in stage.banner.accessibleName()


def test_the_menu_sorts_the_lanes(stage: StageView) -> None:
    state = fold(events(16))
    stage.lanes.set_reduce_motion(True)
    stage.set_state(state, "live")
    action = next(a for a in stage.sort_button.menu().actions() if "score" in a.text())
    action.trigger()
    assert "score" in stage.sort_button.text()
    assert (state.candidates[stage.lanes.order[0]].mix or 0) == max(c.mix or 0 for c in state.candidates.values())


def test_clicks_on_candidates_and_tokens_are_passed_on(stage: StageView, qtbot: QtBot) -> None:
    state = fold(events(4))
    stage.set_state(state, "live")
    stage.finish_rendering()
    lane = stage.lanes._lanes[1]
    spot = stage.lanes.lane_rect(1).topLeft() + lane.token_rect(2).center().toPoint()
    heard: list[object] = []
    stage.candidate_selected.connect(heard.append)
    stage.token_selected.connect(lambda candidate, index: heard.append((candidate, index)))
    qtbot.mouseClick(stage.lanes.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert heard == [1, (1, 2)]


def test_a_recording_that_plays_from_its_beginning_is_labelled_and_has_its_question(stage: StageView) -> None:
    state = RunState()
    stage.set_state(state, "recorded")
    state.apply_all(events(4))
    stage.refresh()
    assert stage.badge.isVisible()
    assert stage.headline.text == "What is 47 + 35?"


def test_the_result_stands_above_the_lanes_when_no_meter_shows_it(stage: StageView) -> None:
    stage.set_state(fold(events(16)), "live")
    assert not stage.result.isVisible()
    stage.set_result_shown(True)
    assert stage.result.isVisible()
    assert "votes" in stage.result.accessibleDescription()
    assert "so far" not in stage.result.accessibleDescription()
    stage.set_state(fold(events(1, strategy="direct")), "live")
    assert not stage.result.isVisible()


def test_a_long_question_takes_more_lines_and_a_short_one_gives_them_back(stage: StageView, qtbot: QtBot) -> None:
    one = stage.headline.height()
    stage.headline.set_text("How many apples are left when everybody has eaten? " * 4)
    qtbot.waitUntil(lambda: stage.headline.height() > one)
    stage.headline.set_text("word " * 2_000)
    assert stage.headline.height() < 4 * one
    stage.headline.set_text("2 + 2?")
    assert stage.headline.height() == one


def test_a_run_that_was_stopped_before_any_answer_has_no_pick_and_says_stopped(stage: StageView) -> None:
    state = fold([event for event in events(4) if event.t < 0.25])
    for candidate in state.candidates.values():
        candidate.status, candidate.finished_at, candidate.finish_reason = "stopped", 0.3, "stopped"
    state.candidates[0].picked = True
    stage.set_state(state, "live")
    assert summary_words(state) == "4 candidates · 0 finished · 4 stopped"
    assert missing_answer(state.candidates[0]) == "stopped before an answer"
    assert not is_pick(state.candidates[0])
    state.candidates[1].finish_reason = "doubt"
    assert summary_words(state) == "4 candidates · 0 finished · 3 stopped · 1 stopped as unsure"
