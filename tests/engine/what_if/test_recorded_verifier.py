"""Verifiers in a what-if: what they said is used again, and what they did not say is said to be missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import pytest

from engine.events import CandidateScored
from engine.settings import Setting
from engine.setup import Budget, StrategyChoice, VerifierChoice
from engine.trace.fold import fold
from engine.trace.summary import summary
from engine.types import Candidate, Message, Problem, Prompt, Sampling, Score, Trial
from engine.verifiers.registry import VERIFIERS, VerifierSpec
from engine.what_if.pool import WhatIfPool
from engine.what_if.request import WhatIf
from tests.engine.what_if.asking import (
    ask,
    differences,
    own,
)
from tests.simulated_runs import BEST, make_setup, simulate, simulated_events

JUDGE_SAYS = {"yes, it is": 0.5, "no": 0.3, "certainly not right": 0.2}


class Judge:
    """A model judge that asks as often as it is set to."""

    name, title, help = "judge", "Judge", ""
    uses_peers = judges_steps = False
    highest, stands = 1.0, True
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
