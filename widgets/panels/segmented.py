"""A few choices side by side, one of them taken."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QGridLayout, QPushButton, QSizePolicy, QWidget

MARGIN, GAP = 3, 2


class Segment(QPushButton):
    """One choice of a segmented control."""

    def __init__(self, key: str, text: str, help_text: str) -> None:
        super().__init__(text)
        self.key = key
        self.setCheckable(True)
        self.setProperty("role", "segment")
        self.setToolTip(help_text)
        self.setAccessibleName(text)
        self.setAccessibleDescription(help_text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)


class Segmented(QFrame):
    """Buttons in a row, or in rows of `columns`, or fewer where words are large; the arrow keys go to the next one."""

    chosen = Signal(str)

    def __init__(
        self, choices: Sequence[tuple[str, str, str]], columns: int | None = None, parent: QWidget | None = None
    ) -> None:
        """`choices` are (key, text, one sentence of help)."""
        super().__init__(parent)
        self.setProperty("role", "segmented")
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._buttons: dict[str, Segment] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        self._grid.setSpacing(GAP)
        self._wanted = self._columns = columns or len(choices)
        self._breaks = columns is not None
        for i, (key, text, help_text) in enumerate(choices):
            button = Segment(key, text, help_text)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._group.addButton(button)
            self._buttons[key] = button
            self._grid.addWidget(button, i // self._columns, i % self._columns)
        self._group.buttonClicked.connect(self._on_group_clicked)

    def button(self, key: str) -> Segment:
        """The button of a choice."""
        return self._buttons[key]

    def value(self) -> str:
        """The key of the choice that is taken, or an empty string."""
        button = self._group.checkedButton()
        return button.key if isinstance(button, Segment) else ""

    def set_value(self, key: str) -> None:
        """Takes a choice without saying so, or none of them; an unknown key takes none."""
        if key in self._buttons:
            self._buttons[key].setChecked(True)
        elif (taken := self._group.checkedButton()) is not None:
            self._group.setExclusive(False)
            taken.setChecked(False)
            self._group.setExclusive(True)

    def minimumSizeHint(self) -> QSize:
        """One column, where rows may break."""
        hint = super().minimumSizeHint()
        return QSize(self._widest() + 2 * MARGIN, hint.height()) if self._breaks else hint

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Takes as many columns as have room."""
        super().resizeEvent(event)
        self._reflow()

    def changeEvent(self, event: QEvent) -> None:
        """Follows the size of type."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._reflow()

    def _widest(self) -> int:
        return max((button.sizeHint().width() for button in self._buttons.values()), default=0)

    def _reflow(self) -> None:
        if not self._breaks or not self._buttons:
            return
        room = (self.width() - 2 * MARGIN + GAP) // (self._widest() + GAP)
        columns = max(1, min(self._wanted, room))
        if columns != self._columns:
            self._columns = columns
            for i, button in enumerate(self._buttons.values()):
                self._grid.addWidget(button, i // columns, i % columns)
            self.updateGeometry()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right take the neighbouring choice."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        keys = list(self._buttons)
        if not step or not keys:
            super().keyPressEvent(event)
            return
        at = keys.index(self.value()) if self.value() in keys else 0
        button = self._buttons[keys[(at + step) % len(keys)]]
        button.setFocus()
        button.click()

    def _on_group_clicked(self, button: QPushButton) -> None:
        if isinstance(button, Segment):
            self.chosen.emit(button.key)
