"""The ways to choose an answer that a what-if offers, as strategies over the candidates that are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.setup import Value
from widgets.translation import later


class Choice(NamedTuple):
    """One way: its name for people, a sentence, the strategy (None: the run's own) and the settings it takes."""

    key: str
    title: str
    help: str
    strategy: str | None
    settings: Mapping[str, Value]


CHOICES = (
    Choice("own", later("as it was"), later("The run's own strategy and settings."), None, {}),
    Choice("majority", later("majority vote"), later("The most frequent answer wins."), "self-consistency", {}),
    Choice(
        "best",
        later("best score"),
        later("The candidate that the verifiers score highest."),
        "best-of-n",
        {"choose": "best-score"},
    ),
    Choice(
        "weighted",
        later("weighted vote"),
        later("Each vote weighs as much as its score."),
        "best-of-n",
        {"choose": "weighted-vote"},
    ),
    Choice(
        "borda",
        later("rank vote"),
        later("Each vote weighs by the rank of its score."),
        "best-of-n",
        {"choose": "borda-vote"},
    ),
)


def choice_of(key: str) -> Choice:
    """The choice of that key."""
    return next(choice for choice in CHOICES if choice.key == key)
