"""`bench soak`: whether the window's memory stays flat while runs are replayed over and over.

The recordings that come with the program (lanes and the ladder) and a simulated search tree follow each other in the
whole window at sixteen times their speed, until so many minutes of the run clock have been shown. Refinements, contests
and the history are not among them. The first rounds fill caches (fonts, icons, pictures of tokens); what counts is the
growth from the first quarter to the end.
"""

from __future__ import annotations

import gc
import json
import math
import time
from collections.abc import Iterator

import msgspec
import numpy as np
import psutil
from PySide6.QtWidgets import QApplication

from app.bench.ui import begin_application, wait_until, whole_window
from app.bench.ui_tree import tree_events
from app.history_tab import RECORDINGS
from app.main_window import MainWindow
from engine.trace.player import TracePlayer
from engine.trace.reader import TraceReader

SPEED = 16.0
TREE, TREE_SECONDS = 1000, 60.0
SETTLED = 0.25  # of the rounds: what comes after them is measured
GROWTH_BOUND = 8.0  # megabytes in thirty minutes


class Round(msgspec.Struct, frozen=True):
    """After one round: seconds of the run clock shown so far, megabytes in memory, Python objects, widgets."""

    shown_seconds: float
    megabytes: float
    objects: int
    widgets: int


class SoakReport(msgspec.Struct, frozen=True):
    """`growth_megabytes` is the slope of a line through the settled rounds, times the minutes that were shown."""

    kind: str
    minutes: float
    wall_seconds: float
    rounds: list[Round]
    growth_megabytes: float
    growth_objects: int
    growth_widgets: int


def bench_soak(minutes: float, as_json: bool) -> int:
    """Measures, prints and returns the exit status."""
    begin_application()
    began = time.perf_counter()
    with whole_window() as window:
        rounds = list(replay_rounds(window, 60 * minutes))
    report = make_report(minutes, time.perf_counter() - began, rounds)
    print(json.dumps(msgspec.to_builtins(report), indent=2) if as_json else _in_words(report))
    return 0


def replay_rounds(window: MainWindow, seconds: float, speed: float = SPEED) -> Iterator[Round]:
    """Replays everything again and again until so many seconds of the run clock were shown; one result a round."""
    controller, shown = window.controller, 0.0
    controller.set_speed(speed)
    while shown < seconds:
        for label, player in _players():
            controller.show(player, label, True)
            wait_until(lambda: not controller.playing)
            shown += player.duration
        gc.collect()
        widgets = len(QApplication.allWidgets())
        megabytes = psutil.Process().memory_info().rss / 1e6
        yield Round(round(shown, 1), round(megabytes, 2), len(gc.get_objects()), widgets)


def make_report(minutes: float, wall_seconds: float, rounds: list[Round]) -> SoakReport:
    """What the rounds say together."""
    settled = rounds[min(math.ceil(SETTLED * len(rounds)), len(rounds) - 1) :]
    slope = 0.0
    if len(settled) > 1:
        slope = float(np.polyfit([r.shown_seconds for r in settled], [r.megabytes for r in settled], 1)[0])
    return SoakReport(
        kind="soak",
        minutes=minutes,
        wall_seconds=round(wall_seconds, 1),
        rounds=rounds,
        growth_megabytes=round(60 * minutes * slope, 2),
        growth_objects=settled[-1].objects - settled[0].objects,
        growth_widgets=settled[-1].widgets - settled[0].widgets,
    )


def _players() -> Iterator[tuple[str, TracePlayer]]:
    for path in sorted(RECORDINGS.glob("*.tsrun")):
        yield "RECORDED", TracePlayer(TraceReader(path))
    yield "SIMULATED", TracePlayer(tree_events(TREE, TREE_SECONDS))


def _in_words(report: SoakReport) -> str:
    first, last = report.rounds[0], report.rounds[-1]
    return "\n".join(
        (
            f"{report.minutes:g} minutes of runs replayed in {len(report.rounds)} rounds, {report.wall_seconds:.0f} s",
            f"memory: {first.megabytes:.0f} MB after the first round, {last.megabytes:.0f} MB after the last",
            f"growth after the first quarter: {report.growth_megabytes:+.1f} MB (bound: {GROWTH_BOUND:g} MB), "
            f"{report.growth_objects:+,} Python objects, {report.growth_widgets:+} widgets",
        )
    )
