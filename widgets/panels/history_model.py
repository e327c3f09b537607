"""The recorded runs as rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor

from engine.strategies.registry import STRATEGIES
from engine.trace.run_info import RunInfo
from engine.trace.run_notes import RunNote, as_name
from widgets.plain_tooltip import plain
from widgets.theme import current_theme
from widgets.translation import later, tr

Index = QModelIndex | QPersistentModelIndex
TITLES = ("★", later("When"), later("Run"), later("Strategy"), later("Answer"), later("Seconds"), later("Model"))
STAR, WHEN, RUN, STRATEGY, ANSWER, SECONDS, MODEL = range(len(TITLES))
SORT_ROLE = Qt.ItemDataRole.UserRole
BELOW_ROLE, SIMULATED_ROLE = Qt.ItemDataRole.UserRole + 1, Qt.ItemDataRole.UserRole + 2
DISPLAY, EDIT, ALIGN = Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole, Qt.ItemDataRole.TextAlignmentRole


class HistoryRow(NamedTuple):
    """One run: what its file tells, whether it is the person's own, and what the person has noted on it."""

    info: RunInfo
    own: bool
    note: RunNote

    @property
    def title(self) -> str:
        """The name that it was given, or its question."""
        return self.note.name or " ".join(self.info.question.split())

    @property
    def below(self) -> str:
        """What a name hides: the question, or why the run cannot be opened."""
        return (self.info.problem or " ".join(self.info.question.split())) if self.note.name else ""

    @property
    def simulated(self) -> bool:
        """Whether no model was at work."""
        return self.info.backend == "simulated"

    @property
    def words(self) -> str:
        """What a search looks through, from anywhere within a word."""
        info = self.info
        parts = (self.note.name, info.question, info.title, info.model, info.answer, strategy_title(info), info.problem)
        return " ".join(part for part in parts if part).casefold()

    @property
    def labels(self) -> list[str]:
        """What else the table says of it; a search takes these words from their beginnings."""
        shown = [_text(self, column) for column in (WHEN, ANSWER, SECONDS)]
        return " ".join([*shown, tr("simulated") if self.simulated else ""]).casefold().split()


class HistoryModel(QAbstractTableModel):
    """One row a run. `noted` says that a person has changed a name or a star: (path, note)."""

    noted = Signal(str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[HistoryRow] = []

    def set_runs(self, shipped: Sequence[RunInfo], own: Sequence[RunInfo], note: Callable[[str], RunNote]) -> None:
        """Shows the person's own runs and those that came with the program."""
        self.beginResetModel()
        self._rows = [HistoryRow(info, True, note(info.path)) for info in own]
        self._rows += [HistoryRow(info, False, note(info.path)) for info in shipped]
        self.endResetModel()

    def row(self, row: int) -> HistoryRow:
        """What is known of the run in a row."""
        return self._rows[row]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """The number of runs."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """The number of facts about each."""
        return 0 if parent.isValid() else len(TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = DISPLAY) -> object:
        """The titles of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == DISPLAY:
            return tr(TITLES[section])
        if orientation == Qt.Orientation.Horizontal and role == ALIGN:
            return _alignment(section)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The name can be edited."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.isValid() and index.column() == RUN else flags

    def setData(self, index: Index, value: object, role: int = EDIT) -> bool:
        """Takes another name; an empty one shows the question again."""
        if not index.isValid() or index.column() != RUN or role != EDIT:
            return False
        row = self._rows[index.row()]
        name = as_name(str(value))
        self._write(index.row(), replace(row.note, name="" if name == as_name(row.info.question) else name))
        return True

    def toggle_star(self, row: int) -> None:
        """Puts a star on a run, or takes it off."""
        note = self._rows[row].note
        self._write(row, replace(note, starred=not note.starred))

    def data(self, index: Index, role: int = DISPLAY) -> object:
        """The text, alignment, colour and tooltip of a cell, and what it is sorted by."""
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return _text(row, index.column())
            case Qt.ItemDataRole.EditRole if index.column() == RUN:
                return row.title
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(index.column())
            case Qt.ItemDataRole.ForegroundRole:
                return _colour(row, index.column())
            case Qt.ItemDataRole.ToolTipRole:
                return plain(row.info.problem or f"{row.info.question}\n{row.info.path}")
            case Qt.ItemDataRole.AccessibleTextRole if index.column() == STAR:
                return tr("starred") if row.note.starred else tr("no star")
            case Qt.ItemDataRole.AccessibleTextRole if index.column() == RUN:
                parts = (_text(row, RUN), tr("simulated") if row.simulated else "", row.below)
                return " · ".join(part for part in parts if part)
            case _ if role == BELOW_ROLE:
                return row.below
            case _ if role == SIMULATED_ROLE:
                return row.simulated
            case Qt.ItemDataRole.UserRole:
                return _sort_key(row, index.column())
        return None

    def _write(self, row: int, note: RunNote) -> None:
        self._rows[row] = self._rows[row]._replace(note=note)
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(TITLES) - 1))
        self.noted.emit(self._rows[row].info.path, note)


def _text(row: HistoryRow, column: int) -> str:
    info = row.info
    if column == STAR:
        return "★" if row.note.starred else "☆"
    if info.problem:
        return {WHEN: _when(row), RUN: row.note.name or info.problem}.get(column, "")
    marks = {True: " ✓", False: " ✗", None: ""}
    texts = {
        WHEN: _when(row),
        RUN: row.title,
        STRATEGY: strategy_title(info),
        ANSWER: "–" if info.answer is None else info.answer + marks[info.correct],
        SECONDS: "" if info.seconds is None else f"{info.seconds:.1f}" + ("" if info.complete else " " + tr("(cut)")),
        MODEL: info.model,
    }
    return texts[column]


def _sort_key(row: HistoryRow, column: int) -> str | float:
    """Numbers by their value, times by time; a person's own runs are newer than those that were shipped."""
    if column == WHEN:
        return f"{int(row.own)}{row.info.created}"
    if column == SECONDS:
        return -1.0 if row.info.seconds is None else row.info.seconds
    return float(row.note.starred) if column == STAR else _text(row, column).casefold()


def strategy_title(info: RunInfo) -> str:
    """“Best of N · 16”; a number that the set-up leaves out is the strategy's own."""
    spec = STRATEGIES.get(info.strategy)
    if spec is None:
        return info.strategy.replace("-", " ")
    own = next((setting.default for setting in spec.settings if setting.name == "n"), None)
    n = own if info.n is None else info.n
    return tr(spec.title) + ("" if n is None else f" · {n}")


def _when(row: HistoryRow) -> str:
    if not row.own:
        return tr("example")
    try:
        return datetime.fromisoformat(row.info.created).astimezone().strftime("%d %b, %H:%M")
    except ValueError:
        return row.info.created


def _alignment(column: int) -> Qt.AlignmentFlag:
    if column == STAR:
        return Qt.AlignmentFlag.AlignCenter
    side = Qt.AlignmentFlag.AlignRight if column == SECONDS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _colour(row: HistoryRow, column: int) -> QColor | None:
    theme = current_theme()
    if column == STAR:
        return QColor(theme.accent if row.note.starred else theme.muted)
    if row.info.problem:
        return QColor(theme.muted)
    if column == ANSWER and row.info.correct is not None:
        return QColor(theme.good if row.info.correct else theme.bad)
    return QColor(theme.muted) if column in (WHEN, MODEL) else None
