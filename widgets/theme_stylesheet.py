"""The style sheet of the application: `resources/theme/application.qss` with the tokens of a theme put in."""

from __future__ import annotations

import re
from functools import lru_cache
from string import Template
from typing import TYPE_CHECKING

from widgets.theme_fonts import MONO, RESOURCES

if TYPE_CHECKING:
    from widgets.theme_tokens import Theme


SHADES = ("hover", "pressed", "accent_hover", "accent_soft", "disabled", "handle")
SIZES = {"s11": 11, "s12": 12, "s13": 13, "s15": 15, "s20": 20, "s28": 28, "control": 28, "inner": 26, "ringed": 24}


# Boxes, arrows and handles grow with type; hair lines and the space between things do not.
_GROWING = re.compile(r"(?<=[ {])((?:min-|max-)?(?:width|height)|border(?:-\w+)*|padding-right|margin): (-?\d+)px")
_RULE = re.compile(r"\{[^{}]*\}")
_SIDE, _BORDER = re.compile(r"(?<=[ {])(?:width|height): (\d+)px"), re.compile(r"(?<=[ {])border: (\d+)px")
_RADIUS = re.compile(r"(?<=[ {])border-radius: (\d+)px")
LEAST_GROWING = 4
NARROW_TABS = 1.6  # from this size of type on there is little room between tabs


@lru_cache(maxsize=16)
def _template(name: str, scale: float) -> Template:
    text = (RESOURCES / "theme" / name).read_text(encoding="utf-8")
    grown = _GROWING.sub(lambda found: _grown(found, scale), text)
    return Template(_RULE.sub(lambda rule: _rounded(rule[0]), grown))


def _grown(found: re.Match[str], scale: float) -> str:
    size = int(found[2])
    grows = size < 0 if found[1] == "margin" else size >= LEAST_GROWING
    return f"{found[1]}: {round(size * scale) if grows else size}px"


def _rounded(rule: str) -> str:
    """A rule whose corners are no rounder than its box is large: Qt would draw them square."""
    sides, border = [int(side) for side in _SIDE.findall(rule)], _BORDER.search(rule)
    if not sides:
        return rule
    most = min(sides) // 2 + (int(border[1]) if border else 0)
    return _RADIUS.sub(lambda radius: f"border-radius: {min(int(radius[1]), most)}px", rule)


def _knobs(scale: float) -> dict[str, str]:
    """The handles of sliders, plain and in a ring: as wide as groove and overhang make them high, and round."""
    groove, out, sizes = round(4 * scale), round(5 * scale), dict[str, str]()
    for name, ring, more in (("knob", 0, 0), ("ringed_knob", 2, 1), ("strong_knob", 3, 2)):
        across = groove + 2 * (out + more)
        sizes |= {
            name: f"{across - 2 * ring}px", f"{name}_out": f"-{out + more}px", f"{name}_round": f"{across // 2}px"
        }  # fmt: skip
    return sizes


def build_stylesheet(theme: Theme, scale: float) -> str:
    """The style sheet of `theme` with type and controls `scale` times as large."""
    colours = {name: getattr(theme, name) for name in (*theme.__dataclass_fields__, *SHADES) if name != "name"}
    sizes = {name: f"{round(size * scale)}px" for name, size in SIZES.items()}
    sizes |= _knobs(scale)
    sizes["spacing"] = f"{0.66 * scale:.2f}px"
    sizes["tabgap"] = "20px" if scale < NARROW_TABS else "8px"
    sizes["bar"] = f"{round(6 + 4 * scale)}px"
    tokens = {
        **colours,
        **sizes,
        "icons": (RESOURCES / "theme").as_posix(),
        "ink": "dark" if theme.is_dark else "light",
        "mono": MONO,
    }
    sheets = ["application.qss", *(["contrast.qss"] if theme.is_strong else [])]
    return "\n".join(_template(sheet, scale).substitute(tokens) for sheet in sheets)
