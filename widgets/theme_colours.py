"""Colours by meaning: contrast, answers, token probability and values."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from PySide6.QtGui import QColor

OKABE_ITO = ("#56b4e9", "#e69f00", "#cc79a7", "#009e73", "#d55e00", "#f0e442", "#0072b2")
OTHER_ANSWERS = "#8d97a5"
TEXT_CONTRAST = 4.5

# Nine evenly spaced samples of matplotlib's viridis (CC0), enough for linear interpolation without a visible step.
_VIRIDIS = (
    (68, 1, 84),
    (71, 44, 122),
    (59, 81, 139),
    (44, 113, 142),
    (33, 144, 141),
    (39, 173, 129),
    (92, 200, 99),
    (170, 220, 50),
    (253, 231, 37),
)


class AnswerColour(NamedTuple):
    """One answer's colour as border and bar (`line`), chip background (`tint`) and readable `text` upon the tint."""

    line: str
    tint: str
    text: str


class ProbabilityMark(NamedTuple):
    """How a token is marked: a background and an underline, both None when there is nothing to point at."""

    background: str | None
    underline: str | None


@lru_cache(maxsize=1024)
def qcolor(name: str) -> QColor:
    """The QColor of a hex colour, made once. Treat it as constant."""
    return QColor(name)


def luminance(colour: str) -> float:
    """The relative luminance of a colour, 0 (black) to 1 (white). Source: WCAG 2.2."""
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return float(channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4)


def contrast_ratio(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21; text needs 4.5. Source: WCAG 2.2."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(maxsize=1024)
def blend(over: str, under: str, opacity: float) -> str:
    """The opaque colour that `over` at `opacity` (0 to 1) gives on `under`."""
    channels = ((int(over[i : i + 2], 16), int(under[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a * opacity + b * (1 - opacity)):02x}" for a, b in channels)


@lru_cache(maxsize=256)
def readable(colour: str, background: str) -> str:
    """`colour`, moved towards white or black just far enough to be read as text on `background`."""
    towards = "#ffffff" if luminance(background) < 0.18 else "#000000"
    steps = (blend(towards, colour, step / 20) for step in range(21))
    return next((shade for shade in steps if contrast_ratio(shade, background) >= TEXT_CONTRAST), towards)


@lru_cache(maxsize=256)
def ink_on(fill: str) -> str:
    """Black or white, whichever is read better on a colour that stands for a value."""
    return "#ffffff" if contrast_ratio("#ffffff", fill) > contrast_ratio("#000000", fill) else "#000000"


@lru_cache(maxsize=256)
def answer_shades(index: int, surface: str) -> AnswerColour:
    """The colours of the answer that came `index`-th in a run, on a surface. Beyond seven answers all are grey."""
    colour = OKABE_ITO[index] if index < len(OKABE_ITO) else OTHER_ANSWERS
    tint = blend(colour, surface, 0.2)
    line = colour if contrast_ratio(colour, surface) >= 3 or luminance(surface) > 0.5 else blend("#ffffff", colour, 0.3)
    return AnswerColour(line, tint, readable(line, tint))


@lru_cache(maxsize=8)
def probability_marks(surface: str) -> tuple[ProbabilityMark, ...]:
    """The five marks on a surface, likeliest first: none, faint amber, amber, vermilion, vermilion underlined."""
    amber, vermilion = "#e69f00", "#d55e00"
    return (
        ProbabilityMark(None, None),
        ProbabilityMark(blend(amber, surface, 0.16), None),
        ProbabilityMark(blend(amber, surface, 0.34), None),
        ProbabilityMark(blend(vermilion, surface, 0.45), None),
        ProbabilityMark(blend(vermilion, surface, 0.45), vermilion),
    )


def probability_step(p: float) -> int:
    """Which of the five marks a token of probability `p` gets: 0 above 0.9, 4 (underlined) below 0.25."""
    if p > 0.9:
        return 0
    if p > 0.65:
        return 1
    if p > 0.4:
        return 2
    return 3 if p >= 0.25 else 4


@lru_cache(maxsize=1024)
def viridis(value: float) -> str:
    """The viridis colour of a value in [0, 1]; values outside are clamped."""
    place = min(1.0, max(0.0, value)) * (len(_VIRIDIS) - 1)
    low = min(int(place), len(_VIRIDIS) - 2)
    part = place - low
    return "#" + "".join(
        f"{round(a + (b - a) * part):02x}" for a, b in zip(_VIRIDIS[low], _VIRIDIS[low + 1], strict=True)
    )
