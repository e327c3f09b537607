"""Events as bytes: frames of msgpack in a recording, JSON lines for other programs. Versioned.

A recording is a header and then frames. Numbers are little-endian::

    header   magic (8) | format version u16 | length of app version u8 | app version (UTF-8)
    frame    crc32 u32 | payload bytes u32 | index of its first event u64 | events u32 | t of its first event f64
             | payload: events in msgpack, one after the other | bytes of the whole frame u32

The CRC covers all of the frame between itself and the length at the end. That length lets a reader find the last frames
from the end of the file, so that a folder of long recordings can be listed without reading them. A live run leaves
frames of one or two events; as a payload has no beginning of its own, many can be joined and decoded in one go.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from engine.errors import BadInputError
from engine.events import FORMAT_VERSION, AnyEvent, Event
from engine.trace.outline import OutlinedEvent

SUFFIX = ".tsrun"
MAGIC = b"\x89TSRUN\r\n"
_VERSION = struct.Struct("<HB")
HEADER_BYTES_MAX = len(MAGIC) + _VERSION.size + 255
_CRC = struct.Struct("<I")
_HEAD = struct.Struct("<IQId")
_WHOLE_HEAD = struct.Struct("<IIQId")
HEAD_BYTES = _WHOLE_HEAD.size
TAIL = struct.Struct("<I")
FRAME_BYTES_MIN = HEAD_BYTES + TAIL.size

_encoder = msgspec.msgpack.Encoder()
_json_encoder = msgspec.json.Encoder()
_decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(list[AnyEvent])
_json_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(AnyEvent)
_outline_decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(list[OutlinedEvent])

_OUT_OF_BOUNDS = re.compile(r"Expected `(?:int|float)` [<>]")  # how msgspec says that a number breaks its bounds

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
# Version n -> n + 1, for one event as a plain dict. Version 1 is the first, so there is none yet.
UPGRADES: dict[int, Upgrade] = {}


class Header(msgspec.Struct, frozen=True):
    """What a recording says of itself: its format, the program that made it, and where its frames begin."""

    version: int
    app_version: str
    size: int


class Frame(NamedTuple):
    """Where a frame is in some bytes, and what it holds, known without decoding it."""

    start: int
    end: int
    first_event: int
    events: int
    t: float


def encode_header(app_version: str) -> bytes:
    """The beginning of a recording made by the program of that version."""
    name = app_version.encode()[:255]
    return MAGIC + _VERSION.pack(FORMAT_VERSION, len(name)) + name


def decode_header(data: bytes, name: str) -> Header:
    """Reads the header from a recording's first bytes.

    Args:
        data: At least `HEADER_BYTES_MAX` bytes, or the whole file if it is shorter.
        name: The file's name, for the messages.

    Raises:
        BadInputError: The bytes are not the beginning of a recording, or of a newer format.
    """
    if not data:
        raise BadInputError(f"“{name}” is empty.", "Nothing was recorded in it.", "Open another recording.")
    if not data.startswith(MAGIC):
        cut = MAGIC.startswith(data)
        why = "It was cut before its first event." if cut else "It does not begin like one."
        raise BadInputError(f"“{name}” is not a Thinkscope recording.", why, f"Open a file that ends in {SUFFIX}.")
    start = len(MAGIC) + _VERSION.size
    if len(data) < start or len(data) < start + data[start - 1]:
        raise BadInputError(
            f"“{name}” cannot be read.", "It was cut before its first event.", "Open another recording."
        )
    version, length = _VERSION.unpack_from(data, len(MAGIC))
    if version < 1:
        why = "It begins like one, but says that its format is 0."
        raise BadInputError(f"“{name}” is not a Thinkscope recording.", why, f"Open a file that ends in {SUFFIX}.")
    app_version = data[start : start + length].decode(errors="replace")
    if version > FORMAT_VERSION:
        raise BadInputError(
            f"“{name}” was made by a newer Thinkscope{f' ({app_version})' if app_version else ''}.",
            f"Its format is {version}; this program reads up to {FORMAT_VERSION}.",
            "Update Thinkscope to open it.",
        )
    return Header(version, app_version, start + length)


def encode_frame(events: Sequence[Event], first_event: int) -> bytes:
    """A whole frame: one write appends it.

    Args:
        events: At least one event, in order.
        first_event: How many events the recording holds before this frame.

    Raises:
        UnicodeEncodeError: A text holds half of a surrogate pair.
    """
    payload = b"".join(map(_encoder.encode, events))
    head = _HEAD.pack(len(payload), first_event, len(events), events[0].t)
    crc = zlib.crc32(payload, zlib.crc32(head))
    return b"".join((_CRC.pack(crc), head, payload, TAIL.pack(FRAME_BYTES_MIN + len(payload))))


def whole_frames(data: memoryview, offset: int = 0) -> Iterator[Frame]:
    """The frames from `offset` on, up to the first that is not there as it was written: cut, or damaged."""
    unpack_head, unpack_tail, crc32, size = _WHOLE_HEAD.unpack_from, TAIL.unpack_from, zlib.crc32, len(data)
    while offset + FRAME_BYTES_MIN <= size:
        crc, payload_bytes, first_event, events, t = unpack_head(data, offset)
        end = offset + FRAME_BYTES_MIN + payload_bytes
        if end > size or crc32(data[offset + 4 : end - 4]) != crc or unpack_tail(data, end - 4)[0] != end - offset:
            return
        if not 0 < events <= payload_bytes:
            return
        yield Frame(offset, end, first_event, events, t)
        offset = end


def decode_frame(data: memoryview) -> Frame | None:
    """The frame that `data` begins with, or None when it is cut or damaged."""
    return next(whole_frames(data), None)


def frame_bytes(data: bytes | memoryview, offset: int = 0) -> int:
    """How long a frame is that begins at `offset`, by its head."""
    payload_bytes: int = _WHOLE_HEAD.unpack_from(data, offset)[1]
    return FRAME_BYTES_MIN + payload_bytes


def join_payloads(frames: memoryview) -> bytes:
    """The payloads of whole frames that lie one after the other, as one payload."""
    parts, offset, size, unpack_head = [], 0, len(frames), _WHOLE_HEAD.unpack_from
    while offset < size:
        start = offset + HEAD_BYTES
        end = start + unpack_head(frames, offset)[1]
        parts.append(frames[start:end])
        offset = end + 4
    return b"".join(parts)


def decode_events(payload: bytes, count: int, version: int = FORMAT_VERSION) -> list[Event]:
    """The `count` events of a payload, older formats brought up to this one.

    Raises:
        BadInputError: The payload holds something that this format does not know.
    """
    try:
        if version == FORMAT_VERSION:
            events: list[Event] = _decoder.decode(_as_list(payload, count))
            return events
        raw = msgspec.msgpack.decode(_as_list(payload, count))
        for step in range(version, FORMAT_VERSION):
            raw = [UPGRADES[step](event) for event in raw]
        converted: Any = msgspec.convert(raw, list[AnyEvent])
        return list(converted)
    except (UnicodeDecodeError, RecursionError) as error:
        raise BadInputError("The recording is damaged.", f"{error}.", "Open another recording.") from None
    except (msgspec.MsgspecError, KeyError) as error:
        raise _refused(error) from None


def _refused(error: Exception) -> BadInputError:
    """What a person is told of an event that is none: it says what cannot be, or it is of a newer program."""
    if _OUT_OF_BOUNDS.match(str(error)):
        return BadInputError("The recording contradicts itself.", f"{error}.", "It cannot be shown.")
    return BadInputError(
        "The recording holds an event that this Thinkscope does not know.", f"{error}.", "Update Thinkscope."
    )


def decode_outline(payload: bytes, count: int, version: int = FORMAT_VERSION) -> list[Event]:
    """The events of a payload without what the tokens say (see `outline`): several times as fast.

    Raises:
        BadInputError: As `decode_events`.
    """
    try:
        if version == FORMAT_VERSION:
            events: list[Event] = _outline_decoder.decode(_as_list(payload, count))
            return events
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass  # decode_events has the words for it
    return decode_events(payload, count, version)


def _as_list(payload: bytes, count: int) -> bytes:
    return b"\xdd" + count.to_bytes(4, "big") + payload  # msgpack's array of `count` things


def to_json_line(event: Event) -> bytes:
    """One event as one line of JSON, with the line end. JSON has no infinity: such numbers become null."""
    return _json_encoder.encode(event) + b"\n"


def from_json_line(line: bytes | str) -> Event:
    """Reads what `to_json_line` wrote.

    Raises:
        BadInputError: The line is not an event.
    """
    try:
        event: Event = _json_decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInputError("A line is not an event.", f"{error}.", "Lines are written by run --json.") from None
    return event
