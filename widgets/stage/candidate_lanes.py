"""Many candidates side by side, streaming together, in one widget that paints them all.

Each lane is a pixmap; new tokens are drawn onto it, and only lanes that have changed are painted. The work of one frame
is bounded: what does not fit in the budget is drawn in the next frame.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Collection, Iterator
from typing import Literal

from PySide6.QtCore import (
    QEasingCurve,
    QEvent,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    QVariantAnimation,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QRegion, QResizeEvent
from PySide6.QtWidgets import QWidget

from engine.trace.fold import RunState
from engine.what_if.outlook import Outlook
from widgets.models.answer_colours import answer_order
from widgets.models.candidate_words import describe_run, stop_words
from widgets.models.certainty import vote_certainty
from widgets.models.lane_order import ALL, LaneFilter, SortMode, lane_order
from widgets.painting import painted
from widgets.stage.aside import paint_aside
from widgets.stage.lane import Lane, LaneStyle
from widgets.stage.lane_bar import LaneBar, LaneCell
from widgets.stage.lane_card import LaneCard, card_regions
from widgets.stage.lane_detail import LaneDetail
from widgets.stage.lane_grid import Density, LaneGrid, choose_grid
from widgets.stage.marks import draw_empty, empty_words, rounded
from widgets.stage.token_flow import TypeMetrics, type_metrics
from widgets.stage.token_surface import TokenPlace, TokenSurface
from widgets.theme import (
    CARD_RADIUS,
    MOTION_MS,
    SIZE_BODY,
    SIZE_HEAD,
    SIZE_LARGE,
    SIZE_SMALL,
    THEMES,
    current_theme,
    font,
    px,
    qcolor,
)
from widgets.translation import later, tr, tr_each

RENDER_SECONDS = 0.002
FRAME_MS = 16
MOST_RECTANGLES = 4
SHORTEST_SPAN = 16
EDGE = 4  # room for the selection's ring around the outermost lanes
SCROLL_BAR = 12
NOTHING_YET = later("Each candidate gets a lane of its own here.\nYou will see every token as it is written.")
NOBODY = (later("No candidate is like that"), later("The others are there, too: show all of them."))

LANES: dict[Density, type[Lane]] = {"card": LaneCard, "bar": LaneBar, "cell": LaneCell}
Step = Literal["left", "right", "up", "down", "home", "end"]
_KEYS: dict[int, Step] = {
    Qt.Key.Key_Left: "left", Qt.Key.Key_Right: "right", Qt.Key.Key_Up: "up", Qt.Key.Key_Down: "down",
    Qt.Key.Key_Home: "home", Qt.Key.Key_End: "end",
}  # fmt: skip


class CandidateLanesView(TokenSurface):
    """A lane for each candidate of a run, from 2 to several hundred, in whatever form fits."""

    candidate_selected = Signal(int)  # -1: none

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = RunState()
        self._lanes: dict[int, Lane] = {}
        self._order: list[int] = []
        self._rects: dict[int, QRectF] = {}
        self._moved_from: dict[int, QRectF] = {}
        self._grid: LaneGrid = choose_grid(0, 1, 1)
        self._style: LaneStyle | None = None
        self._answers: dict[str, int] = {}
        self._stale: dict[int, None] = {}
        self._sort: SortMode = "arrival"
        self._filter: LaneFilter = ALL
        self._selected: int | None = None
        self._pointed: int | None = None
        self._reduce_motion = False
        self._sharpness: float | None = None  # None: as the screen
        self._longest = 0
        self._aside: set[int] = set()
        self._would_pick: int | None = None
        self._certain: int | None = None
        self._later = QTimer(self, singleShot=True, interval=FRAME_MS)
        self._later.timeout.connect(self._on_later)
        self._motion = QVariantAnimation(self, duration=MOTION_MS, startValue=0.0, endValue=1.0)
        self._motion.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._motion.valueChanged.connect(self._on_motion)
        self._detail = LaneDetail(self)
        self._detail.closed.connect(lambda: self.select(None))
        self._detail.ladder.token_clicked.connect(self.token_clicked)
        self._detail.ladder.alternative_chosen.connect(self.alternative_chosen)
        self._detail.ladder.token_stepped.connect(self.token_stepped)
        self._detail.ladder.alternatives_wanted.connect(self.alternatives_wanted)
        self._detail.ladder.token_hovered.connect(self.token_hovered)
        self._detail.hide()
        self.setAccessibleName(tr("Candidates"))
        self.setWhatsThis(
            tr(
                "Arrows go from candidate to candidate, Esc selects none. "
                "A click on a token, or Shift with Left and Right, shows what might have stood there; Shift with Down "
                "goes to it."
            )
        )
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        THEMES.theme_changed.connect(self._on_theme_changed)

    # What the window calls

    def set_state(self, state: RunState) -> None:
        """Shows a new run, or another moment of the same run (then what is drawn already is kept)."""
        same = state.start == self._state.start
        self._state = state
        self._lanes = {i: lane for i, lane in self._lanes.items() if same and i in state.candidates}
        self._stale.clear()
        if not same:
            self._longest = 0
        if self._selected not in self._lanes:
            self._selected = None
        for lane in self._lanes.values():
            lane.candidate = state.candidates[lane.candidate.id]
        self._answers = {}
        self._detail.set_state(state)
        self._lay_out(animate=False)
        self._render(RENDER_SECONDS)
        self.viewport().update()
        self._tell()

    def refresh(self, changed: Collection[int]) -> None:
        """Takes what is new in the state; once per frame."""
        if self._style is not None and stop_words(self._state) != self._style.why_stopped:
            self._renew_style()
            changed = changed or [*self._lanes]
        if not changed:
            return
        if self._has_others():
            self._lay_out(animate=False)
            self.viewport().update()  # lanes of another size leave the borders of the old ones in the gaps
        changed = [candidate for candidate in changed if candidate in self._lanes]
        self._mark(changed)
        self._take_lengths(changed)
        if self._take_finished(changed):
            self._sort_again()
            self._tell()
        self._detail.refresh(changed)
        self._render(RENDER_SECONDS)

    def set_sort(self, mode: SortMode) -> None:
        """Sorts lanes by number ("arrival"), falling score, or answer, the most frequent first."""
        self._sort = mode
        self._sort_again()

    def set_filter(self, lane_filter: LaneFilter) -> None:
        """Shows only some of the candidates, in lanes as large as there is room for then."""
        self._filter = lane_filter
        if self._selected not in lane_order(self._state, "arrival", lane_filter):
            self.select(None)
        self.hide_popup()
        self._lay_out(animate=False)
        self._render(RENDER_SECONDS)
        self.viewport().update()

    def select(self, candidate: int | None) -> None:
        """Selects a candidate, and opens it where its lane does not show its whole text."""
        if candidate is not None and candidate not in self._lanes:
            candidate = None
        if candidate == self._selected:
            return
        self._selected = candidate
        self._update_detail()
        if candidate is not None:
            self._scroll_to(candidate)
        self.candidate_selected.emit(-1 if candidate is None else candidate)
        self.viewport().update()
        self._tell()

    def show_outlook(self, outlook: Outlook | None) -> None:
        """Sets lanes aside that a what-if does without, and rings the one that it would pick."""
        aside, pick = set[int](), None
        if outlook is not None and outlook.chosen_among is None:
            aside = set(sorted(self._state.candidates)[outlook.candidates :])
            pick = outlook.candidate
        if (aside, pick) != (self._aside, self._would_pick):
            self._aside, self._would_pick = aside, pick
            self.viewport().update()

    def set_can_act(self, can_act: bool) -> None:
        """Whether another token can be taken."""
        self.can_act = self._detail.ladder.can_act = can_act

    def set_reduce_motion(self, reduce: bool) -> None:
        """Lanes go to their places at once instead of moving there."""
        self._reduce_motion = reduce

    def finish_rendering(self) -> None:
        """Draws everything that is waiting for a later frame, for a picture of the view."""
        self._motion.stop()
        self._rects = {candidate: self._target(candidate) for candidate in self._order}
        self._render(float("inf"))
        self.viewport().update()

    @contextlib.contextmanager
    def sharpened(self, ratio: float) -> Iterator[None]:
        """Has everything drawn with `ratio` times the pixels, for a picture larger than the screen's."""
        if not self._lanes or not self.isVisible():
            yield
            return
        try:
            self._sharpness = ratio
            self._renew_style()
            self.finish_rendering()
            yield
        finally:
            self._sharpness = None
            self._renew_style()
            self.finish_rendering()

    @property
    def lane_filter(self) -> LaneFilter:
        """Which candidates are shown."""
        return self._filter

    @property
    def selected(self) -> int | None:
        """The selected candidate."""
        return self._selected

    @property
    def aside(self) -> frozenset[int]:
        """The candidates that a what-if does without."""
        return frozenset(self._aside)

    @property
    def would_pick(self) -> int | None:
        """The candidate that a what-if rings, as its pick."""
        return self._would_pick

    @property
    def density(self) -> Density:
        """The form of the lanes: cards, bars or cells."""
        return self._grid.density

    @property
    def order(self) -> list[int]:
        """Candidates in the order of their places."""
        return list(self._order)

    @property
    def waiting(self) -> int:
        """Lanes that are to be drawn in a later frame."""
        return len(self._stale)

    def lane_rect(self, candidate: int) -> QRect:
        """Where a lane stands in the viewport."""
        return self._rects[candidate].translated(0, -self.verticalScrollBar().value()).toRect()

    # Layout

    def _lay_out(self, animate: bool) -> None:
        """Chooses the form of the lanes from their number and the room, and places them."""
        self._order = lane_order(self._state, self._sort, self._filter)
        shown = frozenset(self._order)
        width, height = self.width() - SCROLL_BAR - 2 * EDGE, self.height() - 2 * EDGE
        self._grid = choose_grid(len(self._order), width, height, THEMES.scale)
        kind = LANES[self._grid.density]
        self._lanes = {i: lane for i, lane in self._lanes.items() if i in shown}
        self._stale = {i: None for i in self._stale if i in shown}
        for i in self._order:
            if type(self._lanes.get(i)) is not kind:
                self._lanes[i] = kind(self._state.candidates[i])
        if self._selected not in shown:
            self._selected = None
        self._take_lengths(self._lanes)
        self._certain = None
        self._take_finished(self._lanes)
        self._renew_style()
        self._place_all(animate)
        self._update_detail()
        self._update_scroll_range()

    def _renew_style(self) -> None:
        """Makes a new style, after which every lane is drawn anew."""
        setup = self._state.start.setup if self._state.start else None
        self._style = LaneStyle(
            current_theme(), self._sharpness or self.devicePixelRatioF(), self._type(), self._answers,
            tuple(verifier.name for verifier in setup.verifiers) if setup else (), self._span(),
            self._certain, stop_words(self._state),
        )  # fmt: skip
        self._mark(self._lanes)

    def _span(self) -> int:
        span = SHORTEST_SPAN
        while span < self._longest:
            span *= 2
        return span

    def _type(self) -> TypeMetrics:
        """The largest type in which the longest text so far fits its card."""
        width, height = self._grid.width, self._grid.height
        most = SIZE_HEAD if width >= px(420) else SIZE_LARGE if width >= px(200) else SIZE_BODY
        verifiers = len(self._state.start.setup.verifiers) if self._state.start else 0
        room = card_regions(QSize(width, height), verifiers).text
        most_tokens = max((lane.candidate.tokens for lane in self._lanes.values()), key=len, default=[])
        longest = sum(len(token.text) for token in most_tokens)
        for size in (SIZE_HEAD, SIZE_LARGE, SIZE_BODY):
            if size <= most and longest * px(size) * 0.58 <= room.width() * (room.height() // (px(size) * 1.46)):
                return type_metrics(font(size))
        return type_metrics(font(SIZE_SMALL if most == SIZE_BODY else SIZE_BODY))

    def _target(self, candidate: int) -> QRectF:
        return QRectF(self._grid.rect(self._places[candidate])).translated(EDGE, EDGE)

    def _place_all(self, animate: bool) -> None:
        self._places = {candidate: place for place, candidate in enumerate(self._order)}
        self._motion.stop()
        if animate and not self._reduce_motion and self.isVisible():
            self._moved_from = dict(self._rects)
            self._motion.start()
        else:
            self._rects = {candidate: self._target(candidate) for candidate in self._order}

    def _has_others(self) -> bool:
        """Whether there are others to be shown now than have lanes."""
        if self._filter == ALL:
            return len(self._lanes) != len(self._state.candidates)
        return self._lanes.keys() != set(lane_order(self._state, "arrival", self._filter))

    def _sort_again(self) -> None:
        order = lane_order(self._state, self._sort, self._filter)
        if order != self._order:
            self._order = order
            self.hide_popup()
            self._place_all(animate=True)
            self._mark(self._lanes, only_unrendered=True)
            self.viewport().update()

    def _on_motion(self, progress: float) -> None:
        for candidate in self._order:
            end = self._target(candidate)
            start = self._moved_from.get(candidate, end)
            x = start.x() + (end.x() - start.x()) * progress
            y = start.y() + (end.y() - start.y()) * progress
            self._rects[candidate] = QRectF(round(x), round(y), end.width(), end.height())
        self.viewport().update()

    def _update_scroll_range(self) -> None:
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self._grid.total_height + 2 * EDGE - self.viewport().height()))
        bar.setPageStep(max(1, self.viewport().height()))

    def _scroll_to(self, candidate: int) -> None:
        bar, rect = self.verticalScrollBar(), self._target(candidate)
        if rect.top() < bar.value():
            bar.setValue(int(rect.top()) - EDGE)
        elif rect.bottom() > bar.value() + self.viewport().height():
            bar.setValue(int(rect.bottom()) + EDGE - self.viewport().height())

    def _update_detail(self) -> None:
        lane = self._lanes.get(self._selected) if self._selected is not None else None
        height = 0
        if lane is not None and (self.density != "card" or (not lane.pixmap.isNull() and lane.hides_text)):
            height = min(px(320), max(px(150), int(self.height() * 0.42)))
            self._detail.show_candidate(lane.candidate.id)
            self._detail.setGeometry(EDGE, self.height() - height, self.width() - SCROLL_BAR - 2 * EDGE, height - EDGE)
        self._detail.setVisible(height > 0)
        self.setViewportMargins(0, 0, 0, height + px(8) if height else 0)
        self._update_scroll_range()

    # What has changed

    def _mark(self, candidates: Collection[int], only_unrendered: bool = False) -> None:
        for candidate in candidates:
            lane = self._lanes[candidate]
            if not only_unrendered or lane.pixmap.isNull():
                lane.stale = True
                self._stale[candidate] = None

    def _take_lengths(self, changed: Collection[int]) -> None:
        longest = max((len(self._lanes[candidate].candidate.tokens) for candidate in changed), default=0)
        if longest > self._longest:
            self._longest = longest
            if self._style is not None and (self._span() != self._style.span or self._needs_smaller_type()):
                self._renew_style()

    def _needs_smaller_type(self) -> bool:
        """Looked at now and then: summing up all texts at every token would be work for nothing."""
        if self.density != "card" or self._style is None or self._longest % 6:
            return False
        return self._type().font.pixelSize() < self._style.text.font.pixelSize()

    def _take_finished(self, changed: Collection[int]) -> bool:
        """Gives new answers their colours; True when a candidate has finished, been scored or been picked."""
        finished = [c for c in changed if self._state.candidates[c].finished_at is not None]
        if finished:
            order = answer_order(self._state)
            if any(order.get(vote) != index for vote, index in self._answers.items()):
                self._answers.clear()
                self._mark(self._lanes)
            self._answers.update(order)
            self._take_certainty()
        return bool(finished)

    def _take_certainty(self) -> None:
        """Marks the lane that made the majority certain; that happens once in a run."""
        found = vote_certainty(self._state)
        certain = found.candidate if found is not None else None
        if certain != self._certain:
            self._certain = certain
            if self._style is not None:
                self._renew_style()

    def _render(self, seconds: float) -> None:
        """Draws waiting lanes for about `seconds`; the others wait for the next frame."""
        style = self._style
        if style is None or not self._stale:
            return
        end = time.perf_counter() + seconds
        shown = self._shown_rect()
        drawn: list[QRect] = []
        while self._stale and time.perf_counter() < end:
            candidate = next(iter(self._stale))
            del self._stale[candidate]
            if self._rects[candidate].intersects(shown) or self._motion.state() == QVariantAnimation.State.Running:
                self._lanes[candidate].render(style, self._target(candidate).size().toSize())
                drawn.append(self.lane_rect(candidate))
        # Clipping to many rectangles costs more than copying all lanes within the one around them.
        if len(drawn) > MOST_RECTANGLES:
            drawn = [functools.reduce(QRect.united, drawn)]
        for rect in drawn:
            self.viewport().update(rect)
        if self._stale:
            self._later.start()

    def _shown_rect(self) -> QRectF:
        return QRectF(self.viewport().rect()).translated(0, self.verticalScrollBar().value())

    def _on_later(self) -> None:
        self._render(RENDER_SECONDS)

    def _on_scrolled(self) -> None:
        self.hide_popup()
        shown = self._shown_rect()
        for candidate, rect in self._rects.items():
            if self._lanes[candidate].stale and rect.intersects(shown):
                self._stale[candidate] = None
        self._render(RENDER_SECONDS)

    def _on_theme_changed(self) -> None:
        self._lay_out(animate=False)
        self._render(RENDER_SECONDS)
        self.viewport().update()

    def _tell(self) -> None:
        self.setAccessibleDescription(describe_run(self._state, self._selected))

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Chooses the form of the lanes again."""
        super().resizeEvent(event)
        self._lay_out(animate=False)
        self._render(RENDER_SECONDS)

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Puts the lanes' pixmaps on the screen, and the marks that move on top."""
        theme, region = current_theme(), event.region()
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), qcolor(theme.background))
        if not self._lanes:
            title, hint = tr_each(NOBODY)
            if not self._state.candidates:
                title, hint = empty_words(self._state, tr(NOTHING_YET), waits=self.waits)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            draw_empty(painter, QRectF(self.viewport().rect()), title, hint, theme)
            return
        offset = self.verticalScrollBar().value()
        for candidate in reversed(self._order):
            rect = self._rects[candidate].translated(0, -offset)
            if region.intersects(rect.toAlignedRect().adjusted(-3, -3, 3, 3)):
                self._paint_lane(painter, self._lanes[candidate], rect)
        self._paint_outlook(painter, region, offset)
        for candidate in {self._pointed, self._selected} - {None}:
            if candidate in self._rects:
                self._paint_outline(painter, candidate, self._rects[candidate].translated(0, -offset))
        painter.end()

    def _paint_lane(self, painter: QPainter, lane: Lane, rect: QRectF) -> None:
        # A pixmap that waits to be drawn in another size must not reach beyond its place, where nothing erases it.
        ratio = lane.pixmap.devicePixelRatio()
        shown = QRectF(0, 0, rect.width() * ratio, rect.height() * ratio)
        painter.drawPixmap(rect.topLeft(), lane.pixmap, shown)
        caret = lane.caret()
        if caret is not None:
            painter.fillRect(caret.translated(rect.topLeft()), qcolor(current_theme().accent))

    def _paint_outlook(self, painter: QPainter, region: QRegion, offset: int) -> None:
        """Over the lanes, as it comes and goes with a slider: none of them is drawn anew for it."""
        theme = current_theme()
        for candidate in self._aside & self._rects.keys():
            rect = self._rects[candidate].translated(0, -offset)
            if region.intersects(rect.toAlignedRect()):
                paint_aside(painter, rect, self._radius, theme)
        if self._would_pick in self._rects:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(qcolor(theme.warn), 2.4, Qt.PenStyle.DashLine))
            rect = self._rects[self._would_pick].translated(0, -offset)
            painter.drawRoundedRect(rect.adjusted(-1, -1, 1, 1), CARD_RADIUS, CARD_RADIUS)

    def _paint_outline(self, painter: QPainter, candidate: int, rect: QRectF) -> None:
        theme = current_theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if candidate == self._selected:
            rounded(painter, rect.adjusted(-3, -3, 3, 3), self._radius + 3, None, theme.text, 2)
        else:
            rounded(painter, rect, self._radius, None, theme.muted, 1)

    @property
    def _radius(self) -> int:
        """Of the lanes' corners."""
        return {"card": CARD_RADIUS, "bar": 7, "cell": 5}[self.density]

    def event(self, event: QEvent) -> bool:
        """Draws anew on a screen of another pixel ratio."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._on_theme_changed()
        return super().event(event)

    def token_place(self, position: QPoint) -> TokenPlace | None:
        """The token under a point of the viewport."""
        candidate = self._candidate_at(position)
        if candidate is None or self._motion.state() == QVariantAnimation.State.Running:
            return None
        lane, corner = self._lanes[candidate], QPointF(self.lane_rect(candidate).topLeft())
        index = lane.token_at(QPointF(position) - corner)
        if index is None or index >= len(lane.candidate.tokens):
            return None
        return TokenPlace(
            candidate, index, lane.candidate.tokens[index], lane.token_rect(index).translated(corner).toRect()
        )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Outlines the lane under the pointer, and shows the token under it."""
        super().mouseMoveEvent(event)
        self._point_at(self._candidate_at(event.position().toPoint()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Selects the lane that was clicked; a click between lanes selects none."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.select(self._candidate_at(event.position().toPoint()))
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from lane to lane, Escape selects none."""
        if self.takes_token_key(event):
            return
        step = _KEYS.get(event.key())
        if step is not None and self._order:
            self.select(self._order[self._stepped(step)])
        elif event.key() == Qt.Key.Key_Escape and self._selected is not None:
            self.select(None)
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Forgets the pointer."""
        self._point_at(None)
        super().leaveEvent(event)

    def _stepped(self, step: Step) -> int:
        last = len(self._order) - 1
        if self._selected is None or step == "home":
            return 0
        place, columns = self._places[self._selected], self._grid.columns
        moved = {"left": place - 1, "right": place + 1, "up": place - columns, "down": place + columns, "end": last}[
            step
        ]
        return moved if 0 <= moved <= last else place

    def _point_at(self, candidate: int | None) -> None:
        if candidate != self._pointed:
            for old in (self._pointed, candidate):
                if old is not None and old in self._rects:
                    self.viewport().update(self.lane_rect(old).adjusted(-4, -4, 4, 4))
            self._pointed = candidate

    def _candidate_at(self, position: QPoint) -> int | None:
        place = self._grid.place_at(position.x() - EDGE, position.y() - EDGE + self.verticalScrollBar().value())
        return None if place is None or place >= len(self._order) else self._order[place]
