"""A GGUF model, ready to run: header checked, weights loaded, probed, with a context that fits the run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from engine.check import check_load
from engine.errors import ModelError
from engine.events import Backend as BackendName
from engine.events import ModelReport
from engine.inference.backend import RunShape
from engine.inference.chat_template import ChatTemplate
from engine.inference.decoder import BatchItem
from engine.inference.llama.context import AbortFlag, LlamaContext
from engine.inference.llama.layout import Layout, shares_cells, slots_of, wants_flash_attention
from engine.inference.llama.model import LlamaModel, gpu_supported
from engine.inference.scheduler import Scheduler
from engine.models.gguf_header import read_header
from engine.models.gpu_builds import usual_gpu_build
from engine.models.machine_memory import machine_memory
from engine.models.memory_estimate import MemoryEstimate, estimate_memory
from engine.models.model_facts import ModelFacts, check_usable, facts_of
from engine.setup import LoadOptions

N_BATCH = 512
SMALLEST_CONTEXT = 2048
USUAL = RunShape(16, 192, 160)  # a run of the usual kind finds its context ready when the model is

Progress = Callable[[str, float, bool], None]


class LlamaBackend:
    """Implements `Backend`. Loading ends with a probe decode: some builds crash there, and better now than in a run.

    Raises:
        ModelError: The file cannot be used, or does not fit into memory.
    """

    name: BackendName = "llama.cpp"

    def __init__(self, options: LoadOptions, safe_mode_reason: str, progress: Progress) -> None:
        began = time.perf_counter()
        progress("Reading the file's header", 0.0, False)
        self._facts = _checked_facts(options)
        resident = psutil.Process().memory_info().rss
        self._options = options
        self._model = LlamaModel(options, lambda fraction: progress("Loading the weights", fraction, False))
        self._abort = AbortFlag()
        self.vocabulary = self._model
        self.template = ChatTemplate(self._model)
        self._threads = options.n_threads or default_threads()
        self._context: LlamaContext | None = None
        self._scheduler: Scheduler | None = None
        self._reason = safe_mode_reason
        progress("Trying one decode", 1.0, True)
        self._probe()
        self._load_seconds = time.perf_counter() - began
        self._resident = psutil.Process().memory_info().rss - resident

    @property
    def report(self) -> ModelReport:
        """What was loaded, with the context as it stands."""
        facts, model, context = self._facts, self._model, self._ready_context()
        on_gpu, total = model.offloaded or (0, model.n_layers + 1)
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
            flash_attention=context.layout.flash_attention,
            kv_layout="unified" if context.shared else "streams",
            safe_mode=self._options.safe_mode,
            safe_mode_reason=self._reason,
            n_threads=self._threads,
            memory_estimated_bytes=_estimate(
                facts, context.cells, context.slots, flash_attention=context.layout.flash_attention
            ).total_bytes,
            memory_measured_bytes=max(0, self._resident),
            load_seconds=round(self._load_seconds, 3),
        )

    def scheduler(self, shape: RunShape) -> Scheduler:
        """A scheduler with room for `shape`, or for as much of it as a sequence limit and the memory allow."""
        layout = self._layout(shape)
        if self._context is None or self._scheduler is None or not layout.fits_into(self._context.layout):
            self._open(layout)
        elif not shape.kept_tokens:
            self._scheduler.forget_kept()
        if self._scheduler is None:
            raise AssertionError("an open context has a scheduler")
        return self._scheduler

    def room(self) -> int:
        """The most tokens one sequence can hold, prompt included."""
        return self._options.n_ctx or self._model.n_ctx_train

    def abort(self) -> None:
        """Ends a decode under way within one graph node; called from another thread."""
        self._abort.set()

    def allow(self) -> None:
        """Takes `abort` back."""
        self._abort.clear()

    def forget(self) -> None:
        """Empties the cache: the next run reads its prompts anew."""
        if self._scheduler is not None:
            self._scheduler.reset()

    def close(self) -> None:
        """Frees context and weights."""
        self._close_context()
        self._model.close()

    def _probe(self) -> None:
        """One small batch through the whole graph: what crashes, crashes here."""
        context = self._ready_context()
        token = self._model.tokenize("Hello", special=False, start=True)[0]
        context.decode([BatchItem(token, i, 0, output=i == 3) for i in range(4)])
        context.truncate(0, 0)

    def _ready_context(self) -> LlamaContext:
        if self._context is None:
            self._open(self._layout(USUAL))
        if self._context is None:
            raise AssertionError("opening a context opens one")
        return self._context

    def _layout(self, shape: RunShape) -> Layout:
        slots, shared = slots_of(shape), shares_cells(shape, can_fork=self._model.can_fork)
        cells = self._cells(shape, slots, shared)
        flash = self._options.flash_attention
        if flash is None:
            on_gpu = bool(self._model.offloaded and self._model.offloaded[0])
            reach, n_heads = cells if shared else cells // slots, self._facts.n_heads
            flash = on_gpu or wants_flash_attention(shape, reach=reach, n_heads=n_heads, n_batch=N_BATCH)
        return Layout(cells, slots, shared, flash)

    def _cells(self, shape: RunShape, slots: int, shared: bool) -> int:
        """Cells for the whole run: rounded up so that the next run fits too, and never more than memory holds."""
        longest = min(self.room(), shape.prompt_tokens + shape.max_tokens)
        judge = min(self.room(), shape.judge_tokens)
        sequences = min(slots, max(1, shape.sequences))
        wanted = (
            shape.prompt_tokens
            + shape.other_prompt_tokens
            + sequences * (longest - shape.prompt_tokens)
            + shape.kept_tokens
            + judge
            if shared
            else slots * -(-max(longest, judge) // 256) * 256
        )
        smallest = longest if shared else slots * 256
        affordable = self._affordable_cells()
        return max(min(max(wanted, min(SMALLEST_CONTEXT, self.room())), affordable), smallest)

    def _affordable_cells(self) -> int:
        free = machine_memory().free_bytes
        per_cell = max(1, self._facts.kv_bytes_per_token)
        if free is None:
            return 1 << 16
        held = self._context.cells if self._context else 0
        return held + int(free * 0.5) // per_cell

    def _open(self, layout: Layout) -> None:
        self._close_context()
        self._context = LlamaContext(self._model, layout, n_batch=N_BATCH, n_threads=self._threads, abort=self._abort)
        self._scheduler = Scheduler(self._context, self._model)

    def _close_context(self) -> None:
        if self._scheduler is not None:
            self._scheduler.reset()
        if self._context is not None:
            self._context.close()
        self._context = self._scheduler = None


def default_threads() -> int:
    """Physical cores this process may use; with four or more, one is left to the window."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else psutil.cpu_count() or 1
    cores = min(psutil.cpu_count(logical=False) or allowed, allowed)
    return cores - 1 if cores >= 4 else max(1, cores)


def _checked_facts(options: LoadOptions) -> ModelFacts:
    check_load(options)
    facts = facts_of(read_header(options.path))
    check_usable(facts)
    if options.n_ctx and not options.load_anyway:
        estimate = _estimate(facts, options.n_ctx, 1, flash_attention=options.flash_attention is not False)
        if estimate.verdict == "too_large":
            raise ModelError(
                f"A context of {options.n_ctx:,} tokens does not fit into memory.",
                "; ".join(estimate.lines),
                "Ask for a smaller context, or load anyway if you know better.",
            )
    return facts


def _estimate(facts: ModelFacts, n_ctx: int, slots: int, *, flash_attention: bool) -> MemoryEstimate:
    return estimate_memory(
        facts, machine_memory(), n_ctx=n_ctx, n_seqs=slots, n_ubatch=N_BATCH, flash_attention=flash_attention
    )
