"""A window that is closed leaves nothing behind: no thread, no process, no timer, no widget."""

from __future__ import annotations

import gc
import threading
from collections import Counter
from pathlib import Path

import psutil
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
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
    window.presenting.toggle()
    window.presenting.toggle()
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


def alive() -> list[QObject]:
    """The Qt objects that Python knows and that are there."""
    return [thing for thing in gc.get_objects() if isinstance(thing, QObject) and shiboken6.isValid(thing)]


class Count:
    """What there is at this moment."""

    def __init__(self) -> None:
        self.objects = Counter(type(thing).__name__ for thing in alive())
        self.threads = {thread.name for thread in threading.enumerate()}
        self.processes = {child.pid for child in psutil.Process().children(recursive=True)}
        self.timers = sum(isinstance(thing, QTimer) and thing.isActive() for thing in alive())
        self.windows = sum(widget.isVisible() for widget in QApplication.topLevelWidgets())
        self.listeners = THEMES.receivers("2theme_changed()")  # who waits to hear of another theme


def test_windows_that_are_opened_used_and_closed_leave_nothing_behind(qtbot, tmp_path: Path) -> None:
    tidy_up()
    counts = [Count()]
    for number in range(ROUNDS):
        desk = Desk(tmp_path / str(number))
        desk.window.resize(1280, 800)
        desk.window.show()
        qtbot.waitExposed(desk.window)
        use_everything(desk, qtbot)
        assert Count().objects["MainWindow"] == counts[0].objects["MainWindow"] + 1
        close(desk, qtbot)
        del desk
        tidy_up()
        counts.append(Count())
    before, first, *_, last = counts
    assert last.threads <= before.threads
    assert last.processes <= before.processes
    assert last.timers <= before.timers
    assert last.windows <= before.windows
    assert last.listeners <= before.listeners
    assert last.objects["MainWindow"] == before.objects["MainWindow"]
    assert last.objects["QThread"] == 0
    assert last.objects - first.objects == Counter()
