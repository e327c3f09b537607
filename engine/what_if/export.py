"""A what-if in tables, called WHAT-IF wherever it stands, so that nobody takes it for what a run has measured."""

from __future__ import annotations

from engine.trace.export_table import Table
from engine.what_if.outlook import Outlook

WHAT_IF = "WHAT-IF"


def what_if_rows(outlook: Outlook) -> Table:
    """Rows for a table of totals: what was asked, and what the run would have come to."""
    asked = outlook.what_if
    limits = {name: getattr(asked.budget, name) for name in asked.budget.__struct_fields__}
    rows: Table = [
        (WHAT_IF, "strategy", asked.strategy.name, ""),
        *((WHAT_IF, f"setting: {name}", value, "") for name, value in asked.strategy.settings.items()),
        *((WHAT_IF, f"weight: {choice.name}", choice.weight, "") for choice in asked.verifiers),
        *((WHAT_IF, f"budget: {name}", limit, "") for name, limit in limits.items() if limit is not None),
        *((WHAT_IF, name, getattr(outlook, name), "") for name in ("answer", "correct", "outcome", "reason")),
        (WHAT_IF, "candidate", None if outlook.candidate is None else outlook.candidate + 1, ""),
    ]
    counts = ("candidates", "candidates_finished", "candidates_spared", "chosen_among")
    rows += [(WHAT_IF, name, getattr(outlook, name), "") for name in counts]
    kinds = ("completion", "prompt", "cached", "verifier", "verifier_prompt", "verifier_cached")
    rows += [(WHAT_IF, kind, getattr(outlook, f"{kind}_tokens"), "tokens") for kind in kinds]
    return [
        *rows,
        (WHAT_IF, "flops", outlook.flops, "FLOPs (estimate)"),
        (WHAT_IF, "seconds", outlook.seconds_estimate, "seconds (estimate)"),
        (WHAT_IF, "energy", outlook.energy_joules_estimate, "joules (estimate)"),
        (WHAT_IF, "cost", outlook.cost_estimate, f"{outlook.currency} (estimate)".strip()),
        *((WHAT_IF, "note", note, "") for note in outlook.notes),
    ]


def with_what_if(candidates: Table, outlook: Outlook) -> Table:
    """A table of candidates with one more column: which of them a what-if picks, and which it does without.

    Where finished texts of a search were chosen from, only the pick is known.
    """
    header, *rows = candidates

    def place(number: object, row: int) -> str:
        if outlook.candidate is not None and number == outlook.candidate + 1:
            return "picked"
        if outlook.chosen_among is not None:
            return ""
        return "takes part" if row < outlook.candidates else "set aside"

    in_order = {row[0]: at for at, row in enumerate(sorted(rows, key=lambda row: int(row[0] or 0)))}
    return [(*header, WHAT_IF), *((*row, place(row[0], in_order[row[0]])) for row in rows)]
