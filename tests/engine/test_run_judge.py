"""Runs in which a model judges: what it costs is charged, nobody is lost, and the answer waits for it."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.acts import ChangeVerifiers
from engine.budget import BudgetMeter
from engine.errors import BadInputError
from engine.events import (
    AnswerPicked,
    AnyEvent,
    CandidateFinished,
    CandidateQueued,
    CandidateScored,
    PersonActed,
    PhaseEntered,
    PromptRendered,
    RunFinished,
)
from engine.inference.llama.backend import LlamaBackend
from engine.run import Run
from engine.setup import Budget, StrategyChoice, VerifierChoice
from engine.trace.fold import RunState, fold
from engine.types import Score
from tests.engine.counted_backend import RIGHT, TEXTS, WRONG, CountedBackend, finish, judging, setup, started

JUDGES = ["model-judge", "process-judge"]


def knows(turn: str) -> float:
    """The opinion of a judge that sees which answers are right."""
    return 0.9 if "82" in turn else 0.2


def of_kind(events: list[AnyEvent], kind: type) -> list[AnyEvent]:
    return [event for event in events if isinstance(event, kind)]


def meter_of(run: Run) -> BudgetMeter:
    return run._meter


@pytest.mark.parametrize("verifier", JUDGES)
def test_every_token_that_was_decoded_for_judges_is_in_the_ledger(verifier: str) -> None:
    backend = CountedBackend(judging(knows))
    run, events = started(setup(verifier=verifier), backend)
    finish(run)
    ledger = fold(events).ledger
    scored = of_kind(events, CandidateScored)
    assert len(scored) == 6
    assert ledger.verifier_tokens == sum(e.tokens for e in scored) >= 12  # one token for each way of asking
    assert meter_of(run).tokens == ledger.completion_tokens + ledger.verifier_tokens
    prompts = ledger.prompt_tokens + ledger.verifier_prompt_tokens
    assert backend.decoder.decoded_tokens == prompts + ledger.completion_tokens - 6  # last tokens are never decoded
    assert ledger.recomputed_tokens == 0


def test_candidates_share_the_judges_prompt_but_for_their_own_text_and_what_is_asked() -> None:
    backend = CountedBackend(judging(knows))
    run, events = started(setup(n=8), backend)
    finish(run)
    ledger = fold(events).ledger
    shown = [event for event in of_kind(events, PromptRendered) if "Say Yes or No." in event.text]
    assert [event.text.rsplit("Is this answer ", 1)[1].split("?")[0] for event in shown] == ["right", "wrong"]
    own = sum(len(text) + 4 * len("\n\nIs this answer right? Say Yes or No.\nassistant") for text in TEXTS)
    assert ledger.verifier_prompt_tokens <= shown[0].tokens + own
    assert ledger.verifier_prompt_tokens + ledger.verifier_cached_tokens > 15 * shown[0].tokens * 0.9


def test_the_answer_waits_for_the_judge_and_is_the_one_it_finds_best() -> None:
    run, events = started(setup(n=12), CountedBackend(judging(knows, {RIGHT: 0.15, WRONG: 0.85})))
    finish(run)
    state = fold(events)
    assert state.votes[0].answer == "72"  # by the vote alone it would be wrong
    assert state.answer is not None
    assert state.answer.correct
    assert state.finish is not None
    assert state.finish.outcome == "answered"
    picked = state.candidates[state.answer.candidate or 0]
    assert picked.scores["model-judge"].value == pytest.approx(0.9)
    assert picked.scores["model-judge"].detail == "yes 0.90; asked the other way round: no 0.90"
    assert {round(c.scores["model-judge"].value or 0, 6) for c in state.candidates.values()} == {0.2, 0.9}


def test_while_the_judge_has_not_spoken_the_answer_says_so() -> None:
    run, events = started(setup(n=3), CountedBackend(judging(knows)))
    finish(run)
    picks = [event for event in events if isinstance(event, AnswerPicked)]
    assert picks[0].reason.startswith("No verifier has spoken yet, so the majority decides.")
    assert "model-judge" in picks[-1].reason


def test_waiting_for_judges_is_a_phase_of_verifying() -> None:
    run, events = started(setup(n=3), CountedBackend(judging(knows)))
    finish(run)
    kinds = [type(e) if not isinstance(e, PhaseEntered) else e.phase for e in events]
    last_text = max(i for i, kind in enumerate(kinds) if kind is CandidateFinished)
    last_score = max(i for i, kind in enumerate(kinds) if kind is CandidateScored)
    assert last_text < kinds.index("verify") < last_score


@pytest.mark.parametrize("verifier", JUDGES)
@settings(max_examples=40, deadline=None)
@given(budget=st.integers(1, 330))
def test_any_budget_ends_the_run_exactly_and_leaves_no_candidate_without_an_end(verifier: str, budget: int) -> None:
    run, events = started(setup(verifier=verifier, budget=Budget(tokens=budget)), CountedBackend(judging(knows)))
    finish(run)
    state = fold(events)
    used = state.ledger.completion_tokens + state.ledger.verifier_tokens
    assert used == meter_of(run).tokens <= budget
    assert state.finish is not None
    assert state.finish.outcome == ("budget" if state.budget_spent else "answered")
    assert used == budget or not state.budget_spent
    all_are_accounted_for(events, state, verifier)


@pytest.mark.parametrize("verifier", JUDGES)
@settings(max_examples=40, deadline=None)
@given(steps=st.integers(0, 70), aborted=st.booleans())
def test_a_stop_at_any_step_loses_no_candidate_and_closes_every_hearing(
    verifier: str, steps: int, aborted: bool
) -> None:
    backend = CountedBackend(judging(knows))
    run, events = started(setup(verifier=verifier), backend)
    for _ in range(steps):
        run.step()
    if aborted and not run.finished:
        backend.decoder.fail_next = ["aborted"]
        run.step()
    run.stop()
    state = fold(events)
    assert state.finish is not None
    assert state.finish.outcome in ("stopped", "answered")
    assert state.ledger.completion_tokens + state.ledger.verifier_tokens == meter_of(run).tokens
    all_are_accounted_for(events, state, verifier)


def all_are_accounted_for(events: list[AnyEvent], state: RunState, verifier: str) -> None:
    """Each candidate ended once, and each that came to its end was judged once, if only to say why it was not."""
    queued = [event.candidate for event in of_kind(events, CandidateQueued)]
    assert sorted(event.candidate for event in of_kind(events, CandidateFinished)) == sorted(queued)
    scored = of_kind(events, CandidateScored)
    ended = [c for c in state.candidates.values() if c.status == "finished"]
    assert sorted(event.candidate for event in scored) == sorted(c.id for c in ended)
    assert all(event.value is not None or "the run ended" in event.detail for event in scored)
    assert isinstance(events[-1], RunFinished)


def test_the_cache_has_room_for_what_a_judge_reads_of_the_longest_texts() -> None:
    long = "a. " * 80  # as many tokens as bytes in the simulation
    backend = CountedBackend(judging(lambda _: 0.6, {long: 1.0}))
    run, events = started(setup(n=4, max_tokens=200), backend)
    finish(run)
    state = fold(events)
    assert all(c.scores["model-judge"].value == pytest.approx(0.6) for c in state.candidates.values())
    assert state.ledger.recomputed_tokens == 0
    assert backend.decoder.cells > 1000  # without the judge's share it would not hold one of its prompts


def test_a_text_too_long_to_be_judged_costs_its_score_and_not_the_run() -> None:
    short, long = "It is 82.", "It is 72. " + "So it is. " * 20
    measured = CountedBackend(judging(knows, {short: 1.0}))
    finish(started(setup(n=1, max_tokens=250), measured)[0])
    assert measured.shape is not None
    backend = CountedBackend(judging(knows, {short: 0.5, long: 0.5}), room=measured.shape.judge_tokens - 270)
    run, events = started(setup(n=6, max_tokens=250), backend)
    finish(run)
    state = fold(events)
    assert state.finish is not None
    assert state.finish.outcome == "answered"
    found = {candidate.text: candidate.scores["model-judge"] for candidate in state.candidates.values()}
    assert found[short].value == pytest.approx(0.9)
    assert found[long] == Score(None, "too long to be judged: it does not fit into the context")
    assert state.answer is not None
    assert state.answer.correct


def test_a_judge_of_steps_finds_the_text_that_goes_wrong_in_the_middle() -> None:
    good = "40 + 30 = 70.\n7 + 5 = 12.\nThe answer is 82."
    bad = "40 + 30 = 60.\n7 + 5 = 12.\nThe answer is 72."

    def sees(turn: str) -> float:
        return 0.1 if turn.split("Step ")[-1].startswith("1: 40 + 30 = 60.") else 0.8

    run, events = started(setup(n=6, verifier="process-judge"), CountedBackend(judging(sees, {good: 0.4, bad: 0.6})))
    finish(run)
    state = fold(events)
    by_text = {c.text: c.scores["process-judge"] for c in state.candidates.values()}
    assert by_text[good].value == pytest.approx(0.8)
    assert by_text[bad].value == pytest.approx(0.1)
    assert by_text[bad].detail == "3 steps, by min: 0.10, 0.80, 0.80"
    assert state.answer is not None
    assert state.answer.correct


def test_a_search_over_steps_is_led_by_the_judge_of_steps() -> None:
    """One of two first steps leads to the right answer; the judge sees it, the vote would not."""
    good, bad = "40 + 30 = 70.\n7 + 5 = 12.\nThe answer is 82.", "40 + 30 = 60.\n7 + 5 = 12.\nThe answer is 72."

    def sees(turn: str) -> float:
        return 0.1 if "Step 1: 40 + 30 = 60." in turn else 0.8

    given = setup(verifier="process-judge")
    search = StrategyChoice("beam-search", {"step_end": "line", "prompt": "step-by-step"})
    run, events = started(
        msgspec.structs.replace(given, strategy=search), CountedBackend(judging(sees, {good: 0.3, bad: 0.7}))
    )
    finish(run)
    state = fold(events)
    assert state.answer is not None
    assert state.answer.correct
    ended = [event.candidate for event in of_kind(events, CandidateFinished)]
    assert sorted(event.candidate for event in of_kind(events, CandidateScored)) == sorted(ended)
    assert meter_of(run).tokens == state.ledger.completion_tokens + state.ledger.verifier_tokens


def test_another_model_judges_with_its_own_opinion_and_its_tokens_are_charged_by_its_own_size() -> None:
    own = CountedBackend(judging(lambda _: 0.5), parameters=1_000)
    other = CountedBackend(judging(knows), parameters=7_000_000, name="Other")
    run, events = started(setup(n=6, model="other"), own, {"other": other})
    finish(run)
    state = fold(events)
    ledger = state.ledger
    assert {round(c.scores["model-judge"].value or 0, 6) for c in state.candidates.values()} == {0.2, 0.9}
    assert own.decoder.decoded_tokens == ledger.prompt_tokens + ledger.completion_tokens - 6
    assert other.decoder.decoded_tokens == ledger.verifier_prompt_tokens
    assert meter_of(run).tokens == ledger.completion_tokens + ledger.verifier_tokens
    judged = ledger.verifier_prompt_tokens + ledger.verifier_tokens
    written = ledger.prompt_tokens + ledger.completion_tokens
    assert ledger.flops == 2 * (7_000_000 * judged + 1_000 * written)  # the simulated layers have no width
    assert "Another model judges: Other, 7,000,000 parameters." in [notice.text for notice in state.notices]


def test_two_judges_of_the_same_other_model_share_its_scheduler() -> None:
    other = CountedBackend(judging(knows))
    given = setup(n=3, model="a")
    both = (*given.verifiers, VerifierChoice("process-judge", 1.0, {"model": "b"}))
    run, events = started(
        msgspec.structs.replace(given, verifiers=both), CountedBackend(judging(knows)), {"a": other, "b": other}
    )
    finish(run)
    state = fold(events)
    assert all(len(candidate.scores) == 2 for candidate in state.candidates.values())
    assert other.decoder.decoded_tokens == state.ledger.verifier_prompt_tokens


def test_a_judge_that_means_the_runs_own_model_by_its_name_asks_that_one() -> None:
    own = CountedBackend(judging(knows))
    run, events = started(setup(n=3, model="own"), own, {"own": own})
    finish(run)
    state = fold(events)
    assert own.decoder.decoded_tokens == state.ledger.computed_tokens - 3 - 6
    assert state.ledger.other_tokens == 0
    assert not any("judges" in notice.text for notice in state.notices)


@settings(max_examples=40, deadline=None)
@given(steps=st.integers(0, 60), aborted=st.sampled_from(["own", "other", "none"]), budget=st.integers(1, 400))
def test_a_run_with_two_models_can_end_at_any_step_without_losing_anybody(
    steps: int, aborted: str, budget: int
) -> None:
    backends = {"own": CountedBackend(judging(knows)), "other": CountedBackend(judging(knows))}
    run, events = started(setup(model="other", budget=Budget(tokens=budget)), backends["own"], backends)
    for _ in range(steps):
        run.step()
    if aborted in backends and not run.finished:
        backends[aborted].decoder.fail_next = ["aborted"]
        run.step()
    run.stop()
    state = fold(events)
    assert state.ledger.completion_tokens + state.ledger.verifier_tokens == meter_of(run).tokens <= budget
    all_are_accounted_for(events, state, "model-judge")


@pytest.mark.parametrize("steps", [3, 1000], ids=["while texts are written", "when the run has ended"])
def test_a_judge_that_is_added_later_asks_its_own_model(steps: int) -> None:
    own, other = CountedBackend(judging(lambda _: 0.5)), CountedBackend(judging(knows), name="Other")
    run, events = started(msgspec.structs.replace(setup(n=4), verifiers=()), own, {"other": other})
    for _ in range(steps):
        run.step()
    run.act(ChangeVerifiers((VerifierChoice("model-judge", 1.0, {"model": "other"}),)))
    finish(run)
    state = fold(events)
    assert {round(c.scores["model-judge"].value or 0, 6) for c in state.candidates.values()} == {0.2, 0.9}
    assert other.decoder.decoded_tokens == state.ledger.verifier_prompt_tokens > 0
    assert state.answer is not None
    assert state.answer.correct
    assert [notice.text for notice in state.notices if "judges" in notice.text] == [
        "Another model judges: Other, 1,000,000 parameters."
    ]


def test_a_second_judge_leaves_a_model_that_is_judging_at_its_work() -> None:
    other = CountedBackend(judging(knows))
    run, events = started(setup(n=6, model="other"), CountedBackend(judging(knows)), {"other": other})
    scheduler = None
    while not run.finished and other.decoder.decoded_tokens == 0:
        run.step()
        scheduler = run._court.models._schedulers["other", False]
    chosen = (VerifierChoice("model-judge", 1.0, {"model": "other"}),)
    run.act(ChangeVerifiers((*chosen, VerifierChoice("process-judge", 1.0, {"model": "other"}))))
    finish(run)
    assert run._court.models._schedulers["other", False] is scheduler
    assert all(len(candidate.scores) == 2 for candidate in fold(events).candidates.values())


def test_a_judge_whose_model_is_not_there_cannot_be_added_and_the_run_goes_on() -> None:
    events: list[AnyEvent] = []
    run = Run("run", setup(n=3), CountedBackend(judging(knows)), events.append)
    run.step()
    run.act(ChangeVerifiers((VerifierChoice("process-judge", 1.0, {"model": "other"}),)))
    finish(run)
    acted = next(event for event in events if isinstance(event, PersonActed))
    assert "Only the run's own model is loaded here" in acted.refused
    assert all(list(c.scores) == ["model-judge"] for c in fold(events).candidates.values())


def test_a_judge_that_names_a_model_where_there_is_none_but_the_runs_own_is_refused() -> None:
    with pytest.raises(BadInputError, match="Only the run's own model is loaded here"):
        Run("run", setup(model="other"), CountedBackend(judging(knows)), [].append)


def test_a_judge_that_is_asked_one_way_costs_one_token_a_candidate() -> None:
    run, events = started(setup(n=4, both_ways=False), CountedBackend(judging(lambda turn: 0.7)))
    finish(run)
    ledger = fold(events).ledger
    assert ledger.verifier_tokens == 4
    assert {e.detail for e in of_kind(events, CandidateScored)} == {"yes 0.70"}


def test_the_real_model_judges_its_own_candidates_and_reads_what_they_share_once(
    backend: LlamaBackend, default_model: str
) -> None:
    given = setup(n=4, max_tokens=40)
    real = msgspec.structs.replace(given, load=msgspec.structs.replace(given.load, path=default_model))
    events: list[AnyEvent] = []
    run = Run("run", real, backend, events.append)
    finish(run)
    state = fold(events)
    scores = [candidate.scores["model-judge"] for candidate in state.candidates.values()]
    assert all(score.value is not None and 0 < score.value < 1 for score in scores)
    assert all(re.fullmatch(r"yes 0\.\d\d; asked the other way round: no 0\.\d\d", score.detail) for score in scores)
    ledger = state.ledger
    assert ledger.verifier_tokens == 8
    assert ledger.verifier_prompt_tokens < 0.5 * ledger.verifier_cached_tokens
