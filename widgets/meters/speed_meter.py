"""How fast tokens come, now and over the run, and how long the first one took."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from engine.trace.fold import RunState
from widgets.meters import numbers
from widgets.meters.rate_series import RateSeries, mean_rate, recent_rate
from widgets.meters.sparkline import Sparkline
from widgets.panels.section import Section
from widgets.steady_label import SteadyLabel
from widgets.theme import set_role
from widgets.translation import tr


class SpeedMeter(Section):
    """Tokens a second in large type, and their course as a line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Speed"), parent, spacing=4)
        self.rate = SteadyLabel(numbers.UNKNOWN)
        set_role(self.rate, "number")
        self.rate.setAccessibleName(tr("Tokens per second"))
        self.words = QLabel(wordWrap=True)
        set_role(self.words, "muted")
        self.words.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.sparkline = Sparkline(tr("Tokens per second over the run"))
        self._series = RateSeries()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.rate)
        row.addWidget(self.words, 1)
        self.body.addLayout(row)
        self.body.addWidget(self.sparkline)

    def show_state(self, state: RunState) -> None:
        """Shows the speed of a state: of the last second while it runs, over the whole run when it is over."""
        over = state.status in ("finished", "failed")
        first = state.ledger.first_token_at
        rate = mean_rate(state.rate_samples) if over else recent_rate(state.rate_samples, since=first)
        self.rate.setText(numbers.UNKNOWN if rate is None else f"{rate:,.0f}")
        self.rate.setEnabled(rate is not None)
        now = tr("tokens/s before the pause") if state.status == "paused" else tr("tokens/s now")
        words = tr("tokens/s on average") if over else now
        self.words.setText(words + ("\n" + tr("first token after {0:.2f} s", first) if first is not None else ""))
        if self._series.follow(state.rate_samples):
            self.sparkline.set_data(*self._series.rates())
