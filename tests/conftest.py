"""What all tests share: the default model, loaded once in this process; a data folder of its own for every test."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from engine.inference.llama.backend import LlamaBackend
from engine.models.library import default_model_path
from engine.setup import LoadOptions


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes what a person has recorded."""
    monkeypatch.setenv("THINKSCOPE_DATA", str(tmp_path / "data"))


@pytest.fixture(autouse=True)
def garbage_in_the_main_thread(request: pytest.FixtureRequest) -> Iterator[None]:
    """A Qt object collected in a thread of the test would take the interpreter with it, as it would the program.

    Widgets that are to be deleted later are deleted here: without an event loop between the tests they would stay, and
    every change of theme would go through those of all tests before.
    """
    gc.disable()
    yield
    if "qapp" in request.fixturenames:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
    gc.enable()


@pytest.fixture(scope="session")
def default_model() -> str:
    """The path of the default model."""
    return str(default_model_path())


@pytest.fixture(scope="session")
def backend(default_model: str) -> Iterator[LlamaBackend]:
    """The default model in this process, in safe mode: the test process must not crash where the worker may."""
    loaded = LlamaBackend(LoadOptions(default_model, safe_mode=True), "for tests", lambda *_: None)
    yield loaded
    loaded.close()
