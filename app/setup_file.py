"""A run's whole set-up as one small file that can be sent to somebody."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.errors import BadInputError, ThinkscopeError
from engine.setup import RunSetup

SUFFIX = ".thinkscope"
MAX_BYTES = 4_000_000


class SetupFile(msgspec.Struct, frozen=True, tag="thinkscope-setup", tag_field="format"):
    """The file's content: a version, so that an old program can say that it is too old, and the set-up."""

    version: int
    setup: RunSetup


def write_setup(path: Path, setup: RunSetup) -> None:
    """Writes the set-up as readable JSON, through a neighbour that then takes the old file's place.

    Raises:
        ThinkscopeError: The disk does not take it.
    """
    draft = path.with_name(path.name + ".part")
    try:
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(SetupFile(1, setup)), indent=2) + b"\n")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ThinkscopeError(
            f"“{path.name}” could not be saved.", f"The system says: {error.strerror}.", "Choose another folder."
        ) from None


def read_setup(path: Path) -> RunSetup:
    """Reads a set-up file.

    Raises:
        BadInputError: It cannot be read, or is not a set-up.
    """
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_BYTES else b""
        return msgspec.json.decode(data, type=SetupFile).setup
    except OSError as error:
        raise BadInputError(
            f"“{path.name}” could not be opened.", f"The system says: {error.strerror}.", "Check the path."
        ) from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInputError(
            f"“{path.name}” is not a set-up of this program.", f"{error}.", "Open a file that Save set-up made."
        ) from None
