"""Numbers as people read them; what is not known is a dash, never a zero."""

from __future__ import annotations

import math

UNKNOWN = "–"
_PREFIXES = ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def count(value: float | None) -> str:
    """A whole number with separators of thousands."""
    return UNKNOWN if value is None else f"{round(value):,}"


def seconds(value: float | None) -> str:
    """Seconds, with as many decimals as make sense."""
    if value is None:
        return UNKNOWN
    return f"{value:.2f} s" if value < 10 else f"{value:,.1f} s"


def rough(value: float) -> float:
    """An estimate: two digits of it; more would say that it is known better than it is, and change all the time."""
    return 0.0 if value == 0 else round(value, 1 - math.floor(math.log10(abs(value))))


def prefixed(value: float | None, unit: str) -> str:
    """A number with an SI prefix, three digits long."""
    if value is None:
        return UNKNOWN
    for size, prefix in _PREFIXES:
        if abs(value) >= size:
            return f"{_three(value / size)} {prefix}{unit}"
    return f"{_three(value)} {unit}"


def price(value: float | None, currency: str) -> str:
    """Money, with two digits that say something however small it is."""
    if value is None:
        return UNKNOWN
    if value == 0:
        return f"{currency} 0"
    decimals = max(2, 1 - math.floor(math.log10(abs(value))))
    return f"{currency} {value:,.{min(decimals, 9)}f}"


def size(value: float | None) -> str:
    """Bytes in decimal units, as model files are described."""
    return prefixed(value, "B")


def _three(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
