"""`bench throughput`: many candidates at once, against one after the other, on the same file, threads and kernels."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from engine.errors import BadInputError, EngineError
from engine.events import AnyEvent, ModelReport
from engine.models.library import resolve_model
from engine.setup import DEFAULT_SAMPLING, Budget, LoadOptions, RunSetup, StrategyChoice, VerifierChoice
from engine.trace.fold import RunState
from engine.types import Problem
from engine.worker.client import WorkerClient
from engine.worker.messages import AnyReply, Died, Emitted, Ended, Load, Loaded, LoadFailed, Refused, Start

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "Write a long story about a lighthouse keeper."
SEQUENTIAL_CANDIDATES = 16  # the work of best-of-16
LONGEST_WAIT = 900.0


class Measurement(msgspec.Struct, frozen=True):
    """One run of the engine. `outside_share` is the share of the wall time that was not inside `llama_decode`."""

    candidates: int
    tokens: int
    seconds: float
    tokens_per_second: float
    outside_share: float
    ratio: float | None = None


class ThroughputReport(msgspec.Struct, frozen=True):
    """Everything measured, with what it was measured on; medians of the turns.

    `ratio` in a row is against sequential `Llama`.
    """

    kind: str
    turns: int
    model: str
    quantization: str
    device: str
    n_threads: int
    flash_attention: bool
    safe_mode: bool
    tokens_each: int
    sequential_tokens: int
    sequential_seconds: float
    sequential_tokens_per_second: float
    rows: tuple[Measurement, ...]


def bench_throughput(model: str | None, candidates: str, tokens: int, threads: int, turns: int, as_json: bool) -> int:
    """Measures in turns, both sides in each, prints and returns the exit status.

    Raises:
        ThinkscopeError: The options or the model cannot be used, or the engine failed.
    """
    counts = parse_counts(candidates)
    load = LoadOptions(str(resolve_model(model)), n_threads=threads)
    rows: list[list[Measurement]] = [[] for _ in counts]
    sequential: list[Measurement] = []
    state: RunState | None = None
    for _ in range(turns):
        for measured, count in zip(rows, counts, strict=True):
            last = run_engine(make_setup(load, count, tokens))
            if count == SEQUENTIAL_CANDIDATES or state is None:
                state = last  # the baseline gets what this one had
            measured.append(measure(last, count))
            if not as_json:
                print(_row(measured[-1]), flush=True)
        if state is not None:
            sequential.append(_sequential(state, tokens))
    if state is None:
        raise EngineError("Nothing was measured.")
    report = _report(state, [_median(measured) for measured in rows], _median(sequential), tokens, turns)
    if as_json:
        print(json.dumps(msgspec.to_builtins(report), indent=2))
    else:
        print_report(report)
    return 0


def parse_counts(text: str) -> list[int]:
    """The numbers of candidates, as `1,16,64`.

    Raises:
        BadInputError: Something else, or out of 1 to 256.
    """
    try:
        counts = [int(part) for part in text.split(",")]
    except ValueError:
        counts = []
    if not counts or not all(1 <= count <= 256 for count in counts):
        raise BadInputError(
            f"“{text}” is not a list of numbers of candidates.", "", "Write it as 1,16,64; 256 at most."
        )
    return counts


def make_setup(load: LoadOptions, count: int, tokens: int) -> RunSetup:
    """Best-of-n with `count` candidates of exactly `tokens` tokens: ends of different times would be other work."""
    return RunSetup(
        problem=Problem(QUESTION),
        strategy=StrategyChoice("best-of-n", {"n": count, "prompt": "step-by-step"}),
        verifiers=(VerifierChoice("mean-logprob"),),
        sampling=msgspec.structs.replace(DEFAULT_SAMPLING, min_tokens=tokens, max_tokens=tokens),
        budget=Budget(),
        load=load,
        seed=1,
    )


def run_engine(setup: RunSetup, kept: list[AnyEvent] | None = None) -> RunState:
    """One run in a fresh worker process, through the ordinary client; its events are added to `kept`.

    Raises:
        EngineError: The model could not be loaded, or the run failed.
    """
    inbox: queue.SimpleQueue[AnyReply] = queue.SimpleQueue()
    client = WorkerClient(inbox.put)
    state = RunState()
    deadline = time.monotonic() + LONGEST_WAIT
    client.start()
    try:
        client.send(Load(setup.load))
        while True:
            match inbox.get(timeout=max(0.0, deadline - time.monotonic())):
                case Loaded():
                    client.send(Start("bench", setup))
                case Emitted() as emitted:
                    state.apply_all(emitted.events)
                    if kept is not None:
                        kept += emitted.events
                case Ended():
                    break
                case LoadFailed() | Refused() as refusal:
                    raise EngineError(refusal.what, refusal.why, refusal.next_step)
                case Died() as died if not died.restarting:
                    raise EngineError(died.what, died.why, died.next_step)
                case _:
                    pass
    except queue.Empty:
        raise EngineError(f"The engine was not ready after {LONGEST_WAIT:g} seconds.") from None
    finally:
        client.close()
    if state.failure is not None:
        raise EngineError(state.failure.what, state.failure.why, state.failure.next_step)
    return state


def measure(state: RunState, count: int) -> Measurement:
    """The figures of a finished run, all of them from its events."""
    if state.finish is None:
        raise EngineError("The run did not come to its end.")
    tokens, finish = state.ledger.completion_tokens, state.finish
    outside = 1 - finish.decode_seconds / state.t if state.t else 0.0
    return Measurement(count, tokens, state.t, tokens / state.t if state.t else 0.0, outside)


def _median(measured: list[Measurement]) -> Measurement:
    """The turn in the middle by tokens a second; of an even number the slower one."""
    return sorted(measured, key=lambda one: one.tokens_per_second)[(len(measured) - 1) // 2]


def _report(
    state: RunState, rows: list[Measurement], sequential: Measurement, tokens: int, turns: int
) -> ThroughputReport:
    model = _model(state)
    rate = sequential.tokens_per_second
    return ThroughputReport(
        kind="throughput",
        turns=turns,
        model=Path(model.path).name,
        quantization=model.quantization,
        device=model.device,
        n_threads=model.n_threads,
        flash_attention=model.flash_attention,
        safe_mode=model.safe_mode,
        tokens_each=tokens,
        sequential_tokens=sequential.tokens,
        sequential_seconds=sequential.seconds,
        sequential_tokens_per_second=rate,
        rows=tuple(msgspec.structs.replace(row, ratio=row.tokens_per_second / rate) for row in rows),
    )


def _model(state: RunState) -> ModelReport:
    if state.start is None:
        raise EngineError("The run did not begin.")
    return state.start.model


def _sequential(state: RunState, tokens: int) -> Measurement:
    """The baseline in a process of its own, with what the engine ended up using: threads, kernels, prompt."""
    assert state.start is not None
    model, sampling = _model(state), state.start.setup.sampling
    task = {
        "path": model.path,
        "prompt": next(iter(state.prompts.values())).text,
        "candidates": SEQUENTIAL_CANDIDATES,
        "max_tokens": tokens,
        "temperature": sampling.temperature,
        "top_k": sampling.top_k,
        "top_p": sampling.top_p,
        "min_p": sampling.min_p,
        "seed": 1,
        "n_ctx": 2048,
        "n_threads": model.n_threads,
        "n_gpu_layers": model.layers_asked,
        "flash_attention": model.flash_attention,
        "safe_mode": model.safe_mode,
    }
    command = [sys.executable, "-m", "engine.inference.sequential_baseline"]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(task).encode(), capture_output=True, timeout=LONGEST_WAIT)
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().splitlines()
        raise EngineError("The sequential baseline failed.", last[-1] if last else f"Status {done.returncode}.")
    found = json.loads(done.stdout)
    return Measurement(1, found["tokens"], found["seconds"], found["tokens"] / found["seconds"], 0.0)


def print_report(report: ThroughputReport) -> None:
    """The figures as a table for people."""
    mode = ", safe mode" if report.safe_mode else ""
    flash = "on" if report.flash_attention else "off"
    turns = f", medians of {report.turns} turns" if report.turns > 1 else ""
    print(f"\n{report.model} on {report.device}, {report.n_threads} threads, flash attention {flash}{mode}{turns}")
    print(f"sequential llama_cpp.Llama: {report.sequential_tokens_per_second:.1f} tokens/s")
    for row in report.rows:
        print(_row(row))


def _row(row: Measurement) -> str:
    ratio = f", {row.ratio:.2f} x sequential" if row.ratio is not None else ""
    return (
        f"{row.candidates:>4} candidates: {row.tokens_per_second:6.1f} tokens/s"
        f" ({row.tokens} in {row.seconds:.1f} s), {row.outside_share:.1%} outside llama_decode{ratio}"
    )
