"""Sizes that follow the size of type: what is fixed in pixels would clip larger words."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from widgets.theme import THEMES, px

WIDER = 0.5  # a panel grows less than its type does: its rows break instead


class _Follower(QObject):
    """Does something now and whenever the theme or the size of type changes, as long as its widget lives."""

    def __init__(self, widget: QWidget, fit: Callable[[], None]) -> None:
        super().__init__(widget)
        self._fit = fit
        fit()
        THEMES.theme_changed.connect(self._on_theme_changed)

    def _on_theme_changed(self) -> None:
        self._fit()


def follow_scale(widget: QWidget, fit: Callable[[], None]) -> None:
    """Calls `fit` now and at every change of the size of type."""
    _Follower(widget, fit)


def scaled_width(widget: QWidget, size: int) -> None:
    """Keeps a widget at a design width."""
    follow_scale(widget, lambda: widget.setFixedWidth(px(size)))


def scaled_height(widget: QWidget, size: int) -> None:
    """Keeps a widget at a design height."""
    follow_scale(widget, lambda: widget.setFixedHeight(px(size)))


def panel_width(size: int) -> int:
    """The width of a side panel at the size of type of the moment."""
    return round(size * (1 + WIDER * (THEMES.scale - 1)))


def is_large(limit: float = 1.45) -> bool:
    """Whether type is so large that words have to make room for signs."""
    return THEMES.scale > limit
