"""Where each lane goes: how many columns, how large, and how much of a candidate there is room to show."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRect

Density = Literal["card", "bar", "cell"]

# The least size of each form, and the widest for which a further column is not better, in logical pixels.
CARD_MIN_WIDTH, CARD_MIN_HEIGHT = 144, 108
BAR_MIN_WIDTH, BAR_HEIGHT, BAR_TIGHT_HEIGHT, BAR_TWO_ROWS_HEIGHT = 140, 26, 28, 36
CELL_MIN_WIDTH, CELL_HEIGHT, CELL_MAX_HEIGHT = 60, 26, 54
TIGHT_WIDTH, TIGHT_HEIGHT = 36, 20  # for hundreds: an answer, without the number of who gave it
MANY_ROWS = 12  # beyond these, bars stand closer together
GOOD_ASPECT = 1.45
TALLEST = 1.05


@dataclass(frozen=True, slots=True)
class LaneGrid:
    """A regular grid of `count` lanes."""

    density: Density
    count: int
    columns: int
    width: int
    height: int
    gap: int

    @property
    def rows(self) -> int:
        """Rows in use."""
        return math.ceil(self.count / self.columns) if self.count else 0

    @property
    def total_height(self) -> int:
        """The height of all rows with the gaps between them."""
        return max(0, self.rows * (self.height + self.gap) - self.gap)

    def rect(self, place: int) -> QRect:
        """Where the lane at `place` stands. All are equally wide, so that equal texts break alike in all of them."""
        row, column = divmod(place, self.columns)
        return QRect(column * (self.width + self.gap), row * (self.height + self.gap), self.width, self.height)

    def place_at(self, x: int, y: int) -> int | None:
        """The place under a point; None between and beyond the lanes."""
        row = y // (self.height + self.gap)
        for column in range(self.columns):
            place = row * self.columns + column
            if 0 <= place < self.count and self.rect(place).contains(x, y):
                return place
        return None


def choose_grid(count: int, width: int, height: int, scale: float = 1.0, density: Density | None = None) -> LaneGrid:
    """The grid that shows most of each candidate without scrolling; the densest one scrolls when nothing fits.

    Args:
        count: Candidates.
        width: Room, logical pixels.
        height: Room, logical pixels.
        scale: Type scale; least sizes grow with it.
        density: Keep to this form, and scroll if need be.
    """
    width, height = max(width, 1), max(height, 1)
    if count == 0:
        return _grid("card", 0, 1, width, height, 0)
    if density in (None, "card"):
        cards = _cards(count, width, height, scale, scroll=density == "card")
        if cards is not None:
            return cards
    if density in (None, "bar"):
        bars = _rows_of(count, width, round(BAR_MIN_WIDTH * scale), round(BAR_HEIGHT * scale), height)
        if bars is not None or density == "bar":
            columns = max(1, width // round(BAR_MIN_WIDTH * scale))
            return bars or _grid("bar", count, columns, width, math.ceil(BAR_TIGHT_HEIGHT * scale), 7)
    return _cells(count, width, height, scale)


def _grid(density: Density, count: int, columns: int, width: int, height: int, gap: int) -> LaneGrid:
    room = max(columns, width - gap * (columns - 1))
    return LaneGrid(density, count, columns, room // columns, max(1, height), gap)


def _cards(count: int, width: int, height: int, scale: float, scroll: bool) -> LaneGrid | None:
    gap = 10
    best: tuple[float, LaneGrid] | None = None
    for columns in range(1, max(1, min(count, width // round(CARD_MIN_WIDTH * scale))) + 1):
        rows = max(1, math.ceil(count / columns))
        cell_height = (height - gap * (rows - 1)) // rows
        cell_width = (width - gap * (columns - 1)) // columns
        if cell_height < CARD_MIN_HEIGHT * scale:
            if not scroll:
                continue
            cell_height = round(CARD_MIN_HEIGHT * 1.3 * scale)
        cell_height = min(cell_height, round(cell_width * TALLEST))
        wasted = 1 - count * cell_width * cell_height / (width * height)
        ragged = 0.2 if count % columns else 0.0
        cost = abs(math.log(cell_width / cell_height / GOOD_ASPECT)) + wasted + ragged
        if best is None or cost < best[0]:
            best = (cost, _grid("card", count, columns, width, cell_height, gap))
    return best[1] if best else None


def _rows_of(count: int, width: int, least_width: int, least_height: int, height: int) -> LaneGrid | None:
    two_rows, gaps, heights = least_height * BAR_TWO_ROWS_HEIGHT // BAR_HEIGHT, {}, {}
    for columns in range(2, max(2, width // least_width) + 1):
        rows = math.ceil(count / columns)
        gaps[columns] = 7 if rows <= MANY_ROWS else 5
        heights[columns] = (height - gaps[columns] * (rows - 1)) // rows
    # The fewest columns that leave room for two rows of writing in each bar, or else for one; rather with full rows.
    for least in (two_rows, least_height):
        fitting = [columns for columns, cell_height in heights.items() if cell_height >= least]
        if fitting:
            columns = next((columns for columns in fitting if count % columns == 0), fitting[0])
            tallest = round(least_height * 2.2)
            return _grid("bar", count, columns, width, min(heights[columns], tallest), gaps[columns])
    return None


def _cells(count: int, width: int, height: int, scale: float) -> LaneGrid:
    tall = round(CELL_MAX_HEIGHT * scale)
    for least_width, least_height, gap in ((CELL_MIN_WIDTH, CELL_HEIGHT, 5), (TIGHT_WIDTH, TIGHT_HEIGHT, 3)):
        most = max(1, (width + gap) // (round(least_width * scale) + gap))
        low = round(least_height * scale)
        for columns in range(min(most, 4), most + 1):
            rows = math.ceil(count / columns)
            cell_height = (height - gap * (rows - 1)) // rows
            if cell_height >= low:
                return _grid("cell", count, columns, width, min(cell_height, tall), gap)
    return _grid("cell", count, most, width, low, gap)
