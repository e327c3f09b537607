"""The drafts' scores below the chain, as points that rise and fall."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPen

from widgets.models.refine_chain import ChainLink
from widgets.refine.column import ChainColumn
from widgets.refine.painter import change_colour
from widgets.stage.marks import CENTRE, draw_star, draw_text, rounded
from widgets.theme import SIZE_SMALL, SIZE_TINY, Theme, current_theme, px, qcolor, title_font
from widgets.translation import tr


def paint_trail(painter: QPainter, area: QRectF, columns: Sequence[ChainColumn], left: float) -> None:
    """The drafts' scores under their cards, as points that rise and fall, with the scale at `left`."""
    theme = current_theme()
    judged = [column for column in columns if column.link.judged]
    plot = area.adjusted(0, px(30), 0, -px(24))
    painter.setFont(title_font())
    painter.setPen(qcolor(theme.muted))
    painter.drawText(QPointF(left, area.top() + px(11)), tr("Score of each draft").upper())
    for value in (0.0, 0.5, 1.0):
        y = plot.bottom() - plot.height() * value
        painter.fillRect(QRectF(left + px(26), y, plot.right() - left, 1), qcolor(theme.line))
        draw_text(painter, QRectF(left, y - px(8), px(24), px(16)), f"{value:.1f}", SIZE_TINY, theme.muted)
    points = [_trail_point(column, plot) for column in judged]
    for column, start, end in zip(judged[1:], points, points[1:], strict=False):
        if column.link.change not in (None, "unknown"):
            painter.setPen(QPen(qcolor(change_colour(column.link.change, theme)), 2))
            painter.drawLine(start, end)
    for place, (column, point) in enumerate(zip(judged, points, strict=True)):
        beside = [other.y() for other in points[max(0, place - 1) : place + 2] if other is not point]
        is_low = bool(beside) and point.y() >= max(beside)
        _paint_point(painter, column.link, point, theme, below=is_low)


def _trail_point(column: ChainColumn, plot: QRectF) -> QPointF:
    """A draft that nobody could judge has no place on the scale: it stands below it."""
    score = column.link.score
    y = plot.bottom() + px(14) if score is None else plot.bottom() - plot.height() * score
    return QPointF(column.area.center().x(), y)


def _paint_point(painter: QPainter, link: ChainLink, point: QPointF, theme: Theme, *, below: bool) -> None:
    """The number stands where no line leaves: above what is high, below what is low."""
    if link.score is None:
        beneath = QRectF(point.x() - px(80), point.y() - px(8), px(160), px(16))
        draw_text(painter, beneath, tr("?  nobody can tell"), SIZE_SMALL, theme.muted, CENTRE)
        return
    disc = QRectF(point.x() - px(8), point.y() - px(8), px(16), px(16))
    rounded(painter, disc, px(8), theme.background, theme.accent if link.best else theme.text, 2)
    if link.best:
        draw_star(painter, point, px(5), theme.accent)
    top = disc.bottom() + px(2) if below else disc.top() - px(18)
    number = QRectF(point.x() - px(30), top, px(60), px(16))
    draw_text(painter, number, f"{link.score:.2f}", SIZE_SMALL, theme.text, CENTRE, bold=True)
