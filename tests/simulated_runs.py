"""Whole runs of the real engine on the simulated model, in milliseconds, with a clock that only decoding moves."""

from __future__ import annotations

from collections.abc import Sequence

from engine.events import AnyEvent
from engine.inference.simulated_backend import SimulatedBackend, Texts
from engine.run import Run
from engine.setup import Budget, LoadOptions, RunSetup, StrategyChoice, Value, VerifierChoice
from engine.trace.fold import RunState, fold
from engine.types import Problem, Sampling
from tests.sample_run import REPORT

TEXTS: Texts = {
    "47 + 35 = 82. The answer is 82.": 0.3,
    "47 + 35 = 72. The answer is 72.": 0.3,
    "I add 7 + 5 = 12 and 40 + 30 = 70. 70 + 12 = 82. The answer is 82.": 0.1,
    "The answer is 83.": 0.15,
    "I do not know": 0.15,
}
BEST = (VerifierChoice("arithmetic", 0.8), VerifierChoice("majority", 0.2))


def make_setup(
    strategy: str,
    verifiers: Sequence[VerifierChoice] = BEST,
    budget: Budget | None = None,
    seed: int = 1,
    max_tokens: int = 60,
    **settings: Value,
) -> RunSetup:
    """A set-up for the simulated model; its problem is one that it gets right now and then."""
    return RunSetup(
        problem=Problem("What is 47 + 35?", "82", "addition"),
        strategy=StrategyChoice(strategy, settings),
        verifiers=tuple(verifiers),
        sampling=Sampling(1.0, 0, 1.0, 0.0, 1.0, max_tokens, (), 2),
        budget=budget or Budget(),
        load=LoadOptions("simulated"),
        seed=seed,
    )


def simulate(setup: RunSetup, texts: Texts = TEXTS, judge: Texts | None = None, steps: int | None = None) -> RunState:
    """The end of a run.

    Args:
        setup: What to run.
        texts: What the candidates may write, with what probability.
        judge: The same for prompts that begin with “Judge”.
        steps: Stop by hand after so many engine steps; None never does.
    """
    return fold(simulated_events(setup, texts, judge, steps))


def simulated_events(
    setup: RunSetup, texts: Texts = TEXTS, judge: Texts | None = None, steps: int | None = None
) -> list[AnyEvent]:
    """The events of a run; see `simulate`."""
    events: list[AnyEvent] = []
    backend = SimulatedBackend(
        lambda prompt: judge if judge and "user: Judge" in prompt else texts, report=REPORT, own_clock=True
    )
    run = Run("simulated", setup, backend, events.append, backend.clock)
    taken = 0
    while not run.finished:
        run.step()
        taken += 1
        if taken == steps:
            run.stop()
    return events
