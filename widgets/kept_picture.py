"""What is drawn once and shown many times: stamps, and pictures that are kept until what they show changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPaintEngine, QPainter, QPixmap

Draw = Callable[[QPainter], None]


class Stamp:
    """A small drawing for many places.

    Args:
        size: In pixels of the widget.
        draw: Draws it, with its corner at (0, 0).
    """

    def __init__(self, size: QSize, draw: Draw) -> None:
        self.size, self._draw = size, draw
        self._picture = QPixmap()

    def paint(self, painter: QPainter, at: QPointF) -> None:
        """Puts it there: on a screen as pixels, in a drawing of vectors (SVG) as those."""
        if painter.paintEngine().type() != QPaintEngine.Type.Raster:
            painter.save()
            painter.translate(at)
            self._draw(painter)
            painter.restore()
            return
        ratio = painter.device().devicePixelRatioF()
        if self._picture.isNull() or self._picture.devicePixelRatioF() != ratio:
            self._picture = self._drawn(ratio)
        painter.drawPixmap(at, self._picture)

    def _drawn(self, ratio: float) -> QPixmap:
        picture = QPixmap(self.size * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw(painter)
        painter.end()
        return picture


class KeptPicture:
    """A drawing of one place."""

    def __init__(self) -> None:
        self._stamp: Stamp | None = None
        self._shows: Hashable = None

    def paint(self, painter: QPainter, at: QPointF, shows: Hashable, size: QSize, draw: Draw) -> None:
        """Puts it there; drawn anew where it has another size, or shows something else than the last time.

        Args:
            painter: Where.
            at: Its corner.
            shows: All that the drawing depends on.
            size: In pixels of the widget.
            draw: Draws it, with its corner at (0, 0).
        """
        if self._stamp is None or shows != self._shows or size != self._stamp.size:
            self._stamp, self._shows = Stamp(size, draw), shows
        self._stamp.paint(painter, at)
