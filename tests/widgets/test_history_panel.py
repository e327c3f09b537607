"""The list of recorded runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from engine.trace.run_info import RunInfo, read_info
from engine.trace.store import write_trace
from tests import sample_run
from widgets.panels.history_model import ANSWER, QUESTION, STRATEGY, HistoryModel
from widgets.panels.history_panel import HistoryPanel


@pytest.fixture
def infos(tmp_path: Path) -> list[RunInfo]:
    write_trace(tmp_path / "whole.tsrun", sample_run.events(4))
    (tmp_path / "broken.tsrun").write_bytes(b"nothing of the kind")
    return [read_info(tmp_path / name) for name in ("whole.tsrun", "broken.tsrun")]


def test_the_model_keeps_the_rules_of_models(qtbot, infos):
    model = HistoryModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_runs((), infos)
    assert model.rowCount() == 2
    model.set_runs((), ())
    assert model.rowCount() == 0


def test_a_run_is_described_and_a_broken_one_says_what_is_wrong(qtbot, infos):
    model = HistoryModel()
    model.set_runs((), infos)
    rows = {model.info(row).problem == "": row for row in range(2)}
    whole, broken = rows[True], rows[False]
    assert model.index(whole, QUESTION).data() == "What is 47 + 35?"
    assert model.index(whole, STRATEGY).data() == "Best of N · 4"
    assert model.index(whole, ANSWER).data() in ("82 ✓", "72 ✗", "83 ✗")
    assert model.index(broken, QUESTION).data() == infos[1].problem


def test_your_own_runs_stand_before_the_shipped_ones(qtbot, infos):
    model = HistoryModel()
    model.set_runs(infos[:1], infos[1:])
    assert model.info(0) == infos[1]


def test_an_empty_history_says_so_in_words(qtbot):
    panel = HistoryPanel()
    qtbot.addWidget(panel)
    assert "No run has been recorded yet" in panel._empty.text()
    assert panel._pages.currentWidget() is panel._empty


def test_a_double_click_and_enter_replay(qtbot, infos):
    panel = HistoryPanel()
    qtbot.addWidget(panel)
    panel.resize(1000, 400)
    panel.show()
    panel.set_runs((), infos[:1])
    wanted = []
    panel.replay_requested.connect(wanted.append)
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    at = panel.table.visualRect(panel.model.index(0, 1)).center()
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseDClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert wanted == [infos[0].path] * 2
