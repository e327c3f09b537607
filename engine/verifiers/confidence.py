"""The model's own confidence: the geometric mean probability of the tokens it wrote."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.types import Candidate, Problem, Score, Trial


class MeanLogprob:
    """Scores by exp(mean log-probability): 1 where the model was certain of every token."""

    name = "mean-logprob"
    title = "Model confidence"
    help = "How likely the model found its own words: the geometric mean of its token probabilities."
    costs = "Nothing: the probabilities are there from decoding."
    blind_spot = "It measures fluency, not truth: a confident mistake scores high."
    uses_peers = False
    judges_steps = False

    def requests(self, problem: Problem, candidate: Candidate) -> Sequence[Trial]:
        """No model calls."""
        return ()

    def score(
        self, problem: Problem, candidate: Candidate, peers: Sequence[Candidate], replies: Sequence[Candidate]
    ) -> Score:
        """Exp of the candidate's mean log-probability, which is natural and over the full vocabulary."""
        mean = candidate.mean_logprob
        if mean is None or math.isnan(mean):
            return Score(None, "no token probabilities")
        value = min(1.0, math.exp(min(0.0, mean)))
        return Score(value, f"its tokens were {value:.0%} likely on average")
