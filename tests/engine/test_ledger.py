"""The ledger against sums made the plain way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.events import (
    CandidateFinished,
    CandidateScored,
    CandidateStarted,
    EnergyRead,
    Event,
    RunStarted,
    TokensDecoded,
)
from engine.ledger import Ledger
from engine.types import Token
from tests import sample_run
from tests.engine.trace_runs import chance_run


def of_kind(events: list[Event], kind: type[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, kind)]


def ledger_of(events: list[Event]) -> Ledger:
    ledger = Ledger()
    for event in events:
        ledger.apply(event)
    return ledger


def plain_flops(events: list[Event]) -> int:
    """Every computed token, one after the other: 2 x parameters, and 2 x layers x width for each token it looks at."""
    model, length, total = sample_run.REPORT, {}, 0
    for event in events:
        if isinstance(event, CandidateStarted):
            length[event.candidate] = event.cached_tokens
            looks = [event.candidate] * event.computed_tokens
        elif isinstance(event, TokensDecoded):
            looks = [token.candidate for token in event.tokens]
        elif isinstance(event, CandidateFinished):
            length["again"] = 0
            looks = ["again"] * event.recomputed_tokens
        else:
            total += 2 * model.parameters * event.tokens if isinstance(event, CandidateScored) else 0
            continue
        for text in looks:
            length[text] += 1
            total += 2 * model.parameters + 2 * model.n_layers * model.n_embd * length[text]
    return total


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_totals_are_the_sums_over_all_events(seed: int) -> None:
    events = chance_run(seed)
    ledger = ledger_of(events)
    started, decoded = of_kind(events, CandidateStarted), of_kind(events, TokensDecoded)
    scored, ended = of_kind(events, CandidateScored), of_kind(events, CandidateFinished)
    assert ledger.prompt_tokens == sum(event.computed_tokens for event in started)
    assert ledger.cached_tokens == sum(event.cached_tokens for event in started)
    assert ledger.completion_tokens == sum(len(event.tokens) for event in decoded)
    assert ledger.verifier_tokens == sum(event.tokens for event in scored)
    assert ledger.recomputed_tokens == sum(event.recomputed_tokens for event in ended)
    assert ledger.steps == len(decoded)
    assert ledger.decode_seconds == pytest.approx(sum(event.decode_seconds for event in decoded))
    assert ledger.step_seconds == pytest.approx(sum(event.step_seconds for event in decoded))
    assert ledger.flops == plain_flops(events)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 9))
def test_decode_steps_in_sweeps_come_to_the_same_as_one_by_one(seed: int, size: int) -> None:
    steps = of_kind(chance_run(seed), TokensDecoded)
    swept = Ledger()
    for start in range(0, len(steps), size):
        swept.apply_steps(steps[start : start + size])
    assert swept == ledger_of(steps)


def test_a_shared_prompt_is_charged_once() -> None:
    ledger = ledger_of(sample_run.events(16))
    assert ledger.prompt_tokens == 112
    assert ledger.cached_tokens == 15 * 112


def test_time_to_first_token_is_the_first_step_that_gave_one() -> None:
    events = sample_run.events(4)
    first = next(event for event in of_kind(events, TokensDecoded) if event.tokens)
    assert ledger_of(events).first_token_at == first.t > 0.17


def test_without_a_reading_there_is_no_energy_and_no_cost() -> None:
    ledger = ledger_of([event for event in sample_run.events(2) if not isinstance(event, EnergyRead)])
    assert (ledger.energy_joules, ledger.cost, ledger.energy_source) == (None, None, None)


def test_cost_is_the_price_of_the_last_reading_and_says_when_it_is_an_estimate() -> None:
    ledger = ledger_of([sample_run.events(1)[0], EnergyRead(1.0, 1e6, "rapl"), EnergyRead(2.0, 7.2e6, "rapl")])
    assert ledger.cost == pytest.approx(2 * 0.30)
    assert not ledger.estimated
    ledger.apply(EnergyRead(3.0, 7.3e6, "estimate"))
    assert ledger.estimated


def test_flops_are_not_known_before_the_model_is() -> None:
    assert isinstance(sample_run.events(1)[0], RunStarted)
    assert ledger_of(sample_run.events(1)[1:]).flops == 0.0


def test_a_copy_goes_its_own_way() -> None:
    events = sample_run.events(4)
    half = len(events) // 2
    ledger = ledger_of(events[:half])
    copied = ledger.copy()
    for event in events[half:]:
        copied.apply(event)
    assert ledger == ledger_of(events[:half])
    assert copied == ledger_of(events)


@given(cached=st.integers(0, 40), computed=st.integers(0, 40), written=st.integers(0, 40))
def test_a_whole_candidate_at_once_is_what_its_events_are(cached: int, computed: int, written: int) -> None:
    one_by_one, at_once = Ledger(), Ledger()
    one_by_one.apply(CandidateStarted(0.0, 0, cached, computed))
    for _ in range(written):
        one_by_one.apply(TokensDecoded(0.0, (Token(0, 1, "x", -0.1, 0.1),), 0, 0.0, 0.0))
    at_once.add_candidate(cached, computed, written)
    counts = ("prompt_tokens", "cached_tokens", "completion_tokens", "looked_at")
    assert [getattr(at_once, name) for name in counts] == [getattr(one_by_one, name) for name in counts]


def test_time_before_model_judges_is_counted_once_for_all_candidates_that_wait_together() -> None:
    def heard(t: float, candidate: int, seconds: float) -> CandidateScored:
        return CandidateScored(t, candidate, "model-judge", 0.5, "", 2, seconds, prompt_tokens=300)

    waiting = [heard(5.0, 0, 2.0), heard(5.0, 1, 1.5), heard(6.0, 2, 2.5), heard(9.0, 3, 1.0)]
    instant = CandidateScored(9.0, 3, "arithmetic", 1.0, "", 0, 0.25)
    assert ledger_of([*waiting, instant]).verifier_seconds == pytest.approx(2.0 + 1.0 + 1.0 + 0.25)
