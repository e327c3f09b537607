"""The recorded runs as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from engine.strategies.registry import STRATEGIES
from engine.trace.run_info import RunInfo
from widgets.theme import current_theme

Index = QModelIndex | QPersistentModelIndex
TITLES = ("When", "Question", "Strategy", "Answer", "Seconds", "Model")
WHEN, QUESTION, STRATEGY, ANSWER, SECONDS, MODEL = range(len(TITLES))


class HistoryModel(QAbstractTableModel):
    """One row a run, in the order given."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[RunInfo, str]] = []

    def set_runs(self, shipped: Sequence[RunInfo], own: Sequence[RunInfo]) -> None:
        """Shows the person's own runs and those that came with the program, newest first."""
        rows = [(info, "yours") for info in own] + [(info, "shipped") for info in shipped]
        self.beginResetModel()
        self._rows = sorted(rows, key=lambda row: (row[1] == "yours", row[0].created), reverse=True)
        self.endResetModel()

    def info(self, row: int) -> RunInfo:
        """What is known of the run in a row."""
        return self._rows[row][0]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """The number of runs."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """The number of facts about each."""
        return 0 if parent.isValid() else len(TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The titles of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return TITLES[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The text, alignment, colour and tooltip of a cell."""
        info, kind = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return _text(info, kind, index.column())
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(index.column())
            case Qt.ItemDataRole.ForegroundRole:
                return _colour(info, index.column())
            case Qt.ItemDataRole.ToolTipRole:
                return info.problem or f"{info.question}\n{info.path}"
        return None


def _text(info: RunInfo, kind: str, column: int) -> str:
    if info.problem:
        return {WHEN: _when(info.created, kind), QUESTION: info.problem}.get(column, "")
    marks = {True: " ✓", False: " ✗", None: ""}
    texts = {
        WHEN: _when(info.created, kind),
        QUESTION: " ".join(info.question.split()),
        STRATEGY: _strategy(info),
        ANSWER: "–" if info.answer is None else info.answer + marks[info.correct],
        SECONDS: "" if info.seconds is None else f"{info.seconds:.1f}" + ("" if info.complete else " (cut)"),
        MODEL: info.model,
    }
    return texts[column]


def _strategy(info: RunInfo) -> str:
    """“Best of N · 16”; a number that the set-up leaves out is the strategy's own."""
    spec = STRATEGIES.get(info.strategy)
    if spec is None:
        return info.strategy.replace("-", " ")
    own = next((setting.default for setting in spec.settings if setting.name == "n"), None)
    n = own if info.n is None else info.n
    return spec.title + ("" if n is None else f" · {n}")


def _when(created: str, kind: str) -> str:
    if kind == "shipped":
        return "example"
    try:
        return datetime.fromisoformat(created).astimezone().strftime("%d %b, %H:%M")
    except ValueError:
        return created


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column == SECONDS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _colour(info: RunInfo, column: int) -> QColor | None:
    theme = current_theme()
    if info.problem:
        return QColor(theme.muted)
    if column == ANSWER and info.correct is not None:
        return QColor(theme.good if info.correct else theme.bad)
    return QColor(theme.muted) if column in (WHEN, MODEL) else None
