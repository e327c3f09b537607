"""Another choice among the texts that a search, a refinement or a chain of thinking came to.

A search goes where its verifiers lead it, so that with others it would have to be run again. What a recording can tell
is which of the texts that were found another verifier, vote or weight would have picked (reranking of an N-best list),
and what had been found when less had been spent.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from engine.budget import Spent
from engine.errors import BadInputError
from engine.events import CandidateScored, Outcome
from engine.ledger import Ledger
from engine.prompts import PROMPTS
from engine.selection import aggregate, mix
from engine.settings import resolve
from engine.setup import RunSetup
from engine.strategies.base import Answer, Result, Strategy
from engine.strategies.found_texts import choose_text
from engine.strategies.registry import build_strategy, strategy_spec
from engine.strategies.self_consistency import take_majority
from engine.strategies.texts import Text
from engine.types import Candidate, Prompt, Score
from engine.what_if.record import Record
from engine.what_if.recorded_run import RecordedRun, not_recorded
from engine.what_if.recorded_verifier import NOT_RECORDED, RecordedVerifier
from engine.what_if.spending import CutOff, Spending

CHOOSING = frozenset({"choose", "aggregate"})  # settings that decide between texts, not where a search goes
UNSPOKEN = Score(None, "it had not spoken yet")


class Reranking:
    """One choice among the finished texts of a recorded run, begun with `perform`.

    A strategy of independent samples gets them for its samples, in order of arrival: asked for n it gets the first n,
    and the run is over when they are there. The run's own strategy chooses among all.

    Args:
        setup: The run with its changed parts.
        run: The recorded run.
        verifiers: The verifiers of the set-up.
        spending: What the recorded run had spent at each moment.

    Attributes:
        candidates: The texts that are chosen from, by id, in order of arrival.
        answer, outcome, spent: The choice, and the end of the run.
        ledger: What the run had used by then, its own judges included; energy is not in it.
        seconds: The run clock then.
        begun: How many candidates had been begun; in a search they are its steps.
        ended: How many of them had come to their end.
        silent: How many candidates each verifier could not score because it would have needed the model.
    """

    spared = 0

    def __init__(
        self, setup: RunSetup, run: RecordedRun, verifiers: Sequence[RecordedVerifier], spending: Spending
    ) -> None:
        self._setup, self._run, self._verifiers = setup, run, verifiers
        own = run.setup.strategy
        self._settings = resolve(strategy_spec(own).settings, own.settings)
        self._weights = {choice.name: choice.weight for choice in setup.verifiers}
        self._cut = spending.cut_off(setup.budget)
        self._scores: dict[int, dict[str, Score]] = {}
        self.candidates: dict[int, Candidate] = {}
        self.answer = Answer(None, None, "")
        self.outcome: Outcome = "answered"
        self.spent: Spent | None = None
        self.ledger = Ledger()
        self.seconds = run.state.t
        self.begun = self.ended = 0
        self.silent: Counter[str] = Counter()

    @property
    def chosen_among(self) -> int:
        """How many finished texts there are to choose from."""
        return len(self.candidates)

    @property
    def notes(self) -> Iterator[str]:
        """What the figures do not say, a sentence each."""
        texts = f"{self.chosen_among} finished text{'s' if self.chosen_among != 1 else ''}"
        if not self._is_same_run:
            yield (
                f"The run is not made again, and might have gone elsewhere: this is only a choice among the {texts} "
                "that it found."
            )
        elif self._cut.t < math.inf:
            yield f"The run is as it was, up to where the budget ends it: the choice is among {texts}."
        if self._cut.spent is not None and self._cut.spent.unit == "simulations":
            yield "A run with this budget begins no simulation beyond it, and would have cost less."
        if self._settings.get("choose") == "visits" and not (self._is_same_run and self._cut.spent is None):
            yield "Visits belong to the search as it was made; the texts are compared by their values instead."
        if self.outcome == "stopped" and self._run.budget_spent is not None:
            yield "The recording ends with its own budget: what would have been found after that is not known."

    @property
    def _is_same_run(self) -> bool:
        """Whether nothing but the budget is another one, so that the recorded run is what would have been made."""
        return self._setup == replace(self._run.setup, budget=self._setup.budget)

    def perform(self) -> None:
        """Chooses.

        Raises:
            BadInputError: It asks for more texts than were found, or for what only the model could tell.
        """
        asked = [number for number, record in self._run.records.items() if record.candidate.purpose != "branch"]
        begun = set(asked[: self._cut.candidates])
        found = [r for r in self._run.found if r.candidate.id in begun and r.ended_at < self._cut.t]
        if self._setup.strategy.name == self._run.setup.strategy.name:
            self._choose_as_the_run(found)
        else:
            self._choose_as_samples(build_strategy(self._setup), found)
        self._end()
        self._count(begun)

    # --- the choice ----------------------------------------------------------------------------------------------

    def _choose_as_the_run(self, found: Sequence[Record]) -> None:
        """By the value of the texts, or by a vote that it weighs, as searches do."""
        self._check_own_settings()
        self._judge(found)
        picked = self._run.state.answer
        if self._is_same_run and self._cut.spent is None and picked is not None:
            self.answer = Answer(picked.candidate, picked.answer, picked.reason)
        elif not found:
            self.answer = Answer(None, None, "No text had come to its end.")
        elif strategy_spec(self._setup.strategy).uses_verifiers:
            by_vote = self._settings.get("choose") in ("vote", "weighted-vote")
            self.answer = choose_text(self._texts(found), by_vote=by_vote)
        else:
            self.answer = take_majority([Result(record.candidate, {}) for record in found])

    def _texts(self, found: Sequence[Record]) -> list[Text]:
        """What a search compares: siblings that said the same are one text, with as many copies."""
        twins = Counter(record.merged_into for record in found)
        return [
            Text(record.candidate, self._value(record), 1 + twins[record.candidate.id])
            for record in found
            if record.merged_into is None
        ]

    def _check_own_settings(self) -> None:
        spec, before = strategy_spec(self._setup.strategy), self._settings
        self._settings = resolve(spec.settings, self._setup.strategy.settings)
        changed = [
            s.title for s in spec.settings if s.name not in CHOOSING and self._settings[s.name] != before[s.name]
        ]
        if changed:
            raise BadInputError(
                f"“{spec.title}” with another setting ({', '.join(changed)}) cannot be answered from this run.",
                "It would have gone elsewhere, and texts that nobody wrote are not recorded.",
                "Choose from what it found with best-of-n or self-consistency, or make a run with it.",
            )

    def _choose_as_samples(self, strategy: Strategy, found: Sequence[Record]) -> None:
        taken = self._taken(strategy, found)
        if taken and len(taken) < len(found):
            over = math.nextafter(max(map(self._judged_at, taken)), math.inf)
            if over < self._cut.t:
                self._cut = CutOff(over, self._cut.candidates)
        self._judge(taken)
        for number, record in enumerate(taken):
            strategy.tell(self._as_sample(number, record))
        answer = strategy.answer()
        picked = None if answer.candidate is None else taken[answer.candidate].candidate.id
        self.answer = Answer(picked, answer.answer, answer.reason)

    def _taken(self, strategy: Strategy, found: Sequence[Record]) -> list[Record]:
        """As many as the strategy asks for until its answer stands."""
        taken: list[Record] = []
        sample = self._prompt(), self._setup.sampling
        while trials := strategy.ask(len(self._run.found) + 1):
            for trial in trials:
                if trial.origin is not None or (trial.prompt, trial.sampling) != sample:
                    raise not_recorded(self._setup)
                if trial.id >= max(1, len(self._run.found)):
                    raise _too_few(len(self._run.found))
                if trial.id < len(found) and trial.id not in strategy.unneeded:
                    taken.append(found[trial.id])
                    strategy.tell(self._as_sample(trial.id, found[trial.id]))
        return taken

    def _prompt(self) -> Prompt:
        """What samples must answer: the run's own prompt, where the strategy has it to choose."""
        spec, name = strategy_spec(self._setup.strategy), self._settings.get("prompt", "question-only")
        offers = next((setting.choices for setting in spec.settings if setting.name == "prompt"), (name,))
        if name not in offers:
            name = resolve(spec.settings, self._setup.strategy.settings)["prompt"]
        return PROMPTS[str(name)](self._setup.problem)

    def _as_sample(self, number: int, record: Record) -> Result:
        scores = self._scores.get(record.candidate.id, {})
        return Result(replace(record.candidate, id=number, parent=None, purpose="answer"), scores)

    # --- verifiers -----------------------------------------------------------------------------------------------

    def _judge(self, records: Sequence[Record]) -> None:
        """Enters the scores of all texts that are chosen from."""
        peers = [record.candidate for record in records]
        self.candidates = {candidate.id: candidate for candidate in peers}
        self._scores = {r.candidate.id: {v.name: self._score(v, r, peers) for v in self._verifiers} for r in records}

    def _score(self, verifier: RecordedVerifier, record: Record, peers: Sequence[Candidate]) -> Score:
        """Of a text that was made in steps, a verifier of steps scores each: they reduce as they did in the search."""
        if verifier.uses_peers:
            return verifier.score(self._setup.problem, record.candidate, peers, ())
        steps = self._run.chain(record) if verifier.judges_steps else [record]
        scores = [self._score_alone(verifier, step) for step in steps]
        if NOT_RECORDED in scores:
            self.silent[verifier.name] += 1
        if len(scores) == 1:
            return scores[0]
        how = str(self._settings.get("aggregate", "last"))
        return Score(aggregate([score.value for score in scores], how), scores[-1].detail)  # type: ignore[arg-type]

    def _judged_at(self, record: Record) -> float:
        """When a text was there and every model judge that is asked about it had spoken."""
        spoken = [
            verdict for v in self._verifiers if (verdict := v.verdict(record.candidate.id)) and _was_asked(verdict)
        ]
        return max([record.ended_at, *(verdict.t for verdict in spoken)])

    def _score_alone(self, verifier: RecordedVerifier, record: Record) -> Score:
        verdict = verifier.verdict(record.candidate.id)
        if verdict is not None and verdict.t >= self._cut.t and _was_asked(verdict):
            return UNSPOKEN
        return verifier.score(self._setup.problem, record.candidate, (record.candidate,), ())

    def _value(self, record: Record) -> float | None:
        scores = self._scores[record.candidate.id]
        return mix({name: score.value for name, score in scores.items()}, self._weights)

    # --- the end -------------------------------------------------------------------------------------------------

    def _end(self) -> None:
        """By the budget that cuts it off, or with the last text that was waited for, or as it was recorded."""
        recorded = self._run.budget_spent
        if self._cut.spent is not None:
            self.outcome, self.spent = "budget", self._cut.spent
        elif self._cut.t < math.inf or self._run.in_order:
            self.outcome = "no_answer" if self.answer.answer is None else "answered"
        elif recorded is not None and getattr(self._setup.budget, recorded.unit) == recorded.limit:
            self.outcome, self.spent = "budget", Spent(recorded.unit, recorded.limit, recorded.used)
        else:
            self.outcome = "stopped"

    def _count(self, begun: set[int]) -> None:
        """What had been used when the run ended."""
        state, table, end = self._run.state, self._run.timetable, self._cut.t
        steps = table.steps_before(end)
        if end < math.inf:
            self.seconds = table.recorded_end(steps - 1)
        for number, record in self._run.records.items():
            candidate = state.candidates[number]
            if candidate.purpose != "branch" and (number not in begun or candidate.queued_at >= end):
                continue
            first = record.course.asked + record.course.wait
            written = min(record.course.tokens, max(0, steps - first))
            if candidate.started_at is not None and candidate.started_at < end:
                self.ledger.add_candidate(record.cached_tokens, record.computed_tokens, written)
                self.begun += 1
            self.ended += record.candidate.finish_reason in ("stop", "length", "step") and record.ended_at < end
            for verdict in record.verdicts.values():
                if verdict.t < end:
                    self.ledger.apply(verdict)
        if end == math.inf and len(begun) == len(self._run.records):
            self.ledger = state.ledger.copy()


def _was_asked(verdict: CandidateScored) -> bool:
    """Whether the model was asked for a score, so that it came later than the text."""
    return verdict.tokens + verdict.prompt_tokens + verdict.cached_tokens > 0


def _too_few(found: int) -> BadInputError:
    return BadInputError(
        f"{found:,} finished {'text was' if found == 1 else 'texts were'} found, and more are asked for.",
        "A what-if generates no new ones.",
        f"Ask for {found:,} at most, or make a run with a larger budget.",
    )
