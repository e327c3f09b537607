"""The line below the stage that says what the marks mean."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from engine.trace.fold import RunState, fold
from tests.sample_run import events
from tests.simulated_runs import make_setup, simulated_events
from widgets.stage.legend import LEGENDS, StageLegend
from widgets.stage.stage_view import StageView

STEPWISE = {"Ones: 7 + 5 = 12.\nTens: 40 + 30 = 70.\nThe answer is 82.": 1.0}


@pytest.fixture
def stage(qtbot: QtBot) -> StageView:
    stage = StageView()
    qtbot.addWidget(stage)
    stage.resize(1000, 700)
    stage.show()
    qtbot.waitExposed(stage)
    return stage


def shown(stage: StageView, state: RunState) -> list[str]:
    stage.set_state(state, "recorded")
    return stage.legend.words


def test_every_view_explains_its_own_marks(stage: StageView) -> None:
    assert "right" in shown(stage, fold(events(6)))
    assert "entropy of each token" in shown(stage, fold(events(1)))
    assert "pruned" in shown(stage, fold(simulated_events(make_setup("mcts", simulations=4), STEPWISE)))
    assert "removed" in shown(stage, fold(simulated_events(make_setup("self-refine"))))


def test_before_anything_is_written_there_is_nothing_to_explain(stage: StageView) -> None:
    assert stage.legend.isHidden()


def test_an_open_what_if_takes_the_room_of_the_legend(stage: StageView) -> None:
    stage.set_state(fold(events(6)), "recorded")
    assert not stage.legend.isHidden()
    stage.what_if.set_open(True)
    assert stage.legend.isHidden()
    stage.what_if.set_open(False)
    assert not stage.legend.isHidden()


def test_stages_side_by_side_explain_nothing(stage: StageView) -> None:
    stage.set_compact(True)
    stage.set_state(fold(events(6)), "recorded")
    assert stage.legend.isHidden()


def test_what_has_no_room_is_left_out_from_the_end_and_no_heading_stands_alone(qtbot: QtBot) -> None:
    legend = StageLegend()
    qtbot.addWidget(legend)
    legend.show_legend("lanes")
    whole = [item.words for item in LEGENDS["lanes"]]
    for width in range(0, 700, 20):
        legend.resize(width, 20)
        assert legend.words == whole[: len(legend.words)]
        assert len(legend.words) != 1
    assert legend.words == whole
