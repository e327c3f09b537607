"""Recordings on disk: what was written is read, whatever happened to the rest."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.acts import AddSimulations, ChangeBudget, PruneNode, RateCandidate
from engine.errors import BadInputError, ThinkscopeError
from engine.events import (
    AnswerPicked,
    CandidateQueued,
    CandidateScored,
    Event,
    NoticeGiven,
    PersonActed,
    RunFinished,
)
from engine.setup import Budget
from engine.trace import codec
from engine.trace.store import RunLibrary, TraceReader, TraceWriter, data_folder, write_trace
from tests import sample_run
from tests.engine.trace_runs import chance_run


def small_run() -> list[Event]:
    return [sample_run.events(1)[0], *(NoticeGiven(float(i), f"notice {i}") for i in range(5))]


def recorded(path: Path, events: list[Event], batch: int = 2) -> bytes:
    with TraceWriter(path) as writer:
        for start in range(0, len(events), batch):
            writer.append(events[start : start + batch])
    return path.read_bytes()


def test_what_was_appended_is_there_before_the_file_is_closed(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "run.tsrun")
    events = small_run()
    for count, event in enumerate(events, 1):
        writer.append([event])
        reader = TraceReader(writer.path)
        assert (list(reader), reader.truncated) == (events[:count], False)
    writer.close()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_any_part_of_a_recording_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, seed: int, sizes: list[int]
) -> None:
    events, path = chance_run(seed), tmp_path_factory.mktemp("run") / "run.tsrun"
    with TraceWriter(path) as writer:
        left = list(events)
        for size in sizes:
            writer.append(left[:size])
            left = left[size:]
        writer.append(left)
    reader = TraceReader(path)
    assert list(reader) == events
    assert (len(reader), reader.end, reader.header.app_version) == (len(events), events[-1].t, "0.1.0")
    for start in range(0, len(events), 11):
        for stop in (start, start + 1, start + 17, len(events) + 5):
            assert reader.read(start, stop) == events[start:stop]
            assert len(reader.read_outline(start, stop)) == len(events[start:stop])
        t = events[start].t
        assert reader.count_until(t) == sum(event.t <= t for event in events)
    assert reader.count_until(-1.0) == 0


def test_a_recording_cut_at_any_byte_is_read_up_to_its_last_whole_frame(tmp_path: Path) -> None:
    events = small_run()
    whole = recorded(tmp_path / "run.tsrun", events)
    header = codec.decode_header(whole, "run.tsrun").size
    ends = {header: 0} | {f.end: f.first_event + f.events for f in codec.whole_frames(memoryview(whole), header)}
    assert len(ends) == 4
    cut = tmp_path / "cut.tsrun"
    for size in range(len(whole) + 1):
        cut.write_bytes(whole[:size])
        if size < header:
            with pytest.raises(BadInputError):
                TraceReader(cut)
            continue
        reader = TraceReader(cut)
        assert list(reader) == events[: max(count for end, count in ends.items() if end <= size)]
        assert reader.truncated == (size not in ends)


def test_a_recording_damaged_at_any_byte_is_read_up_to_there(tmp_path: Path) -> None:
    events = small_run()
    whole = recorded(tmp_path / "run.tsrun", events)
    header = codec.decode_header(whole, "run.tsrun").size
    frames = list(codec.whole_frames(memoryview(whole), header))
    damaged = tmp_path / "damaged.tsrun"
    for position in range(header, len(whole), 3):
        data = bytearray(whole)
        data[position] ^= 0x55
        damaged.write_bytes(data)
        reader = TraceReader(damaged)
        good = [frame for frame in frames if frame.end <= position]
        assert list(reader) == events[: sum(frame.events for frame in good)]
        assert reader.truncated


def test_a_frame_that_is_missing_in_the_middle_is_noticed(tmp_path: Path) -> None:
    events = small_run()
    whole = recorded(tmp_path / "run.tsrun", events)
    frames = list(codec.whole_frames(memoryview(whole), codec.decode_header(whole, "").size))
    (tmp_path / "gap.tsrun").write_bytes(whole[: frames[0].end] + whole[frames[1].end :])
    reader = TraceReader(tmp_path / "gap.tsrun")
    assert (list(reader), reader.truncated) == (events[:2], True)


def test_frames_longer_than_one_reading_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.trace.reader.READ_BYTES", 11)
    events = chance_run(1)
    recorded(tmp_path / "run.tsrun", events, batch=7)
    assert list(TraceReader(tmp_path / "run.tsrun")) == events


def test_one_large_append_becomes_frames_of_a_handy_size(tmp_path: Path) -> None:
    events = sample_run.events(64, sentences=8)
    whole = recorded(tmp_path / "run.tsrun", events, batch=len(events))
    frames = list(codec.whole_frames(memoryview(whole), codec.decode_header(whole, "").size))
    assert sum(frame.events for frame in frames) == len(events)
    assert max(frame.events for frame in frames) <= 256
    assert len(frames) > 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\x89TS", "not a Thinkscope recording"),
        (b"GGUF\x03\x00\x00\x00" * 9, "not a Thinkscope recording"),
        (b"{}", "not a Thinkscope recording"),
        (codec.MAGIC, "cannot be read"),
        (codec.MAGIC + b"\x01\x00\x09abc", "cannot be read"),
        (codec.MAGIC + b"\x63\x00\x0512.34", r"newer Thinkscope \(12\.34\)"),
    ],
)
def test_what_is_not_a_recording_is_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "run.tsrun"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=words) as caught:
        TraceReader(path)
    assert caught.value.next_step


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_make_the_reader_stumble(tmp_path_factory: pytest.TempPathFactory, data: bytes, begun: bool) -> None:
    path = tmp_path_factory.mktemp("run") / "run.tsrun"
    path.write_bytes((codec.encode_header("0.1.0") if begun else b"") + data)
    try:
        assert list(TraceReader(path)) == []
    except BadInputError:
        assert not begun


def test_a_folder_and_a_missing_file_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="is a folder"):
        TraceReader(tmp_path)
    with pytest.raises(BadInputError, match="no file"):
        TraceReader(tmp_path / "missing.tsrun")
    with pytest.raises(BadInputError, match="could not be opened"):
        TraceReader("nul\0byte")


def test_a_file_that_shrinks_after_it_was_opened_is_said_in_words(tmp_path: Path) -> None:
    path = tmp_path / "run.tsrun"
    recorded(path, small_run())
    reader = TraceReader(path)
    os.truncate(path, 100)
    with pytest.raises(BadInputError, match="has changed"):
        list(reader)


class FullDisk(io.FileIO):
    """A file whose disk takes `room` more bytes: first a part of what is written, and then nothing."""

    room = 0

    def write(self, data: bytes | memoryview) -> int:
        if not FullDisk.room:
            raise OSError(28, "No space left on device")
        taken = super().write(bytes(data)[: FullDisk.room])
        FullDisk.room -= taken
        return taken


@pytest.mark.parametrize("room", [0, 1, 300])
def test_a_full_disk_is_said_once_and_leaves_a_whole_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    events = small_run()
    writer = TraceWriter(tmp_path / "run.tsrun")
    writer.append(events[:2])
    writer._file.close()
    monkeypatch.setattr(FullDisk, "room", room)
    writer._file = FullDisk(writer.path, "ab")
    with pytest.raises(ThinkscopeError, match="No space left") as caught:
        list(map(writer.append, ([event] for event in small_run() * 20)))
    assert writer.failure is caught.value
    kept = writer.events
    writer.append(events)
    writer.close()
    reader = TraceReader(writer.path)
    assert (len(reader), reader.truncated) == (kept, False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_the_systems_own_full_device_is_said_in_words(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "run.tsrun")
    writer._file.close()
    writer._file = io.FileIO("/dev/full", "w")
    with pytest.raises(ThinkscopeError, match="cannot be recorded"):
        writer.append(small_run())
    writer.close()


def test_a_text_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    with TraceWriter(tmp_path / "run.tsrun") as writer:
        writer.append(small_run())
        with pytest.raises(ThinkscopeError, match="character"):
            writer.append([NoticeGiven(9.0, "half a pair: \ud800")])
    assert list(TraceReader(tmp_path / "run.tsrun")) == small_run()


def test_a_writer_never_touches_a_file_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "run.tsrun"
    before = recorded(path, small_run())
    with pytest.raises(ThinkscopeError, match="already"):
        TraceWriter(path)
    assert path.read_bytes() == before


def test_a_run_without_any_event_leaves_no_file(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "run.tsrun")
    writer.append([])
    writer.close()
    writer.close()
    assert list(tmp_path.iterdir()) == []


def test_a_run_in_memory_can_be_saved_elsewhere(tmp_path: Path) -> None:
    write_trace(tmp_path / "saved.tsrun", small_run())
    assert list(TraceReader(tmp_path / "saved.tsrun")) == small_run()


def test_two_windows_on_one_folder_write_two_files(tmp_path: Path) -> None:
    one, other = RunLibrary(tmp_path).new_writer("run"), RunLibrary(tmp_path).new_writer("run")
    for event in small_run():
        one.append([event])
        other.append([event, event])
    one.close()
    other.close()
    assert one.path != other.path
    assert list(TraceReader(one.path)) == small_run()
    assert len(TraceReader(other.path)) == 2 * len(small_run())


def test_a_name_taken_by_another_window_at_the_last_moment_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = os.path.exists, []

    def exists(path: str | Path) -> bool:
        if not asked:
            asked.append(path)
            Path(path).write_bytes(b"theirs")
            return False
        return real(path)

    monkeypatch.setattr("engine.trace.store.os.path.exists", exists)
    writer = RunLibrary(tmp_path).new_writer("run")
    writer.append(small_run())
    writer.close()
    assert (tmp_path / "run.tsrun").read_bytes() == b"theirs"
    assert list(TraceReader(writer.path)) == small_run()


@pytest.mark.parametrize("run_id", ["", "..", "a/b\\c:d", "x" * 300, "ü 1"])
def test_any_run_id_gives_a_file_in_the_folder(tmp_path: Path, run_id: str) -> None:
    with RunLibrary(tmp_path).new_writer(run_id) as writer:
        writer.append(small_run())
    assert [path.parent for path in tmp_path.rglob("*.tsrun")] == [tmp_path]


def test_a_folder_that_cannot_be_written_to_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = RunLibrary(tmp_path)

    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ThinkscopeError, match="Permission denied") as caught:
        library.new_writer("run")
    assert caught.value.next_step


def test_a_folder_that_cannot_be_created_is_replaced_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    library = RunLibrary(tmp_path / "file" / "runs")
    assert str(tmp_path / "file") in library.notice
    with library.new_writer("run") as writer:
        writer.append(small_run())
    assert len(library.list()) == 1


def test_the_data_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THINKSCOPE_DATA", str(tmp_path / "data"))
    assert RunLibrary().folder == tmp_path / "data" / "runs"
    assert RunLibrary().notice == ""
    monkeypatch.delenv("THINKSCOPE_DATA")
    assert data_folder().name == "Thinkscope"


def test_the_list_tells_what_each_run_was_newest_first(tmp_path: Path) -> None:
    library = RunLibrary(tmp_path)
    run = sample_run.events(16)
    for number, created in enumerate(["2026-11-22T12:00:00Z", "2026-11-24T12:00:00Z", "2026-11-23T12:00:00Z"]):
        start = type(run[0])(
            **{name: getattr(run[0], name) for name in run[0].__struct_fields__} | {"created": created}
        )
        with library.new_writer(f"run-{number}") as writer:
            writer.append([start, *run[1:]])
    listed = library.list()
    assert [info.created[8:10] for info in listed] == ["24", "23", "22"]
    info = listed[0]
    assert (info.question, info.strategy, info.n, info.answer, info.correct) == (
        "What is 47 + 35?", "best-of-n", 16, "82", True,
    )  # fmt: skip
    assert (info.model, info.backend, info.events, info.complete) == ("Simulated 135M", "simulated", len(run), True)
    assert info.seconds == run[-1].t
    assert info.size_bytes == Path(info.path).stat().st_size


def test_the_list_tells_which_runs_are_not_complete_and_which_cannot_be_read(tmp_path: Path) -> None:
    library = RunLibrary(tmp_path)
    run = sample_run.events(4)
    with library.new_writer("crashed") as writer:
        writer.append(run[:-1])
    whole = recorded(tmp_path / "whole.tsrun", run)
    (tmp_path / "cut.tsrun").write_bytes(whole[:-7])
    (tmp_path / "newer.tsrun").write_bytes(codec.MAGIC + b"\x63\x00\x0512.34")
    (tmp_path / "noise.tsrun").write_bytes(b"noise")
    (tmp_path / "begun.tsrun").write_bytes(b"")
    (tmp_path / "folder.tsrun").mkdir()
    listed = {Path(info.path).stem: info for info in library.list()}
    assert set(listed) == {"crashed", "whole", "cut", "newer", "noise"}
    assert [listed[name].complete for name in ("crashed", "whole", "cut")] == [False, True, False]
    assert listed["cut"].question == "What is 47 + 35?"
    assert listed["cut"].answer is None
    assert "newer" in listed["newer"].problem
    assert "not a Thinkscope recording" in listed["noise"].problem
    assert not listed["whole"].problem


def test_an_answer_is_found_some_frames_before_the_end(tmp_path: Path) -> None:
    run = sample_run.events(4)
    recorded(tmp_path / "run.tsrun", [*run[:-1], *[NoticeGiven(run[-1].t, "late")] * 50, run[-1]], batch=1)
    assert isinstance(run[-1], RunFinished)
    assert RunLibrary(tmp_path).list()[0].answer == "82"


@pytest.mark.parametrize(
    ("later", "complete"),
    [
        ([PersonActed(9.0, RateCandidate(0, 1.0)), CandidateScored(9.0, 0, "person", 1.0, "", 0, 0.0)], True),
        ([PersonActed(9.0, PruneNode(0)), AnswerPicked(9.0, 1, "72", False, "the best that is left")], True),
        ([PersonActed(9.0, AddSimulations(0), "none")], True),
        ([PersonActed(9.0, AddSimulations(4))], False),
        ([PersonActed(9.0, ChangeBudget(Budget())), CandidateQueued(9.0, 9, "", 0, 0, 0.7, 60)], False),
        ([CandidateQueued(9.0, 9, "", 0, 0, 0.7, 60), RunFinished(9.5, "answered", "", 0.1, 0.1)], True),
        ([PersonActed(9.0, PruneNode(0)), *[NoticeGiven(9.0, "late")] * 300], True),
    ],
)
@pytest.mark.parametrize("batch", [1, 1000])
def test_a_run_that_was_rated_after_its_end_is_complete_and_one_that_went_on_and_was_cut_is_not(
    tmp_path: Path, later: list[Event], complete: bool, batch: int
) -> None:
    recorded(tmp_path / "run.tsrun", [*sample_run.events(4), *later], batch)
    info = RunLibrary(tmp_path).list()[0]
    assert info.complete is complete
    assert info.seconds == later[-1].t


def test_how_far_back_the_end_is_looked_for_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.trace.run_info.LOOKED_AT_BYTES", 2000)
    recorded(tmp_path / "run.tsrun", [*sample_run.events(4), *[NoticeGiven(9.0, "late")] * 300], batch=1)
    info = RunLibrary(tmp_path).list()[0]
    assert (info.complete, info.answer, info.seconds) == (False, None, 9.0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not delete open files")
def test_a_recording_can_be_deleted_while_it_is_looked_at(tmp_path: Path) -> None:
    recorded(tmp_path / "run.tsrun", small_run())
    reader = TraceReader(tmp_path / "run.tsrun")
    reader.path.unlink()
    with pytest.raises(BadInputError, match="no file"):
        reader.read(0, 1)


def test_a_recording_that_was_closed_can_be_gone_on_with(tmp_path: Path) -> None:
    events = sample_run.events(2)
    writer = TraceWriter(tmp_path / "a.tsrun")
    writer.append(events[:10])
    writer.close()
    writer.reopen()
    writer.append(events[10:])
    writer.close()
    assert list(TraceReader(tmp_path / "a.tsrun")) == events


def test_a_recording_that_is_gone_is_said_once_when_it_is_to_go_on(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.tsrun")
    writer.append(sample_run.events(1))
    writer.close()
    writer.path.unlink()
    with pytest.raises(ThinkscopeError, match="not recorded any further"):
        writer.reopen()
    writer.append(sample_run.events(1))
    writer.close()
