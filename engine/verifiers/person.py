"""A person's click: somebody looks at a candidate and says what it is worth."""

from __future__ import annotations

from collections.abc import Sequence

from engine.types import Candidate, Problem, Score
from engine.verifiers.base import Verifier


class Person(Verifier):
    """Has no opinion of its own. A click gives one, as an act of the run (`engine.acts.RateCandidate`)."""

    name = "person"
    title = "Your own click"
    help = "You look at a candidate and say whether it is good: your click is the score."
    costs = "Your time, the dearest of all."
    stands = False  # one may click at any time, and change one's mind
    blind_spot = "It sees what you see, and only the candidates that you have looked at."

    def score(
        self, problem: Problem, candidate: Candidate, peers: Sequence[Candidate], replies: Sequence[Candidate]
    ) -> Score:
        """None until somebody clicks."""
        return Score(None, "nobody has clicked yet")
