"""Where a run is heading: what it will have used when all candidates that were asked for are done (estimate)."""

from __future__ import annotations

from dataclasses import dataclass

from engine.trace.fold import RunState

SIMPLE = ("best-of-n", "self-consistency")  # what others will ask for cannot be told beforehand
FEWEST_DONE = 3


@dataclass(frozen=True, slots=True)
class Projection:
    """An estimate: generated tokens and seconds of the run clock at the end of the `candidates` asked for."""

    candidates: int
    tokens: float
    seconds: float


def project(state: RunState) -> Projection | None:
    """The projection; None where it cannot be told.

    The finished ones are the short ones, so their mean would say too little: the mean length is reckoned as all tokens
    over the number of texts that have ended (Epstein and Sobel 1953, lives that end at a constant rate), and each
    unfinished text has as much before it, up to its longest. Texts that are the likelier to end the longer they get
    make of that an upper figure. Those tokens come at the mean rate since the first one.
    """
    start, first, used = state.start, state.ledger.first_token_at, _used(state)
    if state.status not in ("running", "paused") or start is None or start.setup.strategy.name not in SIMPLE:
        return None
    done = sum(c.status == "finished" for c in state.candidates.values())
    going = [c for c in state.candidates.values() if c.finished_at is None]
    if done < FEWEST_DONE or not going or first is None or state.t <= first:
        return None
    length = sum(c.token_count for c in state.candidates.values()) / done
    missing = sum(min(length, c.max_tokens - c.token_count) for c in going)
    rate = state.ledger.completion_tokens / (state.t - first)
    return Projection(len(state.candidates), used + missing, state.t + missing / rate) if rate > 0 else None


def _used(state: RunState) -> int:
    return state.ledger.completion_tokens + state.ledger.verifier_tokens
