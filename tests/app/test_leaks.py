"""A window that is closed leaves nothing behind: no thread, no process, no timer, no widget."""

from __future__ import annotations

import gc
import threading
from collections import Counter
from pathlib import Path

import psutil
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread, QTimer
from PySide6.QtWidgets import QApplication

from engine.setup import Budget, StrategyChoice
from tests.app.test_compare_tab import Desk, click, race
from widgets.theme import THEMES

ROUNDS = 3


def use_everything(desk: Desk, qtbot) -> None:
    """Runs of several kinds, a race, the plots, presenting, dialogues."""
    window = desk.window
    window.load_plots()
    for strategy in (StrategyChoice("best-of-n", {"n": 4}), StrategyChoice("mcts", {"simulations": 6})):
        desk.change(strategy=strategy)
        window.run()
        qtbot.waitUntil(lambda: desk.controller.activity == "idle", timeout=60_000)
    window.stage.tree.open_menu(next(iter(window.stage.state.candidates)), window.pos()).close()
    window.stage.what_if.set_open(True)
    window.toggle_presenting()
    window.toggle_presenting()
    window._on_badge_clicked()
    window._on_help_triggered()
    window.tabs.setCurrentWidget(window.history)
    window.tabs.setCurrentWidget(desk.view)
    click(qtbot, desk.view.empty.cards["one-or-many"])
    race(desk, qtbot)
    desk.change(strategy=StrategyChoice("best-of-n", {"n": 512}), budget=Budget())
    window.run()  # it is still going when the window is closed
    qtbot.waitUntil(lambda: desk.controller.activity == "running", timeout=60_000)


def close(desk: Desk, qtbot) -> None:
    desk.window.close()
    qtbot.waitUntil(lambda: not [t for t in desk.window.findChildren(QTimer) if t.isActive()])
    desk.window.deleteLater()
    desk.controller.deleteLater()


def tidy_up() -> None:
    """What was to be deleted later is deleted, and what nobody holds is collected."""
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()
        gc.collect()


def objects() -> Counter[str]:
    """How many Qt objects Python knows, by their class."""
    return Counter(type(thing).__name__ for thing in gc.get_objects() if isinstance(thing, QObject))


def listeners() -> int:
    """How many wait to hear of another theme."""
    return THEMES.receivers("2theme_changed()")


def test_windows_that_are_opened_used_and_closed_leave_nothing_behind(qtbot, tmp_path: Path) -> None:
    threads, left, heard = set(threading.enumerate()), [], []
    for number in range(ROUNDS):
        desk = Desk(tmp_path / str(number))
        desk.window.resize(1280, 800)
        desk.window.show()
        qtbot.waitExposed(desk.window)
        use_everything(desk, qtbot)
        assert objects()["MainWindow"] == 1
        assert listeners()
        close(desk, qtbot)
        del desk
        tidy_up()
        left.append(objects())
        heard.append(listeners())
    assert set(threading.enumerate()) <= threads
    assert psutil.Process().children(recursive=True) == []
    assert [w for w in QApplication.topLevelWidgets() if w.isVisible()] == []
    assert [t for t in gc.get_objects() if isinstance(t, QTimer) and t.isActive()] == []
    assert [t for t in gc.get_objects() if isinstance(t, QThread)] == []
    assert not [name for name in left[-1] if name == "MainWindow" or left[-1][name] > left[0][name]]
    assert heard[-1] == heard[0]
