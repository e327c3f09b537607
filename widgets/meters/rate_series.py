"""Tokens a second over a run, in at most `MOST_BINS` bins however long the run is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

Sample = tuple[float, int, float]
MOST_BINS = 160
FIRST_WIDTH = 0.1
RECENT_SECONDS = 1.0


class RateSeries:
    """Folds the (t, tokens, step seconds) of decode steps into equal bins of time, reading each sample once.

    A step's tokens are spread over the time the step took, so that a slow step of many tokens is no spike. When the
    bins are full, neighbours are joined and the width doubles.
    """

    def __init__(self) -> None:
        self.width = FIRST_WIDTH
        self._tokens: list[float] = []
        self._read = 0
        self._newest = 0.0
        self._source: Sequence[Sample] | None = None

    def follow(self, samples: Sequence[Sample]) -> bool:
        """Takes in what is new; starts again for another run. True when something has changed."""
        changed = False
        if samples is not self._source or len(samples) < self._read:
            changed = bool(self._tokens)
            self.width, self._tokens, self._read, self._source = FIRST_WIDTH, [], 0, samples
        for t, tokens, seconds in samples[self._read :]:
            self._add(t, tokens, seconds)
            changed = True
        self._read = len(samples)
        return changed

    def rates(self) -> tuple[list[float], list[float]]:
        """(middle of each bin in seconds, tokens a second), the unfinished last bin left out when there are others."""
        bins = self._tokens[:-1] if len(self._tokens) > 1 else self._tokens
        return [(i + 0.5) * self.width for i in range(len(bins))], [tokens / self.width for tokens in bins]

    def totals(self) -> tuple[list[float], list[float]]:
        """(end of each bin in seconds, all tokens until then), from nothing at the beginning to the newest step."""
        if not self._tokens:
            return [], []
        ends = [i * self.width for i in range(len(self._tokens))]
        return [*ends, self._newest], [0.0, *accumulate(self._tokens)]

    def _add(self, t: float, tokens: int, seconds: float) -> None:
        start = max(0.0, t - seconds)
        self._newest = t
        while t / self.width >= MOST_BINS:
            self._halve()
        first, last = int(start / self.width), int(t / self.width)
        self._tokens.extend([0.0] * (last + 1 - len(self._tokens)))
        span = t - start
        if first == last or span <= 0:
            self._tokens[last] += tokens
            return
        for i in range(first, last + 1):
            overlap = min(t, (i + 1) * self.width) - max(start, i * self.width)
            self._tokens[i] += tokens * overlap / span

    def _halve(self) -> None:
        self._tokens = [sum(self._tokens[i : i + 2]) for i in range(0, len(self._tokens), 2)]
        self.width *= 2


def recent_rate(samples: Sequence[Sample], window: float = RECENT_SECONDS, since: float | None = None) -> float | None:
    """Tokens a second of the run clock over the last `window` seconds; None before it can be told.

    Args:
        samples: The steps of the run.
        window: How far back to look; of a step that began before, only the share within counts.
        since: When the first token came. The time before it belongs to the prompt, which may be long or cached: it
            would make a run that has just begun to write look slow or absurdly fast.
    """
    if not samples or (since is not None and samples[-1][0] <= since):
        return None
    newest = samples[-1][0]
    start = newest - window if since is None else max(newest - window, since)
    tokens, began = 0.0, newest
    for i in range(len(samples) - 1, -1, -1):
        t, count, seconds = samples[i]
        began = samples[i - 1][0] if i else t - seconds
        span = t - began
        tokens += count * (min(1.0, (t - start) / span) if span > 0 else 1.0)
        if began <= start:
            break
    span = newest - max(start, began)
    return tokens / span if tokens and span > 0 else None


def mean_rate(samples: Sequence[Sample]) -> float | None:
    """Tokens a second of the run clock, from the step that gave the first token to the last; None without tokens."""
    first = next((i for i, sample in enumerate(samples) if sample[1]), None)
    if first is None:
        return None
    span = samples[-1][0] - (samples[first - 1][0] if first else samples[0][0] - samples[0][2])
    tokens = sum(count for _, count, _ in samples)
    return tokens / span if span > 0 else None
