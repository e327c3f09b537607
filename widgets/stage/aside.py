"""How a lane looks that a what-if does without: set aside, and still to be read."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPaintEngine, QPainter, QPen

from widgets.theme import Theme, px, qcolor

BAND = 5  # at the left edge, where no lane has words


def aside_colour(theme: Theme, colour: str) -> str:
    """What a colour of the lane becomes: the ground goes to the theme's raised one, and ink stays as it is."""
    own, ground = QColor(colour), QColor(theme.raised)
    nearer = min if _is_light(theme) else max
    pairs = zip(own.getRgb()[:3], ground.getRgb()[:3], strict=True)  # type: ignore[arg-type]
    return QColor(*(nearer(pair) for pair in pairs)).name()


def paint_aside(painter: QPainter, rect: QRectF, radius: float, theme: Theme) -> None:
    """Over a painted lane: another ground, a hatched edge and a dashed outline.

    A veil would take the words' contrast along. Where a painter does not blend, the ground stays.
    """
    painter.save()
    engine = painter.paintEngine()
    if engine is not None and engine.type() == QPaintEngine.Type.Raster:  # SVG says that it blends, and does not
        modes = QPainter.CompositionMode
        painter.setCompositionMode(modes.CompositionMode_Darken if _is_light(theme) else modes.CompositionMode_Lighten)
        painter.fillRect(rect, qcolor(theme.raised))
        painter.setCompositionMode(modes.CompositionMode_SourceOver)
    hatching = QBrush(qcolor(theme.muted), Qt.BrushStyle.BDiagPattern)
    painter.fillRect(QRectF(rect.left() + 1, rect.top() + radius / 2, px(BAND), rect.height() - radius), hatching)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(qcolor(theme.muted), 1.4, Qt.PenStyle.DashLine))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
    painter.restore()


def _is_light(theme: Theme) -> bool:
    return QColor(theme.surface).lightness() > QColor(theme.text).lightness()
