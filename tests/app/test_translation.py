"""Every text of the window goes through the translation; a language is found, loaded and shown."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QWidget

from app.application import make_window
from app.main_window import MainWindow
from app.preferences import Preferences
from app.run_controller import RunController
from app.shortcuts import ShortcutsDialog
from docs.make_translations import registered, texts
from engine.contest.contestant import names_of
from engine.contest.verdict import verdict
from engine.events import AnyEvent
from engine.lab.problem_sets import load_ladder
from engine.models.library import default_model_path
from engine.setup import StrategyChoice
from engine.strategies.registry import STRATEGIES
from engine.trace.player import TracePlayer
from engine.trace.reader import TraceReader
from engine.trace.store import RunLibrary, write_trace
from engine.verifiers.registry import VERIFIERS
from engine.worker.messages import Loaded, LoadFailed, Loading
from tests import sample_run
from tests.app.fake_client import FakeClient
from tests.pseudo_translation import PseudoTranslator, cut_off, data_of, shown_texts, untranslated
from tests.widgets.test_search_tree import search_events
from widgets.load_report import LoadReport
from widgets.panels.prompt_dialog import PromptDialog
from widgets.stage.token_popup import TokenPopup
from widgets.theme import install_theme
from widgets.translation import install, remove
from widgets.tree.node_menu import NodeMenu, ThoughtDialog

PAINTED_DATA = ("token_paint.py", "token_flow.py")  # who paints what models have written
# The product, Qt's own words, what comes from the machine or from the engine's sentences.
DATA = {"Thinkscope", "scope", "Think", "Scroll Left", "Scroll Right", "Close", "Cancel", "OK", ".tsrun", "unknown.xyz"}
DATA |= set(VERIFIERS)  # the ids that stand beside scores, also of the recording that a new window opens
EVENTS = [replace(e, backend="llama.cpp") if i == 0 else e for i, e in enumerate(sample_run.events(8))]

WIDEST = 1400  # with words that are longer by 40 %; 1280 in English
ROOT = Path(__file__).resolve().parents[2]
SHOWING = re.compile(
    r"(.*\.)?(set(Text|ToolTip|AccessibleName|AccessibleDescription|PlaceholderText|WindowTitle)|QLabel|QPushButton|QCheckBox"
    r"|add(Action|Menu|Tab)|draw(_t|T)ext|draw_empty|SectionTitle|Section|Folded|LabelledSlider|(Thinkscope|BadInput)Error)"
)
NOT_OF_THE_WINDOW = re.compile(r"app/(cli|bench/|doctor)")


class Desk:
    """A window, and the client behind it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = (
            DATA
            | {default_model_path().stem}
            | {problem.question for rung in load_ladder() for problem in rung.problems}
        )
        library = RunLibrary(folder / "runs")
        self.controller = RunController(self._make_client, library.new_writer)
        self.window = make_window(self.controller, library, Preferences(folder / "preferences.ini"))
        self.window.resize(1280, 800)
        self.window.show()

    def _make_client(self, on_reply: object) -> FakeClient:
        self.client = FakeClient(on_reply)
        return self.client

    def show(self, events: Sequence[AnyEvent], share: float = 1.0) -> TracePlayer:
        """Puts a recorded run on the stage."""
        path = self.folder / "shown.tsrun"
        path.unlink(missing_ok=True)
        write_trace(path, events)
        player = TracePlayer(TraceReader(path))
        self.controller.show(player, "SIMULATED", False)
        self.seek(player, share)
        return player

    def seek(self, player: TracePlayer, share: float) -> None:
        """Goes to a moment of it, with all meters."""
        self.controller.seek(share * player.duration)
        self.window.meters.update_now()
        self.window.stage.finish_rendering()


@pytest.fixture(scope="module")
def pseudo(qapp) -> Iterator[PseudoTranslator]:
    install_theme(qapp, "dark")
    qapp.setProperty("themed", True)
    translator = PseudoTranslator()
    install(translator)
    yield translator
    remove(translator)


