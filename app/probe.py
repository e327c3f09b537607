"""Loads a model in the worker process to see whether it works; nothing native happens in this process."""

from __future__ import annotations

import queue
import time

from msgspec import Struct

from engine.errors import ModelError
from engine.events import ModelReport
from engine.models.gguf_header import read_header
from engine.models.model_facts import check_usable, facts_of
from engine.setup import SIMULATED, LoadOptions
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


def check_model_file(path: str) -> None:
    """Refuses a wrong file by its header, in words, before a process is started for it.

    Raises:
        ModelError: It cannot be used.
    """
    if path != SIMULATED:
        check_usable(facts_of(read_header(path)))


def working_model(load: LoadOptions) -> ModelReport:
    """The report of a model that works here: whether this machine needs safe mode, how many threads it gets.

    Raises:
        ModelError: It does not work, in words.
    """
    probe = probe_model(load)
    if probe.report is None:
        raise ModelError("The model does not work here.", probe.problem, "Choose another one.")
    return probe.report


def probe_model(load: LoadOptions, seconds: float = 120.0) -> Probe:
    """Loads the model as a run would, with its probe decode and the retry in safe mode."""
    inbox: queue.SimpleQueue[AnyReply] = queue.SimpleQueue()
    client = WorkerClient(inbox.put)  # without its memory of earlier crashes: this one is to be seen
    gpu: bool | None = None
    deaths: list[str] = []
    deadline = time.monotonic() + seconds
    try:
        client.start()
        client.send(Load(load))
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
