"""Whole runs of every strategy on the simulated model: budgets are kept, nothing is lost, the ledger adds up."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TypeVar

import pytest
from msgspec.structs import replace

from engine.events import (
    AnswerPicked,
    AnyEvent,
    BudgetSpent,
    CandidateFinished,
    CandidateQueued,
    CandidateScored,
    CandidateStarted,
    EnergyRead,
    NoticeGiven,
    RunFailed,
    RunFinished,
    StrategyMoved,
    TokensDecoded,
)
from engine.inference.simulated_backend import SimulatedBackend
from engine.inference.simulated_policy import SumPolicy
from engine.moves import ValueBackedUp
from engine.run import Run
from engine.setup import Budget, Value
from engine.strategies.mcts import MOST_A_TURN
from engine.strategies.registry import STRATEGIES
from engine.trace.fold import RunState, fold
from engine.trace.summary import summary
from engine.types import Score
from engine.verifiers.arithmetic import ArithmeticChecker
from tests.engine.simulated_world import small_setup
from tests.simulated_runs import make_setup, simulated_events

every_strategy = pytest.mark.parametrize("name", list(STRATEGIES))
STEP_SECONDS = 0.25
Kind = TypeVar("Kind")


class Course:
    """A run with a clock that every engine step moves by the same time, and what it said."""

    def __init__(
        self,
        name: str,
        budget: Budget,
        verifiers: tuple[str, ...] = ("arithmetic",),
        cells: int = 1 << 16,
        **settings: Value,
    ) -> None:
        self.now, self.events = 0.0, list[AnyEvent]()
        self.backend = SimulatedBackend(lru_cache(SumPolicy()), cells=cells)
        setup = replace(small_setup(name, verifiers, **settings), budget=budget)
        self.run = Run("run", setup, self.backend, self.events.append, lambda: self.now)
        self.steps = 0

    def to_the_end(self) -> Course:
        while not self.run.finished:
            self.now += STEP_SECONDS
            self.run.step()
            self.steps += 1
            assert self.steps < 20_000, "it does not come to an end"
        return self

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def state(self) -> RunState:
        return fold(self.events)


def check_books(course: Course) -> None:
    """Every candidate is finished exactly once, and the ledger's totals are the sums over the events."""
    assert course.of(RunFailed) == []
    queued = Counter(event.candidate for event in course.of(CandidateQueued))
    finished = Counter(event.candidate for event in course.of(CandidateFinished))
    assert queued == finished
    assert set(queued.values()) <= {1}
    ledger, decoded = course.state.ledger, course.of(TokensDecoded)
    assert ledger.completion_tokens == sum(len(step.tokens) for step in decoded)
    assert ledger.completion_tokens == sum(event.completion_tokens for event in course.of(CandidateFinished))
    assert ledger.prompt_tokens == sum(event.computed_tokens for event in course.of(CandidateStarted))
    assert ledger.cached_tokens == sum(event.cached_tokens for event in course.of(CandidateStarted))
    assert ledger.recomputed_tokens == sum(event.recomputed_tokens for event in course.of(CandidateFinished))
    assert ledger.steps == len(decoded)
    started = {event.candidate for event in course.of(CandidateStarted)}
    assert {token.candidate for step in decoded for token in step.tokens} <= started
    if started == set(queued):  # else some were stopped while their prompts were computed
        assert sum(step.prefill_tokens for step in decoded) == ledger.prompt_tokens + ledger.recomputed_tokens


def check_answer(course: Course) -> None:
    """The last answer is the strategy's, and there is one if any text came to an end with one."""
    picked, answer = course.of(AnswerPicked)[-1], course.run._strategy.answer()
    assert (picked.candidate, picked.answer) == (answer.candidate, answer.answer)
    ended = [event for event in course.of(CandidateFinished) if event.finish_reason in ("stop", "length")]
    if any(event.answer is not None for event in ended):
        assert picked.answer is not None


