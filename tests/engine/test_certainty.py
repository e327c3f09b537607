"""Best-of-N stops only where its answer stands, against every way in which things may go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.events import AnyEvent
from engine.inference.simulated_backend import SimulatedBackend
from engine.run import Run
from engine.strategies.base import Answer, Result
from engine.strategies.best_of_n import take_best, take_weighted
from engine.strategies.certainty import best_score_is_certain, weighted_vote_is_certain
from engine.strategies.registry import build_strategy
from engine.trace.fold import fold
from engine.trace.summary import summary
from engine.types import Candidate, Score
from engine.verifiers.registry import VERIFIERS
from tests.engine.simulated_world import small_setup

Weights = Mapping[str, float]
Scores = Mapping[str, float | None]
Take = Callable[[Weights, Sequence[Result]], Answer]
Certain = Callable[[Weights, Sequence[Result], int], bool]
TEXTS = {"It is 82.": 0.8, "Let me see. That is forty and thirty, and two. The answer is 72.": 0.2}
RULES = {"best-score": (best_score_is_certain, take_best), "weighted-vote": (weighted_vote_is_certain, take_weighted)}
ALONE, TWO = {"known-answer": 1.0}, {"known-answer": 2.0, "arithmetic": 1.0}


def result(id: int, vote: str | None, scores: Scores, logprob: float = -0.5) -> Result:
    """Each one writes its answer in its own way."""
    answer = None if vote is None else f"{vote}, as {id} writes it"
    candidate = Candidate(id, "So.", answer, vote, "stop", 5, logprob)
    return Result(candidate, {name: Score(value) for name, value in scores.items()})


def all_scores(weights: Weights) -> Iterator[dict[str, float | None]]:
    for values in product((None, 0.0, 0.5, 1.0), repeat=len(weights)):
        yield dict(zip(weights, values, strict=True))


def settled(weights: Weights, results: Sequence[Result]) -> Iterator[list[Result]]:
    """The results with every way in which the scores that are missing may come in."""
    options = []
    for one in results:
        missing = {name: weight for name, weight in weights.items() if name not in one.scores}
        said = [{name: Score(value) for name, value in late.items()} for late in all_scores(missing)]
        options.append([Result(one.candidate, {**one.scores, **late}) for late in said])
    for chosen in product(*options):
        yield list(chosen)


def completions(weights: Weights, results: Sequence[Result], outstanding: int) -> Iterator[list[Result]]:
    """Every end that it may come to: none, some or all of the others come, with any answer, score and confidence."""
    newcomers = [None] + [
        (vote, scores, logprob)
        for vote in ("1", "2", "new", None)
        for scores in all_scores(weights)
        for logprob in (-9.0, 0.0)
        if scores[next(iter(weights))] != 0.5  # the extremes are enough of those
    ]
    for known in settled(weights, results):
        for some in product(newcomers, repeat=outstanding):
            late = [result(90 + i, *made) for i, made in enumerate(some) if made is not None]
            yield known + late


def scores_of(weights: Weights) -> st.SearchStrategy[Scores]:
    """Any scores, some of them missing yet."""
    values = st.none() | st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.0, 1.0])
    return st.fixed_dictionaries({}, optional=dict.fromkeys(weights, values))


def ended(weights: Weights, most: int) -> st.SearchStrategy[list[Result]]:
    made = st.tuples(st.sampled_from(["1", "1", "1", "2", None]), scores_of(weights), st.sampled_from([-0.5, -2.0]))
    return st.lists(made, min_size=1, max_size=most).map(
        lambda all_made: [result(i, *one) for i, one in enumerate(all_made)]
    )


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=150, deadline=None)
@given(results=ended(ALONE, 5), outstanding=st.integers(0, 1))
def test_what_is_certain_is_the_answer_however_it_goes_on(rule: str, results: list[Result], outstanding: int) -> None:
    certain, take = RULES[rule]
    if certain(ALONE, results, outstanding):
        answer = take(ALONE, results).answer
        for end in completions(ALONE, results, outstanding):
            assert take(ALONE, end).answer == answer


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=100, deadline=None)
@given(results=ended(TWO, 4), outstanding=st.integers(0, 1))
def test_the_same_with_two_verifiers_of_unequal_weight(rule: str, results: list[Result], outstanding: int) -> None:
    certain, take = RULES[rule]
    if certain(TWO, results, outstanding):
        answer = take(TWO, results).answer
        for end in completions(TWO, results, outstanding):
            assert take(TWO, end).answer == answer


@pytest.mark.parametrize("rule", RULES)
def test_the_same_with_two_that_are_still_to_come(rule: str) -> None:
    certain, take = RULES[rule]
    found = 0
    for votes in (("1", "1", "1"), ("1", "1", "1", "2"), ("1", "2", "1", "1", None)):
        for values in product((None, 0.5, 1.0), repeat=len(votes)):
            pairs = zip(votes, values, strict=True)
            results = [result(i, vote, {"known-answer": value}) for i, (vote, value) in enumerate(pairs)]
            if certain(ALONE, results, 2):
                found += 1
                answer = take(ALONE, results).answer
                assert all(take(ALONE, end).answer == answer for end in completions(ALONE, results, 2))
    assert found > 0


@settings(max_examples=300, deadline=None)
@given(results=ended(ALONE, 5))
def test_a_weighted_vote_is_certain_wherever_nothing_can_even_draw_level(results: list[Result]) -> None:
    """The bound is exact: where it does not say so, somebody can draw level or go ahead."""
    if weighted_vote_is_certain(ALONE, results, 1) or all(one.candidate.vote is None for one in results):
        return

    def lead(end: Sequence[Result], of: str | None) -> float:
        sums = {"1": 0.0, "2": 0.0, "new": 0.0}
        for one in end:
            if one.candidate.vote is not None:
                sums[one.candidate.vote] += one.scores["known-answer"].value or 0.0
        return sums.pop(str(of)) - max(sums.values())

    ends = list(completions(ALONE, results, 1))
    assert all(min(lead(end, vote) for end in ends) <= 1e-9 for vote in ("1", "2"))


def test_a_perfect_score_is_not_enough_while_as_many_may_come_to_another_answer() -> None:
    perfect = result(0, "1", {"known-answer": 1.0})
    same = [result(i, "1", {"known-answer": 0.0}) for i in (1, 2)]
    assert not best_score_is_certain(ALONE, [perfect], 1)
    assert not best_score_is_certain(ALONE, [perfect, *same], 3)
    assert best_score_is_certain(ALONE, [perfect, *same], 2)
    assert not best_score_is_certain(ALONE, [result(0, "1", {"known-answer": 0.9}), *same], 2)


def test_a_score_that_is_still_awaited_counts_for_the_others() -> None:
    leader = [result(i, "1", {"arithmetic": 1.0}) for i in range(2)]
    judged, waiting = result(2, "2", {"arithmetic": 0.0}), result(2, "2", {})
    assert weighted_vote_is_certain({"arithmetic": 1.0}, [*leader, judged], 1)
    assert not weighted_vote_is_certain({"arithmetic": 1.0}, [*leader, waiting], 1)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("verifier", ["majority", "person"])
def test_nothing_is_certain_by_those_who_may_say_something_else_in_the_end(rule: str, verifier: str) -> None:
    results = [result(i, "1", {verifier: 1.0}) for i in range(9)]
    assert not VERIFIERS[verifier].stands
    assert not RULES[rule][0]({verifier: 1.0}, results, 1)


@pytest.mark.parametrize("rule", RULES)
def test_without_any_verifier_it_is_certain_when_the_majority_is(rule: str) -> None:
    results = [result(i, "1", {}) for i in range(3)]
    assert [RULES[rule][0]({}, results, left) for left in (2, 3)] == [True, False]


@pytest.mark.parametrize("choose", ["best-score", "weighted-vote", "borda-vote"])
@given(st.lists(st.tuples(st.sampled_from("112"), st.sampled_from([0.0, 1.0, 1.0, None])), max_size=12), st.randoms())
def test_one_that_was_stopped_gives_the_answer_that_it_would_have_given(
    choose: str, told: list[tuple[str, float | None]], chance: Random
) -> None:
    order, n = list(range(len(told))), max(1, len(told))
    chance.shuffle(order)
    stopping, whole = (
        build_strategy(small_setup("best-of-n", n=n, choose=choose, stop_when_certain=stop)) for stop in (True, False)
    )
    stopping.ask(100)
    whole.ask(100)
    for i in order:
        one = result(i, told[i][0], {"arithmetic": told[i][1]})
        whole.tell(one)
        if not stopping.unneeded:
            stopping.tell(one)
    assert stopping.answer().answer == whole.answer().answer
    assert choose != "borda-vote" or not stopping.unneeded or not told


def test_what_a_run_saves_by_stopping_is_said_and_its_answer_is_the_same() -> None:
    answers, tokens, spared = [], [], 0
    for stop in (True, False):
        setup = small_setup("best-of-n", ("known-answer",), 3, n=24, choose="weighted-vote", stop_when_certain=stop)
        events: list[AnyEvent] = []
        run = Run("run", setup, SimulatedBackend(lambda _: TEXTS), events.append)
        while not run.finished:
            run.step()
        state = fold(events)
        assert state.answer is not None
        answers.append(state.answer.answer)
        tokens.append(state.ledger.completion_tokens)
        assert (state.spared is not None) == stop
        if state.spared is not None:
            spared = state.spared.unasked + state.spared.stopped
            assert summary(state)["candidates_spared"] == spared
    assert spared > 0
    assert tokens[0] < tokens[1]
    assert answers[0] == answers[1] == "82"
