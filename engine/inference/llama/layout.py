"""How a run's KV cache is laid out and attended to: what is fastest for its shape. Figures: `docs/benchmarks.md`."""

from __future__ import annotations

from typing import NamedTuple

from engine.inference.backend import RunShape

MAX_SLOTS = 256  # llama.cpp's own limit of sequences
STREAMS_FROM = 24  # candidates: from here on, looking over the cells of all costs more than shared prefixes save
FLASH_BELOW = 64  # tokens of context: up to here flash attention is the faster one on a CPU
SCORES_BYTES_MAX = 1 << 28  # what plain attention may take for its table of scores


class Layout(NamedTuple):
    """`cells` of KV cache for `slots` sequences, which share them all or have a stream of their own."""

    cells: int
    slots: int
    shared: bool
    flash_attention: bool

    def fits_into(self, other: Layout) -> bool:
        """Whether a run laid out like this can use a context that is there, and gives the same texts in it."""
        alike = self.shared == other.shared and self.flash_attention == other.flash_attention
        room = self.shared or other.cells // other.slots >= self.cells // self.slots
        return alike and room and other.slots >= self.slots and other.cells >= self.cells


def slots_of(shape: RunShape) -> int:
    """Sequences at once; where prefixes are kept for later, as many as there can be."""
    return MAX_SLOTS if shape.kept_tokens else min(MAX_SLOTS, max(1, shape.sequences))


def shares_cells(shape: RunShape, *, can_fork: bool) -> bool:
    """Whether all sequences share one set of cells: prefixes are then shared, but each token looks over all cells."""
    return not can_fork or shape.kept_tokens > 0 or slots_of(shape) < STREAMS_FROM


def wants_flash_attention(shape: RunShape, *, reach: int, n_heads: int, n_batch: int) -> bool:
    """Whether flash attention suits a run on a CPU. `reach`: the cells that one token may have to look at.

    It computes scores one by one instead of as a matrix product, which is slower from a few dozen tokens of context on;
    but it needs no room for them, and a long context has no room to give.
    """
    context = shape.prompt_tokens + min(shape.max_tokens, FLASH_BELOW) // 2
    return context < FLASH_BELOW or 4 * n_batch * reach * n_heads > SCORES_BYTES_MAX
