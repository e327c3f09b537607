"""The list of recorded runs: found, named, starred, played, compared, deleted and put back."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QScrollArea

from engine.trace.run_info import RunInfo, read_info
from engine.trace.run_notes import LONGEST_NAME, RunNote
from engine.trace.store import write_trace
from tests import sample_run
from tests.widgets.wheel import turn_wheel
from widgets.panels.history_model import (
    ANSWER,
    BELOW_ROLE,
    MODEL,
    RUN,
    SECONDS,
    SIMULATED_ROLE,
    STAR,
    STRATEGY,
    WHEN,
    HistoryModel,
)
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


def press(panel: HistoryPanel, key: Qt.Key) -> None:
    """As from a keyboard: through the window, to whatever has the keys, and on to what lies around it."""
    QTest.keyClick(panel.window().windowHandle(), key)


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


@pytest.mark.parametrize("words", ["example", "exam 47", "07 nov", "simulated", "✓ 82"])
def test_every_word_that_the_table_shows_finds_a_run(panel, many, words):
    panel.set_runs([replace(many[6], path="shipped.tsrun")], many)
    panel.search.setText(words)
    assert len(shown_paths(panel)) > 0
    if words.startswith("exam"):
        assert shown_paths(panel) == ["shipped.tsrun"]


def test_a_number_is_not_found_within_the_words_of_other_columns(panel, many):
    panel.set_runs([replace(many[0], path="shipped.tsrun")], many)
    panel.search.setText("47 x")  # there is one in “example”
    assert shown_paths(panel) == []


def test_a_simulated_run_says_so_at_every_width_and_a_real_one_does_not(panel, many, qtbot):
    panel.set_runs((), [many[0], replace(many[1], backend="llama.cpp")])
    for width in (400, 700, 1400):
        panel.resize(width, 500)
        simulated = panel.shown.index(1, RUN)
        assert simulated.data(SIMULATED_ROLE)
        assert "simulated" in simulated.data(Qt.ItemDataRole.AccessibleTextRole)
        assert not panel.table.isColumnHidden(RUN)
        assert ink_in_second_line(panel, 1) > 0
        assert ink_in_second_line(panel, 0) == 0


def ink_in_second_line(panel: HistoryPanel, row: int) -> int:
    """Pixels there that are not of the row's own ground."""
    panel.table.clearSelection()
    panel.table.setCurrentIndex(QModelIndex())
    cell = panel.table.visualRect(panel.shown.index(row, RUN))
    image = panel.table.viewport().grab(cell.adjusted(4, cell.height() * 3 // 4, -4, -2)).toImage()
    ground = image.pixel(image.width() - 1, 0)
    return sum(image.pixel(x, y) != ground for x in range(image.width()) for y in range(image.height()))


def test_two_runs_of_one_name_are_told_apart_by_their_questions(panel, many):
    for row in (0, 1):
        assert panel.shown.setData(panel.shown.index(row, RUN), "my vote")
    below = [panel.shown.index(row, RUN).data(BELOW_ROLE) for row in range(3)]
    assert below == ["What is 47 + 35?", "What is 7 x 8?", ""]


def test_a_name_does_not_hide_why_a_run_cannot_be_opened(panel, infos):
    panel.set_runs((), infos[1:], lambda path: RunNote("mine"))
    assert panel.shown.index(0, RUN).data(BELOW_ROLE) == infos[1].problem


@pytest.mark.parametrize(("width", "kind"), [(670, "all"), (670, "starred"), (1340, "all")])
def test_nothing_has_to_be_scrolled_to_at_the_side_and_the_count_is_whole(panel, width, kind):
    panel.resize(width, 600)
    panel.kinds.chosen.emit(kind)
    panel.search.setText("nothing of the kind" if kind == "starred" else "")
    QApplication.processEvents()
    assert panel.findChild(QScrollArea).horizontalScrollBar().maximum() == 0
    assert panel.table.horizontalScrollBar().maximum() == 0
    assert panel.count.width() >= panel.count.sizeHint().width()


def test_the_model_has_the_room_for_its_name_before_the_question_has_it(panel, many):
    name = "A coder of one and a half billion, distilled"
    panel.set_runs((), [replace(info, model=name) for info in many])
    panel.resize(1340, 600)
    assert panel.table.columnWidth(MODEL) >= panel.table.fontMetrics().horizontalAdvance(name)
    assert panel.table.columnWidth(RUN) > panel.table.columnWidth(MODEL)


def test_what_comparing_needs_is_said(panel):
    assert "two to four marked" in panel._hint.text()
    assert "two to four marked" in panel.compare_button.toolTip()


def test_the_words_about_what_was_deleted_are_right_for_one_and_for_many(panel):
    panel.undo_bar.say(1)
    assert panel.undo_bar._words.text() == "1 run deleted. It is kept for 30 days."
    panel.undo_bar.say(3)
    assert panel.undo_bar._words.text() == "3 runs deleted. They are kept for 30 days."


def test_the_wheel_chooses_no_strategy(panel, many):
    panel.strategies.setFocus()
    turn_wheel(panel.strategies)
    assert len(shown_paths(panel)) == len(many)


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


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_the_enter_that_ends_a_name_opens_no_run(panel, qtbot, key):
    wanted: list[str] = []
    panel.replay_requested.connect(wanted.append)
    panel.activateWindow()
    panel.table.setFocus()
    panel.table.selectRow(0)
    press(panel, Qt.Key.Key_F2)
    editor = panel.table.findChild(QLineEdit)
    QTest.keyClicks(editor, "for Monday")
    with qtbot.waitSignal(panel.noted) as noted:
        press(panel, key)
    assert noted.args == ["run-8.tsrun", RunNote("for Monday")]
    qtbot.waitUntil(lambda: panel.table.hasFocus())
    assert wanted == []
    press(panel, key)
    assert wanted == ["run-8.tsrun"]


def test_a_name_that_is_too_long_is_shown_as_it_is_saved(panel, qtbot):
    cell = panel.shown.mapToSource(panel.shown.index(0, RUN))
    with qtbot.waitSignal(panel.noted) as noted:
        panel.model.setData(cell, "long " * 100)
    shown = panel.shown.index(0, RUN).data()
    assert len(shown) == LONGEST_NAME - 1  # without the blank that it would end with
    assert noted.args[1].name == shown


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
