"""What a run did not have to spend: candidates never asked for, or stopped before their end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from engine.inference.sequence import Sequence
from engine.types import Candidate


class Saved(NamedTuple):
    """Candidates never begun, stopped and given up for doubt, and the tokens that they would have had (estimate)."""

    unasked: int
    stopped: int
    tokens: int
    doubted: int


class Savings:
    """Remembers what was stopped on the way."""

    def __init__(self) -> None:
        self._spared: list[Sequence] = []
        self._doubted: list[Sequence] = []

    def spare(self, sequence: Sequence) -> None:
        """One that could not change the answer any more."""
        self._spared.append(sequence)

    def doubt(self, sequence: Sequence) -> None:
        """One of which the model was too unsure."""
        self._doubted.append(sequence)

    def in_words(self, unasked: int) -> str:
        """How a run ended that came to its end, with so many candidates never asked for."""
        spared, doubted = unasked + len(self._spared), len(self._doubted)
        end = f"The vote was decided without {spared} of the candidates." if spared else "All candidates are finished."
        return f"{end} The model was too unsure of {doubted} to go on with them." if doubted else end

    def count(self, unasked: int, candidates: Iterable[Candidate]) -> Saved | None:
        """What was saved, once the answer stands; None when nothing was, or when no whole text tells how much.

        Args:
            unasked: How many were never begun.
            candidates: All that the run has; the mean length of the whole ones is taken for those that are missing.
        """
        lengths = [c.completion_tokens for c in candidates if c.finish_reason in ("stop", "length")]
        stopped, doubted = len(self._spared), len(self._doubted)
        if not unasked + stopped + doubted or not lengths:
            return None
        mean = sum(lengths) / len(lengths)
        begun = sum(max(0.0, mean - len(sequence.generated)) for sequence in (*self._spared, *self._doubted))
        return Saved(unasked, stopped, round(unasked * mean + begun), doubted)
