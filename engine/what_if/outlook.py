"""The answer to a what-if: what a run would have come to, and at what price."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from msgspec import Struct

from engine.answers import same_answer
from engine.budget import Spent
from engine.events import Outcome
from engine.ledger import Ledger
from engine.strategies.base import Answer
from engine.types import Candidate
from engine.what_if.recorded_run import RecordedRun
from engine.what_if.request import WhatIf


class Ending(Protocol):
    """How a run would have come to its end, gone through anew or cut off and chosen from. See `Outlook`."""

    spent: Spent | None
    ledger: Ledger
    silent: Counter[str]

    @property
    def answer(self) -> Answer: ...
    @property
    def outcome(self) -> Outcome: ...
    @property
    def candidates(self) -> Mapping[int, Candidate]: ...
    @property
    def chosen_among(self) -> int | None: ...
    @property
    def seconds(self) -> float: ...
    @property
    def begun(self) -> int: ...
    @property
    def ended(self) -> int: ...
    @property
    def spared(self) -> int: ...
    @property
    def notes(self) -> Iterable[str]: ...


class Outlook(Struct, frozen=True):
    """What a run would have come to. No token was generated for it.

    Answer, candidate, reason and the counts of tokens are those that the run would have had if its candidates wrote
    what was recorded. (Generated anew, a real model may round otherwise in a batch of another size, and write something
    else.) Tokens that a full KV cache made the run compute twice are not counted. `candidates` were begun,
    `candidates_finished` came to their own end, `candidates_spared` were not needed. Time, energy and cost are
    estimates: a step with fewer candidates in it is quicker, by as much as the recorded steps show. Energy and cost are
    None where the run knows none, `flops` where it does not know its model. `notes` say, a sentence each, what could
    not be known.

    A search, a refinement or a chain of thinking is not run again: `chosen_among` is how many finished texts of it
    there were to choose from then (None: the run itself was gone through), and what had been used by that time is
    what was recorded, its steps and judges included.
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
    chosen_among: int | None
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


def make_outlook(what_if: WhatIf, ending: Ending, run: RecordedRun) -> Outlook:
    """The outlook of an end that has been come to.

    Args:
        what_if: What was asked.
        ending: What it leads to.
        run: The recorded run.
    """
    ledger, answer = _priced(ending.ledger, run, ending.seconds), ending.answer
    known = run.setup.problem.answer
    return Outlook(
        what_if=what_if,
        answer=answer.answer,
        candidate=answer.candidate,
        correct=None if known is None or answer.candidate is None else same_answer(answer.answer, known),
        reason=answer.reason,
        outcome=ending.outcome,
        budget_spent=ending.spent,
        candidates=ending.begun,
        candidates_finished=ending.ended,
        candidates_spared=ending.spared,
        chosen_among=ending.chosen_among,
        completion_tokens=ledger.completion_tokens,
        prompt_tokens=ledger.prompt_tokens,
        cached_tokens=ledger.cached_tokens,
        verifier_tokens=ledger.verifier_tokens,
        verifier_prompt_tokens=ledger.verifier_prompt_tokens,
        verifier_cached_tokens=ledger.verifier_cached_tokens,
        flops=ledger.flops if ledger.model else None,
        seconds_estimate=ending.seconds,
        energy_joules_estimate=ledger.energy_joules,
        cost_estimate=ledger.cost,
        currency=ledger.tariff.currency,
        notes=(*_silences(ending), *ending.notes, *_notes_on_run(what_if, run)),
    )


def _priced(ledger: Ledger, run: RecordedRun, seconds: float) -> Ledger:
    """Energy by the recorded run's mean power, its price by the recorded tariff."""
    recorded = run.state.ledger
    ledger.model, ledger.tariff = recorded.model, recorded.tariff
    ledger.energy_joules = run.joules(seconds)
    return ledger


def _silences(ending: Ending) -> Iterator[str]:
    total = len(ending.candidates)
    for verifier, missing in ending.silent.items():
        yield f"“{verifier}” needs the model, and its score was not recorded for {missing} of {total} candidates."


def _notes_on_run(what_if: WhatIf, run: RecordedRun) -> Iterator[str]:
    if run.was_changed:
        yield "A person changed the run while it went on; this is a run that had its last set-up from the start."
    budget = what_if.budget
    if (budget.joules is not None or budget.price is not None) and run.state.ledger.energy_joules is None:
        yield "The run recorded no energy, so a budget of joules or of a price cuts nothing off."
