"""Drawing tokens with llama.cpp's samplers, on an exact shortlist instead of the whole vocabulary.

A sampler chain that begins with top-k looks at k tokens out of 50,000 or more, yet building and sorting the whole array
for every token of every sequence costs more than all the rest of the engine. The k likeliest tokens lie among the k
blocks of 32 tokens with the highest maximum, so a maximum a block and a small partition find them exactly.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from engine.confidence import TOP
from engine.errors import EngineError
from engine.inference.decoder import Logits, Sampled
from engine.types import Alternative, Sampling

BLOCK = 32
PENALTY_WINDOW = 64
MASKED = -1e4  # below the likeliest logit by more than any model says: a token that the model never gives
TOKEN_DATA = np.dtype([("id", "<i4"), ("logit", "<f4"), ("p", "<f4")])


class LlamaSampler:
    """One sequence's chain: penalties, top-k, top-p, min-p, temperature, draw (or greedy at temperature 0).

    `ends` are the tokens that end generation; none of them is drawn before `sampling.min_tokens` others.
    """

    def __init__(self, sampling: Sampling, seed: int, n_vocab: int, ends: frozenset[int] = frozenset()) -> None:
        self.alternatives = sampling.alternatives
        self.penalizes = sampling.repeat_penalty != 1.0
        self._withheld, self._ends = sampling.min_tokens, ends
        self.shortlist = _shortlist_size(sampling, len(ends) if sampling.min_tokens else 0)
        self._chain = _chain(sampling, seed, n_vocab)

    def draw(self, row: NDArray[np.void]) -> int:
        """Draws from one row of TOKEN_DATA, which is used up: llama.cpp reorders it in place."""
        if self._withheld > 0:
            self._withheld -= 1
            row["logit"][[i for i, token in enumerate(row["id"].tolist()) if token in self._ends]] = -np.inf
        array = llama_cpp.llama_token_data_array(
            data=ctypes.cast(row.ctypes.data, llama_cpp.llama_token_data_p), size=len(row), selected=-1, sorted=False
        )
        llama_cpp.llama_sampler_apply(self._chain, ctypes.byref(array))
        token = int(array.data[array.selected].id)
        if self.penalizes:
            llama_cpp.llama_sampler_accept(self._chain, token)
        return token

    def close(self) -> None:
        """Frees the chain."""
        if self._chain is not None:
            llama_cpp.llama_sampler_free(self._chain)
            self._chain = None


def _shortlist_size(sampling: Sampling, withheld: int) -> int:
    """How many of the likeliest tokens the chain can reach; 0 means all of them.

    A penalty only lowers tokens seen in its window, so top-k after it lies among the k + window likeliest before it;
    below 1 it is a reward, which can raise any token.
    As many more are needed as there are `withheld` ones, which may be the likeliest of all.
    """
    if sampling.temperature <= 0 and sampling.repeat_penalty == 1.0:
        return max(1 + withheld, sampling.alternatives)
    if sampling.top_k <= 0 or sampling.repeat_penalty < 1:
        return 0
    reach = sampling.top_k + withheld + (PENALTY_WINDOW if sampling.repeat_penalty != 1.0 else 0)
    return max(reach, sampling.alternatives)


def _chain(sampling: Sampling, seed: int, n_vocab: int) -> object:
    chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
    for sampler in _links(sampling, seed, n_vocab):
        llama_cpp.llama_sampler_chain_add(chain, sampler)
    return chain


def _links(sampling: Sampling, seed: int, n_vocab: int) -> list[object]:
    links = []
    if sampling.repeat_penalty != 1.0:
        links.append(llama_cpp.llama_sampler_init_penalties(n_vocab, PENALTY_WINDOW, sampling.repeat_penalty, 0.0, 0.0))
    if sampling.temperature <= 0:
        return [*links, llama_cpp.llama_sampler_init_greedy()]
    if sampling.top_k > 0:
        links.append(llama_cpp.llama_sampler_init_top_k(sampling.top_k))
    if sampling.top_p < 1:
        links.append(llama_cpp.llama_sampler_init_top_p(sampling.top_p, 1))
    if sampling.min_p > 0:
        links.append(llama_cpp.llama_sampler_init_min_p(sampling.min_p, 1))
    links.append(llama_cpp.llama_sampler_init_temp(sampling.temperature))
    links.append(llama_cpp.llama_sampler_init_dist(seed & 0xFFFFFFFF))
    return links


class Spread(NamedTuple):
    """What a row of logits says as a whole: log of its normaliser Z, entropy (nats), self-certainty (nats)."""

    log_z: float
    entropy: float
    self_certainty: float


class RowReader:
    """Reads what is wanted of a row of logits: its likeliest tokens, its normaliser, how sure it is.

    It keeps its buffers: fresh arrays of a vocabulary's size cost more in page faults than the arithmetic does.
    """

    def __init__(self, n_vocab: int) -> None:
        self._shifted = np.empty(n_vocab, np.float32)
        self._weights = np.empty(n_vocab, np.float32)
        self._ones = np.ones(n_vocab, np.float32)
        self._columns = n_vocab // BLOCK
        self._offsets = np.arange(BLOCK, dtype=np.int64)[:, None] * self._columns
        self._tail = np.arange(self._columns * BLOCK, n_vocab)

    def likeliest(self, row: Logits, count: int) -> tuple[NDArray[np.int64], Logits]:
        """Ids and logits of the `count` likeliest tokens, likeliest first; exact but for the order of equal logits.

        A block is a column of the row folded into BLOCK lines: maxima along the lines are ten times as fast as maxima
        within neighbouring tokens.
        """
        places = self._reachable(row, count)
        found = row[places]
        best = np.argpartition(found, len(found) - count)[len(found) - count :] if len(found) > count else slice(None)
        places, found = places[best], found[best]
        order = np.argsort(-found, kind="stable")
        return places[order], found[order]

    def _reachable(self, row: Logits, count: int) -> NDArray[np.int64]:
        if self._columns <= count:
            return np.arange(len(row))
        maxima = row[: self._columns * BLOCK].reshape(BLOCK, -1).max(axis=0)
        kept = np.argpartition(maxima, self._columns - count)[self._columns - count :]
        places = (self._offsets + kept).ravel()
        return np.concatenate((places, self._tail)) if len(self._tail) else places

    @np.errstate(
        over="ignore", invalid="ignore"
    )  # a mask is sometimes the lowest number there is, and a sum of them lower
    def spread(self, row: Logits, top: float) -> Spread:
        """What the row's softmax is like as a whole; `top` is its highest logit.

        Self-certainty, -(1/V) sum_j log(V p_j), is log Z - mean logit - log V (Kang et al. 2025, arXiv 2502.18581).
        Tokens that the model masks are left out of it: the distribution is over the others.
        """
        np.subtract(row, np.float32(top), out=self._shifted)
        np.exp(self._shifted, out=self._weights)
        log_z = math.log(z := float(self._weights @ self._ones))
        count, total = len(row), float(self._shifted @ self._ones)
        if not total > MASKED * count:
            count, total = self._unmask()
        moment = float(self._weights @ self._shifted)
        return Spread(top + log_z, max(0.0, log_z - moment / z), max(0.0, log_z - total / count - math.log(count)))

    def _unmask(self) -> tuple[int, float]:
        """How many logits are no masks, and their sum; those that are become finite, as 0 x -inf is not 0."""
        kept = self._shifted > MASKED
        np.maximum(self._shifted, MASKED, out=self._shifted)
        return max(1, int(np.count_nonzero(kept))), float(self._shifted[kept].sum(dtype=np.float64))


def sample(
    logits: Logits, picks: Sequence[tuple[int, LlamaSampler]], text_of: Callable[[int], str], reader: RowReader
) -> list[Sampled]:
    """Draws a token for each (row, sampler); each row is read once. `text_of` gives an alternative's text."""
    count = max(TOP, *(max(sampler.shortlist, sampler.alternatives) for _, sampler in picks))
    known: dict[int, _Row] = {}
    drawn = []
    for index, sampler in picks:
        if index not in known:
            known[index] = _read(logits[index], min(count, logits.shape[1]), reader)
        row = known[index]
        token = sampler.draw(row.token_data(logits[index], sampler.shortlist))
        logprob = round(max(float(logits[index, token]), float(row.values[0]) + MASKED) - row.spread.log_z, 4)
        entropy, others = round(row.spread.entropy, 4), row.alternatives(sampler.alternatives, text_of)
        drawn.append(Sampled(token, logprob, entropy, others, row.spread.self_certainty, row.confidence))
    return drawn


