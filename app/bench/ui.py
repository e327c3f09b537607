"""`bench ui`: what a frame costs while many candidates stream, and what the window costs the engine.

The same run is made with the window open and drawing, and without a window, in turns, each time with a fresh worker
process; the figures are medians of the turns, and the percentiles are over the frames of all turns.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.application import make_window
from app.bench.throughput import make_setup, run_engine
from app.garbage import GarbageCollector
from app.main_window import MainWindow
from app.preferences import Preferences
from app.run_controller import RunController
from app.trace_pump import FrameLog
from engine.errors import EngineError
from engine.models.library import resolve_model
from engine.setup import LoadOptions, RunSetup
from engine.trace.fold import RunState
from engine.trace.store import RunLibrary
from engine.worker.client import WorkerClient
from widgets.theme import install_theme

LONGEST_WAIT_MS = 300_000
SIZE = (1440, 900)
# What each figure may be, from `docs/benchmarks.md`.
WORK_BOUND_MS, INTERVAL_BOUND_MS, SHARE_BOUND = 8.0, 25.0, 0.90


class Spread(msgspec.Struct, frozen=True):
    """Milliseconds over all frames."""

    p50: float
    p95: float
    p99: float
    worst: float


class UiReport(msgspec.Struct, frozen=True):
    """`work_ms` is CPU time of the window's thread, `elapsed_ms` the same on the clock, with its waits for a core.

    `share` is the engine's tokens/s with the window over those without it, both without the prompt.
    """

    kind: str
    qt_platform: str
    candidates: int
    tokens_each: int
    turns: int
    frames: int
    work_ms: Spread
    elapsed_ms: Spread
    interval_ms: Spread
    tokens_per_second_with: float
    tokens_per_second_without: float
    share: float


def bench_ui(candidates: int, tokens: int, turns: int, as_json: bool) -> int:
    """Measures, prints and returns the exit status.

    Raises:
        ThinkscopeError: There is no model, or the engine failed.
    """
    setup = make_setup(LoadOptions(str(resolve_model(None))), candidates, tokens)
    begin_application()
    log, rates_with, rates_without = FrameLog(), [], []
    for _ in range(turns):
        rates_without.append(generation_rate(run_engine(setup)))
        rates_with.append(generation_rate(run_with_window(setup, log)))
    report = _report(setup, turns, log, statistics.median(rates_with), statistics.median(rates_without), tokens)
    print(json.dumps(msgspec.to_builtins(report), indent=2) if as_json else _in_words(report))
    return 0


def begin_application() -> None:
    """The application that windows need, without a screen where there is none.

    Raises:
        EngineError: There is another kind of application.
    """
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication.instance() or QApplication(sys.argv[:1])
    if not isinstance(app, QApplication):
        raise EngineError("The window needs a QApplication, and another kind is there already.")
    GarbageCollector(app)
    install_theme(app, "dark")


@contextlib.contextmanager
def whole_window() -> Iterator[MainWindow]:
    """A whole window with a data folder of its own; its engine has not been started."""
    with tempfile.TemporaryDirectory(prefix="thinkscope-bench-") as folder:
        library = RunLibrary(Path(folder) / "runs")
        controller = RunController(lambda on_reply: WorkerClient(on_reply, Path(folder)), library.new_writer)
        window = make_window(controller, library, Preferences(Path(folder) / "preferences.ini"))
        window.resize(*SIZE)
        window.show()
        window.load_plots()
        try:
            yield window
        finally:
            window.close()
            window.deleteLater()


@contextlib.contextmanager
def window_with_engine(load: LoadOptions) -> Iterator[MainWindow]:
    """The same with a model that is ready."""
    with whole_window() as window:
        window.controller.start()
        window.controller.load(load)
        wait_until(lambda: window.controller.model.status in ("ready", "failed"))
        yield window


def wait_until(done: Callable[[], bool], milliseconds: int = LONGEST_WAIT_MS) -> None:
    """Lets the window live until something is so, or for so long at most."""
    loop, look, end = QEventLoop(), QTimer(interval=20), QTimer(singleShot=True, interval=milliseconds)
    look.timeout.connect(lambda: loop.quit() if done() else None)
    end.timeout.connect(loop.quit)
    look.start()
    end.start()
    if not done():
        loop.exec()


def run_with_window(setup: RunSetup, log: FrameLog) -> RunState:
    """One run in a whole window with a data folder of its own; its frames are added to `log`.

    Raises:
        EngineError: The run did not come to its end.
    """
    with window_with_engine(setup.load) as window:
        controller, frames = window.controller, window.controller.pump.log
        frames.clear()
        controller.run(setup)
        wait_until(lambda: controller.activity == "idle")
        log.work.extend(frames.work)
        log.elapsed.extend(frames.elapsed)
        log.intervals.extend(frames.intervals)
        state = controller.player.state
    if state.finish is None:
        raise EngineError("The run did not come to its end.", state.failure.what if state.failure else "")
    return state


def generation_rate(state: RunState) -> float:
    """Generated tokens a second, from the first token on.

    Raises:
        EngineError: Nothing was generated.
    """
    first = state.ledger.first_token_at
    last = state.rate_samples[-1][0] if state.rate_samples else 0.0
    if first is None or last <= first:
        raise EngineError("The run generated too little to measure.")
    after_first = sum(tokens for t, tokens, _ in state.rate_samples if t > first)
    return after_first / (last - first)


def _report(setup: RunSetup, turns: int, log: FrameLog, rate_with: float, rate_without: float, tokens: int) -> UiReport:
    return UiReport(
        kind="ui",
        qt_platform=QApplication.platformName(),
        candidates=int(setup.strategy.settings["n"]),
        tokens_each=tokens,
        turns=turns,
        frames=len(log.work),
        work_ms=spread(list(log.work)),
        elapsed_ms=spread(list(log.elapsed)),
        interval_ms=spread(list(log.intervals)),
        tokens_per_second_with=round(rate_with, 1),
        tokens_per_second_without=round(rate_without, 1),
        share=round(rate_with / rate_without, 3),
    )


def spread(seconds: list[float]) -> Spread:
    """Percentiles of durations, in milliseconds.

    Raises:
        EngineError: There are none.
    """
    if not seconds:
        raise EngineError("No frame was drawn.")
    p50, p95, p99, worst = np.percentile(np.array(seconds) * 1000, [50, 95, 99, 100]).round(2).tolist()
    return Spread(p50, p95, p99, worst)


def _in_words(report: UiReport) -> str:
    return "\n".join(
        (
            f"{report.candidates} candidates of {report.tokens_each} tokens, {report.turns} turns, "
            f"{report.frames} frames, Qt platform {report.qt_platform}",
            line("work per frame", report.work_ms, WORK_BOUND_MS),
            line("the same on the clock", report.elapsed_ms, None),
            line("time between frames", report.interval_ms, INTERVAL_BOUND_MS),
            f"tokens/s with the window {report.tokens_per_second_with:.1f}, "
            f"without {report.tokens_per_second_without:.1f}: {report.share:.2f} (bound {SHARE_BOUND:g})",
        )
    )


def line(title: str, spread: Spread, bound: float | None) -> str:
    """Percentiles in words, with the bound where there is one."""
    limit = f" (bound for p99: {bound:g} ms)" if bound is not None else ""
    return (
        f"{title}: p50 {spread.p50:.2f} ms, p95 {spread.p95:.2f} ms, p99 {spread.p99:.2f} ms, "
        f"worst {spread.worst:.2f} ms{limit}"
    )
