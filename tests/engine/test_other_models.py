"""Models that judges ask besides the run's own: opened once, closed when nobody asks them any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.models.machine_memory import MachineMemory
from engine.setup import LoadOptions
from engine.worker.other_models import OtherModels
from tests.engine.counted_backend import CountedBackend, judging
from tests.gguf_files import gguf

OWN = LoadOptions("/own.gguf", n_ctx=512, n_threads=3, safe_mode=True)


class Shelf:
    """Two files of models, and what was loaded of them."""

    def __init__(self, folder: Path) -> None:
        self.paths = [str(folder / name) for name in ("a.gguf", "b.gguf")]
        for path in self.paths:
            Path(path).write_bytes(gguf())
        self.loaded: list[LoadOptions] = []
        self.backends: dict[str, CountedBackend] = {}
        self.others = OtherModels(self._load, self._load)
        self.own = CountedBackend(judging(lambda _: 0.5))

    def _load(self, options: LoadOptions) -> CountedBackend:
        self.loaded.append(options)
        self.backends[options.path] = CountedBackend(judging(lambda _: 0.5))
        return self.backends[options.path]

    def run(self, *names: str, options: LoadOptions = OWN) -> list[object]:
        open_model, _ = self.others.begin(self.own, options)
        opened = [open_model(name) for name in names]
        self.others.close_unwanted()
        return opened


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_another_model_is_loaded_as_the_runs_own_was_but_with_a_context_of_its_own(shelf: Shelf) -> None:
    shelf.run(shelf.paths[0])
    assert shelf.loaded == [LoadOptions(shelf.paths[0], n_ctx=0, n_threads=3, safe_mode=True)]


def test_the_next_run_finds_it_loaded_and_one_that_does_not_ask_it_closes_it(shelf: Shelf) -> None:
    first, second = shelf.run(shelf.paths[0])[0], shelf.run(shelf.paths[0])[0]
    assert first is second
    assert len(shelf.loaded) == 1
    shelf.run()
    assert shelf.backends[shelf.paths[0]].closed


def test_room_is_made_before_another_one_is_loaded(shelf: Shelf) -> None:
    shelf.run(shelf.paths[0])
    open_model, _ = shelf.others.begin(shelf.own, OWN)
    open_model(shelf.paths[1])
    assert shelf.backends[shelf.paths[0]].closed
    assert not shelf.backends[shelf.paths[1]].closed


def test_two_that_one_run_asks_stay_both(shelf: Shelf) -> None:
    shelf.run(*shelf.paths)
    assert not any(backend.closed for backend in shelf.backends.values())
    shelf.others.close()
    assert all(backend.closed for backend in shelf.backends.values())


def test_the_runs_own_file_is_not_loaded_twice_whatever_it_is_called(shelf: Shelf, tmp_path: Path) -> None:
    link = tmp_path / "link.gguf"
    link.hardlink_to(shelf.paths[0])
    own = LoadOptions(shelf.paths[0])
    assert shelf.run(shelf.paths[0], str(link), options=own) == [shelf.own, shelf.own]
    assert not shelf.loaded


def test_a_stop_reaches_into_all_of_them(shelf: Shelf) -> None:
    shelf.run(*shelf.paths)
    shelf.others.abort()
    assert all(backend.aborting for backend in shelf.backends.values())
    shelf.others.allow()
    assert not any(backend.aborting for backend in shelf.backends.values())


def test_one_that_does_not_fit_beside_the_runs_own_is_refused_with_the_sum_unless_it_is_wanted_anyway(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.worker.other_models.machine_memory", lambda: MachineMemory(1 << 20, 1 << 10, "test"))
    with pytest.raises(ModelError, match=r"does not fit into memory beside this one.*Together .*more than is free"):
        shelf.run(shelf.paths[0])
    shelf.run(shelf.paths[0], options=LoadOptions("/own.gguf", load_anyway=True))
    assert len(shelf.loaded) == 1
