"""What judges make of the model's replies: one thing asked about in one or two ways becomes one score."""

from __future__ import annotations

from collections.abc import Sequence

from engine.types import Candidate, FinishReason, Prompt, Score, Trial
from engine.verifiers.ask import Ask

SILENT: dict[FinishReason, str] = {
    "error": "too long to be judged: it does not fit into the context",
    "abort": "the run ended before the model could judge",
}
"""Why a judge's model has said nothing, by how its reply ended."""


def judge_trial(name: str, ask: Ask, prompt: Prompt, model: str) -> Trial:
    """The request that asks `prompt` of `model`. The jury gives it an id; `name` is the verifier's."""
    return Trial(0, prompt, ask.sampling, seed=0, label=f"{name}: {ask.name}", model=model)


def judgement(asks: Sequence[Ask], replies: Sequence[Candidate]) -> Score:
    """The mean of what the replies to `asks` say of one thing; None where one of them says nothing."""
    opinions = []
    for ask, reply in zip(asks, replies, strict=True):
        opinion = ask.read(reply)
        if opinion is None:
            return Score(None, SILENT.get(reply.finish_reason, "the model's answer is no judgement"))
        opinions.append(opinion)
    value = sum(opinion.value for opinion in opinions) / len(opinions)
    return Score(value, "; ".join(opinion.words for opinion in opinions))
