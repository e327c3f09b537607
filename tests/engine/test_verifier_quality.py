"""A verifier is worth how far its scores agree with what is right; every figure is what counting by hand gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from engine.lab.verifier_quality import (
    Judgement,
    VerifierQuality,
    judgements_of,
    qualities_of,
    verifier_quality,
)
from engine.trace.fold import CandidateState, RunState
from engine.types import FinishReason, Purpose, Score
from tests import sample_run

levels = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
judgements = st.lists(st.tuples(st.none() | levels | st.floats(0, 1), st.none() | st.booleans()), max_size=20)


def candidate(
    id: int,
    correct: bool | None,
    scores: dict[str, float | None],
    reason: FinishReason = "stop",
    purpose: Purpose = "answer",
) -> CandidateState:
    status = "stopped" if reason == "abort" else "finished"
    return CandidateState(
        id, "", 0, 0, 0.7, 100, 0.0, purpose, status=status, finish_reason=reason, correct=correct,
        scores={name: Score(value) for name, value in scores.items()},
    )  # fmt: skip


def run_of(*candidates: CandidateState, chosen: tuple[str, ...] = ()) -> RunState:
    return RunState(candidates={c.id: c for c in candidates}, weights=dict.fromkeys(chosen, 1.0))


@given(judgements, levels)
def test_precision_and_recall_are_counted_over_the_judged_ones(said: list[Judgement], threshold: float) -> None:
    known = [(score, right) for score, right in said if score is not None and right is not None]
    accepted = [right for score, right in known if score >= threshold]
    right = sum(right for _, right in known)
    quality = verifier_quality(said, threshold)
    assert (quality.right, quality.wrong) == (right, len(known) - right)
    assert (quality.accepted, quality.accepted_right) == (len(accepted), sum(accepted))
    assert quality.precision == (sum(accepted) / len(accepted) if accepted else None)
    assert quality.recall == (sum(accepted) / right if right else None)


@given(judgements)
def test_every_judgement_is_counted_once(said: list[Judgement]) -> None:
    quality = verifier_quality(said)
    assert quality.judged + quality.unjudged == len(said)
    assert quality.right + quality.wrong <= quality.judged


@given(judgements)
def test_the_area_is_the_share_of_pairs_in_the_right_order_ties_counting_half(said: list[Judgement]) -> None:
    right = [score for score, is_right in said if score is not None and is_right]
    wrong = [score for score, is_right in said if score is not None and is_right is False]
    halves = [2 if one > other else int(one == other) for one in right for other in wrong]
    assert verifier_quality(said).auc == (sum(halves) / (2 * len(halves)) if halves else None)


@given(st.lists(levels, min_size=1, max_size=30), st.lists(levels, min_size=1, max_size=30))
def test_the_area_is_scipys_mann_whitney_statistic(right: list[float], wrong: list[float]) -> None:
    said: list[Judgement] = [(score, True) for score in right] + [(score, False) for score in wrong]
    theirs = stats.mannwhitneyu(right, wrong, method="asymptotic").statistic / (len(right) * len(wrong))
    assert verifier_quality(said).auc == pytest.approx(theirs)


@given(judgements, st.data())
def test_the_order_of_judgements_changes_nothing(said: list[Judgement], data: st.DataObject) -> None:
    assert verifier_quality(data.draw(st.permutations(said))) == verifier_quality(said)


@given(judgements)
def test_the_area_of_a_verifier_turned_upside_down_is_the_rest(said: list[Judgement]) -> None:
    """Scores as far apart as a verifier gives them: 1 - x would make ties of values that differ by rounding only."""
    coarse: list[Judgement] = [(None if s is None else round(s, 3), right) for s, right in said]
    turned: list[Judgement] = [(None if s is None else round(1 - s, 3), right) for s, right in coarse]
    area, other = verifier_quality(coarse).auc, verifier_quality(turned).auc
    assert (area is None) == (other is None)
    assert area is None or other is None or area + other == pytest.approx(1)


def test_a_score_at_the_threshold_is_accepted_and_another_threshold_may_be_asked_for() -> None:
    said: list[Judgement] = [(0.5, True), (0.4, True), (0.6, False), (None, True), (0.9, None)]
    assert verifier_quality(said) == VerifierQuality(0.5, 4, 1, 2, 1, 2, 1, 0.5, 0.5, 0.0)
    assert verifier_quality(said, 0.4) == VerifierQuality(0.4, 4, 1, 2, 1, 3, 2, 2 / 3, 1.0, 0.0)


def test_what_cannot_be_told_is_none_and_never_zero() -> None:
    assert verifier_quality([]) == VerifierQuality(0.5, 0, 0, 0, 0, 0, 0, None, None, None)
    only_wrong = verifier_quality([(0.1, False), (0.2, False)])
    assert (only_wrong.precision, only_wrong.recall, only_wrong.auc) == (None, None, None)
    assert verifier_quality([(0.1, True), (0.2, False)]).precision is None


def test_only_candidates_that_came_to_their_end_are_read() -> None:
    state = run_of(
        candidate(0, True, {"judge": 0.9}),
        candidate(1, False, {"judge": 0.8}, reason="step", purpose="step"),
        candidate(2, False, {"judge": 0.7}, reason="abort"),
        candidate(3, None, {"judge": 0.6}, purpose="critique"),
        candidate(4, False, {"judge": None}, reason="length"),
        candidate(5, False, {}),
    )
    assert judgements_of([state]) == {"judge": [(0.9, True), (None, False)]}


def test_runs_are_read_together_and_silent_verifiers_are_named() -> None:
    one = run_of(candidate(0, True, {"judge": 0.9}), chosen=("silent", "judge"))
    other = run_of(candidate(0, False, {"judge": 0.8, "later": 0.1}))
    said = qualities_of([one, other])
    assert list(said) == ["silent", "judge", "later"]
    assert (said["silent"].judged, said["silent"].auc) == (0, None)
    assert (said["judge"].judged, said["judge"].precision, said["judge"].auc) == (2, 0.5, 1.0)


def test_a_recorded_run_tells_what_its_verifiers_are_worth() -> None:
    state = RunState().apply_all(sample_run.events(16))
    right = sum(bool(c.correct) for c in state.candidates.values())
    arithmetic = qualities_of([state])["arithmetic"]
    assert (arithmetic.right, arithmetic.wrong, arithmetic.auc) == (right, 16 - right, 1.0)
