"""Brings the plot library in without holding up the window: it takes a third of a second to import."""

from __future__ import annotations

import importlib
import threading
from collections import deque
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, QTimer, Signal

FRAME_MS = 16


class PlotLoader(QObject):
    """Imports the library in a thread, then makes one plot a frame.

    Args:
        makers: What makes each plot; called in the window's thread.
    """

    imported = Signal()

    def __init__(self, makers: Iterable[Callable[[], None]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._makers = deque(makers)
        self.imported.connect(self._make_next)

    def start(self) -> None:
        """Begins, and returns at once."""
        threading.Thread(target=self._import, name="plot-import", daemon=True).start()

    def _import(self) -> None:
        importlib.import_module("pyqtgraph")
        self.imported.emit()

    def _make_next(self) -> None:
        if self._makers:
            self._makers.popleft()()
            QTimer.singleShot(FRAME_MS, self, self._make_next)
