"""A label whose words change many times a second without laying out anew what stands around it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QLabel, QWidget

STEP = 12  # pixels by which its room grows


class SteadyLabel(QLabel):
    """Has a fixed size, in steps, which changes only with a word that is too long for it, or far too short.

    Any other label asks its panel for room with every word, and the panel then places all that is in it. Qt asks
    for nothing where a size is fixed.

    Args:
        text: The words.
        least: The least width of it, in pixels.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None, least: int = 0) -> None:
        super().__init__(text, parent)
        self._least = least
        self._fit()

    def setText(self, text: str) -> None:
        """Shows other words; the same ones again cost nothing."""
        if text != self.text():
            super().setText(text)
            self._fit()

    def set_least(self, width: int) -> None:
        """The least width, in pixels."""
        self._least = width
        self._fit(anew=True)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Can be selected while somebody points at it: a label that always can is a document, and takes that long."""
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def leaveEvent(self, event: QEvent) -> None:
        """Keeps what is selected, to be copied; else it is a plain label again."""
        if not self.hasSelectedText():
            self.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)

    def changeEvent(self, event: QEvent) -> None:
        """Takes the room that another size of type needs."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit(anew=True)

    def _fit(self, anew: bool = False) -> None:
        needed = self.sizeHint()
        width, height = max(self._least, -(-needed.width() // STEP) * STEP), needed.height()
        has = self.minimumWidth()
        if anew or width > has or width < has - 3 * STEP or height != self.minimumHeight():
            self.setFixedSize(width, height)
