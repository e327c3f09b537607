"""Reads the header of a GGUF file in pure Python: what a file is can be said before anything native touches it.

A header is a stranger's data, so every read is bounded by the file's size and by fixed limits, and whatever is wrong
with it ends in a `ModelError` in words. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NoReturn

from msgspec import Struct

from engine.errors import ModelError
from engine.models.tensor_types import TENSOR_TYPES

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MAX_ENTRIES = 65_536
MAX_TENSORS = 1_000_000
MAX_STRING = 64 * 1024 * 1024
MAX_STRINGS_IN_ARRAYS = 4_000_000
MAX_DEPTH = 4
KEPT_ARRAY = 4096
MAX_DIMENSIONS = 4

_STRING, _ARRAY = 8, 9
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}

DOWNLOAD_AGAIN = "Download or copy the file again and compare its size with the original."
CHOOSE_ANOTHER = "Choose a model file that ends in .gguf."


class GgufArray(Struct, frozen=True):
    """An array in the metadata. `values` is empty for strings, nested arrays and more than 4,096 numbers."""

    length: int
    values: tuple[int | float | bool, ...] = ()


GgufValue = int | float | bool | str | GgufArray


class TensorInfo(Struct, frozen=True):
    """A tensor as the header describes it. `nbytes` is None when its storage type is unknown."""

    name: str
    shape: tuple[int, ...]
    type_id: int
    offset: int

    @property
    def items(self) -> int:
        """How many numbers it holds."""
        count = 1
        for size in self.shape:
            count *= size
        return count

    @property
    def nbytes(self) -> int | None:
        """Its size in the file."""
        kind = TENSOR_TYPES.get(self.type_id)
        return None if kind is None else self.items // kind.block_items * kind.block_bytes


class GgufHeader(Struct, frozen=True):
    """Everything before the weights. `data_offset` is where they begin, `file_bytes` the size of the whole file."""

    path: str
    version: int
    metadata: dict[str, GgufValue]
    tensors: tuple[TensorInfo, ...]
    data_offset: int
    file_bytes: int


def read_header(path: str | Path) -> GgufHeader:
    """Reads and checks the header of the GGUF file at `path`.

    Raises:
        ModelError: The file is missing, unreadable, not a GGUF file, cut short, damaged or of another version.
    """
    path = Path(path)
    size = _size_of_regular_file(path)
    try:
        with path.open("rb") as file:
            return _read(_Reader(file, path, size))
    except OSError as error:
        raise _cannot_open(path, error) from None


def _size_of_regular_file(path: Path) -> int:
    try:
        found = path.stat()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise _cannot_open(path, error) from None
    if stat.S_ISDIR(found.st_mode):
        raise ModelError(f"“{path}” is a folder, not a model file.", "", "Choose the .gguf file inside it.")
    if not stat.S_ISREG(found.st_mode):
        raise ModelError(f"“{path}” is not a regular file.", "", CHOOSE_ANOTHER)
    if found.st_size == 0:
        raise ModelError(f"“{path.name}” is empty.", "A download may have failed.", DOWNLOAD_AGAIN)
    return found.st_size


def _cannot_open(path: Path, error: Exception) -> ModelError:
    shown = str(path).replace("\0", "␀")
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return ModelError(f"There is no file “{shown}”.", "", "Check the path, or see `models list` for what is there.")
    if isinstance(error, PermissionError):
        return ModelError(f"“{shown}” may not be read.", "Its permissions do not allow it.", "Change them, or copy it.")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return ModelError(f"“{shown}” cannot be opened.", f"The system says: {reason}.", "Check the path.")


class _Reader:
    """A cursor over the file that never reads beyond its end."""

    def __init__(self, file: BinaryIO, path: Path, size: int) -> None:
        self.file, self.path, self.size = file, path, size
        self.position = 0
        self.strings_in_arrays = 0

    @property
    def left(self) -> int:
        return self.size - self.position

    def damaged(self, why: str) -> NoReturn:
        raise ModelError(f"The header of “{self.path.name}” is damaged.", why, DOWNLOAD_AGAIN)

    def cut_short(self) -> NoReturn:
        raise ModelError(
            f"“{self.path.name}” is cut short.", f"Its header needs more than its {self.size:,} bytes.", DOWNLOAD_AGAIN
        )

    def read(self, count: int) -> bytes:
        if count > self.left:
            self.cut_short()
        data = self.file.read(count)
        if len(data) != count:  # the file shrank while it was read
            self.cut_short()
        self.position += count
        return data

    def skip(self, count: int) -> None:
        if count > self.left:
            self.cut_short()
        self.file.seek(count, 1)
        self.position += count

    def u32(self) -> int:
        return int.from_bytes(self.read(4), "little")

    def u64(self) -> int:
        return int.from_bytes(self.read(8), "little")

    def string_length(self) -> int:
        length = self.u64()
        if length > MAX_STRING and length <= self.left:
            self.damaged(f"A text of {length:,} bytes is not plausible.")
        return length

    def string(self) -> str:
        return self.read(self.string_length()).decode("utf-8", errors="replace")


def _read(reader: _Reader) -> GgufHeader:
    version = _read_version(reader)
    tensor_count, entry_count = reader.u64(), reader.u64()
    # The smallest entry takes 13 bytes and the smallest tensor 24, so a count beyond that cannot be true.
    if entry_count > MAX_ENTRIES or tensor_count > MAX_TENSORS:
        reader.damaged(f"It announces {entry_count:,} entries and {tensor_count:,} tensors.")
    if entry_count * 13 + tensor_count * 24 > reader.left:
        reader.cut_short()
    metadata = _read_metadata(reader, entry_count)
    tensors = tuple(_read_tensor(reader) for _ in range(tensor_count))
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment <= 0 or alignment & (alignment - 1):
        reader.damaged(f"Its alignment is {alignment}.")
    data_offset = -(-reader.position // alignment) * alignment
    header = GgufHeader(str(reader.path), version, metadata, tensors, data_offset, reader.size)
    _check_length(reader, header)
    return header


def _read_version(reader: _Reader) -> int:
    name = reader.path.name
    magic = reader.read(min(4, reader.left))
    if magic != MAGIC:
        raise ModelError(
            f"“{name}” is not a GGUF file.",
            "A GGUF file begins with the letters GGUF; this one does not.",
            CHOOSE_ANOTHER,
        )
    version = reader.u32()
    if version in VERSIONS:
        return version
    if int.from_bytes(version.to_bytes(4, "little"), "big") in VERSIONS:
        raise ModelError(
            f"“{name}” was written for a big-endian machine.", "", "Choose the little-endian file of the same model."
        )
    if version == 1:
        raise ModelError(f"“{name}” is GGUF version 1.", "llama.cpp no longer reads it.", "Convert the model again.")
    raise ModelError(
        f"“{name}” is GGUF version {version:,}.",
        "This program reads versions 2 and 3.",
        "Use a newer Thinkscope, or another file.",
    )


def _read_metadata(reader: _Reader, count: int) -> dict[str, GgufValue]:
    metadata: dict[str, GgufValue] = {}
    for _ in range(count):
        key = reader.string()
        if key in metadata:
            reader.damaged(f"The entry “{key[:80]}” is there twice.")
        metadata[key] = _read_value(reader, reader.u32())
    return metadata


def _read_value(reader: _Reader, type_id: int) -> GgufValue:
    if type_id == _STRING:
        return reader.string()
    if type_id == _ARRAY:
        return _read_array(reader, depth=1)
    layout = _layout(reader, type_id)
    value: int | float | bool = struct.unpack(layout, reader.read(struct.calcsize(layout)))[0]
    return value


def _layout(reader: _Reader, type_id: int) -> str:
    layout = _SCALARS.get(type_id)
    if layout is None:
        reader.damaged(f"It contains a value of the unknown type {type_id}.")
    return layout


def _read_array(reader: _Reader, depth: int) -> GgufArray:
    type_id, length = reader.u32(), reader.u64()
    if type_id == _STRING:
        _skip_items(reader, length, 8, lambda: reader.skip(reader.string_length()))
    elif type_id == _ARRAY:
        if depth >= MAX_DEPTH:
            reader.damaged("Arrays are nested too deeply.")
        _skip_items(reader, length, 12, lambda: _read_array(reader, depth + 1))
    else:
        return _read_numbers(reader, _layout(reader, type_id), length)
    return GgufArray(length)


def _skip_items(reader: _Reader, length: int, smallest: int, skip: Callable[[], object]) -> None:
    if length * smallest > reader.left:
        reader.cut_short()
    reader.strings_in_arrays += length
    if reader.strings_in_arrays > MAX_STRINGS_IN_ARRAYS:
        reader.damaged(f"A list of {length:,} texts is not plausible.")
    for _ in range(length):
        skip()


def _read_numbers(reader: _Reader, layout: str, length: int) -> GgufArray:
    size = struct.calcsize(layout) * length
    if length > KEPT_ARRAY:
        reader.skip(size)
        return GgufArray(length)
    return GgufArray(length, struct.unpack(f"<{length}{layout[1]}", reader.read(size)))


def _read_tensor(reader: _Reader) -> TensorInfo:
    name, dimensions = reader.string(), reader.u32()
    if dimensions > MAX_DIMENSIONS:
        reader.damaged(f"A tensor has {dimensions:,} dimensions.")
    shape = tuple(reader.u64() for _ in range(dimensions))
    return TensorInfo(name, shape, reader.u32(), reader.u64())


def _check_length(reader: _Reader, header: GgufHeader) -> None:
    """A file that ends before its last tensor does was cut in a download."""
    ends = (header.data_offset + t.offset + size for t in header.tensors if (size := t.nbytes) is not None)
    needed = max(ends, default=0)
    if needed > header.file_bytes:
        raise ModelError(
            f"“{reader.path.name}” is cut short.",
            f"It should have {needed:,} bytes and has {header.file_bytes:,}.",
            DOWNLOAD_AGAIN,
        )
