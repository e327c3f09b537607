"""How the command line says that something is wrong."""

from __future__ import annotations

import contextlib
import sys

from engine.errors import ThinkscopeError
from engine.plain_text import printable


def say_error(error: ThinkscopeError) -> None:
    """What, why and what next, a line each, on stderr."""
    lines = [f"error: {error.what}", *(f"       {part}" for part in (error.why, error.next_step) if part)]
    if sys.stderr is None:  # closed by whoever started this; the exit status says it, too
        return
    with contextlib.suppress(OSError):
        print(printable("\n".join(lines)), file=sys.stderr, flush=True)
