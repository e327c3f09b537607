"""The marks of a timeline by their shapes, and the phases of a search by their colours."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainter, QPen, QPolygonF

from engine.trace.marks import SEARCH_PHASES, Mark, MarkKind, Span
from widgets.theme import Theme, px, qcolor

ROOM_BETWEEN_TICKS = 2.0
LEAST_DASH = 3.0
SIZE = 4.0
SHAPES: dict[MarkKind, str] = {"finished": "tick", "answer": "diamond", "act": "triangle", "budget": "square"}


def search_colour(theme: Theme, phase: str) -> str:
    """The colour of a phase of a search: told apart without red and green, on either ground."""
    dark = ("#56b4e9", "#cc79a7", "#2bbf8f", "#e69f00")
    light = ("#0072b2", "#a3487a", "#007a58", "#946300")
    return (dark if theme.is_dark else light)[SEARCH_PHASES.index(phase)]


def paint_mark(painter: QPainter, kind: MarkKind, at: QPointF, theme: Theme) -> None:
    """Draws a mark other than a tick; its middle is `at`."""
    size, shape = px(round(SIZE)), SHAPES.get(kind)
    painter.setPen(QPen(qcolor(theme.surface), 1))
    if shape == "diamond":
        _polygon(painter, at, theme.accent, ((0, -size), (size, 0), (0, size), (-size, 0)))
    elif shape == "triangle":
        _polygon(painter, at, theme.text, ((0, -size), (size, size), (-size, size)))
    elif shape == "square":
        painter.setBrush(qcolor(theme.warn))
        painter.drawRect(QRectF(at.x() - size + 0.5, at.y() - size + 0.5, 2 * size - 1, 2 * size - 1))


def paint_ticks(painter: QPainter, places: Sequence[float], y: float, theme: Theme) -> None:
    """Draws ticks whose middles are at `y`."""
    painter.setPen(QPen(qcolor(theme.muted), 1))
    painter.drawLines([QLineF(round(x) + 0.5, y - 2, round(x) + 0.5, y + 2) for x in places])


def _polygon(painter: QPainter, at: QPointF, colour: str, corners: Sequence[tuple[float, float]]) -> None:
    painter.setBrush(qcolor(colour))
    painter.drawPolygon(QPolygonF([at + QPointF(x, y) for x, y in corners]))


class Track:
    """The marks and spans of a run that grows, and which of them have room on a line of pixels.

    Both are found for all at once: a search has thousands of them, and the line is drawn anew while it goes on.

    Attributes:
        others: All marks but ticks; there are few, and each is shown.
    """

    def __init__(self) -> None:
        self.others: list[Mark] = []
        self._marks_read = 0
        self._ticks, self._starts, self._ends, self._phases = array("d"), array("d"), array("d"), array("b")

    @property
    def counts(self) -> tuple[int, int]:
        """How many marks and spans were taken."""
        return self._marks_read, len(self._ends)

    @property
    def has_search(self) -> bool:
        """Whether there are phases of a search."""
        return bool(self._starts)

    def take(self, marks: Sequence[Mark], spans: Sequence[Span]) -> None:
        """Takes what has been added to either since the last time."""
        for mark in marks[self._marks_read :]:
            if SHAPES.get(mark.kind) == "tick":
                self._ticks.append(mark.t)
            elif mark.kind in SHAPES:
                self.others.append(mark)
        self._marks_read = len(marks)
        known = len(self._starts)
        if known:
            self._ends[-1] = spans[known - 1][2]
        for phase, start, end in spans[known:]:
            self._starts.append(start)
            self._ends.append(end)
            self._phases.append(SEARCH_PHASES.index(phase))

    def ticks(self, left: float, scale: float) -> list[float]:
        """Places of the ticks that have room, from left to right; `scale` is pixels a second."""
        places = left + scale * np.frombuffer(self._ticks) if self._ticks else np.empty(0)
        cells = (places / ROOM_BETWEEN_TICKS).astype(np.int64)
        kept: list[float] = places[np.flatnonzero(np.diff(cells, prepend=-1))].tolist()
        return kept

    def dashes(self, left: float, scale: float) -> list[tuple[str, float, float]]:
        """Phases with the places where they begin and end: the longest of those that begin at the same place."""
        if not self._starts:
            return []
        begin, end = (left + scale * np.frombuffer(times) for times in (self._starts, self._ends))
        cells = (begin / LEAST_DASH).astype(np.int64)
        order = np.lexsort((begin - end, cells))
        kept = order[np.flatnonzero(np.diff(cells[order], prepend=-1))]
        begin = begin[kept]
        end = np.maximum(end[kept], begin + LEAST_DASH)
        end[:-1] = np.minimum(end[:-1], begin[1:])
        phases = np.frombuffer(self._phases, dtype=np.int8)[kept]
        rows = zip(phases.tolist(), begin.tolist(), end.tolist(), strict=True)
        return [(SEARCH_PHASES[phase], x0, x1) for phase, x0, x1 in rows]
