"""A llama.cpp context: one KV cache and the batches computed with it."""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from collections.abc import Sequence

import llama_cpp
import numpy as np

from engine.errors import EngineError
from engine.inference.decoder import BatchItem, DecodeStatus, Logits, Sampled, Sampler
from engine.inference.llama.layout import Layout
from engine.inference.llama.model import LlamaModel
from engine.inference.llama.sampler import LlamaSampler, RowReader, sample
from engine.types import Sampling

STATUS: dict[int, DecodeStatus] = {0: "ok", 1: "no_slot", 2: "aborted"}


class AbortFlag:
    """Stops a decode from another thread, at the price of nothing.

    llama.cpp asks a callback before each of a thousand graph nodes; a Python callback would take the GIL each time.
    The C library's `strlen` has a fitting signature (pointer in, integer out), so the flag is a C string: empty means
    go on.
    """

    def __init__(self) -> None:
        self.buffer = ctypes.create_string_buffer(2)
        library = ctypes.CDLL("msvcrt" if sys.platform == "win32" else ctypes.util.find_library("c"))
        self.callback = ctypes.cast(library.strlen, llama_cpp.ggml_abort_callback)

    def set(self) -> None:
        """A decode under way ends within one graph node."""
        self.buffer[0] = b"\x01"

    def clear(self) -> None:
        """Decoding is allowed again."""
        self.buffer[0] = b"\x00"


class LlamaContext:
    """Implements `Decoder`. Freed by `close`; the model must live longer."""

    def __init__(self, model: LlamaModel, layout: Layout, *, n_batch: int, n_threads: int, abort: AbortFlag) -> None:
        cells, slots, shared = layout.cells, layout.slots, layout.shared
        self.model, self.layout, self.slots, self.shared, self.n_batch = model, layout, slots, shared, n_batch
        self.abort, self.partial = abort, model.can_fork
        params = llama_cpp.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = cells, n_batch, n_batch
        params.n_seq_max, params.kv_unified = slots, shared
        params.n_threads = params.n_threads_batch = n_threads
        params.flash_attn_type = 1 if layout.flash_attention else 0
        params.offload_kqv, params.swa_full, params.no_perf = model.options.offload_kqv, True, True
        params.abort_callback = abort.callback
        params.abort_callback_data = ctypes.addressof(abort.buffer)
        self._pointer = llama_cpp.llama_init_from_model(model.pointer, params)
        if not self._pointer:
            raise EngineError(
                f"There is no room for a context of {cells:,} tokens.",
                "llama.cpp could not set up the KV cache: " + (model.log_errors() or "not enough memory."),
                "Ask for a smaller context, fewer candidates or shorter answers.",
            )
        self._memory = llama_cpp.llama_get_memory(self._pointer)
        self.cells = int(llama_cpp.llama_n_ctx(self._pointer))
        self.cells_per_slot = int(llama_cpp.llama_n_ctx_seq(self._pointer))
        self._batch = llama_cpp.llama_batch_init(n_batch, 0, 1)
        self._outputs = 0
        self._reader = RowReader(model.n_vocab)

    def close(self) -> None:
        """Frees the KV cache."""
        if self._pointer:
            llama_cpp.llama_batch_free(self._batch)
            llama_cpp.llama_free(self._pointer)
            self._pointer = None

    def decode(self, items: Sequence[BatchItem]) -> DecodeStatus:
        """Computes a batch of at most `n_batch` items and waits for the result."""
        batch = self._batch
        batch.n_tokens = len(items)
        for i, item in enumerate(items):
            batch.token[i], batch.pos[i], batch.n_seq_id[i] = item.token, item.position, 1
            batch.seq_id[i][0], batch.logits[i] = item.slot, item.output
        code = llama_cpp.llama_decode(self._pointer, batch)
        self._outputs = sum(item.output for item in items)
        if code == 0:
            llama_cpp.llama_synchronize(self._pointer)
        if code not in STATUS:
            raise EngineError(
                "llama.cpp could not compute a step.",
                self.model.log_errors() or f"llama_decode returned {code}.",
                "Start the run again; if it happens again, load the model in safe mode.",
            )
        return STATUS[code]

    def logits(self) -> Logits:
        """Logits of the last batch's outputs, shape (outputs, n_vocab); a view into llama.cpp's memory."""
        pointer = llama_cpp.llama_get_logits(self._pointer)
        return np.ctypeslib.as_array(pointer, (self._outputs, self.model.n_vocab))

    def copy(self, source: int, target: int, length: int) -> None:
        """Shares (or, with a stream a slot, copies) the first `length` tokens of `source` into the empty `target`."""
        if self.shared:
            llama_cpp.llama_memory_seq_cp(self._memory, source, target, 0, length)
            return
        llama_cpp.llama_memory_seq_cp(self._memory, source, target, -1, -1)  # streams can only be copied whole
        llama_cpp.llama_memory_seq_rm(self._memory, target, length, -1)

    def truncate(self, slot: int, length: int) -> None:
        """Forgets a slot's tokens from position `length` on."""
        llama_cpp.llama_memory_seq_rm(self._memory, slot, length, -1)

    def new_sampler(self, sampling: Sampling, seed: int) -> LlamaSampler:
        """A chain of llama.cpp's samplers for one sequence."""
        return LlamaSampler(sampling, seed, self.model.n_vocab, self.model.end_tokens)

    def sample(self, logits: Logits, picks: Sequence[tuple[int, Sampler]]) -> list[Sampled]:
        """Draws one token for each (row, sampler)."""
        chains = [(row, sampler) for row, sampler in picks if isinstance(sampler, LlamaSampler)]
        return sample(logits, chains, self.model.text_of, self._reader) if chains else []
