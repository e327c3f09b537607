"""Widgets are tested in the fonts and style they are shown in."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from widgets.theme import THEMES, install_theme, set_theme, set_type_scale


@pytest.fixture(autouse=True)
def dark_theme(qapp: QApplication) -> None:
    """Every test begins in the dark theme at normal size."""
    if qapp.property("themed") is None:
        install_theme(qapp, "dark")
        qapp.setProperty("themed", True)
    elif THEMES.theme.name != "dark" or THEMES.scale != 1.0:
        set_type_scale(1.0)
        set_theme("dark")
