"""Where the nodes of a tree of thoughts stand, and what they look like: arrays, so that thousands cost little.

Nodes keep their place until the next layout has been worked out, in portions between frames; then they move there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterator

import numpy as np
from PySide6.QtCore import QPointF, QRectF

from engine.trace.fold import CandidateState, RunState
from widgets.models.thought_tree import ROOT, ThoughtTree, node_value
from widgets.models.tidy_layout import TidyLayout
from widgets.tree.camera import Camera

UNIT, ROW = 50.0, 98.0
"""Pixels between siblings and between generations, at a zoom of 1."""
SMALLEST_RADIUS, LARGEST_RADIUS, PLAIN_RADIUS = 7.0, 21.0, 10.0
OPEN, WHOLE, ROLLOUT = 0, 1, 2
PRUNED, PICKED, PINNED, UNDER_WAY, FAILED, RIGHT, WRONG = 1, 2, 4, 8, 16, 32, 64

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
Ints = np.ndarray[tuple[int], np.dtype[np.int64]]


class TreeScene:
    """The nodes by their places in the tree.

    Attributes:
        tree: Who goes on from whom.
        value: Of each node, in [0, 1]; NaN where nobody could tell yet.
        kind: `OPEN`, `WHOLE` (a text that came to its end) or `ROLLOUT`.
        flags: Marks, or-ed.
        shown: The places that can be seen, parents first.
        layouts: How many there have been.
    """

    def __init__(self) -> None:
        self.tree = ThoughtTree()
        self._room = 0
        self._x = self._y = self._from_x = self._from_y = np.zeros(0)
        self.value = self._visits = np.zeros(0)
        self.kind = self.flags = np.zeros(0, dtype=np.int64)
        self._placed = np.zeros(0, dtype=bool)
        self._share = 1.0
        self._simulations = 0
        self._layout: TidyLayout | None = None
        self._portions: Iterator[None] | None = None
        self._stale = True
        self.layouts = 0
        self.shown: Ints = np.zeros(1, dtype=np.int64)
        self._tour: Ints = np.zeros(0, dtype=np.int64)
        self._grow_arrays(64)

    # --- what is there -------------------------------------------------------------------------------------------

    def take(self, state: RunState, changed: Collection[int]) -> bool:
        """Takes changed candidates in; True when the tree has another form, so that it must be laid out again."""
        before = len(self.tree)
        grown = self.tree.grow(state, changed)
        self._grow_arrays(len(self.tree))
        for place in range(before, len(self.tree)):
            above = self.tree.parents[place]
            self._x[place] = self._from_x[place] = self._x[above]
            self._y[place] = self._from_y[place] = self._y[above]
        for id in changed:
            place = self.tree.place(id)
            if place is not None:
                self._look(place, state.candidates[id], state)
        self._simulations = state.simulations
        self._visits[ROOT] = state.simulations
        self.value[ROOT] = state.root_value_sum / state.simulations if state.simulations else math.nan
        self._stale = self._stale or grown
        return grown

    def set_collapsed(self, place: int, collapsed: bool) -> None:
        """Hides or shows what is below a node."""
        (self.tree.collapsed.add if collapsed else self.tree.collapsed.discard)(place)
        self._stale = True

    @property
    def radii(self) -> Floats:
        """Of each node, in pixels at a zoom of 1: its area is its share of all visits."""
        count = len(self.tree)
        if not self._simulations:
            return np.full(count, PLAIN_RADIUS)
        share = np.sqrt(self._visits[:count] / self._simulations)
        return SMALLEST_RADIUS + (LARGEST_RADIUS - SMALLEST_RADIUS) * share

    # --- where it stands -----------------------------------------------------------------------------------------

    def work(self, deadline: float | None = None) -> bool:
        """Works on the layout until the clock says `deadline` (None: to the end); True when a new one is there.

        The nodes stay where they are: `begin_move` lets them go to their new places.
        """
        if self._portions is None:
            if not self._stale:
                return False
            self._stale = False
            # A copy: the tree may grow while this is worked out.
            self._layout = TidyLayout([list(kids) for kids in self.tree.shown_children()])
            self._portions = self._layout.portions()
        for _ in self._portions:
            if deadline is not None and time.perf_counter() >= deadline:
                return False
        self._portions = None
        return True

    def has_placed(self, place: int) -> bool:
        """Whether a node is to be seen: not one that is folded away, nor one that waits for its place."""
        return place < len(self.tree) and bool(self._placed[place])

    @property
    def waits(self) -> bool:
        """Whether a layout is to be worked out."""
        return self._stale or self._portions is not None

    def begin_move(self) -> None:
        """Every node sets off from where it is to its place in the newest layout; `advance` moves it on."""
        assert self._layout is not None
        self.layouts += 1
        x, y = self.positions()
        count = len(self._layout.x)
        self._from_x[: len(x)], self._from_y[: len(y)] = x, y
        shown = self.tree.shown()
        self.shown = np.array([place for place in shown if place < count], dtype=np.int64)
        self._x[:count] = np.asarray(self._layout.x) * UNIT
        self._y[:count] = np.asarray(self.tree.depths[:count]) * ROW
        fresh = ~self._placed[:count]
        above = np.asarray(self.tree.parents[:count])
        rows = np.nonzero(fresh & (above >= 0))[0]  # new ones grow out of where their parents are
        self._from_x[rows], self._from_y[rows] = self._from_x[above[rows]], self._from_y[above[rows]]
        self._placed[:count] = False
        self._placed[self.shown] = True
        self._tour = self._euler_tour(count)
        self._share = 0.0

    def advance(self, share: float) -> None:
        """How far the nodes are on their way, 0 to 1, already eased."""
        self._share = share

    @property
    def moves(self) -> bool:
        """Whether nodes are on their way."""
        return self._share < 1.0

    def positions(self) -> tuple[Floats, Floats]:
        """Where all nodes are at this moment, in pixels at a zoom of 1."""
        count = len(self.tree)
        if self._share >= 1.0:
            return self._x[:count], self._y[:count]
        share, rest = self._share, 1 - self._share
        return (
            self._from_x[:count] * rest + self._x[:count] * share,
            self._from_y[:count] * rest + self._y[:count] * share,
        )

    def position(self, place: int) -> QPointF:
        """Where one node is at this moment."""
        share = self._share
        return QPointF(
            self._from_x[place] * (1 - share) + self._x[place] * share,
            self._from_y[place] * (1 - share) + self._y[place] * share,
        )

    def bounds(self) -> QRectF:
        """What the nodes will take up once they have come to rest."""
        x, y = self._x[self.shown], self._y[self.shown]
        left, top, edge = float(x.min()), float(y.min()), LARGEST_RADIUS
        return QRectF(left, top, float(x.max()) - left, float(y.max()) - top).adjusted(-edge, -edge, edge, edge)

    def rest_positions(self) -> tuple[Floats, Floats]:
        """Where the shown nodes will come to rest."""
        return self._x[self.shown], self._y[self.shown]

    def tour(self) -> Ints:
        """All edges in one line: down each branch and back up again."""
        return self._tour

    def nearest(self, camera: Camera, point: QPointF, reach: float) -> int | None:
        """The shown node that a camera sees at a point of the view, or within `reach` pixels of its edge."""
        x, y = self.positions()
        shown, at = self.shown, camera.to_drawing(point)
        across, down = x[shown] - at.x(), (y[shown] - at.y()) * camera.stretch
        away = (np.hypot(across, down) - self.radii[shown]) * camera.zoom
        found = int(np.argmin(away)) if len(away) else -1
        return int(shown[found]) if found >= 0 and away[found] <= reach else None

    # --- small change --------------------------------------------------------------------------------------------

    def _look(self, place: int, candidate: CandidateState, state: RunState) -> None:
        self._visits[place] = candidate.visits
        value = node_value(state, candidate)
        self.value[place] = math.nan if value is None else value
        if candidate.purpose == "rollout":
            self.kind[place] = ROLLOUT
        else:
            self.kind[place] = WHOLE if candidate.is_whole else OPEN
        marks = (
            (PRUNED, bool(candidate.pruned)),
            (PICKED, candidate.picked and candidate.answer is not None),
            (PINNED, candidate.pinned),
            (UNDER_WAY, candidate.in_flight > 0 or candidate.finished_at is None),
            (FAILED, candidate.status in ("failed", "stopped")),
            (RIGHT, candidate.correct is True),
            (WRONG, candidate.correct is False and candidate.answer is not None),
        )
        self.flags[place] = sum(flag for flag, is_so in marks if is_so)

    def _grow_arrays(self, count: int) -> None:
        if count <= self._room:
            return
        room = max(count, 2 * self._room)
        for name, fill in (("_x", 0.0), ("_y", 0.0), ("_from_x", 0.0), ("_from_y", 0.0), ("_visits", 0.0)):
            setattr(self, name, _longer(getattr(self, name), room, fill))
        self.value = _longer(self.value, room, math.nan)
        self.kind, self.flags = _longer(self.kind, room, 0), _longer(self.flags, room, 0)
        self._placed = _longer(self._placed, room, False)
        self._room = room

    def _euler_tour(self, count: int) -> Ints:
        """Each node is visited on the way down and after each child, so that a line through all draws all edges."""
        children = self.tree.shown_children()
        tour: list[int] = []
        stack = [ROOT]
        while stack:
            place = stack.pop()
            if place < 0:
                tour.append(~place)
                continue
            tour.append(place)
            for child in children[place]:
                if child < count:
                    stack.append(~place)
                    stack.append(child)
        return np.array(tour, dtype=np.int64)


def _longer(array: np.ndarray, room: int, fill: object) -> np.ndarray:  # type: ignore[type-arg]
    longer = np.full(room, fill, dtype=array.dtype)
    longer[: len(array)] = array
    return longer
