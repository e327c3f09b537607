"""How the command line says that something is wrong."""

from __future__ import annotations

import sys

from engine.errors import ThinkscopeError


def say_error(error: ThinkscopeError) -> None:
    """What, why and what next, a line each, on stderr."""
    print(f"error: {error.what}", file=sys.stderr)
    for part in (error.why, error.next_step):
        if part:
            print(f"       {part}", file=sys.stderr)
