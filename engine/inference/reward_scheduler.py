"""Texts that a reward model reads, several in a batch. Nothing is drawn: each gets the logit of the model's head."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from engine.errors import EngineError
from engine.inference.decoder import BatchItem, DecodeStatus
from engine.inference.scheduler import StepReport
from engine.inference.sequence import Sequence
from engine.types import FinishReason, Sampling


class RewardDecoder(Protocol):
    """A context of `cells` tokens for `slots` texts. `whole`: a text must be read in one batch (an encoder)."""

    slots: int
    cells: int
    n_batch: int
    whole: bool

    def read(self, items: list[BatchItem]) -> DecodeStatus:
        """Computes a batch of at most `n_batch` tokens."""

    def logit(self, slot: int) -> float:
        """What the head says of the text whose last token was in the last batch."""

    def forget(self, slot: int) -> None:
        """Empties a slot."""


class RewardScheduler:
    """Implements `RequestScheduler`: texts are read in the order in which they were submitted, none is lost."""

    def __init__(self, decoder: RewardDecoder, clock: Callable[[], float] = time.perf_counter) -> None:
        self._decoder, self._clock = decoder, clock
        self._waiting: deque[Sequence] = deque()
        self._running: list[Sequence] = []
        self._empty = list(range(decoder.slots - 1, -1, -1))

    @property
    def idle(self) -> bool:
        """Whether there is nothing to read."""
        return not self._waiting and not self._running

    def submit(self, id: int, prompt: tuple[int, ...], sampling: Sampling, seed: int) -> Sequence:
        """Queues a text; of the sampling and the seed nothing is needed.

        Raises:
            EngineError: It is empty, or longer than the context.
        """
        if not 0 < len(prompt) <= self._decoder.cells:
            raise EngineError(f"A text of {len(prompt)} tokens does not fit into {self._decoder.cells} cells.")
        sequence = Sequence.read_only(id, prompt, sampling)
        self._waiting.append(sequence)
        return sequence

    def step(self, limit: int | None = None, all_limit: int | None = None) -> StepReport:
        """Reads one batch, at most `all_limit` tokens; `limit` is on drawn ones, and none is drawn.

        What has to be read whole is read whole. After an aborted step, `reset`.
        """
        began = self._clock()
        report = StepReport()
        self._admit()
        items = self._plan(all_limit)
        if items:
            report.status = self._decoder.read(items)
            report.decode_seconds = self._clock() - began
        if report.status == "no_slot":
            raise EngineError("The reward model's context has no room for a text.", "llama.cpp found no free cells.")
        if report.status == "ok":
            self._count(items, report)
        report.step_seconds = self._clock() - began
        return report

    def cancel(self) -> list[Sequence]:
        """Ends all texts at once and returns them."""
        ended = [*self._running, *self._waiting]
        for sequence in ended:
            self._finish(sequence, "abort")
        self._waiting.clear()
        return ended

    def reset(self) -> list[Sequence]:
        """As `cancel`: no text leaves anything in the context."""
        return self.cancel()

    def _admit(self) -> None:
        used = sum(len(sequence.prompt) for sequence in self._running)
        while self._waiting and self._empty and used + len(self._waiting[0].prompt) <= self._decoder.cells:
            sequence = self._waiting.popleft()
            sequence.slot, sequence.status = self._empty.pop(), "prefilling"
            self._running.append(sequence)
            used += len(sequence.prompt)

    def _plan(self, all_limit: int | None) -> list[BatchItem]:
        items: list[BatchItem] = []
        most = self._decoder.n_batch
        if all_limit is not None and not self._decoder.whole:
            most = min(most, all_limit)
        for sequence in self._running:
            room = most - len(items)
            left = sequence.prompt[sequence.computed :]
            if not room or (self._decoder.whole and len(left) > room):
                break
            items += [
                BatchItem(token, sequence.computed + i, sequence.slot, output=True)
                for i, token in enumerate(left[:room])
            ]
        return items

    def _count(self, items: list[BatchItem], report: StepReport) -> None:
        by_slot = {sequence.slot: sequence for sequence in self._running}
        for item in items:
            by_slot[item.slot].computed += 1
            by_slot[item.slot].computed_tokens += 1
        report.prefill_tokens = len(items)
        for sequence in list(self._running):
            if sequence.computed == len(sequence.prompt):
                sequence.logit = self._decoder.logit(sequence.slot)
                self._finish(sequence, "stop")
                report.finished.append(sequence)

    def _finish(self, sequence: Sequence, reason: FinishReason) -> None:
        sequence.finish_reason, sequence.status = reason, "finished"
        if sequence in self._running:
            self._running.remove(sequence)
            self._decoder.forget(sequence.slot)
            self._empty.append(sequence.slot)