@every_strategy
@pytest.mark.parametrize("verifiers", [(), ("arithmetic",), ("known-answer", "majority")], ids="+".join)
def test_a_run_without_a_budget_ends_by_itself_and_its_books_are_right(name: str, verifiers: tuple[str, ...]) -> None:
    course = Course(name, Budget(), verifiers).to_the_end()
    check_books(course)
    check_answer(course)
    assert course.of(BudgetSpent) == []
    assert course.of(RunFinished)[0].outcome in ("answered", "no_answer")


@every_strategy
@pytest.mark.parametrize("tokens", [1, 2, 29, 100, 333])
def test_never_a_token_more_than_the_budget(name: str, tokens: int) -> None:
    course = Course(name, Budget(tokens=tokens)).to_the_end()
    check_books(course)
    check_answer(course)
    used = course.state.ledger.completion_tokens
    assert used <= tokens
    if course.of(RunFinished)[0].outcome == "budget":
        assert used == tokens
        assert [(spent.unit, spent.limit, spent.used) for spent in course.of(BudgetSpent)] == [("tokens", tokens, used)]
    else:
        assert course.run._strategy.finished


@every_strategy
@pytest.mark.parametrize("tokens", [1, 40, 150, 500, 900])
def test_never_a_token_more_than_the_budget_of_all_tokens_prompts_included(name: str, tokens: int) -> None:
    course = Course(name, Budget(all_tokens=tokens)).to_the_end()
    check_books(course)
    check_answer(course)
    ledger = course.state.ledger
    assert ledger.completion_tokens + ledger.prompt_tokens + ledger.recomputed_tokens <= tokens
    if course.of(RunFinished)[0].outcome == "budget":
        assert [(spent.unit, spent.used) for spent in course.of(BudgetSpent)] == [("all_tokens", tokens)]
    else:
        assert course.run._strategy.finished


