"""Messages between the two processes, as bytes in a pipe."""

from __future__ import annotations

import io

import pytest

from engine.errors import BadInputError
from engine.setup import LoadOptions
from engine.worker.channel import Reader, Writer
from engine.worker.messages import AnyCommand, Load, Pause


def test_messages_come_back_in_order_as_they_were() -> None:
    stream = io.BytesIO()
    sent: list[AnyCommand] = [Load(LoadOptions("a.gguf", n_ctx=512)), Pause()]
    for message in sent:
        Writer(stream).send(message)
    stream.seek(0)
    assert list(Reader[AnyCommand](stream, AnyCommand)) == sent


def test_a_message_cut_short_is_dropped() -> None:
    stream = io.BytesIO()
    Writer(stream).send(Pause())
    Writer(stream).send(Load(LoadOptions("a.gguf")))
    cut = io.BytesIO(stream.getvalue()[:-3])
    assert list(Reader[AnyCommand](cut, AnyCommand)) == [Pause()]


@pytest.mark.parametrize("options", [LoadOptions("\udcff.gguf"), LoadOptions("a.gguf", n_threads=2**70)])
def test_what_cannot_be_sent_is_refused_in_words_and_sends_nothing(options: LoadOptions) -> None:
    stream = io.BytesIO()
    with pytest.raises(BadInputError, match="cannot be sent"):
        Writer(stream).send(Load(options))
    assert stream.getvalue() == b""
