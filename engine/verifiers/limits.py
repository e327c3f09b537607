"""What a program in the sandbox may use."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from engine.settings import Setting
from engine.setup import Value


class Limits(Struct, frozen=True):
    """Upper bounds. `depth` is in nested calls, `output` in printed characters."""

    seconds: float
    megabytes: int
    depth: int = 1_000
    output: int = 100_000


LIMIT_SETTINGS = (
    Setting(
        "seconds",
        "float",
        2.0,
        "Time limit, seconds",
        "What takes longer is stopped. The run waits for it, so a short limit keeps it quick.",
        0.1,
        30.0,
    ),
    Setting("memory", "int", 64, "Memory limit, MB", "What needs more memory is stopped.", 16, 1024),
)
"""The limits that a person can change."""


def limits_of(values: Mapping[str, Value]) -> Limits:
    """The limits that `LIMIT_SETTINGS` are set to."""
    return Limits(float(values["seconds"]), int(values["memory"]))
