"""Two thin bars: a gauge of something used up, and a whole split into parts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from widgets.painting import painted
from widgets.theme import THEMES, blend, current_theme, qcolor

BAR_HEIGHT = 6
NEARLY = 0.9


class GaugeBar(QWidget):
    """A share from 0 to 1; amber when nearly used up, which the text beside it says as well."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share = self._projected = 0.0
        self.setFixedHeight(BAR_HEIGHT)
        THEMES.theme_changed.connect(self.update)

    def set_share(self, share: float, projected: float = 0.0) -> None:
        """Shows a share, and how far it is expected to come in a paler colour; no expectation is 0."""
        share, projected = min(1.0, max(0.0, share)), min(1.0, max(0.0, projected))
        if abs(share - self._share) > 1e-4 or abs(projected - self._projected) > 1e-4:
            self._share, self._projected = share, projected
            self.update()

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the track and the part that is used."""
        theme = current_theme()
        colour = theme.warn if self._share >= NEARLY else theme.accent
        pale = blend(colour, theme.surface, 0.5)
        _paint_parts(self, [(self._share, colour), (max(0.0, self._projected - self._share), pale)], theme.line)


class SplitBar(QWidget):
    """Parts of a whole, side by side in their colours."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: list[tuple[float, str]] = []
        self.setFixedHeight(BAR_HEIGHT)
        THEMES.theme_changed.connect(self.update)

    def set_parts(self, parts: Sequence[tuple[float, str]]) -> None:
        """Shows (amount, colour) of each part."""
        total = sum(amount for amount, _ in parts)
        shares = [(amount / total, colour) for amount, colour in parts] if total > 0 else []
        if shares != self._parts:
            self._parts = shares
            self.update()

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the parts."""
        _paint_parts(self, self._parts, current_theme().line)


def _paint_parts(widget: QWidget, parts: Sequence[tuple[float, str]], track: str) -> None:
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    outline = QPainterPath()
    whole = QRectF(widget.rect())
    outline.addRoundedRect(whole, BAR_HEIGHT / 2, BAR_HEIGHT / 2)
    painter.setClipPath(outline)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.fillRect(whole, qcolor(track))
    x = 0.0
    for share, colour in parts:
        painter.fillRect(QRectF(x, 0, share * whole.width(), whole.height()), qcolor(colour))
        x += share * whole.width()