@pytest.fixture(scope="module")
def desk(pseudo, tmp_path_factory) -> Iterator[Desk]:
    """One window for all tests: every further one would be restyled with it."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    yield desk
    desk.window.close()
    desk.window.deleteLater()


@pytest.fixture
def window(desk) -> MainWindow:
    return desk.window


class Inspection:
    """Collects what a window says and paints, and what of that is not translated."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, data: set[str]) -> None:
        self.wrong: set[str] = set()
        self.seen: set[str] = set()
        self.data = data
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

    def check(self) -> None:
        """Nothing was wrong, and there was something to see."""
        assert len(self.seen) > 20
        assert not self.wrong, "\n".join(sorted(self.wrong))


@pytest.fixture
def inspection(monkeypatch, desk) -> Inspection:
    """What earlier runs have brought along may still stand on pages that are not shown."""
    return Inspection(monkeypatch, desk.data)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_is_shown_in_translated_words(desk, window, inspection, strategy):
    window.setup_panel.strategy.set_choice(StrategyChoice(strategy))
    player = desk.show(search_events(strategy), 0.4)
    inspection.data |= data_of(player.state)
    inspection.look(window)
    desk.seek(player, 1.0)
    inspection.data |= data_of(player.state)
    inspection.look(window)
    for candidate in list(player.state.candidates)[:2]:
        window.stage.select(candidate)
        for token in (0, None):
            window.meters.select(candidate, token)
            inspection.look(window)
    window.stage.what_if.set_open(True)
    outlook = window.stage.what_if._outlook
    inspection.data |= {outlook.reason, *outlook.notes} if outlook is not None else set()
    inspection.look(window)
    window.stage.what_if.set_open(False)
    inspection.check()


