"""A button that opens a menu of choices and shows the one that was taken, shortened where it does not fit."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QWidget

from widgets.theme import px

BESIDE = 40  # what borders, padding and arrow take of the width


class Picker(QPushButton):
    """`set_words` gives it what it says; the tooltip and screen readers have all of it."""

    def __init__(self, words: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("hasMenu", True)
        self.setProperty("role", "picker")
        self.words = ""
        self.set_words(words)

    def set_words(self, words: str) -> None:
        """Shows a choice."""
        self.words = words
        self.setAccessibleDescription(words)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """A few letters."""
        return QSize(px(80), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shows as much as fits."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Follows the size of type."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        room = max(px(40), self.width() - px(BESIDE))
        self.setText(self.fontMetrics().elidedText(self.words, Qt.TextElideMode.ElideRight, room))
