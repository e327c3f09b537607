"""A run's whole set-up as one small file that can be read, changed by hand, sent to somebody and opened again."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import msgspec
from msgspec.structs import replace

from engine.errors import BadInputError
from engine.setup import RunSetup
from engine.whole_file import not_saved, write_whole

SUFFIX = ".thinkscope"
VERSION = 1
MAX_BYTES = 4_000_000


class _Content(msgspec.Struct, frozen=True):
    """What is in the file. `model_file` is the name alone: the path in `setup` is seldom right on another machine."""

    thinkscope_setup: int
    model_file: str
    setup: RunSetup


def save_setup(setup: RunSetup, path: str | Path) -> None:
    """Writes the set-up as JSON. What was in the file before is replaced only when all of it is written.

    Raises:
        ThinkscopeError: The disk does not take it.
    """
    path = Path(path)
    content = _Content(VERSION, _file_name(setup.load.path), setup)
    try:
        data = msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"
    except ValueError as error:  # half of a surrogate pair
        raise not_saved(path, error) from None
    write_whole(path, data)


def load_setup(path: str | Path, model_folders: Iterable[str | Path] = ()) -> RunSetup:
    """Reads a set-up.

    A model file that is not where the set-up says is looked for by its name, beside the set-up and in `model_folders`;
    when it is not there either, the path stays as it was, and loading the model will say so.

    Raises:
        BadInputError: The file is not a set-up, is damaged, or was made by a newer program.
    """
    path = Path(path)
    content = _convert(_parse(path), path.name)
    setup = content.setup
    found = _find_model(setup.load.path, content.model_file, [path.parent, *map(Path, model_folders)])
    return replace(setup, load=replace(setup.load, path=found))


def _parse(path: Path) -> dict[str, Any]:
    not_one = BadInputError(
        f"“{path.name}” is not a Thinkscope set-up.",
        "",
        f"Open a file that ends in {SUFFIX} and was saved by Thinkscope.",
    )
    try:
        if not path.is_file() and path.exists() and not path.is_dir():
            raise OSError(errno.EINVAL, "it is not a file")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise not_one
        raw = msgspec.json.decode(data)
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, msgspec.DecodeError | UnicodeDecodeError | RecursionError):
            raise not_one from None
        why = f"The system says: {getattr(error, 'strerror', None) or error}."
        raise BadInputError(f"“{path.name}” could not be opened.", why, "Check the path.") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("thinkscope_setup"), int):
        raise not_one
    if raw["thinkscope_setup"] > VERSION:
        why = f"Its format is {raw['thinkscope_setup']}; this program reads up to {VERSION}."
        raise BadInputError(f"“{path.name}” was made by a newer Thinkscope.", why, "Update Thinkscope to open it.")
    return raw


def _convert(raw: dict[str, Any], name: str) -> _Content:
    try:
        content = msgspec.convert(raw, _Content)
    except msgspec.ValidationError as error:
        raise BadInputError(f"The set-up “{name}” is not right.", f"{error}.", "Correct it, or save it anew.") from None
    unknown = _unknown_field(raw, msgspec.to_builtins(content))
    if unknown:
        why = f"It has a field “{unknown}” that this Thinkscope does not know."
        raise BadInputError(f"The set-up “{name}” is not right.", why, "Remove the field, or update Thinkscope.")
    return content


def _unknown_field(given: Any, known: Any, place: str = "") -> str | None:
    """The first field of `given` that `known`, the same thing read and written again, does not have."""
    if isinstance(given, dict) and isinstance(known, dict):
        pairs = [(f"{place}.{key}".lstrip("."), value, known.get(key, msgspec.UNSET)) for key, value in given.items()]
    elif isinstance(given, list) and isinstance(known, list | tuple):
        pairs = [(f"{place}[{i}]", *pair) for i, pair in enumerate(zip(given, known, strict=False))]
    else:
        return None
    for name, value, kept in pairs:
        found = name if kept is msgspec.UNSET else _unknown_field(value, kept, name)
        if found:
            return found
    return None


def _find_model(path: str, name: str, folders: Iterable[Path]) -> str:
    name = _file_name(name)
    if not name or _is_file(Path(path)):
        return path
    beside = (folder / name for folder in folders)
    return next((str(found) for found in beside if _is_file(found)), path)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no system would take
        return False


def _file_name(path: str) -> str:
    """The last part of a path of any system."""
    return PureWindowsPath(path).name if "\\" in path else PurePosixPath(path).name
