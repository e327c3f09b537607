"""Writing a file so that there is either all of it or what was there before, and saying in words why not."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from engine.errors import BadInputError, ThinkscopeError


def write_whole(path: str | Path, data: bytes) -> None:
    """Writes `data`; what was in the file before is replaced only when all of it is on the disk.

    A symbolic link stays one, and its target is written; a file that was there keeps its mode.

    Raises:
        BadInputError: What is there is no regular file.
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
        BadInputError: What is there is no regular file.
        ThinkscopeError: The disk does not take it, or `write` raised an OSError.
    """
    path = Path(path)
    draft: Path | None = None
    try:
        target = Path(os.path.realpath(path))
        mode = _mode_of(target)
        draft = target.with_name(f"{target.name}.{os.getpid()}.part")
        if mode is not None:
            _make_private(draft)  # nobody reads the draft of a file that is closed to them
        write(draft)
        if mode is not None:
            draft.chmod(mode)
        draft.replace(target)
    except (OSError, ValueError) as error:
        raise not_saved(path, error) from None
    finally:
        if draft is not None:
            with suppress(OSError, ValueError):
                draft.unlink(missing_ok=True)


def _mode_of(path: Path) -> int | None:
    """The mode of the file that is there, or None where none is.

    Raises:
        BadInputError: It is no regular file: a folder, a device or a pipe is not replaced.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        what = "folder" if stat.S_ISDIR(mode) else "device or a pipe"
        raise BadInputError(f"“{path}” cannot be written to.", f"It is a {what}, not a file.", "Choose another name.")
    return stat.S_IMODE(mode)


def _make_private(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, stat.S_IRUSR | stat.S_IWUSR))


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
