"""What sharing saves: a scheduler that computes every sequence's whole prompt again. For `bench` only."""

from __future__ import annotations

from engine.inference.llama.backend import LlamaBackend
from engine.inference.llama.layout import Layout
from engine.inference.scheduler import Scheduler
from engine.inference.sequence import Sequence


class UnsharedScheduler(Scheduler):
    """Batches like the other one, but finds nothing in the cache and keeps nothing there."""

    def _longest_prefix(self, sequence: Sequence) -> tuple[int | None, int]:
        return None, 0

    def _longest_pending(self, sequence: Sequence) -> int:
        return 0

    def _retire(self, sequence: Sequence) -> None:
        self._release(sequence)


class UnsharedBackend(LlamaBackend):
    """A loaded model whose sequences share nothing."""

    def _open(self, layout: Layout) -> None:
        super()._open(layout)
        if self._context is not None:
            self._scheduler = UnsharedScheduler(self._context, self._model)
