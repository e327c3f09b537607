"""The outcome of a race as a table: bars on one axis, answers, numbers that line up."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QSizePolicy, QTableView, QWidget

from engine.contest.course import Unit
from engine.contest.entry import Entry
from widgets.compare.cost_bar import AxisHeader, RaceDelegate
from widgets.compare.figures import FIGURES
from widgets.compare.race_model import ANSWER, BAR, FIRST_FIGURE, NAME, RaceModel
from widgets.theme import THEMES, px
from widgets.translation import tr

ROW, HEADER = 34, 28
WIDE, NARROW = 1350, 900  # from here names and numbers have more room; below there seldom ones leave it to the bars
SELDOM = ("Prompt", "Judges", "Tokens/s")


class RaceTable(QTableView):
    """As high as its rows; the bars take what the numbers leave."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.race = RaceModel(self)
        self.setModel(self.race)
        self.setHorizontalHeader(AxisHeader(self.race, self))
        self.setItemDelegate(RaceDelegate(self.race, self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Cost and answer of each contestant"))
        self.setWhatsThis(tr("A row for each contestant: what it has answered, and what that has cost so far."))
        THEMES.theme_changed.connect(self._fit)
        self._fit()

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Shows these contestants."""
        self.race.set_entries(entries)
        self._fit()

    def set_unit(self, unit: Unit) -> None:
        """Measures cost in another unit."""
        self.race.set_unit(unit)

    def refresh(self) -> None:
        """Takes the moment as it is now."""
        self.race.refresh()
        self.viewport().update()
        self.horizontalHeader().viewport().update()

    def sizeHint(self) -> QSize:
        """Header and rows."""
        return QSize(px(640), px(HEADER) + self.race.rowCount() * px(ROW) + 2 * self.frameWidth())

    def minimumSizeHint(self) -> QSize:
        """All rows are always seen."""
        return QSize(px(320), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives names less room where there is little."""
        super().resizeEvent(event)
        self._fit_columns()

    def _fit(self) -> None:
        self.verticalHeader().setDefaultSectionSize(px(ROW))
        self.horizontalHeader().setFixedHeight(px(HEADER))
        self._fit_columns()
        self.updateGeometry()
        self.viewport().update()

    def _fit_columns(self) -> None:
        header, wide = self.horizontalHeader(), self.width() >= px(WIDE)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(BAR, QHeaderView.ResizeMode.Stretch)
        self.setColumnWidth(NAME, px(300 if wide else 206))
        self.setColumnWidth(ANSWER, px(150 if wide else 108))
        for column in range(FIRST_FIGURE, self.race.columnCount()):
            seldom = FIGURES[column - FIRST_FIGURE].title in SELDOM
            self.setColumnHidden(column, seldom and self.width() < px(NARROW))
            self.setColumnWidth(column, px(84 if wide else 56 if FIGURES[column - FIRST_FIGURE].is_short else 64))
