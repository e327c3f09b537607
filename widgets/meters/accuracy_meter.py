"""How many of the finished candidates are right, where the answer is known, and how sure that makes one."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from engine.lab.estimators import Interval, wilson_interval
from engine.trace.fold import CandidateState, RunState
from widgets.painting import painted
from widgets.panels.section import Section
from widgets.scaled import scaled_height
from widgets.theme import THEMES, blend, current_theme, qcolor, set_role
from widgets.translation import tr

HEIGHT, BAND = 14, 6
INDEPENDENT = frozenset(("direct", "chain-of-thought", "self-consistency", "best-of-n", "adaptive"))
"""Strategies whose texts are drawn apart from each other. In a search they share beginnings, a revision is made from
its draft, and first tokens are taken in order: of those no interval can be told."""


class ShareBar(QWidget):
    """A share as a line on a track, and the interval around it as a band."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share = 0.0
        self._interval: Interval | None = None
        scaled_height(self, HEIGHT)
        THEMES.theme_changed.connect(self.update)

    def show_share(self, share: float, interval: Interval | None) -> None:
        """Shows a share, and its interval where one is known."""
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
        low, high = (0.0, self._share) if self._interval is None else (self._interval.low, self._interval.high)
        for colour, left, right in ((theme.line, 0.0, 1.0), (blend(theme.good, theme.surface, 0.55), low, high)):
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
        for widget in (self.words, self.bar, self.sure):
            self.body.addWidget(widget)
        self.hide()

    def show_state(self, state: RunState) -> None:
        """Shows the share of a state."""
        judged = [c for c in state.candidates.values() if c.is_whole and c.correct is not None]
        independent = state.start is not None and state.start.setup.strategy.name in INDEPENDENT
        verdicts = [bool(c.correct) for c in (judged if independent else different_texts(state, judged))]
        self.setVisible(len(verdicts) > 1)
        if len(verdicts) > 1:
            (self._show_samples if independent else self._show_texts)(sum(verdicts), len(verdicts))
            self.bar.setAccessibleDescription(self.sure.text())

    def _show_samples(self, right: int, count: int) -> None:
        interval = wilson_interval(right, count)
        self.setToolTip(tr("Finished candidates whose answer is the known one. The band is Wilson's 95 % interval."))
        self.words.setText(tr("{0} of {1} candidates", right, count))
        between = tr("between {0:.0%} and {1:.0%}", interval.low, interval.high)
        self.sure.setText(tr("{0:.0%}; of many more it would be {1} (95 %)", right / count, between))
        self.bar.show_share(right / count, interval)

    def _show_texts(self, right: int, count: int) -> None:
        self.setToolTip(tr("Different finished texts whose answer is the known one; each counts once."))
        self.words.setText(tr("{0} of {1} different texts", right, count))
        self.sure.setText(tr("{0:.0%}; no interval, for these texts depend on each other", right / count))
        self.bar.show_share(right / count, None)


def different_texts(state: RunState, candidates: Iterable[CandidateState]) -> list[CandidateState]:
    """One candidate for each text that was written: without what was merged, and without a text written again."""
    beginnings: dict[int, str] = {}
    found: dict[str, CandidateState] = {}
    for candidate in candidates:
        if candidate.merged_into is None:
            found.setdefault(_whole_text(state, candidate, beginnings), candidate)
    return list(found.values())


def _whole_text(state: RunState, candidate: CandidateState, known: dict[int, str]) -> str:
    """All that stands there at its end: a step has only what it added. Beginnings are kept in `known`."""
    way: list[CandidateState] = []
    at: CandidateState | None = candidate
    while at is not None and at.id not in known:
        way.append(at)
        at = state.candidates.get(at.parent) if at.parent is not None else None
    text = known[at.id] if at is not None else ""
    for one in reversed(way):
        text = known[one.id] = text + one.text
    return text
