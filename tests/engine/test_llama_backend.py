"""The scheduler on the real model: batches agree with single sequences, and every token is drawn as llama.cpp would."""

from __future__ import annotations

import ctypes

import llama_cpp
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.inference.backend import RunShape
from engine.inference.decoder import BatchItem, Logits, Sampled
from engine.inference.llama.backend import LlamaBackend
from engine.inference.llama.layout import Layout, shares_cells, slots_of, wants_flash_attention
from engine.inference.llama.sampler import LlamaSampler, RowReader, sample
from engine.inference.scheduler import PREFILL_BESIDE, Scheduler
from engine.inference.sequence import Sequence
from engine.setup import DEFAULT_SAMPLING, LoadOptions
from engine.types import Message, Prompt, Sampling

QUESTIONS = ("What is 47 + 35?", "Name a colour.", "Why is the sky blue?", "Write a poem about the sea.")


def drawn(temperature: float, **changes: object) -> Sampling:
    return msgspec.structs.replace(DEFAULT_SAMPLING, temperature=temperature, **changes)


def tokens_of(backend: LlamaBackend, question: str) -> tuple[int, ...]:
    return backend.template.render(Prompt((Message("user", question),))).tokens


def run(scheduler: Scheduler) -> dict[int, Sequence]:
    finished: dict[int, Sequence] = {}
    while not scheduler.idle:
        finished |= {sequence.id: sequence for sequence in scheduler.step().finished}
    return finished


def logits_after(backend: LlamaBackend, texts: list[tuple[int, ...]], shape: RunShape) -> Logits:
    """Logits after each text, all of them in one batch, each in a slot of its own."""
    backend.scheduler(shape).reset()  # what runs before have left in the slots
    context = backend._ready_context()
    items = [
        BatchItem(token, at, slot, output=at == len(text) - 1)
        for slot, text in enumerate(texts)
        for at, token in enumerate(text)
    ]
    assert context.decode(items) == "ok"
    found = context.logits().copy()
    for slot in range(len(texts)):
        context.truncate(slot, 0)
    return found


@pytest.mark.parametrize("sequences", [4, 32], ids=["unified", "streams"])
def test_a_batch_and_single_decodes_give_the_same_logits_but_for_rounding(
    backend: LlamaBackend, sequences: int
) -> None:
    texts = [tokens_of(backend, question) for question in QUESTIONS]
    together = logits_after(backend, texts, RunShape(sequences, 64, 64))
    for row, text in zip(together, texts, strict=True):
        alone = logits_after(backend, [text], RunShape(1, 64, 64))[0]
        assert row.argmax() == alone.argmax()
        difference = row - alone
        # A shift of all logits changes no probability, and on some processors rounding makes one.
        assert np.abs(difference - difference.mean()).mean() < 0.05 * row.std()


def test_greedy_candidates_of_one_prompt_part_only_where_two_tokens_are_as_good_as_equal(backend: LlamaBackend) -> None:
    scheduler = backend.scheduler(RunShape(8, 64, 24))
    for i in range(8):
        scheduler.submit(i, tokens_of(backend, QUESTIONS[0]), drawn(0.0, max_tokens=24), seed=i)
    steps: dict[int, list[Sampled]] = {i: [] for i in range(8)}
    while not scheduler.idle:
        for token in scheduler.step().drawn:
            steps[token.sequence.id].append(token.sampled)
    first = steps.pop(0)
    for other in steps.values():
        parted = next((a for a, b in zip(first, other, strict=False) if a.id != b.id), None)
        if parted is not None:
            assert parted.alternatives[0].logprob - parted.alternatives[1].logprob < 0.3


def test_the_prompt_of_sixteen_candidates_is_computed_once(backend: LlamaBackend) -> None:
    prompt = tokens_of(backend, "How many legs do sixteen cats have?")
    scheduler = backend.scheduler(RunShape(16, len(prompt), 8))
    sequences = [scheduler.submit(i, prompt, drawn(0.8, max_tokens=8), seed=i) for i in range(16)]
    computed = 0
    while not scheduler.idle:
        computed += scheduler.step().prefill_tokens
    assert computed == sum(sequence.computed_tokens for sequence in sequences) <= len(prompt)
    assert sum(sequence.cached_tokens for sequence in sequences) == 16 * len(prompt) - computed


