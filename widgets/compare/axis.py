"""The cost axis that all contestants share: from nothing to the dearest run, with round numbers on it."""

from __future__ import annotations

import math

from msgspec import Struct

from engine.contest.course import Unit
from widgets.translation import later

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
UNIT_WORDS: dict[Unit, str] = {"tokens": later("tokens"), "seconds": "s", "joules": "J"}


class Axis(Struct, frozen=True):
    """A scale from 0 to `top` in a unit; a top of 0 says that nothing is known yet.

    `bound` is a budget in that unit, where there is one for all.
    """

    unit: Unit = "tokens"
    top: float = 0.0
    bound: float | None = None

    @classmethod
    def around(cls, unit: Unit, largest: float, bound: float | None = None) -> Axis:
        """An axis that holds `largest`, and its bound where that is not far beyond."""
        if bound is not None and bound > 2 * largest:
            bound = None
        return cls(unit, max(largest, bound or 0.0), bound)

    def share(self, value: float) -> float:
        """Where a value stands, from 0 to 1."""
        return min(1.0, max(0.0, value / self.top)) if self.top else 0.0

    def ticks(self, most: int) -> list[float]:
        """Round values on the axis, 0 first, at most `most` of them."""
        if not self.top:
            return [0.0]
        rough = self.top / max(1, most - 1)
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * step for step in STEPS if power * step >= rough * 0.999)
        if self.unit == "tokens":
            step = max(1.0, round(step))
        return [i * step for i in range(int(self.top / step + 1e-9) + 1)]

    def words(self, value: float) -> str:
        """A value of the axis as it is written below it."""
        return f"{value:,.0f}" if value == round(value) else f"{value:,.10g}"
