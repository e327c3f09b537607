"""What a window leaves behind, and what it must not open."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget

from engine.setup import StrategyChoice
from tests.app.test_compare_tab import Desk, click, desk, race

__all__ = ["desk"]


class WindowWatch(QObject):
    """Remembers the widgets that were shown as windows of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Passes everything on."""
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(type(watched).__name__)
        return False


@pytest.fixture
def watch(qapp):
    watch = WindowWatch()
    qapp.installEventFilter(watch)
    yield watch
    qapp.removeEventFilter(watch)


def test_nothing_flashes_up_as_a_window_of_its_own_and_takes_the_keys(watch, desk: Desk, qtbot):
    click(qtbot, desk.view.empty.cards["one-or-many"])
    race(desk, qtbot)
    assert QApplication.activeWindow() is desk.window
    for page in (Qt.Key.Key_3, Qt.Key.Key_1):
        qtbot.keyClick(desk.window, page, Qt.KeyboardModifier.ControlModifier)
    for name in ("mcts", "self-refine", "beam-search"):
        desk.change(strategy=StrategyChoice(name))
        desk.window.run()
        qtbot.waitUntil(lambda: desk.controller.activity == "idle", timeout=60_000)
    assert watch.seen == ["MainWindow"]
