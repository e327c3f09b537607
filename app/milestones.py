"""Tells `bench startup` when the window was visible, when something moved and when the first real token came."""

from __future__ import annotations

import os
import time
from pathlib import Path

VARIABLE = "THINKSCOPE_BENCH_STARTUP"


class Milestones:
    """Writes each milestone once, to the file that the environment names; does nothing otherwise."""

    def __init__(self) -> None:
        given = os.environ.get(VARIABLE)
        self._path = Path(given) if given else None
        self._reached: set[str] = set()

    @property
    def wanted(self) -> bool:
        """Whether somebody measures; the window then starts its default run by itself."""
        return self._path is not None

    def reach(self, name: str) -> None:
        """Stamps a milestone the first time it is reached."""
        if self._path is None or name in self._reached:
            return
        self._reached.add(name)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{name} {time.monotonic()}\n")
