"""Tokens a second as a line. The plot library is imported after the window is on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from widgets.theme import SIZE_TINY, THEMES, current_theme, font, px

HEIGHT = 64


class Sparkline(QWidget):
    """A live plot without a frame; empty until `load_plot` was called."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(px(HEIGHT))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._plot: Any = None  # a pyqtgraph.PlotWidget, a type that is not there before it is imported
        self._data: tuple[Sequence[float], Sequence[float]] = ((), ())
        self.setAccessibleName("Tokens per second over the run")
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
        axis = plot.getPlotItem().getAxis("left")
        axis.setWidth(px(30))
        plot.setFrameShape(plot.Shape.NoFrame)
        plot.getPlotItem().setContentsMargins(0, 7, 0, 5)
        self._curve = plot.plot([], [], antialias=True)
        self._plot = plot
        self._column.addWidget(plot)
        self._paint_theme()
        self._draw()

    def set_data(self, t: Sequence[float], rates: Sequence[float]) -> None:
        """Shows rates (tokens a second) at times (seconds); called at most ten times a second."""
        self._data = (t, rates)
        self._draw()

    def _draw(self) -> None:
        if self._plot is None:
            return
        t, rates = self._data
        top = _round_up(max(rates, default=0.0))
        self._plot.setXRange(0.0, max([*t[-1:], 1.0]), padding=0.0)
        self._plot.setYRange(0.0, top, padding=0.04)
        axis = self._plot.getPlotItem().getAxis("left")
        axis.setVisible(bool(rates))
        axis.setTicks([[(0.0, "0"), (top, f"{top:,.0f}")]] if rates else [[]])
        self._curve.setData(list(t), list(rates))

    def _paint_theme(self) -> None:
        if self._plot is None:
            return
        import pyqtgraph

        theme = current_theme()
        self._plot.setBackground(theme.surface)
        self._curve.setPen(pyqtgraph.mkPen(theme.accent, width=2))
        tint = pyqtgraph.mkColor(theme.accent)
        tint.setAlpha(28)
        self._curve.setFillLevel(0.0)
        self._curve.setBrush(tint)
        axis = self._plot.getPlotItem().getAxis("left")
        axis.setPen(pyqtgraph.mkPen(theme.line))
        axis.setTextPen(pyqtgraph.mkPen(theme.muted))
        axis.setStyle(tickLength=0, tickFont=font(SIZE_TINY))


def _round_up(value: float) -> float:
    """The next round number, so that the scale does not creep with every step."""
    if value <= 0:
        return 10.0
    power = 10.0 ** (len(str(int(value))) - 1)
    return next(factor * power for factor in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if factor * power >= value)
