"""What the ordinary way costs: `llama_cpp.Llama`, one candidate after the other. Run as a process, for `bench`.

Reads a `SequentialTask` as JSON from stdin and writes a `SequentialResult` as JSON to stdout.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import llama_cpp
import msgspec


class SequentialTask(msgspec.Struct, frozen=True):
    """What to measure: the same file, prompt, sampling, threads and kernels as the run it is compared with."""

    path: str
    prompt: str
    candidates: int
    max_tokens: int
    temperature: float
    top_k: int
    top_p: float
    min_p: float
    seed: int
    n_ctx: int
    n_threads: int
    n_gpu_layers: int
    flash_attention: bool
    safe_mode: bool


class SequentialResult(msgspec.Struct, frozen=True):
    """Tokens written and the seconds that took, loading excluded, prompts included."""

    tokens: int
    seconds: float

    @property
    def tokens_per_second(self) -> float:
        """Written tokens per second of wall time."""
        return self.tokens / self.seconds if self.seconds > 0 else 0.0


def measure(task: SequentialTask) -> SequentialResult:
    """Writes the candidates one after the other. `Llama` keeps the prompt in its cache between them by itself."""
    if task.safe_mode:
        _leave_out_extra_buffers()
    llama = llama_cpp.Llama(
        task.path,
        n_gpu_layers=task.n_gpu_layers,
        n_ctx=task.n_ctx,
        n_threads=task.n_threads,
        n_threads_batch=task.n_threads,
        flash_attn=task.flash_attention,
        seed=task.seed,
        verbose=False,
    )
    _write(llama, task, seed=task.seed, max_tokens=4)  # touches every weight once, so that the disk is not measured
    llama.reset()
    began = time.perf_counter()
    tokens = sum(_write(llama, task, task.seed + i, task.max_tokens) for i in range(task.candidates))
    return SequentialResult(tokens, time.perf_counter() - began)


def _write(llama: Any, task: SequentialTask, seed: int, max_tokens: int) -> int:
    reply = llama.create_completion(
        task.prompt,
        max_tokens=max_tokens,
        temperature=task.temperature,
        top_k=task.top_k,
        top_p=task.top_p,
        min_p=task.min_p,
        repeat_penalty=1.0,
        seed=seed,
    )
    return int(reply["usage"]["completion_tokens"])


def _leave_out_extra_buffers() -> None:
    """`Llama` has no switch for it, so the defaults that it starts from are changed, in this process only."""
    library = llama_cpp.llama_cpp
    original = library.llama_model_default_params

    def without_extra_buffers() -> Any:
        params = original()
        params.use_extra_bufts = False
        return params

    library.llama_model_default_params = without_extra_buffers


if __name__ == "__main__":
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=SequentialTask)
    sys.stdout.buffer.write(msgspec.json.encode(measure(given)))
