"""The style sheet of the application: `resources/theme/application.qss` with the tokens of a theme put in."""

from __future__ import annotations

from functools import lru_cache
from string import Template
from typing import TYPE_CHECKING

from widgets.theme_colours import blend
from widgets.theme_fonts import MONO, RESOURCES

if TYPE_CHECKING:
    from widgets.theme import Theme


@lru_cache(maxsize=1)
def _template() -> Template:
    return Template((RESOURCES / "theme" / "application.qss").read_text(encoding="utf-8"))


def build_stylesheet(theme: Theme, scale: float) -> str:
    """The style sheet of `theme` with type and controls `scale` times as large."""
    colours = {name: getattr(theme, name) for name in theme.__dataclass_fields__ if name != "name"}
    shades = {
        "hover": theme.hover,
        "pressed": blend(theme.text, theme.raised, 0.13),
        "accent_hover": blend("#ffffff" if theme.is_dark else "#000000", theme.accent, 0.12),
        "accent_soft": blend(theme.accent, theme.surface, 0.18),
        "disabled": blend(theme.muted, theme.surface, 0.6),
        "handle": blend(theme.muted, theme.surface, 0.55),
    }
    sizes = {
        name: f"{round(size * scale)}px"
        for name, size in {
            "s11": 11, "s12": 12, "s13": 13, "s15": 15, "s20": 20, "s28": 28, "control": 28, "inner": 26,
        }.items()
    }  # fmt: skip
    sizes["spacing"] = f"{0.66 * scale:.2f}px"
    icons = (RESOURCES / "theme").as_posix()
    return _template().substitute(colours, **shades, **sizes, icons=icons, ink=theme.name, mono=MONO)
