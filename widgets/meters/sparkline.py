"""A figure of the run as a line over time. The plot library is imported after the window is on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from widgets.painting import painted
from widgets.scaled import scaled_height
from widgets.theme import SIZE_TINY, THEMES, current_theme, font, px, qcolor

HEIGHT = 64
CEILING_FROM = 4.0  # a ceiling more than this many times as high would press the line flat, and is not shown yet


class Sparkline(QWidget):
    """A live plot without a frame; empty until `load_plot` was called.

    Args:
        name: What it shows, for screen readers.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        scaled_height(self, HEIGHT)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._plot: Any = None  # a pyqtgraph.PlotWidget, a type that is not there before it is imported
        self._data: tuple[Sequence[float], Sequence[float]] = ((), ())
        self._ceiling: float | None = None
        self._scale: tuple[float, float | None, bool] | None = None
        self.setAccessibleName(name)
        THEMES.theme_changed.connect(self._paint_theme)

    def load_plot(self) -> None:
        """Imports pyqtgraph and makes the plot; more calls do nothing."""
        if self._plot is not None:
            return
        import pyqtgraph

        plot = pyqtgraph.PlotWidget(self, enableMenu=False)
        plot.setMouseEnabled(x=False, y=False)
        plot.hideButtons()
        plot.setFocusPolicy(self.focusPolicy())
        plot.viewport().setMouseTracking(False)
        plot.getPlotItem().hideAxis("bottom")
        for side in ("left", "bottom"):
            plot.getPlotItem().getAxis(side).enableAutoSIPrefix(False)
        plot.setFrameShape(plot.Shape.NoFrame)
        plot.getPlotItem().setContentsMargins(0, 7, 0, 5)
        self._curve = plot.plot([], [], antialias=True)
        self._limit = pyqtgraph.InfiniteLine(angle=0)
        self._limit.setVisible(False)
        plot.addItem(self._limit)
        self._plot = plot
        self._column.addWidget(plot)
        self._paint_theme()
        self._draw()

    def set_data(self, t: Sequence[float], values: Sequence[float], ceiling: float | None = None) -> None:
        """Shows values at times (seconds), below a dashed line at `ceiling`; called at most ten times a second."""
        self._data, self._ceiling = (t, values), ceiling
        self._draw()

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """A line to stand on, while there is nothing to show."""
        if not self._data[1]:
            QPainter(self).fillRect(0, self.height() - 6, self.width(), 1, qcolor(current_theme().line))

    def _draw(self) -> None:
        if self._plot is None:
            return
        t, values = self._data
        highest = max(values, default=0.0)
        near = self._ceiling is not None and highest * CEILING_FROM >= self._ceiling
        top = max(highest, self._ceiling) if near and self._ceiling is not None else _round_up(highest)
        self._set_scale(top, near, bool(values))
        self._plot.setXRange(0.0, max([*t[-1:], 1.0]), padding=0.0)
        self._curve.setData(list(t), list(values))

    def _set_scale(self, top: float, near: bool, there: bool) -> None:
        """The axis is drawn anew only when it says something else: that takes as long as all the rest."""
        scale = (top, self._ceiling if near else None, there)
        if scale == self._scale:
            return
        self._scale = scale
        self._limit.setVisible(near)
        if near:
            self._limit.setValue(self._ceiling)
        self._plot.setYRange(0.0, top, padding=0.04)
        self._plot.setVisible(there)
        axis = self._plot.getPlotItem().getAxis("left")
        axis.setVisible(there)
        axis.setTicks([[(0.0, "0"), (top, f"{top:,.0f}")]] if there else [[]])

    def _paint_theme(self) -> None:
        if self._plot is None:
            return
        import pyqtgraph

        theme = current_theme()
        self._plot.setBackground(theme.surface)
        self._curve.setPen(pyqtgraph.mkPen(theme.accent, width=2))
        self._limit.setPen(pyqtgraph.mkPen(theme.muted, width=1, style=Qt.PenStyle.DashLine))
        tint = pyqtgraph.mkColor(theme.accent)
        tint.setAlpha(28)
        self._curve.setFillLevel(0.0)
        self._curve.setBrush(tint)
        axis = self._plot.getPlotItem().getAxis("left")
        axis.setWidth(px(40))
        axis.setPen(pyqtgraph.mkPen(theme.line))
        axis.setTextPen(pyqtgraph.mkPen(theme.muted))
        axis.setStyle(tickLength=0, tickTextOffset=2, tickFont=font(SIZE_TINY))


def _round_up(value: float) -> float:
    """The next round number, so that the scale does not creep with every step."""
    if value <= 0:
        return 10.0
    power = 10.0 ** (len(str(int(value))) - 1)
    return next(factor * power for factor in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if factor * power >= value)
