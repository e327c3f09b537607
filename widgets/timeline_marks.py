"""The marks of a timeline by their shapes, and the phases of a search by their colours."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPen, QPolygonF

from engine.trace.marks import SEARCH_PHASES, Mark, MarkKind
from widgets.theme import Theme, px, qcolor

ROOM_BETWEEN_TICKS = 2.0
SIZE = 4.0
SHAPES: dict[MarkKind, str] = {"finished": "tick", "answer": "diamond", "act": "triangle", "budget": "square"}


def search_colour(theme: Theme, phase: str) -> str:
    """The colour of a phase of a search: told apart without red and green, on either ground."""
    dark = ("#56b4e9", "#cc79a7", "#2bbf8f", "#e69f00")
    light = ("#0072b2", "#a3487a", "#007a58", "#946300")
    return (dark if theme.is_dark else light)[SEARCH_PHASES.index(phase)]


def paint_mark(painter: QPainter, kind: MarkKind, at: QPointF, theme: Theme) -> None:
    """Draws a mark whose middle is `at`; phases have none, they are bands."""
    size, shape = px(round(SIZE)), SHAPES.get(kind)
    if shape == "tick":
        painter.setPen(QPen(qcolor(theme.muted), 1))
        painter.drawLine(QPointF(round(at.x()) + 0.5, at.y() - 2), QPointF(round(at.x()) + 0.5, at.y() + 2))
        return
    painter.setPen(QPen(qcolor(theme.surface), 1))
    if shape == "diamond":
        _polygon(painter, at, theme.accent, ((0, -size), (size, 0), (0, size), (-size, 0)))
    elif shape == "triangle":
        _polygon(painter, at, theme.text, ((0, -size), (size, size), (-size, size)))
    elif shape == "square":
        painter.setBrush(qcolor(theme.warn))
        painter.drawRect(QRectF(at.x() - size + 0.5, at.y() - size + 0.5, 2 * size - 1, 2 * size - 1))


def _polygon(painter: QPainter, at: QPointF, colour: str, corners: Sequence[tuple[float, float]]) -> None:
    painter.setBrush(qcolor(colour))
    painter.drawPolygon(QPolygonF([at + QPointF(x, y) for x, y in corners]))


def shown_marks(marks: Sequence[Mark], places: Sequence[float]) -> list[tuple[Mark, float]]:
    """The marks to draw with their places: ticks as far as there is room between them, then all others upon them."""
    ticks, others, free = [], [], -1.0
    for mark, x in zip(marks, places, strict=True):
        shape = SHAPES.get(mark.kind)
        if shape == "tick" and x >= free:
            ticks.append((mark, x))
            free = x + ROOM_BETWEEN_TICKS
        elif shape is not None and shape != "tick":
            others.append((mark, x))
    return ticks + others
