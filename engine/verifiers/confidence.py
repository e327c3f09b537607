"""The model's own confidence in the tokens it wrote, as four papers measure it: no model call, no other text needed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.types import Candidate, Problem, Score
from engine.verifiers.base import Verifier

_MIDDLE = 10.0  # nats; what small models reach on easy questions: there the score is one half
_UNKNOWN = Score(None, "no token probabilities")


class MeanLogprob(Verifier):
    """Scores by exp(mean log-probability): 1 where the model was certain of every token."""

    name = "mean-logprob"
    title = "Model confidence"
    help = "How likely the model found its own words: the geometric mean of its token probabilities."
    costs = "Nothing: the probabilities are there from decoding."
    blind_spot = "It measures fluency, not truth: a confident mistake scores high."

    def score(
        self, problem: Problem, candidate: Candidate, peers: Sequence[Candidate], replies: Sequence[Candidate]
    ) -> Score:
        """Exp of the candidate's mean log-probability, which is natural and over the full vocabulary."""
        mean = candidate.mean_logprob
        if mean is None or math.isnan(mean):
            return _UNKNOWN
        value = min(1.0, math.exp(min(0.0, mean)))
        return Score(value, f"its tokens were {value:.0%} likely on average")


class Entropy(Verifier):
    """Scores by exp(-mean entropy): 1 where only one token was ever possible, 1/k where k were equally likely."""

    name = "entropy"
    title = "Entropy"
    help = "How few tokens the model was choosing between: one over the number of equally likely ones."
    costs = "Nothing: the probabilities are there from decoding."
    blind_spot = "There are many ways to put the same thought, and only one wrong number: it sees the first."
    judges_steps = True

    def score(
        self, problem: Problem, candidate: Candidate, peers: Sequence[Candidate], replies: Sequence[Candidate]
    ) -> Score:
        """Exp of minus the mean entropy in nats, over the full vocabulary; of steps, the newest alone."""
        if candidate.confidence is None:
            return _UNKNOWN
        entropy = candidate.confidence.entropy
        return Score(math.exp(-entropy), f"{entropy:.2f} nats a token, as from {math.exp(entropy):.1f} likely ones")


class SelfCertainty(Verifier):
    """Scores by self-certainty, the distance of the model's distributions from a flat one (Kang et al. 2025).

    The figure s, in nats, has no upper bound; the score is s / (s + 10). The map keeps the order, and only the order
    means anything: a Borda vote uses nothing else.
    """

    name = "self-certainty"
    title = "Self-certainty"
    help = "How far the model was from guessing blindly, at each token, over the whole vocabulary (Kang et al. 2025)."
    costs = "Nothing: the probabilities are there from decoding."
    blind_spot = "It measures conviction, not truth; and it differs from model to model, so compare within a run."
    judges_steps = True

    def score(
        self, problem: Problem, candidate: Candidate, peers: Sequence[Candidate], replies: Sequence[Candidate]
    ) -> Score:
        """The mean over the tokens of -(1/V) sum_j log(V p_j), mapped to [0, 1); of steps, the newest alone."""
        if candidate.confidence is None:
            return _UNKNOWN
        certainty = candidate.confidence.self_certainty
        return Score(_mapped(certainty), f"{certainty:.2f} nats from blind guessing")


class LowestGroup(Verifier):
    """Scores by DeepConf's lowest group confidence: the weakest passage of the text (Fu et al. 2025).

    The figure c, in nats, has no upper bound; the score is c / (c + 10). The map keeps the order, and only the order
    means anything.
    """

    name = "deepconf"
    title = "Least sure passage"
    help = "How sure the model was in the passage where it was least sure (DeepConf, Fu et al. 2025)."
    costs = "Nothing: the probabilities are there from decoding."
    blind_spot = "A free choice of words looks like doubt, and a mistake the model is sure of passes."
    judges_steps = True

    def score(
        self, problem: Problem, candidate: Candidate, peers: Sequence[Candidate], replies: Sequence[Candidate]
    ) -> Score:
        """The lowest sliding mean of -mean log p of the top 20, mapped to [0, 1); of steps, the newest alone."""
        if candidate.confidence is None:
            return _UNKNOWN
        lowest = candidate.confidence.lowest_group
        return Score(_mapped(lowest), f"confidence {lowest:.2f} where it was least sure")


def _mapped(nats: float) -> float:
    """From [0, infinity) to [0, 1), rising."""
    return max(0.0, nats) / (max(0.0, nats) + _MIDDLE)
