"""The timeline's track with a handle to pull: where the run is, and what is at other moments of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from engine.trace.fold import RunState
from engine.trace.marks import Mark, Span
from widgets.painting import painted
from widgets.scaled import scaled_height
from widgets.theme import THEMES, Theme, current_theme, qcolor
from widgets.timeline_marks import Track
from widgets.track_picture import TRACK_HEIGHT, Room, TrackPicture
from widgets.translation import tr

HANDLE = 7.0
NEAR = 6.0  # pixels: so close the pointer has to come to a mark to hear of it
MOST_NAMED = 4
LEAST_GROWTH = 0.1  # seconds by which a run has grown before its track is drawn anew


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
        self._picture = TrackPicture()
        self._extent = 0.0  # seconds that the track is drawn for
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
        shown = (round(position, 2), round(duration, 2), len(spans), state.status)
        if shown == self._shown:
            return
        self._shown = shown
        self.position, self.duration = position, duration
        longer = len(spans) > len(self._spans)
        grows = state.status in ("running", "paused") and position >= duration
        if not grows or longer or abs(duration - self._extent) >= LEAST_GROWTH:
            self._extent = duration
            if position >= duration or longer or not duration:
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

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the track and the handle."""
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = Room(self.size(), self._left(), self._right(), self._track_y(), self._extent)
        self._picture.paint(painter, room, theme, self.position, self._spans, self._track)
        if self.duration > 0:
            self._paint_handle(painter, theme, room)

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

    def _paint_handle(self, painter: QPainter, theme: Theme, room: Room) -> None:
        ring = theme.accent if self.hasFocus() else theme.surface
        painter.setPen(QPen(qcolor(ring), 2))
        painter.setBrush(qcolor(theme.text))
        painter.drawEllipse(QPointF(room.x_of(self.position), room.y + TRACK_HEIGHT / 2), HANDLE, HANDLE)

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
