"""Icons of one family (Phosphor), in colours of the theme, painted anew when the theme changes."""

from __future__ import annotations

from typing import Literal

import qtawesome
from PySide6.QtCore import QObject, QSize
from PySide6.QtGui import QAction, QIcon, QPixmap
from PySide6.QtWidgets import QAbstractButton

from widgets.theme import THEMES, blend, current_theme

Ink = Literal["text", "muted", "accent", "on_accent", "good", "bad", "warn"]


def icon(name: str, colour: Ink = "text") -> QIcon:
    """The Phosphor icon `name` ("play", "pause-fill", ...) in a colour of the theme of this moment.

    Raises:
        Exception: qtawesome's own, when there is no icon of that name.
    """
    theme = current_theme()
    faded = blend(theme.muted, theme.surface, 0.6)
    return qtawesome.icon(f"ph.{name}", color=getattr(theme, colour), color_disabled=faded)


def pixmap(name: str, colour: Ink, size: int, ratio: float = 1.0) -> QPixmap:
    """The icon as a pixmap of `size` logical pixels for a screen of that device-pixel ratio."""
    return icon(name, colour).pixmap(QSize(size, size), ratio)


def set_icon(target: QAbstractButton | QAction, name: str, colour: Ink = "text") -> None:
    """Gives a button or action an icon that follows the theme. Calling it again changes the icon."""
    target.setProperty("iconName", name)
    target.setProperty("iconInk", colour)
    target.setIcon(icon(name, colour))
    if target.findChild(_Repainter) is None:
        _Repainter(target)


class _Repainter(QObject):
    """Paints its parent's icon again when the theme changes, and goes with it."""

    def __init__(self, target: QAbstractButton | QAction) -> None:
        super().__init__(target)
        self._target = target
        THEMES.theme_changed.connect(self._on_theme_changed)

    def _on_theme_changed(self) -> None:
        target = self._target
        target.setIcon(icon(str(target.property("iconName")), target.property("iconInk")))
