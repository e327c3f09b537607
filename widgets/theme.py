"""The design system: colours, sizes and type of the whole window, in three forms: dark, light, high contrast.

Widgets read `current_theme()` when they paint and listen to `THEMES.theme_changed` to paint again. Style sheet roles:
`set_role(label, "title" | "muted" | "number" | "mono")`, buttons `set_kind(button, "primary" | "normal" | "quiet")`.
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from widgets.theme_colours import (
    AnswerColour,
    ProbabilityMark,
    answer_shades,
    blend,
    contrast_ratio,
    ink_on,
    probability_marks,
    probability_step,
    qcolor,
    readable,
    viridis,
)
from widgets.theme_fonts import BOLD, MEDIUM, MONO, REGULAR, RESOURCES, SANS, load_fonts, make_font, make_title_font
from widgets.theme_tokens import CONTRAST, DARK, LIGHT, PALETTES, Theme, ThemeName

Role = Literal["title", "muted", "fact", "number", "mono", "code", "strong", "error"]
Kind = Literal["primary", "normal", "quiet"]

SIZE_TINY, SIZE_SMALL, SIZE_BODY, SIZE_LARGE, SIZE_HEAD, SIZE_HERO = 11, 12, 13, 15, 20, 28
SPACE_XS, SPACE_S, SPACE_M, SPACE_L, SPACE_XL = 4, 8, 12, 16, 24
RADIUS, CARD_RADIUS, CONTROL_HEIGHT, MOTION_MS = 8, 10, 30, 200


class ThemeSource(QObject):
    """Holds the theme and the type scale of the moment, and tells when either has changed."""

    theme_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.theme = DARK
        self.scale = 1.0


THEMES = ThemeSource()


def current_theme() -> Theme:
    """The theme to paint with."""
    return THEMES.theme


def set_theme(name: ThemeName) -> None:
    """Goes over to a theme: application palette, style sheet, title bars, and every widget that listens."""
    if PALETTES[name] is not THEMES.theme:
        THEMES.theme = PALETTES[name]
        _apply()


def set_type_scale(scale: float) -> None:
    """Makes all type larger or smaller (1 is normal), for presenting."""
    if scale != THEMES.scale:
        THEMES.scale = scale
        _apply()


def install_theme(app: QApplication, name: ThemeName) -> None:
    """Gives a new application its style, fonts and theme. Called once, before the first window."""
    app.setStyle("Fusion")
    app.focusChanged.connect(_on_focus_changed)
    THEMES.theme = PALETTES[name]
    _apply()


def system_theme_name() -> ThemeName:
    """What the desktop asks for; dark when it does not say."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return "dark"
    hints = app.styleHints()
    hints.unsetColorScheme()  # what was chosen here last would come back as what the desktop wants
    if hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast:
        return "contrast"
    return "light" if hints.colorScheme() == Qt.ColorScheme.Light else "dark"


def px(size: int) -> int:
    """A design size in pixels at the type scale of the moment."""
    return round(size * THEMES.scale)


def font(size: int = SIZE_BODY, weight: QFont.Weight = REGULAR, *, mono: bool = False) -> QFont:
    """A font of the design at the type scale of the moment, with tabular figures."""
    return make_font(px(size), weight, mono=mono)


def title_font() -> QFont:
    """The font of section titles."""
    return make_title_font(px(SIZE_TINY))


def answer_colour(index: int) -> AnswerColour:
    """The colours of the answer that arrived `index`-th in a run: equal answers have equal colours everywhere."""
    return answer_shades(index, current_theme().surface)


def probability_mark(p: float) -> ProbabilityMark:
    """The mark of a token of probability `p`: (background, underline), both None above 0.9."""
    return probability_marks(current_theme().surface)[probability_step(p)]


def set_role(widget: QWidget, role: Role) -> None:
    """Gives a label its place in the type system."""
    _set_property(widget, "role", role)


def set_kind(button: QAbstractButton, kind: Kind) -> None:
    """Makes a button the one primary action, a normal one, or a quiet one without a box."""
    _set_property(button, "kind", kind)


def stylesheet(theme: Theme) -> str:
    """One style sheet for the whole application."""
    from widgets.theme_stylesheet import build_stylesheet
    from widgets.window_style import window_stylesheet

    return build_stylesheet(theme, THEMES.scale) + window_stylesheet(theme, THEMES.scale)


def palette(theme: Theme) -> QPalette:
    """The same colours as a palette, for what no style sheet reaches."""
    roles = QPalette.ColorRole
    out = QPalette()
    for role, colour in (
        (roles.Window, theme.background), (roles.WindowText, theme.text), (roles.Base, theme.raised),
        (roles.AlternateBase, theme.surface), (roles.Text, theme.text), (roles.Button, theme.raised),
        (roles.ButtonText, theme.text), (roles.BrightText, theme.bad), (roles.Highlight, theme.accent),
        (roles.HighlightedText, theme.on_accent), (roles.Link, theme.accent), (roles.ToolTipBase, theme.raised),
        (roles.ToolTipText, theme.text), (roles.PlaceholderText, theme.muted), (roles.Mid, theme.line),
        (roles.Dark, theme.line), (roles.Light, theme.raised), (roles.Accent, theme.accent),
    ):  # fmt: skip
        out.setColor(role, qcolor(colour))
    for role in (roles.Text, roles.ButtonText, roles.WindowText):
        out.setColor(QPalette.ColorGroup.Disabled, role, qcolor(theme.disabled))
    return out


def _apply() -> None:
    app = QApplication.instance()
    if isinstance(app, QApplication):
        load_fonts()
        scheme = Qt.ColorScheme.Dark if THEMES.theme.is_dark else Qt.ColorScheme.Light
        app.styleHints().setColorScheme(scheme)
        app.setStyleSheet("")  # Qt replaces none by one in a quarter of the time that it takes to replace one by one
        app.setPalette(palette(THEMES.theme))
        app.setFont(font())
    THEMES.theme_changed.emit()
    if isinstance(app, QApplication):
        app.setStyleSheet(stylesheet(THEMES.theme))  # last: what is hidden, too, then measures itself anew


def _set_property(widget: QWidget, name: str, value: object) -> None:
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def _on_focus_changed(old: QWidget | None, new: QWidget | None) -> None:
    """Shows a button's focus ring only when the keyboard brought it there."""
    if isinstance(old, QAbstractButton):
        _set_property(old, "keyboardFocus", False)
    if isinstance(new, QAbstractButton):
        by_keyboard = new.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        _set_property(new, "keyboardFocus", by_keyboard and QApplication.mouseButtons() == Qt.MouseButton.NoButton)


__all__ = [
    "BOLD", "CARD_RADIUS", "CONTRAST", "CONTROL_HEIGHT", "DARK", "LIGHT", "MEDIUM", "MONO", "MOTION_MS", "RADIUS",
    "REGULAR", "RESOURCES", "SANS", "SIZE_BODY", "SIZE_HEAD", "SIZE_HERO", "SIZE_LARGE", "SIZE_SMALL", "SIZE_TINY",
    "SPACE_L", "SPACE_M", "SPACE_S", "SPACE_XL", "SPACE_XS", "THEMES", "AnswerColour", "ProbabilityMark", "Theme",
    "ThemeName", "answer_colour", "blend", "contrast_ratio", "current_theme", "font", "ink_on", "install_theme",
    "load_fonts", "make_font", "palette", "probability_mark", "px", "qcolor", "readable", "set_kind", "set_role",
    "set_theme", "set_type_scale", "stylesheet", "system_theme_name", "title_font", "viridis",
]  # fmt: skip
