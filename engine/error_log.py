"""Errors of the program itself: said in words, and written down for a report."""

from __future__ import annotations

import contextlib
import traceback

from engine.errors import EngineError, ThinkscopeError
from engine.trace.store import data_folder


def write_down(what: str, error: BaseException) -> ThinkscopeError:
    """Appends the error to `errors.log` in the data folder, and says it in words. Never raises."""
    log = data_folder() / "errors.log"
    next_step = "Run `main.py doctor`; if that finds nothing, please report it."
    with contextlib.suppress(OSError, UnicodeError):
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8", errors="backslashreplace") as file:
            traceback.print_exception(error, file=file)
        next_step = f"It is written down in {log}."
    return ThinkscopeError(what, f"{type(error).__name__}: {error}.", next_step)


def in_words(error: Exception) -> ThinkscopeError:
    """An error of the engine for people: as it is if it has words already, otherwise written down. Never raises."""
    if isinstance(error, ThinkscopeError):
        return error
    written = write_down("Something in the engine did not work.", error)
    return EngineError(written.what, written.why, written.next_step)
