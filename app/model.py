"""Opens a model in this process, for commands that are a process of their own already."""

from __future__ import annotations

from msgspec.structs import replace

from app.probe import working_model
from engine.inference.backend import Backend
from engine.inference.llama.backend import LlamaBackend
from engine.inference.simulated_backend import SimulatedBackend
from engine.setup import SIMULATED, LoadOptions


def open_backend(load: LoadOptions) -> Backend:
    """The model, ready to run; a child process has tried it before, and so knows whether it needs safe mode.

    Raises:
        ModelError: It does not work here, in words.
    """
    if load.path == SIMULATED:
        return SimulatedBackend()
    report = working_model(load)
    return LlamaBackend(replace(load, safe_mode=report.safe_mode), report.safe_mode_reason, lambda *_: None)
