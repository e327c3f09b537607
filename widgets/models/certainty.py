"""The moment at which the majority could not change any more, whatever was still to come."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from engine.stopping import is_certain
from engine.strategies.registry import STRATEGIES
from engine.trace.fold import RunState
from engine.types import ANSWERING
from widgets.models.refine_chain import makes_chain
from widgets.models.thought_tree import makes_tree
from widgets.translation import tr

FEWEST = 3  # of two votes there is nothing to tell


@dataclass(frozen=True, slots=True)
class Certainty:
    """The arrival of `candidate`, the `place`-th of `total` that were asked for, made the plain majority certain."""

    candidate: int
    place: int
    total: int

    @property
    def words(self) -> str:
        """What is said of it: certain after 9 of 16."""
        if self.place == self.total:
            return tr("Certain only with the last of {0}.", self.total)
        return tr("Certain after {0} of {1}.", self.place, self.total)


def vote_certainty(state: RunState) -> Certainty | None:
    """When the plain majority was certain; None while it is not, and where nobody votes."""
    total = _asked_for(state)
    if total is None or total < FEWEST:
        return None
    arrived = [c for c in state.candidates.values() if c.finished_at is not None and c.purpose in ANSWERING]
    counts: Counter[str] = Counter()
    for place, candidate in enumerate(sorted(arrived, key=lambda c: c.arrival), 1):
        if candidate.is_whole and candidate.vote is not None:
            counts[candidate.vote] += 1
        if is_certain([count for _, count in counts.most_common(2)], total - place):
            return Certainty(candidate.id, place, total)
    return None


def _asked_for(state: RunState) -> int | None:
    """How many votes there are to be at most; None where that cannot be known yet."""
    if state.start is None or makes_tree(state) or makes_chain(state):
        return None
    spec = STRATEGIES.get(state.start.setup.strategy.name)
    default = next((s.default for s in spec.settings if s.name == "n"), None) if spec is not None else None
    voters = sum(candidate.purpose in ANSWERING for candidate in state.candidates.values())
    asked = state.settings.get("n", default)
    if isinstance(asked, int):
        return max(asked, voters)
    return voters if state.status in ("finished", "failed") else None
