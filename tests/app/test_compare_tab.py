"""The tab Compare in the window, with the real worker and the simulated model where a race is run."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt

from app.application import make_window
from app.preferences import Preferences
from app.run_controller import RunController
from engine.setup import Budget, LoadOptions, StrategyChoice
from engine.trace.store import RunLibrary, write_trace
from engine.types import Problem
from engine.worker.client import WorkerClient
from tests.simulated_runs import make_setup, simulated_events


class Desk:
    """A window with a worker of its own."""

    def __init__(self, folder: Path) -> None:
        self.library = RunLibrary(folder / "runs")
        self.controller = RunController(WorkerClient, self.library.new_writer)
        self.controller.start()
        self.window = make_window(self.controller, self.library, Preferences(folder / "preferences.ini"))
        self.view, self.race = self.window.compare.view, self.window.compare.race
        problem = Problem("What is 47 + 35?", "82", "addition")
        self.change(load=LoadOptions("simulated"), problem=problem, budget=Budget(tokens=1500, seconds=60.0))

    def change(self, **parts: object) -> None:
        panel = self.window.setup_panel
        panel.set_setup(replace(panel.setup(), **parts))


@pytest.fixture
def desk(qtbot, tmp_path):
    desk = Desk(tmp_path)
    desk.window.resize(1280, 800)
    desk.window.show()
    qtbot.waitExposed(desk.window)
    desk.window.tabs.setCurrentWidget(desk.view)
    yield desk
    desk.window.close()
    desk.window.deleteLater()


def click(qtbot, button: object) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def race(desk: Desk, qtbot) -> None:
    click(qtbot, desk.view.race_button)
    assert desk.race.going
    qtbot.waitUntil(lambda: not desk.race.going, timeout=60_000)


def test_a_ready_contest_is_raced_recorded_and_replayed_together(desk, qtbot):
    click(qtbot, desk.view.empty.cards["vote-or-verifier"])
    race(desk, qtbot)
    assert [entry.status for entry in desk.race.entries] == ["ended", "ended"]
    recorded = desk.library.list()
    assert {info.strategy for info in recorded} == {"self-consistency", "best-of-n"}
    assert all(info.complete for info in recorded)
    assert {repr(entry.budget) for entry in desk.race.entries} == {repr(Budget(tokens=1500, seconds=60.0))}
    said = desk.view.verdict.text()
    assert said
    qtbot.keyClick(desk.view, Qt.Key.Key_Space)
    assert desk.race.playing
    assert desk.view.verdict.text() == f"At the end: {said}"
    qtbot.waitUntil(lambda: not desk.race.playing, timeout=20_000)
    assert desk.race.position == desk.race.duration
    assert desk.view.verdict.text() == said


def test_what_is_shared_is_what_the_set_up_panel_says_when_the_race_begins(desk, qtbot):
    click(qtbot, desk.view.empty.add_button)
    desk.change(strategy=StrategyChoice("chain-of-thought"))
    click(qtbot, desk.view.add_button)
    desk.change(problem=Problem("What is 20 + 30?", "50", "addition"), seed=7)
    race(desk, qtbot)
    starts = [entry.state.start.setup for entry in desk.race.entries]
    assert [setup.strategy.name for setup in starts] == ["best-of-n", "chain-of-thought"]
    assert {(setup.problem.question, setup.seed) for setup in starts} == {("What is 20 + 30?", 7)}
    assert desk.view.question.text == "What is 20 + 30?"


def test_a_model_that_is_not_there_costs_its_column_only(desk, qtbot):
    click(qtbot, desk.view.empty.add_button)
    click(qtbot, desk.view.add_button)
    desk.race.set_model(0, "/nowhere/none.gguf")
    race(desk, qtbot)
    assert [entry.status for entry in desk.race.entries] == ["failed", "ended"]
    assert "none.gguf" in desk.view.columns[0].words.text()


@pytest.mark.parametrize("by_key", [False, True])
def test_stop_ends_the_race(desk, qtbot, by_key):
    desk.change(strategy=StrategyChoice("best-of-n", {"n": 512}), budget=Budget())
    click(qtbot, desk.view.empty.add_button)
    click(qtbot, desk.view.add_button)
    click(qtbot, desk.view.race_button)
    qtbot.waitUntil(lambda: desk.race.entries[0].has_run, timeout=20_000)
    if by_key:
        qtbot.keyClick(desk.view, Qt.Key.Key_Escape)
    else:
        click(qtbot, desk.view.stop_button)
    qtbot.waitUntil(lambda: not desk.race.going, timeout=20_000)
    assert [entry.status for entry in desk.race.entries] == ["ended", "left out"]
    assert desk.race.entries[0].state.finish.outcome == "stopped"


def test_a_wrong_field_is_pointed_at_and_nothing_races(desk, qtbot):
    click(qtbot, desk.view.empty.cards["one-or-many"])
    desk.window.setup_panel.problem.question.setPlainText("")
    click(qtbot, desk.view.race_button)
    assert not desk.race.going
    assert desk.window.setup_panel.problem.error.isVisible()


def test_meters_and_timeline_make_room_and_come_back(desk, qtbot):
    window = desk.window
    assert not window.meters_dock.isVisible()
    assert not window.timeline.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert window.meters_dock.isVisible()
    assert window.timeline.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert desk.view.isVisible()
    assert not window.meters_dock.isVisible()


def test_the_stage_shows_what_has_happened_while_the_race_was_looked_at(desk, qtbot):
    click(qtbot, desk.view.empty.cards["one-or-many"])
    race(desk, qtbot)
    qtbot.keyClick(desk.window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert len(desk.window.stage.lanes.order) == 16
    assert desk.window.stage.lanes.order == list(desk.controller.player.state.candidates)


def test_a_window_that_is_closed_while_comparing_has_its_meters_again_next_time(qtbot, tmp_path):
    first = Desk(tmp_path)
    first.window.show()
    first.window.tabs.setCurrentWidget(first.view)
    first.window.close()
    second = Desk(tmp_path)
    second.window.show()
    assert second.window.meters_dock.isVisible()
    assert second.window.timeline.isVisible()
    for desk in (first, second):
        desk.window.close()
        desk.window.deleteLater()


def test_recordings_are_compared_in_the_order_they_are_given(desk, qtbot, tmp_path):
    paths = []
    for i, name in enumerate(("self-consistency", "best-of-n")):
        paths.append(tmp_path / f"{i}.tsrun")
        write_trace(paths[-1], simulated_events(make_setup(name, n=3)))
    desk.window.compare_recordings(paths)
    qtbot.waitUntil(lambda: len(desk.race.entries) == 2)
    assert [entry.contestant.strategy.name for entry in desk.race.entries] == ["self-consistency", "best-of-n"]
    assert all(entry.recorded for entry in desk.race.entries)
    assert desk.view.clock.play_button.isEnabled()


def test_a_recording_that_cannot_be_read_is_explained_and_the_others_are_shown(desk, qtbot, tmp_path):
    good, bad = tmp_path / "good.tsrun", tmp_path / "bad.tsrun"
    write_trace(good, simulated_events(make_setup("direct")))
    bad.write_bytes(b"nothing")
    desk.window.compare_recordings([bad, good])
    qtbot.waitUntil(lambda: len(desk.race.entries) == 1)
    assert "bad.tsrun" in desk.window.banner.what.text()


@pytest.mark.parametrize("count", [1, 5])
def test_too_few_or_too_many_recordings_are_refused_in_words(desk, tmp_path, count):
    desk.window.compare_recordings([tmp_path / "a.tsrun"] * count)
    assert "cannot be compared" in desk.window.banner.what.text()


def test_the_models_of_this_machine_are_offered(desk, qtbot):
    click(qtbot, desk.view.empty.add_button)
    combo = desk.view.columns[0].model
    qtbot.waitUntil(lambda: combo.findData("simulated") == combo.count() - 1, timeout=10_000)
    assert combo.currentData() == "simulated"
