"""What a model will need in memory, with the arithmetic shown, against what is free."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from engine.models.machine_memory import MachineMemory
from engine.models.model_facts import ModelFacts

Verdict = Literal["fits", "tight", "too_large", "unknown"]
TIGHT_SHARE = 0.9
MIB = 1024 * 1024


class MemoryPart(Struct, frozen=True):
    """One thing that needs memory, and the arithmetic behind its size."""

    title: str
    bytes: int
    arithmetic: str


class MemoryEstimate(Struct, frozen=True):
    """An estimate, never a measurement. `free_bytes` is measured; None when it could not be."""

    parts: tuple[MemoryPart, ...]
    total_bytes: int
    free_bytes: int | None
    verdict: Verdict

    @property
    def lines(self) -> list[str]:
        """The arithmetic, a line for each part, then the sum and the verdict."""
        rows = [f"{part.title}: {part.arithmetic} = {mebibytes(part.bytes)}" for part in self.parts]
        free = "unknown" if self.free_bytes is None else mebibytes(self.free_bytes)
        words = {
            "fits": "it fits",
            "tight": "it fits, but little is left for other programs",
            "too_large": "more than is free",
            "unknown": "whether it fits cannot be told",
        }
        return [*rows, f"Together {mebibytes(self.total_bytes)}; free {free}: {words[self.verdict]}."]


def estimate_memory(
    facts: ModelFacts,
    memory: MachineMemory,
    *,
    n_ctx: int,
    n_seqs: int = 1,
    n_ubatch: int = 512,
    flash_attention: bool = True,
    weights_copied: bool = False,
) -> MemoryEstimate:
    """Estimates what a model needs with a KV cache of `n_ctx` tokens in all and up to `n_seqs` sequences at once.

    `weights_copied`: llama.cpp repacks some quantisations into a second copy for speed (never in safe mode).
    """
    parts = [MemoryPart("Weights", facts.weight_bytes, "the tensors in the file")]
    if weights_copied:
        parts.append(MemoryPart("Repacked weights", facts.weight_bytes, "a second copy in a faster order, at most"))
    parts.append(_kv_cache(facts, n_ctx))
    parts.append(_compute(facts, n_ctx, n_ubatch, flash_attention))
    parts.append(
        MemoryPart(
            "Outputs",
            n_seqs * facts.n_vocab * 4,
            f"{_times(n_seqs, 'sequence')} × {facts.n_vocab:,} vocabulary × 4 bytes",
        )
    )
    total = sum(part.bytes for part in parts)
    return MemoryEstimate(tuple(parts), total, memory.free_bytes, _verdict(total, memory.free_bytes))


def mebibytes(count: int) -> str:
    """Bytes for people, in MiB or GiB."""
    return f"{count / MIB / 1024:,.2f} GiB" if count >= 1024 * MIB else f"{count / MIB:,.0f} MiB"


def _kv_cache(facts: ModelFacts, n_ctx: int) -> MemoryPart:
    size = n_ctx * facts.kv_bytes_per_token
    return MemoryPart("KV cache", size, f"{n_ctx:,} tokens × {facts.kv_bytes_per_token:,} bytes for all layers")


def _compute(facts: ModelFacts, n_ctx: int, n_ubatch: int, flash_attention: bool) -> MemoryPart:
    """The widest moment of the graph: the output layer, or the feed-forward layer, for every token of a batch."""
    width = max(facts.n_vocab + 2 * facts.n_embd, 3 * facts.n_ff + 4 * facts.n_embd)
    arithmetic = f"{_times(n_ubatch, 'token')} a batch × {width:,} numbers × 4 bytes"
    size = n_ubatch * width * 4
    if not flash_attention:
        size += n_ubatch * n_ctx * facts.n_heads * 4
        arithmetic += f" + {n_ubatch:,} × {n_ctx:,} × {facts.n_heads} attention weights × 4 bytes"
    return MemoryPart("Compute buffer", size, arithmetic)


def _times(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _verdict(total: int, free: int | None) -> Verdict:
    if free is None:
        return "unknown"
    if total > free:
        return "too_large"
    return "tight" if total > TIGHT_SHARE * free else "fits"
