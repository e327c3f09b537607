"""The track of the timeline as two pictures: what is past in full colours, what is to come in pale ones.

A search has thousands of marks, and the handle moves with every frame: the track is drawn when it changes, not when
the handle moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter

from engine.trace.marks import SEARCH_PHASES, Span
from widgets.kept_picture import KeptPicture
from widgets.theme import SIZE_TINY, Theme, blend, font, qcolor
from widgets.timeline_marks import Track, paint_mark, paint_ticks, search_colour
from widgets.translation import later, tr

TRACK_HEIGHT = 4.0
PALE = 0.38
PHASE_WORDS = {
    "prompt": later("prompt"),
    "generate": later("generate"),
    "verify": later("verify"),
    "answer": later("answer"),
}


def phase_colour(theme: Theme, phase: str) -> str:
    """The colour of a phase, the same on the timeline and in the meters."""
    pink = "#cc79a7" if theme.is_dark else "#a3487a"
    return {"prompt": pink, "generate": theme.accent, "verify": theme.good}.get(phase, theme.warn)


@dataclass(frozen=True, slots=True)
class Room:
    """Where the track lies in its picture: from `left` to `right`, its top at `y`, `duration` seconds long."""

    size: QSize
    left: float
    right: float
    y: float
    duration: float

    @property
    def scale(self) -> float:
        """Pixels a second."""
        return (self.right - self.left) / self.duration if self.duration else 0.0

    def x_of(self, t: float) -> float:
        """Where a moment lies."""
        return self.left + self.scale * min(t, self.duration)


class TrackPicture:
    """Draws bands and marks; keeps what it has drawn until something of it changes."""

    def __init__(self) -> None:
        self._coming, self._past = KeptPicture(), KeptPicture()

    def paint(
        self, painter: QPainter, room: Room, theme: Theme, position: float, spans: Sequence[Span], track: Track
    ) -> None:
        """Draws the track with what lies before `position` in full colours."""
        shows = (room.left, room.right, room.duration, theme.name, tuple(spans), track, track.counts)

        def put(picture: KeptPicture, past: bool) -> None:
            at = QPointF(0, 0)
            picture.paint(painter, at, shows, room.size, lambda own: _draw(own, room, theme, spans, track, past))

        put(self._coming, False)
        painter.save()
        painter.setClipRect(QRectF(0, 0, room.x_of(position), room.size.height()))
        put(self._past, True)
        painter.restore()


def _draw(painter: QPainter, room: Room, theme: Theme, spans: Sequence[Span], track: Track, past: bool) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setFont(font(SIZE_TINY))
    if not past:
        painter.setBrush(qcolor(theme.line))
        painter.drawRoundedRect(QRectF(room.left, room.y, room.right - room.left, TRACK_HEIGHT), 2, 2)
    if track.has_search:
        _paint_search(painter, room, theme, track, past=past)
    else:
        _paint_bands(painter, room, theme, spans, past=past)
    if not past:  # words and marks are the same on either side of the handle
        _paint_words(painter, room, theme, () if track.has_search else spans)
        _paint_marks(painter, room, theme, track)


def _paint_bands(painter: QPainter, room: Room, theme: Theme, spans: Sequence[Span], *, past: bool) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    for phase, start, end in spans:
        x0 = room.x_of(start)
        x1 = max(room.x_of(end), x0 + 2)
        painter.setBrush(_shade(theme, phase_colour(theme, phase), past))
        painter.drawRoundedRect(QRectF(x0, room.y, x1 - x0, TRACK_HEIGHT), 2, 2)


def _paint_search(painter: QPainter, room: Room, theme: Theme, track: Track, *, past: bool) -> None:
    """The four phases as dashes, each wide enough to be seen; what has no room is left to the next one."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    dashes: dict[str, list[QRectF]] = {}
    for phase, x0, x1 in track.dashes(room.left, room.scale):
        dashes.setdefault(phase, []).append(QRectF(x0, room.y, x1 - x0 - 1, TRACK_HEIGHT))
    for phase, places in dashes.items():
        painter.setBrush(_shade(theme, search_colour(theme, phase), past))
        painter.drawRects(places)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def _paint_words(painter: QPainter, room: Room, theme: Theme, spans: Sequence[Span]) -> None:
    """Names above their bands; where there are none, those of a search's phases, in a row."""
    x = 0.0 if spans else room.left
    for phase, start, end in spans:
        x = _paint_word(painter, room, theme, tr(phase), (room.x_of(start), room.x_of(end)), x)
    if not spans:
        for phase in SEARCH_PHASES:
            x = _paint_legend(painter, room, theme, phase, x)


def _paint_word(
    painter: QPainter, room: Room, theme: Theme, word: str, band: tuple[float, float], free_from: float
) -> float:
    """Writes a phase's name above its band where there is room; returns where the next may begin."""
    x0, x1 = band[0], max(band[1], band[0] + 2)
    width = painter.fontMetrics().horizontalAdvance(word)
    begin = max(x0, free_from)
    # A short band goes without its name (the tooltip has it), so that the long one beside it gets its own.
    if width > 1.5 * (x1 - x0) or width > room.right - begin or begin - x0 > 24:
        return free_from
    painter.setPen(qcolor(theme.muted))
    painter.drawText(QPointF(begin, room.y - 9), word)
    return begin + width + 8


def _paint_legend(painter: QPainter, room: Room, theme: Theme, phase: str, x: float) -> float:
    metrics, word = painter.fontMetrics(), tr(phase)
    if x + metrics.horizontalAdvance(word) + 14 > room.right:
        return x
    middle = room.y - 9 - metrics.xHeight() / 2
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(qcolor(search_colour(theme, phase)))
    painter.drawRect(QRectF(x, middle - 3, 6, 6))
    painter.setPen(qcolor(theme.muted))
    painter.drawText(QPointF(x + 10, room.y - 9), word)
    return x + metrics.horizontalAdvance(word) + 22


def _paint_marks(painter: QPainter, room: Room, theme: Theme, track: Track) -> None:
    middle = room.y + TRACK_HEIGHT + 8
    paint_ticks(painter, track.ticks(room.left, room.scale), middle, theme)
    for mark in track.others:
        paint_mark(painter, mark.kind, QPointF(room.x_of(mark.t), middle), theme)


def _shade(theme: Theme, colour: str, past: bool) -> object:
    return qcolor(colour if past else blend(colour, theme.surface, PALE))
