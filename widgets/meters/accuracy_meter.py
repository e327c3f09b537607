"""How many of the finished candidates are right, where the answer is known, and how sure that makes one."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from engine.lab.estimators import Interval, wilson_interval
from engine.trace.fold import RunState
from widgets.painting import painted
from widgets.panels.section import Section
from widgets.scaled import scaled_height
from widgets.theme import THEMES, blend, current_theme, qcolor, set_role
from widgets.translation import tr

HEIGHT, BAND = 14, 6


class ShareBar(QWidget):
    """A share as a line on a track, and the interval around it as a band."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share, self._interval = 0.0, Interval(0.0, 1.0)
        scaled_height(self, HEIGHT)
        THEMES.theme_changed.connect(self.update)

    def show_share(self, share: float, interval: Interval) -> None:
        """Shows a share and its interval."""
        if (share, interval) != (self._share, self._interval):
            self._share, self._interval = share, interval
            self.update()

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws track, band and line."""
        theme, width, middle = current_theme(), float(self.width()), self.height() / 2
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for colour, left, right in (
            (theme.line, 0.0, 1.0),
            (blend(theme.good, theme.surface, 0.55), self._interval.low, self._interval.high),
        ):
            painter.setBrush(qcolor(colour))
            painter.drawRoundedRect(QRectF(left * width, middle - BAND / 2, (right - left) * width, BAND), 3, 3)
        painter.setBrush(qcolor(theme.text))
        painter.drawRect(QRectF(min(width - 2, max(0.0, self._share * width - 1)), 0, 2, self.height()))


class AccuracyMeter(Section):
    """“5 of 9 right”. Hidden where the answer is not known, or before anything has finished."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Right so far"), parent, spacing=4)
        self.words, self.bar, self.sure = QLabel(), ShareBar(), QLabel(wordWrap=True)
        set_role(self.words, "strong")
        set_role(self.sure, "muted")
        self.setToolTip(tr("Finished candidates whose answer is the known one. The band is Wilson's 95 % interval."))
        for widget in (self.words, self.bar, self.sure):
            self.body.addWidget(widget)
        self.hide()

    def show_state(self, state: RunState) -> None:
        """Shows the share of a state."""
        judged = [c.correct for c in state.candidates.values() if c.is_whole and c.correct is not None]
        self.setVisible(len(judged) > 1)
        if len(judged) < 2:
            return
        right, count = sum(judged), len(judged)
        interval = wilson_interval(right, count)
        self.words.setText(tr("{0} of {1} candidates", right, count))
        between = tr("between {0:.0%} and {1:.0%}", interval.low, interval.high)
        self.sure.setText(tr("{0:.0%}; of many more it would be {1} (95 %)", right / count, between))
        self.bar.show_share(right / count, interval)
        self.bar.setAccessibleDescription(self.sure.text())
