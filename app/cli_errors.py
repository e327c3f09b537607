"""How the command line says that something is wrong."""

from __future__ import annotations

import contextlib
import sys

from engine.errors import ThinkscopeError


def say_error(error: ThinkscopeError) -> None:
    """What, why and what next, a line each, on stderr."""
    lines = [f"error: {error.what}", *(f"       {part}" for part in (error.why, error.next_step) if part)]
    with contextlib.suppress(OSError):  # the exit status says it, too
        print("\n".join(lines), file=sys.stderr, flush=True)
