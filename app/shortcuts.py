"""All keys of the window on one page."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from widgets.panels.section import SectionTitle
from widgets.theme import set_role

KEYS = (
    ("Ctrl + Return", "Run"),
    ("Space", "Pause and go on; play a recording"),
    ("Esc  or  Ctrl + .", "Stop"),
    ("Left, Right", "One step back or forward; among candidates, to the next"),
    ("Page Down, Page Up", "To the next mark, to the one before; also N and B"),
    ("Home, End", "Beginning and end, on the timeline"),
    ("Ctrl + 1, 2, 3", "Stage, Compare, History"),
    ("Ctrl + O", "Open a run, a set-up or a model"),
    ("Ctrl + S", "Save the set-up"),
    ("Ctrl + Shift + C, S", "Copy, save what is shown"),
    ("Ctrl + F, Ctrl + Z", "In the history: search, undo deleting"),
    ("F11  or  F5", "Present, and back"),
    ("Ctrl + +, Ctrl + -, Ctrl + 0", "Larger, smaller, normal text"),
    ("F1", "This page"),
    ("Shift + F1", "The keys of the part that has the focus"),
    ("Ctrl + Q", "Quit"),
)


class ShortcutsDialog(QDialog):
    """Keys on the left, what they do on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Keyboard shortcuts")
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(8)
        for row, (keys, words) in enumerate(KEYS):
            label = QLabel(keys)
            set_role(label, "mono")
            grid.addWidget(label, row, 0)
            grid.addWidget(QLabel(words), row, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(16)
        column.addWidget(SectionTitle("Keyboard shortcuts"))
        column.addLayout(grid)
        column.addWidget(buttons)
