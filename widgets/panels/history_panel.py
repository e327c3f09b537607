"""The recorded runs, to be looked at again."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QStackedWidget, QTableView, QVBoxLayout, QWidget

from engine.trace.run_info import RunInfo
from widgets.panels.history_model import (
    ANSWER,
    MODEL,
    QUESTION,
    SECONDS,
    STRATEGY,
    WHEN,
    HistoryModel,
)
from widgets.scaled import follow_scale
from widgets.theme import THEMES, px, set_role

WIDTHS = {WHEN: 112, STRATEGY: 158, ANSWER: 84, SECONDS: 70, MODEL: 168}
MODEL_FROM_WIDTH, SECONDS_FROM_WIDTH, WHEN_FROM_WIDTH = 840, 460, 380
EMPTY = "No run has been recorded yet.\nAsk something: every run is kept here and can be played again."


class RunTable(QTableView):
    """Rows that Enter opens."""

    opened = Signal(QModelIndex)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the current row."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.opened.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)


class HistoryPanel(QWidget):
    """A table of runs; a double click or Enter replays one."""

    replay_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = HistoryModel(self)
        self.table = RunTable()
        self._empty = QLabel(EMPTY, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        set_role(self._empty, "muted")
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.table)
        hint = QLabel("Double click or Enter plays a run again.", wordWrap=True)
        set_role(hint, "muted")
        self._hint = hint
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(self._pages, 1)
        column.addWidget(hint)
        self._build_table()
        self.set_runs((), ())

    def set_runs(self, shipped: Sequence[RunInfo], own: Sequence[RunInfo]) -> None:
        """Shows these runs, and keeps the place when the same ones are shown again."""
        row = self.table.currentIndex().row()
        self.model.set_runs(shipped, own)
        there = self.model.rowCount() > 0
        self._pages.setCurrentIndex(1 if there else 0)
        self._hint.setVisible(there)
        if there:
            self.table.selectRow(min(max(row, 0), self.model.rowCount() - 1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves the model's name out where the question would have to be cut for it."""
        super().resizeEvent(event)
        self.table.setColumnHidden(MODEL, self.width() < px(MODEL_FROM_WIDTH))
        self.table.setColumnHidden(SECONDS, self.width() < px(SECONDS_FROM_WIDTH))
        self.table.setColumnHidden(WHEN, self.width() < px(WHEN_FROM_WIDTH))

    def _fit_table(self) -> None:
        self.table.verticalHeader().setDefaultSectionSize(px(34))
        for column, width in WIDTHS.items():
            self.table.setColumnWidth(column, px(width))

    def _build_table(self) -> None:
        table = self.table
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.horizontalHeader().setHighlightSections(False)
        table.horizontalHeader().setSectionResizeMode(QUESTION, QHeaderView.ResizeMode.Stretch)
        follow_scale(table, self._fit_table)
        table.setAccessibleName("Recorded runs")
        table.doubleClicked.connect(self._on_table_opened)
        table.opened.connect(self._on_table_opened)
        THEMES.theme_changed.connect(table.viewport().update)

    def _on_table_opened(self, index: QModelIndex) -> None:
        if index.isValid():
            self.replay_requested.emit(self.model.info(index.row()).path)