class _Row(NamedTuple):
    ids: NDArray[np.int64]
    values: Logits
    spread: Spread
    confidence: float

    def alternatives(self, count: int, text_of: Callable[[int], str]) -> tuple[Alternative, ...]:
        """The `count` likeliest tokens; those that the model masks could never have been taken."""
        best = zip(self.ids[:count].tolist(), self.values[:count].tolist(), strict=True)
        lowest, log_z = float(self.values[0]) + MASKED, self.spread.log_z
        return tuple(Alternative(i, text_of(i), round(value - log_z, 4)) for i, value in best if value > lowest)

    def token_data(self, row: Logits, size: int) -> NDArray[np.void]:
        """The `size` likeliest tokens as llama.cpp wants them; 0 means the whole vocabulary."""
        ids, values = (self.ids[:size], self.values[:size]) if size else (np.arange(len(row)), row)
        data = np.empty(len(ids), TOKEN_DATA)
        data["id"], data["logit"], data["p"] = ids, values, 0
        return data


def _read(row: Logits, count: int, reader: RowReader) -> _Row:
    ids, values = reader.likeliest(row, count)
    spread = reader.spread(row, float(values[0]))
    if not math.isfinite(spread.log_z):
        raise EngineError(
            "The model computed what is no number.", "Its logits are not finite.", "Load it in safe mode."
        )
    return _Row(ids, values, spread, _confidence(values[:TOP].tolist(), spread.log_z))


def _confidence(top: list[float], log_z: float) -> float:
    """-mean log p of the likeliest tokens (DeepConf, Fu et al. 2025, arXiv 2508.15260); masked ones are left out."""
    if top[-1] <= top[0] + MASKED:
        top = [logit for logit in top if logit > top[0] + MASKED]
    return log_z - sum(top) / len(top)
