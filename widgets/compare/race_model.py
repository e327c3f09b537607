"""The contestants as rows: bar, answer and figures of the moment."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from engine.contest.contestant import LETTERS, names_of
from engine.contest.course import Unit
from engine.contest.entry import Entry
from widgets.compare.axis import UNIT_WORDS, Axis
from widgets.compare.figures import FIGURES, answer_text, cost_now, is_reached, parts_of, verdict_sign
from widgets.theme import current_theme
from widgets.translation import later, tr

Index = QModelIndex | QPersistentModelIndex
NAME, BAR, ANSWER = 0, 1, 2
FIRST_FIGURE = 3
NUMBERS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
WORDS = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
COST_WORDS: dict[Unit, str] = {
    "tokens": later("Tokens of all kinds"),
    "seconds": later("Seconds"),
    "joules": later("Energy"),
}


class RaceModel(QAbstractTableModel):
    """One row a contestant. Holds no numbers: they are read from the entries when a cell is painted."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self.names: list[str] = []
        self.unit: Unit = "tokens"
        self.axis = Axis()

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Takes the contestants; the same ones again keep the place in the table."""
        names = names_of(tuple(entry.contestant for entry in entries))
        if len(entries) != len(self.entries):
            self.beginResetModel()
            self.entries, self.names = list(entries), names
            self.endResetModel()
        self.entries, self.names = list(entries), names
        self.refresh()

    def set_unit(self, unit: Unit) -> None:
        """Measures cost in another unit."""
        self.unit = unit
        self.refresh()

    def refresh(self) -> None:
        """Takes the moment as it is now."""
        self.axis = Axis.around(self.unit, self._largest(), self._bound())
        if self.entries:
            last = self.index(len(self.entries) - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, BAR, BAR)

    @property
    def estimated(self) -> bool:
        """Whether any energy of the race is an estimate."""
        return any(entry.course.estimated for entry in self.entries)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """The number of contestants."""
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Name, bar, answer, and the figures."""
        return 0 if parent.isValid() else FIRST_FIGURE + len(FIGURES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The titles of the columns."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return self._title(section)
            case Qt.ItemDataRole.TextAlignmentRole:
                return NUMBERS if section >= FIRST_FIGURE else WORDS
            case Qt.ItemDataRole.ToolTipRole:
                return self._help(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The text, alignment and tooltip of a cell."""
        entry, column = self.entries[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return self._text(index.row(), column)
            case Qt.ItemDataRole.TextAlignmentRole:
                return NUMBERS if column >= FIRST_FIGURE else WORDS
            case Qt.ItemDataRole.ToolTipRole if column == BAR:
                return self._parts_in_words(entry)
            case Qt.ItemDataRole.ToolTipRole if column == ANSWER:
                return entry.state.answer.reason if entry.state.answer is not None else ""
            case Qt.ItemDataRole.ToolTipRole if column == NAME:
                return f"{self.names[index.row()]}\n{entry.contestant.details}".strip()
        return None

    def _text(self, row: int, column: int) -> str:
        state = self.entries[row].state
        if column == NAME:
            return f"{LETTERS[row]}  {self.names[row]}"
        if column == BAR:
            cost = cost_now(self.entries[row]).of(self.unit) if state.events else None
            return "–" if cost is None else f"{cost:,.0f} {tr(UNIT_WORDS[self.unit])}"
        if column == ANSWER:
            return f"{answer_text(state)} {verdict_sign(state)}".strip()
        return FIGURES[column - FIRST_FIGURE].text(state)

    def _title(self, section: int) -> str:
        if section < FIRST_FIGURE:
            return ("", tr(COST_WORDS[self.unit]), tr("Answer"))[section]
        title = FIGURES[section - FIRST_FIGURE].title
        return tr("J (est.)") if title == "Joules" and self.estimated else tr(title)

    def _help(self, section: int) -> str:
        if section >= FIRST_FIGURE:
            return tr(FIGURES[section - FIRST_FIGURE].help)
        star = tr("The star is where the answer that a run ended with was picked for the first time.")
        return ("", star, tr("The answer of this moment; whether it is right is known where the problem's answer is."))[
            section
        ]

    def _parts_in_words(self, entry: Entry) -> str:
        unit = tr(UNIT_WORDS[self.unit])
        sums: dict[str, float] = {}
        for name, amount, _ in parts_of(entry.state, self.unit, current_theme()):
            sums[name] = sums.get(name, 0.0) + amount
        digits = 0 if self.unit == "tokens" else 1
        lines = [f"{name}: {amount:,.{digits}f} {unit}" for name, amount in sums.items() if amount]
        first = is_reached(entry, self.unit)
        if first is not None:
            lines.append(tr("★ first picked its answer at {0:,.{1}f} {2}", first, digits, unit))
        return "\n".join(lines)

    def _largest(self) -> float:
        return max((entry.course.cost.of(self.unit) or 0.0 for entry in self.entries), default=0.0)

    def _bound(self) -> float | None:
        """The budget in the unit of the axis, where all have the same. That of generated tokens is another unit."""
        name = "all_tokens" if self.unit == "tokens" else self.unit
        bounds = {getattr(entry.budget, name) for entry in self.entries if entry.budget is not None}
        return bounds.pop() if len(bounds) == 1 else None
