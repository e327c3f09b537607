"""Events as bytes and back."""

from __future__ import annotations

import json
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from engine.errors import BadInputError
from engine.events import (
    FORMAT_VERSION,
    AnyEvent,
    CandidateFinished,
    CandidateQueued,
    CandidateScored,
    EnergyRead,
    Event,
    NoticeGiven,
    RunStarted,
    StrategyMoved,
    TokensDecoded,
)
from engine.moves import GenerationRanked, Posterior, PosteriorsSampled, ValueBackedUp
from engine.trace import codec
from engine.trace.outline import OutlinedEvent, StepOutline
from engine.types import Alternative, Confidence, Token
from tests import sample_run
from tests.engine.trace_runs import any_event


def read_back(frame: bytes) -> list[Event]:
    found = codec.decode_frame(memoryview(frame))
    assert found is not None
    return codec.decode_events(codec.join_payloads(memoryview(frame)), found.events)


def with_event_count(frame: bytes, events: int) -> bytes:
    """The frame as somebody would write it who lies about how many events are in it; its checksum is right."""
    changed = bytearray(frame)
    struct.pack_into("<I", changed, 16, events)
    struct.pack_into("<I", changed, 0, zlib.crc32(changed[4 : -codec.TAIL.size]))
    return bytes(changed)


@given(st.lists(any_event(), min_size=1, max_size=6), st.integers(0, 2**40))
def test_every_event_comes_back_from_a_frame_as_it_was(events: list[Event], first: int) -> None:
    frame = codec.encode_frame(events, first)
    assert read_back(frame) == events
    assert codec.decode_frame(memoryview(frame)) == codec.Frame(0, len(frame), first, len(events), events[0].t)


@given(any_event(infinite=False))
def test_every_event_comes_back_from_a_line_of_json_as_it_was(event: Event) -> None:
    line = codec.to_json_line(event)
    assert line.count(b"\n") == 1
    assert codec.from_json_line(line) == event
    assert json.loads(line)["kind"] == type(event).__name__


@given(st.lists(any_event(), min_size=1, max_size=4), st.lists(any_event(), min_size=1, max_size=4))
def test_frames_that_lie_side_by_side_are_decoded_as_one(left: list[Event], right: list[Event]) -> None:
    frames = codec.encode_frame(left, 0) + codec.encode_frame(right, len(left))
    assert codec.decode_events(codec.join_payloads(memoryview(frames)), len(left) + len(right)) == left + right


@given(st.lists(any_event(), min_size=1, max_size=4))
def test_the_outline_says_whose_tokens_they_are_and_everything_else(events: list[Event]) -> None:
    payload = codec.join_payloads(memoryview(codec.encode_frame(events, 0)))
    for full, outlined in zip(events, codec.decode_outline(payload, len(events)), strict=True):
        if isinstance(full, TokensDecoded):
            assert isinstance(outlined, StepOutline)
            assert [token.candidate for token in outlined.tokens] == [token.candidate for token in full.tokens]
            assert (outlined.t, outlined.step_seconds) == (full.t, full.step_seconds)
        else:
            assert outlined == full


def test_the_outline_knows_every_kind_of_event() -> None:
    full = {kind.__name__ for kind in AnyEvent.__args__}
    outlined = {kind.__name__ for kind in OutlinedEvent.__args__}
    assert outlined - {"StepOutline"} == full - {"TokensDecoded"}


@pytest.mark.parametrize("position", range(len(codec.encode_frame([NoticeGiven(1.0, "text")], 7))))
def test_a_byte_that_has_changed_anywhere_in_a_frame_is_noticed(position: int) -> None:
    frame = bytearray(codec.encode_frame([NoticeGiven(1.0, "text")], 7))
    frame[position] ^= 0x10
    assert codec.decode_frame(memoryview(frame)) is None


def test_a_newer_format_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "FORMAT_VERSION", FORMAT_VERSION + 1)
    header = codec.encode_header("9.9.0")
    monkeypatch.undo()
    with pytest.raises(BadInputError, match=r"newer Thinkscope \(9\.9\.0\)") as caught:
        codec.decode_header(header, "run.tsrun")
    assert "Update" in caught.value.next_step


def test_a_format_before_the_first_is_no_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "FORMAT_VERSION", 0)
    header = codec.encode_header("0.0.0")
    monkeypatch.undo()
    with pytest.raises(BadInputError, match="not a Thinkscope recording"):
        codec.decode_header(header, "run.tsrun")


def test_a_frame_of_no_events_ends_what_is_whole() -> None:
    first, second = codec.encode_frame([NoticeGiven(1.0, "text")], 0), codec.encode_frame([NoticeGiven(2.0, "more")], 1)
    assert len(list(codec.whole_frames(memoryview(first + second)))) == 2
    for events in (0, 1000):  # none at all, and more than there are bytes for
        assert len(list(codec.whole_frames(memoryview(first + with_event_count(second, events))))) == 1


@pytest.mark.parametrize("t", [-1.0, 1e9, float("inf")])
def test_a_moment_that_no_replay_would_reach_is_refused_in_words(t: float) -> None:
    payload = codec.join_payloads(memoryview(codec.encode_frame([NoticeGiven(t, "text")], 0)))
    for decode in (codec.decode_events, codec.decode_outline):
        with pytest.raises(BadInputError, match="contradicts itself"):
            decode(payload, 1)


