"""A recorded run as a source of candidates: who can answer which trial, and how the run came to its end."""

from __future__ import annotations

from collections.abc import Collection
from functools import reduce

from msgspec.structs import replace

from engine.acts import AnyAct, ChangeBudget, ChangeSetting, ChangeVerifiers
from engine.budget import MOST_AT_ONCE
from engine.errors import BadInputError
from engine.events import BudgetSpent
from engine.ledger import JOULES_PER_KWH
from engine.setup import RunSetup
from engine.strategies.registry import build_strategy, strategy_spec
from engine.trace.fold import CandidateState, RunState
from engine.types import Prompt, Sampling, Trial
from engine.what_if.record import Fate, Record, make_record
from engine.what_if.timetable import Timetable


class RecordedRun:
    """The records of a run and what they are answers to.

    Args:
        state: The run at its end. It is read again when a candidate is stopped in the middle: it must not go on.

    Attributes:
        setup: What was run; where a person changed it on the way, how it was in the end.
        was_changed: Whether somebody did.
        timetable: Its decode steps.
        records: Its candidates.
        is_independent: Whether each of them answers a prompt by itself. In a search, a refinement or a chain of
            thinking what comes depends on what came before.
        found: Those whose answers count and that came to their end, in order of arrival.
        candidates: How many a strategy can ask for: of independent ones from the first on, else of those found.
        in_order: Whether it came to the end that its strategy wanted; otherwise something cut it off.
        budget_spent: The budget that cut it off, if one did.

    Raises:
        BadInputError: There is no run in it, or its strategy is not known here.
    """

    def __init__(self, state: RunState) -> None:
        if state.start is None:
            raise BadInputError("There is no run to ask about.", "It has not begun.")
        self.state = state
        acts = [event.act for event in state.acts if not event.refused]
        self.setup = reduce(_after, acts, state.start.setup)
        self.was_changed = self.setup != state.start.setup
        self.timetable = Timetable(state)
        self.in_order = state.finish is not None and state.finish.outcome in ("answered", "no_answer")
        self.budget_spent: BudgetSpent | None = state.budget_spent
        self.records = {number: self._record(candidate) for number, candidate in state.candidates.items()}
        self.is_independent = all(map(_is_sample, state.candidates.values()))
        whole = (r for r in self.records.values() if r.fate == "ended" and r.candidate.is_whole)
        self.found = sorted(whole, key=lambda record: record.arrival)
        self._prompts = self._recorded_prompts() if self.is_independent else {}
        self.candidates = self._count_candidates() if self.is_independent else len(self.found)

    def find(self, setup: RunSetup, trial: Trial) -> Record:
        """The recorded candidate that a trial would have led to.

        Args:
            setup: Whose trial it is.
            trial: What its strategy asks for.

        Raises:
            BadInputError: None was recorded.
        """
        prompt = self._prompts.get((trial.prompt, trial.sampling))
        if trial.origin is not None or prompt is None:
            raise not_recorded(setup)
        if not self._is_independent(trial.id, (prompt,)):
            noun = "candidate is" if self.candidates == 1 else "candidates are"
            raise BadInputError(
                f"{self.candidates:,} {noun} recorded, and more are asked for.",
                "A what-if generates no new ones.",
                f"Ask for {self.candidates:,} at most, or make a run with more.",
            )
        return self.records[trial.id]

    def chain(self, record: Record) -> list[Record]:
        """The steps that a candidate's text was made in, itself the last; itself alone if it was not made in steps."""
        chain = [record]
        while record.candidate.steps and record.candidate.parent is not None:
            record = self.records[record.candidate.parent]
            chain.append(record)
        return chain[::-1]

    def joules(self, seconds: float) -> float | None:
        """What so many seconds of it used, by its mean power (estimate); None where no energy was recorded."""
        energy = self.state.ledger.energy_joules
        return None if energy is None or self.state.t <= 0 else energy * (seconds / self.state.t)

    def price(self, joules: float) -> float:
        """The price of that energy, in the tariff's currency."""
        return joules / JOULES_PER_KWH * self.setup.tariff.price_per_kwh

    def _record(self, candidate: CandidateState) -> Record:
        course = self.timetable.courses[candidate.id]
        fate: Fate = "ended"
        if candidate.finish_reason in (None, "abort"):
            at_the_end = course.asked + course.end >= self.timetable.steps - 1
            fate = "cut" if at_the_end and not self.in_order else "stopped"
        return make_record(candidate, course, fate, self.state.whole_text(candidate.id), self._steps(candidate))

    def _steps(self, candidate: CandidateState) -> tuple[str, ...]:
        if candidate.purpose not in ("step", "rollout"):
            return ()
        before = () if candidate.parent is None else self._steps(self.state.candidates[candidate.parent])
        return (*before, candidate.text)

    def _recorded_prompts(self) -> dict[tuple[Prompt, Sampling], int]:
        """The number of each prompt that the run's strategy asks at first; later ones depend on what came of these."""
        trials = build_strategy(self.setup).ask(MOST_AT_ONCE)
        return {
            (trial.prompt, trial.sampling): self.records[trial.id].prompt
            for trial in trials
            if trial.id in self.records and trial.origin is None
        }

    def _count_candidates(self) -> int:
        prompts = set(self._prompts.values())
        count = 0
        while self._is_independent(count, prompts):
            count += 1
        return count

    def _is_independent(self, number: int, prompts: Collection[int]) -> bool:
        record = self.records.get(number)
        return record is not None and record.candidate.parent is None and record.prompt in prompts


def not_recorded(setup: RunSetup) -> BadInputError:
    """Why a strategy cannot be answered from a recording."""
    return BadInputError(
        f"“{strategy_spec(setup.strategy).title}” cannot be answered from this run.",
        "It asks the model something that was not recorded.",
        "Choose a strategy that chooses from candidates of the same prompt, or make a run with it.",
    )


def _is_sample(candidate: CandidateState) -> bool:
    """Whether it answers a prompt by itself; what a person grew beside the run is passed over."""
    by_itself = candidate.parent is None and not candidate.prefix
    return candidate.purpose == "branch" or (candidate.purpose == "answer" and by_itself)


def _after(setup: RunSetup, act: AnyAct) -> RunSetup:
    """A set-up as a person has left it."""
    match act:
        case ChangeBudget(budget=budget):
            return replace(setup, budget=budget)
        case ChangeVerifiers(verifiers=verifiers):
            return replace(setup, verifiers=verifiers)
        case ChangeSetting(name=name, value=value):
            strategy = replace(setup.strategy, settings={**setup.strategy.settings, name: value})
            return replace(setup, strategy=strategy)
        case _:
            return setup
