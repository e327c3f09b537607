"""A made-up run as a list of events, for tests of logic and views. It is labelled simulated, as it is."""

from __future__ import annotations

import math
import random

from engine.events import (
    AnswerPicked,
    CandidateFinished,
    CandidateQueued,
    CandidateScored,
    CandidateStarted,
    EnergyRead,
    Event,
    ModelReport,
    PhaseEntered,
    PromptRendered,
    RunFinished,
    RunStarted,
    TokensDecoded,
)
from engine.setup import DEFAULT_SAMPLING, Budget, LoadOptions, RunSetup, StrategyChoice, VerifierChoice
from engine.types import Alternative, Problem, Token

REPORT = ModelReport(
    name="Simulated 135M", path="simulated", file_bytes=98_000_000, architecture="llama", parameters=134_515_008,
    quantization="Q4_1", n_ctx_train=8192, n_ctx=4096, n_layers=30, n_embd=576, n_vocab=49152, has_chat_template=True,
    layers_asked=-1, layers_on_gpu=0, layers_total=31, device="CPU", gpu_supported=False, gpu_hint="uv sync …",
    flash_attention=True, kv_layout="unified", safe_mode=False, safe_mode_reason="", n_threads=2,
    memory_estimated_bytes=200_000_000, memory_measured_bytes=190_000_000, load_seconds=0.4,
)  # fmt: skip


def setup(n: int = 16, strategy: str = "best-of-n") -> RunSetup:
    """The set-up that `events` pretends to run."""
    return RunSetup(
        problem=Problem("What is 47 + 35?", "82", "arithmetic", "two-digit sums"),
        strategy=StrategyChoice(strategy, {"n": n} if strategy == "best-of-n" else {}),
        verifiers=(VerifierChoice("arithmetic", 0.8), VerifierChoice("majority", 0.2)),
        sampling=DEFAULT_SAMPLING,
        budget=Budget(tokens=1200 * max(1, n // 16), seconds=20.0),
        load=LoadOptions("simulated"),
        seed=1,
    )


def events(n: int = 16, seed: int = 1, sentences: int = 1, strategy: str = "best-of-n") -> list[Event]:
    """A whole run of `n` candidates with `sentences` of padding each; about a third of them are right."""
    chance = random.Random(seed)
    out: list[Event] = [
        RunStarted(0.0, "sample", "2026-11-23T12:00:00Z", "0.1.0", setup(n, strategy), REPORT, "simulated"),
        PhaseEntered(0.0, "prompt"),
        PromptRendered(0.0, 0, "What is 47 + 35?", 112, "the model's own"),
    ]
    scripts = {i: _script(chance, sentences) for i in range(n)}
    out += [CandidateQueued(0.0, i, "", 0, i + 1, 0.7, 160) for i in range(n)]
    t = 0.17
    out.append(TokensDecoded(t, (), 112, 0.16, 0.17))
    out += [CandidateStarted(t, i, 0 if i == 0 else 112, 112 if i == 0 else 0) for i in range(n)]
    out.append(PhaseEntered(t, "generate"))
    position, texts = 0, dict.fromkeys(range(n), "")
    while any(position < len(words) for words, _ in scripts.values()):
        running = [i for i in range(n) if position < len(scripts[i][0])]
        t += 0.02 + 0.0045 * len(running)
        tokens = tuple(_token(chance, i, scripts[i][0][position]) for i in running)
        for token in tokens:
            texts[token.candidate] += token.text
        out.append(TokensDecoded(t, tokens, 0, 0.004 * len(running), 0.0042 * len(running)))
        out.append(EnergyRead(t, 45 * t, "estimate"))
        position += 1
        for i in running:
            words, answer = scripts[i]
            if position == len(words):
                right = answer == "82"
                out.append(CandidateFinished(t, i, "stop", texts[i], answer, answer, len(words), -0.2, right, 0))
                out.append(CandidateScored(t, i, "arithmetic", 1.0 if right else 0.0, "1 of 1 equations hold", 0, 0.0))
    best = next((i for i in range(n) if scripts[i][1] == "82"), 0)
    out += [
        PhaseEntered(t, "verify"),
        *(CandidateScored(t + 0.01, i, "majority", 0.4, "share of the votes", 0, 0.0) for i in range(n)),
        PhaseEntered(t + 0.02, "answer"),
        AnswerPicked(t + 0.02, best, scripts[best][1], scripts[best][1] == "82", "highest weighted score"),
        RunFinished(t + 0.02, "answered", "all candidates finished", t * 0.95, t),
    ]
    return out


def _script(chance: random.Random, sentences: int) -> tuple[list[str], str]:
    answer = chance.choices(["82", "72", "83"], [0.35, 0.5, 0.15])[0]
    padding = ["We", "add", "the", "tens", "and", "then", "the", "ones", ",", "carefully", "."]
    words = padding * sentences + f"47 + 35 = {answer}".split(" ")
    words += f". The answer is {answer} .".split(" ")
    words = words[chance.randrange(0, 3) :]
    return [word if i == 0 or word in ".," else f" {word}" for i, word in enumerate(words)], answer


def _token(chance: random.Random, candidate: int, text: str) -> Token:
    p = min(0.999, chance.choice([0.97, 0.95, 0.92, 0.99, 0.7, 0.4, 0.15]))
    others = tuple(Alternative(k, f" w{k}", math.log((1 - p) / 2**k)) for k in range(1, 5))
    return Token(candidate, 100, text, math.log(p), 1 - p, (Alternative(100, text, math.log(p)), *others))