def test_a_run_that_goes_on_is_told_in_translated_words(desk, window, inspection, qtbot):
    window.run()
    for count in (2, len(EVENTS) // 2, len(EVENTS) - 2):
        desk.client.emit(EVENTS[desk.controller.player.state.events if desk.controller.live else 0 : count])
        qtbot.waitUntil(lambda count=count: desk.controller.player.state.events == count)
        inspection.data |= data_of(desk.controller.player.state)
        inspection.look(window)
    desk.client.emit(EVENTS[-2:], end=True)
    qtbot.waitUntil(lambda: desk.controller.activity == "idle")
    inspection.data |= data_of(desk.controller.player.state)
    window.presenting.toggle()
    inspection.look(window)
    window.presenting.toggle()
    inspection.check()


def test_what_a_model_says_of_itself_is_translated(desk, window, inspection, qtbot):
    report = replace(sample_run.REPORT, safe_mode=True, safe_mode_reason="It crashed.")
    inspection.data |= {report.name, report.device, report.quantization, report.architecture, report.kv_layout}
    inspection.data |= {report.path, report.safe_mode_reason, report.gpu_hint, "It is empty.", "Get another one."}
    for reply in (
        Loading("Loading the weights", 0.4),
        Loaded(report),
        LoadFailed("It is empty.", "", "Get another one."),
    ):
        desk.controller.load(window.setup_panel.setup().load)
        desk.client.reply(reply)
        qtbot.wait(1)
        inspection.look(window)
    inspection.look(LoadReport(report, None, window), LoadReport(None, None, window))
    inspection.check()


def test_the_other_pages_and_dialogs_are_translated(desk, window, inspection, qtbot, tmp_path):
    paths = []
    for number in range(2):
        paths.append(desk.folder / "runs" / f"{number}.tsrun")
        paths[-1].parent.mkdir(exist_ok=True)
        write_trace(paths[-1], search_events("best-of-n"))
    state = desk.show(search_events()).state
    inspection.data |= data_of(state) | {str(path) for path in paths} | {"Simulated", "What is 7 x 8?"}
    window.tabs.setCurrentWidget(window.compare.view)
    inspection.look(window)
    window.compare_recordings(paths)
    qtbot.waitUntil(lambda: len(window.compare.race.entries) == 2)
    for entry in window.compare.race.entries:
        inspection.data |= data_of(entry.state) | {entry.contestant.details, entry.contestant.model_name}
    inspection.data |= {
        verdict(window.compare.race.entries),
        *names_of([e.contestant for e in window.compare.race.entries]),
    }
    inspection.look(window)
    window.tabs.setCurrentWidget(window.history)
    qtbot.waitUntil(lambda: len(window.history.listed()) > 2)
    for row in window.history.listed():
        info = row.info
        inspection.data |= {info.question, info.model, info.path, info.answer or "", info.strategy, info.created}
    inspection.data |= {
        window.history.model.data(window.history.model.index(row, 1)) for row in range(len(window.history.listed()))
    }
    window.history.undo_bar.say(1)
    inspection.look(window)
    window.history.undo_bar.say(0)
    window.tabs.setCurrentIndex(0)
    window.open_path(Path("unknown.xyz"))
    thought = next(iter(state.candidates.values()))
    prompt = next(iter(state.prompts.values()))
    inspection.data |= {prompt.template}
    popup = TokenPopup(window)
    popup.show_token(next(token for token in thought.tokens if token.alternatives), QRect(0, 0, 9, 9))
    dialogs = [popup, ShortcutsDialog(window), PromptDialog(prompt, window), ThoughtDialog("", window)]
    inspection.look(window, *dialogs, NodeMenu(state, thought, can_act=True, parent=window))
    window.banner.hide()
    inspection.check()


def test_all_that_the_window_asked_for_is_in_the_list_for_translators(desk, pseudo):
    """Runs after those above, whose texts were asked for: a constant that is not marked would be missing."""
    asked = {text for text in pseudo.asked if any(letter.isalpha() for letter in text)}
    assert sorted(asked - texts().keys()) == []


def test_what_the_engine_offers_is_in_the_list_for_translators():
    listed = texts()
    assert all(text in listed for text in registered() if any(letter.isalpha() for letter in text))
    assert {spec.title for spec in STRATEGIES.values()} <= listed.keys()
    assert "Loading the weights" in listed


def test_no_literal_goes_into_the_window_untranslated():
    """Also where no test drives the window: what is written straight into a call that shows it."""
    found = [
        f"{path.relative_to(ROOT)}:{argument.lineno} {ast.unparse(argument)}"
        for package in ("app", "widgets")
        for path in (ROOT / package).rglob("*.py")
        if not NOT_OF_THE_WINDOW.match(path.relative_to(ROOT).as_posix())
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and SHOWING.fullmatch(ast.unparse(node.func))
        for argument in node.args
        if has_bare_words(argument)
    ]
    assert not found, "\n".join(found)


def has_bare_words(argument: ast.expr) -> bool:
    match argument:
        case ast.IfExp(body=body, orelse=orelse):
            return has_bare_words(body) or has_bare_words(orelse)
        case ast.BinOp(left=left, right=right):
            return has_bare_words(left) or has_bare_words(right)
        case ast.JoinedStr(values=values):
            parts = (str(value.value) if isinstance(value, ast.Constant) else "0" for value in values)
            return untranslated("".join(parts), DATA) != ""
        case ast.Constant(value=str() as text):
            return untranslated(text, DATA) != ""
    return False


def test_longer_words_are_not_cut_off(desk, pseudo, tmp_path, qtbot):
    grown = PseudoTranslator(growth=0.4)
    install(grown)
    other = Desk(tmp_path)
    try:
        other.show(search_events("best-of-n"))
        for page in range(3):
            other.window.tabs.setCurrentIndex(page)
            qtbot.waitUntil(lambda: not cut_off(other.window), timeout=3000)  # a page may be laid out in a later frame
            # The head of the stage, with its summary and two buttons, is what needs more than English does.
            assert other.window.width() <= WIDEST
        for panel in (other.window.setup_panel, other.window.meters):
            fits = panel.widget().minimumSizeHint().width() <= panel.viewport().width()
            assert fits or panel.isHidden() or panel.horizontalScrollBar().maximum() > 0
    finally:
        other.window.close()
        other.window.deleteLater()
        remove(grown)


def test_english_words_need_no_wider_panels(qapp, pseudo, tmp_path):
    remove(pseudo)
    english = Desk(tmp_path)
    try:
        english.show(search_events("mcts"))
        english.window.meters.select(3)
        QApplication.processEvents()
        for panel in (english.window.setup_panel, english.window.meters):
            assert panel.widget().minimumSizeHint().width() <= panel.viewport().width()
            assert panel.horizontalScrollBar().maximum() == 0
        assert not cut_off(english.window)
        assert english.window.width() == 1280
    finally:
        english.window.close()
        english.window.deleteLater()
        install(pseudo)
