"""What the simulated model would write: a tree of steps whose success rates are known exactly.

A sum of two numbers is solved in three steps (ones, tens, both), each right with a known probability and otherwise off
by a little. Any other question is answered with one of a few options. So what a strategy should achieve can be worked
out on paper, and a check of the arithmetic sees every wrong step.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product

from msgspec import Struct

Texts = Mapping[str, float]

_SUM = re.compile(r"(\d{1,6})\s*\+\s*(\d{1,6})")


class SumPolicy(Struct, frozen=True):
    """Texts and their probabilities for a prompt. `right` is the success rate of one step."""

    right: float = 0.7

    def __call__(self, prompt: str) -> Texts:
        """The distribution over whole texts; it adds up to 1."""
        found = _SUM.findall(prompt)
        return self.sums(int(found[-1][0]), int(found[-1][1])) if found else self.options()

    def sums(self, a: int, b: int) -> Texts:
        """Three steps and the answer. A step that builds on a wrong one can still be right in itself."""
        texts: dict[str, float] = {}
        for (ones, p), (tens, q), (slip, r) in product(self._slips(1), self._slips(10), self._slips(1)):
            first, second = a % 10 + b % 10 + ones, a - a % 10 + b - b % 10 + tens
            result = first + second + slip
            text = (
                f"Ones: {a % 10} + {b % 10} = {first}. Tens: {a - a % 10} + {b - b % 10} = {second}. "
                f"Both: {second} + {first} = {result}. The answer is {result}."
            )
            texts[text] = texts.get(text, 0.0) + p * q * r
        return texts

    def options(self) -> Texts:
        """Four options; the first is taken with the success rate."""
        wrong = (1 - self.right) / 3
        return {f"I think it is {o}. The answer is {o}.": self.right if o == "A" else wrong for o in "ABCD"}

    def _slips(self, size: int) -> tuple[tuple[int, float], ...]:
        wrong = (1 - self.right) / 2
        return (0, self.right), (-size, wrong), (size, wrong)
