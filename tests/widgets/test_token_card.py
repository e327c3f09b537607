"""The card beside a token: it stays when the token is clicked, and another one can be taken from it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.acts import TakeToken
from engine.trace.fold import fold
from tests import sample_run
from widgets.stage.stage_view import StageView


@pytest.fixture
def stage(qtbot: QtBot) -> StageView:
    stage = StageView()
    qtbot.addWidget(stage)
    stage.resize(900, 600)
    stage.set_state(fold(sample_run.events(1, strategy="direct")), "live")
    stage.show()
    qtbot.waitExposed(stage)
    return stage


def place_of(stage: StageView) -> QPoint:
    """Somewhere on a token."""
    ladder = stage.ladder.ladder
    places = (QPoint(x, y) for y in range(10, 200, 6) for x in range(40, 600, 6))
    return next(at for at in places if (found := ladder.token_place(at)) and len(found.token.alternatives) > 1)


def click_token(stage: StageView) -> None:
    QTest.mouseClick(stage.ladder.ladder.viewport(), Qt.MouseButton.LeftButton, pos=place_of(stage))


def test_a_clicked_token_keeps_its_card_and_a_click_on_an_alternative_takes_it(stage: StageView, qtbot: QtBot) -> None:
    click_token(stage)
    popup = stage.ladder.ladder.popup
    assert popup.pinned
    token, hovered = popup.token, stage.ladder.ladder._hovered
    row = next(i for i, other in enumerate(token.alternatives) if other.id != token.id)
    with qtbot.waitSignal(stage.act_requested) as acted:
        QTest.mouseClick(popup, Qt.MouseButton.LeftButton, pos=popup.row_rect(row).center().toPoint())
    assert acted.args == [TakeToken(*hovered, token.alternatives[row].id)]
    assert not popup.isVisible()


def test_the_token_that_stands_there_cannot_be_taken_again(stage: StageView, qtbot: QtBot) -> None:
    click_token(stage)
    popup = stage.ladder.ladder.popup
    row = next(i for i, other in enumerate(popup.token.alternatives) if other.id == popup.token.id)
    with qtbot.assertNotEmitted(stage.act_requested):
        QTest.mouseClick(popup, Qt.MouseButton.LeftButton, pos=popup.row_rect(row).center().toPoint())


def test_escape_and_a_click_elsewhere_take_the_card_away(stage: StageView, qtbot: QtBot) -> None:
    ladder = stage.ladder.ladder
    click_token(stage)
    qtbot.keyClick(ladder, Qt.Key.Key_Escape)
    assert not ladder.popup.isVisible()
    click_token(stage)
    assert ladder.popup.pinned
    QTest.mouseClick(ladder.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(ladder.width() - 40, ladder.height() - 8))
    assert not ladder.popup.isVisible()


def test_in_a_recording_nothing_can_be_taken(stage: StageView) -> None:
    stage.set_state(stage.state, "recorded", can_act=False)
    click_token(stage)
    assert not stage.ladder.ladder.popup.pinned
