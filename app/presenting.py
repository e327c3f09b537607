"""One key makes type large, hides what is not needed, and leaves the stage; the same key brings all of it back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMainWindow, QWidget

from app.appearance import Appearance


class Presenting(QObject):
    """Whether somebody presents.

    Args:
        window: What fills the screen.
        appearance: Makes type large.
        hidden: What comes back afterwards if it was there before.
    """

    changed = Signal(bool)

    def __init__(self, window: QMainWindow, appearance: Appearance, hidden: Sequence[QWidget]) -> None:
        super().__init__(window)
        self._window, self._appearance, self._hidden = window, appearance, hidden
        self._before: tuple[Sequence[bool], Qt.WindowState] | None = None

    @property
    def on(self) -> bool:
        """Whether it is on."""
        return self._before is not None

    def toggle(self) -> None:
        """On, or back."""
        if self._before is None:
            self._before = [widget.isVisible() for widget in self._hidden], self._window.windowState()
            for widget in self._hidden:
                widget.hide()
            self._appearance.set_presenting(True)
            self._window.showFullScreen()
        else:
            (visible, state), self._before = self._before, None
            self._window.setWindowState(state)
            self._appearance.set_presenting(False)
            for widget, shown in zip(self._hidden, visible, strict=True):
                widget.setVisible(shown)
        self.changed.emit(self.on)
