"""Hidden reasoning on the ladder: open while it is written, then folded behind a line that opens on click or Enter."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.events import AnyEvent
from engine.trace.fold import RunState, fold
from tests.simulated_runs import make_setup, simulated_events
from widgets.models.thinking_chain import chain_of, has_texts, hidden_tokens
from widgets.stage.stage_view import StageView, summary_words
from widgets.stage.thought_ladder import ThoughtLadderView

MARKED = "<think>\nLet me add. 40 + 30 = 70.\nNow 7 + 5 = 12.\n</think>\nThe answer is 82."


@pytest.fixture(scope="module")
def pieces() -> list[AnyEvent]:
    """A run in which thinking and answer are two candidates, the second going on from the first."""
    return simulated_events(make_setup("thinking", (), thinking_tokens=40))


@pytest.fixture(scope="module")
def marked() -> list[AnyEvent]:
    """A run of a model that writes its reasoning between markers."""
    return simulated_events(make_setup("direct", (), max_tokens=200), {MARKED: 1.0})


@pytest.fixture
def ladder(qtbot: QtBot) -> ThoughtLadderView:
    view = ThoughtLadderView()
    qtbot.addWidget(view)
    view.resize(800, 600)
    view.show()
    qtbot.waitExposed(view)
    return view


def test_thinking_and_its_answer_are_one_text_on_one_ladder(qtbot: QtBot, pieces: list[AnyEvent]) -> None:
    state = fold(pieces)
    assert len(state.candidates) == 2
    assert has_texts(state, 1)
    assert not has_texts(state, 2)
    assert [piece.purpose for piece in chain_of(state, 0)] == ["thinking", "answer"]
    assert chain_of(state, 1) == chain_of(state, 0)
    stage = StageView()
    qtbot.addWidget(stage)
    stage.set_state(state, "recorded")
    assert stage.shows_ladder
    assert summary_words(state).startswith("one candidate")


@pytest.mark.parametrize("run", ["pieces", "marked"])
def test_reasoning_is_folded_once_there_is_an_answer_to_read(
    ladder: ThoughtLadderView, run: str, request: pytest.FixtureRequest
) -> None:
    state = fold(request.getfixturevalue(run))
    ladder.set_state(state)
    assert ladder.is_folded
    assert ladder.hidden_count == hidden_tokens(state.candidates[0])
    assert f"thought for {ladder.hidden_count} tokens, folded" in ladder.accessibleDescription()
    ladder.grab()


def test_reasoning_is_open_while_it_is_written(ladder: ThoughtLadderView, pieces: list[AnyEvent]) -> None:
    growing, seen_open = RunState(), False
    ladder.set_state(growing)
    for event in pieces:
        growing.apply(event)
        ladder.refresh(set(growing.changed))
        growing.changed.clear()
        if ladder.hidden_count and not ladder.is_folded:
            seen_open = True
    assert seen_open
    assert ladder.is_folded
    ladder.grab()


@pytest.mark.parametrize("run", ["pieces", "marked"])
def test_growing_token_by_token_gives_the_ladder_that_the_whole_run_gives(
    ladder: ThoughtLadderView, run: str, request: pytest.FixtureRequest, qtbot: QtBot
) -> None:
    events = request.getfixturevalue(run)
    growing = RunState()
    ladder.set_state(growing)
    for event in events:
        growing.apply(event)
        ladder.refresh(set(growing.changed))
        growing.changed.clear()
    whole = ThoughtLadderView()
    qtbot.addWidget(whole)
    whole.resize(ladder.size())
    whole.show()
    whole.set_state(fold(events))
    looks = [[(t.candidate, t.first, t.count, t.hidden, t.shown) for t in view._thoughts] for view in (ladder, whole)]
    assert looks[0] == looks[1]


def test_a_click_on_the_line_opens_and_folds_it(ladder: ThoughtLadderView, marked: list[AnyEvent]) -> None:
    ladder.set_state(fold(marked))
    line = ladder.fold_line().center().toPoint()
    QTest.mouseClick(ladder.viewport(), Qt.MouseButton.LeftButton, pos=line)
    assert not ladder.is_folded
    assert "open" in ladder.accessibleDescription()
    opened = [thought for thought in ladder._thoughts if thought.shown]
    assert len(opened) == len(ladder._thoughts)
    assert all(before.top + before.height <= after.top for before, after in itertools.pairwise(opened))
    QTest.mouseClick(ladder.viewport(), Qt.MouseButton.LeftButton, pos=line)
    assert ladder.is_folded


def test_enter_opens_and_folds_it_and_what_was_chosen_stays(ladder: ThoughtLadderView, pieces: list[AnyEvent]) -> None:
    ladder.set_state(fold(pieces))
    ladder.setFocus()
    QTest.keyClick(ladder, Qt.Key.Key_Return)
    assert not ladder.is_folded
    ladder.set_state(fold(pieces[:-2]))
    assert not ladder.is_folded
    QTest.keyClick(ladder, Qt.Key.Key_Space)
    assert ladder.is_folded


def test_a_text_without_reasoning_has_no_line(ladder: ThoughtLadderView) -> None:
    ladder.set_state(fold(simulated_events(make_setup("direct", ()))))
    assert ladder.fold_line().isEmpty()
    assert not ladder.is_folded


def test_a_token_within_opened_reasoning_can_be_found(ladder: ThoughtLadderView, pieces: list[AnyEvent]) -> None:
    ladder.set_state(fold(pieces))
    ladder.set_folded(False)
    ladder.grab()
    thought = ladder._thoughts[0]
    fragment = next(f for f in thought.flow.fragments if f.text.strip())
    place = ladder.token_place((ladder._text_origin(thought) + thought.flow.rect(fragment).center()).toPoint())
    assert place is not None
    assert (place.candidate, place.index) == (0, fragment.token)


def test_what_was_put_in_before_an_answer_is_one_thought_with_it(
    ladder: ThoughtLadderView, pieces: list[AnyEvent]
) -> None:
    ladder.set_state(fold(pieces))
    answer = [thought for thought in ladder._thoughts if not thought.hidden]
    assert len(answer) == 1
