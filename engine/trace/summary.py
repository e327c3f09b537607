"""A run in one flat record: the last line of `run --json`, and what a comparison of runs is made of."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.events import Outcome
from engine.lab.verifier_quality import qualities_of
from engine.ledger import Ledger
from engine.trace.fold import RunState
from engine.trace.split import split_by_purpose, thinking_tokens


def summary(state: RunState) -> dict[str, Any]:
    """The figures of a run as it stands. None wherever something is not known: no figure is ever made up.

    Tokens are counts. `candidates` is how many were begun, `candidates_finished` how many came to their own end.
    `wall_seconds` is the run clock, which stands still in pauses; `ttft_seconds` is it at the first token, and
    `tokens_per_second` is completion tokens over `wall_seconds`, prompts and verifiers included. `cost` is the price
    of the energy, in `currency`; when `energy_source` is "estimate", both are estimates and `cost_is_estimate` and
    `energy_is_estimate` are true. `outside_decode` is the share of the engine's working time that was not spent in
    `llama_decode`. `candidates_doubted` were ended because the model was too unsure of them. `tokens_saved` is always
    an estimate: what `candidates_spared` and `candidates_doubted` would have generated yet, each as long as the mean of
    those that came to their end. `perfect_pick` is the candidate a perfect verifier would have picked. `verifiers` says
    of each one how many finished candidates it judged, and how far its scores agree with the known answer: precision
    and recall where it accepts from 0.5 on, and the area under the ROC curve.
    """
    start, answer, ledger = state.start, state.answer, state.ledger
    candidates = state.candidates.values()
    return {
        "kind": "summary",
        "answer": answer.answer if answer else None,
        "correct": answer.correct if answer else None,
        "strategy": start.setup.strategy.name if start else None,
        "candidates": sum(c.started_at is not None or c.token_count > 0 for c in candidates),
        **_tokens(ledger),
        "wall_seconds": state.t,
        "ttft_seconds": ledger.first_token_at,
        "tokens_per_second": ledger.completion_tokens / state.t if ledger.completion_tokens and state.t > 0 else None,
        "cost": ledger.cost,
        "energy_joules": ledger.energy_joules,
        "flops": ledger.flops if ledger.model else None,
        "seed": start.setup.seed if start else None,
        "model": start.model.name if start else None,
        "backend": start.backend if start else None,
        "run_id": start.run_id if start else None,
        "outcome": _outcome(state),
        "reason": state.finish.reason if state.finish else state.failure.what if state.failure else None,
        "pick": answer.candidate if answer else None,
        "pick_reason": answer.reason if answer else None,
        "perfect_pick": state.perfect_pick,
        "candidates_finished": sum(c.status == "finished" for c in candidates),
        "votes": [{"answer": v.answer, "candidates": list(v.candidates), "weight": v.weight} for v in state.votes],
        "verifiers": _verifiers(state),
        "candidates_spared": state.spared.unasked + state.spared.stopped if state.spared else 0,
        "candidates_doubted": sum(c.finish_reason == "doubt" for c in candidates),
        "tokens_saved": state.spared.tokens if state.spared else 0,
        "simulations": state.simulations,
        "thinking_tokens": sum(map(thinking_tokens, candidates)),
        "by_purpose": {purpose: asdict(tally) for purpose, tally in split_by_purpose(state).items()},
        "recomputed_tokens": ledger.recomputed_tokens,
        "recomputed_share": ledger.recomputed_share,
        "verifier_prompt_tokens": ledger.verifier_prompt_tokens,
        "verifier_cached_tokens": ledger.verifier_cached_tokens,
        "verifier_seconds": ledger.verifier_seconds,
        "outside_decode": _outside_decode(state),
        **_energy(ledger),
    }


def _tokens(ledger: Ledger) -> dict[str, int]:
    return {
        "prompt_tokens": ledger.prompt_tokens,
        "cached_tokens": ledger.cached_tokens,
        "completion_tokens": ledger.completion_tokens,
        "verifier_tokens": ledger.verifier_tokens,
    }


def _verifiers(state: RunState) -> list[dict[str, Any]]:
    return [
        {"name": name, "judged": found.judged, "precision": found.precision, "recall": found.recall, "auc": found.auc}
        for name, found in qualities_of([state]).items()
    ]


def _energy(ledger: Ledger) -> dict[str, Any]:
    estimated = None if ledger.energy_source is None else ledger.estimated
    return {
        "energy_source": ledger.energy_source,
        "energy_is_estimate": estimated,
        "cost_is_estimate": estimated,
        "currency": ledger.tariff.currency if ledger.model else None,
    }


def _outcome(state: RunState) -> Outcome | str | None:
    if state.failure is not None:
        return "failed"
    return state.finish.outcome if state.finish else None


def _outside_decode(state: RunState) -> float | None:
    finish, ledger = state.finish, state.ledger
    inside, busy = (finish.decode_seconds, finish.busy_seconds) if finish else (0.0, 0.0)
    if busy <= 0:  # not finished: the steps so far tell
        inside, busy = ledger.decode_seconds, ledger.step_seconds
    return max(0.0, 1 - inside / busy) if busy > 0 else None
