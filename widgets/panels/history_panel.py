"""The recorded runs: to be found, named, starred, looked at again, compared and deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from engine.strategies.registry import STRATEGIES
from engine.trace.run_info import RunInfo
from engine.trace.run_notes import RunNote
from widgets.calm import CalmBox
from widgets.panels.history_filter import HistoryFilter
from widgets.panels.history_model import ANSWER, MODEL, RUN, SECONDS, STAR, STRATEGY, WHEN, HistoryModel, HistoryRow
from widgets.panels.run_cell import RunCell
from widgets.panels.segmented import Segmented
from widgets.picture import Pictured, Plate
from widgets.scaled import follow_scale
from widgets.scroll_page import ScrollPage
from widgets.theme import THEMES, px, set_role
from widgets.translation import later, tr, tr_each, tr_n

WIDTHS = {STAR: 36, WHEN: 112, STRATEGY: 158, ANSWER: 84, SECONDS: 84, MODEL: 168}
BESIDE_MODEL = 12
MODEL_FROM_WIDTH, SECONDS_FROM_WIDTH, WHEN_FROM_WIDTH = 840, 460, 380
EMPTY = later("No run has been recorded yet.\nAsk something: every run is kept here and can be played again.")
NOTHING_FOUND = later("No run is like that.\nTake some words or filters away.")
HINT = later(
    "Double click or Enter plays a run again · F2 names it · S stars it · Del deletes it · "
    "two to four marked rows can be compared"
)
COMPARE_HELP = later("Shows two to four marked runs side by side. Ctrl+click marks one more row.")
KINDS = (
    ("all", later("All"), later("Shows every run.")),
    ("starred", later("Starred"), later("Runs with a star.")),
    ("right", later("Right"), later("Runs whose answer is known to be right.")),
    ("wrong", later("Wrong"), later("Runs whose answer is known to be wrong.")),
    ("cut", later("Cut off"), later("Runs that did not come to their end, as when the program was killed.")),
)
COMPARED = range(2, 5)


class RunTable(QTableView):
    """Rows that Enter opens, F2 names, S stars and Delete deletes."""

    opened = Signal(QModelIndex)
    star_toggled = Signal(QModelIndex)
    delete_requested = Signal()

    @property
    def is_naming(self) -> bool:
        """Whether a name is being typed."""
        return self.state() == QAbstractItemView.State.EditingState

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The keys of a row; while a name is typed they are its own, and the Enter that ends it opens nothing."""
        plain, key = not event.modifiers() and not self.is_naming, event.key()
        if plain and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self.currentIndex())
        elif plain and key == Qt.Key.Key_S:
            self.star_toggled.emit(self.currentIndex())
        elif plain and key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_requested.emit()
        elif plain and key == Qt.Key.Key_F2 and self.currentIndex().isValid():
            self.edit(self.currentIndex().siblingAtColumn(RUN))
        else:
            super().keyPressEvent(event)


class UndoBar(QFrame):
    """Says what was deleted, and takes it back."""

    undone = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "panel")
        self._words, self.button = QLabel(), QPushButton(tr("Undo"))
        self.button.setToolTip(tr("Puts back what was deleted last (Ctrl+Z)."))
        self.button.clicked.connect(self.undone)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 12, 6)
        row.addWidget(self._words, 1)
        row.addWidget(self.button)
        self.hide()

    def say(self, count: int) -> None:
        """So many runs were deleted last; 0 hides the bar."""
        words = tr_n("{0} run deleted. It is kept for 30 days.", "{0} runs deleted. They are kept for 30 days.", count)
        self._words.setText(words)
        self.setVisible(count > 0)


