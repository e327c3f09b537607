"""Events in, the state of a run out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.events import (
    AnswerPicked,
    CandidateFinished,
    CandidateQueued,
    CandidateScored,
    Event,
    PhaseEntered,
    RunFinished,
    TokensDecoded,
)
from engine.selection import count_votes
from engine.trace.fold import RunState, fold
from engine.types import Confidence, FinishReason, Token
from tests import sample_run
from tests.engine.trace_runs import chance_run, seen


def queued(candidate: int) -> Event:
    return CandidateQueued(0.0, candidate, "", 0, 1, 0.7, 9)


def finished(candidate: int, answer: str | None, t: float = 1.0) -> Event:
    return CandidateFinished(t, candidate, "stop", f"It is {answer}", answer, answer, 3, -0.1, answer == "82", 0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_any_prefix_of_a_run_is_a_state(seed: int) -> None:
    events = chance_run(seed)
    step_by_step = RunState()
    for count, event in enumerate(events, 1):
        step_by_step.apply(event)
        assert seen(step_by_step) == seen(fold(events[:count]))


def test_the_whole_sample_run_folds_to_its_end() -> None:
    state = fold(sample_run.events(16))
    assert state.status == "finished"
    assert len(state.candidates) == 16
    assert all(candidate.status == "finished" for candidate in state.candidates.values())
    assert state.answer is not None
    assert state.answer.answer == "82"
    assert [span.end is not None for span in state.phases] == [True] * len(state.phases)


def test_text_is_what_was_streamed_until_the_final_text_is_there() -> None:
    state = fold(
        [queued(0), TokensDecoded(0.1, (Token(0, 1, "It", -0.1, 0.1), Token(0, 2, " is", -0.1, 0.1)), 0, 0, 0)]
    )
    assert state.candidates[0].text == "It is"
    state.apply(finished(0, "82"))
    assert state.candidates[0].text == "It is 82"


@settings(max_examples=50)
@given(st.lists(st.sampled_from(["82", "72", "83", None]), max_size=12))
def test_votes_at_every_moment_are_those_of_the_candidates_that_have_finished(answers: list[str | None]) -> None:
    state = fold(map(queued, range(len(answers))))
    for number, answer in enumerate(answers):
        state.apply(finished(number, answer))
        assert state.votes == count_votes((i, a, a) for i, a in enumerate(answers[: number + 1]))


def test_votes_that_tie_go_to_the_answer_that_came_first_even_at_the_same_t() -> None:
    state = fold([queued(0), queued(1), finished(1, "72"), finished(0, "82")])
    assert [vote.vote for vote in state.votes] == ["72", "82"]


@pytest.mark.parametrize("reason", ["abort", "doubt"])
def test_a_stopped_candidate_does_not_vote(reason: FinishReason) -> None:
    stopped = CandidateFinished(1.0, 0, reason, "It is 82", "82", "82", 3, None, None, 0)
    state = fold([queued(0), stopped])
    assert state.votes == []
    assert state.candidates[0].status == "stopped"


def test_a_candidate_has_the_confidence_that_its_end_tells() -> None:
    confidence = Confidence(0.4, 13.0, 5.5, 7.0)
    end = CandidateFinished(1.0, 0, "doubt", "It is", None, None, 2, -0.1, None, 0, confidence)
    assert fold([queued(0), end]).candidates[0].confidence == confidence


def test_a_thousand_candidates_are_counted_once_not_a_thousand_times(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = []
    monkeypatch.setattr("engine.trace.fold.count_votes", lambda candidates: counted.append(len(list(candidates))) or [])
    state = fold([*map(queued, range(1024)), *(finished(i, "82") for i in range(1024))])
    assert (state.votes, state.votes, counted) == ([], [], [1024])


def test_only_one_candidate_is_picked_at_a_time() -> None:
    picks = [AnswerPicked(1.0, 0, "72", False, ""), AnswerPicked(1.0, 1, "82", True, "")]
    state = fold([queued(0), queued(1), *picks])
    assert [candidate.picked for candidate in state.candidates.values()] == [False, True]
    state.apply(AnswerPicked(1.0, None, None, None, "none"))
    assert not any(candidate.picked for candidate in state.candidates.values())


def test_a_phase_ends_where_the_next_one_begins() -> None:
    state = fold([PhaseEntered(0.0, "prompt"), PhaseEntered(0.5, "generate"), RunFinished(2.0, "answered", "", 1, 1)])
    assert [(span.phase, span.start, span.end) for span in state.phases] == [
        ("prompt", 0.0, 0.5),
        ("generate", 0.5, 2.0),
    ]


def test_changed_names_the_candidates_that_were_touched_since_a_view_cleared_it() -> None:
    state = fold([queued(0), queued(1)])
    state.changed.clear()
    state.apply(TokensDecoded(0.1, (Token(1, 1, "It", -0.1, 0.1),), 0, 0, 0))
    assert state.changed == {1}


def test_a_token_of_nobody_is_an_error() -> None:
    with pytest.raises(KeyError):
        fold([TokensDecoded(0.1, (Token(5, 1, "It", -0.1, 0.1),), 0, 0, 0)])


def test_a_candidate_remembers_where_it_came_from_and_how_sure_the_model_was() -> None:
    sure = Confidence(0.1, 2.0, 0.5, 0.7)
    revised = CandidateQueued(0.0, 1, "", 0, 1, 0.7, 9, purpose="revision", parent=0)
    ended = CandidateFinished(1.0, 1, "stop", "82", "82", "82", 1, -0.1, True, 0, confidence=sure)
    candidates = fold([queued(0), revised, ended]).candidates
    assert (candidates[0].purpose, candidates[0].parent, candidates[0].confidence) == ("answer", None, None)
    assert (candidates[1].purpose, candidates[1].parent, candidates[1].confidence) == ("revision", 0, sure)


def test_a_score_keeps_the_time_and_the_price_at_which_it_was_given() -> None:
    spoken = CandidateScored(2.0, 0, "judge", 0.5, "it may be", 7, 0.3, 40, 20)
    state = fold([queued(0), finished(0, "82"), spoken])
    assert state.candidates[0].verdicts == {"judge": spoken}
