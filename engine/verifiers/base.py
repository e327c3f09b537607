"""The protocol of all verifiers. A verifier declares what it needs, so that its cost is scheduled and counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from engine.types import Candidate, Problem, Score, Trial


class Verifier(Protocol):
    """Scores a candidate in [0, 1].

    `name` is the registered name; `title` and `help` are for people; `uses_peers` says whether the score depends on the
    other candidates (then it is asked again when all of them are there). `judges_steps` says that it can judge a text
    that is not finished: of a candidate with `steps` it then scores the newest step alone (a process reward).
    `highest` is what it never gives more than: 1 also where it only comes near it. `stands` says that what it has said
    of a candidate is its last word.
    """

    name: str
    title: str
    help: str
    uses_peers: bool = False
    judges_steps: bool = False
    highest: float = 1.0
    stands: bool = True

    def requests(self, problem: Problem, candidate: Candidate) -> Sequence[Trial]:
        """The model calls this score needs; they go through the same scheduler and the same budget. Often empty."""
        return ()

    def score(
        self, problem: Problem, candidate: Candidate, peers: Sequence[Candidate], replies: Sequence[Candidate]
    ) -> Score:
        """The score. `peers` are all finished candidates, this one included; `replies` answer `requests` in order."""
