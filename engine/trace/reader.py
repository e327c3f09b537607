"""A recording, opened: indexed by its frame heads, decoded where somebody looks."""

from __future__ import annotations

import errno
import os
import stat
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from engine.errors import BadInputError
from engine.events import Event
from engine.trace.codec import (
    FRAME_BYTES_MIN,
    HEAD_BYTES,
    HEADER_BYTES_MAX,
    SUFFIX,
    TAIL,
    Frame,
    Header,
    decode_events,
    decode_frame,
    decode_header,
    decode_outline,
    frame_bytes,
    join_payloads,
    whole_frames,
)

PAGE_EVENTS = 256
PAGE_BYTES = 250_000
KEPT_PAGES = 64
READ_BYTES = 4_000_000


class TraceReader:
    """The events of a recording by their index.

    The file is read once to check it and is not kept open, so it can be moved, deleted or still be written to.

    Args:
        path: A recording. One that was cut, or damaged in the middle, is readable up to there and `truncated`.

    Raises:
        BadInputError: It is not there, cannot be read, is not a recording, or was made by a newer program.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.truncated = False
        self.size_bytes = 0
        # Pages of neighbouring frames, some hundred events each: small enough to decode at once, few enough to list.
        self._starts = array("q")  # in bytes, and where the last page ends
        self._firsts = array("q")  # index of a page's first event, and the number of all events
        self._times = array("d")  # t of a page's first event
        self._kept: OrderedDict[int, list[Event]] = OrderedDict()
        with _opened(self.path) as file:
            self.header = read_header(file, self.path.name)
            self._index(file)

    def __len__(self) -> int:
        return self._firsts[-1]

    def __iter__(self) -> Iterator[Event]:
        for page in range(len(self._times)):
            yield from self._page(page)

    @property
    def end(self) -> float:
        """The run clock at the last event; 0 when there is none."""
        return max(event.t for event in self._page(len(self._times) - 1)) if len(self) else 0.0

    def read(self, start: int, stop: int) -> list[Event]:
        """The events from index `start` up to but without `stop`."""
        return self._gather(start, stop, self._page)

    def read_outline(self, start: int, stop: int) -> list[Event]:
        """As `read`, but what tokens say may be left out (see `outline`)."""
        return self._gather(start, stop, self._page_outline)

    def chunk_end(self, start: int) -> int:
        """Where to stop reading that begins at `start`, so that nothing is decoded in vain."""
        return self._firsts[min(bisect_right(self._firsts, start), len(self._firsts) - 1)]

    def count_until(self, t: float) -> int:
        """How many events have happened by the run clock's `t`."""
        page = bisect_right(self._times, t) - 1
        if page < 0:
            return 0
        return self._firsts[page] + bisect_right(self._page(page), t, key=lambda event: event.t)

    def _index(self, file: BinaryIO) -> None:
        position = page_start = self.header.size
        events = page_first = 0
        self.size_bytes = os.fstat(file.fileno()).st_size
        for start, end, first, count, t in _whole_frames(file):
            if first != events:
                break
            if events == page_first:
                self._starts.append(page_start)
                self._firsts.append(page_first)
                self._times.append(t)
            events += count
            position += end - start
            if events - page_first >= PAGE_EVENTS or position - page_start >= PAGE_BYTES:
                page_first, page_start = events, position
        self._starts.append(position)
        self._firsts.append(events)
        self.truncated = position != self.size_bytes

    def _gather(self, start: int, stop: int, decode: Callable[[int], list[Event]]) -> list[Event]:
        start, stop = max(0, start), min(stop, len(self))
        if start >= stop:
            return []
        first, last = bisect_right(self._firsts, start) - 1, bisect_left(self._firsts, stop)
        events = list(chain.from_iterable(map(decode, range(first, last))))
        return events[start - self._firsts[first] : stop - self._firsts[first]]

    def _page(self, page: int) -> list[Event]:
        events = self._kept.get(page)
        if events is None:
            events = self._kept[page] = decode_events(*self._payload(page), self.header.version)
            if len(self._kept) > KEPT_PAGES:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(page)
        return events

    def _page_outline(self, page: int) -> list[Event]:
        return self._kept.get(page) or decode_outline(*self._payload(page), self.header.version)

    def _payload(self, page: int) -> tuple[bytes, int]:
        start, end = self._starts[page], self._starts[page + 1]
        with _opened(self.path) as file:
            file.seek(start)
            data = file.read(end - start)
        if len(data) != end - start:
            raise BadInputError(
                f"“{self.path.name}” has changed since it was opened.", "A part of it is gone.", "Open it again."
            )
        return join_payloads(memoryview(data)), self._firsts[page + 1] - self._firsts[page]


def read_header(file: BinaryIO, name: str) -> Header:
    """Reads the header at the beginning of an open file and leaves the position after it.

    Raises:
        BadInputError: See `codec.decode_header`.
    """
    header = decode_header(file.read(HEADER_BYTES_MAX), name)
    file.seek(header.size)
    return header


def first_frame(file: BinaryIO, size: int) -> tuple[Frame, memoryview] | None:
    """The frame at the position of an open recording of `size` bytes, with its bytes; None when it is not whole."""
    head = file.read(HEAD_BYTES)
    if len(head) < HEAD_BYTES or file.tell() - HEAD_BYTES + frame_bytes(head) > size:
        return None
    data = memoryview(head + file.read(frame_bytes(head) - HEAD_BYTES))
    frame = decode_frame(data)
    return (frame, data) if frame else None


def last_frames(file: BinaryIO, header: Header) -> Iterator[tuple[Frame, memoryview]]:
    """The whole frames of an open recording from the last one backwards, found by the lengths at their ends.

    Ends at the first one that is not whole: of a recording that was cut, nothing is found this way.
    """
    end = file.seek(0, 2)
    while end - FRAME_BYTES_MIN >= header.size:
        file.seek(end - TAIL.size)
        (length,) = TAIL.unpack(file.read(TAIL.size))
        if length < FRAME_BYTES_MIN or end - length < header.size:
            return
        end -= length
        file.seek(end)
        data = memoryview(file.read(length))
        frame = decode_frame(data)
        if frame is None or frame.end != length:
            return
        yield frame, data


def _whole_frames(file: BinaryIO) -> Iterator[Frame]:
    """Frames from the file's position on, up to the first that is not whole; places are relative to what was read."""
    data = memoryview(b"")
    while more := file.read(READ_BYTES):
        data, offset = memoryview(b"".join((data, more))), 0
        for frame in whole_frames(data):
            yield frame
            offset = frame.end
        if len(data) - offset >= HEAD_BYTES and frame_bytes(data, offset) <= len(data) - offset:
            return  # all of it is here, and it is damaged
        data = data[offset:]


def _opened(path: Path) -> BinaryIO:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode) and not path.is_dir():
            raise OSError(errno.EINVAL, "it is not a file")
        return path.open("rb")
    except FileNotFoundError:
        raise BadInputError(f"There is no file “{path}”.", "", "Check the path.") from None
    except (OSError, ValueError) as error:
        if isinstance(error, IsADirectoryError):
            raise BadInputError(f"“{path.name}” is a folder.", "", f"Open a file that ends in {SUFFIX}.") from None
        why = f"The system says: {getattr(error, 'strerror', None) or error}."
        raise BadInputError(f"“{path.name}” could not be opened.", why, "Check the path.") from None
