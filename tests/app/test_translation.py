"""Every text of the window goes through the translation; a language is found, loaded and shown."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from app.application import make_window
from app.main_window import MainWindow
from app.preferences import Preferences
from app.run_controller import RunController
from app.shortcuts import ShortcutsDialog
from docs.make_translations import registered, texts
from engine.contest.ready import READY_CONTESTS
from engine.errors import ThinkscopeError
from engine.lab.problem_sets import load_ladder
from engine.strategies.registry import STRATEGIES
from engine.trace.player import TracePlayer
from engine.trace.reader import TraceReader
from engine.trace.store import RunLibrary, write_trace
from tests import sample_run
from tests.app.fake_client import FakeClient
from tests.pseudo_translation import PseudoTranslator, data_of, shown_texts, untranslated
from tests.widgets.test_search_tree import search_events
from widgets.load_report import LoadReport
from widgets.panels.prompt_dialog import PromptDialog
from widgets.theme import THEMES, install_theme
from widgets.translation import install, remove
from widgets.tree.node_menu import NodeMenu, ThoughtDialog

PAINTED_DATA = ("token_paint.py", "token_flow.py")  # who paints what models have written
DATA = {"Thinkscope", "scope", "Think"} | {"Scroll Left", "Scroll Right", "Close", "Cancel", "OK"}  # the product; Qt's own


@pytest.fixture
def pseudo(qapp, request) -> Iterator[PseudoTranslator]:
    if THEMES.theme is None or qapp.property("themed") is None:
        install_theme(qapp, "dark")
        qapp.setProperty("themed", True)
    translator = PseudoTranslator(getattr(request, "param", 0.0))
    install(translator)
    yield translator
    remove(translator)


@pytest.fixture
def window(qtbot, tmp_path, pseudo) -> Iterator[MainWindow]:
    library = RunLibrary(tmp_path / "runs")
    controller = RunController(FakeClient, library.new_writer)
    window = make_window(controller, library, Preferences(tmp_path / "preferences.ini"))
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    yield window
    window.close()
    window.deleteLater()


class Inspection:
    """Collects what a window says and paints, and what of that is not translated."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wrong: set[str] = set()
        self.seen: set[str] = set()
        self.data = DATA | {problem.question for rung in load_ladder() for problem in rung.problems}
        self._painted: list[tuple[str, str]] = []
        paint = QPainter.drawText

        def draw(painter: QPainter, *arguments: object) -> object:
            caller = sys._getframe(1).f_code
            if Path(caller.co_filename).name not in PAINTED_DATA and caller.co_name != "_paint_flow":
                words = next((a for a in reversed(arguments) if isinstance(a, str)), "")
                self._painted.append((f"{Path(caller.co_filename).name} {caller.co_name}", words))
            return paint(painter, *arguments)

        monkeypatch.setattr(QPainter, "drawText", draw)

    def look(self, *windows: QWidget) -> None:
        """Takes what a window shows now; what was seen before costs nothing."""
        for window in windows:
            window.grab()
            for where, text in (*shown_texts(window), *self._painted):
                if text not in self.seen:
                    self.seen.add(text)
                    left = untranslated(text, self.data)
                    if left:
                        self.wrong.add(f"{where}: {text!r} → {left!r}")
            self._painted.clear()


@pytest.fixture
def inspection(monkeypatch) -> Inspection:
    return Inspection(monkeypatch)


def show(window: MainWindow, path: Path, events: list, inspection: Inspection) -> TracePlayer:
    write_trace(path, events)
    player = TracePlayer(TraceReader(path))
    window.controller.show(player, "SIMULATED", False)
    for share in (0.3, 1.0):
        window.controller.seek(share * player.duration)
        inspection.data |= data_of(player.state)
        window.meters.update_now()
        window.stage.finish_rendering()
        inspection.look(window)
    return player


def events_of(strategy: str) -> list:
    return search_events(strategy)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_is_shown_in_translated_words(window, pseudo, inspection, tmp_path, strategy):
    window.setup_panel.strategy.set_choice(window.setup_panel.setup().strategy.__class__(strategy))
    player = show(window, tmp_path / "run.tsrun", events_of(strategy), inspection)
    for candidate in list(player.state.candidates)[:2]:
        window.stage.select(candidate)
        window.meters.select(candidate, 0)
        window.toggle_presenting()
        window._show_caption()
        inspection.look(window)
        window.toggle_presenting()
        window.meters.select(candidate)
        inspection.look(window)
    assert not inspection.wrong, "\n".join(sorted(inspection.wrong))
