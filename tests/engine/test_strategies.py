"""Every registered strategy keeps the ask/tell contract, and each chooses as its name says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.answers import normalise
from engine.errors import BadInputError
from engine.prompts import PROMPTS
from engine.setup import DEFAULT_SAMPLING, Budget, LoadOptions, RunSetup, StrategyChoice, Value, VerifierChoice
from engine.strategies.base import Answer, Result, Strategy
from engine.strategies.registry import build_strategy
from engine.strategies.seeds import trial_seed
from engine.types import Candidate, FinishReason, Problem, Score, Trial

MANY = ("self-consistency", "best-of-n")
ADAPTIVE = ("adaptive",)
ONE = ("direct", "chain-of-thought")
SAMPLING = MANY + ADAPTIVE + ONE


def setup(name: str, verifiers: Sequence[str] = ("arithmetic",), seed: int = 1, **settings: Value) -> RunSetup:
    return RunSetup(
        problem=Problem("What is 47 + 35?", "82", "addition"),
        strategy=StrategyChoice(name, settings),
        verifiers=tuple(VerifierChoice(verifier) for verifier in verifiers),
        sampling=DEFAULT_SAMPLING,
        budget=Budget(),
        load=LoadOptions("none"),
        seed=seed,
    )


def result(
    id: int,
    answer: str | None,
    scores: Mapping[str, float | None] | None = None,
    ended: FinishReason = "stop",
    logprob: float = -0.5,
) -> Result:
    vote = None if answer is None else normalise(answer)
    candidate = Candidate(id, f"So {answer}.", answer, vote, ended, 5 + id, logprob)
    return Result(candidate, {name: Score(value) for name, value in (scores or {}).items()})


def told(name: str, results: Sequence[Result], verifiers: Sequence[str] = ("arithmetic",)) -> Answer:
    settings: dict[str, Value] = {} if name in ONE else {"n": max(1, len(results))}
    strategy = build_strategy(setup(name, verifiers, **settings))
    strategy.ask(len(results))
    for each in results:
        strategy.tell(each)
    return strategy.answer()


def run_to_the_end(strategy: Strategy, free: int, answers: Sequence[str | None]) -> list[Trial]:
    trials: list[Trial] = []
    while not strategy.finished:
        asked = strategy.ask(free)
        assert 0 < len(asked) <= free
        for trial in asked:
            strategy.tell(result(trial.id, answers[trial.id % len(answers)], {"arithmetic": 0.5}))
        trials += asked
    return trials


@pytest.mark.parametrize("name", SAMPLING)
@given(free=st.integers(1, 40), n=st.integers(1, 40), answers=st.lists(st.none() | st.sampled_from("123"), min_size=1))
def test_a_strategy_asks_for_at_most_what_is_free_until_it_has_finished(
    name: str, free: int, n: int, answers: list[str | None]
) -> None:
    strategy = build_strategy(setup(name, n=n) if name in MANY + ADAPTIVE else setup(name))
    trials = run_to_the_end(strategy, free, answers)
    assert [trial.id for trial in trials] == list(range(len(trials)))
    assert len(trials) + strategy.spared == (n if name in MANY + ADAPTIVE else 1)
    assert strategy.spared == 0 or name in ADAPTIVE
    assert list(strategy.ask(free)) == []
    assert strategy.answer().reason


@pytest.mark.parametrize("name", SAMPLING)
def test_a_strategy_without_free_places_asks_for_nothing(name: str) -> None:
    strategy = build_strategy(setup(name))
    assert list(strategy.ask(0)) == []
    assert list(strategy.ask(-1)) == []
    assert not strategy.finished


@pytest.mark.parametrize("name", SAMPLING)
def test_a_strategy_is_not_finished_while_a_trial_is_outstanding(name: str) -> None:
    strategy = build_strategy(setup(name))
    trials = strategy.ask(1024)
    for trial in reversed(trials):
        assert not strategy.finished
        strategy.tell(result(trial.id, "82"))
    assert strategy.finished


@pytest.mark.parametrize("name", SAMPLING)
def test_telling_twice_changes_nothing(name: str) -> None:
    strategy = build_strategy(setup(name))
    trials = strategy.ask(1024)
    for trial in trials[:3]:
        strategy.tell(result(trial.id, str(trial.id), {"arithmetic": 0.5}))
    before = (strategy.answer(), strategy.finished)
    for trial in trials[:3]:
        strategy.tell(result(trial.id, str(trial.id), {"arithmetic": 0.5}))
    assert (strategy.answer(), strategy.finished) == before


@pytest.mark.parametrize("name", SAMPLING)
@given(ends=st.lists(st.sampled_from(["stop", "length", "abort", "error"]), max_size=16))
def test_there_is_an_answer_from_any_part_of_the_results(name: str, ends: list[FinishReason]) -> None:
    strategy = build_strategy(setup(name))
    trials = strategy.ask(1024)
    assert strategy.answer() == Answer(None, None, "No candidate has finished yet.")
    for trial, ended in zip(trials, ends, strict=False):
        strategy.tell(result(trial.id, "82", ended=ended))
        assert strategy.answer().answer == "82"


@pytest.mark.parametrize("name", SAMPLING)
def test_the_same_set_up_asks_for_the_same_trials(name: str) -> None:
    first, second = build_strategy(setup(name)), build_strategy(setup(name))
    assert list(first.ask(1024)) == [*second.ask(1), *second.ask(1024)]
    other = build_strategy(setup(name, seed=2))
    assert other.ask(1)[0].seed != trial_seed(1, 0)


@pytest.mark.parametrize("name", SAMPLING)
def test_a_trial_that_was_never_asked_for_is_a_mistake_of_the_caller(name: str) -> None:
    with pytest.raises(ValueError, match="never asked"):
        build_strategy(setup(name)).tell(result(0, "82"))


@pytest.mark.parametrize("name", SAMPLING)
def test_candidates_share_one_prompt_and_differ_in_their_seeds(name: str) -> None:
    trials = build_strategy(setup(name)).ask(1024)
    assert len(trials) == (16 if name in MANY else 4 if name in ADAPTIVE else 1)
    assert {trial.prompt for trial in trials} == {trials[0].prompt}
    assert len({trial.seed for trial in trials}) == len(trials)


@given(st.integers(-(2**63), 2**63), st.integers(0, 2**20), st.integers(1, 2**20))
def test_seeds_of_different_trials_differ_and_fit_llama_cpp(run_seed: int, trial: int, step: int) -> None:
    first, second = trial_seed(run_seed, trial), trial_seed(run_seed, trial + step)
    assert first != second
    assert 0 <= first < 0xFFFFFFFF


def test_seeds_are_the_same_on_every_machine() -> None:
    assert [trial_seed(1, trial) for trial in range(3)] == SEEDS_OF_RUN_1


SEEDS_OF_RUN_1 = [3442735754, 963350190, 3660430113]


def test_the_strategies_differ_in_their_prompts() -> None:
    asked = setup("direct").problem
    assert build_strategy(setup("direct")).ask(1)[0].prompt == PROMPTS["question-only"](asked)
    assert build_strategy(setup("best-of-n")).ask(1)[0].prompt == PROMPTS["worked-examples"](asked)
    zero_shot = build_strategy(setup("chain-of-thought", prompt="step-by-step"))
    assert zero_shot.ask(1)[0].prompt == PROMPTS["step-by-step"](asked)


def test_an_unknown_strategy_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(
        BadInputError, match=r"no strategy “magic”.*direct, chain-of-thought, self-consistency, best-of-n"
    ):
        build_strategy(setup("magic"))


@pytest.mark.parametrize("name", MANY)
@pytest.mark.parametrize("n", [0, -1, 10_000, 1.5, "many", float("nan"), float("inf")])
def test_an_impossible_number_of_candidates_is_refused_in_words(name: str, n: Value) -> None:
    with pytest.raises(BadInputError, match="Candidates cannot be"):
        build_strategy(setup(name, n=n))


def test_a_setting_of_another_strategy_is_refused() -> None:
    with pytest.raises(BadInputError, match="no setting “n”"):
        build_strategy(setup("direct", n=4))


def test_self_consistency_takes_the_most_frequent_answer_whatever_the_scores_say() -> None:
    answers = [
        result(i, a, {"arithmetic": 1.0 if a == "82" else 0.0}) for i, a in enumerate(["82", "72", "72.0", "83"])
    ]
    assert told("self-consistency", answers) == Answer(1, "72", "2 of 4 candidates say 72, more than any other answer.")


def test_a_tied_vote_goes_to_the_answer_that_came_first_and_says_so() -> None:
    answer = told("self-consistency", [result(1, "72"), result(0, "82")])
    assert (answer.candidate, answer.answer) == (1, "72")
    assert "as many as say 82, but it came first" in answer.reason


def test_best_of_n_takes_the_highest_score_against_the_majority() -> None:
    answers = [result(i, a, {"arithmetic": s}) for i, (a, s) in enumerate([("72", 0.5), ("72", 0.5), ("82", 1.0)])]
    assert told("best-of-n", answers) == Answer(2, "82", "The highest score of 3 answers: 1.00 (arithmetic 1.00).")


def test_best_of_n_weighs_its_verifiers() -> None:
    mixed = RunSetup(
        **{
            **{field: getattr(setup("best-of-n", n=2), field) for field in RunSetup.__struct_fields__},
            "verifiers": (VerifierChoice("arithmetic", 0.8), VerifierChoice("majority", 0.2)),
        }
    )
    strategy = build_strategy(mixed)
    strategy.ask(2)
    strategy.tell(result(0, "72", {"arithmetic": 0.5, "majority": 1.0, "mean-logprob": 1.0}))
    strategy.tell(result(1, "82", {"arithmetic": 1.0, "majority": 0.0, "mean-logprob": 0.0}))
    answer = strategy.answer()
    assert answer.candidate == 1
    assert answer.reason == "The highest score of 2 answers: 0.80 (arithmetic 1.00, majority 0.00)."


def test_equal_scores_are_decided_by_votes_and_the_reason_says_so() -> None:
    answers = [result(i, a, {"arithmetic": 1.0}) for i, a in enumerate(["72", "82", "82"])]
    answer = told("best-of-n", answers)
    assert answer.candidate == 1
    assert "3 candidates share it" in answer.reason


def test_scores_that_come_later_replace_the_earlier_ones() -> None:
    strategy = build_strategy(setup("best-of-n", ("majority",), n=3))
    strategy.ask(3)
    for i, answer in enumerate(["72", "82", "82"]):
        strategy.tell(result(i, answer, {"majority": 1.0 if i == 0 else 0.5}))
    for i, answer in enumerate(["72", "82", "82"]):
        strategy.tell(result(i, answer, {"majority": 1 / 3 if i == 0 else 2 / 3}))
    assert strategy.answer().answer == "82"


@pytest.mark.parametrize(
    ("verifiers", "why"), [((), "There is no verifier"), (("arithmetic",), "No verifier could tell")]
)
def test_where_no_verifier_can_tell_the_majority_decides_and_the_reason_says_so(
    verifiers: tuple[str, ...], why: str
) -> None:
    answers = [result(i, a, {"arithmetic": None}) for i, a in enumerate(["72", "82", "82"])]
    answer = told("best-of-n", answers, verifiers)
    assert answer.answer == "82"
    assert answer.reason.startswith(why)
    assert "2 of 3 candidates say 82" in answer.reason


def test_one_that_could_not_be_checked_beats_those_that_are_wrong() -> None:
    answers = [result(0, "72", {"arithmetic": 0.0}), result(1, "82", {"arithmetic": None})]
    answer = told("best-of-n", answers)
    assert answer.answer == "82"
    assert "could not be checked" in answer.reason


def test_the_known_answer_as_a_verifier_is_said_to_be_the_perfect_one() -> None:
    answers = [result(0, "72", {"known-answer": 0.0}), result(1, "82", {"known-answer": 1.0})]
    answer = told("best-of-n", answers, ("known-answer",))
    assert answer.answer == "82"
    assert "perfect verifier" in answer.reason


@pytest.mark.parametrize("name", MANY)
def test_a_stopped_candidate_does_not_vote_beside_one_that_came_to_its_end(name: str) -> None:
    stopped = [result(i, "72", ended="abort") for i in range(3)]
    assert told(name, [*stopped, result(3, "82")]).answer == "82"


@pytest.mark.parametrize("name", SAMPLING)
def test_the_partial_text_of_a_stopped_candidate_is_better_than_nothing(name: str) -> None:
    answer = told(name, [result(0, "7", ended="abort")])
    assert (answer.candidate, answer.answer) == (0, "7")
    assert "stopped" in answer.reason


@pytest.mark.parametrize("name", SAMPLING)
def test_candidates_without_an_answer_are_shown_all_the_same(name: str) -> None:
    answer = told(name, [result(0, None)])
    assert (answer.candidate, answer.answer) == (0, None)
    assert "recognised" in answer.reason


def test_adaptive_stops_asking_as_soon_as_the_vote_is_settled() -> None:
    strategy = build_strategy(setup("adaptive", n=32, at_once=1))
    for i in range(4):
        assert [trial.id for trial in strategy.ask(10)] == [i]
        strategy.tell(result(i, "82"))
    assert strategy.finished
    assert strategy.spared == 28
    assert list(strategy.ask(10)) == []
    assert strategy.answer().reason.endswith("It leads with probability 0.97.")


def test_adaptive_goes_on_to_the_most_candidates_while_the_vote_is_open() -> None:
    strategy = build_strategy(setup("adaptive", n=12))
    trials = run_to_the_end(strategy, 100, ["1", "2"])
    assert (len(trials), strategy.spared) == (12, 0)


def test_those_that_are_still_writing_when_the_vote_is_settled_are_not_needed() -> None:
    strategy = build_strategy(setup("adaptive", n=32, at_once=6))
    assert len(strategy.ask(100)) == 6
    for i in (5, 0, 2, 3):
        assert list(strategy.unneeded) == []
        strategy.tell(result(i, "82"))
    assert list(strategy.unneeded) == [1, 4]
    assert not strategy.finished
    for i in (1, 4):
        strategy.tell(result(i, None, ended="abort"))
    assert strategy.finished
    assert strategy.answer().answer == "82"


@given(st.lists(st.sampled_from("123"), min_size=1, max_size=12), st.randoms())
def test_a_vote_that_was_stopped_as_certain_ends_as_the_whole_vote_would(answers: list[str], chance: Random) -> None:
    order = list(range(len(answers)))
    chance.shuffle(order)
    stopping = build_strategy(setup("self-consistency", n=len(answers), stop_when_certain=True))
    whole = build_strategy(setup("self-consistency", n=len(answers)))
    stopping.ask(100)
    whole.ask(100)
    for i in order:
        whole.tell(result(i, answers[i]))
        if not stopping.unneeded:
            stopping.tell(result(i, answers[i]))
    assert stopping.answer().answer == whole.answer().answer


def test_self_consistency_stops_nobody_unless_it_is_asked_to() -> None:
    strategy = build_strategy(setup("self-consistency", n=3))
    strategy.ask(3)
    for i in range(2):
        strategy.tell(result(i, "82"))
    assert list(strategy.unneeded) == []
    assert not strategy.finished


def weighted(*results: Result) -> Answer:
    strategy = build_strategy(setup("best-of-n", n=len(results), choose="weighted-vote"))
    strategy.ask(len(results))
    for each in results:
        strategy.tell(each)
    return strategy.answer()


def test_a_weighted_vote_adds_up_the_scores_of_each_answer() -> None:
    """72 has the best single score and the most votes; 82 has the highest sum."""
    answer = weighted(
        result(0, "72", {"arithmetic": 0.9}),
        result(1, "82", {"arithmetic": 0.7}),
        result(2, "72", {"arithmetic": 0.0}),
        result(3, "82", {"arithmetic": 0.8}),
        result(4, "72", {"arithmetic": 0.0}),
    )
    assert (answer.candidate, answer.answer) == (3, "82")
    assert answer.reason == "The scores of its 2 candidates add up to 1.50, those of 72 to 0.90."


@pytest.mark.parametrize("value", [None, 0.0])
def test_a_weighted_vote_without_any_score_is_a_plain_one(value: float | None) -> None:
    scores = {"arithmetic": value}
    answer = weighted(result(0, "72", scores), result(1, "82", scores), result(2, "82", scores))
    assert answer.answer == "82"
    assert "majority decides" in answer.reason


@given(st.lists(st.tuples(st.sampled_from("123"), st.floats(0.01, 1.0)), min_size=1, max_size=20))
def test_a_weighted_vote_is_the_sum_that_anybody_would_add_up(told: list[tuple[str, float]]) -> None:
    answer = weighted(*(result(i, vote, {"arithmetic": score}) for i, (vote, score) in enumerate(told)))
    sums = {vote: sum(score for other, score in told if other == vote) for vote, _ in told}
    assert answer.answer is not None
    assert sums[answer.answer] == pytest.approx(max(sums.values()))
