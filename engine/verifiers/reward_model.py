"""A reward model: trained to score answers with a head of its own (Cobbe et al. 2021, arXiv 2110.14168)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.models.reward_head import SUPPORTED
from engine.settings import Setting
from engine.types import Candidate, Message, Problem, Prompt, Sampling, Score, Trial
from engine.verifiers.base import Verifier
from engine.verifiers.judgement import SILENT

NAME = "reward-model"
READING = Sampling(0.0, 0, 1.0, 0.0, 1.0, max_tokens=0, alternatives=0)  # nothing is drawn
MODEL = Setting(
    name="model",
    kind="text",
    default="",
    title="Reward model",
    help="The GGUF file with the head, by its path or name; it is loaded beside this one.",
    maximum=1000,
    required=True,
)


class RewardModel(Verifier):
    """Scores by the sigmoid of the logit that the head of another model gives to question and text.

    Args:
        model: The file or name of that model.
    """

    name = NAME
    title = "Reward model"
    help = f"A model with a head for it scores question and text. llama.cpp computes such heads for {SUPPORTED}."
    costs = "A reading of the whole text by that model; it generates nothing."
    blind_spot = (
        "It scores what it was trained to find good: a reranker knows what belongs to a question, not what is right."
    )

    def __init__(self, model: str = "") -> None:
        self._model = model.strip()

    def requests(self, problem: Problem, candidate: Candidate) -> Sequence[Trial]:
        """One reading of question and text."""
        text = candidate.text.strip()
        if not text:
            return ()
        prompt = Prompt((Message("user", problem.question), Message("assistant", text)))
        return [Trial(0, prompt, READING, seed=0, label=self.name, model=self._model, head=True)]

    def score(
        self, problem: Problem, candidate: Candidate, peers: Sequence[Candidate], replies: Sequence[Candidate]
    ) -> Score:
        """The sigmoid of the logit; None when there was nothing to read, or it was not read."""
        if not replies:
            return Score(None, "there is no text to judge")
        logit = replies[0].logit
        if logit is None or math.isnan(logit):
            return Score(None, SILENT.get(replies[0].finish_reason, "the model's head gives no number"))
        return Score(0.5 + 0.5 * math.tanh(logit / 2), f"the head's logit is {logit:+.2f}")
