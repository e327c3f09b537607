"""The same set-up comes to the recorded end, another one to the end that a run with it comes to."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BadInputError
from engine.setup import Budget, StrategyChoice, VerifierChoice
from engine.strategies.registry import STRATEGIES
from engine.trace.fold import fold
from engine.trace.reader import TraceReader
from engine.trace.summary import summary
from engine.types import Problem
from engine.what_if.pool import WhatIfPool
from engine.what_if.request import WhatIf
from tests.engine.what_if.asking import (
    N,
    ask,
    choices,
    counts,
    differences,
    mixes,
    own,
    seconds,
    seeds,
    tokens,
    with_energy,
)
from tests.simulated_runs import make_setup, simulate

JUDGE_SAYS = {"yes, it is": 0.5, "no": 0.3, "certainly not right": 0.2}


# --- the run itself ----------------------------------------------------------------------------------------------


RECORDINGS = sorted((Path(__file__).parents[3] / "resources" / "recordings").glob("*.tsrun"))


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
def test_a_run_of_any_strategy_comes_to_its_end_again(name: str, seed: int) -> None:
    state = simulate(make_setup(name, seed=seed, budget=Budget(candidates=12)))
    outlook = own(state)
    assert differences(outlook, summary(state)) == {}
    assert outlook.notes == ()


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
    state = with_energy(make_setup("best-of-n", n=6))
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
    state = with_energy(make_setup("best-of-n", n=8))
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
