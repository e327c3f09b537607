"""DeepConf: unsure candidates are stopped while they write, the others vote with their confidence."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.answers import normalise
from engine.errors import BadInputError
from engine.events import AnyEvent, CandidateFinished
from engine.inference import sequence
from engine.inference.scheduler import Scheduler
from engine.inference.simulated_backend import TURN, SimulatedBackend, SimulatedDecoder, SimulatedModel
from engine.run import Run
from engine.setup import SIMULATED, Budget, LoadOptions, RunSetup, StrategyChoice, Value
from engine.strategies.base import Result, Strategy
from engine.strategies.deepconf import Gate, warm_up
from engine.strategies.registry import build_strategy
from engine.trace.fold import RunState, fold
from engine.trace.summary import summary
from engine.types import Candidate, FinishReason, Problem, Sampling, Trial

SURE, SURE_OF_LESS = "Sure: 82. The answer is 82.", "Sure: 72. The answer is 72."
UNSURE = [f"U{''.join(letters)}, well, it may be. The answer is 72." for letters in product("abcdefgh", repeat=3)]
TEXTS = {SURE: 0.35, SURE_OF_LESS: 0.15, **dict.fromkeys(UNSURE, 0.5 / len(UNSURE))}
# Of the 20 likeliest bytes, those that cannot follow count as e^-20 likely: 19 where one can, 18.07 where two can.
CERTAIN, OF_TWO, OF_EIGHT = 19.0, 18 + 2 * 0.6931472 / 20, 12 + 8 * 2.0794415 / 20
SEVENTY_OR_EIGHTY = 18 + (0.3566749 + 1.2039728) / 20  # probabilities 0.7 and 0.3


def sampling(**changes: object) -> Sampling:
    return replace(Sampling(1.0, 0, 1.0, 0.0, 1.0, 80, (), 2), **changes)


def run_sequences(limits: Sampling, count: int = 12) -> list[sequence.Sequence]:
    model = SimulatedModel(lambda prompt: TEXTS)
    scheduler = Scheduler(SimulatedDecoder(model, cells=4096, slots=16), model)
    running = [scheduler.submit(i, (*b"Is it so?", TURN), limits, seed=i) for i in range(count)]
    while not scheduler.idle:
        scheduler.step()
    return running


def test_a_text_is_stopped_at_the_token_that_brings_its_group_below_the_floor() -> None:
    """Groups of 3: of the unsure texts (18.07 + 12.83 + 12.83) / 3 = 14.58 is the first, of the sure ones 18.69."""
    found = run_sequences(sampling(confidence_floor=18.0, confidence_window=3))
    sure = [one for one in found if one.text.startswith("S")]
    unsure = [one for one in found if not one.text.startswith("S")]
    assert sure
    assert unsure
    assert {(one.text, one.finish_reason) for one in sure} == {(SURE, "stop"), (SURE_OF_LESS, "stop")}
    assert {(len(one.generated), one.finish_reason) for one in unsure} == {(3, "doubt")}
    assert unsure[0].confidence.tokens == pytest.approx((OF_TWO, OF_EIGHT, OF_EIGHT))
    expected = (OF_TWO, *[CERTAIN] * 5, SEVENTY_OR_EIGHTY, *[CERTAIN] * (len(SURE) - 6))
    assert sure[0].confidence.tokens == pytest.approx(expected)


def test_the_floor_changes_no_token_before_the_stop_and_the_same_seeds_stop_at_the_same_place() -> None:
    free, floored = run_sequences(sampling()), run_sequences(sampling(confidence_floor=17.0, confidence_window=8))
    assert {one.finish_reason for one in free} == {"stop"}
    assert {one.finish_reason for one in floored} == {"stop", "doubt"}
    assert all(whole.text.startswith(stopped.text) for whole, stopped in zip(free, floored, strict=True))
    again = run_sequences(sampling(confidence_floor=17.0, confidence_window=8))
    assert [(one.text, one.finish_reason) for one in again] == [(one.text, one.finish_reason) for one in floored]


def test_nothing_is_doubted_before_its_shortest_length_nor_without_a_group() -> None:
    late = run_sequences(sampling(confidence_floor=18.5, confidence_window=3, min_tokens=5))
    assert {len(one.generated) for one in late if one.finish_reason == "doubt"} == {5}
    endless = run_sequences(sampling(confidence_floor=100.0, confidence_window=0))
    assert {one.finish_reason for one in endless} == {"stop"}


def candidate(id: int, confidences: Sequence[float], answer: str | None = "82", ended: FinishReason = "stop") -> Result:
    vote = None if answer is None else normalise(answer)
    made = Candidate(id, f"So {answer}.", answer, vote, ended, 10, -0.5, token_confidences=tuple(confidences))
    return Result(made, {})


def test_the_floor_is_a_percentile_of_the_lowest_groups_of_the_warm_up() -> None:
    texts = [candidate(i, [9.0] * 30 + [low] * 10 + [9.0] * 40).candidate for i, low in enumerate([3.0, 1.0, 4.0, 2.0])]
    assert warm_up(texts, 25) == Gate(3.25, 10, 80.0)  # 3/4 of the way through 1, 2, 3, 4
    assert warm_up(texts, 90).floor == pytest.approx(1.3)
    assert warm_up([], 90) == Gate(0.0, 0, 0.0)


def deepconf(n: int = 20, warmup: int = 4, keep_percent: float = 50, **settings: Value) -> Strategy:
    return build_strategy(setup(n=n, warmup=warmup, keep_percent=keep_percent, **settings))


def setup(seed: int = 1, **settings: Value) -> RunSetup:
    return RunSetup(
        problem=Problem("Is it so?", "82"),
        strategy=StrategyChoice("adaptive", {"rule": "deepconf", "prompt": "step-by-step", **settings}),
        verifiers=(),
        sampling=sampling(),
        budget=Budget(),
        load=LoadOptions(SIMULATED),
        seed=seed,
    )


def tell_all(strategy: Strategy, results: Sequence[Result]) -> None:
    for each in results:
        strategy.tell(each)


def limits(trials: Sequence[Trial]) -> set[tuple[float | None, int]]:
    return {(trial.sampling.confidence_floor, trial.sampling.confidence_window) for trial in trials}


def test_the_warm_up_is_asked_for_at_once_and_the_rest_only_when_all_of_it_is_there() -> None:
    strategy = deepconf(at_once=3)
    first = strategy.ask(100)
    assert ([trial.id for trial in first], limits(first)) == ([0, 1, 2, 3], {(None, 0)})
    for id, low in ((0, 6.0), (3, 8.0), (1, 7.0)):
        strategy.tell(candidate(id, [low] * 8, answer=str(id)))
        assert list(strategy.ask(100)) == []
    strategy.tell(candidate(2, [9.0] * 8, answer="2"))
    rest = strategy.ask(100)
    assert ([trial.id for trial in rest], limits(rest)) == ([4, 5, 6], {(7.5, 8)})
    assert not strategy.finished


def test_a_vote_weighs_as_much_as_the_lowest_group_and_below_the_floor_nothing() -> None:
    strategy = deepconf(n=5, warmup=5, keep_percent=60)  # the 40th percentile of 1, 2, 3, 4, 9: 2.6
    strategy.ask(5)
    sure = [candidate(0, [9.0] * 8, "82"), candidate(1, [3.0] * 8, "72"), candidate(2, [4.0] * 8, "72")]
    tell_all(strategy, [*sure, candidate(3, [1.0] * 8, "72"), candidate(4, [2.0] * 8, "72")])
    answer = strategy.answer()
    assert (answer.candidate, answer.answer) == (0, "82")
    assert answer.reason.startswith(
        "1 of 3 candidates that the model was sure of say 82, with 56% of the votes’ weight"
    )
    assert "below 2.60 in groups of 8 tokens (scaled to the 8 of a warm-up text)" in answer.reason


def test_the_answer_stands_when_it_has_the_share_of_the_weight_that_was_asked_for() -> None:
    strategy = deepconf(at_once=3, confidence=0.9)
    strategy.ask(4)
    tell_all(
        strategy,
        [candidate(i, [low] * 8, vote) for i, (low, vote) in enumerate(zip((9, 9, 1, 1), "8877", strict=True))],
    )
    assert (list(strategy.unneeded), strategy.spared, strategy.finished) == ([], 16, True)
    assert strategy.answer().answer == "8"
    open_vote = deepconf(at_once=3, confidence=0.9)
    open_vote.ask(4)
    tell_all(
        open_vote,
        [candidate(i, [low] * 8, vote) for i, (low, vote) in enumerate(zip((9, 9, 1, 1), "8787", strict=True))],
    )
    assert (open_vote.spared, open_vote.finished) == (0, False)


def test_the_doubted_do_not_vote_and_the_reason_counts_them() -> None:
    strategy = deepconf(n=6, warmup=4, at_once=2)
    strategy.ask(6)
    tell_all(strategy, [candidate(i, [5.0 + i] * 8, answer) for i, answer in enumerate(["8", "7", "8", "7"])])
    assert len(strategy.ask(6)) == 2
    tell_all(strategy, [candidate(4, [1.0] * 8, None, "doubt"), candidate(5, [9.0] * 8, "8")])
    assert strategy.finished
    assert strategy.answer().answer == "8"
    assert "1 others were stopped as unsure" not in strategy.answer().reason
    assert "1 was stopped as unsure" in strategy.answer().reason


def test_a_warm_up_that_comes_to_nothing_leaves_a_plain_vote() -> None:
    strategy = deepconf(n=6, warmup=3)
    strategy.ask(6)
    tell_all(strategy, [candidate(i, [], None, "error") for i in range(3)])
    rest = strategy.ask(6)
    assert (len(rest), limits(rest)) == (3, {(None, 0)})
    tell_all(strategy, [candidate(3, [1.0] * 8, "7"), candidate(4, [1.0] * 8, "8"), candidate(5, [1.0] * 8, "8")])
    assert strategy.finished
    assert strategy.answer().answer == "8"


def test_where_nobody_who_is_sure_has_an_answer_the_majority_decides_and_the_reason_says_so() -> None:
    strategy = deepconf(n=3, warmup=3, keep_percent=10)
    strategy.ask(3)
    tell_all(strategy, [candidate(0, [9.0] * 8, None), candidate(1, [1.0] * 8, "7"), candidate(2, [1.0] * 8, "7")])
    answer = strategy.answer()
    assert answer.answer == "7"
    assert "the majority decides" in answer.reason


ENDS = st.tuples(st.sampled_from(["stop", "stop", "length", "doubt", "error"]), st.sampled_from("78"), st.floats(0, 20))


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 8), st.integers(1, 40), st.lists(ENDS, min_size=1))
def test_it_asks_for_at_most_what_is_free_and_accounts_for_every_candidate(
    n: int, warmup: int, at_once: int, free: int, ends: list[tuple[FinishReason, str, float]]
) -> None:
    strategy = deepconf(n=n, warmup=warmup, at_once=at_once)
    open_trials: list[int] = []
    asked = 0
    while not strategy.finished:
        trials = strategy.ask(free)
        assert len(trials) <= free
        asked += len(trials)
        open_trials += [trial.id for trial in trials]
        assert open_trials, "it waits for nothing"
        assert len(open_trials) <= max(at_once, warmup)
        id = open_trials.pop()
        ended, answer, confidence = ends[id % len(ends)]
        strategy.tell(candidate(id, [confidence] * 9, answer if ended in ("stop", "length") else None, ended))
        for unneeded in strategy.unneeded:
            strategy.tell(candidate(unneeded, [confidence] * 2, None, "abort"))
            open_trials.remove(unneeded)
    assert asked + strategy.spared == n
    assert strategy.answer().reason


def test_a_rule_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BadInputError, match="Stop by cannot be"):
        build_strategy(setup(rule="coin"))


def whole_run(seed: int = 1, **settings: Value) -> tuple[list[AnyEvent], RunState]:
    events: list[AnyEvent] = []
    run = Run("run", setup(seed, **settings), SimulatedBackend(lambda prompt: TEXTS), events.append)
    while not run.finished:
        run.step()
    return events, fold(events)


def test_a_run_stops_the_unsure_and_says_what_that_saves() -> None:
    settings: dict[str, Value] = {"n": 32, "warmup": 16, "keep_percent": 30, "confidence": 0.9, "at_once": 32}
    events, state = whole_run(3, **settings)
    assert state.finish is not None
    assert state.finish.outcome == "answered"
    doubted = [c for c in state.candidates.values() if c.finish_reason == "doubt"]
    whole = [c for c in state.candidates.values() if c.finish_reason == "stop"]
    assert doubted
    assert {c.text[:1] for c in doubted} == {"U"}
    assert {(c.status, c.answer) for c in doubted} == {("stopped", None)}
    assert max(c.token_count for c in doubted) < min(c.token_count for c in whole)
    assert state.answer is not None
    assert (state.answer.answer, state.answer.correct) == ("82", True)
    mean = sum(c.token_count for c in whole) / len(whole)
    begun = sum(mean - c.token_count for c in state.candidates.values() if c.status == "stopped")
    assert state.spared is not None
    figures = summary(state)
    assert state.spared.doubted == figures["candidates_doubted"] == len(doubted)
    assert figures["tokens_saved"] == round(state.spared.unasked * mean + begun)
    assert f"too unsure of {len(doubted)}" in state.finish.reason
    again, _ = whole_run(3, **settings)
    ends = [[e.text for e in each if isinstance(e, CandidateFinished)] for each in (events, again)]
    assert ends[0] == ends[1]


def test_the_confidence_of_a_candidate_is_in_its_event_and_in_its_state() -> None:
    _, state = whole_run(n=4, warmup=4)
    for one in state.candidates.values():
        assert one.confidence is not None
        sure, unsure = OF_TWO + SEVENTY_OR_EIGHTY + 6 * CERTAIN, OF_TWO + 3 * OF_EIGHT + 4 * CERTAIN
        lowest = (sure if one.text.startswith("S") else unsure) / 8
        assert one.confidence.lowest_group == pytest.approx(lowest, abs=1e-3)
        assert one.confidence.tail == pytest.approx(CERTAIN)
