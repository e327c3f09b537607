"""The window as it stands for a picture: everything real but the engine, which says what it is told to say."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
from PySide6.QtCore import QEvent, QEventLoop, QPoint, QSize, QTimer
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from app.application import make_window
from app.main_window import MainWindow
from app.preferences import Preferences
from app.run_controller import Label, ReplyHandler, RunController
from docs.picture_runs import BEST_OF_16
from engine.trace.player import TracePlayer
from engine.trace.reader import TraceReader
from engine.trace.store import RunLibrary
from engine.worker.messages import AnyCommand, AnyReply, Load, Loaded
from widgets.theme import ThemeName, current_theme, set_theme

SETTLE_MS, LONGEST_WAIT_MS = 320, 10_000  # sorted lanes have come to their places, bars to their ends


class StillClient:
    """Stands where the worker's client stands: has loaded the model of the shipped recordings, and computes nothing.

    Args:
        on_reply: Takes what it says.
        reply: What it says to a request to load, if not that the model is there.
    """

    def __init__(self, on_reply: ReplyHandler, reply: AnyReply | None = None) -> None:
        self._on_reply, self._reply = on_reply, reply

    def start(self) -> None:
        """There is no process."""

    def send(self, command: AnyCommand) -> None:
        """Answers a request to load."""
        if isinstance(command, Load):
            start = TracePlayer(TraceReader(BEST_OF_16))
            start.seek(start.duration)
            assert start.state.start is not None
            self._on_reply(self._reply or Loaded(start.state.start.model))

    def forget_safe_mode(self) -> None:
        """There is none."""

    def close(self) -> None:
        """Nothing is open."""


class Sitting:
    """One window that has its picture taken, in a data folder of its own.

    Args:
        model: What is said when the model is asked for; None: that it is there.
    """

    def __init__(self, model: AnyReply | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        library = RunLibrary(folder / "runs")
        self.controller = RunController(lambda reply: StillClient(reply, model), library.new_writer)
        self.window: MainWindow = make_window(self.controller, library, Preferences(folder / "preferences.ini"))
        self.window.show()
        self.window.load_plots()
        self.window.controller.load(self.window.setup_panel.setup().load)

    def show_run(self, path: Path, moment: float = 1.0) -> None:
        """Puts a recorded run on the stage as it was after that share of its time, and its set-up beside it."""
        player = TracePlayer(TraceReader(path))
        player.seek(player.duration)
        start = player.state.start
        label: Label = "SIMULATED" if start is not None and start.backend == "simulated" else "RECORDED"
        if start is not None:
            panel = self.window.setup_panel
            panel.set_setup(msgspec.structs.replace(start.setup, load=panel.setup().load))
        self.controller.show(player, label, False)
        self.controller.seek(moment * player.duration)

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Lets the window work until something is so, and says it if that never comes."""
        loop, timer = QEventLoop(), QTimer(interval=20)
        timer.timeout.connect(lambda: loop.quit() if ready() else None)
        timer.start()
        QTimer.singleShot(LONGEST_WAIT_MS, loop.quit)
        loop.exec()
        timer.stop()
        if not ready():
            raise SystemExit("The window never came to what the picture is to show.")

    def settle(self) -> None:
        """Lets everything come to rest."""
        loop = QEventLoop()
        QTimer.singleShot(SETTLE_MS, loop.quit)
        loop.exec()
        self.window.stage.finish_rendering()
        self.window.compare.view.finish_rendering()

    def take(self, theme: ThemeName, size: QSize) -> QPixmap:
        """The picture, with menus and hints that stand over the window."""
        if theme != current_theme().name:
            set_theme(theme)
        self.window.resize(size)
        self.settle()
        picture = self.window.grab()
        painter = QPainter(picture)
        for over in _over(self.window):
            painter.drawPixmap(self.window.mapFromGlobal(over.mapToGlobal(QPoint())), over.grab())
        painter.end()
        return picture

    def close(self) -> None:
        """Puts everything away."""
        for widget in _over(self.window):
            widget.close()
        self.window.close()
        self.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # or each theme is put on every window so far
        self._folder.cleanup()


def _over(window: MainWindow) -> list[QWidget]:
    return [widget for widget in QApplication.topLevelWidgets() if widget.isVisible() and widget is not window]
