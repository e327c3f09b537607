"""The window as a person uses it, with a worker that does what the test says."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QToolButton

from app.application import first_setup, make_window
from app.main_window import MainWindow
from app.preferences import Preferences
from app.run_controller import RunController
from app.setup_file import write_setup
from engine.acts import AddSimulations, TakeToken
from engine.errors import ModelError
from engine.events import PersonActed, RunFailed
from engine.inference.simulated_backend import REPORT as SIMULATED_REPORT
from engine.trace.fold import RunState
from engine.trace.store import RunLibrary, write_trace
from engine.worker.messages import Died, Ended, Intervene, Load, Loaded, LoadFailed, Pause, Refused, Start, Step, Stop
from tests import sample_run
from tests.app.fake_client import FakeClient
from widgets.load_report import LoadReport
from widgets.panels.history_model import RUN
from widgets.stage.marks import empty_words
from widgets.theme import THEMES, current_theme, set_theme, set_type_scale

EVENTS = [replace(e, backend="llama.cpp") if i == 0 else e for i, e in enumerate(sample_run.events(8))]


class Desk:
    """A window, the client behind it and the folder it keeps its things in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.library = RunLibrary(folder / "runs")
        self.controller = RunController(self._make_client, self.library.new_writer)
        self.window = make_window(self.controller, self.library, Preferences(folder / "preferences.ini"))

    def _make_client(self, on_reply: object) -> FakeClient:
        self.client = FakeClient(on_reply)
        return self.client


@pytest.fixture
def desk(qtbot, tmp_path):
    desk = Desk(tmp_path)
    desk.window.resize(1280, 800)
    desk.window.show()
    qtbot.waitExposed(desk.window)
    yield desk
    desk.window.close()
    desk.window.deleteLater()
    if not current_theme().is_dark or THEMES.scale != 1.0:
        set_type_scale(1.0)
        set_theme("dark")


