"""How a search chooses its answer from the texts that it has written."""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from engine.selection import count_votes
from engine.strategies.base import Answer
from engine.strategies.search_tree import UNJUDGED, Node
from engine.types import Candidate


class Text(Struct, frozen=True):
    """A text, its value (None: nobody could tell), how often it was written, and how many steps it has."""

    candidate: Candidate
    value: float | None
    copies: int = 1
    depth: int = 1

    @property
    def standing(self) -> tuple[float, float]:
        """What texts are compared by: the value to nine places, then the model's own confidence."""
        mean = self.candidate.mean_logprob
        value = UNJUDGED if self.value is None else round(self.value, 9)
        return value, 0.0 if mean is None else min(1.0, math.exp(mean))


def as_text(node: Node) -> Text:
    """The text that ends with a node."""
    return Text(node.candidate, node.value, node.copies, node.depth)


def rank(node: Node) -> tuple[float, float]:
    """What nodes are compared by."""
    return as_text(node).standing


def choose_text(texts: Sequence[Text], *, by_vote: bool) -> Answer:
    """The answer of the best text that came to its end, or the one with the highest sum of values.

    A text that no verifier could judge counts as half right; between equals the model's own confidence decides.
    Without any finished text it is the one that is furthest, which gives no answer.
    """
    ended = [text for text in texts if text.candidate.is_whole]
    answered = [text for text in ended if text.candidate.vote is not None]
    if not answered:
        return _furthest(ended or texts)
    if by_vote:
        return _vote(answered)
    best = max(answered, key=lambda text: text.standing)
    if len(answered) == 1:
        return Answer(best.candidate.id, best.candidate.answer, f"The only finished text{_value_in_words(best)}.")
    return Answer(
        best.candidate.id, best.candidate.answer, f"The best of {len(answered)} finished texts{_value_in_words(best)}."
    )


def _vote(answered: Sequence[Text]) -> Answer:
    weights = {text.candidate.id: text.standing[0] * text.copies for text in answered}
    candidates = [text.candidate for text in answered]
    votes = count_votes(((c.id, c.vote, c.answer) for c in candidates), weights)
    top = votes[0]
    best = max((text for text in answered if text.candidate.id in top.candidates), key=lambda text: text.standing)
    reason = (
        f"{len(top.candidates)} of {len(answered)} finished texts say {top.answer}: values of {top.weight:.2f} in sum"
    )
    if len(votes) > 1:
        reason += f", against {votes[1].weight:.2f} for {votes[1].answer}"
    return Answer(best.candidate.id, top.answer, f"{reason}.")


def _furthest(texts: Sequence[Text]) -> Answer:
    if not texts:
        return Answer(None, None, "No step has been finished yet.")
    best = max(texts, key=lambda text: (text.depth, *text.standing))
    if best.candidate.is_whole:
        return Answer(best.candidate.id, None, "No text that came to its end gives an answer that can be recognised.")
    return Answer(best.candidate.id, None, "No text has come to an answer; this one is the furthest.")


def _value_in_words(text: Text) -> str:
    return ", which no verifier could judge" if text.value is None else f": value {text.value:.2f}"
