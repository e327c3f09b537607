"""A line of text that is shortened where there is no room for all of it; the tooltip has it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.painting import painted
from widgets.plain_tooltip import plain
from widgets.stage.marks import draw_text, text_width
from widgets.theme import SIZE_BODY, THEMES, current_theme, px


class OneLine(QWidget):
    """Takes the room it is given.

    Args:
        size: A size of type.
        strong: Whether it is in bold and in the colour of text rather than muted.
    """

    def __init__(self, size: int = SIZE_BODY, *, strong: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text, self._size, self._strong = "", size, strong
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        THEMES.theme_changed.connect(self.updateGeometry)
        THEMES.theme_changed.connect(self.update)

    @property
    def text(self) -> str:
        """All of it."""
        return self._text

    def set_text(self, text: str) -> None:
        """Shows a text; the same one again costs nothing."""
        if text != self._text:
            self._text = text
            self.setToolTip(plain(text))
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """As wide as the text."""
        return QSize(round(text_width(self._text, self._size, bold=self._strong)) + 2, px(self._size + 8))

    def minimumSizeHint(self) -> QSize:
        """A few letters."""
        return QSize(px(24), px(self._size + 8))

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints as much as there is room for."""
        theme = current_theme()
        painter = QPainter(self)
        ink = theme.text if self._strong else theme.muted
        draw_text(painter, QRectF(self.rect()), self._text, self._size, ink, bold=self._strong)
        painter.end()
