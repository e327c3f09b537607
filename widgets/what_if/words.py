"""The answer to a what-if in words and figures, beside what the run came to."""

from __future__ import annotations

from typing import NamedTuple

from engine.trace.fold import RunState
from engine.what_if.outlook import Outlook
from widgets.translation import tr


class Figure(NamedTuple):
    """One figure: its name, what it would be, and how it differs from what was (empty: it does not)."""

    name: str
    value: str
    change: str


def figures(state: RunState, outlook: Outlook) -> list[Figure]:
    """Tokens, time and cost of a what-if, and how they differ from the run's."""
    ledger = state.ledger
    rows = [_figure(tr("tokens"), outlook.completion_tokens, ledger.completion_tokens, "{:,.0f}")]
    if outlook.verifier_tokens or ledger.verifier_tokens:
        rows.append(_figure(tr("judges' tokens"), outlook.verifier_tokens, ledger.verifier_tokens, "{:,.0f}"))
    rows.append(_estimate(tr("seconds"), outlook.seconds_estimate, state.t, "{:,.1f}"))
    if outlook.energy_joules_estimate is not None and ledger.energy_joules is not None:
        rows.append(_estimate(tr("joules"), outlook.energy_joules_estimate, ledger.energy_joules, "{:,.0f}"))
    rows.append(_candidates(outlook))
    return rows


def verdict(state: RunState, outlook: Outlook) -> str:
    """“21 instead of 18: right”, “18, as it was: wrong”."""
    answer = tr("no answer") if outlook.answer is None else " ".join(outlook.answer.split())
    was = None if state.answer is None or state.answer.answer is None else " ".join(state.answer.answer.split())
    if was == outlook.answer or (was is not None and was == answer):
        words = tr("{0}, as it was", answer)
    else:
        words = tr("{0} instead of {1}", answer, was if was is not None else tr("no answer"))
    if outlook.correct is None:
        return words
    return f"{words}: " + (tr("right") if outlook.correct else tr("wrong"))


def _candidates(outlook: Outlook) -> Figure:
    if outlook.chosen_among is not None:
        return Figure(tr("finished texts to choose from"), f"{outlook.chosen_among:,}", "")
    name = tr("candidates")
    if outlook.candidates_spared:
        name = tr("candidates, {0:,} not needed", outlook.candidates_spared)
    return Figure(name, f"{outlook.candidates:,}", "")


def _figure(name: str, now: float, was: float, form: str) -> Figure:
    change = round(100 * (now - was) / was) if was else 0
    return Figure(name, form.format(now), f"{change:+d} %".replace("-", "−") if change else "")


def _estimate(name: str, now: float, was: float, form: str) -> Figure:
    figure = _figure(name, now, was, form)
    return figure._replace(change=", ".join(filter(None, (figure.change, tr("estimate")))))
