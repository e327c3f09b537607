"""The known answer: the perfect verifier, which exists only where somebody knows the answer already."""

from __future__ import annotations

from collections.abc import Sequence

from engine.answers import same_answer
from engine.types import Candidate, Problem, Score
from engine.verifiers.base import Verifier


class KnownAnswer(Verifier):
    """Scores 1 where the candidate's answer is the known one, 0 where it is not."""

    name = "known-answer"
    title = "Known answer"
    help = "Compares with the right answer. A perfect verifier: it shows how far picking could go."
    costs = "Nothing."
    blind_spot = "It needs the answer in advance, and a right answer hides wrong reasoning from it."

    def score(
        self, problem: Problem, candidate: Candidate, peers: Sequence[Candidate], replies: Sequence[Candidate]
    ) -> Score:
        """1 or 0; None when the answer of the problem is not known."""
        if problem.answer is None:
            return Score(None, "the answer is not known")
        if candidate.answer is None:
            return Score(0.0, "no answer found in the text")
        if same_answer(candidate.answer, problem.answer):
            return Score(1.0, f"{candidate.answer} is the known answer")
        return Score(0.0, f"{candidate.answer} is not {problem.answer}")
