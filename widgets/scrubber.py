"""The track of the timeline: phases as bands, finished candidates as marks, and a handle to pull."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from engine.trace.fold import RunState
from widgets.scaled import scaled_height
from widgets.theme import SIZE_TINY, THEMES, Theme, blend, current_theme, font, qcolor

TRACK_HEIGHT, HANDLE = 4.0, 7.0
PHASE_WORDS = {"prompt": "prompt", "generate": "generate", "verify": "verify", "answer": "answer"}

Span = tuple[str, float, float]


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
        self._marks: list[float] = []
        self._shown: tuple[object, ...] = ()
        scaled_height(self, 44)
        self.setMinimumWidth(160)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Timeline")
        THEMES.theme_changed.connect(self.update)

    def set_moment(self, state: RunState, position: float, duration: float) -> None:
        """Shows where the run is. A known future (see `set_spans`) stays drawn."""
        spans = [(span.phase, span.start, span.end if span.end is not None else duration) for span in state.phases]
        finished = sum(1 for c in state.candidates.values() if c.finished_at is not None)
        shown = (round(position, 2), round(duration, 2), len(spans), finished)
        if shown == self._shown:
            return
        self._shown = shown
        self.position, self.duration = position, duration
        if position >= duration or len(spans) > len(self._spans) or not duration:
            self._spans = spans
        marks = [c.finished_at for c in state.candidates.values() if c.finished_at is not None]
        if len(marks) >= len(self._marks) or not duration:
            self._marks = marks
        self.setAccessibleDescription(f"{position:.1f} of {duration:.1f} seconds")
        self.update()

    def set_spans(self, spans: Sequence[Span]) -> None:
        """Gives the (phase, start, end) of a whole recording; an empty list forgets another run's."""
        self._spans, self._marks, self._shown = list(spans), [], ()
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
            phase = next((name for name, start, end in self._spans if start <= t <= end), "")
            QToolTip.showText(
                event.globalPosition().toPoint(), f"{t:.2f} s  {PHASE_WORDS.get(phase, '')}".rstrip(), self
            )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Home and End; everything else is the window's."""
        targets = {Qt.Key.Key_Home: 0.0, Qt.Key.Key_End: self.duration}
        target = targets.get(Qt.Key(event.key()))
        if target is None or not self.duration:
            event.ignore()
        else:
            self.seek_requested.emit(target)

    def _paint_bands(self, painter: QPainter, theme: Theme, y: float) -> None:
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
            free_from = self._paint_word(painter, theme, PHASE_WORDS.get(phase, phase), x0, x1, y, free_from)

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

    def _paint_marks(self, painter: QPainter, theme: Theme, y: float) -> None:
        painter.setPen(QPen(qcolor(blend(theme.muted, theme.surface, 0.7)), 1))
        for t in self._marks:
            x = round(self._x_of(t)) + 0.5
            painter.drawLine(QPointF(x, y + 9), QPointF(x, y + 13))

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

    def _x_of(self, t: float) -> float:
        return self._left() + (self._right() - self._left()) * min(1.0, t / self.duration if self.duration else 0.0)

    def _time_at(self, x: float) -> float:
        share = (x - self._left()) / max(1.0, self._right() - self._left())
        return min(1.0, max(0.0, share)) * self.duration
