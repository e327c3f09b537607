"""Starts the program: the window first, then everything that takes time."""

from __future__ import annotations

import gc
import signal
import sys
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.garbage import GarbageCollector
from app.language import install_language
from app.main_window import MainWindow
from app.milestones import Milestones
from app.plots import PlotLoader
from app.preferences import Preferences
from app.run_controller import ReplyHandler, RunController
from engine.error_log import write_down
from engine.errors import ModelError, ThinkscopeError
from engine.lab.problem_sets import load_ladder
from engine.models.library import default_model_path
from engine.setup import DEFAULT_SAMPLING, Budget, LoadOptions, RunSetup, StrategyChoice, VerifierChoice
from engine.strategies.registry import STRATEGIES
from engine.trace.store import RunLibrary, data_folder
from engine.verifiers.registry import VERIFIERS
from engine.worker.client import WorkerClient
from widgets.panels.setup_panel import SetupPanel
from widgets.theme import install_theme, system_theme_name
from widgets.translation import tr

PLOTS_AFTER_MS = 400


def run_application(argv: list[str] | None = None, file: Path | None = None, model: str | None = None) -> int:
    """Opens the window and runs until it is closed.

    Args:
        argv: Arguments for Qt; the program's own by default.
        file: A recording, a set-up or a model to open instead of the shipped recording.
        model: The path of the model to choose, or `SIMULATED`; None leaves the one of the last time.

    Returns:
        The exit status.
    """
    gc.disable()  # until the window is there: nothing made before then is garbage
    app = QApplication(argv if argv is not None else sys.argv[:1])
    app.setApplicationName("Thinkscope")
    app.setDesktopFileName("thinkscope")
    install_language()
    GarbageCollector(app)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C in the terminal; events are on the disk already
    preferences, milestones = Preferences(), Milestones()
    install_theme(app, system_theme_name() if preferences.theme == "system" else preferences.theme)
    library = RunLibrary()
    controller = RunController(_make_client, library.new_writer)
    controller.start()  # the child wakes up on the other core while the window is built
    window = make_window(controller, library, preferences, milestones, model)
    sys.excepthook = _Excepthook(window)
    window.show()
    QTimer.singleShot(0, lambda: _after_first_paint(window, milestones, file))
    return app.exec()


def make_window(
    controller: RunController,
    library: RunLibrary,
    preferences: Preferences,
    milestones: Milestones | None = None,
    model: str | None = None,
) -> MainWindow:
    """The window with everything the registries offer, set up for a first run; `model` is the path of one to choose."""
    path, trouble = "", None
    try:
        path = str(default_model_path())
    except ModelError as error:
        trouble = error
    panel = SetupPanel(STRATEGIES, VERIFIERS, load_ladder(), path)
    panel.set_setup(first_setup(path))
    window = MainWindow(controller, panel, library, preferences, milestones)
    if model is not None:
        panel.model.set_path(model)
    elif trouble is not None:
        window.banner.say(trouble)
    return window


def first_setup(model: str) -> RunSetup:
    """What a new window shows: a product most candidates get wrong, and a verifier that finds those that do not."""
    problem = next(
        problem for rung in load_ladder() for problem in rung.problems if problem.question == "What is 7 x 8?"
    )
    return RunSetup(
        problem=problem,
        strategy=StrategyChoice("best-of-n"),
        verifiers=(VerifierChoice("arithmetic", 0.8), VerifierChoice("majority", 0.2)),
        sampling=DEFAULT_SAMPLING,
        budget=Budget(tokens=2500, seconds=60.0),
        load=LoadOptions(model),
        seed=1,
    )


def _make_client(on_reply: ReplyHandler) -> WorkerClient:
    return WorkerClient(on_reply, data_folder())


def _after_first_paint(window: MainWindow, milestones: Milestones, file: Path | None) -> None:
    milestones.reach("window_visible")
    # What is there now stays; looking through it again and again would only make frames late.
    gc.freeze()
    gc.enable()
    options = window.setup_panel.setup().load
    if options.path:
        window.controller.load(options)
    if file is not None:
        window.open_path(file)
    else:
        window.play_shipped()
    plots = PlotLoader([sparkline.load_plot for sparkline in window.meters.sparklines], window)
    QTimer.singleShot(PLOTS_AFTER_MS, plots.start)


class _Excepthook:
    """Keeps the window alive after an error of our own, says so in words, and writes it down for a report."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, ThinkscopeError):
            self._window.banner.say(error)
        else:
            self._window.banner.say(write_down(tr("Something in the window did not work."), error))
