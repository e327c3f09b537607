"""Set-ups as files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from msgspec import inspect
from msgspec.structs import replace

from engine.errors import BadInputError, ThinkscopeError
from engine.setup import RunSetup
from engine.setup_file import load_setup, save_setup
from tests import sample_run
from tests.engine.trace_runs import values


def with_model(path: str) -> RunSetup:
    setup = sample_run.setup()
    return replace(setup, load=replace(setup.load, path=path))


@settings(max_examples=60, deadline=None)
@given(values(inspect.type_info(RunSetup), infinite=False))
def test_every_setup_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, setup: RunSetup) -> None:
    path = tmp_path_factory.mktemp("setup") / "mine.thinkscope"
    save_setup(setup, path)
    assert load_setup(path) == setup


def test_the_file_can_be_read_by_a_person(tmp_path: Path) -> None:
    save_setup(with_model("/models/small.gguf"), tmp_path / "mine.thinkscope")
    lines = (tmp_path / "mine.thinkscope").read_text().splitlines()
    assert '  "thinkscope_setup": 1,' in lines
    assert '  "model_file": "small.gguf",' in lines
    assert '      "question": "What is 47 + 35?",' in lines


@pytest.mark.parametrize("path", ["/home/somebody/models/small.gguf", "C:\\Users\\Somebody\\small.gguf", "small.gguf"])
def test_a_model_that_has_moved_is_found_by_its_name(tmp_path: Path, path: str) -> None:
    models = tmp_path / "models"
    models.mkdir()
    save_setup(with_model(path), tmp_path / "mine.thinkscope")
    assert load_setup(tmp_path / "mine.thinkscope", [models]).load.path == path
    (models / "small.gguf").write_bytes(b"GGUF")
    assert load_setup(tmp_path / "mine.thinkscope", [models]).load.path == str(models / "small.gguf")
    (tmp_path / "small.gguf").write_bytes(b"GGUF")
    assert load_setup(tmp_path / "mine.thinkscope", [models]).load.path == str(tmp_path / "small.gguf")


def test_a_model_that_is_where_it_was_stays_there(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for folder in (tmp_path, tmp_path / "there"):
        (folder / "small.gguf").write_bytes(b"GGUF")
    save_setup(with_model(str(tmp_path / "there" / "small.gguf")), tmp_path / "mine.thinkscope")
    assert load_setup(tmp_path / "mine.thinkscope").load.path == str(tmp_path / "there" / "small.gguf")


def changed(change: Callable[[dict[str, Any]], object], folder: Path) -> Path:
    path = folder / "mine.thinkscope"
    save_setup(sample_run.setup(), path)
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.update(extra=1), "field “extra”"),
        (lambda c: c["setup"]["sampling"].update(top_kk=1), "field “setup.sampling.top_kk”"),
        (lambda c: c["setup"]["verifiers"][1].update(wight=1), r"field “setup.verifiers\[1\].wight”"),
        (lambda c: c["setup"].pop("seed"), "seed"),
        (lambda c: c["setup"].update(seed="one"), r"\$.setup.seed"),
        (lambda c: c.update(thinkscope_setup=2), "newer Thinkscope"),
        (lambda c: c.pop("thinkscope_setup"), "not a Thinkscope set-up"),
    ],
)
def test_a_setup_that_is_not_right_says_where(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        load_setup(changed(change, tmp_path))
    assert caught.value.next_step


def test_a_strategys_settings_may_have_any_name(tmp_path: Path) -> None:
    path = changed(lambda c: c["setup"]["strategy"]["settings"].update(anything=3), tmp_path)
    assert load_setup(path).strategy.settings["anything"] == 3


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b"GGUF", b" " * 5_000_000, b"[" * 100_000]
)
def test_what_is_not_a_setup_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.thinkscope"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match="not a Thinkscope set-up"):
        load_setup(path)


def test_a_folder_and_a_missing_file_are_refused_in_words(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.thinkscope"):
        with pytest.raises(BadInputError, match="could not be opened"):
            load_setup(path)


def test_a_disk_that_does_not_take_the_setup_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.thinkscope"
    save_setup(sample_run.setup(4), path)

    def refuse(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(ThinkscopeError, match="No space left"):
        save_setup(sample_run.setup(8), path)
    assert load_setup(path) == sample_run.setup(4)
    assert list(tmp_path.iterdir()) == [path]
