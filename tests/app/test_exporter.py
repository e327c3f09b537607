"""Copying and saving from every page: the clipboard, files, and what is said when a file cannot be written."""

from __future__ import annotations

import csv
from pathlib import Path

import networkx as nx
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QFileDialog

from app.application import make_window
from app.main_window import MainWindow
from app.preferences import Preferences
from app.run_controller import RunController
from engine.trace.fold import RunState
from engine.trace.store import RunLibrary, write_trace
from tests import sample_run
from tests.app.fake_client import FakeClient
from tests.widgets.test_search_tree import search_events

KEYS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def window(qtbot, tmp_path):
    runs = tmp_path / "runs"
    runs.mkdir()
    write_trace(runs / "one.tsrun", sample_run.events(4))
    write_trace(runs / "two.tsrun", sample_run.events(8))
    library = RunLibrary(runs)
    controller = RunController(FakeClient, library.new_writer)
    window = make_window(controller, library, Preferences(tmp_path / "preferences.ini"))
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    yield window
    window.close()
    window.deleteLater()


def show(window: MainWindow, events: list) -> RunState:
    state = RunState().apply_all(events)
    window.stage.set_state(state, "simulated")
    return state


@pytest.fixture
def choose(monkeypatch):
    """Answers the file dialog with a path; remembers what was proposed."""
    proposed: list[str] = []

    def answer(path: Path | str) -> list[str]:
        def ask(*words: object) -> tuple[str, str]:
            proposed.append(Path(str(words[2])).name)
            return (str(path) if path else "", "")

        monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
        return proposed

    return answer


def offered(window: MainWindow) -> list[str]:
    """What can be chosen in the menu as it opens."""
    button, menu = window.exporter.button, window.exporter.button.menu()
    menu.aboutToShow.emit()
    found = [kind for kind, action in button.choices.items() if action.isVisible() and action.isEnabled()]
    menu.aboutToHide.emit()
    return found


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


PICTURES = ["copy", "png", "svg"]
METERS = ["meters-copy", "meters-png", "meters-svg", "meters-csv"]


def test_every_page_offers_what_it_has(window, qtbot):
    window.stage.set_state(RunState(), None)
    assert offered(window) == []
    show(window, sample_run.events(4))
    assert offered(window) == [*PICTURES, "csv", *METERS]
    show(window, search_events())
    assert offered(window) == [*PICTURES, "csv", "graphml", "json", *METERS]
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert offered(window) == []
    qtbot.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.history.listed() != [])
    assert offered(window) == [*PICTURES, "csv"]


def test_the_picture_is_on_the_clipboard(window, qtbot):
    show(window, search_events())
    qtbot.keyClick(window, Qt.Key.Key_C, KEYS)
    assert QGuiApplication.clipboard().image().size() == window.stage.picture().size()
    assert window.exporter.button.text() == "Copied"


def test_every_kind_of_file_is_written_with_its_ending(window, tmp_path, choose):
    state = show(window, search_events())
    for kind, action in window.exporter.button.choices.items():
        if kind not in ("copy", "meters-copy"):
            choose(tmp_path / "out" / f"run-{kind}")
            (tmp_path / "out").mkdir(exist_ok=True)
            action.trigger()
    out = tmp_path / "out"
    assert window.banner.isHidden()
    assert {path.name for path in out.iterdir()} == {
        "run-png.png", "run-svg.svg", "run-csv.csv", "run-csv-totals.csv", "run-graphml.graphml", "run-json.json",
        "run-meters-png.png", "run-meters-svg.svg", "run-meters-csv.csv",
    }  # fmt: skip
    assert QSvgRenderer((out / "run-meters-svg.svg").read_bytes()).isValid()
    assert not QImage(str(out / "run-png.png")).isNull()
    assert QImage(str(out / "run-meters-png.png")).height() == 2 * window.meters.widget().height()
    assert len(rows(out / "run-csv.csv")) == len(state.candidates)
    assert rows(out / "run-meters-csv.csv") == rows(out / "run-csv-totals.csv")
    assert len(nx.read_graphml(out / "run-graphml.graphml")) == len(state.candidates) + 1


def test_meters_that_are_closed_are_saved_as_they_would_be_seen(window, qapp):
    show(window, sample_run.events(4))
    window.meters.set_state(window.stage.state)
    for _ in range(3):
        qapp.processEvents()  # the panel finds its height
    window.exporter.button.choices["meters-copy"].trigger()
    seen = QGuiApplication.clipboard().image()
    assert seen.height() == 2 * window.meters.widget().height()
    window.meters_dock.hide()
    assert set(METERS) < set(offered(window))
    window.exporter.button.choices["meters-copy"].trigger()
    unseen = QGuiApplication.clipboard().image()
    assert unseen.width() == pytest.approx(seen.width(), abs=60)
    assert unseen.height() == pytest.approx(seen.height(), rel=0.1)
    inked = {unseen.pixel(x, y) for x in range(40, 400, 3) for y in range(0, unseen.height(), 5)}
    assert len(inked) > 20


