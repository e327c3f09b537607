"""A verifier that asks no model again: what it said then is what it says now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from engine.events import CandidateScored
from engine.types import Candidate, Problem, Score, Trial
from engine.verifiers.base import Verifier

NOT_RECORDED = Score(None, "it needs the model, and its score was not recorded")


class RecordedVerifier:
    """Implements `Verifier` with what was recorded and what was worked out before.

    A score that depends on the candidate alone is looked up where this very verifier gave one in the run, and worked
    out once where not. One that would need the model is `NOT_RECORDED`. A score that depends on the other candidates
    is always worked out: the others may be other ones.

    Args:
        verifier: The verifier itself.
        recorded: The scores that it gave in the run with the same settings, by candidate.
        cut_short: What it had cost where the run's budget ended before it could speak.
        cut_off: Whether the run had it and was cut off: then a score that is missing may have been under way.
    """

    def __init__(
        self,
        verifier: Verifier,
        recorded: Mapping[int, CandidateScored] | None = None,
        cut_short: Mapping[int, CandidateScored] | None = None,
        *,
        cut_off: bool = False,
    ) -> None:
        self.name, self.title, self.help = verifier.name, verifier.title, verifier.help
        self.uses_peers, self.judges_steps = verifier.uses_peers, verifier.judges_steps
        self.highest, self.stands = verifier.highest, verifier.stands
        self._verifier = verifier
        self._recorded = {} if verifier.uses_peers or recorded is None else recorded
        self._cut_short = cut_short or {}
        self._cut_off = cut_off
        self._scores: dict[int, Score] = {}
        self._requests: dict[int, Sequence[Trial]] = {}

    def verdict(self, candidate: int) -> CandidateScored | None:
        """The recorded score of a candidate, with its time and price; None if there is none."""
        return self._recorded.get(candidate)

    def cut_short(self, candidate: int) -> CandidateScored | None:
        """What was made of a hearing that the run's budget ended, and what it had cost; None if it ended none."""
        return self._cut_short.get(candidate)

    def requests(self, problem: Problem, candidate: Candidate) -> Sequence[Trial]:
        """Where the model was asked in the run, one request that stands for all: its label is the verifier's name."""
        if candidate.id not in self._recorded and not self._cut_off:
            return ()
        if candidate.id not in self._requests:
            asked = self._verifier.requests(problem, candidate)
            self._requests[candidate.id] = [replace(asked[0], label=self.name)] if asked else ()
        return self._requests[candidate.id]

    def score(
        self, problem: Problem, candidate: Candidate, peers: Sequence[Candidate], replies: Sequence[Candidate]
    ) -> Score:
        """The score; `replies` are not read."""
        if self.uses_peers:
            return self._verifier.score(problem, candidate, peers, ())
        if candidate.id not in self._scores:
            self._scores[candidate.id] = self._find(problem, candidate)
        return self._scores[candidate.id]

    def _find(self, problem: Problem, candidate: Candidate) -> Score:
        recorded = self._recorded.get(candidate.id) or self._cut_short.get(candidate.id)
        if recorded is not None:
            return Score(recorded.value, recorded.detail, recorded.parts)
        if self._verifier.requests(problem, candidate):
            return NOT_RECORDED
        return self._verifier.score(problem, candidate, (candidate,), ())
