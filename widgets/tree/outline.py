"""The tree of thoughts as an outline: every row can be reached by keyboard and read out by a screen reader."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTreeView, QWidget

from engine.trace.fold import CandidateState, RunState
from widgets.models.candidate_words import written_answer
from widgets.models.thought_tree import node_value, parent_of
from widgets.plain_tooltip import plain
from widgets.theme import THEMES, px
from widgets.translation import later, tr

COLUMNS = (later("Thought"), later("Visits"), later("Value"), later("State"))
NARROWEST, FIGURE, STATE = 130, 54, 84
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
Index = QModelIndex | QPersistentModelIndex


class OutlineModel(QAbstractItemModel):
    """The candidates of a search, each below the one that it goes on from; new ones are rows that are inserted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = RunState()
        self._children: dict[int, list[int]] = {-1: []}
        self._parents: dict[int, int] = {}
        self._rows: dict[int, int] = {}

    def set_state(self, state: RunState) -> None:
        """Shows a run, or another moment of one."""
        self.beginResetModel()
        self._state = state
        self._children, self._parents, self._rows = {-1: []}, {}, {}
        for id in sorted(state.candidates):
            self._put(id)
        self.endResetModel()

    def refresh(self, changed: Collection[int]) -> None:
        """Takes what is new in the state."""
        for id in sorted(changed):
            if id not in self._state.candidates:
                continue
            if id in self._parents:
                self.dataChanged.emit(self.index_of(id), self.index_of(id, len(COLUMNS) - 1))
            else:
                above = self._parent_id(id)
                row = len(self._children[above])
                self.beginInsertRows(self.index_of(above), row, row)
                self._put(id)
                self.endInsertRows()

    def index_of(self, candidate: int, column: int = 0) -> QModelIndex:
        """Where a candidate is; no place for the problem itself."""
        if candidate not in self._rows:
            return QModelIndex()
        return self.createIndex(self._rows[candidate], column, candidate)

    def candidate_of(self, index: Index) -> int:
        """The candidate of a row; -1 for the problem itself."""
        return int(index.internalId()) if index.isValid() else -1

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """How many go on from a thought."""
        return 0 if parent.column() > 0 else len(self._children.get(self.candidate_of(parent), ()))

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """What is said of each."""
        return len(COLUMNS)

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """The place of a row below a parent."""
        below = self._children.get(self.candidate_of(parent), ())
        if not (0 <= row < len(below) and 0 <= column < len(COLUMNS)):
            return QModelIndex()
        return self.createIndex(row, column, below[row])

    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008
        """The thought that a row goes on from."""
        return self.index_of(self._parents.get(self.candidate_of(index), -1))

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The columns' names."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return tr(COLUMNS[section])
        if role == Qt.ItemDataRole.TextAlignmentRole and section in (1, 2):
            return RIGHT
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a cell says; the first one says all of it to a screen reader."""
        candidate = self._state.candidates.get(self.candidate_of(index))
        if candidate is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._cell(candidate, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in (1, 2):
            return RIGHT
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == 0:
            return plain(candidate.text)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            cells = [self._cell(candidate, column) for column in range(len(COLUMNS))]
            named = [f"{tr(title).lower()} {cell}" for title, cell in zip(COLUMNS, cells, strict=True) if cell]
            return ", ".join([cells[0], *named[1:]])
        return None

    def _cell(self, candidate: CandidateState, column: int) -> str:
        match column:
            case 0:
                return " ".join(candidate.text.split()) or "…"
            case 1:
                return f"{candidate.visits:,}" if candidate.visits else ""
            case 2:
                value = node_value(self._state, candidate)
                return "" if value is None else f"{value:.2f}"
            case _:
                return state_words(candidate)

    def _parent_id(self, id: int) -> int:
        parent = parent_of(self._state.candidates[id])
        return -1 if parent is None else parent

    def _put(self, id: int) -> None:
        above = self._parent_id(id)
        if above not in self._children:
            self._put(above)
        if id in self._parents:
            return
        self._parents[id] = above
        self._rows[id] = len(self._children[above])
        self._children[above].append(id)
        self._children[id] = []


def state_words(candidate: CandidateState) -> str:
    """Where a thought stands, in a few words."""
    words = []
    if candidate.picked and candidate.answer is not None:
        words.append(tr("the answer"))
    if candidate.merged_into is not None:
        words.append(tr("same as {0}", candidate.merged_into + 1))
    if candidate.pruned:
        words.append(tr("pruned: {0}", candidate.pruned))
    if candidate.pinned:
        words.append(tr("pinned"))
    if candidate.purpose == "rollout":
        words.append(tr("rollout"))
    if candidate.is_whole:
        answer = written_answer(candidate)
        words.append(tr("no answer") if answer is None else tr("answer {0}", answer))
        if answer is not None and candidate.correct is not None:
            words.append(tr("right") if candidate.correct else tr("wrong"))
    elif candidate.finished_at is None:
        words.append(tr("being written"))
    elif candidate.status in ("stopped", "failed"):
        words.append(tr(candidate.status))
    return ", ".join(words)


class TreeOutline(QTreeView):
    """The outline; it and the picture select the same thought."""

    node_selected = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.outline = OutlineModel(self)
        self.setModel(self.outline)
        self.setAccessibleName(tr("Outline of the search tree"))
        self.setWhatsThis(tr("The tree as rows. Up and Down go from thought to thought, Left and Right fold and open."))
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.header().setStretchLastSection(True)
        self.header().setSectionsMovable(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.selectionModel().currentRowChanged.connect(self._on_current_changed)
        self._follows = False
        self._fit()
        THEMES.theme_changed.connect(self._fit)

    def set_state(self, state: RunState) -> None:
        """Shows a run, or another moment of one, with its first generations open."""
        self.outline.set_state(state)
        self.expandToDepth(1)

    def refresh(self, changed: Collection[int]) -> None:
        """Takes what is new in the state."""
        self.outline.refresh(changed)

    def select(self, candidate: int | None) -> None:
        """Goes to a thought, without saying that it was selected."""
        index = self.outline.index_of(candidate) if candidate is not None else QModelIndex()
        if index != self.currentIndex().siblingAtColumn(0):
            self._follows = True
            self.setCurrentIndex(index)
            self._follows = False
            if index.isValid():
                self.scrollTo(index)

    def set_folded(self, candidate: int, folded: bool) -> None:
        """Folds or opens a thought, as the picture does."""
        index = self.outline.index_of(candidate)
        if index.isValid():
            self.setExpanded(index, not folded)

    def _on_current_changed(self, index: QModelIndex) -> None:
        if not self._follows and index.isValid():
            self.node_selected.emit(self.outline.candidate_of(index))

    def _fit(self) -> None:
        """The thoughts take the room that the figures leave."""
        self.setIndentation(px(14))
        room = self.viewport().width() - px(2 * FIGURE + STATE)
        for column, width in enumerate((max(px(NARROWEST), min(px(260), room)), px(FIGURE), px(FIGURE))):
            self.header().resizeSection(column, width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Divides the room anew."""
        super().resizeEvent(event)
        self._fit()
