"""`bench recovery`: kills the engine's process and measures how long it takes until the model is there again."""

from __future__ import annotations

import json
import os
import queue
import signal
import statistics
import tempfile
import time
from pathlib import Path

import msgspec

from engine.errors import BadInputError, EngineError
from engine.models.library import resolve_model
from engine.setup import LoadOptions
from engine.worker.client import WorkerClient
from engine.worker.messages import AnyReply, Died, Load, Loaded, LoadFailed

LONGEST_WAIT = 60.0
BOUND = 3.0  # from `docs/benchmarks.md`; for a process that is gone, which one that merely hangs is not
SIGNALS = ("SIGKILL", "SIGSEGV", "SIGSTOP")


class Recovery(msgspec.Struct, frozen=True):
    """Seconds from the signal to the word of the death, and to the model being ready again; medians of the turns."""

    signal: str
    noticed: float
    ready: float
    worst: float


def bench_recovery(turns: int, as_json: bool) -> int:
    """Measures, prints and returns the exit status.

    Raises:
        ThinkscopeError: There is no model, or the engine did not come back.
    """
    if not hasattr(signal, "SIGKILL"):
        raise BadInputError("This measurement needs signals.", "This system has none.")
    rows = [measure(name, turns) for name in SIGNALS]
    if as_json:
        print(json.dumps({"kind": "recovery", "turns": turns, "rows": msgspec.to_builtins(rows)}, indent=2))
        return 0
    for row in rows:
        bound = f" (bound {BOUND:g} s)" if row.signal != "SIGSTOP" else ""
        print(
            f"{row.signal}: noticed after {row.noticed:.2f} s, ready again after {row.ready:.2f} s, "
            f"worst of {turns} {row.worst:.2f} s{bound}"
        )
    return 0


def measure(name: str, turns: int) -> Recovery:
    """Sends the signal to an idle engine, `turns` times."""
    inbox: queue.SimpleQueue[AnyReply] = queue.SimpleQueue()
    noticed, ready = [], []
    with tempfile.TemporaryDirectory(prefix="thinkscope-bench-") as folder:
        client = WorkerClient(inbox.put, Path(folder))
        client.start()
        try:
            client.send(Load(LoadOptions(str(resolve_model(None)))))
            _wait(inbox, Loaded)
            for _ in range(turns):
                if client.pid is None:
                    raise EngineError("The engine process is not there.")
                began = time.monotonic()
                os.kill(client.pid, signal.Signals[name])
                _wait(inbox, Died)
                noticed.append(time.monotonic() - began)
                _wait(inbox, Loaded)
                ready.append(time.monotonic() - began)
        finally:
            client.close()
    return Recovery(name, statistics.median(noticed), statistics.median(ready), max(ready))


def _wait(inbox: queue.SimpleQueue[AnyReply], kind: type[Loaded] | type[Died]) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    while True:
        try:
            reply = inbox.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise EngineError(f"The engine was not there again after {LONGEST_WAIT:g} seconds.") from None
        if isinstance(reply, LoadFailed):
            raise EngineError(reply.what, reply.why, reply.next_step)
        if isinstance(reply, kind):
            return
