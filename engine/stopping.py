"""When a vote is as good as decided, so that no more candidates need to be asked."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb


def lead_probability(first: int, second: int) -> float:
    """How probable it is that the answer that leads is really the more frequent of the two leading ones.

    1 - I_0.5(first + 1, second + 1): their shares are unknown, uniform beforehand (Adaptive-Consistency, Aggarwal et
    al. 2023, arXiv 2305.11860). Computed exactly: for whole numbers the incomplete beta function is a binomial sum.

    Args:
        first: Votes of the leading answer.
        second: Votes of the one behind it, at most `first`.
    """
    tosses = first + second + 1
    against = sum(comb(tosses, heads) for heads in range(first + 1, tosses + 1))
    return 1.0 - float(against / 2**tosses)


def is_settled(counts: Sequence[int], confidence: float) -> bool:
    """Whether the leading answer leads with at least this probability.

    Args:
        counts: Votes for each answer, the most frequent first.
        confidence: Between 0.5 and 1.
    """
    if not counts:
        return False
    return lead_probability(counts[0], counts[1] if len(counts) > 1 else 0) >= confidence


def is_certain(counts: Sequence[int], outstanding: int) -> bool:
    """Whether the answer that leads wins whatever the candidates say that have not voted yet.

    Args:
        counts: Votes for each answer, the most frequent first.
        outstanding: How many votes may still come.
    """
    if not counts:
        return False
    return counts[0] - (counts[1] if len(counts) > 1 else 0) > outstanding
