"""The whole window with the real controller and worker, and hands that click, type and press keys in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLineEdit, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.application import make_window
from app.bench.ui import wait_until
from app.preferences import Preferences
from app.run_controller import RunController
from engine.setup import LoadOptions
from engine.trace.fold import RunState
from engine.trace.store import RunLibrary
from engine.worker.client import WorkerClient
from widgets.stage.token_surface import TokenPlace, TokenSurface

LEFT, CONTROL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
LONGEST_MS = 60_000


class WholeDesk:
    """A window with a data folder of its own. Its worker wakes up with `load`."""

    def __init__(self, folder: Path) -> None:
        self.library = RunLibrary(folder / "runs")
        self.controller = RunController(lambda on_reply: WorkerClient(on_reply, folder), self.library.new_writer)
        self.window = make_window(self.controller, self.library, Preferences(folder / "preferences.ini"))
        self.stage, self.meters = self.window.stage, self.window.meters
        self.timeline, self.panel = self.window.timeline, self.window.setup_panel

    @property
    def state(self) -> RunState:
        """The moment that the stage shows."""
        return self.stage.state

    @property
    def is_done(self) -> bool:
        """Whether the run on the stage has ended and everything that it said is there."""
        return self.controller.activity == "idle" and self.state.status == "finished" and self.controller.player.at_end

    def load(self, options: LoadOptions) -> None:
        """Starts the worker with a model, and waits until it is there."""
        self.controller.start()
        self.controller.load(options)
        wait_until(lambda: self.controller.model.status in ("ready", "failed"), LONGEST_MS)
        assert self.controller.model.status == "ready"


@contextmanager
def whole_desk(folder: Path) -> Iterator[WholeDesk]:
    """A desk whose window is shown, and closed in the end."""
    desk = WholeDesk(folder)
    desk.window.resize(1440, 900)
    desk.window.show()
    desk.window.activateWindow()
    wait_until(desk.window.isActiveWindow, 5_000)
    try:
        yield desk
    finally:
        desk.window.close()
        desk.window.deleteLater()


def click(qtbot: QtBot, widget: QWidget, at: QPoint | None = None) -> None:
    """A click on the middle of a widget, or somewhere on it."""
    qtbot.mouseClick(widget, LEFT, pos=widget.rect().center() if at is None else at)


def type_over(qtbot: QtBot, field: QWidget, words: str) -> None:
    """Types a text in the place of what a field holds; Enter ends it where it has one line."""
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_A, CONTROL)
    qtbot.keyClicks(field, words)
    if isinstance(field, QLineEdit):
        qtbot.keyClick(field, Qt.Key.Key_Return)


def choose(qtbot: QtBot, button: QToolButton, is_wanted: Callable[[str], bool]) -> None:
    """Opens the menu of a button and clicks the first entry whose words are wanted."""
    menu = button.menu()
    menu.popup(button.mapToGlobal(button.rect().bottomLeft()))
    action = next(action for action in menu.actions() if is_wanted(action.text()))
    qtbot.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())
    assert not menu.isVisible()
    button.window().activateWindow()  # without a window system a menu that has gone would keep the keys
    qtbot.waitUntil(button.window().isActiveWindow)


def token_seen(surface: TokenSurface, wanted: Callable[[TokenPlace], bool]) -> tuple[TokenPlace, QPoint]:
    """The first token in view that is wanted, and a point of the viewport on it."""
    size = surface.viewport().size()
    for y in range(0, size.height(), 5):
        for x in range(0, size.width(), 5):
            place = surface.token_place(QPoint(x, y))
            if place is not None and wanted(place):
                return place, QPoint(x, y)
    raise AssertionError("no such token is in view")