def test_a_what_if_says_so_in_the_tables_and_in_their_names(window, tmp_path, choose):
    show(window, sample_run.events(8))
    bar = window.stage.what_if
    bar.set_open(True)
    bar.candidates.set_value(3)
    bar.answer_now()
    assert choose(tmp_path / "run.csv") == []
    window.exporter.button.choices["csv"].trigger()
    assert choose(tmp_path / "meters.csv")[-1].endswith("-what-if.csv")
    window.exporter.button.choices["meters-csv"].trigger()
    places = [row["WHAT-IF"] for row in rows(tmp_path / "run.csv")]
    assert len(places) == 8
    assert places.count("set aside") == 5
    assert places.count("picked") == 1
    figures = {row["name"]: row["value"] for row in rows(tmp_path / "meters.csv") if row["group"] == "WHAT-IF"}
    assert figures["answer"] == bar.outlook.answer
    assert figures["setting: n"] == "3"
    assert figures["completion"] == str(bar.outlook.completion_tokens)
    assert rows(tmp_path / "run-totals.csv") == rows(tmp_path / "meters.csv")
    bar.set_open(False)
    window.exporter.button.choices["meters-csv"].trigger()
    assert all(row["group"] != "WHAT-IF" for row in rows(tmp_path / "meters.csv"))


def test_the_marks_of_the_timeline_are_saved_as_far_as_the_run_is_shown(window, qtbot, tmp_path, choose):
    window.open_path(tmp_path / "runs" / "one.tsrun")
    qtbot.waitUntil(lambda: window.stage.state is window.controller.player.state and bool(window.stage.state.events))
    player = window.controller.player
    window.controller.seek(player.duration)
    assert "marks-csv" in offered(window)
    choose(tmp_path / "marks.csv")
    window.exporter.button.choices["marks-csv"].trigger()
    found = [(float(row["t"]), row["kind"], row["words"]) for row in rows(tmp_path / "marks.csv")]
    assert found == [(mark.t, mark.kind, mark.words) for mark in player.marks]
    window.controller.seek(player.duration / 2)
    window.exporter.button.choices["marks-csv"].trigger()
    assert 0 < len(rows(tmp_path / "marks.csv")) < len(found)


def test_a_contest_is_saved_as_a_picture_and_as_a_row_a_contestant(window, qtbot, tmp_path, choose):
    window.compare_recordings(sorted((tmp_path / "runs").glob("*.tsrun")))
    qtbot.waitUntil(lambda: len(window.compare.view.entries) == 2)
    assert offered(window) == [*PICTURES, "csv"]
    for kind in ("svg", "csv", "png"):
        assert choose(tmp_path / "contest")[-1:] in ([], ["contest.svg"], ["contest.csv"])
        window.exporter.button.choices[kind].trigger()
    found = rows(tmp_path / "contest.csv")
    assert [row["name"] for row in found] == [entry.contestant.title for entry in window.compare.race.entries]
    states = [entry.state for entry in window.compare.race.entries]
    assert [int(row["completion_tokens"]) for row in found] == [s.ledger.completion_tokens for s in states]
    assert QSvgRenderer((tmp_path / "contest.svg").read_bytes()).isValid()
    assert QImage(str(tmp_path / "contest.png")).width() >= window.compare.view.width()


def test_the_list_of_runs_is_saved_as_it_is_filtered(window, qtbot, tmp_path, choose):
    window.tabs.setCurrentWidget(window.history)
    qtbot.waitUntil(lambda: window.history.listed() != [])
    choose(tmp_path / "all.csv")
    window.exporter.button.choices["csv"].trigger()
    window.history.kinds.chosen.emit("starred")
    assert offered(window) == []
    window.history.kinds.chosen.emit("all")
    everything = [row.info for row in window.history.listed()]
    word = everything[0].strategy.split("-")[0]
    window.history.search.setText(word)
    choose(tmp_path / "some.csv")
    window.exporter.button.choices["csv"].trigger()
    some = [row.info for row in window.history.listed()]
    assert 0 < len(some) < len(everything)
    for name, infos in (("all", everything), ("some", some)):
        assert [row["run_id"] for row in rows(tmp_path / f"{name}.csv")] == [info.run_id for info in infos]


def test_who_changes_their_mind_saves_nothing(window, qtbot, tmp_path, choose):
    show(window, sample_run.events(4))
    choose("")
    before = sorted(tmp_path.iterdir())
    qtbot.keyClick(window, Qt.Key.Key_S, KEYS)
    assert (sorted(tmp_path.iterdir()), window.exporter.button.text()) == (before, "")


@pytest.mark.parametrize("kind", ["png", "svg", "csv", "graphml", "json", "meters-png", "meters-svg", "meters-csv"])
def test_a_folder_that_refuses_is_said_in_words(window, tmp_path, choose, kind):
    show(window, search_events())
    choose(tmp_path / "nowhere" / "run")
    window.exporter.button.choices[kind].trigger()
    assert "cannot be saved" in window.banner.what.text()
    assert window.exporter.button.text() == ""


def test_totals_that_somebody_else_wrote_are_not_replaced(window, tmp_path, choose):
    show(window, search_events())
    (tmp_path / "run-totals.csv").write_text("mine")
    choose(tmp_path / "run.csv")
    window.exporter.button.choices["csv"].trigger()
    assert "is there already" in window.banner.what.text()
    assert [path.name for path in tmp_path.glob("*.csv")] == ["run-totals.csv"]


def test_the_numbers_are_those_of_the_moment_that_is_shown(window, tmp_path, choose):
    state = show(window, sample_run.events(4)[:20])
    choose(tmp_path / "run.csv")
    window.exporter.button.choices["csv"].trigger()
    assert [int(row["tokens"]) for row in rows(tmp_path / "run.csv")] == [
        candidate.token_count for candidate in state.candidates.values()
    ]


def test_the_button_says_for_a_moment_that_it_is_done(window, qtbot):
    window.exporter.button._quiet.setInterval(1)
    window.exporter.button.say("Copied")
    assert window.exporter.button.text() == "Copied"
    qtbot.waitUntil(lambda: window.exporter.button.text() == "")
