"""The stops of a slider: evenly spaced, or ever wider apart where a value spans orders of magnitude."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence

WIDE_SPAN = 50
_BINARY = (1, 1.25, 1.5, 1.75)
_DECIMAL = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)


def is_wide(minimum: float, maximum: float, whole: bool) -> bool:
    """Whether a logarithmic slider suits the bounds better than a linear one."""
    return whole and maximum - minimum > WIDE_SPAN


def linear_stops(minimum: float, maximum: float, whole: bool) -> list[float]:
    """At most about a hundred stops at a step that people count in: 1, 2 or 5 times a power of ten."""
    span = maximum - minimum
    if span <= 0:
        return [minimum]
    raw = span / 100
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)
    step = max(step, 1.0) if whole else step
    count = math.floor(span / step + 1e-9)
    return _closed([round(minimum + i * step, 10) for i in range(count + 1)], maximum)


def logarithmic_stops(minimum: float, maximum: float) -> list[float]:
    """Round whole numbers: powers of two and some between, or powers of ten when it goes beyond 1,024."""
    base, mantissas = (2, _BINARY) if maximum <= 1024 else (10, _DECIMAL)
    stops = {float(minimum)}
    power = 1
    while power <= maximum:
        stops.update(
            float(m * power) for m in mantissas if float(m * power).is_integer() if minimum < m * power < maximum
        )
        power *= base
    return _closed(sorted(stops), maximum)


def nearest(stops: Sequence[float], value: float) -> int:
    """The index of the stop that is closest to `value`."""
    right = bisect.bisect_left(stops, value)
    if right == 0:
        return 0
    if right == len(stops):
        return right - 1
    return right if stops[right] - value < value - stops[right - 1] else right - 1


def _closed(stops: list[float], maximum: float) -> list[float]:
    return stops if stops[-1] == maximum else [*stops, maximum]
