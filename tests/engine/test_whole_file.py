"""Saving a file: all of it or nothing, and only where a file may be."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from engine.errors import BadInputError, ThinkscopeError
from engine.whole_file import make_whole, write_whole

posix = pytest.mark.skipif(os.name != "posix", reason="links, pipes and modes of POSIX")


@posix
@pytest.mark.parametrize("exists", [True, False])
def test_a_symbolic_link_stays_one_and_its_target_is_written(tmp_path: Path, exists: bool) -> None:
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "target.csv", tmp_path / "link.csv"
    if exists:
        target.write_bytes(b"before")
    link.symlink_to(Path("elsewhere") / "target.csv")
    write_whole(link, b"after")
    assert link.is_symlink()
    assert target.read_bytes() == b"after"
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == ["target.csv"]


@posix
def test_a_link_that_leads_round_to_itself_is_said_in_words(tmp_path: Path) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to(link)
    with pytest.raises(ThinkscopeError, match="cannot be saved"):
        write_whole(link, b"data")
    assert link.is_symlink()


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_a_file_that_was_there_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "private.csv"
    path.write_bytes(b"before")
    path.chmod(mode)
    drafts: list[int] = []

    def write(draft: Path) -> None:
        draft.write_bytes(b"after")
        drafts.append(stat.S_IMODE(draft.stat().st_mode))

    make_whole(path, write)
    assert drafts == [0o600]  # nobody else could read it meanwhile
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_bytes() == b"after"


@posix
def test_a_new_file_has_the_mode_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"")
    write_whole(tmp_path / "new", b"data")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_folder_is_refused_in_words_and_stays(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(BadInputError, match="cannot be written to") as caught:
        write_whole(tmp_path / "folder", b"data")
    assert "folder, not a file" in caught.value.why
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@posix
@pytest.mark.parametrize("linked", [False, True])
def test_a_pipe_is_refused_in_words_and_stays(tmp_path: Path, linked: bool) -> None:
    pipe = path = tmp_path / "pipe"
    os.mkfifo(pipe)
    if linked:
        path = tmp_path / "link"
        path.symlink_to(pipe)
    with pytest.raises(BadInputError, match="cannot be written to"):
        write_whole(path, b"data")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert path.is_symlink() is linked


def test_what_cannot_be_written_leaves_what_was_there_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "kept.csv"
    path.write_bytes(b"before")

    def write(draft: Path) -> None:
        draft.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(ThinkscopeError, match="cannot be saved"):
        make_whole(path, write)
    assert path.read_bytes() == b"before"
    assert [each.name for each in tmp_path.iterdir()] == ["kept.csv"]
