"""All keys of the window on one page."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from widgets.panels.section import SectionTitle
from widgets.theme import set_role
from widgets.translation import later, tr

KEYS = (
    (later("Ctrl + Return"), later("Run")),
    (later("Space"), later("Pause and go on; play a recording")),
    (later("Esc  or  Ctrl + ."), later("Stop")),
    (later("Left, Right"), later("One step back or forward; among candidates, to the next")),
    (later("Shift + Left, Right, Down"), later("From token to token; to what could have come instead")),
    (later("Page Down, Page Up"), later("To the next mark, to the one before; also N and B")),
    (later("Home, End"), later("Beginning and end, on the timeline")),
    (later("Ctrl + 1, 2, 3"), later("Stage, Compare, History")),
    (later("Ctrl + O"), later("Open a run, a set-up or a model")),
    (later("Ctrl + S"), later("Save the set-up")),
    (later("Ctrl + Shift + C, S"), later("Copy, save what is shown")),
    (later("Ctrl + F"), later("Search the tree, or the history")),
    (later("Ctrl + Z"), later("In the history: undo deleting")),
    (later("F11  or  F5"), later("Present, and back")),
    (later("Ctrl + +, Ctrl + -, Ctrl + 0"), later("Larger, smaller, normal text")),
    (later("F1"), later("This page")),
    (later("Shift + F1"), later("The keys of the part that has the focus")),
    (later("Ctrl + Q"), later("Quit")),
)


class ShortcutsDialog(QDialog):
    """Keys on the left, what they do on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(8)
        for row, (keys, words) in enumerate(KEYS):
            label = QLabel(tr(keys))
            set_role(label, "mono")
            grid.addWidget(label, row, 0)
            grid.addWidget(QLabel(tr(words)), row, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(16)
        column.addWidget(SectionTitle(tr("Keyboard shortcuts")))
        column.addLayout(grid)
        column.addWidget(buttons)
