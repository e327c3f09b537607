"""How far the texts of a search agree, counted as they come."""

from __future__ import annotations

from collections import Counter

from engine.types import Candidate


class Agreement:
    """The votes of the texts that came to their end."""

    def __init__(self) -> None:
        self._vote_of: dict[int, str] = {}
        self._counts: Counter[str] = Counter()

    def put(self, candidate: Candidate) -> None:
        """Counts a text's vote, if it has one; the same text counts once."""
        self.drop(candidate.id)
        if candidate.is_whole and candidate.vote is not None:
            self._vote_of[candidate.id] = candidate.vote
            self._counts[candidate.vote] += 1

    def drop(self, candidate: int) -> None:
        """Counts a text no more."""
        vote = self._vote_of.pop(candidate, None)
        if vote is not None:
            self._counts[vote] -= 1

    def share(self, vote: str) -> float | None:
        """The share of the votes that this one has, in [0, 1]; None where nobody has voted."""
        return self._counts[vote] / len(self._vote_of) if self._vote_of else None
