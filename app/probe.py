"""Loads a model in the worker process to see whether it works; nothing native happens in this process."""

from __future__ import annotations

import queue
import time
from pathlib import Path

from msgspec import Struct

from engine.events import ModelReport
from engine.setup import LoadOptions
from engine.worker.client import WorkerClient
from engine.worker.messages import AnyReply, Died, Load, Loaded, LoadFailed, Ready


class Probe(Struct, frozen=True):
    """What came of it. `report` is None when the model does not work, and `problem` says why.

    `gpu_supported` is None when the worker did not even start.
    """

    report: ModelReport | None
    problem: str
    gpu_supported: bool | None
    deaths: tuple[str, ...] = ()


def probe_model(path: Path, seconds: float = 120.0) -> Probe:
    """Loads the model as a run would, with its probe decode and the retry in safe mode."""
    inbox: queue.SimpleQueue[AnyReply] = queue.SimpleQueue()
    client = WorkerClient(inbox.put)  # without its memory of earlier crashes: this one is to be seen
    gpu: bool | None = None
    deaths: list[str] = []
    deadline = time.monotonic() + seconds
    try:
        client.start()
        client.send(Load(LoadOptions(str(path))))
        while True:
            reply = inbox.get(timeout=max(0.0, deadline - time.monotonic()))
            match reply:
                case Ready():
                    gpu = reply.gpu_supported
                case Loaded():
                    return Probe(reply.report, "", gpu, tuple(deaths))
                case LoadFailed():
                    problem = " ".join(part for part in (reply.what, reply.why, reply.next_step) if part)
                    return Probe(None, problem, gpu, tuple(deaths))
                case Died():
                    deaths.append(" ".join(part for part in (reply.what, reply.why) if part))
                    if not reply.restarting:
                        return Probe(None, deaths[-1], gpu, tuple(deaths))
                case _:
                    pass
    except queue.Empty:
        return Probe(None, f"It was not ready after {seconds:g} seconds.", gpu, tuple(deaths))
    finally:
        client.close()
