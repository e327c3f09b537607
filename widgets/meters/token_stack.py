"""All tokens of a run so far, by kind, as areas upon each other over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QWidget

from engine.trace.fold import RunState
from widgets.painting import painted
from widgets.polygon import polygon
from widgets.scaled import scaled_height
from widgets.stage.marks import LEFT, RIGHT, draw_text, text_width
from widgets.theme import SIZE_TINY, THEMES, Theme, current_theme, px, qcolor
from widgets.track_picture import phase_colour
from widgets.translation import later, tr

HEIGHT, LEGEND, COLUMNS = 84, 18, 80
Course = Any  # an array of numbers, shape (COLUMNS,)
KINDS = (later("generated"), later("judges"), later("prompt"), later("cached"))


def kind_colour(theme: Theme, kind: str) -> str:
    """The colour of a kind: that of the phase it belongs to; what was cached cost nearly nothing, and is grey."""
    phases = {"generated": "generate", "judges": "verify", "prompt": "prompt"}
    return phase_colour(theme, phases[kind]) if kind in phases else theme.handle


def token_courses(state: RunState, columns: int = COLUMNS) -> dict[str, list[int]]:
    """How many tokens of each kind there were at so many moments, from the beginning to now."""
    moments = state.t * np.arange(1, columns + 1) / columns
    started = sorted(
        (c.started_at, c.computed_tokens, c.cached_tokens)
        for c in state.candidates.values()
        if c.started_at is not None
    )
    verdicts = [verdict for c in state.candidates.values() for verdict in c.verdicts.values()]
    judged = sorted((v.t, v.tokens + v.prompt_tokens) for v in verdicts if v.tokens + v.prompt_tokens)
    return {
        "generated": _course([(t, tokens) for t, tokens, _ in state.rate_samples], moments),
        "judges": _course(judged, moments),
        "prompt": _course([(t, computed) for t, computed, _ in started], moments),
        "cached": _course([(t, cached) for t, _, cached in started], moments),
    }


def _course(steps: Sequence[tuple[float, int]], moments: np.ndarray) -> list[int]:
    times, counts = zip(*steps, strict=True) if steps else ((), ())
    totals = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
    course: list[int] = totals[np.searchsorted(times, moments + 1e-9, side="right")].tolist()
    return course


class TokenStack(QWidget):
    """A small plot of its own: four areas, their names, and the total."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.courses: dict[str, list[int]] = {}
        self._shown: tuple[object, ...] = ()
        scaled_height(self, HEIGHT)
        self.setAccessibleName(tr("Tokens by kind over the run"))
        self.setToolTip(tr("All tokens until each moment: generated, those of judges, prompts read, prompts cached."))
        THEMES.theme_changed.connect(self.update)

    def show_state(self, state: RunState) -> None:
        """Shows the courses of a state; the same moment again costs nothing."""
        shown = (id(state), state.events)
        if shown != self._shown:
            self._shown = shown
            self.courses = token_courses(state) if state.t > 0 and state.candidates else {}
            newest = ", ".join(f"{tr(kind)} {course[-1]:,}" for kind, course in self.courses.items())
            self.setAccessibleDescription(newest)
            self.update()

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the areas from below, and the legend above them."""
        theme, total = current_theme(), sum(course[-1] for course in self.courses.values())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(0, px(LEGEND), self.width(), self.height() - px(LEGEND) - 1)
        painter.fillRect(QRectF(0, area.bottom(), area.width(), 1), qcolor(theme.line))
        if not total:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        floor = np.zeros(COLUMNS)
        for kind in filter(lambda kind: self.courses[kind][-1], KINDS):
            ceiling = floor + self.courses[kind]
            painter.setBrush(qcolor(kind_colour(theme, kind)))
            painter.drawPolygon(_band(area, floor, ceiling, total))
            floor = ceiling
        self._paint_legend(painter, theme, total)

    def _paint_legend(self, painter: QPainter, theme: Theme, total: int) -> None:
        row, x = px(LEGEND - 4), 0.0
        words = f"{total:,}"
        room = self.width() - text_width(words, SIZE_TINY) - 6
        draw_text(painter, QRectF(0, 0, self.width(), row), words, SIZE_TINY, theme.muted, RIGHT)
        for kind in KINDS:
            name = tr(kind)
            width = text_width(name, SIZE_TINY)
            if not self.courses[kind][-1] or x + px(10) + width > room:
                continue
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(qcolor(kind_colour(theme, kind)))
            painter.drawRect(QRectF(x, row / 2 - px(3), px(6), px(6)))
            draw_text(painter, QRectF(x + px(9), 0, width + 2, row), name, SIZE_TINY, theme.muted, LEFT)
            x += px(9) + width + px(10)


def _band(area: QRectF, floor: Course, ceiling: Course, total: int) -> QPolygonF:
    """The area between two courses: along the upper one to the right, and back along the lower one."""
    x = area.left() + area.width() * np.arange(COLUMNS + 1) / COLUMNS
    upper, lower = (area.bottom() - area.height() * np.concatenate(([0], y)) / total for y in (ceiling, floor))
    return polygon(np.concatenate((x, x[::-1])), np.concatenate((upper, lower[::-1])))
