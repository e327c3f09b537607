"""The refine chain on the stage: a column for each draft, what is wrong with it below, and if the next one helped."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from engine.trace.fold import RunState
from widgets.models.refine_chain import ChainLink, chain_links, end_reason
from widgets.painting import painted
from widgets.refine.column import HEAD, ChainColumn
from widgets.refine.painter import paint_column, paint_end, paint_passage, paint_way_down
from widgets.refine.trail import paint_trail
from widgets.refine.words import chain_words
from widgets.stage.marks import draw_empty, empty_words, rounded
from widgets.stage.token_flow import TypeMetrics, type_metrics
from widgets.stage.token_surface import TokenPlace, TokenSurface
from widgets.theme import (
    CARD_RADIUS,
    SIZE_BODY,
    SIZE_HEAD,
    SIZE_LARGE,
    THEMES,
    current_theme,
    font,
    px,
    qcolor,
)
from widgets.translation import tr

DRAFT, END = 260, 220
WIDEST = 1.6  # of these widths, where there is room
NEAR, FAR = 24, 88  # the gaps above a critique, and before a revision, where the verdict stands
# From the largest type down, and rather without the trail of scores than in the smallest; else it scrolls.
WAYS = (
    (SIZE_HEAD, True), (SIZE_LARGE, True), (SIZE_LARGE, False), (SIZE_BODY, True), (SIZE_BODY, False), (SIZE_BODY, True)
)  # fmt: skip
TYPES = ((260, SIZE_HEAD), (800, SIZE_LARGE))  # up to so many characters of the longest text, else the body's type
MOST_RECTANGLES = 4
EDGE, TRAIL, TALLEST_TRAIL, CARD_SHARE = 4, 132, 230, 0.7


class RefineChainView(TokenSurface):
    """The texts of a refinement as columns. They stream; a finished revision shows its changes."""

    candidate_selected = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = RunState()
        self._columns: list[ChainColumn] = []
        self._selected: int | None = None
        self._pointed: int | None = None
        self._end = QRectF()
        self._trail = QRectF()
        self._type = self._largest = SIZE_HEAD
        self._has_trail = True
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.horizontalScrollBar().setSingleStep(40)
        self.setAccessibleName(tr("Drafts and critiques"))
        self.setWhatsThis(
            tr("Left and Right go from column to column, Home and End to the first and last; Esc selects none.")
        )
        for bar in (self.horizontalScrollBar(), self.verticalScrollBar()):
            bar.valueChanged.connect(self._on_scrolled)
        THEMES.theme_changed.connect(self._lay_out_anew)

    # What the stage calls

    def set_state(self, state: RunState) -> None:
        """Shows a run, or another moment of one."""
        if state.start is not self._state.start:
            self._selected, self._columns, self._largest = None, [], SIZE_HEAD
        self._state = state
        self._lay_out()

    def refresh(self, changed: Collection[int]) -> None:
        """Takes what is new in the state; once per frame."""
        links = chain_links(self._state)
        if links != self.links or bool(self._end.width()) != bool(end_reason(self._state)):
            self._lay_out()
            return
        for column in self._columns:
            if column.candidate is not None and column.candidate.id in changed:
                self._take_new(column)

    def select(self, candidate: int | None) -> None:
        """Selects the column of a candidate."""
        place = next((i for i, c in enumerate(self._columns) if c.link.candidate == candidate), None)
        self._select_place(place if candidate is not None else None)

    def set_can_act(self, can_act: bool) -> None:
        """Whether another token can be taken."""
        self.can_act = can_act

    def set_reduce_motion(self, reduce: bool) -> None:
        """Nothing here moves by itself."""

    def finish_rendering(self) -> None:
        """Everything is drawn when it is painted."""
        self.viewport().update()

    @property
    def links(self) -> list[ChainLink]:
        """What the columns show, from left to right."""
        return [column.link for column in self._columns]

    @property
    def columns(self) -> list[ChainColumn]:
        """The columns as they are laid out."""
        return list(self._columns)

    @property
    def selected(self) -> int | None:
        """The place of the selected column."""
        return self._selected

    def column_rect(self, place: int) -> QRect:
        """Where a column is seen in the viewport."""
        return self._columns[place].area.translated(-self._offset()).toAlignedRect()

    def token_place(self, position: QPoint) -> TokenPlace | None:
        """The token under a point of the viewport."""
        point = QPointF(position) + self._offset()
        for column in self._columns:
            if column.candidate is not None and column.area.contains(point):
                found = column.token_at(point)
                if found is None:
                    return None
                index, rect = found
                token = column.candidate.tokens[index]
                return TokenPlace(column.candidate.id, index, token, rect.translated(-self._offset()).toRect())
        return None

    # Layout

    def _lay_out_anew(self) -> None:
        """In another size or type: as large as it can be."""
        self._largest = SIZE_HEAD
        self._lay_out()

    def _lay_out(self) -> None:
        follows, links, before = self._follows(), chain_links(self._state), self._columns
        for self._type, self._has_trail in [way for way in WAYS if way[0] <= self._fitting_type()]:
            right = self._place_columns(links, before)
            if self._needed <= self._room:
                break
        self._largest = self._type  # of one run it only shrinks: going to and fro in time, it does not jump
        self._end = QRectF()
        if links and end_reason(self._state):
            last = self._columns[-1]
            below = self._rows[1] > 0 and not _is_below(last.link, len(links) - 1) and last.link.kind != "branch"
            self._end = last.area if below else QRectF(right + px(NEAR), EDGE, px(END), 0)
        if self._selected is not None and self._selected >= len(links):
            self._selected = None
        self._stand(follows)
        self.hide_popup()
        self.setAccessibleDescription(chain_words(self._columns, self._selected, end_reason(self._state)))
        self.viewport().update()

    def _place_columns(self, links: list[ChainLink], before: list[ChainColumn]) -> float:
        """A column for every draft and one below it for its critique; returns where the last one ends."""
        metrics, x, width = type_metrics(font(self._type)), float(EDGE), int(px(DRAFT) * self._wideness(links))
        self._columns = []
        for place, link in enumerate(links):
            if not _is_below(link, place):
                x += self._gap(link, place) + (width if place else 0)
            self._columns.append(self._make_column(before, link, metrics, QRectF(x, EDGE, width, 0)))
        return x + width

    @property
    def _rows(self) -> tuple[float, float]:
        """How high drafts and critiques must be."""
        rows = [0.0, 0.0]
        for place, column in enumerate(self._columns):
            row = _is_below(column.link, place)
            rows[row] = max(rows[row], column.height)
        return rows[0], rows[1]

    @property
    def _needed(self) -> float:
        above, below = self._rows
        return above + (px(NEAR) + below if below else 0)

    @property
    def _room(self) -> float:
        """How high the cards can be: the trail of scores is below them."""
        return self.viewport().height() - 2 * EDGE - px(TRAIL) * self._is_trailed

    @property
    def _is_trailed(self) -> bool:
        """Whether there are scores to be followed, and room to do so."""
        return self._has_trail and sum(column.link.judged for column in self._columns) > 1

    def _make_column(self, old: list[ChainColumn], link: ChainLink, metrics: TypeMetrics, area: QRectF) -> ChainColumn:
        """The column of a link: the one there was, moved, where its text needs no other layout."""
        candidates, place = self._state.candidates, len(self._columns)
        candidate = candidates.get(link.candidate) if link.candidate is not None else None
        if place < len(old) and old[place].fits(link, candidate, metrics, area.width()):
            old[place].link, old[place].candidate, old[place].area = link, candidate, area
            old[place].take_new()
            return old[place]
        before = candidates[link.about].text if link.kind == "revision" and link.about is not None else None
        return ChainColumn(link, candidate, before, metrics, area)

    def _stand(self, follow: bool) -> None:
        """Gives all columns their common height, and the trail of scores what is left below."""
        if not self._columns:
            self._trail = QRectF()
            for bar in (self.horizontalScrollBar(), self.verticalScrollBar()):
                bar.setRange(0, 0)
            return
        room = self.viewport().height() - 2 * EDGE
        height = max(self._needed, min(self._room, room * CARD_SHARE) if self._has_trail else room)
        trail = max(px(TRAIL), min(px(TALLEST_TRAIL), room - height)) if self._is_trailed else 0
        above, below = self._rows
        spare = height - self._needed
        above += spare * (0.5 if below else 1.0)
        for place, column in enumerate(self._columns):
            if _is_below(column.link, place):
                column.place(EDGE + above + px(NEAR), height - above - px(NEAR))
            else:
                column.place(EDGE, above)
        if self._end.width():
            is_below = self._end.left() == self._columns[-1].area.left()
            top = EDGE + above + px(NEAR) if is_below else EDGE
            self._end = QRectF(self._end.left(), top, self._end.width(), EDGE + height - top)
        right = max(self._end.right(), self._columns[-1].area.right())
        self._trail = QRectF(EDGE, EDGE + height + px(16), right - EDGE, trail - px(20)) if trail else QRectF()
        bottom = EDGE + height + trail + EDGE
        self._set_range(right + EDGE, bottom, follow)

    def _set_range(self, width: float, height: float, follow: bool) -> None:
        across, down, view = self.horizontalScrollBar(), self.verticalScrollBar(), self.viewport()
        across.setRange(0, max(0, round(width) - view.width()))
        across.setPageStep(view.width())
        down.setRange(0, max(0, round(height) - view.height()))
        down.setPageStep(view.height())
        if follow:
            across.setValue(across.maximum())
            newest = self._columns[-1]
            if newest.candidate is not None and newest.candidate.status == "writing":
                down.setValue(int(newest.pen.y()) + px(60) - view.height())

    def _gap(self, link: ChainLink, place: int) -> int:
        if place == 0:
            return 0
        return px(FAR) if link.kind == "revision" else px(NEAR)

    def _wideness(self, links: list[ChainLink]) -> float:
        """How much wider than they must be columns can be so that all are seen at once."""
        across = [(link, place) for place, link in enumerate(links) if not _is_below(link, place)]
        gaps = sum(self._gap(link, place) for link, place in across) + 2 * EDGE
        if end_reason(self._state) and len(across) in (1, len(links)):  # the end has no place below the last draft
            gaps += px(END + NEAR)
        natural = px(DRAFT) * len(across)
        return min(WIDEST, max(1.0, (self.viewport().width() - gaps) / natural)) if natural else 1.0

    def _fitting_type(self) -> int:
        longest = max((len(candidate.text) for candidate in self._state.candidates.values()), default=0)
        return min(self._largest, next((size for most, size in TYPES if longest <= most), SIZE_BODY))

    def _follows(self) -> bool:
        """Whether the newest column is to stay in view: it is, while nobody has scrolled away from it."""
        bar = self.horizontalScrollBar()
        going = self._state.status in ("running", "paused")
        return going and bar.value() >= bar.maximum() - px(40)

    def _take_new(self, column: ChainColumn) -> None:
        """New tokens are added where they stand; only what that changes is laid out again."""
        # States share candidates with others until something happens to them: what changes is a copy.
        column.candidate = self._state.candidates[column.candidate.id] if column.candidate is not None else None
        follows, pen = self._follows(), column.pen
        grown = column.take_new()
        tight = self._type > SIZE_BODY and self._needed > self._room
        if grown and (tight or self._fitting_type() != self._type):  # looked at when a line is full: cheap enough
            self._lay_out()
            return
        if grown:
            self._stand(follows)
            self.viewport().update()
        else:
            self._update_around(column, pen)
        if column.candidate is not None and column.candidate.finished_at is not None:
            self.setAccessibleDescription(chain_words(self._columns, self._selected, end_reason(self._state)))

    def _update_around(self, column: ChainColumn, pen: QPointF) -> None:
        """Paints the head again, and the lines on which something was written since the pen stood at `pen`."""
        area, line = column.area, column.flow.metrics.line_height
        if column.candidate is None or column.candidate.finished_at is not None:
            changed = [area]
        else:
            written = QRectF(area.left(), pen.y() - line, area.width(), column.pen.y() - pen.y() + 3 * line)
            changed = [QRectF(area.left(), area.top(), area.width(), px(HEAD)), written]
        for rect in changed:
            self.viewport().update(rect.translated(-self._offset()).toAlignedRect())

    def _offset(self) -> QPointF:
        return QPointF(self.horizontalScrollBar().value(), self.verticalScrollBar().value())

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lays the columns out in another size."""
        super().resizeEvent(event)
        self._lay_out_anew()

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the cards in view, the ways between them, and the trail of scores."""
        theme = current_theme()
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(event.rect(), qcolor(theme.background))
        if not self._columns:
            hint = tr("A draft, what is wrong with it, and a better one,\nround after round, with every change marked.")
            title, hint = empty_words(self._state, hint, waits=self.waits)
            draw_empty(painter, QRectF(self.viewport().rect()), title, hint, theme)
            return
        # The head and the line being written are far apart: what lies between them is not painted for every token.
        rects = list(event.region()) if event.region().rectCount() <= MOST_RECTANGLES else [event.rect()]
        for rect in rects:
            painter.setClipRect(rect)
            self._paint_part(painter, QRectF(rect))
        painter.end()

    def _paint_part(self, painter: QPainter, rect: QRectF) -> None:
        offset = self._offset()
        painter.save()
        painter.translate(-offset)
        shown = rect.translated(offset)
        before: QRectF | None = None
        for column in self._columns:
            if before is not None and column.area.top() > before.top():
                paint_way_down(painter, before, column.area)
            else:
                if before is not None and column.link.kind != "branch":
                    paint_passage(painter, before, column.area, column.link)
                before = column.area
            if column.area.intersects(shown):
                paint_column(painter, column, self._state, shown)
        if self._end.width():
            choice = self._state.answer.reason if self._state.answer is not None else ""
            if before is not None and self._end.top() > before.top():
                paint_way_down(painter, before, self._end)
            paint_end(painter, self._end, end_reason(self._state), choice, self._state.status == "failed")
        if not self._trail.isEmpty():
            paint_trail(painter, self._trail, self._columns, offset.x() + EDGE)
        for place in {self._pointed, self._selected} - {None}:
            self._paint_outline(painter, place)
        painter.restore()

    def _paint_outline(self, painter: QPainter, place: int | None) -> None:
        if place is None or place >= len(self._columns):
            return
        area, theme = self._columns[place].area, current_theme()
        if place == self._selected:
            rounded(painter, area.adjusted(-3, -3, 3, 3), CARD_RADIUS + 3, None, theme.text, 2)
        else:
            rounded(painter, area, CARD_RADIUS, None, theme.muted, 1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Selects the column that was clicked; a click beside selects none."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._select_place(self._place_at(event.position().toPoint()))
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Outlines the column under the pointer."""
        super().mouseMoveEvent(event)
        self._point_at(self._place_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        """Forgets the pointer."""
        self._point_at(None)
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A wheel goes sideways where there is nothing to see above or below."""
        turned = event.angleDelta()
        if self.verticalScrollBar().maximum() == 0 and turned.x() == 0:
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() - turned.y())
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right go from column to column, Home and End to the first and last, Escape selects none."""
        if self.takes_token_key(event):
            return
        last, now = len(self._columns) - 1, self._selected
        steps = {
            Qt.Key.Key_Left: last if now is None else max(0, now - 1),
            Qt.Key.Key_Right: 0 if now is None else min(last, now + 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        if event.key() in steps and self._columns:
            self._select_place(steps[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Escape and now is not None:
            self._select_place(None)
        else:
            super().keyPressEvent(event)

    def _select_place(self, place: int | None) -> None:
        if place == self._selected:
            return
        self._selected = place
        if place is not None:
            self._scroll_to(self._columns[place].area)
            link = self._columns[place].link
            chosen = link.candidate if link.candidate is not None else link.about
            if chosen is not None:
                self.candidate_selected.emit(chosen)
        else:
            self.candidate_selected.emit(-1)
        self.setAccessibleDescription(chain_words(self._columns, self._selected, end_reason(self._state)))
        self.viewport().update()

    def _scroll_to(self, area: QRectF) -> None:
        bar, width = self.horizontalScrollBar(), self.viewport().width()
        if area.right() + px(NEAR) > bar.value() + width:
            bar.setValue(round(area.right()) + px(NEAR) - width)
        if area.left() - px(NEAR) < bar.value():
            bar.setValue(round(area.left()) - px(NEAR))
        down, height = self.verticalScrollBar(), self.viewport().height()
        if area.bottom() + EDGE > down.value() + height:
            down.setValue(round(area.bottom()) + EDGE - height)
        if area.top() - EDGE < down.value():
            down.setValue(round(area.top()) - EDGE)

    def _place_at(self, position: QPoint) -> int | None:
        point = QPointF(position) + self._offset()
        return next((i for i, column in enumerate(self._columns) if column.area.contains(point)), None)

    def _point_at(self, place: int | None) -> None:
        if place != self._pointed:
            self._pointed = place
            self.viewport().update()

    def _on_scrolled(self) -> None:
        self.hide_popup()
        self.viewport().update()


def _is_below(link: ChainLink, place: int) -> bool:
    """Whether it stands below the draft it is about."""
    return link.kind == "critique" and place > 0
