"""What-ifs: the same set-up comes to the recorded end, another one to the end that a run with it comes to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.acts import ChangeBudget, ChangeSetting, ChangeVerifiers, RateCandidate
from engine.errors import BadInputError
from engine.events import CandidateScored, EnergyRead, Event, PersonActed, RunStarted
from engine.settings import Setting
from engine.setup import Budget, RunSetup, StrategyChoice, Value, VerifierChoice
from engine.strategies.base import Answer
from engine.strategies.registry import STRATEGIES
from engine.strategies.spec import StrategySpec
from engine.trace.fold import RunState, fold
from engine.trace.reader import TraceReader
from engine.trace.summary import summary
from engine.types import Candidate, Message, Origin, Problem, Prompt, Sampling, Score, Trial
from engine.verifiers.registry import VERIFIERS, VerifierSpec
from engine.what_if.not_recorded import TOKEN_CONFIDENCES
from engine.what_if.outlook import Outlook
from engine.what_if.pool import WhatIfPool
from engine.what_if.request import WhatIf
from tests.engine.trace_runs import chance_run
from tests.simulated_runs import BEST, make_setup, simulate, simulated_events

RECORDINGS = sorted((Path(__file__).parents[2] / "resources" / "recordings").glob("*.tsrun"))
JUDGE_SAYS = {"yes, it is": 0.5, "no": 0.3, "certainly not right": 0.2}
N = 10

choices = st.one_of(
    st.just(StrategyChoice("chain-of-thought")),
    st.builds(
        lambda n, early: StrategyChoice("self-consistency", {"n": n, "stop_when_certain": early}),
        st.integers(1, N),
        st.booleans(),
    ),
    st.builds(
        lambda n, choose: StrategyChoice("best-of-n", {"n": n, "choose": choose}),
        st.integers(1, N),
        st.sampled_from(["best-score", "weighted-vote"]),
    ),
    st.builds(
        lambda n, at_once, confidence: StrategyChoice(
            "adaptive", {"n": n, "at_once": at_once, "confidence": confidence}
        ),
        st.integers(1, N),
        st.integers(1, 6),
        st.sampled_from([0.6, 0.8, 0.95]),
    ),
)
mixes = st.lists(
    st.sampled_from(["arithmetic", "majority", "mean-logprob", "known-answer"]), unique=True, max_size=4
).map(lambda names: tuple(VerifierChoice(name, 1 / (i + 1)) for i, name in enumerate(names)))
tokens, seconds, counts = st.integers(1, N) | st.integers(1, 350), st.floats(0.1, 1.2), st.integers(1, N)
seeds = st.integers(1, 10**6)


def own(state: RunState) -> Outlook:
    pool = WhatIfPool(state)
    return pool.ask(pool.recorded)


def differences(outlook: Outlook, was: Mapping[str, Any], names: Sequence[str] = ()) -> dict[str, object]:
    """Where an outlook is another one than the summary of a run."""
    pairs = {"candidate": "pick", "reason": "pick_reason", "seconds_estimate": "wall_seconds"}
    same = ("answer", "correct", "outcome", "completion_tokens", "prompt_tokens", "cached_tokens", "flops")
    more = ("candidates_finished", "candidates_spared", "verifier_tokens", "verifier_prompt_tokens")
    pairs |= {name: name for name in (*same, *more)}
    found = {name: (getattr(outlook, name), was[pairs[name]]) for name in names or pairs}
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}


def with_energy(events: Sequence[Event]) -> RunState:
    """A run that measured 45 watts, as one of a real model would."""
    end = events[-1].t
    return fold([*events[:-1], EnergyRead(end, 45 * end, "rapl"), events[-1]])


def ask(state: RunState, strategy: str, verifiers: Sequence[VerifierChoice] = BEST, **values: Value) -> Outlook:
    return WhatIfPool(state).ask(WhatIf(StrategyChoice(strategy, values), tuple(verifiers), Budget()))


# --- the run itself ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_shipped_recording_asked_as_it_was_comes_to_the_recorded_end(path: Path) -> None:
    state = fold(TraceReader(path))
    outlook = own(state)
    assert differences(outlook, summary(state)) == {}
    assert outlook.notes == ()
    assert outlook.energy_joules_estimate == pytest.approx(state.ledger.energy_joules)
    assert outlook.cost_estimate == pytest.approx(state.ledger.cost)


def test_there_are_shipped_recordings() -> None:
    assert RECORDINGS


@settings(deadline=None, max_examples=60)
@given(
    choice=choices,
    verifiers=mixes,
    budget=st.builds(Budget, st.none() | tokens, st.none() | seconds, st.none() | counts),
    seed=seeds,
    max_tokens=st.sampled_from([25, 60]),
    stopped_after=st.none() | st.integers(1, 50),
)
def test_the_set_up_of_a_run_comes_to_its_end_again(
    choice: StrategyChoice,
    verifiers: tuple[VerifierChoice, ...],
    budget: Budget,
    seed: int,
    max_tokens: int,
    stopped_after: int | None,
) -> None:
    setup = make_setup(choice.name, verifiers, budget, seed, max_tokens, **choice.settings)
    state = simulate(setup, steps=stopped_after)
    assert differences(own(state), summary(state)) == {}


def test_a_run_of_more_candidates_than_fit_at_once_comes_to_its_end_again() -> None:
    texts = {"82": 0.5, "It is 82": 0.2, "I say 72": 0.3}
    state = simulate(make_setup("self-consistency", n=300), texts)
    assert {candidate.queued_at for candidate in state.candidates.values()} != {0.0}
    assert differences(own(state), summary(state)) == {}


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("seed", range(3))
def test_a_run_of_any_strategy_comes_to_its_end_again_or_is_refused_in_words(name: str, seed: int) -> None:
    setup = make_setup(name, seed=seed, budget=Budget(candidates=12))
    state = simulate(setup)
    for outlook in answered(WhatIfPool(state), WhatIf.of(setup)):
        assert differences(outlook, summary(state), ("answer", "reason", "outcome", "completion_tokens")) == {}


@pytest.mark.parametrize("choose", ["best-score", "weighted-vote", "borda-vote"])
def test_candidates_of_several_prompts_and_temperatures_are_each_found_again(choose: str) -> None:
    setup = make_setup("best-of-n", n=7, prompt="diverse", temperature_spread=0.4, choose=choose)
    state = simulate(setup)
    assert len({candidate.temperature for candidate in state.candidates.values()}) > 1
    assert differences(own(state), summary(state)) == {}
    with pytest.raises(BadInputError, match="not recorded"):
        ask(state, "best-of-n", n=7, prompt="diverse")


# --- another run -------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(
    choice=choices,
    verifiers=mixes,
    budget=st.builds(Budget, st.none() | tokens, st.none(), st.none() | counts),
    seed=seeds,
)
def test_another_set_up_comes_to_the_end_of_a_run_with_it(
    choice: StrategyChoice, verifiers: tuple[VerifierChoice, ...], budget: Budget, seed: int
) -> None:
    pool = WhatIfPool(simulate(make_setup("best-of-n", seed=seed, n=N)))
    outlook = pool.ask(WhatIf(choice, verifiers, budget))
    made = summary(simulate(make_setup(choice.name, verifiers, budget, seed, **choice.settings)))
    estimated = differences(outlook, made)
    estimated.pop("seconds_estimate", None)
    assert estimated == {}


@pytest.mark.parametrize("n", [1, 3, 8, 12])
def test_fewer_candidates_take_about_the_time_that_a_run_of_so_many_takes(n: int) -> None:
    state = simulate(make_setup("best-of-n", n=16))
    made = simulate(make_setup("best-of-n", n=n))
    assert ask(state, "best-of-n", n=n).seconds_estimate == pytest.approx(made.t, rel=0.05)


@settings(deadline=None, max_examples=20)
@given(limit=st.floats(0.3, 0.9), seed=seeds)
def test_a_budget_of_seconds_cuts_at_the_recorded_clock_where_nothing_else_changes(limit: float, seed: int) -> None:
    pool = WhatIfPool(simulate(make_setup("best-of-n", seed=seed, n=6)))
    outlook = pool.ask(msgspec.structs.replace(pool.recorded, budget=Budget(seconds=limit)))
    made = summary(simulate(make_setup("best-of-n", budget=Budget(seconds=limit), seed=seed, n=6)))
    assert differences(outlook, made, ("answer", "reason", "outcome", "completion_tokens")) == {}


@settings(deadline=None, max_examples=20)
@given(limit=st.integers(1, 500), seed=seeds)
def test_a_budget_of_all_tokens_counts_prompts(limit: int, seed: int) -> None:
    pool = WhatIfPool(simulate(make_setup("best-of-n", seed=seed, n=6)))
    outlook = pool.ask(msgspec.structs.replace(pool.recorded, budget=Budget(all_tokens=limit)))
    made = summary(simulate(make_setup("best-of-n", budget=Budget(all_tokens=limit), seed=seed, n=6)))
    assert differences(outlook, made, ("answer", "reason", "outcome")) == {}


@pytest.mark.parametrize("unit", ["joules", "price"])
def test_a_budget_of_energy_or_its_price_cuts_by_the_runs_mean_power(unit: str) -> None:
    state = with_energy(simulated_events(make_setup("best-of-n", n=6)))
    used = {"joules": state.ledger.energy_joules, "price": state.ledger.cost}[unit]
    assert used is not None
    pool = WhatIfPool(state)
    outlook = pool.ask(msgspec.structs.replace(pool.recorded, budget=Budget(**{unit: used * 0.8})))
    assert outlook.outcome == "budget"
    assert outlook.budget_spent is not None
    assert outlook.budget_spent.unit == unit
    assert 0.8 <= outlook.budget_spent.used / used < 0.9
    assert 0 < outlook.completion_tokens < state.ledger.completion_tokens


def test_a_budget_of_energy_that_was_not_recorded_is_said_to_cut_nothing_off() -> None:
    pool = WhatIfPool(simulate(make_setup("best-of-n", n=3)))
    outlook = pool.ask(msgspec.structs.replace(pool.recorded, budget=Budget(joules=1e-9)))
    assert (outlook.outcome, len(outlook.notes)) == ("answered", 1)
    assert "no energy" in outlook.notes[0]


def test_a_candidate_that_is_not_finished_at_the_cut_off_counts_as_stopped() -> None:
    pool = WhatIfPool(simulate(make_setup("self-consistency", n=4)))
    outlook = pool.ask(msgspec.structs.replace(pool.recorded, budget=Budget(tokens=8)))
    assert (outlook.outcome, outlook.completion_tokens, outlook.candidates_finished) == ("budget", 8, 0)
    assert outlook.budget_spent is not None
    assert (outlook.budget_spent.unit, outlook.budget_spent.limit) == ("tokens", 8)
    assert outlook.answer is None
    assert "stopped" in outlook.reason


def test_a_small_vote_is_of_the_first_candidates_asked_and_not_of_the_first_to_end() -> None:
    """The first to end are the short ones: a vote among them would be another vote than that of a smaller run."""
    state = simulate(make_setup("self-consistency", n=8, seed=5))
    outlook = ask(state, "self-consistency", n=3)
    assert outlook.completion_tokens == sum(state.candidates[i].token_count for i in range(3))
    assert outlook.candidate in range(3)


def test_energy_and_cost_go_with_the_time() -> None:
    state = with_energy(simulated_events(make_setup("best-of-n", n=8)))
    outlook = ask(state, "chain-of-thought")
    ledger, share = state.ledger, outlook.seconds_estimate / state.t
    assert ledger.energy_joules is not None
    assert ledger.cost is not None
    assert 0 < share < 1
    assert outlook.energy_joules_estimate == pytest.approx(ledger.energy_joules * share)
    assert outlook.cost_estimate == pytest.approx(ledger.cost * share)


def test_what_the_run_does_not_know_is_not_made_up() -> None:
    setup = msgspec.structs.replace(make_setup("best-of-n", n=2), problem=Problem("What is 47 + 35?"))
    outlook = own(simulate(setup))
    assert (outlook.correct, outlook.energy_joules_estimate, outlook.cost_estimate) == (None, None, None)


def test_the_curve_is_the_same_what_if_for_each_number_of_candidates() -> None:
    pool = WhatIfPool(simulate(make_setup("best-of-n", n=6)))
    vote = WhatIf(StrategyChoice("self-consistency"), (), Budget())
    curve = pool.curve(vote)
    assert curve == [pool.ask(vote.with_candidates(n)) for n in range(1, 7)]
    assert [outlook.candidates for outlook in curve] == list(range(1, 7))
    assert pool.curve(vote, [2, 4]) == [curve[1], curve[3]]
    with pytest.raises(BadInputError, match="no setting “n”"):
        pool.curve(WhatIf(StrategyChoice("chain-of-thought"), (), Budget()))


@settings(deadline=None, max_examples=20)
@given(seed=seeds, asked=st.lists(st.tuples(choices, mixes), min_size=1, max_size=4))
def test_what_was_asked_before_changes_no_answer(
    seed: int, asked: list[tuple[StrategyChoice, tuple[VerifierChoice, ...]]]
) -> None:
    state = simulate(make_setup("best-of-n", seed=seed, n=N))
    what_ifs = [WhatIf(choice, verifiers, Budget(tokens=150)) for choice, verifiers in asked]
    pool = WhatIfPool(state)
    assert [pool.ask(each) for each in (*what_ifs, *what_ifs)] == [
        WhatIfPool(state).ask(each) for each in (*what_ifs, *what_ifs)
    ]


# --- what cannot be answered -------------------------------------------------------------------------------------


def test_more_candidates_than_were_recorded_are_refused_in_words() -> None:
    pool = WhatIfPool(simulate(make_setup("best-of-n", n=4)))
    assert pool.candidates == 4
    with pytest.raises(BadInputError, match=r"4 candidates are recorded.*Ask for 4 at most"):
        pool.ask(pool.recorded.with_candidates(5))


def test_another_prompt_is_refused_in_words() -> None:
    state = simulate(make_setup("best-of-n", n=4))
    with pytest.raises(BadInputError, match=r"“Direct answer” cannot be answered from this run"):
        ask(state, "direct")
    with pytest.raises(BadInputError, match="not recorded"):
        ask(state, "self-consistency", n=4, prompt="step-by-step")


class Continuing:
    """A strategy that goes on from its first text, which no recorded candidate did."""

    unneeded: Sequence[int] = ()
    spared = 0
    finished = False

    def __init__(self, setup: RunSetup) -> None:
        self.first = STRATEGIES["chain-of-thought"].build(setup, {"prompt": "worked-examples"}).ask(1)[0]
        self.next: list[Trial] = [self.first]

    def ask(self, free: int) -> Sequence[Trial]:
        asked, self.next = self.next, []
        return asked

    def tell(self, result: object) -> None:
        self.next = [msgspec.structs.replace(self.first, id=1, origin=Origin(0))]

    def answer(self) -> Answer:
        return Answer(None, None, "never")


def test_going_on_from_a_text_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = StrategySpec("continuing", "Going on", "", (), False, lambda setup, _: Continuing(setup))
    monkeypatch.setitem(STRATEGIES, "continuing", spec)
    with pytest.raises(BadInputError, match="“Going on” cannot be answered"):
        ask(simulate(make_setup("best-of-n", n=4)), "continuing")


def test_a_candidate_that_went_on_from_another_is_no_answer_to_the_prompt() -> None:
    events = simulated_events(make_setup("best-of-n", n=3))
    forked = [msgspec.structs.replace(e, parent=0) if getattr(e, "label", None) == "" and e.candidate == 2 else e
              for e in events]  # fmt: skip
    pool = WhatIfPool(fold(forked))
    assert pool.candidates == 2
    with pytest.raises(BadInputError, match="2 candidates are recorded"):
        pool.ask(pool.recorded)


@pytest.mark.parametrize(
    "change",
    [
        {"strategy": StrategyChoice("magic")},
        {"strategy": StrategyChoice("best-of-n", {"n": 0})},
        {"verifiers": (VerifierChoice("magic"),)},
        {"verifiers": (VerifierChoice("majority", -1.0),)},
        {"verifiers": (VerifierChoice("majority"), VerifierChoice("majority"))},
        {"budget": Budget(tokens=0)},
        {"budget": Budget(seconds=float("nan"))},
    ],
)
def test_a_what_if_that_is_no_set_up_is_refused(change: dict[str, Any]) -> None:
    pool = WhatIfPool(simulate(make_setup("best-of-n", n=2)))
    with pytest.raises(BadInputError):
        pool.ask(msgspec.structs.replace(pool.recorded, **change))


def test_what_has_not_begun_cannot_be_asked_about() -> None:
    with pytest.raises(BadInputError, match="no run"):
        WhatIfPool(RunState())


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10**6), share=st.floats(0, 1), choice=choices, budget=st.builds(Budget, st.none() | tokens))
def test_any_beginning_of_any_run_is_answered_or_refused_in_words(
    seed: int, share: float, choice: StrategyChoice, budget: Budget
) -> None:
    events = chance_run(seed, n=N)
    state = fold(events[: 1 + int(share * (len(events) - 1))])
    pool = WhatIfPool(state)
    for outlook in answered(pool, pool.recorded, WhatIf(choice, BEST, budget)):
        assert outlook.seconds_estimate >= 0
        assert outlook.completion_tokens <= state.ledger.completion_tokens


def answered(pool: WhatIfPool, *what_ifs: WhatIf) -> Iterator[Outlook]:
    """The outlooks of those that are not refused."""
    for what_if in what_ifs:
        with contextlib.suppress(BadInputError):
            yield pool.ask(what_if)


def test_a_strategy_that_looks_at_what_is_not_recorded_is_refused_and_not_answered_as_if_it_were_nothing() -> None:
    with pytest.raises(BadInputError, match="other first tokens"):
        own(simulate(make_setup("cot-decoding")))
    for look in (len, iter, bool, list, lambda parts: parts[0], lambda parts: parts[1:]):
        with pytest.raises(BadInputError, match="which are not recorded"):
            look(TOKEN_CONFIDENCES)


# --- runs that a person changed ----------------------------------------------------------------------------------


def changed(*acts: PersonActed) -> WhatIfPool:
    """A run to which a person did something at its end."""
    events = simulated_events(make_setup("best-of-n", n=4))
    return WhatIfPool(fold([*events[:-1], *acts, events[-1]]))


def test_a_run_that_a_person_changed_is_asked_about_as_it_was_in_the_end_and_that_is_said() -> None:
    verifiers = (VerifierChoice("majority", 2.0),)
    acts = (ChangeBudget(Budget(tokens=9999)), ChangeVerifiers(verifiers), ChangeSetting("n", 3))
    pool = changed(*(PersonActed(1.0, act) for act in acts))
    assert pool.recorded == WhatIf(StrategyChoice("best-of-n", {"n": 3}), verifiers, Budget(tokens=9999))
    assert "A person changed the run" in pool.ask(pool.recorded).notes[0]


def test_what_a_person_wanted_and_was_refused_changes_nothing() -> None:
    pool = changed(PersonActed(1.0, ChangeSetting("n", 3), "That is not possible in this run."))
    assert pool.recorded.strategy.settings == {"n": 4}
    assert pool.ask(pool.recorded).notes == ()


def test_a_persons_click_is_a_recorded_score() -> None:
    texts = {"The answer is 82.": 0.5, "It is 72, so the answer is 72.": 0.5}
    events = simulated_events(make_setup("best-of-n", (VerifierChoice("person"),), n=4), texts)
    clicked = CandidateScored(events[-1].t, 2, "person", 1.0, "a person's opinion", 0, 0.0)
    state = fold([*events, PersonActed(events[-1].t, RateCandidate(2, 1.0)), clicked])
    assert ask(state, "best-of-n", (VerifierChoice("person"),), n=4).candidate == 2


# --- runs that did not come to their end -------------------------------------------------------------------------


def test_what_a_stopped_candidate_would_have_said_is_said_not_to_be_known() -> None:
    state = simulate(make_setup("self-consistency", n=4), steps=30)
    stopped = sum(candidate.status == "stopped" for candidate in state.candidates.values())
    assert stopped > 1
    outlook = ask(state, "best-of-n", n=4)
    assert outlook.outcome == "stopped"
    assert any(note.startswith(f"{stopped} candidates were stopped") for note in outlook.notes)


def test_candidates_that_a_vote_did_not_need_are_missing_in_another_choice() -> None:
    setup = make_setup("self-consistency", n=9, stop_when_certain=True, seed=17)
    state = simulate(setup, texts={"The answer is 82.": 0.8, "Let me think about it for a while. It is 83.": 0.2})
    missing = sum(candidate.status == "stopped" for candidate in state.candidates.values())
    assert missing > 0
    outlook = ask(state, "best-of-n", n=9)
    assert (outlook.outcome, outlook.candidates_finished) == ("answered", 9 - missing)
    assert any("stopped before" in note for note in outlook.notes)
    assert own(state).notes == ()


def test_a_budget_that_was_spent_and_is_raised_does_not_make_more_of_the_recording() -> None:
    pool = WhatIfPool(simulate(make_setup("best-of-n", budget=Budget(tokens=80), n=6)))
    outlook = pool.ask(msgspec.structs.replace(pool.recorded, budget=Budget(tokens=5000)))
    assert (outlook.outcome, outlook.completion_tokens) == ("stopped", 80)
    assert outlook.notes


def test_a_smaller_run_ends_where_its_recording_does_and_not_by_a_budget_it_never_spent() -> None:
    pool = WhatIfPool(simulate(make_setup("best-of-n", budget=Budget(tokens=80), n=6)))
    outlook = pool.ask(pool.recorded.with_candidates(3))
    assert outlook.completion_tokens < 80
    assert (outlook.outcome, outlook.budget_spent) == ("stopped", None)
    assert outlook.notes


def test_a_recording_that_breaks_off_has_candidates_that_are_not_finished() -> None:
    events = simulated_events(make_setup("best-of-n", n=5))
    state = fold(events[: len(events) // 2])
    writing = sum(candidate.finished_at is None for candidate in state.candidates.values())
    assert writing > 1
    outlook = own(state)
    assert (outlook.outcome, outlook.candidates_finished) == ("stopped", 5 - writing)
    assert outlook.notes[-1].startswith(f"{writing} candidates were stopped")


# --- verifiers ---------------------------------------------------------------------------------------------------


class Judge:
    """A model judge that asks as often as it is set to."""

    name, title, help = "judge", "Judge", ""
    uses_peers = judges_steps = False
    called = 0

    def __init__(self, asks: int) -> None:
        self.asks = asks

    def requests(self, problem: Problem, candidate: Candidate) -> Sequence[Trial]:
        prompt = Prompt((Message("user", f"Judge this: {candidate.text}"),))
        sampling = Sampling(1.0, 0, 1.0, 0.0, 1.0, 20)
        return [Trial(0, prompt, sampling, 7 * i + candidate.id) for i in range(self.asks)]

    def score(
        self, problem: Problem, candidate: Candidate, peers: Sequence[Candidate], replies: Sequence[Candidate]
    ) -> Score:
        Judge.called += 1
        return Score(sum("yes" in reply.text for reply in replies) / len(replies), f"asked {len(replies)} times")


ASKS = Setting("asks", "int", 1, "Asks", "", 1, 5)


@pytest.fixture
def judge() -> Iterator[VerifierChoice]:
    """A registered verifier that needs the model; not by monkeypatch, which lives for one example only."""
    VERIFIERS["judge"] = VerifierSpec(
        "judge", "Judge", "", "", "", False, False, False, (ASKS,), lambda values: Judge(int(values["asks"]))
    )
    yield VerifierChoice("judge")
    del VERIFIERS["judge"]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("budget", [Budget(), Budget(tokens=260), Budget(seconds=0.7), Budget(candidates=4)])
def test_a_run_with_a_model_judge_comes_to_its_end_again(judge: VerifierChoice, budget: Budget, seed: int) -> None:
    asking = msgspec.structs.replace(judge, settings={"asks": 1 + seed % 3})
    state = simulate(make_setup("best-of-n", (asking, *BEST), budget, seed, n=7), judge=JUDGE_SAYS)
    assert differences(own(state), summary(state)) == {}


def test_what_a_model_judge_said_is_used_again_and_charged(judge: VerifierChoice) -> None:
    state = simulate(make_setup("best-of-n", (judge,), n=6), judge=JUDGE_SAYS)
    called = Judge.called
    outlook = ask(state, "best-of-n", (judge,), n=3)
    assert Judge.called == called
    assert outlook.verifier_tokens == sum(state.candidates[i].verdicts["judge"].tokens for i in range(3)) > 0
    assert outlook.notes == ()
    assert "judge" in outlook.reason


def test_a_judges_score_that_was_not_recorded_is_said_to_be_missing(judge: VerifierChoice) -> None:
    state = simulate(make_setup("best-of-n", n=5))
    outlook = ask(state, "best-of-n", (judge,), n=5)
    assert outlook.notes == ("“judge” needs the model, and its score was not recorded for 5 of 5 candidates.",)
    assert "majority decides" in outlook.reason


def test_a_judge_with_other_settings_is_another_judge(judge: VerifierChoice) -> None:
    state = simulate(make_setup("best-of-n", (judge,), n=3), judge=JUDGE_SAYS)
    other = msgspec.structs.replace(judge, settings={"asks": 2})
    assert "not recorded for 3 of 3" in ask(state, "best-of-n", (other,), n=3).notes[0]
    same = msgspec.structs.replace(judge, settings={"asks": 1}, weight=0.5)
    assert ask(state, "best-of-n", (same,), n=3).notes == ()


@pytest.mark.parametrize("heard", [0.0, 0.5])
def test_a_judge_who_had_not_spoken_at_the_cut_off_does_not_count(judge: VerifierChoice, heard: float) -> None:
    state = simulate(make_setup("best-of-n", (judge,), n=4), judge=JUDGE_SAYS)
    pool = WhatIfPool(state)
    limit = state.ledger.completion_tokens + int(heard * state.ledger.verifier_tokens)
    outlook = pool.ask(msgspec.structs.replace(pool.recorded, budget=Budget(tokens=limit)))
    assert outlook.outcome == "budget"
    assert outlook.verifier_tokens < state.ledger.verifier_tokens
    assert outlook.completion_tokens + outlook.verifier_tokens >= limit


def test_without_its_judge_a_run_does_not_wait_for_it(judge: VerifierChoice) -> None:
    state = simulate(make_setup("best-of-n", (judge,), n=4), judge=JUDGE_SAYS)
    assert ask(state, "self-consistency", (), n=4).seconds_estimate <= state.rate_samples[-1][0] < state.t


def test_the_recorded_score_stands_though_the_verifier_would_say_something_else_today() -> None:
    events = simulated_events(make_setup("best-of-n", (VerifierChoice("arithmetic"),), n=4))
    state = fold(
        msgspec.structs.replace(e, value=1.0 if e.candidate == 3 else 0.0, detail="as it was")
        if isinstance(e, CandidateScored) else e for e in events
    )  # fmt: skip
    outlook = ask(state, "best-of-n", (VerifierChoice("arithmetic"),), n=4)
    assert outlook.candidate == 3


def test_a_verifier_reads_each_candidate_once_however_often_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    class Reader(Judge):
        name = "reader"

        def requests(self, problem: Problem, candidate: Candidate) -> Sequence[Trial]:
            return ()

        def score(self, problem: Problem, candidate: Candidate, peers: object, replies: object) -> Score:
            read.append(candidate.id)
            return Score(1.0)

    spec = VerifierSpec("reader", "Reader", "", "", "", False, False, False, (), lambda _: Reader(1))
    monkeypatch.setitem(VERIFIERS, "reader", spec)
    pool = WhatIfPool(simulate(make_setup("best-of-n", n=5)))
    for n in (2, 5, 3, 5):
        pool.ask(WhatIf(StrategyChoice("best-of-n", {"n": n}), (VerifierChoice("reader"),), Budget()))
    assert sorted(read) == [0, 1, 2, 3, 4]


def test_the_share_of_votes_is_that_of_the_candidates_that_take_part() -> None:
    state = simulate(make_setup("best-of-n", (VerifierChoice("majority"),), n=8))
    assert "majority 1.00" in ask(state, "best-of-n", (VerifierChoice("majority"),), n=1).reason


# --- what stays as it was ----------------------------------------------------------------------------------------


def test_a_strategy_that_is_chosen_anew_keeps_what_both_have() -> None:
    setup = make_setup("best-of-n", n=6, prompt="step-by-step", choose="weighted-vote")
    pool = WhatIfPool(simulate(setup))
    assert pool.choice("self-consistency").settings == {"n": 6, "prompt": "step-by-step"}
    assert pool.choice("chain-of-thought").settings == {"prompt": "step-by-step"}
    assert pool.choice("self-consistency", {"n": 2}).settings == {"n": 2, "prompt": "step-by-step"}
    assert pool.choice() == setup.strategy
    assert pool.choice(None, {"n": 3}).settings == {"n": 3, "prompt": "step-by-step", "choose": "weighted-vote"}
    with pytest.raises(BadInputError, match="no strategy “magic”"):
        pool.choice("magic")


def test_a_setting_that_another_strategy_does_not_offer_is_not_kept() -> None:
    pool = WhatIfPool(simulate(make_setup("best-of-n", n=3, prompt="diverse", choose="borda-vote")))
    assert "choose" not in pool.choice("mcts").settings
    assert pool.choice("chain-of-thought").settings == {}
    assert pool.choice("self-consistency").settings == {"n": 3, "prompt": "diverse"}


def test_a_strategy_that_is_chosen_anew_asks_for_no_more_than_was_recorded() -> None:
    pool = WhatIfPool(simulate(make_setup("best-of-n", budget=Budget(candidates=3), n=9)))
    assert pool.choice("self-consistency").settings == {"n": 3}
    assert pool.ask(WhatIf(pool.choice("self-consistency"), (), Budget())).candidates == 3


def test_a_run_of_a_strategy_that_is_not_known_here_is_refused() -> None:
    events = simulated_events(make_setup("best-of-n", n=2))
    start = events[0]
    assert isinstance(start, RunStarted)
    unknown = msgspec.structs.replace(start.setup, strategy=StrategyChoice("of-tomorrow"))
    with pytest.raises(BadInputError, match="of-tomorrow"):
        WhatIfPool(fold([msgspec.structs.replace(start, setup=unknown), *events[1:]]))
