"""What the stage shows, in a line that changes many times a second without laying anything out anew."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.painting import painted
from widgets.stage.marks import LEFT, RIGHT, draw_text, text_width
from widgets.theme import SIZE_BODY, THEMES, current_theme, px

LEAST = 60  # pixels
STEP = 12  # pixels by which it grows: a label would ask the whole window for room with every letter


class SummaryLine(QWidget):
    """Muted words, to the right, or to the left where they have a row of their own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._begins_row = False
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        THEMES.theme_changed.connect(self.updateGeometry)
        THEMES.theme_changed.connect(self.update)

    def text(self) -> str:
        """The words."""
        return self._text

    def setText(self, text: str) -> None:
        """Shows other words; the same ones again cost nothing."""
        if text == self._text:
            return
        before = self.sizeHint()
        self._text = text
        self.setToolTip(text)
        self.setAccessibleName(text)
        if self.sizeHint() != before:
            self.updateGeometry()
        self.update()

    def set_begins_row(self, begins: bool) -> None:
        """Whether it has a row of its own, and stands at its left."""
        self._begins_row = begins
        self.update()

    def sizeHint(self) -> QSize:
        """The width of the words, in steps."""
        width = text_width(self._text, SIZE_BODY) if self._text else 0.0
        return QSize(math.ceil(width / STEP) * STEP, px(SIZE_BODY + 8))

    def minimumSizeHint(self) -> QSize:
        """A few words, where there is no room for all."""
        return QSize(LEAST, px(SIZE_BODY + 8))

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the words."""
        painter = QPainter(self)
        side = LEFT if self._begins_row else RIGHT
        draw_text(painter, QRectF(self.rect()), self._text, SIZE_BODY, current_theme().muted, side)
        painter.end()
