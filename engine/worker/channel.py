"""Messages over a pipe: four bytes of length, then MessagePack."""

from __future__ import annotations

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
        self._encoder = msgspec.msgpack.Encoder()
        self._lock = threading.Lock()

    def send(self, message: msgspec.Struct) -> None:
        """Writes one message.

        Raises:
            OSError: The other side is gone.
            ValueError: The stream is closed.
            BadInputError: It holds a text or a number that cannot be sent.
        """
        try:
            payload = self._encoder.encode(message)
        except (UnicodeEncodeError, OverflowError) as error:
            raise BadInputError("This cannot be sent to the engine.", f"{error}.", "Change the set-up.") from None
        with self._lock:
            self._stream.write(LENGTH.pack(len(payload)) + payload)
            self._stream.flush()


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
