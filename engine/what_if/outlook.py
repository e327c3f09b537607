"""The answer to a what-if: what a run would have come to, and at what price."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from engine.answers import same_answer
from engine.budget import Spent
from engine.events import Outcome
from engine.ledger import Ledger
from engine.what_if.recorded_run import RecordedRun
from engine.what_if.rehearsal import Rehearsal
from engine.what_if.request import WhatIf


class Outlook(Struct, frozen=True):
    """What a run would have come to. No token was generated for it.

    Answer, candidate, reason and the counts of tokens are those that the run would have had if its candidates wrote
    what was recorded. (Generated anew, a real model may round otherwise in a batch of another size, and write something
    else.) Tokens that a full KV cache made the run compute twice are not counted. `candidates` were begun,
    `candidates_finished` came to their own end, `candidates_spared` were not needed. Time, energy and cost are
    estimates: a step with fewer candidates in it is quicker, by as much as the recorded steps show. Energy and cost are
    None where the run knows none, `flops` where it does not know its model. `notes` say, a sentence each, what could
    not be known.
    """

    what_if: WhatIf
    answer: str | None
    candidate: int | None
    correct: bool | None
    reason: str
    outcome: Outcome
    budget_spent: Spent | None
    candidates: int
    candidates_finished: int
    candidates_spared: int
    completion_tokens: int
    prompt_tokens: int
    cached_tokens: int
    verifier_tokens: int
    verifier_prompt_tokens: int
    verifier_cached_tokens: int
    flops: float | None
    seconds_estimate: float
    energy_joules_estimate: float | None
    cost_estimate: float | None
    currency: str
    notes: tuple[str, ...]


def make_outlook(what_if: WhatIf, rehearsal: Rehearsal, run: RecordedRun) -> Outlook:
    """The outlook of a rehearsal that has been performed.

    Args:
        what_if: What was asked.
        rehearsal: The run that it leads to.
        run: The recorded run.
    """
    after = _share(rehearsal.ledger.verifier_tokens, run.state.ledger.verifier_tokens)
    seconds = rehearsal.seconds + run.timetable.tail_seconds * after
    ledger, answer = _priced(rehearsal.ledger, run, seconds), rehearsal.answer
    known = run.setup.problem.answer
    ended = rehearsal.candidates.values()
    return Outlook(
        what_if=what_if,
        answer=answer.answer,
        candidate=answer.candidate,
        correct=None if known is None or answer.candidate is None else same_answer(answer.answer, known),
        reason=answer.reason,
        outcome=rehearsal.outcome,
        budget_spent=rehearsal.spent,
        candidates=rehearsal.begun,
        candidates_finished=sum(candidate.finish_reason in ("stop", "length") for candidate in ended),
        candidates_spared=rehearsal.spared,
        completion_tokens=ledger.completion_tokens,
        prompt_tokens=ledger.prompt_tokens,
        cached_tokens=ledger.cached_tokens,
        verifier_tokens=ledger.verifier_tokens,
        verifier_prompt_tokens=ledger.verifier_prompt_tokens,
        verifier_cached_tokens=ledger.verifier_cached_tokens,
        flops=ledger.flops if ledger.model else None,
        seconds_estimate=seconds,
        energy_joules_estimate=ledger.energy_joules,
        cost_estimate=ledger.cost,
        currency=ledger.tariff.currency,
        notes=(*_notes(rehearsal), *_notes_on_run(what_if, run)),
    )


def _share(tokens: int, recorded: int) -> float:
    """What is left of the time after the last candidate: a model judge that says less takes less of it."""
    return tokens / recorded if recorded else 1.0


def _priced(ledger: Ledger, run: RecordedRun, seconds: float) -> Ledger:
    """Energy by the recorded run's mean power, its price by the recorded tariff."""
    recorded = run.state.ledger
    ledger.model, ledger.tariff = recorded.model, recorded.tariff
    ledger.energy_joules = run.joules(seconds)
    return ledger


def _notes(rehearsal: Rehearsal) -> Iterator[str]:
    total = len(rehearsal.candidates)
    for verifier, missing in rehearsal.silent.items():
        yield f"“{verifier}” needs the model, and its score was not recorded for {missing} of {total} candidates."
    if rehearsal.unfinished == 1:
        yield "1 candidate was stopped before its end when it was recorded: what it would have answered is not known."
    elif rehearsal.unfinished:
        yield (
            f"{rehearsal.unfinished} candidates were stopped before their end when they were recorded:"
            " what they would have answered is not known."
        )
    if rehearsal.timed_by_share:
        yield "The recorded steps do not show what smaller ones take: the time is by tokens, and likely too short."


def _notes_on_run(what_if: WhatIf, run: RecordedRun) -> Iterator[str]:
    if run.was_changed:
        yield "A person changed the run while it went on; this is a run that had its last set-up from the start."
    budget = what_if.budget
    if (budget.joules is not None or budget.price is not None) and run.state.ledger.energy_joules is None:
        yield "The run recorded no energy, so a budget of joules or of a price cuts nothing off."
