"""Names on the left, numbers that line up on the right."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from widgets.steady_label import SteadyLabel
from widgets.theme import set_role


class FactRows(QWidget):
    """Rows of a name and a value; values change, names seldom.

    Args:
        rows: The name and the explaining tooltip of each row, by key.
        below: What stands below a row, by its key.
    """

    def __init__(
        self,
        rows: Mapping[str, tuple[str, str]],
        parent: QWidget | None = None,
        below: Mapping[str, QWidget] | None = None,
    ) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        self._names: dict[str, QLabel] = {}
        self._values: dict[str, SteadyLabel] = {}
        for key, (name, help_text) in rows.items():
            label, value = QLabel(name), SteadyLabel("–")
            set_role(label, "fact")
            label.setWordWrap(True)  # where it is narrow, the name breaks, and the number stays whole
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
            for widget in (label, value):
                widget.setToolTip(help_text)
            value.setAccessibleName(name)
            row = QHBoxLayout()
            row.setSpacing(8)
            row.addWidget(label, 1)
            row.addWidget(value)
            column.addLayout(row)
            if below and key in below:
                column.addWidget(below[key])
            self._names[key], self._values[key] = label, value

    def set_value(self, key: str, text: str) -> None:
        """Shows a value; setting the same text again costs nothing."""
        label = self._values[key]
        if label.text() != text:
            label.setText(text)
            label.setAccessibleDescription(text)

    def set_name(self, key: str, text: str) -> None:
        """Renames a row."""
        if self._names[key].text() != text:
            self._names[key].setText(text)

    def value(self, key: str) -> str:
        """The text that is shown."""
        return self._values[key].text()

    def is_shown(self, key: str) -> bool:
        """Whether a row is there."""
        return not self._values[key].isHidden()

    def set_shown(self, key: str, shown: bool) -> None:
        """Shows or hides a row."""
        if self._values[key].isHidden() == shown:
            self._names[key].setVisible(shown)
            self._values[key].setVisible(shown)
