"""Which runs of the history are shown: words, a kind, a strategy."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel

from widgets.panels.history_model import SORT_ROLE, HistoryModel, HistoryRow

Index = QModelIndex | QPersistentModelIndex
KINDS = ("all", "starred", "right", "wrong", "cut")


class HistoryFilter(QSortFilterProxyModel):
    """The rows that have all the words, are of the kind and of the strategy; sorted by what a cell stands for."""

    def __init__(self, model: HistoryModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._history, self._words, self._kind, self._strategy = model, [], "all", ""
        self.setSourceModel(model)
        self.setSortRole(SORT_ROLE)
        self.setDynamicSortFilter(True)

    def set_words(self, words: str) -> None:
        """Only runs that have each of these words somewhere."""
        self.beginFilterChange()
        self._words = words.casefold().split()
        self.endFilterChange()

    def set_kind(self, kind: str) -> None:
        """Only runs of a kind: one of `KINDS`; “cut” ones did not come to their end."""
        self.beginFilterChange()
        self._kind = kind
        self.endFilterChange()

    def set_strategy(self, strategy: str) -> None:
        """Only runs of a strategy, by its registered name; empty means any."""
        self.beginFilterChange()
        self._strategy = strategy
        self.endFilterChange()

    def row_at(self, index: Index) -> HistoryRow:
        """What is known of the run in a row that is shown."""
        return self._history.row(self.mapToSource(index).row())

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        """Whether a run is shown."""
        row = self._history.row(source_row)
        if self._strategy and row.info.strategy != self._strategy:
            return False
        return self._is_of_kind(row) and self._has_words(row)

    def _has_words(self, row: HistoryRow) -> bool:
        words = row.words
        missing = [word for word in self._words if word not in words]
        labels = row.labels if missing else []
        return all(any(label.startswith(word) for label in labels) for word in missing)

    def _is_of_kind(self, row: HistoryRow) -> bool:
        match self._kind:
            case "starred":
                return row.note.starred
            case "right":
                return row.info.correct is True
            case "wrong":
                return row.info.correct is False
            case "cut":
                return not row.info.complete
            case _:
                return True
