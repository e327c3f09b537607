"""The list of recorded runs: found, named, starred, played, compared, deleted and put back."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QLineEdit

from engine.trace.run_info import RunInfo, read_info
from engine.trace.run_notes import RunNote
from engine.trace.store import write_trace
from tests import sample_run
from widgets.panels.history_model import ANSWER, RUN, SECONDS, STAR, STRATEGY, WHEN, HistoryModel
from widgets.panels.history_panel import HistoryPanel


def no_note(path: str) -> RunNote:
    return RunNote()


@pytest.fixture
def infos(tmp_path: Path) -> list[RunInfo]:
    write_trace(tmp_path / "whole.tsrun", sample_run.events(4))
    (tmp_path / "broken.tsrun").write_bytes(b"nothing of the kind")
    return [read_info(tmp_path / name) for name in ("whole.tsrun", "broken.tsrun")]


@pytest.fixture
def many(infos) -> list[RunInfo]:
    whole = infos[0]
    return [
        replace(
            whole,
            path=f"run-{i}.tsrun",
            created=f"2026-11-{1 + i:02}T10:00:00+00:00",
            question=("What is 47 + 35?", "What is 7 x 8?")[i % 2],
            strategy=("best-of-n", "mcts", "self-refine")[i % 3],
            correct=(True, False, None)[i % 3],
            seconds=float((i * 7) % 10),
            complete=i != 4,
        )
        for i in range(9)
    ]


@pytest.fixture
def panel(qtbot, many) -> HistoryPanel:
    panel = HistoryPanel()
    qtbot.addWidget(panel)
    panel.resize(1000, 500)
    panel.show()
    qtbot.waitExposed(panel)
    panel.set_runs((), many)
    return panel


def shown_paths(panel: HistoryPanel) -> list[str]:
    return [panel.shown.row_at(panel.shown.index(row, 0)).info.path for row in range(panel.shown.rowCount())]


def test_the_models_keep_the_rules_of_models(qtbot, panel, many):
    fatal = QAbstractItemModelTester.FailureReportingMode.Fatal
    testers = [QAbstractItemModelTester(model, fatal) for model in (panel.model, panel.shown)]
    panel.search.setText("7 x")
    panel.kinds.chosen.emit("wrong")
    panel.model.toggle_star(0)
    panel.set_runs((), many[:3])
    panel.set_runs((), ())
    assert panel.model.rowCount() == panel.shown.rowCount() == 0
    assert len(testers) == 2


def test_a_run_is_described_and_a_broken_one_says_what_is_wrong(qtbot, infos):
    model = HistoryModel()
    model.set_runs((), infos, no_note)
    assert model.index(0, RUN).data() == "What is 47 + 35?"
    assert model.index(0, STRATEGY).data() == "Best of N · 4"
    assert model.index(0, ANSWER).data() in ("82 ✓", "72 ✗", "83 ✗")
    assert model.index(1, RUN).data() == infos[1].problem


def test_your_own_runs_stand_before_the_shipped_ones_the_newest_first(panel, many):
    panel.set_runs([replace(many[8], path="shipped.tsrun")], many[:3])
    assert shown_paths(panel) == ["run-2.tsrun", "run-1.tsrun", "run-0.tsrun", "shipped.tsrun"]


def test_an_empty_history_and_one_in_which_nothing_is_found_say_so_in_words(qtbot, panel):
    QTest.keyClicks(panel.search, "elephants")
    assert panel._pages.currentWidget() is panel._empty
    assert "Take some words" in panel._empty.text()
    panel.set_runs((), ())
    assert "No run has been recorded yet" in panel._empty.text()


def test_words_find_runs_by_question_name_strategy_and_answer(panel, many):
    QTest.keyClicks(panel.search, "7 x 8")
    assert shown_paths(panel) == ["run-7.tsrun", "run-5.tsrun", "run-3.tsrun", "run-1.tsrun"]
    assert panel.count.text() == "4 of 9 runs"
    panel.search.setText("mcts 47")
    assert shown_paths(panel) == ["run-4.tsrun"]


def test_kinds_and_strategies_filter(panel):
    panel.kinds.button("right").click()
    assert shown_paths(panel) == ["run-6.tsrun", "run-3.tsrun", "run-0.tsrun"]
    panel.kinds.button("cut").click()
    assert shown_paths(panel) == ["run-4.tsrun"]
    panel.kinds.button("all").click()
    panel.strategies.setCurrentIndex(panel.strategies.findData("self-refine"))
    assert shown_paths(panel) == ["run-8.tsrun", "run-5.tsrun", "run-2.tsrun"]


def test_a_column_sorts_by_what_its_cells_stand_for(panel, many):
    panel.table.sortByColumn(SECONDS, Qt.SortOrder.AscendingOrder)
    seconds = {info.path: info.seconds for info in many}
    assert [seconds[path] for path in shown_paths(panel)] == sorted(seconds.values())


def test_a_star_is_put_on_with_a_click_and_taken_off_with_a_key(panel, qtbot):
    with qtbot.waitSignal(panel.noted) as noted:
        at = panel.table.visualRect(panel.shown.index(2, STAR)).center()
        QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert noted.args == ["run-6.tsrun", RunNote(starred=True)]
    panel.kinds.button("starred").click()
    assert shown_paths(panel) == ["run-6.tsrun"]
    panel.table.selectRow(0)
    QTest.keyClick(panel.table, Qt.Key.Key_S)
    assert shown_paths(panel) == []


def test_a_run_is_given_a_name_and_an_empty_one_shows_the_question_again(panel, qtbot):
    panel.table.selectRow(0)
    QTest.keyClick(panel.table, Qt.Key.Key_F2)
    editor = panel.table.findChild(QLineEdit)
    editor.setText("the one for Monday")
    with qtbot.waitSignal(panel.noted) as noted:
        QTest.keyClick(editor, Qt.Key.Key_Return)
    assert noted.args == ["run-8.tsrun", RunNote("the one for Monday")]
    assert panel.shown.index(0, RUN).data() == "the one for Monday"
    panel.search.setText("monday")
    assert shown_paths(panel) == ["run-8.tsrun"]
    assert panel.model.setData(panel.shown.mapToSource(panel.shown.index(0, RUN)), "")
    panel.search.setText("")
    assert panel.shown.index(0, RUN).data() == "What is 47 + 35?"


def test_a_double_click_and_enter_replay(panel, qtbot):
    wanted: list[str] = []
    panel.replay_requested.connect(wanted.append)
    panel.table.selectRow(0)
    QTest.keyClick(panel.table, Qt.Key.Key_Return)
    at = panel.table.visualRect(panel.shown.index(0, WHEN)).center()
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert wanted == ["run-8.tsrun"] * 2


def test_two_to_four_selected_runs_can_be_compared(panel, qtbot):
    panel.table.selectRow(0)
    assert not panel.compare_button.isEnabled()
    for row, modifier in ((0, Qt.KeyboardModifier.NoModifier), (2, Qt.KeyboardModifier.ControlModifier)):
        at = panel.table.visualRect(panel.shown.index(row, WHEN)).center()
        QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, modifier, at)
    with qtbot.waitSignal(panel.compare_requested) as wanted:
        panel.compare_button.click()
    assert wanted.args == [["run-8.tsrun", "run-6.tsrun"]]
    panel.table.selectAll()
    assert not panel.compare_button.isEnabled()


def test_deleting_is_asked_for_and_undone(panel, qtbot):
    panel.table.selectRow(1)
    with qtbot.waitSignal(panel.delete_requested) as wanted:
        QTest.keyClick(panel.table, Qt.Key.Key_Delete)
    assert wanted.args == [["run-7.tsrun"]]
    panel.undo_bar.say(1)
    with qtbot.waitSignal(panel.undo_requested):
        panel.undo_bar.button.click()
    with qtbot.waitSignal(panel.undo_requested):
        QTest.keyClick(panel, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


def test_a_thousand_runs_are_filtered_at_once(panel, many):
    runs = [replace(many[i % 9], path=f"{i}.tsrun", question=f"What is {i} + 1?") for i in range(1000)]
    panel.set_runs((), runs)
    panel.search.setText("999 +")
    assert shown_paths(panel) == ["999.tsrun"]


def test_the_enter_that_ends_a_name_plays_nothing(panel, qtbot):
    panel.table.selectRow(0)
    QTest.keyClick(panel.table, Qt.Key.Key_F2)
    editor = panel.table.findChild(QLineEdit)
    QTest.keyClicks(editor, "mine")
    with qtbot.assertNotEmitted(panel.replay_requested), qtbot.waitSignal(panel.noted):
        QTest.keyClick(editor, Qt.Key.Key_Return)


def test_a_name_that_is_being_typed_outlives_a_new_list_of_runs(panel, many, qtbot):
    panel.table.selectRow(0)
    QTest.keyClick(panel.table, Qt.Key.Key_F2)
    editor = panel.table.findChild(QLineEdit)
    newest = replace(many[0], path="run-9.tsrun", created="2026-11-30T10:00:00+00:00")
    panel.set_runs((), [newest, *many])  # as when a run has ended meanwhile
    editor.selectAll()
    QTest.keyClicks(editor, "mine")
    with qtbot.waitSignal(panel.noted) as noted:
        QTest.keyClick(editor, Qt.Key.Key_Return)
    assert noted.args == ["run-8.tsrun", RunNote("mine")]
    qtbot.waitUntil(lambda: shown_paths(panel)[0] == "run-9.tsrun")
