"""A person takes another token: the alternatives can be reached, and the branch grows beside the text."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.acts import FIRST_BRANCH, TakeToken
from engine.events import AnyEvent
from engine.inference.simulated_backend import SimulatedBackend
from engine.run import Run
from engine.setup import RunSetup
from engine.trace.fold import RunState, fold
from tests.simulated_runs import TEXTS, make_setup
from widgets.meters.meters_panel import MetersPanel
from widgets.models.candidate_words import branch_words, describe, number
from widgets.models.thoughts import text_before_branch
from widgets.stage.stage_view import StageView, summary_words

KEPT = 6
OPEN = 0  # here the simulated model has more than one way to go on


class Branched:
    """A run, and the branch that a person grew from its first candidate."""

    def __init__(self, setup: RunSetup) -> None:
        self.events: list[AnyEvent] = []
        run = Run("run", setup, SimulatedBackend(lambda _: TEXTS), self.events.append)
        while not run.finished:
            run.step()
        self.before = len(self.events)
        run.act(TakeToken(0, KEPT, fold(self.events).candidates[0].tokens[KEPT].id))
        while not run.finished:
            run.step()

    @property
    def state(self) -> RunState:
        return fold(self.events)


@pytest.fixture(scope="module")
def single() -> Branched:
    return Branched(make_setup("chain-of-thought", ()))


@pytest.fixture
def stage(qtbot: QtBot) -> StageView:
    stage = StageView()
    qtbot.addWidget(stage)
    stage.resize(1000, 600)
    stage.show()
    qtbot.waitExposed(stage)
    return stage


@pytest.fixture
def meters(qtbot: QtBot, single: Branched) -> MetersPanel:
    meters = MetersPanel()
    qtbot.addWidget(meters)
    meters.resize(288, 800)
    meters.show()
    qtbot.waitExposed(meters)
    meters.set_can_act(True)
    meters.set_state(fold(single.events[: single.before]))
    meters.select(0, OPEN)
    return meters


# The alternatives in the inspector


def test_a_click_on_an_alternative_takes_it(meters: MetersPanel, qtbot: QtBot) -> None:
    row = next(row for row in meters.inspector.bars.rows if not row.taken)
    with qtbot.waitSignal(meters.act_requested) as asked:
        QTest.mouseClick(row, Qt.MouseButton.LeftButton)
    assert asked.args == [TakeToken(0, OPEN, row.alternative.id)]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_the_keyboard_reaches_an_alternative_and_takes_it(meters: MetersPanel, qtbot: QtBot, key: Qt.Key) -> None:
    row = next(row for row in meters.inspector.bars.rows if not row.taken)
    assert row.focusPolicy() & Qt.FocusPolicy.TabFocus
    row.setFocus()
    with qtbot.waitSignal(meters.act_requested) as asked:
        QTest.keyClick(row, key)
    assert asked.args == [TakeToken(0, OPEN, row.alternative.id)]


def test_the_token_that_was_taken_is_no_choice(meters: MetersPanel, qtbot: QtBot) -> None:
    taken = next(row for row in meters.inspector.bars.rows if row.taken)
    assert not taken.isEnabled()
    assert taken.accessibleName().endswith("taken")
    with qtbot.assertNotEmitted(meters.act_requested):
        QTest.mouseClick(taken, Qt.MouseButton.LeftButton)


def test_the_alternatives_of_a_recording_cannot_be_taken_and_say_why(meters: MetersPanel, qtbot: QtBot) -> None:
    meters.set_can_act(False)
    meters.update_now()
    assert not meters.inspector.hint.isVisible()
    for row in meters.inspector.bars.rows:
        assert not row.isEnabled()
        assert row.taken or "recording" in row.toolTip()
        with qtbot.assertNotEmitted(meters.act_requested):
            QTest.mouseClick(row, Qt.MouseButton.LeftButton)


def test_rows_keep_the_focus_while_the_run_goes_on(meters: MetersPanel) -> None:
    rows = list(meters.inspector.bars.rows)
    meters.update_now()
    assert meters.inspector.bars.rows == rows


# The branch on the stage


def test_a_branch_has_a_number_and_words_of_its_own(single: Branched) -> None:
    branch = single.state.candidates[FIRST_BRANCH]
    assert number(branch) == "B1"
    assert branch_words(branch) == f"branch of 1 at token {KEPT + 1}"
    assert describe(branch).startswith("Candidate B1,")
    assert branch_words(branch) in describe(branch)


def test_the_branch_of_a_single_candidate_is_a_second_ladder_beside_it(stage: StageView, single: Branched) -> None:
    state = fold(single.events[: single.before])
    stage.set_state(state, "live")
    assert stage.shows_ladder
    assert len(stage.ladder.columns) == 1
    assert not stage.ladder.columns[0].title.isVisible()
    for event in single.events[single.before :]:
        state.apply(event)
        stage.refresh()
    assert stage.shows_ladder
    first, second = stage.ladder.columns
    assert second.ladder.candidate is not None
    assert second.ladder.candidate.id == FIRST_BRANCH
    assert second.title.text() == f"B1  ·  branch of 1 at token {KEPT + 1}"
    assert first.isVisible()
    assert second.isVisible()
    assert summary_words(state).endswith("1 branch")
    stage.grab()


def test_a_branch_begins_with_what_was_said_before_it_left(stage: StageView, single: Branched) -> None:
    state = single.state
    branch, original = state.candidates[FIRST_BRANCH], state.candidates[0]
    before = text_before_branch(state, branch)
    assert "".join(token.text for token in original.tokens[:KEPT]).endswith(before)
    stage.set_state(state, None)
    flow = stage.ladder.columns[1].ladder._thoughts[0].flow
    put_in = "".join(fragment.text for fragment in flow.fragments if fragment.token < 0)
    assert put_in.split() == (before + branch.prefix).split()


def test_a_moment_before_the_branch_has_one_ladder_again(stage: StageView, single: Branched) -> None:
    stage.set_state(single.state, "recorded")
    assert len(stage.ladder.columns) == 2
    stage.set_state(fold(single.events[: single.before]), "recorded")
    assert len(stage.ladder.columns) == 1
    stage.grab()


def test_a_token_of_a_branch_can_be_clicked_and_branch_again(stage: StageView, single: Branched, qtbot: QtBot) -> None:
    stage.set_state(single.state, None)
    ladder = stage.ladder.columns[1].ladder
    stage.grab()
    thought = ladder._thoughts[0]
    fragment = next(f for f in thought.flow.fragments if f.token >= 0 and f.text.strip())
    at = (ladder._text_origin(thought) + thought.flow.rect(fragment).center()).toPoint()
    with qtbot.waitSignal(stage.token_selected) as clicked:
        QTest.mouseClick(ladder.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at))
    assert clicked.args == [FIRST_BRANCH, fragment.token]


def test_a_branch_of_one_of_many_is_one_more_lane_and_has_no_vote(stage: StageView) -> None:
    run = Branched(make_setup("self-consistency", (), n=4))
    stage.set_state(run.state, None)
    assert not stage.shows_ladder
    assert stage.lanes.order == [0, 1, 2, 3, FIRST_BRANCH]
    assert sum(len(vote.candidates) for vote in run.state.votes) <= 4
    assert summary_words(run.state) == "4 candidates · all finished · 1 branch"
    stage.finish_rendering()
    stage.grab()