@pytest.mark.parametrize("simulations", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("settings", [{}, {"choose": "visits"}, {"evaluate": "rollouts"}])
def test_never_a_simulation_more_than_the_budget(simulations: int, settings: dict[str, Value]) -> None:
    course = Course("mcts", Budget(simulations=simulations), simulations=5000, **settings).to_the_end()
    check_books(course)
    check_answer(course)
    done = sum(isinstance(event.move, ValueBackedUp) for event in course.of(StrategyMoved))
    assert done == simulations
    assert [(spent.unit, spent.used) for spent in course.of(BudgetSpent)] == [("simulations", simulations)]


def test_thousands_of_simulations_for_which_nothing_has_to_be_written_leave_room_for_a_stop() -> None:
    course = Course("mcts", Budget(), simulations=10_000, choose="visits")
    for _ in range(20):
        before = sum(isinstance(event.move, ValueBackedUp) for event in course.of(StrategyMoved))
        course.run.step()
        after = sum(isinstance(event.move, ValueBackedUp) for event in course.of(StrategyMoved))
        assert after - before <= MOST_A_TURN
    course.run.stop()
    assert course.of(RunFinished)[0].outcome == "stopped"


class SlowVerifier(ArithmeticChecker):
    """Takes a second of the course's clock for an opinion."""

    def __init__(self, course: Course) -> None:
        self.course, self.asked = course, 0

    def score(self, *args: object) -> Score:
        self.asked += 1
        self.course.now += 1.0
        return super().score(*args)  # type: ignore[arg-type]


def test_no_verifier_begins_after_the_time_and_what_it_did_not_judge_is_said() -> None:
    course = Course("best-of-n", Budget(seconds=19.5))
    slow = SlowVerifier(course)
    course.run._court.jury._verifiers = [slow]
    course.to_the_end()
    (spent,) = course.of(BudgetSpent)
    assert course.of(RunFinished)[0].outcome == "budget"
    assert spent.used < 19.5 + 1.0 + STEP_SECONDS
    details = [event.detail for event in course.of(CandidateScored)]
    assert 0 < slow.asked < len(details)
    assert details.count("not judged: the time of the budget was spent") == len(details) - slow.asked


@every_strategy
@pytest.mark.parametrize("candidates", [1, 3, 5, 10])
def test_never_a_candidate_more_than_the_budget_and_those_that_have_begun_may_finish(
    name: str, candidates: int
) -> None:
    course = Course(name, Budget(candidates=candidates)).to_the_end()
    check_books(course)
    check_answer(course)
    begun, outcome = len(course.of(CandidateQueued)), course.of(RunFinished)[0].outcome
    assert begun <= candidates
    if outcome == "budget":
        assert begun == candidates
        assert "abort" not in {event.finish_reason for event in course.of(CandidateFinished)}
        assert [spent.unit for spent in course.of(BudgetSpent)] == ["candidates"]
    else:
        assert course.run._strategy.finished


@every_strategy
@pytest.mark.parametrize("seconds", [0.1, 2.0, 7.3])
def test_the_step_in_which_the_time_runs_out_is_the_last(name: str, seconds: float) -> None:
    course = Course(name, Budget(seconds=seconds)).to_the_end()
    check_books(course)
    check_answer(course)
    if course.of(RunFinished)[0].outcome == "budget":
        (spent,) = course.of(BudgetSpent)
        assert spent.unit == "seconds"
        assert seconds <= spent.used < seconds + STEP_SECONDS
        assert course.of(RunFinished)[0].t == spent.used
    else:
        assert course.steps * STEP_SECONDS < seconds + STEP_SECONDS


@every_strategy
def test_a_pause_costs_no_seconds_of_the_budget(name: str) -> None:
    course, free = Course(name, Budget(seconds=3.0)), Course(name, Budget(seconds=3.0)).to_the_end()
    for _ in range(2):
        course.now += STEP_SECONDS
        course.run.step()
    course.run.pause()
    course.now += 1000.0
    course.run.resume()
    course.to_the_end()
    assert course.steps + 2 == free.steps
    assert course.of(AnswerPicked)[-1].answer == free.of(AnswerPicked)[-1].answer


@every_strategy
@pytest.mark.parametrize("steps", [0, 1, 40])
def test_a_run_that_is_stopped_by_hand_finishes_what_it_has_begun(name: str, steps: int) -> None:
    course = Course(name, Budget())
    for _ in range(steps):
        if not course.run.finished:
            course.run.step()
    course.run.stop()
    check_books(course)
    check_answer(course)
    assert course.of(RunFinished)[0].outcome == "stopped" or steps == 40


@every_strategy
def test_a_cache_that_holds_next_to_nothing_changes_no_course(name: str) -> None:
    """There the simulated model writes the same, in other company; only more is computed again."""
    roomy = Course(name, Budget()).to_the_end()
    prompt = max(event.cached_tokens + event.computed_tokens for event in roomy.of(CandidateStarted))
    small = Course(name, Budget(), cells=prompt + 170).to_the_end()
    check_books(small)
    assert small.backend.decoder.cells <= prompt + 170
    if name not in ("adaptive", "mcts", "ab-mcts"):  # there the order of arrival decides what is asked for
        said = [{e.candidate: e.text for e in course.of(CandidateFinished)} for course in (roomy, small)]
        assert said[0] == said[1]


def test_a_simulated_run_reports_no_energy_and_says_that_a_budget_of_it_ends_nothing() -> None:
    events = simulated_events(make_setup("best-of-n", budget=Budget(joules=1e-9), n=3))
    assert not any(isinstance(event, EnergyRead) for event in events)
    figures = summary(fold(events))
    assert (figures["energy_joules"], figures["cost"], figures["energy_source"]) == (None, None, None)
    assert figures["outcome"] == "answered"
    notice = next(event.text for event in events if isinstance(event, NoticeGiven))
    assert notice.startswith("A simulated model uses no energy")
