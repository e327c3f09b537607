"""One run: a strategy asks, the scheduler computes, verifiers judge, the strategy is told.

All of it becomes events.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable

import msgspec

from engine.acts import (
    AFTERWARDS,
    FIRST_BRANCH,
    REOPENING,
    AddSimulations,
    AnyAct,
    ChangeBudget,
    ChangeSetting,
    ChangeVerifiers,
    ExpandNode,
    RateCandidate,
    TakeToken,
    WriteThought,
)
from engine.answers import same_answer
from engine.budget import MOST_AT_ONCE, BudgetMeter, Spent
from engine.candidates import Candidates
from engine.check import MAX_WHOLE, check_budget, check_setup
from engine.court import Court
from engine.energy import EnergyMeter
from engine.error_log import in_words
from engine.errors import BadInputError, ThinkscopeError
from engine.events import (
    AnyEvent,
    BudgetSpent,
    CandidatesSpared,
    EnergyRead,
    Outcome,
    PersonActed,
    Phase,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    StrategyMoved,
)
from engine.hold import Hold
from engine.inference.backend import Backend, RunShape
from engine.inference.chat_template import Rendered
from engine.inference.scheduler import Drawn, Scheduler, StepReport
from engine.inference.sequence import Sequence
from engine.judge_models import OpenModel, no_other_model, no_reward_model
from engine.ledger import JOULES_PER_KWH
from engine.lineage import Beginning, Lineage
from engine.moves import ValueBackedUp
from engine.prompt_book import PromptBook
from engine.reporter import Reporter
from engine.run_clock import RunClock
from engine.savings import Savings
from engine.settings import resolve
from engine.setup import BUDGET_UNITS, RunSetup
from engine.strategies.base import Answer, Result
from engine.strategies.registry import build_strategy, strategy_spec
from engine.strategies.seeds import trial_seed
from engine.thinking import fill
from engine.thoughts import ends_thought
from engine.types import Candidate, Origin, Trial
from engine.worker.messages import Grain

NO_ENERGY = "A simulated model uses no energy that could be counted: a budget of joules or of a price ends nothing."
IMPOSSIBLE = "That is not possible in this run."
ENERGY_SECONDS = 0.5
JUDGING_SECONDS = 0.05  # what verifiers may take, after the step in which the time ran out, for the texts that it ended
MOST_KEPT = 16_384  # tokens kept for others to go on from: every cell in use slows every token down


class Run:
    """Drives one run, step by step. It owns no thread: somebody calls `step` until `finished`.

    Args:
        run_id: Names the run in its events.
        setup: What to do.
        backend: The loaded model.
        emit: Takes every event, in order.
        clock: Seconds, monotonic.
        open_model: Gives another model, loaded, by the name that a judge asks for.
        open_reward: The same for a model that is asked by its head, a reward model.

    Raises:
        ThinkscopeError: The set-up cannot be run; nothing has been emitted.
    """

    def __init__(
        self,
        run_id: str,
        setup: RunSetup,
        backend: Backend,
        emit: Callable[[AnyEvent], None],
        clock: Callable[[], float] = time.perf_counter,
        open_model: OpenModel = no_other_model,
        open_reward: OpenModel = no_reward_model,
    ) -> None:
        check_setup(setup)
        self.run_id = run_id
        self.finished = False
        self.paused = False
        self._setup, self._backend, self._emit, self._clock = setup, backend, emit, clock
        self._strategy = build_strategy(setup)
        self._meter = BudgetMeter(setup.budget)
        self._lineage = Lineage(backend.vocabulary, backend.template.tokenize)
        self._time = RunClock(clock)
        self._report = Reporter(emit, self._time)
        self._prompts = PromptBook(backend.template, self._report.prompt)
        self._court = Court(setup, backend, self._prompts, self._report, open_model, open_reward, self._hear)
        self._candidates = Candidates(setup.problem, setup.sampling.max_tokens, self._lineage)
        self._savings = Savings()
        self._aborted = False
        self._hold: Hold | None = None
        self._picked: Answer | None = None
        self._step_until: Grain | None = None
        self._moved = False
        self._decode_seconds = self._busy_seconds = 0.0
        self._energy_at = 0.0
        self._step_began = self._decoded_at = clock()
        self._scheduler = self._make_scheduler()
        reports = (backend.report, *self._court.models.others)
        self._energy = EnergyMeter(setup.tariff.watts, gpu=any(report.layers_on_gpu > 0 for report in reports))
        self._time.begin()
        self._start()

    @property
    def _idle(self) -> bool:
        return self._scheduler.idle and self._court.idle

    @property
    def seconds(self) -> float:
        """The run clock."""
        return self._time.seconds

    # --- what a person does --------------------------------------------------------------------------------------

    def pause(self) -> None:
        """Stands still after the step under way."""
        if not self.paused and not self.finished:
            self._emit(RunPaused(self.seconds))
            self._time.stop()
            self.paused = True
        self._step_until = None

    def resume(self) -> None:
        """Goes on."""
        if self.paused:
            self._time.go_on()
            self.paused = False
            self._emit(RunResumed(self.seconds))

    def step_once(self, grain: Grain) -> None:
        """Goes on until one `grain` is complete, then pauses."""
        self.resume()
        self._step_until = grain

    def stop(self) -> None:
        """Ends now, with the best answer so far."""
        if self.finished:
            return
        self.resume()
        self._end_early("stopped", "Stopped by hand.")

    def act(self, act: AnyAct) -> None:
        """Carries out what a person wants changed. A run that has ended is taken up again where that makes sense."""
        was_finished = self.finished
        try:
            refused = self._refusal(act) or ("" if self._carry_out(act) else IMPOSSIBLE)
        except Exception as error:  # whatever a person asks for, the run goes on
            refused = str(in_words(error))
        if was_finished and not refused and self._goes_on_after(act):
            self._reopen()
        self._emit(PersonActed(self.seconds, act, refused))
        self._tell_moves()
        if not refused:
            self._stop_unneeded()
            self._pick()
        if self.finished and not self._court.idle:
            self._reopen()  # a judge that was added needs the model

    def _refusal(self, act: AnyAct) -> str:
        """Why an act cannot be carried out now, in words; empty when it can be tried."""
        if isinstance(act, AddSimulations) and act.count < 1:
            return f"{act.count} simulations are none: ask for one or more."
        if isinstance(act, AddSimulations) and act.count > MAX_WHOLE:
            return f"{act.count:,} simulations would never end: ask for fewer."
        if not self.finished or isinstance(act, AFTERWARDS):
            return ""
        if not isinstance(act, REOPENING):
            return IMPOSSIBLE
        spent = self._meter.exceeded(self.seconds)
        return "" if spent is None else f"{_spent_words(spent)} Raise it first."

    def _goes_on_after(self, act: AnyAct) -> bool:
        """Whether there is something to do in a run that had ended, once an act was carried out."""
        if isinstance(act, ChangeBudget):
            raised = self._hold is not None and self._hold.outcome == "budget"
            if not raised or self._meter.exceeded(self.seconds) is not None:
                return False
            self._hold = None  # it goes on from where the budget had ended
            self._strategy.act(act)
        elif isinstance(act, AddSimulations) and self._hold is not None:
            self._hold.simulations += act.count
        return isinstance(act, ChangeBudget | AddSimulations | ExpandNode | WriteThought | TakeToken)

    def _carry_out(self, act: AnyAct) -> bool:
        match act:
            case ChangeBudget(budget=budget):
                check_budget(budget)
                self._meter.budget = budget
            case ChangeVerifiers():
                self._court.replace(act, self._candidates.found.values(), lambda: self._strategy.act(act))
                for candidate in self._candidates.found.values():
                    self._tell_strategy(candidate)
            case ChangeSetting(name=name, value=value):
                settings = strategy_spec(self._setup.strategy).settings
                return self._strategy.act(ChangeSetting(name, resolve(settings, {name: value})[name]))
            case RateCandidate(candidate=number, value=value):
                rated = self._candidates.found.get(number)
                if rated is None or not 0 <= value <= 1:
                    return False
                self._court.rate(rated, value)
            case TakeToken():
                self._branch(act)
            case _:
                return self._strategy.act(act)
        return True

    def _branch(self, act: TakeToken) -> None:
        """Grows a branch beside what the strategy does; it has no vote."""
        source = self._candidates.trials.get(act.candidate)
        if source is None:
            raise BadInputError(f"There is no candidate {act.candidate + 1}.")
        if not 0 <= act.token < self._backend.vocabulary.n_vocab:
            words = f"The model has {self._backend.vocabulary.n_vocab:,} tokens, counted from 0."
            raise BadInputError(f"There is no token {act.token:,}.", words, "Take one of those that are offered.")
        number = FIRST_BRANCH + sum(trial.purpose == "branch" for trial in self._candidates.trials.values())
        sampling = msgspec.structs.replace(self._setup.sampling, min_tokens=0)
        origin = Origin(act.candidate, act.keep, act.token)
        label = f"branch of {act.candidate + 1}"
        self._queue(
            Trial(number, source.prompt, sampling, trial_seed(self._setup.seed, number), label, "branch", origin)
        )

    def _reopen(self) -> None:
        """Takes the run up again: its clock goes on from where it stopped."""
        self._time.go_on()
        self._report.phase = "prompt"
        self.finished = False

    # --- the work ------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """One engine step. Whatever goes wrong in it becomes a `RunFailed` event."""
        self._step_began, phase, self._moved = self._clock(), self._report.phase, False
        try:
            report = self._advance()
        except Exception as error:
            self._fail(in_words(error))
            return
        self._busy_seconds += self._clock() - self._step_began
        if self._step_until is not None and self._is_complete(self._step_until, report, phase):
            self.pause()

    def _make_scheduler(self) -> Scheduler:
        """Rendering the first prompt tells the shape of the run before anything is emitted."""
        trial_run = build_strategy(self._setup)
        trials = trial_run.ask(MOST_AT_ONCE)
        longest = max((len(self._prompts.render(trial.prompt)[1].tokens) for trial in trials), default=1)
        if longest + 1 > self._backend.room():
            raise BadInputError(
                f"The prompt has {longest:,} tokens; the model's context holds {self._backend.room():,}.",
                "It must hold the prompt and the answer.",
                "Shorten the question, or choose a model with a longer context.",
            )
        kept, max_tokens = min(trial_run.reach, MOST_KEPT), self._setup.sampling.max_tokens
        self._shape = RunShape(max(1, len(trials)), longest, max_tokens, kept, self._court.prepare())
        return self._backend.scheduler(self._shape)

    def _start(self) -> None:
        report = self._backend.report
        self._report.start(self.run_id, self._setup, report, self._backend.name)
        self._prompts.open()
        for notice in self._shape.shortfalls(self._backend.room(), report.n_ctx):
            self._report.notice(notice)
        if self._backend.name == "simulated" and self._meter.needs_energy:
            self._report.notice(NO_ENERGY)
        self._court.tell_models()
        self._ask()

    def _advance(self) -> StepReport:
        self._ask()
        limit, all_limit = self._meter.remaining_tokens, self._meter.remaining_all_tokens
        report = self._scheduler.step(limit, all_limit)
        self._court.step(report, limit, all_limit)
        self._decode_seconds += report.decode_seconds
        self._decoded_at = self._clock()
        self._aborted = report.status == "aborted"
        self._tell_decoded(report)
        for sequence in report.finished:
            self._finish_sequence(sequence)
        if self._aborted:
            return report  # somebody has pressed Stop, and will call `stop`
        if report.finished:
            self._stop_unneeded()
            self._tell_moves()
            self._pick()
        if self._strategy.finished and len(self._candidates.found) == len(self._candidates.trials):
            self._report.enter("verify")  # a branch that a person grows may still be written
        self._read_energy(0.0 if self._meter.needs_energy else ENERGY_SECONDS)
        if self._check_budget():
            return report
        if self._idle:
            nothing_happened = not (report.finished or self._moved)
            if self._hold is not None and self._hold.asked_nothing and nothing_happened:
                self._conclude(self._hold.outcome, self._hold.reason)
            elif self._hold is None and self._strategy.finished:
                self._conclude("answered", self._savings.in_words(self._strategy.spared))
        return report

    def _ask(self) -> None:
        """Fills free places: a verifier's requests first, because somebody waits for them."""
        self._court.ask(self._scheduler)
        free = self._meter.admit(max(0, MOST_AT_ONCE - self._scheduler.load))
        for trial in self._trials(free):
            self._meter.charge(candidates=1)
            self._queue(trial)
        self._tell_moves()

    def _trials(self, free: int) -> Iterable[Trial]:
        """What the strategy asks for: of a run that was ended early, only what a person has wanted since."""
        remaining = self._meter.remaining_simulations
        if self._hold is None:
            self._strategy.allow(remaining)
            return self._strategy.ask(free)
        held = self._hold.simulations
        self._strategy.allow(held if remaining is None else min(held, remaining))
        trials = self._strategy.ask_by_hand(free)
        self._hold.asked_nothing = not trials
        return trials

    def _queue(self, trial: Trial) -> None:
        number, rendered = self._prompts.render(trial.prompt)
        begin = self._lineage.begin(trial, rendered.tokens)
        self._candidates.trials[trial.id] = trial
        written = trial.sampling.max_tokens == 0
        if written:
            sequence = Sequence.written(trial.id, begin.tokens, trial.sampling, begin.prefix, begin.seen)
            sequence.begin_text(self._backend.vocabulary)
        else:
            keep = self._shape.kept_tokens > 0 and trial.purpose != "rollout"  # from those nobody goes on
            sequence = self._submit(trial, rendered, begin, keep=keep)
        self._lineage.submitted(sequence)
        self._report.queued(trial, number, self._lineage.prefix(trial.id))
        if written:
            self._finish_sequence(sequence)

    def _submit(self, trial: Trial, rendered: Rendered, begin: Beginning, *, keep: bool) -> Sequence:
        markers = self._backend.template.markers
        stops = [fill(stop, markers) for stop in trial.sampling.stop]
        sampling = msgspec.structs.replace(trial.sampling, stop=(*filter(None, stops), *rendered.stop))
        return self._scheduler.submit(
            trial.id, begin.tokens, sampling, trial.seed, prefix=begin.prefix, seen=begin.seen, keep=keep
        )

    def _tell_moves(self) -> None:
        for move in self._strategy.moves():
            self._meter.charge(simulations=isinstance(move, ValueBackedUp))
            if self._hold is not None and isinstance(move, ValueBackedUp):
                self._hold.simulations -= 1
            self._emit(StrategyMoved(self.seconds, move))
            self._moved = True
        self._scheduler.forget(self._strategy.dropped())

    def _tell_decoded(self, report: StepReport) -> None:
        for sequence in report.started:
            if sequence.id in self._candidates.trials:
                self._lineage.started(sequence)
        self._meter.charge(tokens=len(report.drawn), prompt_tokens=report.prefill_tokens)
        self._report.decoded(report, self._candidates.trials)

    def _finish_sequence(self, sequence: Sequence) -> None:
        if sequence.id not in self._candidates.trials:
            self._court.hear(sequence)
            return
        candidate = self._candidates.take(sequence, self._scheduler.room)
        if candidate.finish_reason == "doubt":
            self._savings.doubt(sequence)
        self._report.finished(candidate, sequence, self._is_correct(candidate.answer))
        if candidate.finish_reason != "abort":
            self._court.judge(candidate, self._has_time)
        self._tell_strategy(candidate)

    # --- verdicts and the answer ---------------------------------------------------------------------------------

    def _hear(self, number: int) -> None:
        """A verifier has judged a candidate that the strategy knew without its score."""
        if number in self._candidates.found:
            self._tell_strategy(self._candidates.found[number])

    def _tell_strategy(self, candidate: Candidate) -> None:
        if candidate.purpose == "branch":
            return  # a person's, not the strategy's
        pending = self._court.jury.is_hearing(candidate.id)
        self._strategy.tell(Result(candidate, self._court.scores(candidate.id), pending))

    def _pick(self) -> None:
        """Says the strategy's answer when it has become another one."""
        answer = self._strategy.answer()
        if answer == self._picked:
            return
        self._picked = answer
        self._report.picked(answer, None if answer.candidate is None else self._is_correct(answer.answer))

    def _is_correct(self, answer: str | None) -> bool | None:
        known = self._setup.problem.answer
        return None if known is None else same_answer(answer, known)

    def _stop_unneeded(self) -> None:
        unneeded = list(self._strategy.unneeded)
        if unneeded:
            decided = self._strategy.decided
            for sequence in self._scheduler.cancel(unneeded):
                if decided:
                    self._savings.spare(sequence)
                self._finish_sequence(sequence)

    # --- the end -------------------------------------------------------------------------------------------------

    def _has_time(self) -> bool:
        """Whether the budget of seconds leaves room for a verifier to begin; those that take no time still may."""
        in_time = self._meter.remaining_seconds(self.seconds) != 0
        return in_time or self._clock() - self._decoded_at < JUDGING_SECONDS

    def _check_budget(self) -> bool:
        spent = self._meter.exceeded(self.seconds)
        if spent is None and self._idle and not self._strategy.finished:
            spent = self._meter.refused(self.seconds)
        everything_done = self._idle and self._strategy.finished and not self._court.jury.was_cut_short
        if spent is None or everything_done:
            return False
        self._emit(BudgetSpent(self.seconds, spent.unit, spent.limit, spent.used))
        self._end_early("budget", _spent_words(spent))
        return True

    def _end_early(self, outcome: Outcome, reason: str) -> None:
        ended = self._scheduler.reset() if self._aborted else self._scheduler.cancel()
        for sequence in ended:
            self._finish_sequence(sequence)
        self._court.end(reset=self._aborted)
        self._court.dismiss()
        self._tell_moves()
        self._hold = Hold(outcome, reason)
        self._conclude(outcome, reason)

    def _conclude(self, outcome: Outcome, reason: str) -> None:
        self._report.enter("verify")
        self._court.judge_together(self._candidates.found.values())
        self._report.enter("answer")
        self._pick()
        if outcome == "answered":
            saved = self._savings.count(self._strategy.spared, self._candidates.found.values())
            if saved is not None:
                self._emit(CandidatesSpared(self.seconds, *saved))
        if outcome == "answered" and (self._picked is None or self._picked.answer is None):
            outcome = "no_answer"
        self._read_energy(at_least=0.0)
        busy = self._busy_seconds + self._clock() - self._step_began
        self._emit(RunFinished(self.seconds, outcome, reason, self._decode_seconds, busy))
        self._time.stop()
        self.finished = True

    def _fail(self, error: ThinkscopeError) -> None:
        self._hold = Hold("stopped", "The engine had failed before.")
        self._scheduler.reset()
        self._court.models.end(reset=True)
        with contextlib.suppress(Exception):  # it may be the strategy that has failed
            self._pick()
        self._read_energy(at_least=0.0)
        self._emit(RunFailed(self.seconds, error.what, error.why, error.next_step))
        self._time.stop()
        self.finished = True

    # --- small change --------------------------------------------------------------------------------------------

    def _read_energy(self, at_least: float = ENERGY_SECONDS) -> None:
        if self._backend.name == "simulated":
            return  # no machine works for a text that is made up: any figure would be made up, too
        now = self.seconds
        if now - self._energy_at >= at_least:
            self._energy_at = now
            joules, source = self._energy.read(now)
            self._meter.read_energy(joules, joules / JOULES_PER_KWH * self._setup.tariff.price_per_kwh)
            self._emit(EnergyRead(now, joules, source))

    def _is_complete(self, grain: Grain, report: StepReport, phase: Phase | None) -> bool:
        if grain == "phase":
            return self._report.phase != phase or self._moved
        if grain == "thought":
            return bool(report.finished) or any(map(_ends_thought, report.drawn))
        return bool(report.drawn)


def _spent_words(spent: Spent) -> str:
    return f"The budget of {spent.limit:,.10g} {BUDGET_UNITS[spent.unit]} is spent."


def _ends_thought(drawn: Drawn) -> bool:
    text = drawn.sequence.text
    return ends_thought(text[: len(text) - len(drawn.text)][-8:], drawn.text)
