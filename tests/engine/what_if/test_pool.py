"""The pool: strategies that are chosen anew, curves, and what-ifs that come one after the other."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BadInputError
from engine.events import RunStarted
from engine.setup import Budget, StrategyChoice, VerifierChoice
from engine.trace.fold import fold
from engine.types import Candidate, Problem, Score
from engine.verifiers.arithmetic import ArithmeticChecker
from engine.what_if.pool import WhatIfPool, curve_counts
from engine.what_if.request import WhatIf
from tests.engine.what_if.asking import (
    N,
    choices,
    mixes,
    seeds,
)
from tests.simulated_runs import make_setup, simulate, simulated_events


def test_the_curve_is_the_same_what_if_for_each_number_of_candidates() -> None:
    pool = WhatIfPool(simulate(make_setup("best-of-n", n=6)))
    vote = WhatIf(StrategyChoice("self-consistency"), (), Budget())
    curve = pool.curve(vote)
    assert curve == [pool.ask(vote.with_candidates(n)) for n in range(1, 7)]
    assert [outlook.candidates for outlook in curve] == list(range(1, 7))
    assert pool.curve(vote, [2, 4]) == [curve[1], curve[3]]
    with pytest.raises(BadInputError, match="no setting “n”"):
        pool.curve(WhatIf(StrategyChoice("chain-of-thought"), (), Budget()))


@given(st.integers(0, 2000))
def test_a_curve_goes_from_one_candidate_to_all_of_them_in_few_points(most: int) -> None:
    counts = curve_counts(most)
    assert counts == sorted(set(counts))
    assert counts[:16] == list(range(1, min(16, most) + 1))
    assert counts[-1:] == [most][: most > 0]
    assert len(counts) <= 16 + 4 * max(0, most.bit_length() - 4)
    assert all(after / before <= 1.25 for before, after in pairwise(counts[16:]))


@pytest.mark.parametrize("strategy", ["best-of-n", "beam-search"])
def test_what_was_prepared_is_not_worked_out_again(strategy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scored: list[int] = []
    score = ArithmeticChecker.score

    def counted(self: ArithmeticChecker, problem: Problem, candidate: Candidate, *rest: Any) -> Score:
        scored.append(candidate.id)
        return score(self, problem, candidate, *rest)

    monkeypatch.setattr(ArithmeticChecker, "score", counted)
    pool = WhatIfPool(simulate(make_setup(strategy, (), budget=Budget(candidates=12))))
    what_if = WhatIf(StrategyChoice("best-of-n", {"n": pool.candidates}), (VerifierChoice("arithmetic"),), Budget())
    scored.clear()
    assert len(list(pool.prepare(what_if.verifiers))) >= pool.candidates
    before = list(scored)
    assert before
    assert pool.ask(msgspec.structs.replace(what_if, budget=Budget(candidates=12))).chosen_among != 0
    assert scored == before


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
