"""What-ifs that tests ask, and what they compare the answers with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from engine.errors import BadInputError
from engine.events import EnergyRead
from engine.setup import Budget, RunSetup, StrategyChoice, Value, VerifierChoice
from engine.trace.fold import RunState, fold
from engine.what_if.outlook import Outlook
from engine.what_if.pool import WhatIfPool
from engine.what_if.request import WhatIf
from tests.simulated_runs import BEST, simulated_events

N = 10  # the candidates of most runs

choices = st.one_of(
    st.just(StrategyChoice("chain-of-thought")),
    st.builds(
        lambda n, early: StrategyChoice("self-consistency", {"n": n, "stop_when_certain": early}),
        st.integers(1, N),
        st.booleans(),
    ),
    st.builds(
        lambda n, choose: StrategyChoice("best-of-n", {"n": n, "choose": choose}),
        st.integers(1, N),
        st.sampled_from(["best-score", "weighted-vote"]),
    ),
    st.builds(
        lambda n, at_once, confidence: StrategyChoice(
            "adaptive", {"n": n, "at_once": at_once, "confidence": confidence}
        ),
        st.integers(1, N),
        st.integers(1, 6),
        st.sampled_from([0.6, 0.8, 0.95]),
    ),
)
mixes = st.lists(
    st.sampled_from(["arithmetic", "majority", "mean-logprob", "known-answer"]), unique=True, max_size=4
).map(lambda names: tuple(VerifierChoice(name, 1 / (i + 1)) for i, name in enumerate(names)))
tokens, seconds, counts = st.integers(1, N) | st.integers(1, 350), st.floats(0.1, 1.2), st.integers(1, N)
seeds = st.integers(1, 10**6)


def with_energy(setup: RunSetup) -> RunState:
    """A run that measured 45 watts, as one of a real model would: a simulated one knows no energy."""
    events = simulated_events(setup)
    end = events[-1].t
    return fold([*events[:-1], EnergyRead(end, 45 * end, "rapl"), events[-1]])


def own(state: RunState) -> Outlook:
    pool = WhatIfPool(state)
    return pool.ask(pool.recorded)


def differences(outlook: Outlook, was: Mapping[str, Any], names: Sequence[str] = ()) -> dict[str, object]:
    """Where an outlook is another one than the summary of a run."""
    pairs = {"candidate": "pick", "reason": "pick_reason", "seconds_estimate": "wall_seconds"}
    same = ("answer", "correct", "outcome", "completion_tokens", "prompt_tokens", "cached_tokens", "flops")
    more = ("candidates_finished", "candidates_spared", "verifier_tokens", "verifier_prompt_tokens")
    pairs |= {name: name for name in (*same, *more)}
    found = {name: (getattr(outlook, name), was[pairs[name]]) for name in names or pairs}
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}


def ask(state: RunState, strategy: str, verifiers: Sequence[VerifierChoice] = BEST, **values: Value) -> Outlook:
    return WhatIfPool(state).ask(WhatIf(StrategyChoice(strategy, values), tuple(verifiers), Budget()))


def answered(pool: WhatIfPool, *what_ifs: WhatIf) -> Iterator[Outlook]:
    """The outlooks of those that are not refused."""
    for what_if in what_ifs:
        with contextlib.suppress(BadInputError):
            yield pool.ask(what_if)