def start(desk: Desk, qtbot, count: int) -> None:
    qtbot.keyClick(desk.window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    desk.client.emit(EVENTS[:count])
    qtbot.waitUntil(lambda: desk.controller.player.state.events == count)


def finish(desk: Desk, qtbot, count: int = 0) -> None:
    desk.client.emit(EVENTS[count:], end=True)
    qtbot.waitUntil(lambda: desk.controller.activity == "idle")


def test_the_first_window_asks_a_sum_of_sixteen_candidates(desk):
    assert desk.window.setup_panel.setup() == first_setup(desk.window.setup_panel.setup().load.path)
    assert desk.window.toolbar.run_button.isEnabled()
    assert not desk.window.toolbar.stop_button.isEnabled()


def test_ctrl_return_runs_even_from_within_the_question(desk, qtbot):
    desk.window.setup_panel.problem.question.setFocus()
    qtbot.keyClick(desk.window.setup_panel.problem.question, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert isinstance(desk.client.commands[-1], Start)


def test_a_run_streams_into_stage_meters_and_timeline(desk, qtbot):
    start(desk, qtbot, 40)
    window = desk.window
    assert not window.toolbar.run_button.isEnabled()
    assert window.toolbar.stop_button.isEnabled()
    assert "LIVE" in window.timeline.clock.text()
    finish(desk, qtbot, 40)
    qtbot.waitUntil(lambda: window.meters.answer.answer.text() == "82")
    assert window.toolbar.run_button.isEnabled()
    assert "LIVE" not in window.timeline.clock.text()


def test_an_empty_question_is_not_run_but_pointed_at(desk, qtbot):
    desk.window.setup_panel.problem.question.setPlainText("")
    qtbot.mouseClick(desk.window.toolbar.run_button, Qt.MouseButton.LeftButton)
    assert not any(isinstance(c, Start) for c in desk.client.commands)
    assert desk.window.setup_panel.problem.error.isVisible()


def test_space_pauses_a_run_but_is_a_blank_in_a_text(desk, qtbot):
    start(desk, qtbot, 40)
    question = desk.window.setup_panel.problem.question
    qtbot.keyClick(question, Qt.Key.Key_Space)
    assert not any(isinstance(c, Pause) for c in desk.client.commands)
    qtbot.keyClick(desk.window, Qt.Key.Key_Space)
    assert isinstance(desk.client.commands[-1], Pause)


@pytest.mark.parametrize(
    ("key", "modifier"),
    [
        (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier),
    ],
)
def test_escape_and_ctrl_period_stop(desk, qtbot, key, modifier):
    start(desk, qtbot, 40)
    qtbot.keyClick(desk.window, key, modifier)
    assert isinstance(desk.client.commands[-1], Stop)


def test_a_step_from_rest_starts_a_run_that_holds_after_it(desk, qtbot):
    action = next(a for a in desk.window.toolbar.step_button.menu().actions() if a.text() == "One thought")
    action.trigger()
    assert isinstance(desk.client.commands[-2], Start)
    assert desk.client.commands[-1] == Step("thought")


def test_scrubbing_back_in_a_live_run_offers_the_way_back(desk, qtbot):
    start(desk, qtbot, 60)
    timeline = desk.window.timeline
    track = timeline.scrubber
    qtbot.mouseClick(track, Qt.MouseButton.LeftButton, pos=QPoint(track.width() // 3, track.height() // 2))
    assert timeline.live_button.isVisible()
    assert "LIVE" not in timeline.clock.text()
    qtbot.mouseClick(timeline.live_button, Qt.MouseButton.LeftButton)
    assert desk.controller.at_live_edge
    assert not timeline.live_button.isVisible()


def test_a_dead_worker_leaves_the_window_the_events_and_an_explanation(desk, qtbot):
    start(desk, qtbot, 60)
    run_id = desk.client.run_id
    desk.client.emit([RunFailed(1.0, "The run ended because the engine process did.", "It was killed.", "Run again.")])
    desk.client.reply(Ended(run_id), Died("The engine process ended unexpectedly.", "It was killed.", "", "run", True))
    qtbot.waitUntil(lambda: desk.controller.activity == "idle")
    assert desk.controller.player.state.events == 61
    assert desk.window.toolbar.run_button.isEnabled()
    (info,) = desk.library.list()
    assert info.events == 61


def test_a_worker_that_dies_at_rest_is_explained_in_the_banner(desk, qtbot):
    desk.client.die("idle")
    qtbot.waitUntil(desk.window.banner.isVisible)
    assert desk.window.banner.what.text() == "The engine process ended unexpectedly."


def test_the_badge_says_what_is_loaded_and_where(desk, qtbot):
    desk.client.reply(Loaded(sample_run.REPORT))
    qtbot.waitUntil(lambda: desk.controller.model.status == "ready")
    assert desk.window.toolbar.badge.words == "Simulated 135M · Q4_1 · CPU, 2 threads · no GPU in this build"
    assert sample_run.REPORT.gpu_hint in desk.window.toolbar.badge.toolTip()


def test_the_badge_of_the_simulated_model_says_only_that_it_is_simulated(desk, qtbot):
    desk.client.reply(Loaded(SIMULATED_REPORT))
    qtbot.waitUntil(lambda: desk.controller.model.status == "ready")
    assert desk.window.toolbar.badge.words == "Simulated model · simulated"
    qtbot.mouseClick(desk.window.toolbar.badge, Qt.MouseButton.LeftButton)
    report = next(iter(desk.window.findChildren(LoadReport)))
    said = " ".join(label.text() for label in report.findChildren(QLabel))
    assert "known odds" in said
    assert "Quantisation" not in said
    report.close()


def test_options_for_a_gpu_are_there_only_where_they_have_an_effect(desk, qtbot):
    model = desk.window.setup_panel.model
    options = (model.layers, model.split_mode, model.tensor_split, model.main_gpu, model.offload_kqv)
    for report, words in (
        (sample_run.REPORT, "this build of llama.cpp computes on the CPU only"),
        (SIMULATED_REPORT, "the simulated model has no layers"),
        (replace(sample_run.REPORT, gpu_supported=True), ""),
    ):
        before = desk.window.setup_panel.setup().load
        desk.client.reply(Loaded(report))
        qtbot.waitUntil(lambda report=report: desk.controller.model.report == report)
        assert words in model.no_gpu.text()
        assert model.no_gpu.isHidden() != bool(words)
        assert all(option.isEnabled() != bool(words) for option in options)
        assert desk.window.setup_panel.setup().load == before  # what is asked for elsewhere is not lost


def test_the_badge_says_safe_mode(desk, qtbot):
    desk.client.reply(Loaded(replace(sample_run.REPORT, safe_mode=True, safe_mode_reason="It crashed.")))
    qtbot.waitUntil(lambda: desk.controller.model.status == "ready")
    assert "safe mode" in desk.window.toolbar.badge.words


def test_a_model_that_cannot_be_loaded_is_explained(desk, qtbot):
    desk.client.reply(LoadFailed("“x.gguf” is empty.", "A download may have failed.", "Download it again."))
    qtbot.waitUntil(desk.window.banner.isVisible)
    assert "Download it again." in desk.window.banner.rest.text()


def test_a_run_without_a_model_says_why_there_is_none(desk, qtbot):
    desk.client.reply(LoadFailed("“x.gguf” is empty.", "A download may have failed.", "Download it again."))
    qtbot.keyClick(desk.window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    desk.client.reply(Refused(desk.client.run_id, "The run cannot start without its model.", "Loading it failed.", ""))
    qtbot.waitUntil(lambda: desk.controller.activity == "idle")
    assert "“x.gguf” is empty." in desk.window.banner.what.text()


def test_a_recording_is_opened_played_and_labelled(desk, qtbot, tmp_path):
    write_trace(tmp_path / "run.tsrun", EVENTS)
    desk.window.open_path(tmp_path / "run.tsrun")
    qtbot.waitUntil(lambda: desk.controller.playing)
    assert "RECORDED" in desk.window.timeline.clock.text()


@pytest.mark.parametrize("content", [b"", b"not a run at all", b"\x00" * 4000])
def test_a_file_that_is_no_recording_is_explained_and_the_stage_stays(desk, qtbot, tmp_path, content):
    start(desk, qtbot, 40)
    (tmp_path / "bad.tsrun").write_bytes(content)
    desk.window.open_path(tmp_path / "bad.tsrun")
    qtbot.waitUntil(desk.window.banner.isVisible)
    assert desk.controller.player.state.events == 40


def test_a_set_up_is_saved_and_opened_again(desk, tmp_path):
    panel = desk.window.setup_panel
    panel.sampling.seed.set_value(4711)
    desk.window.files.save_setup(tmp_path / "mine.thinkscope")
    saved = panel.setup()
    panel.sampling.seed.set_value(1)
    desk.window.open_path(tmp_path / "mine.thinkscope")
    assert panel.setup() == saved


def test_a_set_up_that_cannot_be_saved_is_explained(desk, tmp_path):
    desk.window.files.save_setup(tmp_path / "no such folder" / "mine.thinkscope")
    assert desk.window.banner.isVisible()


def drop(window: MainWindow, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    window.dropEvent(
        QDropEvent(
            QPointF(9, 9), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
    )


def test_a_dropped_model_is_loaded(desk, tmp_path):
    (tmp_path / "other.gguf").write_bytes(b"GGUF")
    drop(desk.window, tmp_path / "other.gguf")
    assert isinstance(desk.client.commands[-1], Load)
    assert desk.client.commands[-1].options.path == str(tmp_path / "other.gguf")


def test_a_dropped_set_up_is_shown(desk, tmp_path):
    write_setup(tmp_path / "x.thinkscope", replace(desk.window.setup_panel.setup(), seed=99))
    drop(desk.window, tmp_path / "x.thinkscope")
    assert desk.window.setup_panel.setup().seed == 99


def test_finished_runs_are_in_the_history_newest_first_and_enter_replays_one(desk, qtbot):
    start(desk, qtbot, 40)
    finish(desk, qtbot, 40)
    qtbot.keyClick(desk.window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    history = desk.window.history
    qtbot.waitUntil(lambda: any("47" in row.info.question for row in history.model._rows))
    desk.window.history.table.selectRow(0)
    qtbot.keyClick(history.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: desk.controller.playing)
    assert not desk.controller.shows_live


def test_a_run_is_named_deleted_and_put_back(desk, qtbot):
    start(desk, qtbot, 40)
    finish(desk, qtbot, 40)
    write_trace(desk.window.history_tab._library.folder / "mine.tsrun", sample_run.events(2))
    qtbot.keyClick(desk.window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    history = desk.window.history
    mine = lambda: [row for row in history.model._rows if row.info.path.endswith("mine.tsrun")]  # noqa: E731
    qtbot.waitUntil(lambda: bool(mine()))
    names = [history.shown.row_at(history.shown.index(i, 0)).info.path for i in range(history.shown.rowCount())]
    row = next(i for i, name in enumerate(names) if name.endswith("mine.tsrun"))
    assert history.shown.setData(history.shown.index(row, RUN), "for Monday")
    history.table.selectRow(row)
    qtbot.keyClick(history.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: not mine())
    assert not history.undo_bar.isHidden()
    history.undo_bar.button.click()
    qtbot.waitUntil(lambda: bool(mine()))
    assert mine()[0].title == "for Monday"
    assert history.undo_bar.isHidden()


@pytest.mark.parametrize("way", ["escape", "empty ground", "the inspector's close"])
def test_what_deselects_a_lane_takes_it_from_the_inspector_too(desk, qtbot, way):
    start(desk, qtbot, len(EVENTS) - 1)
    lanes, inspector = desk.window.stage.lanes, desk.window.meters.inspector
    qtbot.mouseClick(lanes.viewport(), Qt.MouseButton.LeftButton, pos=lanes.lane_rect(5).topLeft() + QPoint(12, 12))
    assert lanes.selected == 5
    assert inspector.isVisible()
    match way:
        case "escape":
            qtbot.keyClick(lanes, Qt.Key.Key_Escape)
        case "empty ground":
            qtbot.mouseClick(lanes.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
        case _:
            close = next(b for b in inspector.findChildren(QToolButton) if b.accessibleName() == "Close")
            qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    assert lanes.selected is None
    assert not inspector.isVisible()


def test_making_a_what_if_real_takes_its_marks_from_the_lanes(desk, qtbot, tmp_path):
    write_trace(tmp_path / "run.tsrun", EVENTS)
    desk.window.open_path(tmp_path / "run.tsrun")
    qtbot.waitUntil(lambda: desk.controller.playing)
    desk.controller.seek(desk.controller.player.duration)
    stage = desk.window.stage
    qtbot.waitUntil(stage.what_if.isVisible)
    qtbot.keyClick(desk.window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    stage.what_if.candidates.set_value(4)
    stage.what_if.answer_now()
    assert stage.lanes.would_pick is not None
    qtbot.mouseClick(stage.what_if.real, Qt.MouseButton.LeftButton)
    assert isinstance(desk.client.commands[-1], Start)
    desk.client.emit(EVENTS[:-1])
    qtbot.waitUntil(lambda: stage.state.events == len(EVENTS) - 1)
    assert stage.lanes.would_pick is None
    assert not stage.lanes.aside


def test_presenting_leaves_the_stage_and_comes_back(desk, qtbot):
    qtbot.keyClick(desk.window, Qt.Key.Key_F11)
    assert not desk.window.setup_dock.isVisible()
    assert not desk.window.meters_dock.isVisible()
    assert not desk.window.exporter.button.isVisible()  # it would lie over the stage
    assert THEMES.scale > 1.2
    qtbot.keyClick(desk.window, Qt.Key.Key_Escape)
    assert desk.window.exporter.button.isVisible()
    assert desk.window.setup_dock.isVisible()
    assert desk.window.meters_dock.isVisible()
    assert THEMES.scale == 1.0


def test_the_theme_is_chosen_from_a_menu_and_remembered(desk, qtbot):
    menu = desk.window.toolbar.theme_button.menu()
    assert menu.themes["system"].isChecked()
    for choice in ("light", "contrast", "dark"):
        menu.themes[choice].trigger()
        assert current_theme().name == choice
        assert desk.window.preferences.theme == choice
    assert menu.themes["dark"].isChecked()
    menu.themes["system"].trigger()
    assert desk.window.preferences.theme == "system"


def test_the_size_of_text_is_set_by_keys_and_remembered(desk, qtbot):
    window, control = desk.window, Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(window, Qt.Key.Key_Plus, control)
    qtbot.keyClick(window, Qt.Key.Key_Plus, control)
    assert THEMES.scale == window.preferences.text_size == 1.25
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert THEMES.scale == pytest.approx(1.25 * 1.4)
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert THEMES.scale == 1.25
    qtbot.keyClick(window, Qt.Key.Key_Minus, control)
    assert THEMES.scale == 1.1
    qtbot.keyClick(window, Qt.Key.Key_0, control)
    assert THEMES.scale == 1.0
    for _ in range(9):
        window.appearance.enlarge()
    assert THEMES.scale == 2.0
    assert not window.toolbar.theme_button.menu().larger.isEnabled()


def test_closing_during_a_run_stops_it_and_keeps_what_was_received(qtbot, tmp_path):
    desk = Desk(tmp_path)
    desk.window.show()
    desk.window.run()
    desk.client.emit(EVENTS[:60])
    desk.window.close()
    assert any(isinstance(c, Stop) for c in desk.client.commands)
    assert desk.client.closed
    (info,) = desk.library.list()
    assert info.events == 60
    desk.window.deleteLater()


def test_the_next_window_remembers_set_up_and_docks(qtbot, tmp_path):
    first = Desk(tmp_path)
    first.window.show()
    first.window.setup_panel.sampling.seed.set_value(123)
    first.window.meters_dock.hide()
    first.window.close()
    second = Desk(tmp_path)
    second.window.show()
    assert second.window.setup_panel.setup().seed == 123
    assert not second.window.meters_dock.isVisible()
    for desk in (first, second):
        desk.window.close()
        desk.window.deleteLater()


def test_no_timer_runs_in_an_idle_window(desk, qtbot):
    start(desk, qtbot, 40)
    finish(desk, qtbot, 40)
    qtbot.waitUntil(lambda: not desk.controller.pump.running)
    qtbot.waitUntil(lambda: not desk.window.meters._timer.isActive())


def test_a_value_that_is_being_typed_counts_when_run_is_pressed(desk, qtbot):
    field = desk.window.setup_panel.strategy.fields["best-of-n"].fields["n"].field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "5")
    qtbot.mouseClick(desk.window.toolbar.run_button, Qt.MouseButton.LeftButton)
    assert desk.client.commands[-1].setup.strategy.settings["n"] == 5


def test_a_typed_value_that_cannot_be_keeps_the_run_from_starting(desk, qtbot):
    field = desk.window.setup_panel.strategy.fields["best-of-n"].fields["n"].field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "abc")
    qtbot.mouseClick(desk.window.toolbar.run_button, Qt.MouseButton.LeftButton)
    assert not any(isinstance(command, Start) for command in desk.client.commands)
    assert desk.window.setup_panel.strategy.fields["best-of-n"].fields["n"].error.isVisible()


def test_a_crash_while_loading_that_is_tried_again_is_no_alarm(desk, qtbot):
    desk.client.reply(Died("The engine process ended unexpectedly.", "It crashed.", "Safe mode.", "load", True))
    qtbot.waitUntil(lambda: "starting again" in desk.window.toolbar.badge.words)
    assert desk.window.banner.isHidden()


def test_the_word_of_a_death_goes_when_the_engine_is_there_again(desk, qtbot):
    desk.client.reply(Died("The engine process ended.", "It was killed.", "It starts again.", "idle", True))
    qtbot.waitUntil(lambda: not desk.window.banner.isHidden())
    desk.client.reply(Loaded(sample_run.REPORT))
    qtbot.waitUntil(lambda: desk.window.banner.isHidden())


def test_the_normal_kernels_can_be_tried_again_from_the_load_report(desk, qtbot):
    report = replace(sample_run.REPORT, safe_mode=True, safe_mode_reason="The normal kernels crashed.")
    desk.controller.load(desk.window.setup_panel.setup().load)
    desk.client.reply(Loaded(report))
    qtbot.waitUntil(lambda: desk.controller.model.status == "ready")
    desk.controller.try_normal_kernels()
    assert desk.client.safe_mode_forgotten
    assert isinstance(desk.client.commands[-1], Load)
    assert not desk.client.commands[-1].options.safe_mode


def test_the_load_report_shows_every_value_whole(desk, qtbot):
    report = replace(sample_run.REPORT, safe_mode=True, safe_mode_reason="The normal kernels crashed. " * 4)
    popup = LoadReport(report, None, desk.window)
    qtbot.addWidget(popup)
    popup.show_below(desk.window.toolbar.badge)
    labels = [label for label in popup.findChildren(QLabel) if label.isVisible()]
    assert len(labels) > 25
    assert all(label.height() >= label.fontMetrics().height() for label in labels)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: replace(s, seed=10**17), "seed"),
        (lambda s: replace(s, strategy=replace(s.strategy, name="magic")), "no strategy"),
        (lambda s: replace(s, sampling=replace(s.sampling, temperature=1e308)), "temperature"),
        (lambda s: replace(s, load=replace(s.load, n_ctx=10**17)), "context"),
        (lambda s: replace(s, problem=replace(s.problem, question="x" * 30_000)), "too long"),
    ],
)
def test_a_set_up_that_cannot_be_carried_out_is_refused_when_it_is_opened(desk, tmp_path, change, words):
    before = desk.window.setup_panel.setup()
    write_setup(tmp_path / "bad.thinkscope", change(before))
    desk.window.open_path(tmp_path / "bad.thinkscope")
    assert words in desk.window.banner.what.text()
    assert desk.window.setup_panel.setup() == before


def test_a_remembered_set_up_that_cannot_be_carried_out_does_not_keep_the_window_from_opening(qtbot, tmp_path):
    for number, text in enumerate(("[" * 100_000, '{"seed": 1}')):
        preferences = Preferences(tmp_path / f"{number}.ini")
        preferences._settings.setValue("setup", text)
        assert preferences.setup is None
    preferences.setup = replace(sample_run.setup(), load=replace(sample_run.setup().load, path="/tmp/" + "x" * 300))
    controller = RunController(FakeClient, RunLibrary(tmp_path / "runs").new_writer)
    window = make_window(controller, RunLibrary(tmp_path / "runs"), preferences)
    qtbot.addWidget(window)
    assert "no such file" in window.setup_panel.model.error.text()


def test_a_window_with_a_model_of_its_own_shows_that_one_and_needs_no_default(qtbot, tmp_path, monkeypatch):
    def none() -> Path:
        raise ModelError("There is no default model.")

    monkeypatch.setattr("app.application.default_model_path", none)
    preferences = Preferences(tmp_path / "preferences.ini")
    preferences.setup = sample_run.setup()
    library = RunLibrary(tmp_path / "runs")
    controller = RunController(FakeClient, library.new_writer)
    window = make_window(controller, library, preferences, model="simulated")
    qtbot.addWidget(window)
    assert window.setup_panel.setup().load.path == "simulated"
    assert not window.setup_panel.model.errors()
    assert window.banner.isHidden()
    assert window.setup_panel.problem.question.toPlainText() == sample_run.setup().problem.question


def test_a_pasted_book_is_cut_to_what_fits_and_that_is_said(desk, qtbot):
    question, mime = desk.window.setup_panel.problem.question, QMimeData()
    mime.setText("word " * 10_000)
    question.selectAll()
    question.insertFromMimeData(mime)
    assert len(question.toPlainText()) == 20_000
    assert "was cut" in desk.window.setup_panel.problem.error.text()


def test_an_alternative_that_is_taken_reaches_the_engine(desk, qtbot):
    desk.window.controller.model.status = "ready"
    start(desk, qtbot, len(EVENTS) // 2)
    window = desk.window
    window.controller.model.options = window.controller.live.setup.load
    state = desk.controller.player.state
    token = next(i for i, token in enumerate(state.candidates[0].tokens) if token.alternatives)
    window.stage.token_selected.emit(0, token)
    row = next(row for row in window.meters.inspector.bars.rows if not row.taken)
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
    asked = [command.act for command in desk.client.commands if isinstance(command, Intervene)]
    assert asked == [TakeToken(0, token, row.alternative.id)]
    finish(desk, qtbot, len(EVENTS) // 2)


def test_a_simulated_run_of_this_session_can_be_changed_and_a_look_back_at_it_cannot(desk, qtbot):
    qtbot.keyClick(desk.window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    desk.client.emit(sample_run.events(8), end=True)
    qtbot.waitUntil(lambda: desk.controller.activity == "idle" and desk.controller.player.at_end)
    assert desk.controller.label == "SIMULATED"
    assert desk.window.stage.can_act
    desk.controller.seek(0.0)
    assert not desk.window.stage.can_act


def test_the_model_that_a_run_brought_along_is_the_one_at_work(desk, qtbot):
    desk.window.controller.load(replace(desk.window.setup_panel.setup().load, path="simulated"))
    start(desk, qtbot, 40)  # with the default model
    desk.client.reply(Loaded(sample_run.REPORT))
    finish(desk, qtbot, 40)
    desk.controller.act(TakeToken(0, 1, 2))
    assert isinstance(desk.client.commands[-1], Intervene)


def test_a_run_that_waits_for_a_model_loaded_once_more_goes_on_waiting(desk, qtbot):
    qtbot.keyClick(desk.window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    desk.client.die("load")
    qtbot.waitUntil(lambda: "starting again" in desk.window.toolbar.badge.words)
    assert desk.controller.activity == "starting"
    desk.client.emit(EVENTS[:40])
    qtbot.waitUntil(lambda: desk.controller.activity == "running")


def test_the_keys_go_to_the_window_first_and_not_to_a_button(desk, qtbot):
    qtbot.waitUntil(lambda: desk.window.isActiveWindow())
    assert desk.window.focusWidget() is desk.window


def test_ctrl_q_closes_the_window(desk, qtbot):
    qtbot.keyClick(desk.window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert not desk.window.isVisible()
    assert desk.client.closed


def test_nothing_lies_on_the_stage_while_presenting(desk, qtbot):
    qtbot.keyClick(desk.window, Qt.Key.Key_F11)
    assert not desk.window.exporter.button.isVisible()
    qtbot.keyClick(desk.window, Qt.Key.Key_F11)
    assert desk.window.exporter.button.isVisible()


def test_a_first_recording_that_is_read_slowly_pushes_no_run_aside(desk, qtbot):
    desk.window.play_shipped()
    start(desk, qtbot, 40)
    qtbot.waitUntil(lambda: not desk.window._greets)
    assert desk.controller.shows_live
    finish(desk, qtbot, 40)


def test_a_clicker_goes_from_mark_to_mark_while_presenting(desk, qtbot):
    start(desk, qtbot, 40)
    finish(desk, qtbot, 40)
    qtbot.keyClick(desk.window, Qt.Key.Key_F11)
    assert desk.window.caption.isVisible()
    assert desk.window.caption.words == "The answer is 82, and it is right."
    qtbot.keyClick(desk.window, Qt.Key.Key_PageUp)
    qtbot.keyClick(desk.window, Qt.Key.Key_B)
    before = desk.controller.player.index
    assert before < len(EVENTS)
    assert desk.window.caption.words != "The answer is 82, and it is right."
    qtbot.keyClick(desk.window, Qt.Key.Key_PageDown)
    assert desk.controller.player.index > before
    qtbot.keyClick(desk.window, Qt.Key.Key_F11)
    assert not desk.window.caption.isVisible()


def test_a_run_that_goes_on_can_be_looked_back_at_and_caught_up_with(desk, qtbot):
    start(desk, qtbot, 40)
    window, player = desk.window, desk.controller.player
    window.timeline.scrubber.seek_requested.emit(0.0)
    assert window.timeline.live_button.isVisible()
    at = player.index
    desk.client.emit(EVENTS[40:60])
    qtbot.waitUntil(lambda: len(player) == 60)
    assert player.index == at  # what comes in does not pull the view along
    assert player.marks
    qtbot.mouseClick(window.timeline.live_button, Qt.MouseButton.LeftButton)
    assert player.index == 60
    assert not window.timeline.live_button.isVisible()


def test_the_keyboard_alone_takes_another_token(desk, qtbot):
    desk.controller.model.status = "ready"
    start(desk, qtbot, 60)
    desk.controller.model.options = desk.controller.live.setup.load
    window, shift = desk.window, Qt.KeyboardModifier.ShiftModifier
    window.meters.update_now()
    lanes = window.stage.lanes
    lanes.setFocus()
    qtbot.keyClick(lanes, Qt.Key.Key_Right)
    candidate = lanes.selected
    qtbot.keyClick(lanes, Qt.Key.Key_Right, shift)
    qtbot.keyClick(lanes, Qt.Key.Key_Right, shift)
    assert lanes.selected == candidate
    inspector = window.meters.inspector
    assert "TOKEN 2" in inspector.title.text()
    qtbot.keyClick(lanes, Qt.Key.Key_Left, shift)
    assert "TOKEN 1" in inspector.title.text()
    qtbot.keyClick(lanes, Qt.Key.Key_Down, shift)
    row = QApplication.focusWidget()
    assert row in inspector.bars.rows
    qtbot.keyClick(row, Qt.Key.Key_Return)
    acts = [command.act for command in desk.client.commands if isinstance(command, Intervene)]
    assert acts == [TakeToken(candidate, 0, row.alternative.id)]


def test_what_the_engine_refuses_is_said(desk, qtbot):
    start(desk, qtbot, len(EVENTS) - 1)
    reason = "The budget of 120 tokens is spent. Raise it first."
    desk.client.emit([PersonActed(EVENTS[-2].t, AddSimulations(16), reason)])
    qtbot.waitUntil(desk.window.banner.isVisible)
    assert reason in " ".join(label.text() for label in desk.window.banner.findChildren(QLabel))


def test_a_what_if_is_not_made_real_while_a_run_goes_on_and_the_set_up_stays(desk, qtbot):
    start(desk, qtbot, 5)
    before, sent = desk.window.setup_panel.setup(), len(desk.client.commands)
    other = replace(before, problem=replace(before.problem, question="Another question?"))
    desk.window.stage.setup_wanted.emit(other)
    assert desk.window.setup_panel.setup() == before
    assert len(desk.client.commands) == sent
    assert desk.window.banner.isVisible()


def test_while_a_run_begins_the_stage_asks_for_no_question(desk, qtbot):
    assert not desk.window.stage.lanes.waits
    qtbot.keyClick(desk.window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert desk.controller.activity == "starting"
    assert desk.window.stage.lanes.waits
    assert "begins" in empty_words(RunState(), "", waits=True)[0]
    assert "Ask" in empty_words(RunState(), "", waits=False)[0]
    desk.client.emit(EVENTS[:5])
    qtbot.waitUntil(lambda: desk.controller.player.state.events == 5)
    assert not desk.window.stage.lanes.waits
