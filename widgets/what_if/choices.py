"""The ways to choose an answer that a what-if offers, as strategies over the candidates that are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.setup import Value


class Choice(NamedTuple):
    """One way: its name for people, a sentence, the strategy (None: the run's own) and the settings it takes."""

    key: str
    title: str
    help: str
    strategy: str | None
    settings: Mapping[str, Value]


CHOICES = (
    Choice("own", "as it was", "The run's own strategy and settings.", None, {}),
    Choice("majority", "majority vote", "The most frequent answer wins.", "self-consistency", {}),
    Choice(
        "best", "best score", "The candidate that the verifiers score highest.", "best-of-n", {"choose": "best-score"}
    ),
    Choice(
        "weighted", "weighted vote", "Each vote weighs as much as its score.", "best-of-n", {"choose": "weighted-vote"}
    ),
    Choice("borda", "rank vote", "Each vote weighs by the rank of its score.", "best-of-n", {"choose": "borda-vote"}),
)


def choice_of(key: str) -> Choice:
    """The choice of that key."""
    return next(choice for choice in CHOICES if choice.key == key)