def test_watched_texts_have_the_models_own_probabilities_over_the_whole_vocabulary(backend: LlamaBackend) -> None:
    prompt = tokens_of(backend, "Is the sky blue? Answer Yes or No.")
    texts = ("Yes", "No", "Yesterday was a fine day")
    scheduler = backend.scheduler(RunShape(2, len(prompt), 4))
    for i, temperature in enumerate((0.0, 1.7)):
        scheduler.submit(i, prompt, drawn(temperature, max_tokens=2, watch=texts), seed=1)
    found = {i: sequence.watched for i, sequence in run(scheduler).items()}
    assert found[0] == found[1]
    row = logits_after(backend, [prompt], RunShape(2, len(prompt), 4))[0].astype(np.float64)
    expected = row - row.max() - np.log(np.exp(row - row.max()).sum())
    tokens = [backend.vocabulary.tokenize(text, special=False, start=False)[0] for text in texts]
    assert found[0] == pytest.approx(expected[tokens].tolist(), abs=0.2)
    assert found[0][0] > found[0][2]


def test_no_candidate_ends_before_its_least_tokens(backend: LlamaBackend) -> None:
    scheduler = backend.scheduler(RunShape(8, 64, 40))
    for i in range(8):
        limits = drawn(0.8 if i else 0.0, min_tokens=40, max_tokens=40)
        scheduler.submit(i, tokens_of(backend, "Say yes."), limits, seed=i)
    finished = run(scheduler)
    assert {len(sequence.generated) for sequence in finished.values()} == {40}
    ends = backend._model.end_tokens
    assert not any(ends & set(sequence.generated[:-1]) for sequence in finished.values())


def test_a_repetition_penalty_keeps_a_greedy_candidate_from_going_in_circles(backend: LlamaBackend) -> None:
    scheduler = backend.scheduler(RunShape(2, 64, 60))
    prompt = tokens_of(backend, "Say the word yes a hundred times.")
    for i, penalty in enumerate((1.0, 1.5)):
        limits = drawn(0.0, min_tokens=60, max_tokens=60, repeat_penalty=penalty)
        scheduler.submit(i, prompt, limits, seed=1)
    distinct = {i: len(set(sequence.generated)) for i, sequence in run(scheduler).items()}
    assert distinct[1] > 1.5 * distinct[0]


def test_a_prompt_is_read_in_chunks_beside_candidates_that_go_on_writing(backend: LlamaBackend) -> None:
    scheduler = backend.scheduler(RunShape(4, 600, 40))
    scheduler.submit(0, tokens_of(backend, QUESTIONS[0]), drawn(0.8, min_tokens=40, max_tokens=40), seed=1)
    scheduler.step()
    long = scheduler.submit(1, tokens_of(backend, "word " * 500), drawn(0.8, max_tokens=4), seed=1)
    steps = []
    while not long.started:
        report = scheduler.step()
        steps.append(([token.sequence.id for token in report.drawn], report.prefill_tokens))
    assert len(steps) > 3
    assert all(0 in writers and 0 < prefill <= PREFILL_BESIDE for writers, prefill in steps)
    run(scheduler)


def test_a_real_cache_too_small_for_all_loses_no_sequence(default_model: str) -> None:
    small = LlamaBackend(LoadOptions(default_model, safe_mode=True, n_ctx=256), "", lambda *_: None)
    prompt = tokens_of(small, QUESTIONS[0])
    small._open(Layout(256, 8, shared=True, flash_attention=False))
    scheduler = small._scheduler
    assert scheduler is not None
    scheduler._has_cells = lambda needed, keep: True  # type: ignore[method-assign]  # all are let in, and do not fit
    for i in range(8):
        scheduler.submit(i, prompt, drawn(0.8, min_tokens=40, max_tokens=40), seed=i)
    finished = run(scheduler)
    assert {len(sequence.generated) for sequence in finished.values()} == {40}
    assert sum(sequence.recomputed_tokens for sequence in finished.values()) > 0
    small.close()


def test_characters_that_are_split_over_tokens_are_joined(backend: LlamaBackend) -> None:
    text = "naïve 😀 日本 🤹🏽"
    tokens = backend._model.tokenize(text, special=False, start=False)
    assert len(tokens) > len(text)  # several of them are parts of a character
    sampler = LlamaSampler(drawn(0.0), 1, backend._model.n_vocab)
    sequence = Sequence(0, (1,), drawn(0.0, max_tokens=len(tokens) + 1), sampler)
    pieces = [sequence.take(Sampled(token, 0.0, 0.0, ()), backend._model) for token in tokens]
    sampler.close()
    assert sequence.text == "".join(pieces) == text
    assert "" in pieces


