"""Confidence: each figure against the whole softmax, groups against every window, on the real model and by hand."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.confidence import ConfidenceMeter, group_means, group_size
from engine.errors import EngineError
from engine.inference.backend import RunShape
from engine.inference.decoder import Logits, Sampled
from engine.inference.llama.backend import LlamaBackend
from engine.inference.llama.sampler import LlamaSampler, RowReader, sample
from engine.setup import DEFAULT_SAMPLING
from engine.types import Message, Prompt, Sampling


def drawn_from(row: Logits, sampling: Sampling = DEFAULT_SAMPLING) -> Sampled:
    sampler = LlamaSampler(sampling, 1, len(row))
    found = sample(row[None, :], [(0, sampler)], str, RowReader(len(row)))[0]
    sampler.close()
    return found


def logprobs_of(row: Logits) -> NDArray[np.float64]:
    """The log-softmax over the whole vocabulary, in double precision, of the tokens that are not masked."""
    exact = row[row > -1e30].astype(np.float64)
    return exact - exact.max() - np.log(np.exp(exact - exact.max()).sum())


def assert_exact(found: Sampled, row: Logits) -> None:
    logprobs = logprobs_of(row)
    probabilities = np.exp(logprobs)
    assert found.entropy == pytest.approx(-(probabilities * logprobs).sum(), abs=2e-3)
    assert found.self_certainty == pytest.approx(-np.log(len(logprobs) * probabilities).mean(), abs=2e-3)
    assert found.confidence == pytest.approx(-np.sort(logprobs)[-20:].mean(), abs=2e-3)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**31 - 1),
    size=st.sampled_from([12, 40, 1000, 5003]),
    spread=st.sampled_from([0.1, 2.0, 6.0]),
    top_k=st.sampled_from([0, 1, 40]),
    temperature=st.sampled_from([0.0, 0.8]),
    masked=st.sampled_from([0, 1, 7]),
    mask=st.sampled_from([-np.inf, -3.4e38]),
)
def test_every_figure_of_a_random_row_is_that_of_its_whole_softmax(
    seed: int, size: int, spread: float, top_k: int, temperature: float, masked: int, mask: float
) -> None:
    chance = np.random.default_rng(seed)
    row = chance.normal(0.0, spread, size).astype(np.float32)
    row[chance.permutation(size)[:masked]] = mask
    sampling = msgspec.structs.replace(DEFAULT_SAMPLING, top_k=top_k, temperature=temperature, alternatives=0)
    assert_exact(drawn_from(row, sampling), row)


@pytest.mark.parametrize("mask", [-np.inf, -3.4e38])
def test_a_token_that_is_masked_is_no_alternative(mask: float) -> None:
    row = np.array([1.0, 0.5, *[mask] * 40], np.float32)
    found = drawn_from(row, msgspec.structs.replace(DEFAULT_SAMPLING, alternatives=5, top_k=2))
    assert [alternative.id for alternative in found.alternatives] == [0, 1]
    assert math.isfinite(found.logprob)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_row_that_holds_no_numbers_is_said_in_words(bad: float) -> None:
    with pytest.raises(EngineError, match="no number"):
        drawn_from(np.array([0.5, bad, *[0.0] * 40], np.float32))


def test_every_figure_of_the_real_model_is_that_of_its_whole_softmax(backend: LlamaBackend) -> None:
    prompt = backend.template.render(Prompt((Message("user", "Name three colours."),))).tokens
    scheduler = backend.scheduler(RunShape(1, 64, 24))
    scheduler.submit(0, prompt, msgspec.structs.replace(DEFAULT_SAMPLING, max_tokens=24, min_tokens=24), seed=1)
    tested = 0
    while not scheduler.idle:
        for drawn in scheduler.step().drawn:
            row = backend._ready_context().logits()[0]
            assert_exact(drawn.sampled, row)
            tested += 1
    assert tested == 24


def test_a_flat_row_has_no_self_certainty_and_a_sharp_one_has_much() -> None:
    flat = np.zeros(1000, np.float32)
    sharp = flat.copy()
    sharp[3] = 30.0
    assert drawn_from(flat).self_certainty == pytest.approx(0.0, abs=1e-5)
    assert drawn_from(flat).confidence == pytest.approx(np.log(1000), abs=1e-4)
    assert drawn_from(sharp).self_certainty == pytest.approx(30 - 0.03 - np.log(1000), abs=1e-3)
    assert drawn_from(sharp).confidence == pytest.approx(28.5, abs=1e-4)  # 19 of 20 are 30 below


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 70))
def test_groups_are_the_mean_of_every_window(confidences: list[float], size: int) -> None:
    expected = [np.mean(confidences[end - size : end]) for end in range(size, len(confidences) + 1)]
    if confidences and len(confidences) < size:
        expected = [np.mean(confidences)]
    assert group_means(confidences, size) == pytest.approx(expected)


def test_a_group_is_an_eighth_of_the_text_and_at_most_what_the_paper_takes() -> None:
    assert [group_size(tokens) for tokens in (1, 64, 100, 160, 40_000)] == [8, 8, 12, 20, 2048]


def metered(confidences: list[float]) -> ConfidenceMeter:
    meter = ConfidenceMeter()
    for confidence in confidences:
        meter.add(confidence / 10, confidence * 2, confidence)
    return meter


def test_the_figures_of_a_text_are_means_and_its_lowest_and_last_group() -> None:
    result = metered([4.0, 8.0, 2.0, 4.0, 12.0, 6.0]).result(size=2)
    assert result is not None
    assert (result.entropy, result.self_certainty) == (0.6, 12.0)
    assert (result.lowest_group, result.tail) == (3.0, 9.0)
    assert ConfidenceMeter().result() is None


def test_only_a_full_group_can_be_below_the_floor() -> None:
    confidences = [1.0, 1.0, 9.0, 9.0, 2.0]
    below = [metered(confidences[:count]).is_below(6.0, 3) for count in range(len(confidences) + 1)]
    assert below == [False, False, False, True, False, False]  # means: 3.67, 6.33, 6.67
    assert not metered(confidences).is_below(100.0, 6)
    assert not metered([6.0, 6.0]).is_below(6.0, 2)
