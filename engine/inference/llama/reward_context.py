"""A llama.cpp context that ends in a model's head instead of in its vocabulary (pooling type "rank")."""

from __future__ import annotations

import ctypes

import llama_cpp

from engine.errors import EngineError
from engine.inference.decoder import BatchItem, DecodeStatus
from engine.inference.head_logit import Form, logit_of, positive_label
from engine.inference.llama.context import STATUS, AbortFlag
from engine.inference.llama.model import LlamaModel
from engine.models.reward_head import ENCODERS, SOFTMAXED

N_BATCH = 512  # with a vocabulary, llama.cpp computes logits for each token of a batch as well: they take room


class RewardContext:
    """Implements `RewardDecoder`. Freed by `close`; the model must live longer.

    A causal model can read a long text in several batches. An encoder reads it in one, which must then be that large.

    Raises:
        ModelError: The head has several labels, and none says which one is good.
        EngineError: There is no memory for it.
    """

    def __init__(self, model: LlamaModel, *, cells: int, slots: int, n_threads: int, abort: AbortFlag) -> None:
        self._model, self.slots, self.cells = model, slots, cells
        self._n_out = int(llama_cpp.llama_model_n_cls_out(model.pointer))
        self._positive = positive_label(model.head_labels(self._n_out))
        architecture = model.metadata("general.architecture") or ""
        self._form = _form(architecture)
        self.whole = architecture in ENCODERS or model.metadata(f"{architecture}.attention.causal") == "false"
        self.n_batch = cells if self.whole else N_BATCH
        self._pointer = self._open(n_threads, abort)
        self._memory = llama_cpp.llama_get_memory(self._pointer)
        self._batch = llama_cpp.llama_batch_init(self.n_batch, 0, 1)

    def close(self) -> None:
        """Frees the context."""
        if self._pointer:
            llama_cpp.llama_batch_free(self._batch)
            llama_cpp.llama_free(self._pointer)
            self._pointer = None

    def read(self, items: list[BatchItem]) -> DecodeStatus:
        """Computes a batch and waits for the result."""
        batch = self._batch
        batch.n_tokens = len(items)
        for i, item in enumerate(items):
            batch.token[i], batch.pos[i], batch.n_seq_id[i] = item.token, item.position, 1
            batch.seq_id[i][0], batch.logits[i] = item.slot, True
        compute = llama_cpp.llama_decode if self._memory else llama_cpp.llama_encode
        code = compute(self._pointer, batch)
        if code not in STATUS:
            raise EngineError(
                "llama.cpp could not compute a step of the reward model.",
                self._model.log_errors() or f"It returned {code}.",
                "Start the run again; if it happens again, load the model in safe mode.",
            )
        if code == 0:
            llama_cpp.llama_synchronize(self._pointer)
        return STATUS[code]

    def logit(self, slot: int) -> float:
        """What the head says of the text whose last token was in the last batch.

        Raises:
            EngineError: llama.cpp has put out nothing for it.
        """
        found = llama_cpp.llama_get_embeddings_seq(self._pointer, slot)
        if not found:
            raise EngineError("The reward model's head has said nothing.", "llama.cpp gave no output for a text.")
        return logit_of([float(found[i]) for i in range(self._n_out)], self._positive, self._form)

    def forget(self, slot: int) -> None:
        """Empties a slot; an encoder keeps nothing."""
        if self._memory:
            llama_cpp.llama_memory_seq_rm(self._memory, slot, -1, -1)

    def _open(self, n_threads: int, abort: AbortFlag) -> object:
        params = llama_cpp.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = self.cells, self.n_batch, self.n_batch
        params.n_seq_max, params.kv_unified = self.slots, True
        params.n_threads = params.n_threads_batch = n_threads
        params.embeddings, params.pooling_type = True, llama_cpp.LLAMA_POOLING_TYPE_RANK
        params.flash_attn_type = 1 if self._model.options.flash_attention else 0
        params.offload_kqv, params.swa_full, params.no_perf = self._model.options.offload_kqv, True, True
        params.abort_callback = abort.callback
        params.abort_callback_data = ctypes.addressof(abort.buffer)
        pointer = llama_cpp.llama_init_from_model(self._model.pointer, params)
        if not pointer:
            raise EngineError(
                f"There is no room for the reward model's context of {self.cells:,} tokens.",
                "llama.cpp could not set it up: " + (self._model.log_errors() or "not enough memory."),
                "Choose a smaller reward model, or shorter answers.",
            )
        return pointer


def _form(architecture: str) -> Form:
    if architecture in SOFTMAXED:
        return "softmax"
    return "tanh" if architecture == "jina-bert-v2" else "logits"  # its only layer is followed by a tanh
