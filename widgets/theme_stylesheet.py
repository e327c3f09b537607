"""The style sheet of the application: `resources/theme/application.qss` with the tokens of a theme put in."""

from __future__ import annotations

from functools import lru_cache
from string import Template
from typing import TYPE_CHECKING

from widgets.theme_fonts import MONO, RESOURCES

if TYPE_CHECKING:
    from widgets.theme_tokens import Theme


SHADES = ("hover", "pressed", "accent_hover", "accent_soft", "disabled", "handle")
SIZES = {"s11": 11, "s12": 12, "s13": 13, "s15": 15, "s20": 20, "s28": 28, "control": 28, "inner": 26, "ringed": 24}


@lru_cache(maxsize=2)
def _template(name: str) -> Template:
    return Template((RESOURCES / "theme" / name).read_text(encoding="utf-8"))


def build_stylesheet(theme: Theme, scale: float) -> str:
    """The style sheet of `theme` with type and controls `scale` times as large."""
    colours = {name: getattr(theme, name) for name in (*theme.__dataclass_fields__, *SHADES) if name != "name"}
    sizes = {name: f"{round(size * scale)}px" for name, size in SIZES.items()}
    sizes["spacing"] = f"{0.66 * scale:.2f}px"
    tokens = {
        **colours,
        **sizes,
        "icons": (RESOURCES / "theme").as_posix(),
        "ink": "dark" if theme.is_dark else "light",
        "mono": MONO,
    }
    sheets = ["application.qss", *(["contrast.qss"] if theme.is_strong else [])]
    return "\n".join(_template(sheet).substitute(tokens) for sheet in sheets)
