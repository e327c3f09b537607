"""Writing a file so that there is either all of it or what was there before, and saying in words why not."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from engine.errors import BadInputError, ThinkscopeError


def write_whole(path: str | Path, data: bytes) -> None:
    """Writes `data`; what was in the file before is replaced only when all of it is on the disk.

    Raises:
        ThinkscopeError: The disk does not take it.
    """

    def write(draft: Path) -> None:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    make_whole(path, write)


def make_whole(path: str | Path, write: Callable[[Path], None]) -> None:
    """As `write_whole`, for what only knows how to write a file by itself: `write` is given a draft's path.

    Raises:
        ThinkscopeError: The disk does not take it, or `write` raised an OSError.
    """
    path = Path(path)
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        write(draft)
        draft.replace(path)
    except (OSError, ValueError) as error:
        raise not_saved(path, error) from None
    finally:
        with suppress(OSError, ValueError):
            draft.unlink(missing_ok=True)


def refuse_existing(path: Path) -> None:
    """Raises:
    BadInputError: There is something of that name already.
    """
    if os.path.lexists(path):
        raise BadInputError(f"“{path}” is there already.", "No file is overwritten.", "Choose another name.")


def not_saved(path: Path, error: OSError | ValueError) -> ThinkscopeError:
    """What a person is told when a file cannot be written."""
    why = f"The system says: {getattr(error, 'strerror', None) or error}."
    return ThinkscopeError(f"“{path.name}” cannot be saved in “{path.parent}”.", why, "Choose another folder.")
