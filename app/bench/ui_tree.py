"""`bench ui --tree`: what a frame costs while a search tree grows on the stage, and while a person moves about in it.

The tree is made up and labelled simulated: the events of a search with so many thoughts, played in the whole window
while the engine writes candidates behind it. Panning and zooming are measured then, each step with its painting.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable

import msgspec
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication

from app.bench.throughput import make_setup
from app.bench.ui import INTERVAL_BOUND_MS, WORK_BOUND_MS, Spread, begin_application, line, spread, wait_until
from app.bench.ui import window_with_engine as open_window
from engine.events import (
    CandidateFinished,
    CandidateQueued,
    CandidateStarted,
    Event,
    PhaseEntered,
    RunFinished,
    RunStarted,
    StrategyMoved,
    TokensDecoded,
)
from engine.inference.simulated_backend import REPORT
from engine.models.library import resolve_model
from engine.moves import PathSelected, ValueBackedUp
from engine.setup import DEFAULT_SAMPLING, Budget, LoadOptions, RunSetup, StrategyChoice
from engine.trace.player import TracePlayer
from engine.types import Problem, Token
from widgets.tree.view import SearchTreeView

GROWTH_SECONDS = 10.0
BEHIND = 16  # candidates that the engine writes meanwhile
STEPS = 180
MOVED_BOUND_MS = 25.0  # of a frame in a tree of 10,000, from the design
CHILDREN = 4


class UiTreeReport(msgspec.Struct, frozen=True):
    """`growing_ms` is the window's CPU time a frame, `interval_ms` the time between frames, while the tree grows.

    `panning_ms` and `zooming_ms` are of one step with its painting, in the whole tree.
    """

    kind: str
    qt_platform: str
    nodes: int
    frames: int
    growing_ms: Spread
    interval_ms: Spread
    panning_ms: Spread
    zooming_ms: Spread


def bench_ui_tree(nodes: int, as_json: bool) -> int:
    """Measures, prints and returns the exit status.

    Raises:
        ThinkscopeError: There is no model, or the engine failed.
    """
    behind = make_setup(LoadOptions(str(resolve_model(None))), BEHIND, 2000)
    begin_application()
    with open_window(behind.load) as window:
        controller, view = window.controller, window.stage.tree.view
        controller.run(behind)
        wait_until(lambda: controller.activity == "running")
        log = controller.pump.log
        view.watch = log.working
        log.clear()
        controller.show(TracePlayer(tree_events(nodes)), "SIMULATED", True)
        wait_until(lambda: not controller.playing)
        grown, intervals = list(log.work), list(log.intervals)
        view.finish_rendering()
        middle = QPointF(view.width() / 2, view.height() / 2)
        panning = moved(view, lambda step: view.pan(QPointF(3 if step % 60 < 30 else -3, 1 if step % 40 < 20 else -1)))
        zooming = moved(view, lambda step: view.zoom(1.05 if step % 120 < 60 else 1 / 1.05, middle))
        controller.show_live()
        controller.stop()
        wait_until(lambda: controller.activity == "idle")
    report = UiTreeReport(
        "ui-tree", QApplication.platformName(), nodes, len(grown), spread(grown), spread(intervals), spread(panning),
        spread(zooming),
    )  # fmt: skip
    print(json.dumps(msgspec.to_builtins(report), indent=2) if as_json else _in_words(report))
    return 0


def moved(view: SearchTreeView, move: Callable[[int], None]) -> list[float]:
    """Seconds of CPU time of each of `STEPS` steps with its painting."""
    taken = []
    for step in range(STEPS):
        began = time.thread_time()
        move(step)
        view.repaint()
        taken.append(time.thread_time() - began)
        QApplication.processEvents()
    return taken


def tree_events(nodes: int, seconds: float = GROWTH_SECONDS) -> list[Event]:
    """A made-up search whose tree has so many thoughts; each fourth one is followed by a simulation's way back."""
    chance = random.Random(1)
    problem = Problem("A made-up search.")
    strategy = StrategyChoice("mcts", {"simulations": max(1, nodes // CHILDREN)})
    setup = RunSetup(problem, strategy, (), DEFAULT_SAMPLING, Budget(), LoadOptions("simulated"), 1)
    events: list[Event] = [
        RunStarted(0.0, "bench", "2026-01-01T00:00:00+00:00", "0", setup, REPORT, "simulated"),
        PhaseEntered(0.0, "generate"),
    ]
    parents: list[int | None] = []
    for node in range(nodes):
        t = seconds * node / nodes
        parents.append(parents[node - 1] if node % CHILDREN else None if node < CHILDREN else chance.randrange(node))
        events += thought(node, parents[node], t)
        if node % CHILDREN == CHILDREN - 1:
            path = way(parents, chance.randrange(node + 1))
            simulation = node // CHILDREN
            events.append(StrategyMoved(t, PathSelected(simulation, path)))
            events.append(StrategyMoved(t, ValueBackedUp(simulation, path, chance.random())))
    events.append(RunFinished(seconds, "no_answer", "All simulations are done.", 0.0, seconds))
    return events


def thought(node: int, parent: int | None, t: float) -> list[Event]:
    """The events of one step of four tokens."""
    tokens = tuple(Token(node, 5, text, -0.3, 0.4) for text in (" Step", f" {node}", " is", " made up."))
    return [
        CandidateQueued(t, node, "", 0, node, 0.7, 48, "step", parent),
        CandidateStarted(t, node, 20, 4),
        TokensDecoded(t, tokens, 0, 0.001, 0.001),
        CandidateFinished(t, node, "step", f" Step {node} is made up.", None, None, 4, -0.3, None, 0),
    ]


def way(parents: list[int | None], node: int | None) -> tuple[int, ...]:
    """From below the root to a node."""
    path: list[int] = []
    while node is not None:
        path.append(node)
        node = parents[node]
    return tuple(reversed(path))


def _in_words(report: UiTreeReport) -> str:
    return "\n".join(
        (
            f"a tree of {report.nodes:,} thoughts, {report.frames} frames while it grew, "
            f"engine running, Qt platform {report.qt_platform}",
            line("work per frame, growing", report.growing_ms, WORK_BOUND_MS if report.nodes <= 1000 else None),
            line("time between frames", report.interval_ms, INTERVAL_BOUND_MS if report.nodes <= 1000 else None),
            line("panning", report.panning_ms, MOVED_BOUND_MS),
            line("zooming", report.zooming_ms, MOVED_BOUND_MS),
        )
    )
