"""What-ifs over searches, refinements and chains of thinking: another choice among what they found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.errors import BadInputError
from engine.selection import aggregate, mix
from engine.setup import Budget, VerifierChoice
from engine.strategies.registry import STRATEGIES
from engine.trace.fold import CandidateState, RunState
from engine.trace.summary import summary
from engine.what_if.pool import WhatIfPool, curve_counts
from engine.what_if.request import WhatIf
from tests.engine.counted_backend import CountedBackend, finish, judging, started
from tests.engine.what_if.asking import ask, differences, own, seeds, with_energy
from tests.simulated_runs import BEST, make_setup, simulate

SEARCHES = ("beam-search", "dvts", "particle-filtering", "mcts", "ab-mcts")
IN_PIECES = (*SEARCHES, "self-refine", "thinking", "cot-decoding")
ARITHMETIC = (VerifierChoice("arithmetic"),)
JUST_FOUND = ("answer", "outcome", "completion_tokens", "prompt_tokens", "candidates_finished")


def search(name: str, seed: int = 1, verifiers: Sequence[VerifierChoice] = BEST, **values: str | int) -> RunState:
    budget = Budget(simulations=14) if name == "mcts" else Budget(candidates=40)
    return simulate(make_setup(name, verifiers, budget, seed, **values))


def found(state: RunState) -> list[CandidateState]:
    """The finished texts, in order of arrival."""
    return sorted((c for c in state.candidates.values() if c.is_whole), key=lambda c: c.arrival)


def chain(state: RunState, candidate: CandidateState) -> list[CandidateState]:
    steps = [candidate]
    while steps[-1].parent is not None:
        steps.append(state.candidates[steps[-1].parent])
    return steps[::-1]


def test_every_registered_strategy_that_is_not_of_independent_samples_is_tried_here() -> None:
    alone = {"direct", "chain-of-thought", "self-consistency", "best-of-n", "adaptive"}
    assert set(IN_PIECES) | alone == set(STRATEGIES)


# --- the choice --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", IN_PIECES)
def test_a_vote_over_any_run_is_that_of_all_texts_that_it_finished(name: str) -> None:
    state = search(name)
    pool = WhatIfPool(state)
    outlook = pool.ask(WhatIf(pool.choice("self-consistency"), (), Budget(candidates=40)))
    assert outlook.chosen_among == pool.candidates == len(found(state)) > 0
    assert outlook.answer == state.votes[0].answer
    assert f"of {len(found(state))} candidates say" in outlook.reason or "only candidate" in outlook.reason
    assert "not made again" in outlook.notes[0]
    assert "only a choice among" in outlook.notes[0]


@pytest.mark.parametrize("name", SEARCHES[:3])
@pytest.mark.parametrize("how", ["last", "min", "mean", "product"])
def test_the_best_score_reduces_scores_of_steps_as_the_search_did(name: str, how: str) -> None:
    state = search(name, 3, ARITHMETIC, aggregate=how)
    outlook = ask(state, "best-of-n", ARITHMETIC, n=len(found(state)))
    assert outlook.candidate is not None
    values = {
        c.id: aggregate([s.scores["arithmetic"].value if "arithmetic" in s.scores else None for s in chain(state, c)],
                        how)  # type: ignore[arg-type]
        for c in found(state) if c.vote is not None
    }  # fmt: skip
    assert values[outlook.candidate] == max(value for value in values.values() if value is not None)


def test_another_verifier_picks_another_of_the_texts() -> None:
    state = search("mcts", 2, ARITHMETIC)
    best = max((c for c in found(state) if c.vote), key=lambda c: c.mean_logprob or 0.0)
    outlook = ask(state, "best-of-n", (VerifierChoice("mean-logprob"),), n=len(found(state)))
    assert outlook.candidate is not None
    assert state.candidates[outlook.candidate].mean_logprob == best.mean_logprob


def test_the_searchs_own_choice_with_other_weights_is_by_the_value_of_its_texts() -> None:
    state = search("beam-search", 4)
    pool = WhatIfPool(state)
    verifiers = (VerifierChoice("mean-logprob", 3.0), VerifierChoice("majority", 1.0))
    outlook = pool.ask(replace(pool.recorded, verifiers=verifiers))
    assert outlook.candidate in {c.id for c in found(state)}
    assert re.search(r"finished text|different texts", outlook.reason)
    assert pool.ask(replace(pool.recorded, verifiers=BEST)) == own(state)


def test_the_texts_that_are_chosen_from_are_whole_and_not_only_their_last_steps() -> None:
    state = search("beam-search", 1)
    long = [c for c in found(state) if c.parent is not None]
    assert long
    pool = WhatIfPool(state)
    texts = {record.candidate.id: record.candidate for record in pool._run.found}
    for candidate in long:
        assert texts[candidate.id].text == state.whole_text(candidate.id) == "".join(texts[candidate.id].steps)
        assert len(texts[candidate.id].steps) == len(chain(state, candidate))


def test_a_weighted_vote_of_the_searchs_own_counts_merged_siblings_as_copies() -> None:
    state = search("beam-search", 1, ARITHMETIC, choose="weighted-vote")
    assert any(c.merged_into is not None for c in found(state))
    pool = WhatIfPool(state)
    again = pool.ask(replace(pool.recorded, verifiers=(VerifierChoice("arithmetic", 0.5),)))
    assert (again.answer, again.candidate, again.reason) == (own(state).answer, own(state).candidate, own(state).reason)


# --- how many, and at what price ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", IN_PIECES)
def test_fewer_texts_cost_what_had_been_spent_when_the_last_of_them_came(name: str) -> None:
    state = search(name)
    pool = WhatIfPool(state)
    curve = pool.curve(WhatIf(pool.choice("self-consistency"), (), Budget()))
    assert [outlook.chosen_among for outlook in curve] == curve_counts(pool.candidates)
    for less, more in pairwise(curve):
        assert less.completion_tokens <= more.completion_tokens
        assert less.seconds_estimate <= more.seconds_estimate
    assert curve[-1].completion_tokens == state.ledger.completion_tokens
    assert curve[-1].seconds_estimate == state.t
    assert curve[-1].flops == state.ledger.flops


def test_one_text_is_the_first_that_came_and_not_the_first_that_was_begun() -> None:
    state = search("mcts", 5)
    assert ask(state, "chain-of-thought").candidate == found(state)[0].id


def test_a_vote_that_is_settled_early_needs_fewer_texts() -> None:
    state = search("ab-mcts", 1)
    outlook = ask(state, "adaptive", (), n=len(found(state)), at_once=1, confidence=0.6)
    assert outlook.chosen_among is not None
    assert 0 < outlook.chosen_among < len(found(state))
    assert outlook.completion_tokens < state.ledger.completion_tokens


# --- a budget ----------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(name=st.sampled_from(SEARCHES), seed=seeds, share=st.floats(0.1, 1.2))
def test_a_budget_of_time_leaves_what_a_run_with_it_finds_to_a_step(name: str, seed: int, share: float) -> None:
    state = search(name, seed)
    budget = replace(state.budget, seconds=state.t * share)
    pool = WhatIfPool(state)
    outlook = pool.ask(replace(pool.recorded, budget=budget))
    live = simulate(replace(pool._run.setup, budget=budget))
    largest = max(size for _, size, _ in state.rate_samples)
    assert 0 <= outlook.completion_tokens - live.ledger.completion_tokens <= largest
    assert outlook.chosen_among is not None
    assert outlook.chosen_among >= len(found(live))


@pytest.mark.parametrize("name", SEARCHES)
def test_a_budget_of_energy_is_one_of_time_at_the_mean_power(name: str) -> None:
    state = with_energy(make_setup(name, BEST, Budget(candidates=40)))
    pool = WhatIfPool(state)
    for share in (0.2, 0.5, 0.8):
        seconds = pool.ask(replace(pool.recorded, budget=Budget(seconds=state.t * share)))
        joules = pool.ask(replace(pool.recorded, budget=Budget(joules=45 * state.t * share)))
        same = ("answer", "completion_tokens", "seconds_estimate", "chosen_among", "candidates_finished")
        assert all(getattr(seconds, one) == getattr(joules, one) for one in same)


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("seed", range(3))
def test_half_of_the_time_leaves_what_a_run_of_half_the_time_finds(name: str, seed: int) -> None:
    state = search(name, seed)
    pool = WhatIfPool(state)
    budget = replace(state.budget, seconds=state.t / 2)
    outlook = pool.ask(replace(pool.recorded, budget=budget))
    live = simulate(replace(pool._run.setup, budget=budget))
    assert differences(outlook, summary(live), JUST_FOUND) == {}
    assert outlook.chosen_among == len(found(live))


@settings(deadline=None, max_examples=40)
@given(name=st.sampled_from(IN_PIECES), seed=seeds, limit=st.integers(1, 700), all_tokens=st.booleans())
def test_a_budget_of_tokens_is_never_gone_beyond_and_leaves_no_text_that_a_run_with_it_lacks(
    name: str, seed: int, limit: int, all_tokens: bool
) -> None:
    state = search(name, seed)
    budget = replace(state.budget, **{"all_tokens" if all_tokens else "tokens": limit})
    pool = WhatIfPool(state)
    outlook = pool.ask(replace(pool.recorded, budget=budget))
    live = simulate(replace(pool._run.setup, budget=budget))
    used = outlook.completion_tokens + (outlook.prompt_tokens if all_tokens else 0)
    assert used <= limit or outlook.outcome != "budget"
    if not all_tokens:  # of prompts it is recorded when they were there, and not how far they had come
        assert outlook.chosen_among is not None
        assert outlook.chosen_among <= len(found(live))
        assert outlook.completion_tokens <= live.ledger.completion_tokens


def test_a_budget_of_simulations_ends_at_the_latest_with_the_step_of_the_last_one() -> None:
    state = search("mcts", 1)
    pool = WhatIfPool(state)
    last = 8  # as many may end in one step, at the end of the run as well
    assert state.simulations > last + 2
    for limit in range(1, state.simulations - last):
        budget = Budget(simulations=limit)
        outlook = pool.ask(replace(pool.recorded, budget=budget))
        live = simulate(replace(pool._run.setup, budget=budget))
        assert outlook.completion_tokens >= live.ledger.completion_tokens
        assert any("would have cost less" in note for note in outlook.notes)
        assert outlook.budget_spent is not None
        assert (outlook.budget_spent.unit, outlook.budget_spent.used >= limit) == ("simulations", True)
        assert outlook.notes[0].startswith("The run is as it was")


def test_a_budget_of_candidates_lets_those_that_were_begun_come_to_their_end() -> None:
    state = search("beam-search", 1)
    pool = WhatIfPool(state)
    outlook = pool.ask(replace(pool.recorded, budget=Budget(candidates=8)))
    assert (outlook.candidates, outlook.outcome) == (8, "budget")
    assert outlook.budget_spent is not None
    assert (outlook.budget_spent.unit, outlook.budget_spent.used) == ("candidates", 8)


def test_a_larger_budget_finds_no_more_than_was_recorded_and_that_is_said() -> None:
    state = simulate(make_setup("beam-search", budget=Budget(tokens=200)))
    pool = WhatIfPool(state)
    outlook = pool.ask(replace(pool.recorded, budget=Budget(tokens=5000)))
    assert (outlook.outcome, outlook.completion_tokens) == ("stopped", state.ledger.completion_tokens)
    assert "ends with its own budget" in outlook.notes[-1]


# --- judges ------------------------------------------------------------------------------------------------------


def judged_search() -> RunState:
    setup = make_setup("mcts", (VerifierChoice("process-judge"),), Budget(simulations=10), children=2)
    events_of, events = started(setup, CountedBackend(judging(lambda work: 0.9 if "82" in work else 0.2)))
    finish(events_of)
    return RunState().apply_all(events)


def test_what_a_judge_said_of_each_step_is_used_again_and_what_it_cost_is_part_of_the_price() -> None:
    state = judged_search()
    assert state.ledger.verifier_tokens + state.ledger.verifier_prompt_tokens > 0
    judge = (VerifierChoice("process-judge"),)
    outlook = ask(state, "best-of-n", judge, n=len(found(state)))
    assert outlook.candidate is not None
    values = {c.id: mix({n: s.value for n, s in c.scores.items()}, {"process-judge": 1.0}) for c in found(state)}
    assert values[outlook.candidate] == max(value for value in values.values() if value is not None)
    without = ask(state, "self-consistency", (), n=len(found(state)))
    assert without.verifier_tokens == outlook.verifier_tokens == state.ledger.verifier_tokens
    assert without.verifier_prompt_tokens == state.ledger.verifier_prompt_tokens


def test_the_last_text_that_is_waited_for_has_been_judged() -> None:
    state = judged_search()
    for n in range(1, len(found(state))):
        outlook = ask(state, "best-of-n", (VerifierChoice("process-judge"),), n=n)
        assert "process-judge" in outlook.reason
        assert outlook.chosen_among == n


def test_a_judge_that_the_search_had_not_is_said_to_be_missing() -> None:
    state = search("beam-search")
    outlook = ask(state, "best-of-n", (VerifierChoice("model-judge"),), n=len(found(state)))
    assert f"not recorded for {len(found(state))} of {len(found(state))}" in outlook.notes[0]


# --- what cannot be answered -------------------------------------------------------------------------------------


def test_more_texts_than_were_found_are_refused_in_words() -> None:
    state = search("beam-search")
    with pytest.raises(BadInputError, match=rf"{len(found(state))} finished texts were found, and more are asked for"):
        ask(state, "self-consistency", n=len(found(state)) + 1)


def test_a_search_with_another_setting_is_refused_in_words() -> None:
    state = search("mcts")
    pool = WhatIfPool(state)
    with pytest.raises(BadInputError, match=r"“.+” with another setting \(Next steps\) cannot be answered"):
        pool.ask(replace(pool.recorded, strategy=pool.choice(None, {"children": 7})))
    assert pool.ask(replace(pool.recorded, strategy=pool.choice(None, {"choose": "vote"}))).answer is not None


@pytest.mark.parametrize("name", ["beam-search", "thinking", "cot-decoding"])
def test_another_search_over_a_search_is_refused_in_words(name: str) -> None:
    with pytest.raises(BadInputError, match="cannot be answered from this run"):
        ask(search("mcts"), name)


def test_another_prompt_than_that_of_the_search_is_refused_in_words() -> None:
    with pytest.raises(BadInputError, match="not recorded"):
        ask(search("beam-search"), "self-consistency", n=2, prompt="step-by-step")


def test_a_run_that_found_nothing_has_no_answer() -> None:
    state = simulate(make_setup("beam-search", budget=Budget(tokens=3)))
    assert found(state) == []
    pool = WhatIfPool(state)
    outlook = pool.ask(WhatIf(pool.choice("self-consistency"), (), state.budget))
    assert (outlook.answer, outlook.chosen_among, outlook.outcome) == (None, 0, "budget")
