"""Models that judges ask besides the run's own: loaded when a run asks for them, kept while the next one does too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from engine.errors import BadInputError, ModelError
from engine.inference.backend import JudgeBackend
from engine.models.gguf_header import read_header
from engine.models.library import resolve_model
from engine.models.machine_memory import machine_memory
from engine.models.memory_estimate import estimate_memory
from engine.models.model_facts import facts_of
from engine.models.reward_head import check_head
from engine.setup import SIMULATED, LoadOptions

_Key = tuple[str, bool]  # a file, and whether its head is asked: a context writes or has a head

SMALL_CONTEXT = 2048  # tokens: with less than that there is no judging


class OtherModels:
    """Opens models for judges, and closes those that no judge asks any more.

    Args:
        load: Loads a model that writes.
        load_reward: Loads one that is asked by its head.
    """

    def __init__(
        self, load: Callable[[LoadOptions], JudgeBackend], load_reward: Callable[[LoadOptions], JudgeBackend]
    ) -> None:
        self._load, self._load_reward = load, load_reward
        self._backends: dict[_Key, JudgeBackend] = {}
        self._wanted: set[_Key] = set()

    def begin(
        self, own: JudgeBackend, options: LoadOptions
    ) -> tuple[Callable[[str], JudgeBackend], Callable[[str], JudgeBackend]]:
        """What a run that is about to begin opens models with: those that write, and reward models.

        Args:
            own: The run's own model, which a judge may mean as well.
            options: How it was loaded; others are loaded the same way.
        """
        self._wanted = set()
        return lambda name: self._open(name, own, options), lambda name: self._open_reward(name, options)

    def close_unwanted(self) -> None:
        """Closes what the run that has begun did not ask for."""
        for key in self._backends.keys() - self._wanted:
            self._backends.pop(key).close()

    def forget(self) -> None:
        """Empties their caches: what earlier runs have asked them is asked anew."""
        for backend in self._backends.values():
            backend.forget()

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

    def _open(self, name: str, own: JudgeBackend, options: LoadOptions) -> JudgeBackend:
        path = str(resolve_model(name))
        if _same_file(path, options.path):
            return own
        return self._loaded((path, False), options, self._load)

    def _open_reward(self, name: str, options: LoadOptions) -> JudgeBackend:
        path = str(resolve_model(name))
        if path == SIMULATED:
            raise BadInputError("The simulated model is no reward model.", "It has no head.", "Name a GGUF file.")
        check_head(read_header(path))
        return self._loaded((path, True), options, self._load_reward)

    def _loaded(self, key: _Key, options: LoadOptions, load: Callable[[LoadOptions], JudgeBackend]) -> JudgeBackend:
        if key not in self._backends:
            self.close_unwanted()
            other = msgspec.structs.replace(options, path=key[0], n_ctx=0)
            if not options.load_anyway and key[0] != SIMULATED:
                _check_memory(key[0])
            self._backends[key] = load(other)
        self._wanted.add(key)
        return self._backends[key]


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
