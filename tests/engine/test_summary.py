"""The summary of a run: everything that is known, and nothing that is not."""

from __future__ import annotations

import json

import pytest

from engine.events import EnergyRead, NoticeGiven, RunFailed
from engine.trace.fold import RunState, fold
from engine.trace.summary import summary
from tests import sample_run

PROMISED = [
    "kind", "answer", "correct", "strategy", "candidates", "prompt_tokens", "cached_tokens", "completion_tokens",
    "verifier_tokens", "wall_seconds", "ttft_seconds", "tokens_per_second", "cost", "energy_joules", "flops", "seed",
    "model", "backend",
]  # fmt: skip


def test_a_finished_run_has_all_its_figures() -> None:
    events = sample_run.events(16)
    figures = summary(fold(events))
    assert list(figures)[: len(PROMISED)] == PROMISED
    assert [name for name in PROMISED if figures[name] is None] == []
    assert (figures["kind"], figures["answer"], figures["correct"]) == ("summary", "82", True)
    assert (figures["strategy"], figures["candidates"], figures["candidates_finished"]) == ("best-of-n", 16, 16)
    assert (figures["prompt_tokens"], figures["cached_tokens"]) == (112, 15 * 112)
    assert figures["tokens_per_second"] == pytest.approx(figures["completion_tokens"] / events[-1].t)
    assert figures["outside_decode"] == pytest.approx(0.05)
    assert sum(len(vote["candidates"]) for vote in figures["votes"]) == 16
    assert [verifier["name"] for verifier in figures["verifiers"]] == ["arithmetic", "majority"]
    assert json.loads(json.dumps(figures)) == figures


def test_each_verifier_is_held_against_the_known_answer() -> None:
    """In this run the equations hold where the answer is right, and nowhere else."""
    state = fold(sample_run.events(16))
    perfect, majority = summary(state)["verifiers"]
    assert perfect == {"name": "arithmetic", "judged": 16, "precision": 1.0, "recall": 1.0, "auc": 1.0}
    assert majority["judged"] == sum("majority" in c.scores for c in state.candidates.values())


def test_without_a_known_answer_nothing_is_said_of_a_verifiers_quality() -> None:
    state = fold(sample_run.events(4))
    for candidate in state.candidates.values():
        candidate.correct = None
    first = summary(state)["verifiers"][0]
    assert first == {"name": "arithmetic", "judged": 4, "precision": None, "recall": None, "auc": None}


def test_an_estimated_energy_makes_the_cost_an_estimate() -> None:
    figures = summary(fold(sample_run.events(2)))
    assert (figures["energy_source"], figures["energy_is_estimate"], figures["cost_is_estimate"]) == (
        "estimate", True, True,
    )  # fmt: skip
    measured = fold([sample_run.events(1)[0], EnergyRead(1.0, 3.6e6, "rapl")])
    assert (summary(measured)["cost"], summary(measured)["cost_is_estimate"]) == (pytest.approx(0.30), False)


def test_what_is_not_known_is_none_and_never_zero() -> None:
    figures = summary(RunState())
    unknown = [name for name in PROMISED if figures[name] is None]
    assert unknown == [
        "answer", "correct", "strategy", "ttft_seconds", "tokens_per_second", "cost", "energy_joules", "flops", "seed",
        "model", "backend",
    ]  # fmt: skip
    assert [figures[name] for name in ("outcome", "outside_decode", "energy_is_estimate", "currency")] == [None] * 4
    assert figures["verifiers"] == []
    begun = summary(fold(sample_run.events(2)[:1]))["verifiers"]
    assert [(v["judged"], v["precision"], v["recall"], v["auc"]) for v in begun] == [(0, None, None, None)] * 2


def test_at_any_moment_of_a_run_there_is_a_summary_that_json_can_hold() -> None:
    state = RunState()
    for event in sample_run.events(3):
        state.apply(event)
        assert json.loads(json.dumps(summary(state), allow_nan=False))["kind"] == "summary"


def test_candidates_that_never_began_are_not_counted() -> None:
    queued_only = sample_run.events(8)[:10]
    assert summary(fold(queued_only))["candidates"] == 0


def test_a_run_that_failed_says_so() -> None:
    figures = summary(fold([sample_run.events(1)[0], NoticeGiven(0.1, "!"), RunFailed(0.2, "It broke.", "", "")]))
    assert (figures["outcome"], figures["reason"]) == ("failed", "It broke.")
