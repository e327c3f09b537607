"""The majority: how many of the candidates agree (self-consistency, Wang et al. 2022, arXiv 2203.11171)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from engine.types import Candidate, Problem, Score
from engine.verifiers.base import Verifier


class Majority(Verifier):
    """Scores by the share of the votes that the candidate's answer has."""

    name = "majority"
    title = "Majority"
    help = "The share of the candidates' votes that this answer has."
    costs = "Nothing more than the candidates themselves."
    blind_spot = "Where most candidates make the same mistake, the mistake wins."
    uses_peers = True
    stands = False  # every other candidate that comes changes it

    def __init__(self) -> None:
        # Each member of a list asks about the same list: its votes are counted once, not as often as it is long.
        self._peers: Sequence[Candidate] = ()
        self._counted = 0
        self._votes: Counter[str] = Counter()

    def score(
        self, problem: Problem, candidate: Candidate, peers: Sequence[Candidate], replies: Sequence[Candidate]
    ) -> Score:
        """The share of votes; stopped and failed candidates do not vote. None when nobody voted."""
        votes = self._votes_of(peers)
        if not votes:
            return Score(None, "no votes yet")
        if candidate.vote is None:
            return Score(0.0, "no answer, so no vote")
        agreeing, total = votes[candidate.vote], votes.total()
        return Score(agreeing / total, f"{agreeing} of {total} votes")

    def _votes_of(self, peers: Sequence[Candidate]) -> Counter[str]:
        if peers is not self._peers or len(peers) != self._counted:
            self._votes = Counter(peer.vote for peer in peers if peer.vote is not None and peer.is_whole)
            self._peers, self._counted = peers, len(peers)
        return self._votes
