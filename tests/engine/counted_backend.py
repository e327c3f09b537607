"""Whole runs on a simulated model, in which every cell of the KV cache and every decoded token can be counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from engine.events import AnyEvent
from engine.inference.backend import RunShape
from engine.inference.scheduler import Scheduler
from engine.inference.simulated_backend import REPORT, Policy, SimulatedBackend
from engine.run import Run
from engine.setup import Budget, RunSetup, StrategyChoice, VerifierChoice
from tests import sample_run

QUESTION = "What is 47 + 35?"
RIGHT, WRONG, LONG_WRONG = "47 + 35 = 82.", "It is 72.", "Let me see. 47 + 35 = 92. The answer is 92."
TEXTS = {RIGHT: 0.3, WRONG: 0.5, LONG_WRONG: 0.2}


class CountedBackend(SimulatedBackend):
    """A simulated model of a given size and context; it remembers the shape that a run asked for."""

    def __init__(self, policy: Policy, room: int = 1 << 14, parameters: int = 1_000_000, name: str = "Own") -> None:
        # A model with parameters, so that its FLOPs can be told from another's.
        super().__init__(policy, report=msgspec.structs.replace(REPORT, parameters=parameters, name=name))
        self.shape: RunShape | None = None
        self.aborting = self.closed = False
        self._room = room

    def scheduler(self, shape: RunShape) -> Scheduler:
        """One with exactly the cells that the shape asks for."""
        self.shape = shape
        return super().scheduler(shape)

    def room(self) -> int:
        """The context of the model."""
        return self._room

    def abort(self) -> None:
        """Notes it."""
        self.aborting = True

    def allow(self) -> None:
        """Takes it back."""
        self.aborting = False

    def close(self) -> None:
        """Notes it."""
        self.closed = True


def judging(opinion: Callable[[str], float], texts: Mapping[str, float] = TEXTS) -> Policy:
    """A model that writes `texts`, and as a judge finds what it reads right with a probability of `opinion(work)`."""

    def policy(prompt: str) -> Mapping[str, float]:
        turn = prompt.rsplit("user: ", 1)[-1].strip()
        if "Say Yes or No." not in turn:
            return texts
        p = opinion(turn)
        yes = p if turn.endswith("right? Say Yes or No.") else 1 - p
        return {"Yes": 0.9 * yes, "No": 0.9 * (1 - yes), "Perhaps": 0.1}

    return policy


def setup(
    n: int = 6, verifier: str = "model-judge", budget: Budget | None = None, max_tokens: int = 60, **settings: object
) -> RunSetup:
    """Best-of-`n` with one verifier."""
    given = sample_run.setup(n)
    return msgspec.structs.replace(
        given,
        strategy=StrategyChoice("best-of-n", {"n": n, "prompt": "step-by-step"}),
        verifiers=(VerifierChoice(verifier, 1.0, settings),),  # type: ignore[arg-type]
        sampling=msgspec.structs.replace(given.sampling, temperature=1.0, top_k=0, max_tokens=max_tokens),
        budget=budget or Budget(),
    )


def started(
    run_setup: RunSetup, backend: CountedBackend, others: Mapping[str, CountedBackend] | None = None
) -> tuple[Run, list[AnyEvent]]:
    """A run that has been started, and the list its events go to. `others` are the models that judges may ask."""
    events: list[AnyEvent] = []
    return Run("run", run_setup, backend, events.append, open_model=(others or {}).__getitem__), events


def finish(run: Run, most: int = 5000) -> None:
    """Steps until the run has finished."""
    for _ in range(most):
        if run.finished:
            return
        run.step()
    raise AssertionError("the run does not come to an end")
