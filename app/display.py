"""Whether there is a screen that a window can be opened on. Qt would abort without a word of use."""

from __future__ import annotations

import os
import socket
import sys

from app.qt_libraries import X11_LIBRARIES, install_command, missing_packages


def display_problem() -> tuple[str, str] | None:
    """Why there can be no window here, and what to do; None where nothing is known to be in its way."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return None  # whoever chooses a platform knows what they do
    if os.environ.get("WAYLAND_DISPLAY"):
        return None
    display = os.environ.get("DISPLAY", "")
    if not display:
        return "DISPLAY and WAYLAND_DISPLAY are not set, so there is no screen to open it on.", ""
    if not _answers(display):
        return f"No X server answers at DISPLAY={display}.", "Set DISPLAY to the screen that is there."
    missing = missing_packages(X11_LIBRARIES)
    if missing:
        return "Libraries that Qt needs for an X display are missing.", install_command(missing)
    return None


def _answers(display: str) -> bool:
    """Whether a local X server takes a connection; of one on another machine nothing is known here."""
    host, _, rest = display.rpartition(":")
    number = rest.split(".")[0]
    if host not in ("", "unix") or not number.isdigit():
        return True
    path = f"/tmp/.X11-unix/X{number}"
    return any(_connects(address) for address in (path, f"\0{path}"))


def _connects(address: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(address)
        except OSError:
            return False
    return True
