"""The question that the run on the stage answers, in one line."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.stage.marks import draw_text
from widgets.theme import BOLD, SIZE_LARGE, THEMES, current_theme, font, px

HEIGHT = 30


class Headline(QWidget):
    """A line that is shortened where there is no room; the tooltip has all of it.

    The set-up panel holds the question of the next run, so that of the run in view has to be said beside its tokens.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        THEMES.theme_changed.connect(self.updateGeometry)
        THEMES.theme_changed.connect(self.update)

    @property
    def text(self) -> str:
        """The whole question."""
        return self._text

    def set_text(self, text: str) -> None:
        """Shows a question; the same one again costs nothing."""
        if text != self._text:
            self._text = text
            self.setToolTip(text)
            self.setAccessibleName(f"Question: {text}" if text else "")
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """As wide as the question."""
        return QSize(round(QFontMetricsF(font(SIZE_LARGE, BOLD)).horizontalAdvance(self._text)) + 2, px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """The beginning of it."""
        return QSize(px(60), px(HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the line."""
        painter = QPainter(self)
        draw_text(painter, QRectF(self.rect()), self._text, SIZE_LARGE, current_theme().text, bold=True)
        painter.end()
