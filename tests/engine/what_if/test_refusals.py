"""What a recording cannot answer is refused in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BadInputError
from engine.events import CandidateQueued
from engine.setup import Budget, RunSetup, StrategyChoice, VerifierChoice
from engine.strategies.base import Answer
from engine.strategies.registry import STRATEGIES
from engine.strategies.spec import StrategySpec
from engine.trace.fold import RunState, fold
from engine.types import Origin, Trial
from engine.what_if.not_recorded import TOKEN_CONFIDENCES
from engine.what_if.pool import WhatIfPool
from engine.what_if.request import WhatIf
from tests.engine.trace_runs import chance_run
from tests.engine.what_if.asking import (
    N,
    answered,
    ask,
    choices,
    tokens,
)
from tests.simulated_runs import BEST, make_setup, simulate, simulated_events


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


def test_a_branch_that_a_person_grew_is_no_answer_to_the_prompt() -> None:
    events = simulated_events(make_setup("best-of-n", n=3))
    forked = [
        msgspec.structs.replace(e, parent=0, purpose="branch")
        if isinstance(e, CandidateQueued) and e.candidate == 2
        else e
        for e in events
    ]
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


def test_a_strategy_that_looks_at_what_is_not_recorded_is_refused_and_not_answered_as_if_it_were_nothing() -> None:
    state = simulate(make_setup("best-of-n", n=8))
    with pytest.raises(BadInputError, match="which are not recorded"):
        ask(state, "adaptive", n=8, rule="deepconf", warmup=4)
    with pytest.raises(BadInputError):
        ask(state, "cot-decoding")
    for look in (len, iter, bool, list, lambda parts: parts[0], lambda parts: parts[1:]):
        with pytest.raises(BadInputError, match="which are not recorded"):
            look(TOKEN_CONFIDENCES)