class HistoryPanel(QWidget, Pictured):
    """A table of runs. It deletes nothing itself: `delete_requested` gives paths, `undo_requested` takes that back."""

    replay_requested = Signal(str)
    compare_requested = Signal(list)  # paths
    delete_requested = Signal(list)  # paths
    undo_requested = Signal()
    noted = Signal(str, object)  # path, RunNote

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = HistoryModel(self)
        self.shown = HistoryFilter(self.model, self)
        self.table, self.undo_bar = RunTable(), UndoBar()
        self.search, self.kinds, self.strategies = (
            QLineEdit(),
            Segmented([(key, *tr_each(words)) for key, *words in KINDS]),
            CalmBox(),
        )
        self.count, self.compare_button = QLabel(), QPushButton(tr("Compare"))
        self._empty = QLabel(tr(EMPTY), alignment=Qt.AlignmentFlag.AlignCenter)
        self._pages, self._hint = QStackedWidget(), QLabel(tr(HINT))
        self._waiting: tuple[Sequence[RunInfo], Sequence[RunInfo], Callable[[str], RunNote]] | None = None
        self._build_table()
        self._build()
        self.set_runs((), ())

    def set_runs(
        self, shipped: Sequence[RunInfo], own: Sequence[RunInfo], note: Callable[[str], RunNote] = lambda _: RunNote()
    ) -> None:
        """Shows these runs; the same ones keep the place. A name that is being typed comes to its end first."""
        if self.table.is_naming:
            self._waiting = (shipped, own, note)
            return
        self._waiting = None
        row = self.table.currentIndex().row()
        self.model.set_runs(shipped, own, note)
        self._on_shown_changed()
        self._fit_model()
        if self.shown.rowCount():
            self.table.selectRow(min(max(row, 0), self.shown.rowCount() - 1))

    def selected(self) -> list[HistoryRow]:
        """The selected runs, from the top."""
        indexes = self.table.selectionModel().selectedRows()
        return [self.shown.row_at(index) for index in sorted(indexes, key=lambda index: index.row())]

    def listed(self) -> list[HistoryRow]:
        """The runs as they are filtered and sorted, from the top."""
        return [self.shown.row_at(self.shown.index(row, 0)) for row in range(self.shown.rowCount())]

    def plate(self) -> Plate:
        """The list."""
        return Plate(self.table.size(), [(self.table, QPoint())])

    def picture_title(self) -> str:
        """What the list is."""
        return self.table.accessibleName()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves the model's name out where the question would have to be cut for it."""
        super().resizeEvent(event)
        self.table.setColumnHidden(MODEL, self.width() < px(MODEL_FROM_WIDTH))
        self._fit_model()
        self.table.setColumnHidden(SECONDS, self.width() < px(SECONDS_FROM_WIDTH))
        self.table.setColumnHidden(WHEN, self.width() < px(WHEN_FROM_WIDTH))

    def _fit_table(self) -> None:
        self.table.verticalHeader().setDefaultSectionSize(px(40))
        for column, width in WIDTHS.items():
            self.table.setColumnWidth(column, px(width))
        self._fit_model()

    def _fit_model(self) -> None:
        """The names of models are shown whole where that leaves the runs as much room."""
        wanted = self.table.sizeHintForColumn(MODEL) + px(BESIDE_MODEL)
        room = (self.width() - sum(px(width) for column, width in WIDTHS.items() if column != MODEL)) // 2
        self.table.setColumnWidth(MODEL, max(px(WIDTHS[MODEL]), min(wanted, room)))

    def go_to_search(self) -> None:
        """Puts the cursor into the search field, over what was searched for before."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Z puts back what was deleted, Ctrl+F goes to the search."""
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo_requested.emit()
        elif event.matches(QKeySequence.StandardKey.Find):
            self.go_to_search()
        else:
            super().keyPressEvent(event)

    def _build(self) -> None:
        for label in (self._empty, self._hint, self.count):
            set_role(label, "muted")
        self.search.setPlaceholderText(tr("Search runs"))
        self.search.setAccessibleName(tr("Search runs"))
        self.search.setToolTip(tr("Shows the runs that have all of these words (Ctrl+F)."))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(px(130))
        self.kinds.set_value("all")
        self.kinds.setAccessibleName(tr("Which runs"))
        self.strategies.addItem(tr("Any strategy"), "")
        for name, spec in STRATEGIES.items():
            self.strategies.addItem(tr(spec.title), name)
        self.strategies.setAccessibleName(tr("Strategy"))
        self.strategies.setToolTip(tr("Only runs of one strategy."))
        self.compare_button.setToolTip(tr(COMPARE_HELP))
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.search, 1)
        for widget in (self.kinds, self.strategies):
            row.addWidget(widget)
        below = QHBoxLayout()
        below.setSpacing(16)
        below.addWidget(self.count)
        below.addWidget(self._hint, 1)
        below.addWidget(self.compare_button)
        self._empty.setWordWrap(True)
        self._hint.setWordWrap(True)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.table)
        page = QWidget()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(ScrollPage(page, tr("History")))
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self._pages, 1)
        column.addWidget(self.undo_bar)
        column.addLayout(below)
        self.search.textChanged.connect(self.shown.set_words)
        self.kinds.chosen.connect(self.shown.set_kind)
        self.strategies.currentIndexChanged.connect(
            lambda _: self.shown.set_strategy(self.strategies.currentData())
        )  # fmt: skip
        for signal in (self.shown.rowsInserted, self.shown.rowsRemoved, self.shown.modelReset):
            signal.connect(self._on_shown_changed)
        self.model.noted.connect(self.noted)
        self.undo_bar.undone.connect(self.undo_requested)
        self.compare_button.clicked.connect(self._on_compare_clicked)

    def _build_table(self) -> None:
        table = self.table
        table.setModel(self.shown)
        table.setSortingEnabled(True)
        table.sortByColumn(WHEN, Qt.SortOrder.DescendingOrder)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.horizontalHeader().setHighlightSections(False)
        table.horizontalHeader().setSectionResizeMode(RUN, QHeaderView.ResizeMode.Stretch)
        table.setItemDelegateForColumn(RUN, RunCell(table))
        follow_scale(table, self._fit_table)
        table.setAccessibleName(tr("Recorded runs"))
        table.setWhatsThis(tr("{0}. Ctrl+F searches, Ctrl+Z puts back what was deleted.", tr(HINT)))
        table.itemDelegateForColumn(RUN).closeEditor.connect(self._on_name_ended)
        table.doubleClicked.connect(self._on_table_double_clicked)
        table.opened.connect(self._on_table_opened)
        table.clicked.connect(self._on_table_clicked)
        table.star_toggled.connect(self._toggle_star)
        table.delete_requested.connect(self._on_delete_requested)
        table.selectionModel().selectionChanged.connect(self._on_selection_changed)
        THEMES.theme_changed.connect(table.viewport().update)

    def _on_name_ended(self) -> None:
        if self._waiting is not None:
            self.set_runs(*self._waiting)

    def _on_table_opened(self, index: QModelIndex) -> None:
        if index.isValid():
            self.replay_requested.emit(self.shown.row_at(index).info.path)

    def _on_table_double_clicked(self, index: QModelIndex) -> None:
        if index.column() != STAR:
            self._on_table_opened(index)

    def _on_table_clicked(self, index: QModelIndex) -> None:
        if index.column() == STAR:
            self._toggle_star(index)

    def _toggle_star(self, index: QModelIndex) -> None:
        if index.isValid():
            self.model.toggle_star(self.shown.mapToSource(index).row())

    def _on_delete_requested(self) -> None:
        paths = [row.info.path for row in self.selected()]
        if paths:
            self.delete_requested.emit(paths)

    def _on_compare_clicked(self) -> None:
        self.compare_requested.emit([row.info.path for row in self.selected()])

    def _on_selection_changed(self) -> None:
        readable = [row for row in self.selected() if not row.info.problem]
        self.compare_button.setEnabled(len(readable) in COMPARED and len(readable) == len(self.selected()))

    def _on_shown_changed(self) -> None:
        total, shown = self.model.rowCount(), self.shown.rowCount()
        self._pages.setCurrentIndex(1 if shown else 0)
        self._empty.setText(tr(NOTHING_FOUND) if total else tr(EMPTY))
        self._hint.setVisible(shown > 0)
        self.compare_button.setVisible(shown > 0)
        self.count.setText(
            ""
            if not total
            else tr_n("{0:,} run", "{0:,} runs", total)
            if shown == total
            else tr("{0:,} of {1:,} runs", shown, total)
        )
        if shown and not self.table.currentIndex().isValid():
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self.table.selectionModel().setCurrentIndex(self.shown.index(0, RUN), flags)
        self._on_selection_changed()
