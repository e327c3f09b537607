"""Names and stars of runs, and runs that are deleted and put back: nothing is lost by an accident."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from engine.errors import ThinkscopeError
from engine.trace.run_notes import FILE, LONGEST_NAME, RunNote, RunNotes
from engine.trace.store import DELETED, KEPT_DAYS, RunLibrary, write_trace
from tests import sample_run


def test_a_note_is_there_the_next_time(tmp_path: Path) -> None:
    RunNotes(tmp_path).write(tmp_path / "a.tsrun", RunNote("  for   Monday ", True))
    again = RunNotes(tmp_path)
    assert again.of("elsewhere/a.tsrun") == RunNote("for Monday", True)
    assert again.of("b.tsrun") == RunNote()


def test_a_note_that_says_nothing_is_taken_off(tmp_path: Path) -> None:
    notes = RunNotes(tmp_path)
    notes.write("a.tsrun", RunNote("x"))
    notes.write("a.tsrun", RunNote())
    assert (tmp_path / FILE).read_text() == "{}"


def test_a_name_has_a_longest_length(tmp_path: Path) -> None:
    notes = RunNotes(tmp_path)
    notes.write("a.tsrun", RunNote("x" * 1000))
    assert len(notes.of("a.tsrun").name) == LONGEST_NAME


def test_a_name_that_cannot_be_written_as_it_is_loses_none_of_the_others(tmp_path: Path) -> None:
    notes = RunNotes(tmp_path)
    notes.write("a.tsrun", RunNote("a\ud800b"))
    notes.write("b.tsrun", RunNote("b"))
    again = RunNotes(tmp_path)
    assert (again.of("a.tsrun").name, again.of("b.tsrun").name) == ("a?b", "b")


def test_two_windows_keep_each_others_names_and_stars(tmp_path: Path) -> None:
    here, there = RunNotes(tmp_path), RunNotes(tmp_path)
    here.write("a.tsrun", RunNote("mine", True))
    there.write("b.tsrun", RunNote("yours"))
    here.write("c.tsrun", RunNote(starred=True))
    there.write("a.tsrun", RunNote())  # taken off in one is taken off in both
    here.write("d.tsrun", RunNote("late"))
    names = {name: RunNotes(tmp_path).of(name) for name in ("a.tsrun", "b.tsrun", "c.tsrun", "d.tsrun")}
    assert list(names.values()) == [RunNote(), RunNote("yours"), RunNote(starred=True), RunNote("late")]
    assert here.of("b.tsrun") == RunNote("yours")


def test_notes_that_could_not_be_saved_are_saved_with_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: int) -> None:
        raise OSError(28, "No space left on device")

    here = RunNotes(tmp_path)
    with monkeypatch.context() as full:
        full.setattr("os.fsync", refuse)
        with pytest.raises(ThinkscopeError, match="cannot be saved"):
            here.write("a.tsrun", RunNote("first"))
    assert here.of("a.tsrun") == RunNote("first")
    RunNotes(tmp_path).write("b.tsrun", RunNote("of another window"))
    here.write("c.tsrun", RunNote("second"))
    found = RunNotes(tmp_path)
    assert [found.of(f"{name}.tsrun").name for name in "abc"] == ["first", "of another window", "second"]


def test_a_file_of_names_that_is_gone_is_written_anew_with_all_that_is_known(tmp_path: Path) -> None:
    notes = RunNotes(tmp_path)
    notes.write("a.tsrun", RunNote("x"))
    (tmp_path / FILE).unlink()
    notes.write("b.tsrun", RunNote("y"))
    assert RunNotes(tmp_path).of("a.tsrun") == RunNote("x")


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"a": 1}', b"\xff\xfe"])
def test_a_damaged_file_is_kept_aside_and_said_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    notes = RunNotes(tmp_path)
    assert "damaged" in notes.trouble
    assert (tmp_path / "notes.damaged").read_bytes() == content
    notes.write("a.tsrun", RunNote("x"))
    assert RunNotes(tmp_path).of("a.tsrun") == RunNote("x")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="a folder that cannot be written to")
def test_a_folder_that_cannot_be_written_to_is_said_in_words(tmp_path: Path) -> None:
    notes = RunNotes(tmp_path)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ThinkscopeError, match="cannot be saved"):
            notes.write("a.tsrun", RunNote("x"))
    finally:
        tmp_path.chmod(0o700)


def test_a_file_in_the_way_of_the_folder_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(ThinkscopeError, match="cannot be saved"):
        RunNotes(tmp_path / "runs").write("a.tsrun", RunNote("x"))


def recorded(tmp_path: Path, name: str = "a.tsrun") -> tuple[RunLibrary, Path]:
    library = RunLibrary(tmp_path / "runs")
    write_trace(library.folder / name, sample_run.events(1))
    return library, library.folder / name


def test_a_deleted_run_is_out_of_the_list_and_can_be_put_back(tmp_path: Path) -> None:
    library, path = recorded(tmp_path)
    moved = library.delete(path)
    assert library.list() == []
    assert library.restore(moved) == path
    assert [Path(info.path) for info in library.list()] == [path]


def test_two_deleted_runs_of_one_name_are_both_kept(tmp_path: Path) -> None:
    library, path = recorded(tmp_path)
    first = library.delete(path)
    write_trace(path, sample_run.events(1))
    second = library.delete(path)
    assert first != second
    assert first.exists()
    assert second.exists()


def test_a_shipped_run_is_not_deleted(tmp_path: Path) -> None:
    library, _ = recorded(tmp_path)
    other = tmp_path / "shipped.tsrun"
    write_trace(other, sample_run.events(1))
    with pytest.raises(ThinkscopeError, match="came with the program"):
        library.delete(other)
    assert other.exists()


def test_a_run_that_is_gone_is_said_in_words(tmp_path: Path) -> None:
    library, path = recorded(tmp_path)
    path.unlink()
    with pytest.raises(ThinkscopeError, match="could not be moved"):
        library.delete(path)


def test_what_was_deleted_long_ago_is_removed(tmp_path: Path) -> None:
    library, path = recorded(tmp_path)
    moved = library.delete(path)
    library.forget_deleted()
    assert moved.exists()
    library.forget_deleted(time.time() + (KEPT_DAYS + 1) * 86_400)
    assert not moved.exists()
    assert moved.parent == library.folder / DELETED
