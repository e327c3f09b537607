"""What every registered strategy keeps to, whatever comes back from it, in whatever order. New ones are taken in."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable

import pytest

from engine.moves import AnyMove
from engine.setup import RunSetup
from engine.strategies.base import Result, Strategy
from engine.strategies.registry import STRATEGIES, build_strategy
from engine.types import FinishReason, Trial
from tests.engine.simulated_world import Course, Driver, World, by_chance, small_setup

VERIFIERS = ((), ("arithmetic",), ("known-answer", "mean-logprob"))  # none, one of steps, two of whole texts
CASES = [pytest.param(name, used, id=f"{name}-{'+'.join(used) or 'none'}") for name in STRATEGIES for used in VERIFIERS]
ARRIVAL_DECIDES = ("adaptive", "ab-mcts")  # what is asked next is a function of who came first, as it should be
every_case = pytest.mark.parametrize(("name", "verifiers"), CASES)


def course_of(setup: RunSetup, **options: object) -> Course:
    return Driver(build_strategy(setup), World(setup).result, **options).to_the_end()  # type: ignore[arg-type]


def what_was_asked(course: Course) -> set[Trial]:
    return set(course.trials)


@every_case
def test_the_same_seed_gives_the_same_course_and_another_one_other_seeds(name: str, verifiers: tuple[str, ...]) -> None:
    first, again, other = (course_of(small_setup(name, verifiers, seed)) for seed in (1, 1, 2))
    assert first == again
    assert {trial.seed for trial in first.trials}.isdisjoint({trial.seed for trial in other.trials})


@every_case
@pytest.mark.parametrize("free", [1, 2, 5])
def test_no_more_is_asked_for_than_there_is_room_for_and_no_id_comes_twice(
    name: str, verifiers: tuple[str, ...], free: int
) -> None:
    setup = small_setup(name, verifiers)
    strategy = build_strategy(setup)
    assert list(strategy.ask(0)) == [] == list(strategy.ask(-1))
    course = Driver(strategy, World(setup).result, free=free).to_the_end()  # the driver counts what it is asked for
    ids = [trial.id for trial in course.trials]
    assert len(set(ids)) == len(ids) > 0
    assert list(strategy.ask(64)) == []


@every_case
def test_a_trial_goes_on_only_from_one_that_was_told(name: str, verifiers: tuple[str, ...]) -> None:
    setup = small_setup(name, verifiers)
    driver = Driver(build_strategy(setup), World(setup).result)
    while not driver.strategy.finished:
        known = {result.candidate.id for result in driver.course.told}
        before = len(driver.course.trials)
        driver.ask()
        assert all(trial.origin.trial in known for trial in driver.course.trials[before:] if trial.origin)
        driver.step()


@every_case
def test_telling_twice_changes_nothing(name: str, verifiers: tuple[str, ...]) -> None:
    setup = small_setup(name, verifiers)
    strategy = build_strategy(setup)
    told: list[Result] = []

    def tell_all_again(result: Result) -> None:
        told.append(result)
        strategy.tell(result)
        for earlier in told:
            strategy.tell(earlier)

    twice = Driver(strategy, World(setup).result, tell=tell_all_again).to_the_end()
    assert twice == course_of(setup)
    for result in reversed(told):
        strategy.tell(result)
    assert strategy.finished
    assert strategy.answer() == twice.answer
    assert list(strategy.moves()) == []


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name not in ARRIVAL_DECIDES])
@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_arrival_does_not_change_what_is_asked_for(name: str, seed: int) -> None:
    alone = {"at_once": 1} if name == "mcts" else {}
    setup = small_setup(name, **alone)
    shuffled = course_of(setup, pick=by_chance(seed))
    assert what_was_asked(shuffled) == what_was_asked(course_of(setup))


@every_case
def test_there_is_an_answer_at_any_moment_and_never_one_that_was_not_told(
    name: str, verifiers: tuple[str, ...]
) -> None:
    setup = small_setup(name, verifiers)
    driver = Driver(build_strategy(setup), World(setup).result, pick=by_chance(1))
    while True:
        answer = driver.strategy.answer()
        told = {result.candidate.id: result.candidate for result in driver.course.told}
        assert answer.reason
        assert answer.candidate is None or answer.candidate in told
        if answer.answer is not None:
            assert answer.answer in {candidate.answer for candidate in told.values()}
        if driver.strategy.finished:
            break
        driver.step()
    assert any(candidate.answer is not None for candidate in told.values()) == (answer.answer is not None)


@every_case
def test_a_strategy_that_is_put_away_in_the_middle_goes_on_as_if_nothing_had_been(
    name: str, verifiers: tuple[str, ...]
) -> None:
    setup = small_setup(name, verifiers)
    whole = course_of(setup)
    driver = Driver(build_strategy(setup), World(setup).result)
    while not driver.strategy.finished:
        restored: Strategy = pickle.loads(pickle.dumps(driver.strategy))
        driver.strategy, driver._tell = restored, restored.tell
        driver.step()
    driver.course.answer = driver.strategy.answer()
    assert driver.course == whole


@every_case
@pytest.mark.parametrize("seed", range(6))
def test_it_ends_whatever_fails_or_is_stopped_and_loses_nothing(
    name: str, verifiers: tuple[str, ...], seed: int
) -> None:
    setup = small_setup(name, verifiers, seed)
    course = Driver(build_strategy(setup), shaken(World(setup), seed), pick=by_chance(seed)).to_the_end()
    assert {result.candidate.id for result in course.told} == {trial.id for trial in course.trials}
    assert course.answer is not None
    if any(result.candidate.is_whole and result.candidate.answer for result in course.told):
        assert course.answer.answer is not None


def shaken(world: World, seed: int) -> Callable[[Trial], Result]:
    """A world in which each trial fails with a probability of 0.2 (seed 0) to 1."""
    chance, share = random.Random(seed), (0.2, 0.5, 0.9, 1.0)[seed % 4]
    reasons: tuple[FinishReason, ...] = ("error", "abort")

    def answer(trial: Trial) -> Result:
        return world.failure(trial, chance.choice(reasons)) if chance.random() < share else world.result(trial)

    return answer


@every_case
def test_scores_that_come_later_change_no_course_but_may_change_the_answer(
    name: str, verifiers: tuple[str, ...]
) -> None:
    """A verifier that waits for the model: the result is told as pending first, without its score."""
    setup = small_setup(name, verifiers)
    strategy = build_strategy(setup)

    def tell_in_two(result: Result) -> None:
        before = list[AnyMove](strategy.moves())
        strategy.tell(Result(result.candidate, {}, pending=True))
        strategy.tell(result)
        assert before == []

    assert Driver(strategy, World(setup).result, tell=tell_in_two).to_the_end() == course_of(setup)


@every_case
def test_nobody_goes_on_from_a_trial_that_was_said_to_be_dropped(name: str, verifiers: tuple[str, ...]) -> None:
    setup = small_setup(name, verifiers)
    driver = Driver(build_strategy(setup), World(setup).result, pick=by_chance(2))
    dropped = set[int]()
    while not driver.strategy.finished:
        before = len(driver.course.trials)
        driver.ask()
        assert dropped.isdisjoint(t.origin.trial for t in driver.course.trials[before:] if t.origin)
        driver.step()
        newly = list(driver.strategy.dropped())
        assert dropped.isdisjoint(newly)
        assert len(set(newly)) == len(newly)
        dropped.update(newly)
    told = {result.candidate.id for result in driver.course.told}
    assert dropped <= told
