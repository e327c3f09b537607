"""A text that a search has written, and what texts are compared by."""

from __future__ import annotations

import math

from msgspec import Struct

from engine.strategies.search_tree import UNJUDGED, Node
from engine.types import Candidate

PLACES, BILLION = 9, 1_000_000_000  # decimal places of a value that count, and the least difference that does


class Text(Struct, frozen=True):
    """A text, its value (None: nobody could tell), how often it was written, and how many steps it has."""

    candidate: Candidate
    value: float | None
    copies: int = 1
    depth: int = 1

    @property
    def standing(self) -> tuple[float, float]:
        """What texts are compared by: the value to nine places, then the model's own confidence."""
        mean = self.candidate.mean_logprob
        value = UNJUDGED if self.value is None else round(self.value, PLACES)
        return value, 0.0 if mean is None else min(1.0, math.exp(mean))

    @property
    def worth(self) -> int:
        """Its weight in a vote: its value times its copies, in billionths. Whole numbers add up alike in any order."""
        return round(self.standing[0] * BILLION) * self.copies


def as_text(node: Node) -> Text:
    """The text that ends with a node."""
    return Text(node.candidate, node.value, node.copies, node.depth)


def rank(node: Node) -> tuple[float, float]:
    """What nodes are compared by."""
    return as_text(node).standing
