"""The palettes: every colour of the window by what it is for, in three forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from widgets.theme_colours import blend

ThemeName = Literal["dark", "light", "contrast"]


@dataclass(frozen=True, slots=True)
class Theme:
    """A palette as hex strings. What is mixed from two of its colours is a property."""

    name: ThemeName
    background: str
    surface: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    good: str
    bad: str
    warn: str

    @property
    def is_dark(self) -> bool:
        """Whether light text stands on dark ground."""
        return self.name != "light"

    @property
    def is_strong(self) -> bool:
        """Whether every line has to be seen by somebody who sees little."""
        return self.name == "contrast"

    @property
    def hover(self) -> str:
        """The ground of a control under the pointer."""
        return blend(self.text, self.raised, 0.07)

    @property
    def pressed(self) -> str:
        """The ground of a control that is held down."""
        return blend(self.text, self.raised, 0.13)

    @property
    def accent_hover(self) -> str:
        """The ground of the primary action under the pointer."""
        return blend("#ffffff" if self.is_dark else "#000000", self.accent, 0.12)

    @property
    def accent_soft(self) -> str:
        """The ground of what is chosen in a list."""
        return blend(self.accent, self.surface, 0.18)

    @property
    def bad_tint(self) -> str:
        """The ground of what went wrong."""
        return blend(self.bad, self.surface, 0.14)

    @property
    def disabled(self) -> str:
        """Text and signs that cannot be used now."""
        return blend(self.muted, self.surface, 0.6)

    @property
    def handle(self) -> str:
        """Scroll bars, and the border of a field under the pointer."""
        return blend(self.muted, self.surface, 0.55)

    @property
    def edge(self) -> str:
        """The lines of a tree: calm on a picture that has many of them."""
        return blend(self.muted, self.background, 0.6 if self.is_strong else 0.42)


DARK = Theme(
    "dark", background="#0f1216", surface="#161a20", raised="#1d232b", line="#2a323d", text="#e8ebf0", muted="#98a3b3",
    accent="#56b4e9", on_accent="#07131c", good="#2bbf8f", bad="#e8744a", warn="#e69f00",
)  # fmt: skip
LIGHT = Theme(
    "light", background="#eef1f5", surface="#ffffff", raised="#f4f6f9", line="#d8dee6", text="#151a21", muted="#566171",
    accent="#0072b2", on_accent="#ffffff", good="#007a58", bad="#b84a00", warn="#946300",
)  # fmt: skip
CONTRAST = Theme(
    "contrast", background="#000000", surface="#000000", raised="#101010", line="#7a7a7a", text="#ffffff",
    muted="#d4d4d4", accent="#56b4e9", on_accent="#000000", good="#3ddba5", bad="#ff9466", warn="#f2b01e",
)  # fmt: skip
PALETTES = {theme.name: theme for theme in (DARK, LIGHT, CONTRAST)}
