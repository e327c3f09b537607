"""One run, driven step by step: what it says of its limits, and of errors that nobody thought of."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.events import AnyEvent, RunFailed
from engine.inference.backend import RunShape
from engine.inference.llama.backend import LlamaBackend
from engine.run import Run
from engine.setup import Budget, StrategyChoice
from engine.trace.fold import fold
from engine.trace.summary import summary
from tests import sample_run


@pytest.mark.parametrize(
    ("shape", "room", "cells", "words"),
    [
        (RunShape(16, 100, 100), 8192, 1700, []),
        (RunShape(16, 100, 100), 8192, 1000, ["1,000 of the 1,700"]),
        (RunShape(16, 100, 100), 150, 900, ["end after 50 tokens"]),
    ],
)
def test_what_keeps_a_run_small_is_said(shape: RunShape, room: int, cells: int, words: list[str]) -> None:
    notices = shape.shortfalls(room, cells)
    assert len(notices) == len(words)
    assert all(word in notice for word, notice in zip(words, notices, strict=True))


def test_an_error_that_nobody_thought_of_ends_the_run_in_words_and_is_written_down(
    backend: LlamaBackend, default_model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = sample_run.setup(4)
    setup = msgspec.structs.replace(given, load=msgspec.structs.replace(given.load, path=default_model))
    events: list[AnyEvent] = []
    run = Run("run", setup, backend, events.append)
    run.step()
    monkeypatch.setattr(run._scheduler, "step", lambda *_: 1 // 0)
    run.step()
    assert run.finished
    failure = events[-1]
    assert isinstance(failure, RunFailed)
    assert "ZeroDivisionError" in failure.why
    assert "ZeroDivisionError" in (tmp_path / "data" / "errors.log").read_text()
    assert {candidate.status for candidate in fold(events).candidates.values()} == {"stopped"}


def test_candidates_that_are_not_needed_are_stopped_and_what_that_saves_is_said(
    backend: LlamaBackend, default_model: str
) -> None:
    given = sample_run.setup(4)
    setup = msgspec.structs.replace(
        given,
        strategy=StrategyChoice("adaptive", {"n": 12, "at_once": 8, "confidence": 0.6, "prompt": "step-by-step"}),
        load=msgspec.structs.replace(given.load, path=default_model),
        budget=Budget(),
    )
    events: list[AnyEvent] = []
    run = Run("run", setup, backend, events.append)
    while not run.finished:
        run.step()
    state = fold(events)
    assert state.finish is not None
    assert state.finish.outcome == "answered"
    assert state.spared is not None
    ended = sum(candidate.status == "finished" for candidate in state.candidates.values())
    stopped = sum(candidate.status == "stopped" for candidate in state.candidates.values())
    assert stopped == state.spared.stopped > 0
    assert ended + stopped + state.spared.unasked == 12
    assert state.spared.tokens > 0
    assert summary(state)["candidates_spared"] == 12 - ended
