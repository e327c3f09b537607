"""Messages over a pipe: four bytes of length, then MessagePack."""

from __future__ import annotations

import contextlib
import queue
import struct
import threading
from collections.abc import Iterator
from typing import IO, Generic, TypeVar

import msgspec

from engine.errors import BadInputError

LENGTH = struct.Struct("<I")
LONGEST = 1 << 30

Message = TypeVar("Message")


class Writer:
    """Sends messages. Whole messages only, from any thread."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, message: msgspec.Struct) -> None:
        """Writes one message.

        Raises:
            OSError: The other side is gone.
            ValueError: The stream is closed.
            BadInputError: It holds a text or a number that cannot be sent.
        """
        data = encode(message)
        with self._lock:
            self._stream.write(data)
            self._stream.flush()


class Outbox:
    """Sends messages from a thread of its own, so that nobody waits for a reader that does not read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._write, name="worker-writer", daemon=True)
        self.thread.start()

    def send(self, message: msgspec.Struct) -> None:
        """Puts one message in line; one that the other side is no longer there for is dropped.

        Raises:
            BadInputError: It holds a text or a number that cannot be sent.
        """
        self._waiting.put(encode(message))

    def close(self) -> None:
        """Nothing more will come."""
        self._waiting.put(None)

    def _write(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (data := self._waiting.get()) is not None:
                self._stream.write(data)
                self._stream.flush()
        with contextlib.suppress(OSError, ValueError):
            self._stream.close()


def encode(message: msgspec.Struct) -> bytes:
    """A message with its length in front.

    Raises:
        BadInputError: It holds a text or a number that cannot be sent.
    """
    try:
        payload = msgspec.msgpack.encode(message)
    except (UnicodeEncodeError, OverflowError) as error:
        raise BadInputError("This cannot be sent to the engine.", f"{error}.", "Change the set-up.") from None
    return LENGTH.pack(len(payload)) + payload


class Reader(Generic[Message]):
    """Receives messages of one union of types."""

    def __init__(self, stream: IO[bytes], kind: object) -> None:
        self._stream = stream
        self._decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(kind)

    def __iter__(self) -> Iterator[Message]:
        """Messages until the other side closes. A message cut short by its death is dropped."""
        while True:
            head = self._stream.read(LENGTH.size)
            if len(head) < LENGTH.size:
                return
            (length,) = LENGTH.unpack(head)
            payload = self._stream.read(length) if length <= LONGEST else b""
            if len(payload) < length:
                return
            yield self._decoder.decode(payload)
