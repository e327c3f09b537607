"""Runs for tests of traces: events of any kind and content, and whole runs with everything in them, drawn by chance."""

from __future__ import annotations

import random
from dataclasses import asdict
from typing import Any

from hypothesis import strategies as st
from msgspec import inspect

from engine.events import (
    AnswerPicked,
    AnyEvent,
    BudgetSpent,
    CandidateFinished,
    CandidateQueued,
    CandidateScored,
    CandidateStarted,
    EnergyRead,
    Event,
    NoticeGiven,
    PhaseEntered,
    PromptRendered,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    TokensDecoded,
)
from engine.trace.fold import RunState
from engine.types import Alternative, Confidence, Token
from tests.sample_run import REPORT, setup

PIECES = [
    "We",
    " add",
    " 47",
    ".",
    "5",
    " and",
    "\n",
    ".\n",
    " then",
    "!",
    " It",
    "",
    " é",
    "\n\n",
    " is 3",
    '."',
    " Ok",
]


def any_event(infinite: bool = True) -> st.SearchStrategy[Event]:
    """An event of any kind, with any content that its types allow; without infinities if asked so (JSON has none)."""
    return values(inspect.type_info(AnyEvent), infinite)


def values(kind: inspect.Type, infinite: bool) -> st.SearchStrategy[Any]:
    """Anything that a field of this type may hold."""
    match kind:
        case inspect.IntType():
            return st.integers(-(2**63) if kind.ge is None else kind.ge, 2**63 - 1 if kind.le is None else kind.le)
        case inspect.FloatType(ge=low, lt=high) if low is not None and high is not None:
            return st.floats(low, high, exclude_max=True)
        case inspect.FloatType(ge=low, le=high) if low is not None and high is not None:
            return st.floats(low, high)
        case inspect.FloatType():
            return st.floats(allow_nan=False, allow_infinity=infinite)
        case inspect.StrType():
            return st.text(max_size=12)
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.LiteralType():
            return st.sampled_from(kind.values)
        case inspect.UnionType():
            return st.one_of([values(each, infinite) for each in kind.types])
        case inspect.VarTupleType():
            return st.lists(values(kind.item_type, infinite), max_size=3).map(tuple)
        case inspect.DictType():
            return st.dictionaries(values(kind.key_type, infinite), values(kind.value_type, infinite), max_size=2)
        case inspect.StructType():
            fields = {field.name: values(field.type, infinite) for field in kind.fields}
            return st.builds(kind.cls, **fields)
    raise TypeError(f"no values for {kind}")


def chance_run(seed: int, n: int = 6, steps: int = 40) -> list[Event]:
    """A run in which candidates come, write, end, are scored and picked in any order, often at the same moment."""
    chance = random.Random(seed)
    out: list[Event] = [
        RunStarted(0.0, f"chance-{seed}", "2026-11-23T12:00:00Z", "0.1.0", setup(n), REPORT, "simulated"),
        PromptRendered(0.0, 0, "What is 47 + 35?", 12, "the model's own"),
    ]
    waiting, writing, ended, texts = list(range(n)), [], [], dict.fromkeys(range(n), "")
    t = 0.0
    for _ in range(steps):
        t += chance.choice([0.0, 0.01, 0.25])
        out += _quiet_events(chance, t)
        while waiting and (not writing or chance.random() < 0.3):
            candidate = waiting.pop(0)
            writing.append(candidate)
            cached = chance.randrange(12)
            out.append(CandidateQueued(t, candidate, f"c{candidate}", 0, candidate, 0.7, 60))
            out.append(CandidateStarted(t, candidate, cached, 12 - cached))
        tokens = tuple(_token(chance, candidate) for candidate in writing)
        for token in tokens:
            texts[token.candidate] += token.text
        out.append(TokensDecoded(t, tokens, chance.choice([0, 12]), 0.004, 0.005))
        for candidate in [c for c in writing if chance.random() < 0.15]:
            writing.remove(candidate)
            ended.append(candidate)
            reason = chance.choice(["stop", "stop", "length", "abort", "error", "doubt"])
            answer = chance.choice(["82", "72", None])
            correct = None if answer is None else answer == "82"
            sure = chance.choice([None, Confidence(0.4, 13.0, 5.5, 7.0)])
            out.append(
                CandidateFinished(t, candidate, reason, texts[candidate], answer, answer, 9, -0.3, correct, 3, sure)
            )
        if ended and chance.random() < 0.5:
            candidate = chance.choice(ended)
            value = chance.choice([None, 0.0, 0.5, 1.0])
            out.append(CandidateScored(t, candidate, chance.choice(["arithmetic", "majority"]), value, "", 2, 0.01))
            out.append(AnswerPicked(t, candidate, "82", True, "highest score"))
    out.append(
        chance.choice([RunFinished(t, "answered", "done", 0.5, 0.6), RunFailed(t, "It broke.", "Why.", "Again.")])
    )
    return out


def _quiet_events(chance: random.Random, t: float) -> list[Event]:
    kinds = [
        [PhaseEntered(t, chance.choice(["prompt", "generate", "verify", "answer"]))],
        [NoticeGiven(t, "Look here.")],
        [EnergyRead(t, 45 * t, "estimate")],
        [RunPaused(t), RunResumed(t)],
        [BudgetSpent(t, "tokens", 10, 11)],
    ]
    return chance.choice(kinds) if chance.random() < 0.4 else []


def _token(chance: random.Random, candidate: int) -> Token:
    text = chance.choice(PIECES)
    return Token(
        candidate, chance.randrange(100), text, -chance.random(), chance.random(), (Alternative(1, "x", -3.0),)
    )


def seen(state: RunState) -> dict[str, Any]:
    """Everything that can be seen of a state, to compare two of them."""
    hidden = {"newest_tokens", "_absent", "_load", "shared"}
    candidates = {}
    for number, candidate in state.candidates.items():
        shown = {name: getattr(candidate, name) for name in type(candidate).__slots__ if name not in hidden}
        shown |= {"tokens": list(candidate.tokens), "text": candidate.text, "count": candidate.token_count}
        candidates[number] = shown
    return {
        **{name: getattr(state, name) for name in ("status", "t", "start", "phases", "phase", "prompts", "answer")},
        **{name: getattr(state, name) for name in ("budget_spent", "finish", "failure", "notices", "rate_samples")},
        "candidates": list(candidates.items()),
        "votes": state.votes,
        "events": state.events,
        "perfect_pick": state.perfect_pick,
        "ledger": {name: value for name, value in asdict(state.ledger).items() if name not in ("model", "tariff")},
        "cost": (state.ledger.cost, state.ledger.flops),
    }
