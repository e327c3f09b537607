"""What is painted: an error of our own leaves the window alive, and what was drawn once is not drawn again."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from widgets.kept_picture import KeptPicture
from widgets.painting import painted
from widgets.plain_tooltip import plain
from widgets.steady_label import SteadyLabel
from widgets.theme import THEMES, current_theme, set_theme


class Broken(QWidget):
    """Fails in the middle of a picture."""

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawLine(0, 0, 1 // 0, 5)


def test_an_error_while_painting_ends_the_painter_and_is_said(qtbot: QtBot) -> None:
    widget = Broken()
    qtbot.addWidget(widget)
    with qtbot.capture_exceptions() as caught:
        for _ in range(3):
            assert not widget.grab().isNull()
    assert [kind for kind, _, _ in caught] == [ZeroDivisionError] * 3
    frame = caught[0][2].tb_next.tb_frame
    assert not frame.f_locals["painter"].isActive()


def test_a_kept_picture_is_drawn_anew_only_when_it_shows_something_else(qapp: QObject) -> None:
    kept, drawn = KeptPicture(), []
    target = QPixmap(20, 20)
    for shows, size in (("a", 10), ("a", 10), ("b", 10), ("b", 12)):
        painter = QPainter(target)
        kept.paint(painter, QPointF(0, 0), shows, QSize(size, size), lambda own, shows=shows: drawn.append(shows))
        painter.end()
    assert drawn == ["a", "b", "b"]


class Requests(QObject):
    """Counts how often a widget was asked to lay its children out."""

    count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


def test_a_steady_label_lays_nothing_out_until_its_words_need_more_room(qtbot: QtBot) -> None:
    panel, label, requests = QWidget(), SteadyLabel("1,000"), Requests()
    QVBoxLayout(panel).addWidget(label)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitExposed(panel)
    QApplication.processEvents()
    panel.installEventFilter(requests)
    for number in range(1000, 1020):
        label.setText(f"{number:,}")
        QApplication.processEvents()
    assert (label.text(), requests.count) == ("1,019", 0)
    label.setText("1,019 of 20,000,000")
    QApplication.processEvents()
    assert requests.count > 0
    assert label.width() >= label.sizeHint().width()


@pytest.mark.parametrize("text", ["<b>bold</b> words", "a <img src='file:///x.png'> b"])
def test_tags_are_shown_in_a_tooltip_as_they_were_written(text: str) -> None:
    assert "<b>" not in plain(text)
    assert "<img" not in plain(text)
    assert "&lt;" in plain(text)
    assert plain("2 < 3 and 4 > 1") == "2 < 3 and 4 > 1"


def test_the_theme_that_is_there_already_costs_nothing(qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(THEMES.theme_changed):
        set_theme(current_theme().name)


def test_a_label_can_be_selected_while_somebody_points_at_it(qtbot: QtBot) -> None:
    label = SteadyLabel("123")
    qtbot.addWidget(label)
    label.enterEvent(None)
    assert label.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse
    label.leaveEvent(QEvent(QEvent.Type.Leave))
    assert label.textInteractionFlags() == Qt.TextInteractionFlag.NoTextInteraction
