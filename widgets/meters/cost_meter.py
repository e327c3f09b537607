"""What the run has used so far; estimates are called so."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from engine.trace.fold import RunState
from widgets.meters import numbers
from widgets.meters.fact_rows import FactRows
from widgets.meters.rate_series import RateSeries
from widgets.meters.sparkline import Sparkline
from widgets.meters.token_stack import TokenStack
from widgets.panels.section import Section
from widgets.translation import later, tr, tr_each

ROWS = {
    "generated": (later("Tokens generated"), later("Tokens that candidates have written.")),
    "prompt": (later("Prompt tokens read"), later("Prompt tokens that the model read for this run.")),
    "cached": (
        later("Prompt tokens cached"),
        later("Prompt tokens that candidates shared instead of reading them again."),
    ),
    "verifier": (
        later("Tokens of judges"),
        later("Tokens that verifiers have written; they are charged to the same budget."),
    ),
    "saved": (
        later("Tokens saved, estimate"),
        later("What candidates that were not needed would have written."),
    ),
    "flops": (
        later("Compute"),
        later("Floating-point operations: 2 × parameters a token, and 2 × layers × width × context."),
    ),
    "energy": (
        later("Energy"),
        later("From the machine's own counter where it can be read; otherwise watts × seconds, an estimate."),
    ),
    "price": (later("Electricity"), later("Energy × price a kilowatt-hour of the set-up.")),
}


class CostMeter(Section):
    """Tokens over time towards their budget, tokens by kind, operations, energy and money."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Cost so far"), parent)
        self.sparkline = Sparkline(tr("Tokens generated over the run"))
        self.sparkline.setToolTip(tr("Tokens generated over the run; the dashed line is their budget."))
        self.stack = TokenStack()
        self.rows = FactRows(
            {key: tr_each(words) for key, words in ROWS.items()},
            below={"generated": self.sparkline, "verifier": self.stack},
        )
        self._series = RateSeries()
        self.body.addWidget(self.rows)

    def show_course(self, state: RunState) -> None:
        """Shows the tokens of a state over time."""
        if self._series.follow(state.rate_samples):
            self.sparkline.set_data(*self._series.totals(), ceiling=state.budget.tokens)

    def show_kinds(self, state: RunState) -> None:
        """Shows them by kind."""
        self.stack.show_state(state)

    def show_ledger(self, state: RunState) -> None:
        """Shows the figures."""
        ledger, there = state.ledger, state.status != "empty"
        tokens = {
            "prompt": ledger.prompt_tokens,
            "cached": ledger.cached_tokens,
            "generated": ledger.completion_tokens,
            "verifier": ledger.verifier_tokens,
        }
        for key, value in tokens.items():
            self.rows.set_value(key, numbers.count(value if there else None))
        self.rows.set_shown("saved", state.spared is not None)
        if state.spared is not None:
            self.rows.set_value("saved", numbers.count(state.spared.tokens))
        self.rows.set_value("flops", numbers.prefixed(ledger.flops if ledger.flops else None, "FLOP"))
        # No machine has worked for texts that are made up, whatever an older recording says.
        simulated = state.start is not None and state.start.backend == "simulated"
        for key in ("energy", "price"):
            self.rows.set_shown(key, not simulated)
        estimated = ledger.energy_source == "estimate"
        self.rows.set_name("energy", tr("Energy, estimate") if estimated else tr("Energy"))
        self.rows.set_name("price", tr("Electricity, estimate") if estimated else tr("Electricity"))
        self.rows.set_value("energy", numbers.prefixed(ledger.energy_joules, "J"))
        self.rows.set_value("price", numbers.price(ledger.cost, ledger.tariff.currency))
