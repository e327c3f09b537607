"""Models that judges ask besides the run's own: loaded when a run asks for them, kept while the next one does too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from engine.errors import ModelError
from engine.inference.backend import Backend
from engine.models.gguf_header import read_header
from engine.models.library import resolve_model
from engine.models.machine_memory import machine_memory
from engine.models.memory_estimate import estimate_memory
from engine.models.model_facts import facts_of
from engine.setup import SIMULATED, LoadOptions

SMALL_CONTEXT = 2048  # tokens: with less than that there is no judging


class OtherModels:
    """Opens models for judges, and closes those that no judge asks any more.

    Args:
        load: Loads a model.
    """

    def __init__(self, load: Callable[[LoadOptions], Backend]) -> None:
        self._load = load
        self._backends: dict[str, Backend] = {}
        self._wanted: set[str] = set()

    def begin(self, own: Backend, options: LoadOptions) -> Callable[[str], Backend]:
        """What a run that is about to begin opens models with.

        Args:
            own: The run's own model, which a judge may mean as well.
            options: How it was loaded; others are loaded the same way.
        """
        self._wanted = set()
        return lambda name: self._open(name, own, options)

    def close_unwanted(self) -> None:
        """Closes what the run that has begun did not ask for."""
        for path in self._backends.keys() - self._wanted:
            self._backends.pop(path).close()

    def close(self) -> None:
        """Closes all of them."""
        self._wanted = set()
        self.close_unwanted()

    def abort(self) -> None:
        """Ends a decode under way in any of them; called from another thread."""
        for backend in list(self._backends.values()):
            backend.abort()

    def allow(self) -> None:
        """Takes `abort` back."""
        for backend in self._backends.values():
            backend.allow()

    def _open(self, name: str, own: Backend, options: LoadOptions) -> Backend:
        path = str(resolve_model(name))
        if _same_file(path, options.path):
            return own
        if path not in self._backends:
            self.close_unwanted()
            other = msgspec.structs.replace(options, path=path, n_ctx=0)
            if not options.load_anyway and path != SIMULATED:
                _check_memory(path)
            self._backends[path] = self._load(other)
        self._wanted.add(path)
        return self._backends[path]


def _same_file(one: str, other: str) -> bool:
    try:
        return one == other or Path(one).samefile(other)
    except OSError:
        return False


def _check_memory(path: str) -> None:
    estimate = estimate_memory(facts_of(read_header(path)), machine_memory(), n_ctx=SMALL_CONTEXT)
    if estimate.verdict == "too_large":
        raise ModelError(
            "The judge's model does not fit into memory beside this one.",
            "; ".join(estimate.lines),
            "Choose a smaller one, or load anyway if you know better.",
        )
