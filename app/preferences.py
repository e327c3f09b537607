"""What the window remembers between two launches, and where its files lie."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
from PySide6.QtCore import QByteArray, QSettings

from engine.check import check_fields
from engine.errors import BadInputError
from engine.setup import RunSetup
from engine.trace.store import data_folder

ThemeChoice = Literal["system", "dark", "light", "contrast"]
# Grows when docks or toolbars change, so that an old arrangement is not forced on a new window.
LAYOUT_VERSION = 1


class Preferences:
    """A typed face on one settings file.

    Args:
        path: The file; by default `preferences.ini` in the data folder. It is made when something is first kept.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._settings = QSettings(str(path or data_folder() / "preferences.ini"), QSettings.Format.IniFormat)

    @property
    def theme(self) -> ThemeChoice:
        """The chosen theme, or that of the system."""
        value = self._settings.value("theme", "system")
        return value if value in ("dark", "light", "contrast") else "system"

    @theme.setter
    def theme(self, value: ThemeChoice) -> None:
        self._settings.setValue("theme", value)

    @property
    def text_size(self) -> float:
        """How large type is, from 1 to 2; 1 is normal."""
        try:
            return min(2.0, max(1.0, float(str(self._settings.value("text_size", "1")))))
        except ValueError:
            return 1.0

    @text_size.setter
    def text_size(self, value: float) -> None:
        self._settings.setValue("text_size", f"{value:g}")

    @property
    def reduce_motion(self) -> bool:
        """Whether changes are shown at once instead of animated."""
        return self._settings.value("reduce_motion", "false") in (True, "true")

    @reduce_motion.setter
    def reduce_motion(self, value: bool) -> None:
        self._settings.setValue("reduce_motion", "true" if value else "false")

    @property
    def setup(self) -> RunSetup | None:
        """The set-up of the last session; None when there is none that can be read."""
        text = self._settings.value("setup", "")
        try:
            setup = msgspec.json.decode(str(text), type=RunSetup) if text else None
            if setup is not None:
                check_fields(setup)
            return setup
        except (msgspec.MsgspecError, ValueError, RecursionError, BadInputError):
            return None

    @setup.setter
    def setup(self, value: RunSetup) -> None:
        self._settings.setValue("setup", msgspec.json.encode(value).decode())

    @property
    def geometry(self) -> QByteArray | None:
        """Where the window was."""
        return self._bytes("window/geometry")

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._settings.setValue("window/geometry", value)

    @property
    def layout(self) -> QByteArray | None:
        """Where the docks were; None when they were arranged by another version."""
        if str(self._settings.value("window/version", "")) != str(LAYOUT_VERSION):
            return None
        return self._bytes("window/layout")

    @layout.setter
    def layout(self, value: QByteArray) -> None:
        self._settings.setValue("window/version", LAYOUT_VERSION)
        self._settings.setValue("window/layout", value)

    def flush(self) -> bool:
        """Writes what has changed; False when the disk does not take it."""
        self._settings.sync()
        return self._settings.status() == QSettings.Status.NoError

    def _bytes(self, key: str) -> QByteArray | None:
        value = self._settings.value(key)
        return value if isinstance(value, QByteArray) and not value.isEmpty() else None
