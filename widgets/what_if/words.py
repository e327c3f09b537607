"""The answer to a what-if in words and figures, beside what the run came to."""

from __future__ import annotations

from typing import NamedTuple

from engine.trace.fold import RunState
from engine.what_if.outlook import Outlook


class Figure(NamedTuple):
    """One figure: its name, what it would be, and how it differs from what was (empty: it does not)."""

    name: str
    value: str
    change: str


def figures(state: RunState, outlook: Outlook) -> list[Figure]:
    """Tokens, time and cost of a what-if, and how they differ from the run's."""
    ledger = state.ledger
    rows = [_figure("tokens", outlook.completion_tokens, ledger.completion_tokens, "{:,.0f}")]
    if outlook.verifier_tokens or ledger.verifier_tokens:
        rows.append(_figure("judges' tokens", outlook.verifier_tokens, ledger.verifier_tokens, "{:,.0f}"))
    rows.append(_estimate("seconds", outlook.seconds_estimate, state.t, "{:,.1f}"))
    if outlook.energy_joules_estimate is not None and ledger.energy_joules is not None:
        rows.append(_estimate("joules", outlook.energy_joules_estimate, ledger.energy_joules, "{:,.0f}"))
    rows.append(_candidates(outlook))
    return rows


def verdict(state: RunState, outlook: Outlook) -> str:
    """“21 instead of 18: right”, “18, as it was: wrong”."""
    answer = "no answer" if outlook.answer is None else " ".join(outlook.answer.split())
    was = None if state.answer is None or state.answer.answer is None else " ".join(state.answer.answer.split())
    if was == outlook.answer or (was is not None and was == answer):
        words = f"{answer}, as it was"
    else:
        words = f"{answer} instead of {was if was is not None else 'no answer'}"
    return words if outlook.correct is None else f"{words}: {'right' if outlook.correct else 'wrong'}"


def _candidates(outlook: Outlook) -> Figure:
    if outlook.chosen_among is not None:
        return Figure("finished texts to choose from", f"{outlook.chosen_among:,}", "")
    spared = f", {outlook.candidates_spared:,} not needed" if outlook.candidates_spared else ""
    return Figure(f"candidates{spared}", f"{outlook.candidates:,}", "")


def _figure(name: str, now: float, was: float, form: str) -> Figure:
    change = round(100 * (now - was) / was) if was else 0
    return Figure(name, form.format(now), f"{change:+d} %".replace("-", "−") if change else "")


def _estimate(name: str, now: float, was: float, form: str) -> Figure:
    figure = _figure(name, now, was, form)
    return figure._replace(change=", ".join(filter(None, (figure.change, "estimate"))))