NAN, INF = float("nan"), float("inf")


def a_token(logprob: float = -0.3, entropy: float = 0.5, alternative: float = -1.0) -> TokensDecoded:
    return TokensDecoded(1.0, (Token(0, 5, "x", logprob, entropy, (Alternative(6, "y", alternative),)),), 0, 0.1, 0.1)


def an_end(mean: float | None, *confidence: float) -> CandidateFinished:
    sure = Confidence(*confidence) if confidence else None
    return CandidateFinished(1.0, 0, "stop", "text", None, None, 3, mean, None, 0, sure)


def a_score(value: float | None, seconds: float = 0.1) -> CandidateScored:
    return CandidateScored(1.0, 0, "majority", value, "", 0, seconds)


@pytest.mark.parametrize(
    "event",
    [
        *(a_token(logprob=value) for value in (1e6, INF, -INF, NAN)),
        *(a_token(alternative=value) for value in (1.0, -INF, NAN)),
        *(a_token(entropy=value) for value in (-1.0, INF, NAN)),
        TokensDecoded(1.0, (), 0, INF, 0.1),
        TokensDecoded(1.0, (), 0, 0.1, NAN),
        *(an_end(value) for value in (1e5, INF, NAN)),
        *(
            an_end(-0.3, *(bad if i == place else 1.0 for i in range(4)))
            for place in range(4)
            for bad in (INF, NAN, -1)
        ),
        *(a_score(value) for value in (INF, NAN, -0.1, 1.1)),
        a_score(0.5, seconds=INF),
        *(StrategyMoved(1.0, ValueBackedUp(0, (), value)) for value in (INF, NAN, -1.0, 2.0)),
        StrategyMoved(1.0, GenerationRanked(0, (0,), (INF,), ())),
        StrategyMoved(1.0, PosteriorsSampled(None, (Posterior("wider", None, 0.5, NAN, 0.5),), 0)),
        EnergyRead(1.0, INF, "estimate"),
        CandidateQueued(1.0, -1, "", 0, 0, 0.7, 60),
        CandidateQueued(1.0, 2**40, "", 0, 0, 0.7, 60),
        CandidateQueued(1.0, 0, "", 0, 0, INF, 60),
        CandidateQueued(1.0, 1, "", 0, 0, 0.7, 60, parent=0, keep=-1),
    ],
)
def test_a_number_that_cannot_be_contradicts_the_recording(event: Event) -> None:
    with pytest.raises(BadInputError, match="contradicts itself"):
        codec.decode_events(codec.join_payloads(memoryview(codec.encode_frame([event], 0))), 1)


@pytest.mark.parametrize(
    "event", [a_token(1e-9, -1e-9, 1e-9), an_end(1e-9, -1e-9, -1e-9, 0.0, 0.0), a_score(1 + 1e-12)]
)
def test_the_dust_of_floating_point_is_no_contradiction(event: Event) -> None:
    assert read_back(codec.encode_frame([event], 0)) == [event]


def test_an_older_format_is_brought_up_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    events = sample_run.events(2)
    payload = codec.join_payloads(memoryview(codec.encode_frame(events, 0)))
    monkeypatch.setattr(codec, "FORMAT_VERSION", 3)
    monkeypatch.setitem(codec.UPGRADES, 1, lambda event: {**event, "t": event["t"] + 1})
    monkeypatch.setitem(codec.UPGRADES, 2, lambda event: {**event, "t": event["t"] * 2})
    read = codec.decode_events(payload, len(events), version=1)
    assert [event.t for event in read] == [(event.t + 1) * 2 for event in events]
    assert [type(event) for event in codec.decode_outline(payload, len(events), version=1)] == [
        type(event) for event in events
    ]


def test_an_event_of_a_kind_that_is_not_known_is_refused_in_words() -> None:
    class Teleported(Event, frozen=True):
        where: str

    payload = codec.join_payloads(memoryview(codec.encode_frame([Teleported(0.0, "away")], 0)))
    for decode in (codec.decode_events, codec.decode_outline):
        with pytest.raises(BadInputError, match="does not know"):
            decode(payload, 1)


@pytest.mark.parametrize("line", ["", "{}", "[1]", '{"kind": "RunPaused"}', '{"kind": "Nothing", "t": 1}', b"\xff\xfe"])
def test_a_line_that_is_not_an_event_is_refused_in_words(line: str | bytes) -> None:
    with pytest.raises(BadInputError, match="not an event"):
        codec.from_json_line(line)


def test_events_and_tokens_stay_out_of_the_garbage_collectors_sight() -> None:
    run = sample_run.events(2)
    assert isinstance(run[0], RunStarted)
    kinds: list[type[Struct]] = [
        *AnyEvent.__args__,
        *{type(t) for e in run if isinstance(e, TokensDecoded) for t in e.tokens},
    ]
    assert all(kind.__struct_config__.gc is False for kind in kinds)


def test_a_text_that_is_no_text_is_damage() -> None:
    payload = codec.join_payloads(memoryview(codec.encode_frame([NoticeGiven(1.0, "text")], 0)))
    for decode in (codec.decode_events, codec.decode_outline):
        with pytest.raises(BadInputError, match="damaged"):
            decode(payload.replace(b"text\xa4text", b"text\xa4\xff\xfe\xfd\xfc"), 1)
