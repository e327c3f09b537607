"""What the simulated model would write: a tree of steps whose success rates are known exactly.

A sum or a product of two numbers is solved in three steps, each right with a known probability and otherwise off by a
little. Any other question is answered with one of a few options. So what a strategy should achieve can be worked out
on paper, and a check of the arithmetic sees every wrong step.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product

from msgspec import Struct

Texts = Mapping[str, float]

_TASK = re.compile(r"(\d{1,6})\s*([+x×*])\s*(\d{1,6})")


class SumPolicy(Struct, frozen=True):
    """Texts and their probabilities for a prompt. `right` is the success rate of one step."""

    right: float = 0.7

    def __call__(self, prompt: str) -> Texts:
        """The distribution over whole texts; it adds up to 1."""
        found = _TASK.findall(prompt)
        if not found:
            return self.options()
        a, sign, b = int(found[-1][0]), found[-1][1], int(found[-1][2])
        return self.sums(a, b) if sign == "+" else self.products(a, b)

    def sums(self, a: int, b: int) -> Texts:
        """Ones, tens, both together."""
        ones, tens = (a % 10, b % 10), (a - a % 10, b - b % 10)
        return self._three_steps(
            (f"Ones: {ones[0]} + {ones[1]}", sum(ones), 1), (f"Tens: {tens[0]} + {tens[1]}", sum(tens), 10)
        )

    def products(self, a: int, b: int) -> Texts:
        """The first number with the other's ones, with its tens, both together."""
        ones, tens = b % 10, b - b % 10
        return self._three_steps((f"First: {a} x {ones}", a * ones, 1), (f"Then: {a} x {tens}", a * tens, 10))

    def options(self) -> Texts:
        """Four options; the first is taken with the success rate."""
        wrong = (1 - self.right) / 3
        return {f"I think it is {o}. The answer is {o}.": self.right if o == "A" else wrong for o in "ABCD"}

    def _three_steps(self, one: tuple[str, int, int], two: tuple[str, int, int]) -> Texts:
        """A step is its words, its result and how far off it may be; one that builds on a wrong one can be right."""
        texts: dict[str, float] = {}
        for (off, p), (far, q), (slip, r) in product(self._slips(one[2]), self._slips(two[2]), self._slips(1)):
            first, second = one[1] + off, two[1] + far
            result = first + second + slip
            text = (
                f"{one[0]} = {first}. {two[0]} = {second}. Both: {second} + {first} = {result}. The answer is {result}."
            )
            texts[text] = texts.get(text, 0.0) + p * q * r
        return texts

    def _slips(self, size: int) -> tuple[tuple[int, float], ...]:
        wrong = (1 - self.right) / 2
        return (0, self.right), (-size, wrong), (size, wrong)
