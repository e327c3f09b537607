"""What the scheduler needs from a model: a vocabulary, a batch decoder, samplers.

llama.cpp is one implementation, the simulation another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.types import Alternative, Sampling

DecodeStatus = Literal["ok", "no_slot", "aborted"]
Logits = NDArray[np.float32]


class BatchItem(NamedTuple):
    """One token of a batch: where it stands in which sequence, and whether its logits are wanted."""

    token: int
    position: int
    slot: int
    output: bool


class Sampled(NamedTuple):
    """A drawn token. All figures are of the model's own distribution over the full vocabulary, natural logarithm.

    `self_certainty` is -(1/V) sum_j log(V p_j) (Kang et al. 2025); `confidence` is -mean log p of the 20 likeliest
    tokens (DeepConf, Fu et al. 2025).
    """

    id: int
    logprob: float
    entropy: float
    alternatives: tuple[Alternative, ...]
    self_certainty: float = 0.0
    confidence: float = 0.0


class Sampler(Protocol):
    """Draws tokens for one sequence; it holds the sequence's random state and, for penalties, its history."""

    alternatives: int

    def close(self) -> None:
        """Frees native memory."""


class Vocabulary(Protocol):
    """Text to tokens and back. Tokens are numbered from 0 up to but without `n_vocab`."""

    n_vocab: int

    def tokenize(self, text: str, *, special: bool, start: bool) -> list[int]:
        """Tokens of `text`. `special`: control tokens are recognised; `start`: the model's own beginning is added."""

    def piece(self, token: int) -> bytes:
        """The bytes a token adds to the text; empty for control tokens."""

    def is_end(self, token: int) -> bool:
        """Whether the token ends generation."""


class Decoder(Protocol):
    """A KV cache of `slots` sequences that share `cells` cells, or own `cells_per_slot` each (`shared` False).

    `partial`: part of what a slot holds can be shared or forgotten (not so for recurrent models, which hold a state).
    """

    slots: int
    cells: int
    cells_per_slot: int
    shared: bool
    partial: bool
    n_batch: int

    def decode(self, items: Sequence[BatchItem]) -> DecodeStatus:
        """Computes a batch. On "no_slot" nothing has changed; on "aborted" the sequences of the batch are unusable."""

    def logits(self) -> Logits:
        """Logits of the last batch's outputs, shape (outputs, n_vocab), valid until the next `decode`."""

    def copy(self, source: int, target: int, length: int) -> None:
        """Makes the first `length` tokens of `source` the content of the empty slot `target`."""

    def truncate(self, slot: int, length: int) -> None:
        """Forgets what a slot holds from position `length` on; 0 empties it."""

    def new_sampler(self, sampling: Sampling, seed: int) -> Sampler:
        """A sampler for one sequence."""

    def sample(self, logits: Logits, picks: Sequence[tuple[int, Sampler]]) -> list[Sampled]:
        """Draws one token for each (row of `logits`, sampler). A row may be used by several samplers."""
