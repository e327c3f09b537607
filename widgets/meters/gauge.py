"""One bound of a budget: its name, "318 of 1,200", and a bar."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from widgets.meters.bars import GaugeBar
from widgets.meters.numbers import UNKNOWN
from widgets.steady_label import SteadyLabel
from widgets.translation import tr


class Gauge(QWidget):
    """A name, "318 of 1,200", and a bar."""

    def __init__(self, name: str, help_text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.words, self.bar = QLabel(name), SteadyLabel(), GaugeBar()
        self.words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setToolTip(help_text)
        self.words.setAccessibleName(tr("Budget, {0}", name.lower()))
        row = QHBoxLayout()
        row.addWidget(self.name, 1)
        row.addWidget(self.words)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addLayout(row)
        column.addWidget(self.bar)

    def show_nothing(self) -> None:
        """Shows that there is no run."""
        self.words.setText(UNKNOWN)
        self.bar.setVisible(True)
        self.bar.set_share(0.0)

    def show_use(self, shown: str, limit: str | None, share: float, projected: float = 0.0) -> None:
        """Shows what is used of a limit, both in words, and which share that is and is expected to be.

        Without a limit (None) no bar is needed.
        """
        self.words.setText(tr("{0}, no limit", shown) if limit is None else tr("{0} of {1}", shown, limit))
        self.bar.setVisible(limit is not None)
        if limit is not None:
            self.bar.set_share(share, projected)
