"""One tree search in a process of its own, for `bench tree`: what it computed, and what it would have without sharing.

Reads a `TreeTask` as JSON from stdin and writes `TreeFigures` as JSON to stdout.
"""

from __future__ import annotations

import sys
import time

import msgspec

from engine.errors import EngineError
from engine.events import AnyEvent, TokensDecoded
from engine.inference.backend import Backend
from engine.inference.llama.backend import LlamaBackend
from engine.inference.unshared_scheduler import UnsharedBackend
from engine.moves import ValueBackedUp
from engine.run import Run
from engine.setup import RunSetup
from engine.trace.fold import CandidateState, RunState, fold


class TreeTask(msgspec.Struct, frozen=True):
    """What to run. Without `shared` every step computes all that it goes on from again."""

    setup: RunSetup
    shared: bool


class TreeFigures(msgspec.Struct, frozen=True):
    """What a search did, by its events alone, and how long that took, loading excluded.

    `decoded_tokens` went through the model. `distinct_tokens` are those of the tree that had to: the prompt once, and
    of every step what something was drawn after. `unshared_tokens` it would have been if every step had computed its
    whole prefix. `cpu_seconds` is processor time of all threads, waits for each other included.
    """

    simulations: int
    candidates: int
    expansions: int
    completion_tokens: int
    decoded_tokens: int
    distinct_tokens: int
    unshared_tokens: int
    recomputed_tokens: int
    decode_steps: int
    seconds: float
    decode_seconds: float
    cpu_seconds: float


def measure(setup: RunSetup, backend: Backend) -> TreeFigures:
    """Runs a search to its end.

    Raises:
        EngineError: It failed.
    """
    events: list[AnyEvent] = []
    cpu_began = time.process_time()
    run = Run("bench", setup, backend, events.append)
    while not run.finished:
        run.step()
    cpu_seconds = time.process_time() - cpu_began
    state = fold(events)
    if state.failure is not None:
        raise EngineError(state.failure.what, state.failure.why, state.failure.next_step)
    return figures(events, state, cpu_seconds)


def figures(events: list[AnyEvent], state: RunState, cpu_seconds: float) -> TreeFigures:
    """What the events of a finished search say."""
    written = [candidate for candidate in state.candidates.values() if candidate.token_count]
    parents = {candidate.parent for candidate in written}
    prompts = {candidate.prompt for candidate in written}
    before = _tokens_before(state)
    drawn_after = sum(candidate.token_count - 1 + was_over_before(candidate) for candidate in written)
    gone_on_from = sum(candidate.id in parents and not was_over_before(candidate) for candidate in written)
    prefill = sum(event.prefill_tokens for event in events if isinstance(event, TokensDecoded))
    return TreeFigures(
        simulations=sum(isinstance(move.move, ValueBackedUp) for move in state.moves),
        candidates=len(written),
        expansions=len({candidate.parent for candidate in written if candidate.purpose == "step"}),
        completion_tokens=state.ledger.completion_tokens,
        decoded_tokens=prefill + drawn_after,
        distinct_tokens=sum(state.prompts[prompt].tokens for prompt in prompts) + drawn_after + gone_on_from,
        unshared_tokens=sum(before[candidate.id] for candidate in written) + drawn_after,
        recomputed_tokens=state.ledger.recomputed_tokens,
        decode_steps=state.ledger.steps,
        seconds=state.t,
        decode_seconds=state.ledger.decode_seconds,
        cpu_seconds=cpu_seconds,
    )


def was_over_before(candidate: CandidateState) -> bool:
    """Whether a step ended because of the token that would have come next: then all of its own went through the model.

    Otherwise its last token ended it, and only somebody who goes on from there computes that one.
    """
    if candidate.purpose != "step" or candidate.finish_reason not in ("step", "stop"):
        return False
    last = candidate.tokens[-1].text
    return candidate.token_count < candidate.max_tokens and last != "" and "\n" not in last


def _tokens_before(state: RunState) -> dict[int, int]:
    """Of each candidate, the tokens of its prompt and of all that it goes on from. Parents come before children."""
    before: dict[int, int] = {}
    for candidate in state.candidates.values():
        parent = candidate.parent
        before[candidate.id] = (
            state.prompts[candidate.prompt].tokens
            if parent is None
            else before[parent] + state.candidates[parent].token_count
        )
    return before


if __name__ == "__main__":
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=TreeTask)
    kind = LlamaBackend if task.shared else UnsharedBackend
    loaded = kind(task.setup.load, "for a measurement", lambda *_: None)
    found = measure(task.setup, loaded)
    loaded.close()
    sys.stdout.buffer.write(msgspec.json.encode(found))
