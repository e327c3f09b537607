"""How much of the budget is gone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QLabel, QWidget

from engine.budget import Unit
from engine.setup import BUDGET_UNITS, Budget
from engine.trace.fold import RunState
from widgets.meters import numbers
from widgets.meters.gauge import Gauge
from widgets.meters.numbers import rough
from widgets.models.projection import Projection, project
from widgets.panels.section import Section
from widgets.theme import set_role
from widgets.translation import later, tr

GAUGES: dict[Unit, tuple[str, str]] = {
    "tokens": (later("Tokens"), later("Generated tokens, a verifier's included.")),
    "seconds": (later("Seconds"), later("Time of the run; pauses do not count.")),
    "all_tokens": (later("All tokens"), later("Generated tokens, and all that were computed of prompts.")),
    "candidates": (later("Candidates"), later("Texts that were begun; branches of yours do not count.")),
    "simulations": (later("Simulations"), later("Simulations of the tree search that have backed a value up.")),
    "joules": (later("Energy"), later("Energy of the run, as it was read or estimated.")),
    "price": (later("Price"), later("What that energy costs by the tariff of the set-up.")),
}
ALWAYS: tuple[Unit, ...] = ("tokens", "seconds")


class BudgetMeter(Section):
    """A gauge for tokens, for seconds and for every other bound that is set; a sentence when one ended the run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Budget"), parent)
        self.gauges = {unit: Gauge(tr(name), tr(help_text)) for unit, (name, help_text) in GAUGES.items()}
        self.tokens, self.seconds = self.gauges["tokens"], self.gauges["seconds"]
        self.outlook = QLabel(wordWrap=True)
        set_role(self.outlook, "muted")
        self.outlook.hide()
        self.spent = QLabel(wordWrap=True)
        self.spent.hide()
        for widget in (*self.gauges.values(), self.outlook, self.spent):
            self.body.addWidget(widget)

    def show_state(self, state: RunState) -> None:
        """Shows the gauges of a state."""
        budget = state.budget if state.start is not None else None
        coming = project(state)
        for unit, gauge in self.gauges.items():
            limit = getattr(budget, unit) if budget is not None else None
            gauge.setVisible(unit in ALWAYS or limit is not None)
            if budget is None:
                gauge.show_nothing()
            elif not gauge.isHidden():
                self._show_gauge(unit, state, limit, getattr(coming, unit, 0.0))
        self._show_outlook(coming, budget)
        spent = state.budget_spent
        self.spent.setVisible(spent is not None)
        if spent is not None:
            self.spent.setText(
                tr("The budget of {0:,.10g} {1} ended the run.", spent.limit, tr(BUDGET_UNITS[spent.unit]))
            )

    def _show_gauge(self, unit: Unit, state: RunState, limit: float | None, projected: float) -> None:
        gauge, used, words = self.gauges[unit], used_of(state, unit), _wording(unit, state)
        if unit in ("joules", "price"):
            name = tr(GAUGES[unit][0])
            gauge.name.setText(tr("{0}, estimate", name) if state.ledger.estimated else name)
        shares = (1.0, 0.0) if limit is None or limit <= 0 else ((used or 0.0) / limit, projected / limit)
        shown = f"{state.t:,.{1 if limit is None or limit >= 1 else 2}f}" if unit == "seconds" else words(used)
        gauge.show_use(shown, None if limit is None else words(limit), *shares)

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


def used_of(state: RunState, unit: Unit) -> float | None:
    """What a run has used of one of the budget's units; None where nobody knows."""
    ledger = state.ledger
    match unit:
        case "tokens":
            return ledger.completion_tokens + ledger.verifier_tokens
        case "all_tokens":
            return ledger.computed_tokens
        case "seconds":
            return state.t
        case "candidates":
            return sum(c.purpose != "branch" for c in state.candidates.values())
        case "simulations":
            return state.simulations
        case "joules":
            return ledger.energy_joules
        case "price":
            return ledger.cost


def _wording(unit: Unit, state: RunState) -> Callable[[float | None], str]:
    """How an amount of a unit is written."""
    match unit:
        case "joules":
            return lambda value: numbers.prefixed(value, "J")
        case "price":
            return lambda value: numbers.price(value, state.ledger.tariff.currency)
        case _:
            return lambda value: numbers.UNKNOWN if value is None else f"{value:,.10g}"
