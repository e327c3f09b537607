"""Icons of one family (Phosphor), in colours of the theme, painted anew when the theme changes.

The font and its character map come with qtawesome. Only these two files of it are read: importing the package costs
0.3 s of the launch, for eleven other fonts and a second set of Qt bindings' names.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractButton

from widgets.theme import THEMES, current_theme, px

SIZE = 16
Ink = Literal["text", "muted", "accent", "on_accent", "good", "bad", "warn"]


class GlyphEngine(QIconEngine):
    """Paints one character of the icon font, crisp at any size and pixel ratio."""

    def __init__(self, character: str, colour: str, disabled: str) -> None:
        super().__init__()
        self._character, self._colour, self._disabled = character, colour, disabled

    def clone(self) -> GlyphEngine:
        """A copy, as Qt asks for when an icon is changed."""
        return GlyphEngine(self._character, self._colour, self._disabled)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Paints the character in the middle of `rect`."""
        font = QFont(_icon_family())
        font.setPixelSize(max(1, rect.height()))
        painter.save()
        painter.setFont(font)
        painter.setPen(QColor(self._disabled if mode == QIcon.Mode.Disabled else self._colour))
        painter.drawText(QRectF(rect), int(Qt.AlignmentFlag.AlignCenter), self._character)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """The icon in `size` device pixels."""
        out = QPixmap(size)
        out.fill(Qt.GlobalColor.transparent)
        painter = QPainter(out)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return out


@lru_cache(maxsize=1)
def _font_files() -> tuple[Path, dict[str, str]]:
    spec = find_spec("qtawesome")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("qtawesome is not installed; its icon font is needed")
    folder = Path(spec.submodule_search_locations[0]) / "fonts"
    characters = json.loads(next(folder.glob("phosphor-charmap-*.json")).read_text(encoding="utf-8"))
    return next(folder.glob("phosphor-[0-9]*.ttf")), characters


@lru_cache(maxsize=1)
def _icon_family() -> str:
    return QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(_font_files()[0])))[0]


def icon(name: str, colour: Ink = "text") -> QIcon:
    """The Phosphor icon `name` ("play", "pause-fill", ...) in a colour of the theme of this moment.

    Raises:
        KeyError: There is no icon of that name.
    """
    theme = current_theme()
    character = chr(int(_font_files()[1][name], 16))
    return QIcon(GlyphEngine(character, getattr(theme, colour), theme.disabled))


def pixmap(name: str, colour: Ink, size: int, ratio: float = 1.0) -> QPixmap:
    """The icon as a pixmap of `size` logical pixels for a screen of that device-pixel ratio."""
    return icon(name, colour).pixmap(QSize(size, size), ratio)


def set_icon(target: QAbstractButton | QAction, name: str, colour: Ink = "text") -> None:
    """Gives a button or action an icon that follows the theme. Calling it again changes the icon."""
    target.setProperty("iconName", name)
    target.setProperty("iconInk", colour)
    target.setIcon(icon(name, colour))
    _fit(target)
    if target.findChild(_Repainter, options=Qt.FindChildOption.FindDirectChildrenOnly) is None:
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
        _fit(target)


def _fit(target: QAbstractButton | QAction) -> None:
    if isinstance(target, QAbstractButton):
        target.setIconSize(QSize(px(SIZE), px(SIZE)))
