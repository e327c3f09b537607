"""How a tree search goes, and the two published formulas that it selects by."""

from __future__ import annotations

import math

from msgspec import Struct


class SearchRules(Struct, frozen=True):
    """How the search goes.

    `puct` selects by PUCT, otherwise by UCT. `rollouts` evaluates a leaf by writing on to the end, otherwise by the
    scores of its steps. `back_up_best` makes Q the highest value below a node, otherwise the mean. `choose` is "value",
    "visits" or "vote".
    """

    simulations: int
    at_once: int
    children: int
    exploration: float
    puct: bool
    rollouts: bool
    back_up_best: bool
    choose: str

    @property
    def revisits(self) -> bool:
        """Whether the search goes where it knows everything already; only where visits decide the answer.

        By the book a text that has ended is visited again whenever the formula says so, and its value backed up once
        more, though nothing is learnt: so visits gather at what is good. Without that they would gather where the tree
        is large. No other way of choosing looks at visits, so there each simulation goes to something new.
        """
        return self.choose == "visits"

    def quality(self, total: float, best: float, visits: int, in_flight: int) -> float:
        """Q: the mean of the values backed up, or the highest, with simulations in flight counted as lost."""
        if not visits + in_flight:
            return 0.0
        return (best * visits if self.back_up_best else total) / (visits + in_flight)

    def merit(self, quality: float, prior: float, visits: int, of: int) -> float:
        """UCT, Q + c sqrt(ln N / n), infinite for n = 0 (Kocsis and Szepesvári 2006); or PUCT.

        PUCT is Q + c P sqrt(N) / (1 + n) (Silver et al. 2017, AlphaGo Zero).

        Args:
            quality: Q.
            prior: P, in [0, 1].
            visits: n, those in flight included.
            of: N, the same of the parent.
        """
        if self.puct:
            return quality + self.exploration * prior * math.sqrt(of) / (1 + visits)
        return quality + self.exploration * math.sqrt(math.log(of) / visits) if visits else math.inf
