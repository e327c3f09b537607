"""The track of the timeline: phases as bands, what happened as marks, and a handle to pull."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from engine.trace.fold import RunState
from engine.trace.marks import SEARCH_PHASES, Mark, Span
from widgets.scaled import scaled_height
from widgets.theme import SIZE_TINY, THEMES, Theme, blend, current_theme, font, qcolor
from widgets.timeline_marks import Track, paint_mark, paint_ticks, search_colour
from widgets.translation import later, tr

TRACK_HEIGHT, HANDLE = 4.0, 7.0
PHASE_WORDS = {
    "prompt": later("prompt"),
    "generate": later("generate"),
    "verify": later("verify"),
    "answer": later("answer"),
}

NEAR = 6.0  # pixels: so close the pointer has to come to a mark to hear of it
MOST_NAMED = 4


def phase_colour(theme: Theme, phase: str) -> str:
    """The colour of a phase, the same on the timeline and in the meters."""
    pink = "#cc79a7" if theme.is_dark else "#a3487a"
    return {"prompt": pink, "generate": theme.accent, "verify": theme.good}.get(phase, theme.warn)


class Scrubber(QWidget):
    """Time from left to right. Clicking or pulling asks for a moment; Home and End for the first and the last."""

    seek_requested = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.duration = 0.0
        self.position = 0.0
        self._spans: Sequence[Span] = []
        self._marks: Sequence[Mark] = ()
        self._search: Sequence[Span] = ()
        self._drawn: tuple[int, int] = (0, 0)
        self._track = Track()
        self._shown: tuple[object, ...] = ()
        scaled_height(self, 44)
        self.setMinimumWidth(160)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(tr("Timeline"))
        self.setWhatsThis(
            tr("Click or pull to see the run at another moment. Home goes to its beginning, End to its end.")
        )
        THEMES.theme_changed.connect(self.update)

    def set_moment(self, state: RunState, position: float, duration: float) -> None:
        """Shows where the run is. A known future (see `set_spans`) stays drawn."""
        spans = [(span.phase, span.start, span.end if span.end is not None else duration) for span in state.phases]
        shown = (round(position, 2), round(duration, 2), len(spans))
        if shown == self._shown:
            return
        self._shown = shown
        self.position, self.duration = position, duration
        if position >= duration or len(spans) > len(self._spans) or not duration:
            self._spans = spans
        self.setAccessibleDescription(tr("{0:.1f} of {1:.1f} seconds", position, duration))
        self.update()

    def set_spans(self, spans: Sequence[Span]) -> None:
        """Gives the (phase, start, end) of a whole recording; an empty list forgets another run's."""
        self._spans, self._shown = list(spans), ()
        self.update()

    def set_marks(self, marks: Sequence[Mark], search: Sequence[Span]) -> None:
        """Gives the marks of a run and the phases of its search. Lists that grow in place may be given again."""
        drawn = (len(marks), len(search))
        if marks is not self._marks:
            self._track = Track()
        if marks is not self._marks or drawn != self._drawn:
            self._track.take(marks, search)
            self._marks, self._search, self._drawn = marks, search, drawn
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws bands, marks and handle."""
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        left, right, y = self._left(), self._right(), self._track_y()
        painter.setBrush(qcolor(theme.line))
        painter.drawRoundedRect(QRectF(left, y, right - left, TRACK_HEIGHT), 2, 2)
        if self.duration > 0:
            self._paint_bands(painter, theme, y)
            self._paint_marks(painter, theme, y)
            self._paint_handle(painter, theme, y)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Goes to where it was clicked."""
        if event.button() == Qt.MouseButton.LeftButton and self.duration:
            self.seek_requested.emit(self._time_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Goes along while pulled; says the time under the pointer otherwise."""
        if not self.duration:
            return
        t = self._time_at(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.seek_requested.emit(t)
        else:
            QToolTip.showText(event.globalPosition().toPoint(), self.words_at(event.position().x()), self)

    def words_at(self, x: float) -> str:
        """What is there: the time, the phase, and the marks near by."""
        t = self._time_at(x)
        spans = [span for span in (*self._spans, *self._search) if span[1] <= t <= span[2]]
        phase = " · ".join(dict.fromkeys(tr(name) for name, _, _ in spans[:1] + spans[-1:]))
        named = [mark for mark in self._marks if mark.kind != "phase" and abs(self._x_of(mark.t) - x) <= NEAR]
        lines = [f"{mark.t:.2f} s  {mark.words}" for mark in named[:MOST_NAMED]]
        more = [tr("and {0} more", len(named) - MOST_NAMED)] if len(named) > MOST_NAMED else []
        return "\n".join([f"{t:.2f} s  {phase}".rstrip(), *lines, *more])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Home and End; everything else is the window's."""
        targets = {Qt.Key.Key_Home: 0.0, Qt.Key.Key_End: self.duration}
        target = targets.get(Qt.Key(event.key()))
        if target is None or not self.duration:
            event.ignore()
        else:
            self.seek_requested.emit(target)

    def _paint_bands(self, painter: QPainter, theme: Theme, y: float) -> None:
        if self._search:
            self._paint_search(painter, theme, y)
            return
        at = self._x_of(self.position)
        painter.setFont(font(SIZE_TINY))
        free_from = 0.0
        for phase, start, end in self._spans:
            x0, x1 = self._x_of(start), max(self._x_of(end), self._x_of(start) + 2)
            colour = phase_colour(theme, phase)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(qcolor(blend(colour, theme.surface, 0.38)))
            painter.drawRoundedRect(QRectF(x0, y, x1 - x0, TRACK_HEIGHT), 2, 2)
            if at > x0:
                painter.setBrush(qcolor(colour))
                painter.drawRoundedRect(QRectF(x0, y, max(2.0, min(at, x1) - x0), TRACK_HEIGHT), 2, 2)
            free_from = self._paint_word(painter, theme, tr(phase), x0, x1, y, free_from)

    def _paint_word(
        self, painter: QPainter, theme: Theme, word: str, x0: float, x1: float, y: float, free_from: float
    ) -> float:
        """Writes a phase's name above its band where there is room; returns where the next may begin."""
        width = painter.fontMetrics().horizontalAdvance(word)
        begin = max(x0, free_from)
        # A short band goes without its name (the tooltip has it), so that the long one beside it gets its own.
        if width > 1.5 * (x1 - x0) or width > self._right() - begin or begin - x0 > 24:
            return free_from
        painter.setPen(qcolor(theme.muted))
        painter.drawText(QPointF(begin, y - 9), word)
        return begin + width + 8

    def _paint_search(self, painter: QPainter, theme: Theme, y: float) -> None:
        """The four phases as dashes, each wide enough to be seen; what has no room is left to the next one."""
        at = self._x_of(self.position)
        painter.setPen(Qt.PenStyle.NoPen)
        dashes: dict[tuple[str, bool], list[QRectF]] = {}
        for phase, x0, x1 in self._track.dashes(self._left(), self._scale()):
            dashes.setdefault((phase, x0 <= at), []).append(QRectF(x0, y, x1 - x0 - 1, TRACK_HEIGHT))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for (phase, is_past), places in dashes.items():
            colour = search_colour(theme, phase)
            painter.setBrush(qcolor(colour if is_past else blend(colour, theme.surface, 0.38)))
            painter.drawRects(places)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x = self._left()
        painter.setFont(font(SIZE_TINY))
        for phase in SEARCH_PHASES:
            x = self._paint_legend(painter, theme, phase, x, y)

    def _paint_legend(self, painter: QPainter, theme: Theme, phase: str, x: float, y: float) -> float:
        metrics, word = painter.fontMetrics(), tr(phase)
        if x + metrics.horizontalAdvance(word) + 14 > self._right():
            return x
        middle = y - 9 - metrics.xHeight() / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(qcolor(search_colour(theme, phase)))
        painter.drawRect(QRectF(x, middle - 3, 6, 6))
        painter.setPen(qcolor(theme.muted))
        painter.drawText(QPointF(x + 10, y - 9), word)
        return x + metrics.horizontalAdvance(word) + 22

    def _paint_marks(self, painter: QPainter, theme: Theme, y: float) -> None:
        middle = y + TRACK_HEIGHT + 8
        paint_ticks(painter, self._track.ticks(self._left(), self._scale()), middle, theme)
        for mark in self._track.others:
            paint_mark(painter, mark.kind, QPointF(self._x_of(mark.t), middle), theme)

    def _paint_handle(self, painter: QPainter, theme: Theme, y: float) -> None:
        ring = theme.accent if self.hasFocus() else theme.surface
        painter.setPen(QPen(qcolor(ring), 2))
        painter.setBrush(qcolor(theme.text))
        painter.drawEllipse(QPointF(self._x_of(self.position), y + TRACK_HEIGHT / 2), HANDLE, HANDLE)

    def _left(self) -> float:
        return HANDLE + 1

    def _right(self) -> float:
        return self.width() - HANDLE - 1

    def _track_y(self) -> float:
        return self.height() / 2 - TRACK_HEIGHT / 2 + 2

    def _scale(self) -> float:
        """Pixels a second."""
        return (self._right() - self._left()) / self.duration

    def _x_of(self, t: float) -> float:
        return self._left() + (self._right() - self._left()) * min(1.0, t / self.duration if self.duration else 0.0)

    def _time_at(self, x: float) -> float:
        share = (x - self._left()) / max(1.0, self._right() - self._left())
        return min(1.0, max(0.0, share)) * self.duration
