"""How sure a model was of a text: running figures of its tokens, and DeepConf's groups of tokens in a row.

Token confidence is -mean log p of the 20 likeliest tokens, a group's is the mean of it over a sliding window (Fu et
al. 2025, “Deep Think with Confidence”, arXiv 2508.15260).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import isfinite

from engine.types import Confidence

TOP = 20  # the likeliest tokens that make up a token's confidence, as in the paper
LONGEST_GROUP, SHORTEST_GROUP = 2048, 8
GROUPS = 8  # about as many groups side by side as the paper's window makes of its traces


def group_size(tokens: float) -> int:
    """How many tokens make a group in texts of that length: an eighth of it, from 8 to the paper's 2,048.

    The paper's window never fills on short texts, and a mean over the whole text cannot show a weak passage.
    """
    return max(SHORTEST_GROUP, min(LONGEST_GROUP, round(tokens / GROUPS)))


def group_means(confidences: Sequence[float], size: int) -> list[float]:
    """The sliding mean over `size` tokens in a row; of a shorter text the mean of all. Empty without tokens.

    Args:
        confidences: DeepConf's confidence of each token, in order.
        size: Tokens in a group, at least 1.
    """
    if not confidences:
        return []
    size = min(size, len(confidences))
    sums = [0.0, *accumulate(confidences)]
    return [_mean(sums, end, size) for end in range(size, len(sums))]


class ConfidenceMeter:
    """Collects the figures of one text's tokens as they are drawn."""

    def __init__(self) -> None:
        self._tokens: list[float] = []
        self._sums = [0.0]  # of the first 0, 1, 2, ... tokens' confidences: any group's mean is a difference
        self._entropy = self._self_certainty = 0.0

    def add(self, entropy: float, self_certainty: float, confidence: float) -> None:
        """Takes the next token's figures, each of the model's own distribution."""
        self._entropy += entropy
        self._self_certainty += self_certainty
        self._tokens.append(confidence)
        self._sums.append(self._sums[-1] + confidence)

    @property
    def tokens(self) -> tuple[float, ...]:
        """DeepConf's confidence of each token so far."""
        return tuple(self._tokens)

    def is_below(self, floor: float, size: int) -> bool:
        """Whether the newest group of `size` tokens is full and its mean is below `floor`."""
        end = len(self._tokens)
        return 0 < size <= end and _mean(self._sums, end, size) < floor

    def result(self, size: int = 0) -> Confidence | None:
        """The figures of all tokens so far, in groups of `size` (0: by their number).

        None before the first token, and where a figure is not a number.
        """
        count = len(self._tokens)
        if not count:
            return None
        groups = group_means(self._tokens, size or group_size(count))
        figures = (self._entropy / count, self._self_certainty / count, min(groups), groups[-1])
        return Confidence(*(round(figure, 4) for figure in figures)) if all(map(isfinite, figures)) else None


def _mean(sums: Sequence[float], end: int, size: int) -> float:
    return (sums[end] - sums[end - size]) / size
