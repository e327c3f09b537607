"""How a model is asked for a judgement in one word, and how the answer is read from that word's probabilities.

The words are weighed by their probabilities instead of being drawn: P(Yes) against P(No) as in Kadavath et al. 2022
(arXiv 2207.05221), or the expected grade as in G-Eval (Liu et al. 2023, arXiv 2303.16634).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from engine.types import Candidate, Sampling

RARE = 0.1  # what share of all probability the expected words have where it is worth a remark


class Opinion(Struct, frozen=True):
    """What one answer of a judge comes to: `value` in [0, 1], 1 is right, and how it is told to people."""

    value: float
    words: str


class Ask(Struct, frozen=True):
    """One way to ask for a judgement of something.

    `text` is the question, with a place for what is judged; `words` are its possible answers and `worth` what each of
    them says of the thing, 1 being right. `told` puts the value into words, after it was scaled to `span`.
    """

    name: str
    text: str
    words: tuple[str, ...]
    worth: tuple[float, ...]
    told: str
    span: tuple[float, float]

    @property
    def sampling(self) -> Sampling:
        """One token, the likeliest, and how likely each spelling of each word was."""
        watch = tuple(spelling for word in self.words for spelling in _spellings(word))
        return Sampling(0.0, 0, 1.0, 0.0, 1.0, max_tokens=1, alternatives=0, watch=watch)

    def word(self, *, right: bool) -> str:
        """The word with which somebody answers who is certain."""
        return self.words[self.worth.index(1.0 if right else 0.0)]

    def read(self, reply: Candidate) -> Opinion | None:
        """The mean worth of the words by their probabilities, or None where none of them had any."""
        shares = self._shares(reply.watched)
        total = sum(shares)
        if total <= 0:
            return None
        value = sum(share * worth for share, worth in zip(shares, self.worth, strict=True)) / total
        low, high = self.span
        words = self.told.format(low + (high - low) * value)
        return Opinion(value, f"{words} (an answer in other words was likelier)" if total < RARE else words)

    def _shares(self, watched: Sequence[float]) -> list[float]:
        """The probability of each word. Spellings with the same first token have the very same one: it counts once."""
        shares, start = [], 0
        for word in self.words if watched else ():
            end = start + len(_spellings(word))
            shares.append(sum(math.exp(logprob) for logprob in set(watched[start:end])))
            start = end
        return shares


_IS_RIGHT = Ask(
    "is it right", "Is {} right? Say Yes or No.", ("Yes", "No"), (1.0, 0.0), "yes {:.2f}", (0.0, 1.0)
)  # fmt: skip
_IS_WRONG = Ask(
    "is it wrong", "Is {} wrong? Say Yes or No.", ("Yes", "No"), (0.0, 1.0),
    "asked the other way round: no {:.2f}", (0.0, 1.0),
)  # fmt: skip
_GRADES, _RISING = ("1", "2", "3", "4", "5"), (0.0, 0.25, 0.5, 0.75, 1.0)
_BEST_IS_5 = Ask(
    "5 is best", "Grade {} from 1 (certainly wrong) to 5 (certainly right). Say only the number.",
    _GRADES, _RISING, "grade {:.1f} of 5", (1.0, 5.0),
)  # fmt: skip
_BEST_IS_1 = Ask(
    "1 is best", "Grade {} from 1 (certainly right) to 5 (certainly wrong). Say only the number.",
    _GRADES, _RISING[::-1], "with 1 as the best grade: {:.1f}", (5.0, 1.0),
)  # fmt: skip

SCALES: dict[str, tuple[Ask, Ask]] = {"yes-no": (_IS_RIGHT, _IS_WRONG), "grade-1-to-5": (_BEST_IS_5, _BEST_IS_1)}
"""By the name of the scale: the plain way to ask, and the other way round, which a yes-sayer answers wrongly."""


def asks_of(scale: str, both_ways: bool) -> tuple[Ask, ...]:
    """The ways to ask that a judge uses.

    Both ways together cancel the habit of saying yes, or of preferring one end of a scale, as swapping places does in
    comparisons (Zheng et al. 2023, arXiv 2306.05685).
    """
    return SCALES[scale] if both_ways else SCALES[scale][:1]


def _spellings(word: str) -> tuple[str, ...]:
    written = dict.fromkeys((word, word.lower(), word.upper()))
    return tuple(spelling for each in written for spelling in (each, f" {each}"))
