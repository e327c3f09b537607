"""A reward model in llama.cpp: header checked, weights loaded, probed. It scores texts and writes none."""

from __future__ import annotations

import time
from pathlib import Path

import psutil

from engine.check import check_load
from engine.events import ModelReport
from engine.inference.backend import RunShape
from engine.inference.decoder import BatchItem
from engine.inference.llama.backend import Progress, default_threads
from engine.inference.llama.context import AbortFlag
from engine.inference.llama.model import LlamaModel, gpu_supported
from engine.inference.llama.reward_context import RewardContext
from engine.inference.reward_scheduler import RewardScheduler
from engine.inference.reward_template import RewardTemplate
from engine.models.gguf_header import read_header
from engine.models.gpu_builds import usual_gpu_build
from engine.models.machine_memory import machine_memory
from engine.models.memory_estimate import estimate_memory
from engine.models.model_facts import facts_of
from engine.models.reward_head import check_head
from engine.setup import LoadOptions

USUAL_CELLS = 512  # tokens: the context with which it is probed
MOST_CELLS = 4096  # that several texts take together; a longer one is read alone


class RewardBackend:
    """Implements `JudgeBackend`. Loading ends with a probe, as for the models that write.

    Raises:
        ModelError: The file cannot be used, or has no head that llama.cpp computes.
    """

    def __init__(self, options: LoadOptions, safe_mode_reason: str, progress: Progress) -> None:
        began = time.perf_counter()
        progress("Reading the reward model's header", 0.0, False)
        check_load(options)
        header = read_header(options.path)
        check_head(header)
        self._facts, self._options, self._reason = facts_of(header), options, safe_mode_reason
        resident = psutil.Process().memory_info().rss
        self._model = LlamaModel(options, lambda fraction: progress("Loading the reward model", fraction, False))
        self._abort = AbortFlag()
        self._threads = options.n_threads or default_threads()
        try:
            self.template = RewardTemplate(self._model)
            self._context = self._open(min(USUAL_CELLS, self.room()), 1)
            self._scheduler = RewardScheduler(self._context)
            progress("Trying to read one text", 1.0, True)
            self._probe()
        except BaseException:
            self._model.close()
            raise
        self._load_seconds = time.perf_counter() - began
        self._resident = psutil.Process().memory_info().rss - resident

    @property
    def report(self) -> ModelReport:
        """What was loaded, with the context as it stands."""
        facts, model, context = self._facts, self._model, self._context
        on_gpu, total = model.offloaded or (0, model.n_layers + 1)
        estimate = estimate_memory(facts, machine_memory(), n_ctx=context.cells, n_ubatch=context.n_batch)
        return ModelReport(
            name=facts.name or Path(self._options.path).stem,
            path=self._options.path,
            file_bytes=facts.file_bytes,
            architecture=facts.architecture,
            parameters=facts.parameters,
            quantization=facts.quantization,
            n_ctx_train=model.n_ctx_train,
            n_ctx=context.cells,
            n_layers=model.n_layers,
            n_embd=model.n_embd,
            n_vocab=model.n_vocab,
            has_chat_template=model.chat_template() is not None,
            layers_asked=self._options.n_gpu_layers,
            layers_on_gpu=on_gpu,
            layers_total=total,
            device=", ".join(model.devices) if on_gpu else "CPU",
            gpu_supported=gpu_supported(),
            gpu_hint="" if gpu_supported() else usual_gpu_build(),
            flash_attention=bool(self._options.flash_attention),
            kv_layout="unified",
            safe_mode=self._options.safe_mode,
            safe_mode_reason=self._reason,
            n_threads=self._threads,
            memory_estimated_bytes=estimate.total_bytes,
            memory_measured_bytes=max(0, self._resident),
            load_seconds=round(self._load_seconds, 3),
        )

    def scheduler(self, shape: RunShape) -> RewardScheduler:
        """A scheduler for texts of `shape.prompt_tokens`, several at once where they are short."""
        longest = min(self.room(), max(shape.prompt_tokens, USUAL_CELLS))
        cells = max(longest, min(MOST_CELLS, shape.sequences * longest))
        if cells > self._context.cells or shape.sequences > self._context.slots:
            self._context.close()
            self._context = self._open(cells, shape.sequences)
            self._scheduler = RewardScheduler(self._context)
        return self._scheduler

    def forget(self) -> None:
        """Nothing: no text is kept for another one."""

    def room(self) -> int:
        """The most tokens one text can have."""
        return self._model.n_ctx_train

    def abort(self) -> None:
        """Ends a step under way; called from another thread."""
        self._abort.set()

    def allow(self) -> None:
        """Takes `abort` back."""
        self._abort.clear()

    def close(self) -> None:
        """Frees context and weights."""
        self._context.close()
        self._model.close()

    def _open(self, cells: int, slots: int) -> RewardContext:
        return RewardContext(self._model, cells=cells, slots=slots, n_threads=self._threads, abort=self._abort)

    def _probe(self) -> None:
        """One short text through the whole graph: what crashes, crashes here."""
        tokens = self._model.tokenize("Hello", special=False, start=True)[:4] or [0]
        self._context.read([BatchItem(token, i, 0, output=True) for i, token in enumerate(tokens)])
        self._context.logit(0)
        self._context.forget(0)
