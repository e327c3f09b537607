"""A run without a model: the strategy, the verifiers and the budget of a run, answered from recorded candidates.

It goes through the steps of `engine.run.Run` in the same order, so that the same set-up comes to the same answer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from engine.budget import MOST_AT_ONCE, BudgetMeter, Spent
from engine.events import Outcome
from engine.jury import Jury, Reply, Verdict
from engine.ledger import Ledger
from engine.setup import RunSetup
from engine.strategies.base import Answer, Result
from engine.strategies.registry import build_strategy
from engine.types import Candidate
from engine.what_if.recorded_run import RecordedRun
from engine.what_if.recorded_scheduler import Part, RecordedScheduler
from engine.what_if.recorded_verifier import NOT_RECORDED, RecordedVerifier


class Rehearsal:
    """One rehearsal of a run, begun with `perform`.

    Args:
        setup: The run that is rehearsed.
        run: The recorded run that answers for the model.
        verifiers: The verifiers of the set-up.

    Attributes:
        candidates: What came of those that took part, in the order of arrival.
        chosen_among: None, as the run itself is gone through.
        answer, outcome, spent: The end, as the run would have come to it.
        ledger: What it would have used; energy is not in it.
        unfinished: How many ended only because their recording does.
        silent: How many candidates each verifier could not score because it would have needed the model.
    """

    chosen_among: int | None = None

    def __init__(self, setup: RunSetup, run: RecordedRun, verifiers: Sequence[RecordedVerifier]) -> None:
        self._setup, self._run, self._timetable = setup, run, run.timetable
        self._strategy = build_strategy(setup)
        self._verifiers = {verifier.name: verifier for verifier in verifiers}
        self._jury = Jury(setup.problem, verifiers)
        self._meter = BudgetMeter(setup.budget)
        self._scheduler = RecordedScheduler()
        # Model judges' verdicts that are to come, by the step after which they do: (request, candidate, verifier).
        self._verdicts: defaultdict[int, list[tuple[int, Candidate, str]]] = defaultdict(list)
        self._late = 0.0
        self._over = self._breaks_off = False
        self.candidates: dict[int, Candidate] = {}
        self.answer = Answer(None, None, "")
        self.outcome: Outcome = "answered"
        self.spent: Spent | None = None
        self.ledger = Ledger()
        self.unfinished = 0
        self._stopped = 0
        self.silent: Counter[str] = Counter()

    @property
    def seconds(self) -> float:
        """The run clock at the end, in seconds (estimate)."""
        return self._clock + self._timetable.tail_seconds * self._judged_share

    @property
    def ended(self) -> int:
        """How many candidates came to their own end."""
        return sum(candidate.finish_reason in ("stop", "length") for candidate in self.candidates.values())

    @property
    def begun(self) -> int:
        """How many candidates were begun."""
        return self._meter.candidates

    @property
    def spared(self) -> int:
        """How many were stopped or never asked for because the answer was certain without them, once it stands."""
        return self._strategy.spared + self._stopped if self.outcome in ("answered", "no_answer") else 0

    @property
    def notes(self) -> Iterator[str]:
        """What the figures do not say, a sentence each."""
        if self.unfinished == 1:
            stopped = "1 candidate was stopped before its end when it was recorded: what it"
        else:
            stopped = f"{self.unfinished} candidates were stopped before their end when they were recorded: what they"
        if self.unfinished:
            yield f"{stopped} would have answered is not known."
        if self._late and not self._timetable.pace.step_seconds:
            yield "The recorded steps do not show what smaller ones take: the time is by tokens, and likely too short."

    @property
    def _clock(self) -> float:
        """The run clock after the last step."""
        return self._timetable.recorded_end(self._scheduler.at - 1) + self._late

    @property
    def _judged_share(self) -> float:
        """What is left of the time after the last candidate: a model judge that says less takes less of it."""
        recorded = self._run.state.ledger.verifier_tokens
        return self.ledger.verifier_tokens / recorded if recorded else 1.0

    @property
    def _idle(self) -> bool:
        return self._scheduler.idle and not self._verdicts and not self._breaks_off

    def perform(self) -> None:
        """Goes through the whole run.

        Raises:
            BadInputError: It asks for what was not recorded.
        """
        while not self._over:
            self._ask()
            if self._idle:
                self._end_without_more()
                return
            ended = self._draw()
            self._take_ended([part for part in ended if part.record.fate == "ended"])
            if not self._check_budget():
                self._take_unfinished([part for part in ended if part.record.fate != "ended"])
            if not self._over and self._strategy.finished and self._idle:
                self._conclude("answered")

    def _ask(self) -> None:
        free = MOST_AT_ONCE - len(self._scheduler.running)
        for trial in self._strategy.ask(self._meter.admit(free)):
            self._meter.charge(candidates=1)
            self._scheduler.submit(self._run.find(self._setup, trial))

    def _draw(self) -> list[Part]:
        step = self._scheduler.at
        report = self._scheduler.step(self._meter.remaining_tokens, self._meter.remaining_all_tokens)
        self._meter.charge(tokens=report.drawn, prompt_tokens=report.prompt_tokens)
        self._late += self._timetable.delay(step, report.drawn)
        joules = self._run.joules(self._clock) if self._meter.needs_energy else None
        if joules is not None:
            self._meter.read_energy(joules, self._run.price(joules))
        return report.ended

    # --- what has ended ------------------------------------------------------------------------------------------

    def _take_ended(self, ended: list[Part]) -> None:
        for part in ended:
            self._leave(part)
            self._judge(part)
            self._tell(part.record.candidate)
        due = self._verdicts.pop(self._scheduler.at - 1, [])
        for request, candidate, verifier in due:
            self._take_late_verdict(request, candidate, verifier)
        self._breaks_off = any(self._verifiers[name].verdict(candidate.id) is None for _, candidate, name in due)
        if ended or due:
            self._stop_unneeded()

    def _leave(self, part: Part) -> None:
        """Takes a candidate out and enters what it has cost; one that never wrote has not even read its prompt."""
        self._scheduler.leave(part)
        if part.written:
            record = part.record
            self.ledger.add_candidate(record.cached_tokens, record.computed_tokens, part.written)

    def _judge(self, part: Part) -> None:
        candidate, course = part.record.candidate, part.record.course
        self.candidates[candidate.id] = candidate
        for verdict in self._jury.judge(candidate):
            self._note_silence(verdict)
        for request in self._jury.requests():
            recorded = self._verifiers[request.label].verdict(candidate.id)
            spoken = self._timetable.steps - 1 if recorded is None else self._timetable.step_at(recorded.t)
            took = max(0, spoken - course.asked - course.end)
            self._verdicts[self._scheduler.at - 1 + took].append((request.id, candidate, request.label))

    def _take_late_verdict(self, request: int, candidate: Candidate, verifier: str) -> None:
        """A model judge speaks, after as many steps as it took, and its tokens are charged; or its recording ends."""
        recorded = self._verifiers[verifier].verdict(candidate.id) or self._verifiers[verifier].cut_short(candidate.id)
        if recorded is None:
            self.silent[verifier] += 1
            return
        reply = Candidate(request, "", None, None, "stop", recorded.tokens, None)
        self._jury.reply(request, Reply(reply, recorded.prompt_tokens, recorded.cached_tokens))
        self._meter.charge(tokens=recorded.tokens, prompt_tokens=recorded.prompt_tokens)
        self.ledger.apply(recorded)
        self._tell(candidate)

    def _note_silence(self, verdict: Verdict) -> None:
        if verdict.score == NOT_RECORDED:
            self.silent[verdict.verifier] += 1

    def _tell(self, candidate: Candidate) -> None:
        pending = self._jury.is_hearing(candidate.id)
        self._strategy.tell(Result(candidate, self._jury.scores(candidate.id), pending))

    # --- what is ended -------------------------------------------------------------------------------------------

    def _stop_unneeded(self) -> None:
        for number in self._strategy.unneeded:
            if number in self._scheduler.running:
                self._stop(self._scheduler.running[number])
                self._stopped += 1

    def _stop(self, part: Part) -> None:
        self._leave(part)
        candidate = part.record.part(part.written)
        self.candidates[candidate.id] = candidate
        self._tell(candidate)

    def _take_unfinished(self, parts: list[Part]) -> None:
        """Recordings end here that the run itself would have let go on."""
        parts = [part for part in parts if part.record.candidate.id in self._scheduler.running]
        if self._breaks_off or any(part.record.fate == "cut" for part in parts):
            self._break_off()
            return
        self.unfinished += len(parts)
        for part in parts:
            self._stop(part)

    def _break_off(self) -> None:
        """The whole recording ends: of the run as it was, for the same reason; of another one, for want of more."""
        as_recorded = not self._late and self.begun == self._run.candidates
        spent = self._run.budget_spent
        if as_recorded and spent is not None and self._setup.budget == self._run.setup.budget:
            self.spent = Spent(spent.unit, spent.limit, spent.used)
            self._end_early("budget")
            return
        self.unfinished += len(self._scheduler.running)
        self._end_early("stopped")

    def _check_budget(self) -> bool:
        spent = self._meter.exceeded(self._clock)
        if spent is None and self._idle and not self._strategy.finished:
            spent = self._meter.refused(self._clock)
        if spent is None or (self._idle and self._strategy.finished):
            return False
        self.spent = spent
        self._end_early("budget")
        return True

    def _end_early(self, outcome: Outcome) -> None:
        for part in list(self._scheduler.running.values()):
            self._stop(part)
        self._conclude(outcome)

    def _end_without_more(self) -> None:
        """The strategy wants no more, or may have no more."""
        self.spent = None if self._strategy.finished else self._meter.refused(self._clock)
        self._conclude("answered" if self.spent is None else "budget")

    def _conclude(self, outcome: Outcome) -> None:
        for verdict in self._jury.judge_together(list(self.candidates.values())):
            if verdict.late:
                self._tell(self.candidates[verdict.candidate])
        self.answer = self._strategy.answer()
        self.outcome = "no_answer" if outcome == "answered" and self.answer.answer is None else outcome
        self._over = True
