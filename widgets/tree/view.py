"""The search tree: grows while it is searched, can be moved and zoomed, and shows where the search is."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from engine.moves import PathSelected, ValueBackedUp
from engine.trace.fold import RunState
from widgets.kept_picture import KeptPicture
from widgets.models.thought_tree import PROBLEM, ROOT
from widgets.painting import painted
from widgets.plain_tooltip import plain
from widgets.stage.marks import CENTRE, LEFT, draw_empty, draw_text, text_width
from widgets.theme import SIZE_SMALL, SIZE_TINY, THEMES, current_theme, px, qcolor, viridis
from widgets.translation import later, tr
from widgets.tree.camera import MARGIN, Camera, fitting
from widgets.tree.minimap import Minimap
from widgets.tree.painter import Look, Pulse, TreePainter
from widgets.tree.scene import TreeScene
from widgets.tree.search_words import SearchMoment, newest_moves, newest_work, search_moment

FRAME_MS, NEXT_FRAME_MS = 16, 26
MOVE_SECONDS, PULSE_SECONDS, CAMERA_SECONDS = 0.24, 0.3, 0.26
LAYOUT_SECONDS = 0.001
LAYOUT_PAUSE = 0.12  # a tree that grows is laid out about eight times a second: the eye follows no faster
REACH = 8.0
WHEEL_FACTOR = 1.0016
KEY_ZOOM = 1.3
MOST_PULSES = 3
FOLLOW_ZOOM = 0.9
KEYS_HELP = later(
    "Arrows go from thought to thought, Home to the problem; plus and minus zoom, F shows all, C folds what is below. "
    "In a run of yours E expands the selected thought, T adds one, P pins it and Del prunes it."
)
FOLLOW, FIT, FREE = "follow", "fit", "free"
_STEPS = {
    Qt.Key.Key_Up: "parent", Qt.Key.Key_Down: "child", Qt.Key.Key_Left: "left", Qt.Key.Key_Right: "right",
    Qt.Key.Key_Home: "root",
}  # fmt: skip


class SearchTreeView(QWidget):
    """A tree of thoughts. `node_selected` gives a candidate's number, `PROBLEM`, or -1 for nothing."""

    node_selected = Signal(int)
    folded = Signal(int, bool)  # candidate (-1: the problem), whether what is below is folded away
    menu_requested = Signal(int, object)  # candidate, global position
    camera_mode_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(tr("Search tree"))
        self.setWhatsThis(tr(KEYS_HELP))
        self.scene = TreeScene()
        self._painter = TreePainter(self.scene)
        self._state = RunState()
        self._camera, self._camera_from, self._camera_to = Camera(), Camera(), Camera()
        self.mode = FIT
        self._selected: int | None = None
        self._pointed: int | None = None
        self._path: list[int] = []
        self._matches: set[int] = set()
        self._words = ""  # that are searched for
        self._pulses: list[tuple[Pulse, float]] = []
        self._seen_moves = 0
        self._moment = SearchMoment((), "", "")
        self._drag: QPointF | None = None
        self._dragged = False
        self._reduce_motion = False
        self.watch: Callable[[], AbstractContextManager[object]] = nullcontext  # around all work between paintings
        self._move_began = self._camera_began = self._next_layout = 0.0
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self._on_tick)
        self._minimap, self._legend = Minimap(self), KeptPicture()
        self._minimap.moved.connect(self._on_minimap_moved)
        THEMES.theme_changed.connect(self._on_theme_changed)

    # --- what the stage calls ------------------------------------------------------------------------------------

    def set_state(self, state: RunState) -> None:
        """Shows a run, or another moment of one: the camera and what is selected stay where it is the same run."""
        same = state.start is self._state.start and state.start is not None
        selected = self.selected_candidate if same else None
        at_problem = same and self._selected == ROOT
        collapsed = {self.scene.tree.ids[place] for place in self.scene.tree.collapsed} if same else set()
        self._state = state
        self.scene = TreeScene()
        self._painter = TreePainter(self.scene)
        self.scene.take(state, state.candidates.keys())
        for id in collapsed:
            place = self.scene.tree.place(id)
            if place is not None:
                self.scene.set_collapsed(place, True)
        self._settle()
        self._matches.clear()
        self._selected = ROOT if at_problem else self.scene.tree.place(selected) if selected is not None else None
        self._seen_moves = newest_moves(state)
        self._moment = SearchMoment((), "", "")  # where it was before says nothing of where it is now
        self._take_moment(newest_work(state))
        self._pulses.clear()  # a jump in time is no value on its way
        if not same:
            self.set_mode(FIT)
        self._aim(at_once=True)
        self._show()

    def refresh(self, changed: Collection[int]) -> None:
        """Takes what is new in the state; once per frame."""
        if not changed and len(self._state.moves) == self._seen_moves:
            return
        self.scene.take(self._state, changed)
        self._find(changed)
        self._take_moment(changed)
        if self.isVisible():
            # One picture a frame: motion goes along with it, and the own clock waits for whether the next one comes.
            self._timer.start(NEXT_FRAME_MS)
            self._tick()
        else:
            self._settle()

    def select(self, candidate: int | None) -> None:
        """Selects a node by its candidate; None selects nothing."""
        place = self.scene.tree.place(candidate) if candidate is not None else None
        if place != self._selected:
            self._selected = place
            self._update_path()
            self._tell()
            self.update()

    def search(self, words: str) -> int:
        """Rings the nodes whose text has these words; returns how many there are."""
        self._words = words.strip().casefold()
        self._matches.clear()
        self._find(self._state.candidates)
        self.update()
        return len(self._matches)

    @property
    def found(self) -> int:
        """How many nodes are ringed."""
        return len(self._matches)

    def _find(self, among: Collection[int]) -> None:
        for id in among if self._words else ():
            place = self.scene.tree.place(id)
            if place is not None and self._words in self._state.candidates[id].text.casefold():
                self._matches.add(place)
        ids = self.scene.tree.ids
        self._matches = {place for place in self._matches if self.scene.tree.place(ids[place]) == place}  # not merged

    def go_to_match(self, direction: int = 1) -> None:
        """Selects the next node that the search found, unfolds what it is in, and looks at it."""
        found = sorted(self._matches)
        if found:
            at = -1 if self._selected is None else self._selected
            later = [place for place in found if place > at] if direction > 0 else [p for p in found if p < at][::-1]
            self._choose(later[0] if later else found[0 if direction > 0 else -1])
            folded = self.scene.tree.collapsed.intersection(self.scene.tree.path(self._selected or ROOT)[:-1])
            for place in folded:
                self.scene.set_collapsed(place, False)
                self.folded.emit(self.scene.tree.ids[place], False)
            if folded:
                self._settle()
            self._look_at(self._selected or ROOT)

    def set_mode(self, mode: str) -> None:
        """`fit` keeps the whole tree in view, `follow` goes where the search goes, `free` stays."""
        if mode != self.mode:
            self.mode = mode
            self.camera_mode_changed.emit(mode)
        self._aim()

    def pan(self, by: QPointF) -> None:
        """Moves the tree by so many pixels."""
        self._stay(self._camera.moved(by))

    def zoom(self, factor: float, at: QPointF) -> None:
        """Nearer or further; a point of the widget stands still."""
        self._stay(self._camera.zoomed(factor, at))

    def set_reduce_motion(self, reduce: bool) -> None:
        """Changes are shown at once instead of animated."""
        self._reduce_motion = reduce

    def set_collapsed(self, candidate: int, collapsed: bool | None = None) -> None:
        """Hides or shows what is below a node; None goes over to the other."""
        place = ROOT if candidate < 0 else self.scene.tree.place(candidate)
        if place is not None and self.scene.tree.children[place]:
            now = place in self.scene.tree.collapsed
            collapsed = not now if collapsed is None else collapsed
            self.scene.set_collapsed(place, collapsed)
            self._wake()
            self.folded.emit(candidate, collapsed)

    def finish_rendering(self) -> None:
        """Everything comes to rest, for a picture."""
        self._settle()
        self._pulses.clear()
        self._aim(at_once=True)
        self._show()

    @property
    def selected_candidate(self) -> int | None:
        """The selected node's candidate."""
        return None if self._selected in (None, ROOT) else self.scene.tree.ids[self._selected]  # type: ignore[index]

    def place_in_view(self, candidate: int) -> QPointF | None:
        """Where a candidate's node is seen, in pixels of this widget."""
        place = self.scene.tree.place(candidate)
        return None if place is None else self._camera.to_view(self.scene.position(place))

    # --- what is shown -------------------------------------------------------------------------------------------

    def _take_moment(self, changed: Collection[int]) -> None:
        state = self._state
        new, self._seen_moves = state.moves[self._seen_moves :], len(state.moves)
        if state.start is not None:
            moment = search_moment(state, new, changed)
            ended = state.status in ("finished", "failed")
            self._moment = moment if moment.now or ended else moment._replace(now=self._moment.now)
        for moved in new[-MOST_PULSES:]:
            if isinstance(moved.move, ValueBackedUp) and not self._reduce_motion:
                places = [ROOT, *filter(None, map(self.scene.tree.place, moved.move.path))]
                self._pulses.append((Pulse(places, moved.move.value), time.perf_counter()))
        self._update_path()

    def _update_path(self) -> None:
        """The way to what is selected; else to where the search is; else to the answer."""
        place = self._selected
        if place is None and self._state.status in ("running", "paused"):
            newest = next((m.move for m in reversed(self._state.moves[-64:]) if isinstance(m.move, PathSelected)), None)
            if newest is not None and newest.path:
                place = self.scene.tree.place(newest.path[-1])
        if place is None and self._state.answer is not None and self._state.answer.candidate is not None:
            place = self.scene.tree.place(self._state.answer.candidate)
        self._path = self.scene.tree.path(place) if place is not None else []

    def _label(self, place: int) -> str:
        id = self.scene.tree.ids[place]
        candidate = self._state.candidates.get(id)
        return tr("the problem") if candidate is None else " ".join(candidate.text.split()) or "…"

    def _visits(self, place: int) -> int:
        candidate = self._state.candidates.get(self.scene.tree.ids[place])
        return self._state.simulations if candidate is None else candidate.visits

    # --- motion --------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        while self.scene.waits:
            if self.scene.work():
                self.scene.begin_move()
        self.scene.advance(1.0)

    def _wake(self) -> None:
        if not self.isVisible():
            self._settle()
        elif not self._timer.isActive():
            self._timer.start()

    def _on_tick(self) -> None:
        self._timer.setInterval(FRAME_MS)
        with self.watch():
            self._tick()

    def _tick(self) -> None:
        now = time.perf_counter()
        self._move_nodes(now)
        self._pulses = [(pulse, began) for pulse, began in self._pulses if now - began < PULSE_SECONDS]
        for pulse, began in self._pulses:
            pulse.share = _eased((now - began) / PULSE_SECONDS)
        self._move_camera(now)
        self._show()
        resting = not (self.scene.waits or self.scene.moves or self._pulses or self._camera != self._camera_to)
        if resting:
            self._timer.stop()

    def _move_nodes(self, now: float) -> None:
        if now >= self._next_layout and self.scene.work(now + LAYOUT_SECONDS):
            self.scene.begin_move()
            self._move_began, self._next_layout = now, now + LAYOUT_PAUSE
            self._aim()
        if self.scene.moves:
            share = 1.0 if self._reduce_motion else min(1.0, (now - self._move_began) / MOVE_SECONDS)
            self.scene.advance(_eased(share) if share < 1 else 1.0)

    def _move_camera(self, now: float) -> None:
        if self._camera == self._camera_to:
            return
        share = 1.0 if self._reduce_motion else min(1.0, (now - self._camera_began) / CAMERA_SECONDS)
        self._camera = self._camera_to if share >= 1 else self._camera_from.towards(self._camera_to, _eased(share))

    def _aim(self, at_once: bool = False) -> None:
        """Points the camera where its mode wants it."""
        size = QSizeF(self.size())
        if self.mode == FIT:
            self._go_to(fitting(self.scene.bounds(), size, margin=max(MARGIN, px(MARGIN))), at_once)
        elif self.mode == FOLLOW and self._path:
            zoom = max(FOLLOW_ZOOM, self._camera.zoom)
            self._go_to(self._camera.with_zoom(zoom).centred(self.scene.position(self._path[-1]), size), at_once)

    def _on_theme_changed(self) -> None:
        self._aim(at_once=True)
        self._show()

    def _go_to(self, camera: Camera, at_once: bool = False) -> None:
        self._camera_to = camera
        if at_once or not self.isVisible():
            self._camera = camera
        else:
            self._camera_from, self._camera_began = self._camera, time.perf_counter()
            if not self._timer.isActive():
                self._timer.start()
        self._show()

    def _show(self) -> None:
        """Draws anew, with the map: were it told only while the tree is drawn, both would be drawn once more."""
        self._minimap.show_scene(self.scene, self._camera, QSizeF(self.size()))
        self.update()

    def _look_at(self, place: int) -> None:
        self.set_mode(FREE)
        self._go_to(self._camera.centred(self.scene.position(place), QSizeF(self.size())))

    def _stay(self, camera: Camera) -> None:
        """A person moved the camera: it stays."""
        self.set_mode(FREE)
        self._go_to(camera, at_once=True)

    # --- the person ----------------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms to the pointer; a touchpad that scrolls sideways moves the tree."""
        turn = event.angleDelta()
        if abs(turn.x()) > abs(turn.y()):
            self.pan(QPointF(turn.x() / 2, 0))
        else:
            self.zoom(WHEEL_FACTOR ** turn.y(), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins to drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag, self._dragged = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags the tree, or points at a node."""
        if self._drag is not None:
            by = event.position() - self._drag
            if self._dragged or by.manhattanLength() > 4:
                self._dragged, self._drag = True, event.position()
                self.pan(by)
            return
        pointed = self._node_at(event.position())
        if pointed != self._pointed:
            self._pointed = pointed
            self.setCursor(Qt.CursorShape.ArrowCursor if pointed is None else Qt.CursorShape.PointingHandCursor)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click that did not drag selects."""
        if event.button() == Qt.MouseButton.LeftButton and self._drag is not None:
            self._drag = None
            if not self._dragged:
                self._choose(self._node_at(event.position()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Hides or shows what is below a node."""
        place = self._node_at(event.position())
        if place is not None:
            self.set_collapsed(self.scene.tree.ids[place])

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done to a node."""
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        place = self._node_at(QPointF(event.pos())) if by_mouse else self._selected
        if place is not None:
            self._choose(place)
            at = event.globalPos() if by_mouse else self.mapToGlobal(self._camera.to_view(self.scene.position(place)))
            self.menu_requested.emit(self.scene.tree.ids[place], at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from node to node, plus and minus zoom, F fits, C collapses."""
        key, middle = event.key(), QPointF(self.width() / 2, self.height() / 2)
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            super().keyPressEvent(event)
        elif key in _STEPS:
            self._step(_STEPS[Qt.Key(key)])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(KEY_ZOOM, middle)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / KEY_ZOOM, middle)
        elif key in (Qt.Key.Key_F, Qt.Key.Key_0):
            self.set_mode(FIT)
        elif key == Qt.Key.Key_C and self._selected is not None:
            self.set_collapsed(self.scene.tree.ids[self._selected])
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Points at nothing."""
        self._pointed = None
        self.update()

    def _step(self, where: str) -> None:
        tree = self.scene.tree
        at = self._selected
        if at is None or where == "root":
            self._choose(ROOT)
            return
        siblings = tree.siblings(at)
        here = siblings.index(at) if at in siblings else 0
        match where:
            case "parent":
                at = max(ROOT, tree.parents[at])
            case "child" if tree.children[at] and at not in tree.collapsed:
                at = max(tree.children[at], key=self._visits)
            case "left":
                at = siblings[max(0, here - 1)]
            case "right":
                at = siblings[min(len(siblings) - 1, here + 1)]
        self._choose(at)
        seen = self._camera.to_view(self.scene.position(at))
        if not QRectF(self.rect()).adjusted(40, 40, -40, -40).contains(seen):
            self._look_at(at)

    def _choose(self, place: int | None) -> None:
        self._selected = place
        self._update_path()
        self._tell()
        self.update()
        self.node_selected.emit(-1 if place is None else PROBLEM if place == ROOT else self.scene.tree.ids[place])

    def _node_at(self, point: QPointF) -> int | None:
        return self.scene.nearest(self._camera, point, REACH)

    def _tell(self) -> None:
        words = "" if self._selected is None else self._label(self._selected)
        self.setAccessibleDescription(
            tr("{0:,} thoughts. {1}. Selected: {2}", len(self.scene.shown), self._moment.progress, words)
        )

    def _on_minimap_moved(self, point: QPointF) -> None:
        self._stay(self._camera.centred(point, QSizeF(self.size())))

    # --- painting ------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fits again."""
        self._minimap.place()
        self._aim(at_once=True)
        self._show()

    def event(self, event: QEvent) -> bool:
        """Shows the text of the node under the pointer, in full."""
        if event.type() == QEvent.Type.ToolTip:
            words = self._label(self._pointed) if self._pointed else ""
            QToolTip.showText(event.globalPos(), plain(words), self)  # type: ignore[attr-defined]
            return True
        return super().event(event)

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws what the camera sees."""
        theme = current_theme()
        painter = QPainter(self)
        painter.fillRect(self.rect(), qcolor(theme.background))
        if len(self.scene.tree) == 1:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            words = tr("The tree grows here, thought by thought, as soon as the first ones are written.")
            draw_empty(painter, QRectF(self.rect()), tr("No thoughts yet"), words, theme)
            return
        pulses = [pulse for pulse, _ in self._pulses]
        path = [place for place in self._path if self.scene.has_placed(place)]
        look = Look(
            theme, path, self._selected, self._pointed, self._matches, pulses, self._label, self._visits
        )  # fmt: skip
        self._painter.paint(painter, self._camera, QSizeF(self.size()), look)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_moment(painter)
        self._paint_legend(painter)

    def _paint_moment(self, painter: QPainter) -> None:
        """How far the search is, and its phases with the one of this moment."""
        theme, left, top = current_theme(), float(px(16)), float(px(10))
        row = px(22)
        ground = QColor(theme.background)
        ground.setAlpha(215)  # a tree that was moved up here would run through the words
        painter.fillRect(QRectF(0, 0, self.width(), top + row + px(4)), ground)
        words = self._moment.progress
        if words:
            draw_text(
                painter, QRectF(left, top, self.width() - 2 * left, row), words, SIZE_SMALL, theme.text, bold=True
            )
            left += text_width(words, SIZE_SMALL, bold=True) + px(18)
        room = self.width() - px(16) - left
        whole = sum(text_width(tr(phase), SIZE_SMALL, bold=True) + px(16) for phase in self._moment.phases)
        for phase in self._moment.phases:
            now = phase == self._moment.now
            if whole > room and not now:
                continue  # rather the one of this moment than those that happen to come first
            word = tr(phase)
            width = text_width(word, SIZE_SMALL, bold=now)
            if left + width > self.width() - px(16):
                break
            colour = theme.accent if now else theme.muted
            draw_text(painter, QRectF(left, top, width + 2, row), word, SIZE_SMALL, colour, LEFT, bold=now)
            if now:
                painter.fillRect(QRectF(left, top + row - 1, width, 2), qcolor(theme.accent))
            left += width + px(16)

    def _paint_legend(self, painter: QPainter) -> None:
        """What colour means."""
        size = QSize(px(96) + 2, px(26))
        shows = (current_theme().name, THEMES.scale)
        corner = QPointF(px(16), self.height() - px(34))
        self._legend.paint(painter, corner, shows, size, lambda own: _draw_legend(own, size))


def _draw_legend(painter: QPainter, size: QSize) -> None:
    """From 0 to 1."""
    theme, width, height = current_theme(), size.width() - 2, px(6)
    gradient = QLinearGradient(0, 0, width, 0)
    for step in range(9):
        gradient.setColorAt(step / 8, qcolor(viridis(step / 8)))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(gradient)
    painter.drawRoundedRect(QRectF(0, px(2), width, height), height / 2, height / 2)
    below = QRectF(0, px(9), width, px(16))
    draw_text(painter, below, "0", SIZE_TINY, theme.muted, LEFT)
    draw_text(painter, below, tr("value"), SIZE_TINY, theme.muted, CENTRE)
    draw_text(painter, below, "1", SIZE_TINY, theme.muted, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


def _eased(share: float) -> float:
    """Fast at first, then slower (cubic)."""
    return 1 - (1 - min(1.0, max(0.0, share))) ** 3