def whole_chain(sampling: Sampling, seed: int, row: Logits, history: list[int]) -> int:
    """What llama.cpp draws from the whole vocabulary, without any shortlist."""
    sampler = LlamaSampler(sampling, seed, len(row))
    for token in history:
        llama_cpp.llama_sampler_accept(sampler._chain, token)
    data = (llama_cpp.llama_token_data * len(row))()
    for i, logit in enumerate(row.tolist()):
        data[i].id, data[i].logit, data[i].p = i, logit, 0.0
    array = llama_cpp.llama_token_data_array(data=data, size=len(row), selected=-1, sorted=False)
    llama_cpp.llama_sampler_apply(sampler._chain, ctypes.byref(array))
    token = int(array.data[array.selected].id)
    sampler.close()
    return token


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**31 - 1),
    temperature=st.sampled_from([0.0, 0.3, 0.8, 2.0]),
    top_k=st.sampled_from([0, 1, 5, 40, 200]),
    top_p=st.sampled_from([0.5, 0.95, 1.0]),
    min_p=st.sampled_from([0.0, 0.05]),
    penalty=st.sampled_from([1.0, 1.3, 0.7]),
)
def test_the_shortlist_draws_what_llama_cpp_draws_from_the_whole_vocabulary(
    seed: int, temperature: float, top_k: int, top_p: float, min_p: float, penalty: float
) -> None:
    row = np.random.default_rng(seed).normal(0.0, 4.0, 5003).astype(np.float32)
    history = np.argsort(-row)[: seed % 90 : 3].tolist()  # the likeliest ones are those that a penalty changes most
    sampling = Sampling(temperature, top_k, top_p, min_p, penalty, 10, (), 5)
    sampler = LlamaSampler(sampling, seed, len(row))
    for token in history:
        llama_cpp.llama_sampler_accept(sampler._chain, token)
    found = sample(row[None, :], [(0, sampler)], str, RowReader(len(row)))[0]
    sampler.close()
    assert found.id == whole_chain(sampling, seed, row, history)
    exact = row.astype(np.float64)
    logprobs = exact - exact.max() - np.log(np.exp(exact - exact.max()).sum())
    assert found.logprob == pytest.approx(logprobs[found.id], abs=2e-3)
    assert found.entropy == pytest.approx(-(np.exp(logprobs) * logprobs).sum(), abs=2e-3)
    assert [other.id for other in found.alternatives] == np.argsort(-row)[:5].tolist()


def test_few_candidates_share_their_cells_and_many_have_streams_of_their_own() -> None:
    assert shares_cells(RunShape(16, 100, 100), can_fork=True)
    assert not shares_cells(RunShape(64, 100, 100), can_fork=True)
    assert shares_cells(RunShape(64, 100, 100), can_fork=False)
    assert slots_of(RunShape(10_000, 1, 1)) == 256


def test_flash_attention_is_for_short_contexts_and_for_those_too_long_for_anything_else() -> None:
    def wanted(prompt: int, reach: int) -> bool:
        return wants_flash_attention(RunShape(8, prompt, 60), reach=reach, n_heads=9, n_batch=512)

    assert [wanted(16, 1024), wanted(200, 1024), wanted(200, 100_000)] == [True, False, True]


def test_flash_attention_can_be_asked_for_and_the_report_says_what_was_taken(default_model: str) -> None:
    for asked, taken in ((None, False), (True, True), (False, False)):
        options = LoadOptions(default_model, safe_mode=True, flash_attention=asked)
        loaded = LlamaBackend(options, "", lambda *_: None)
        assert loaded.report.flash_attention == taken
        loaded.close()


def test_a_run_takes_a_context_over_only_if_it_gives_the_same_texts_in_it() -> None:
    there = Layout(4096, 16, shared=True, flash_attention=False)
    assert Layout(2048, 8, shared=True, flash_attention=False).fits_into(there)
    assert not Layout(2048, 8, shared=True, flash_attention=True).fits_into(there)
    assert not Layout(2048, 8, shared=False, flash_attention=False).fits_into(there)
    assert not Layout(8192, 8, shared=True, flash_attention=False).fits_into(there)
    streams = Layout(4096, 16, shared=False, flash_attention=False)
    assert not Layout(2048, 4, shared=False, flash_attention=False).fits_into(streams)  # 512 each, and 256 are there
