"""Draws a tree of thoughts: with text where there is room for it, as dots in batches where there are thousands."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QBrush, QPainter, QPainterPath, QPen, QPolygonF

from widgets.kept_picture import Stamp
from widgets.polygon import polygon
from widgets.stage.marks import CENTRE, LEFT, draw_check, draw_cross, draw_star, draw_text, rounded, text_width
from widgets.theme import SIZE_SMALL, SIZE_TINY, THEMES, Theme, blend, ink_on, px, qcolor, viridis
from widgets.tree.camera import Camera
from widgets.tree.scene import (
    FAILED,
    LARGEST_RADIUS,
    OPEN,
    PICKED,
    PINNED,
    PRUNED,
    RIGHT,
    ROLLOUT,
    ROW,
    SMALLEST_RADIUS,
    UNDER_WAY,
    UNIT,
    WHOLE,
    WRONG,
    TreeScene,
)

MOST_IN_DETAIL, MOST_AS_LARGE_DOTS = 900, 2500
DETAIL_ZOOM = 0.4  # below it most nodes are too small for their shapes to be told
LABEL_ZOOM = 0.5
ALL_LABELS_ZOOM = 1.9
NUMBER_RADIUS = 10.0
SHADES = 24
MARKED = RIGHT | WRONG | PICKED | PINNED
UNKNOWN = -1
CHIP_WIDTH = 190
CURVE = np.linspace(0, 1, 9)
CURVE_ACROSS = 3 * (1 - CURVE) * CURVE**2 + CURVE**3
CURVE_DOWN = 1.5 * (1 - CURVE) * CURVE + CURVE**3


@dataclass(slots=True)
class Pulse:
    """A value on its way up: from the last node of `path` to the first, `share` of the way."""

    path: Sequence[int]
    value: float
    share: float = 0.0


@dataclass(slots=True)
class Look:
    """What is pointed at in a tree: `path` in the accent, `matches` of a search, one node selected, one pointed at."""

    theme: Theme
    path: Sequence[int] = ()
    selected: int | None = None
    pointed: int | None = None
    matches: Collection[int] = ()
    pulses: Sequence[Pulse] = field(default_factory=list)
    label: Callable[[int], str] = str
    visits: Callable[[int], int] = int


class TreePainter:
    """Draws one scene."""

    def __init__(self, scene: TreeScene) -> None:
        self.scene = scene

    def paint(self, painter: QPainter, camera: Camera, size: QSizeF, look: Look) -> None:
        """Draws what a camera sees of the scene."""
        x, y = self.scene.positions()
        view_x = x * camera.zoom + camera.offset.x()
        view_y = y * (camera.zoom * camera.stretch) + camera.offset.y()
        seen = self._seen(view_x, view_y, size, LARGEST_RADIUS * camera.zoom + 2)
        if len(seen) > MOST_IN_DETAIL or camera.zoom < DETAIL_ZOOM:
            self._paint_dots(painter, camera, look, view_x, view_y, seen)
        else:
            self._paint_detail(painter, camera, look, view_x, view_y, size)

    def _seen(self, x: np.ndarray, y: np.ndarray, size: QSizeF, edge: float) -> np.ndarray:
        shown = self.scene.shown
        sx, sy = x[shown], y[shown]
        inside = (sx > -edge) & (sx < size.width() + edge) & (sy > -edge) & (sy < size.height() + edge)
        return shown[inside]

    # --- thousands -----------------------------------------------------------------------------------------------

    def _paint_dots(
        self, painter: QPainter, camera: Camera, look: Look, x: np.ndarray, y: np.ndarray, seen: np.ndarray
    ) -> None:
        theme = look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        tour, few = self.scene.tour(), len(self.scene.shown) < MOST_AS_LARGE_DOTS
        if len(tour) > 1:
            painter.setPen(QPen(qcolor(theme.edge if few else theme.line), 0))
            painter.drawPolyline(polygon(x[tour], y[tour]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_line(painter, x, y, look.path, theme.accent, 2)
        widths = np.clip(np.round(2 * self.scene.radii[seen] * camera.zoom), 4 if few else 2, 24).astype(np.int64)
        shades = self._shades(seen)
        groups = shades * 64 + widths
        order = np.argsort(groups, kind="stable")
        ends = np.nonzero(np.diff(groups[order]))[0] + 1
        for group in np.split(order, ends):
            if not len(group):
                continue
            places = seen[group]
            colour = self._shade_colour(int(shades[group[0]]), theme)
            width = float(widths[group[0]])
            # Squares where a circle would hardly be one: round points cost many times as much.
            cap = Qt.PenCapStyle.RoundCap if width > 5 else Qt.PenCapStyle.SquareCap
            painter.setPen(QPen(qcolor(colour), width, Qt.PenStyle.SolidLine, cap))
            painter.drawPoints(polygon(x[places], y[places]))
        for place in (*look.matches, look.selected, look.path[-1] if look.path else None):
            if place is not None and self.scene.has_placed(place):
                self._ring(painter, QPointF(x[place], y[place]), 7, theme.accent, 2)

    def _shades(self, places: np.ndarray) -> np.ndarray:
        """Which colour each node has: a step of its value, or `UNKNOWN`; what is pruned comes after all of them."""
        value = self.scene.value[places]
        known = ~np.isnan(value)
        shades = np.full(len(places), UNKNOWN)
        shades[known] = np.round(np.clip(value[known], 0, 1) * SHADES).astype(np.int64)
        shades[(self.scene.flags[places] & PRUNED) != 0] = SHADES + 1
        return shades + 1

    def _shade_colour(self, shade: int, theme: Theme) -> str:
        if shade == 0:
            return theme.muted
        return blend(theme.muted, theme.background, 0.45) if shade > SHADES + 1 else viridis((shade - 1) / SHADES)

    def _paint_line(
        self, painter: QPainter, x: np.ndarray, y: np.ndarray, path: Sequence[int], colour: str, width: float
    ) -> None:
        places = [place for place in path if place < len(x)]
        if len(places) > 1:
            painter.setPen(QPen(qcolor(colour), width))
            painter.drawPolyline(QPolygonF([QPointF(x[place], y[place]) for place in places]))

    # --- as many as can be read ----------------------------------------------------------------------------------

    def _paint_detail(
        self, painter: QPainter, camera: Camera, look: Look, x: np.ndarray, y: np.ndarray, size: QSizeF
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        view = QRectF(QPointF(0, 0), size).adjusted(-UNIT, -ROW, UNIT, ROW)
        on_path = set(look.path)
        self._paint_edges(painter, camera, look, x, y, view)
        radii = self.scene.radii * camera.zoom
        for place in map(int, self.scene.shown):
            centre = QPointF(x[place], y[place])
            if view.contains(centre):
                self._paint_node(painter, place, centre, float(radii[place]), look, place in on_path)
        self._paint_folds(painter, look, x, y, radii)
        for pulse in look.pulses:
            self._paint_pulse(painter, pulse, x, y, look.theme)
        self._paint_labels(painter, camera, look, x, y, radii, view)

    def _paint_edges(
        self, painter: QPainter, camera: Camera, look: Look, x: np.ndarray, y: np.ndarray, view: QRectF
    ) -> None:  # fmt: skip
        theme, below = look.theme, self.scene.shown[self.scene.shown > 0]
        above = np.asarray(self.scene.tree.parents)[below]
        low, high = np.minimum(y[below], y[above]), np.maximum(y[below], y[above])
        seen = (high >= view.top()) & (low <= view.bottom())
        below, above = below[seen], above[seen]
        pruned = (self.scene.flags[below] & PRUNED) != 0
        width = 1.0  # Qt draws lines of one pixel many times as fast as wider ones
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for these, pen in (
            (~pruned, QPen(qcolor(theme.edge), width)),
            (pruned, QPen(qcolor(theme.line), width, Qt.PenStyle.DashLine)),
        ):
            painter.setPen(pen)
            starts, ends = above[these], below[these]
            across = x[starts, None] + (x[ends] - x[starts])[:, None] * CURVE_ACROSS
            down = y[starts, None] + (y[ends] - y[starts])[:, None] * CURVE_DOWN
            for curve_x, curve_y in zip(across, down, strict=True):
                painter.drawPolyline(polygon(curve_x, curve_y))
        bright = QPainterPath()
        for start, end in itertools.pairwise(place for place in look.path if place < len(x)):
            add_edge(bright, QPointF(x[start], y[start]), QPointF(x[end], y[end]))
        painter.setPen(QPen(qcolor(theme.accent), max(2.0, 2.8 * min(1.2, camera.zoom))))
        painter.drawPath(bright)

    def _paint_node(
        self, painter: QPainter, place: int, centre: QPointF, radius: float, look: Look, on_path: bool
    ) -> None:
        theme, flags, kind = look.theme, int(self.scene.flags[place]), int(self.scene.kind[place])
        fill, line = self._colours(place, theme)
        width = 1.2
        if on_path or flags & PICKED:
            line, width = theme.accent, 2.4
        if flags & UNDER_WAY and not on_path:
            painter.setBrush(qcolor(fill))
            painter.setPen(QPen(qcolor(theme.accent), 1.8, Qt.PenStyle.DotLine))
            draw_shape(painter, kind if place else OPEN, centre, radius)
        else:
            # One shape upon another: Qt fills them in half the time that it takes to draw an outline.
            painter.setPen(Qt.PenStyle.NoPen)
            for colour, reach in ((line, radius + width / 2), (fill, radius - width / 2)):
                painter.setBrush(_brush(colour))
                draw_shape(painter, kind if place else OPEN, centre, reach)
        if flags & PRUNED:
            draw_cross(painter, centre, radius * 0.5, theme.muted, 1.6)
        elif flags & FAILED:
            draw_cross(painter, centre, radius * 0.5, theme.bad, 2)
        visits = look.visits(place)
        if visits and radius >= NUMBER_RADIUS:
            size = number_size(visits, radius / THEMES.scale)
            number = _number(f"{visits:,}", size, ink_on(fill), px(size + 4))
            number.paint(painter, centre - QPointF(number.size.width() / 2, number.size.height() / 2))
        if flags & MARKED:
            self._paint_marks(painter, flags, centre, radius, theme)
        if place == look.selected:
            self._ring(painter, centre, radius + 4.5, theme.text, 2)
        elif place == look.pointed:
            self._ring(painter, centre, radius + 4, theme.muted, 1.4)
        if place in look.matches:
            self._ring(painter, centre, radius + 7, theme.warn, 2.4)

    def _paint_marks(self, painter: QPainter, flags: int, centre: QPointF, radius: float, theme: Theme) -> None:
        corner = centre + QPointF(radius * 0.9 + 3, -radius * 0.9 - 2)
        if flags & RIGHT:
            draw_check(painter, corner, 4.2, theme.good)
        elif flags & WRONG:
            draw_cross(painter, corner, 3.2, theme.bad)
        if flags & PICKED:
            draw_star(painter, centre + QPointF(-radius * 0.9 - 5, -radius * 0.9 - 3), 6, theme.accent)
        if flags & PINNED:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(qcolor(theme.warn))
            painter.drawEllipse(centre + QPointF(0, -radius - 5), 3, 3)

    def _colours(self, place: int, theme: Theme) -> tuple[str, str]:
        """Fill and border."""
        value = self.scene.value[place]
        if math.isnan(value):
            return theme.raised, theme.muted
        colour = _value_colour(round(float(value) * 100))
        if self.scene.flags[place] & PRUNED:
            colour = blend(colour, theme.background, 0.3)
        return colour, blend(theme.text, colour, 0.45)

    def _paint_folds(
        self, painter: QPainter, look: Look, x: np.ndarray, y: np.ndarray, radii: np.ndarray
    ) -> None:  # fmt: skip
        """Beside a node whose thoughts are folded away, how many they are."""
        for place in filter(self.scene.has_placed, self.scene.tree.collapsed):
            words = f"+{sum(1 for _ in self.scene.tree.below(place)):,}"
            box = QRectF(x[place] + radii[place] + 3, y[place], text_width(words, SIZE_TINY) + px(10), px(16))
            rounded(painter, box, px(8), look.theme.raised, look.theme.muted)
            draw_text(painter, box, words, SIZE_TINY, look.theme.text, CENTRE, bold=True)

    def _paint_pulse(self, painter: QPainter, pulse: Pulse, x: np.ndarray, y: np.ndarray, theme: Theme) -> None:
        """A bead that climbs the edges, with the value that it carries."""
        way = [place for place in pulse.path if place < len(x)][::-1]
        if len(way) < 2:
            return
        at = pulse.share * (len(way) - 1)
        step = min(int(at), len(way) - 2)
        start, end, share = way[step + 1], way[step], 1 - (at - step)
        across, down = np.interp(share, CURVE, CURVE_ACROSS), np.interp(share, CURVE, CURVE_DOWN)
        point = QPointF(x[start] + (x[end] - x[start]) * across, y[start] + (y[end] - y[start]) * down)
        painter.setPen(QPen(qcolor(theme.background), 2))
        painter.setBrush(qcolor(viridis(pulse.value)))
        painter.drawEllipse(point, 7, 7)
        chip = _chip(f"{pulse.value:+.2f}", theme, px(24))
        chip.paint(painter, point + QPointF(11, -chip.size.height() / 2))

    def _paint_labels(
        self, painter: QPainter, camera: Camera, look: Look, x: np.ndarray, y: np.ndarray, radii: np.ndarray,
        view: QRectF,
    ) -> None:  # fmt: skip
        """Chips beside the nodes that matter; from near, words below all of them."""
        theme, chips, height = look.theme, [], px(24)
        if camera.zoom >= LABEL_ZOOM:
            between = ROW * camera.zoom * camera.stretch - 2 * SMALLEST_RADIUS
            chips = [place for place in (look.path if between > height * 1.6 else look.path[-1:]) if place]
        for place in (look.selected, look.pointed):
            if place and place not in chips and self.scene.has_placed(place):
                chips.append(place)
        if camera.zoom >= ALL_LABELS_ZOOM:
            for place in map(int, self.scene.shown):
                if place and place not in chips and view.contains(QPointF(x[place], y[place])):
                    width = UNIT * camera.zoom - 8
                    box = QRectF(x[place] - width / 2, y[place] + radii[place] + 3, width, px(18))
                    draw_text(painter, box, look.label(place), SIZE_TINY, theme.muted, CENTRE)
        for place in chips:
            if place >= len(x) or not view.contains(QPointF(x[place], y[place])):
                continue
            words = look.label(place)
            width = min(px(CHIP_WIDTH), text_width(words, SIZE_SMALL) + px(20))
            left = min(max(6.0, x[place] - width / 2), view.right() - UNIT - width - 6)
            box = QRectF(left, y[place] + radii[place] + 6, width, height)  # below: it hides an edge, not a sibling
            line = theme.accent if place in look.path else theme.line
            rounded(painter, box, 6, theme.surface, line)
            draw_text(painter, box.adjusted(px(9), 0, -px(9), 0), words, SIZE_SMALL, theme.text, LEFT)

    @staticmethod
    def _ring(painter: QPainter, centre: QPointF, radius: float, colour: str, width: float) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(qcolor(colour), width))
        painter.drawEllipse(centre, radius, radius)


def add_edge(path: QPainterPath, start: QPointF, end: QPointF) -> None:
    """A calm curve from a parent down to its child."""
    middle = (start.y() + end.y()) / 2
    path.moveTo(start)
    path.cubicTo(QPointF(start.x(), middle), QPointF(end.x(), middle), end)


def draw_shape(painter: QPainter, kind: int, centre: QPointF, radius: float) -> None:
    """A circle for a thought, a square for a text that came to its end, a diamond for a rollout."""
    if kind == WHOLE:
        side = radius * 0.9
        painter.drawRoundedRect(QRectF(centre.x() - side, centre.y() - side, 2 * side, 2 * side), side / 3, side / 3)
    elif kind == ROLLOUT:
        painter.drawPolygon(
            QPolygonF([centre + QPointF(dx * radius, dy * radius) for dx, dy in ((0, -1), (1, 0), (0, 1), (-1, 0))])
        )
    else:
        painter.drawEllipse(centre, radius, radius)


def number_size(number: int, radius: float) -> int:
    """The size of type in which a number fits into a circle."""
    return max(7, min(SIZE_SMALL, round(radius * 2.1 / max(2, len(f"{number:,}")))))


@lru_cache(maxsize=128)
def _value_colour(percent: int) -> str:
    return viridis(percent / 100)


@lru_cache(maxsize=256)
def _brush(colour: str) -> QBrush:
    return QBrush(qcolor(colour))


@lru_cache(maxsize=2048)
def _number(words: str, size: int, ink: str, height: int) -> Stamp:
    """A number of visits; its `height` tells the type scale of the moment."""
    room = QSize(math.ceil(text_width(words, size, bold=True)) + 2, height)
    box = QRectF(QPointF(0, 0), QSizeF(room))
    return Stamp(room, lambda own: draw_text(own, box, words, size, ink, CENTRE, bold=True))


@lru_cache(maxsize=512)
def _chip(words: str, theme: Theme, height: int) -> Stamp:
    """The value that a bead carries; its `height` tells the type scale of the moment."""
    room = QSize(math.ceil(text_width(words, SIZE_SMALL, bold=True)) + height // 2, height)
    box = QRectF(QPointF(0, 0), QSizeF(room))

    def draw(painter: QPainter) -> None:
        rounded(painter, box, height / 2, theme.surface, theme.line)
        draw_text(painter, box, words, SIZE_SMALL, theme.text, CENTRE, bold=True)

    return Stamp(room, draw)
