"""How much of the budget is gone."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.setup import BUDGET_UNITS, Budget
from engine.trace.fold import RunState
from widgets.meters.bars import GaugeBar
from widgets.meters.numbers import UNKNOWN, rough
from widgets.models.projection import Projection, project
from widgets.panels.section import Section
from widgets.steady_label import SteadyLabel
from widgets.theme import set_role
from widgets.translation import tr


class Gauge(QWidget):
    """A name, "318 of 1,200", and a bar."""

    def __init__(self, name: str, help_text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.words, self.bar = QLabel(name), SteadyLabel(), GaugeBar()
        self.words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setToolTip(help_text)
        self.words.setAccessibleName(tr("Budget, {0}", name.lower()))
        row = QHBoxLayout()
        row.addWidget(self.name, 1)
        row.addWidget(self.words)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addLayout(row)
        column.addWidget(self.bar)

    def show_nothing(self) -> None:
        """Shows that there is no run."""
        self.words.setText(UNKNOWN)
        self.bar.setVisible(True)
        self.bar.set_share(0.0)

    def show_use(self, used: float, limit: float | None, decimals: int, projected: float = 0.0) -> None:
        """Shows what is used of a limit, and what is expected to be; None is no limit, and then no bar is needed."""
        shown = f"{used:,.{decimals}f}"
        self.words.setText(tr("{0}, no limit", shown) if limit is None else tr("{0} of {1:,.0f}", shown, limit))
        self.bar.setVisible(limit is not None)
        if limit is not None:
            self.bar.set_share(*((used / limit, projected / limit) if limit > 0 else (1.0, 0.0)))


class BudgetMeter(Section):
    """A gauge for tokens and one for seconds, and a sentence when one of them ended the run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Budget"), parent)
        self.tokens = Gauge(tr("Tokens"), tr("Generated tokens, a verifier's included."))
        self.seconds = Gauge(tr("Seconds"), tr("Time of the run; pauses do not count."))
        self.outlook = QLabel(wordWrap=True)
        set_role(self.outlook, "muted")
        self.outlook.hide()
        self.spent = QLabel(wordWrap=True)
        self.spent.hide()
        for widget in (self.tokens, self.seconds, self.outlook, self.spent):
            self.body.addWidget(widget)

    def show_state(self, state: RunState) -> None:
        """Shows the gauges of a state."""
        budget = state.budget if state.start is not None else None
        coming = project(state)
        ledger = state.ledger
        used = ledger.completion_tokens + ledger.verifier_tokens
        if budget is None:
            for gauge in (self.tokens, self.seconds):
                gauge.show_nothing()
        else:
            tokens, seconds = (coming.tokens, coming.seconds) if coming is not None else (0.0, 0.0)
            self.tokens.show_use(used, budget.tokens, 0, tokens)
            self.seconds.show_use(state.t, budget.seconds, 1, seconds)
        self._show_outlook(coming, budget)
        spent = state.budget_spent
        self.spent.setVisible(spent is not None)
        if spent is not None:
            self.spent.setText(
                tr("The budget of {0:,.10g} {1} ended the run.", spent.limit, tr(BUDGET_UNITS[spent.unit]))
            )

    def _show_outlook(self, coming: Projection | None, budget: Budget | None) -> None:
        self.outlook.setVisible(coming is not None)
        if coming is None or budget is None:
            return
        limits = (budget.tokens, coming.tokens), (budget.seconds, coming.seconds)
        over = any(limit is not None and value > limit for limit, value in limits)
        words = tr(
            "Estimate: up to about {0:,.0f} tokens and {1:,.10g} s when all {2} are done",
            rough(coming.tokens),
            rough(coming.seconds),
            coming.candidates,
        )
        self.outlook.setText(tr("{0}; the budget ends before that.", words) if over else f"{words}.")
