"""The button that copies and saves what is shown."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Literal

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from widgets.icons import set_icon
from widgets.theme import set_kind
from widgets.translation import later, tr

ExportKind = Literal[
    "copy", "png", "svg", "csv", "graphml", "json", "meters-copy", "meters-png", "meters-svg", "meters-csv", "marks-csv"
]  # fmt: skip
CHOICES: tuple[tuple[ExportKind, str, str, str, str], ...] = (
    ("copy", later("Copy picture"), later("Puts what is shown on the clipboard, ready to paste."), "copy",
     "Ctrl+Shift+C"),
    ("png", later("Save as PNG…"), later("A picture in twice the screen's pixels, for slides."), "image",
     "Ctrl+Shift+S"),
    ("svg", later("Save as SVG…"), later("A picture of vectors and text, for print."), "pen-nib", ""),
    ("csv", later("Save the numbers as CSV…"), later("A table for a spreadsheet: what is shown, row by row."),
     "table", ""),
    ("graphml", later("Save the tree as GraphML…"), later("The search tree for programs that draw and count graphs."),
     "tree-structure", ""),
    ("json", later("Save the tree as JSON…"), later("The search tree as nested text, for programs of your own."),
     "brackets-curly", ""),
    ("meters-copy", later("Copy the meters"), later("Puts a picture of all meters on the clipboard."), "copy", ""),
    ("meters-png", later("Save the meters as PNG…"), later("A picture of all meters, those out of sight included."),
     "image", ""),
    ("meters-svg", later("Save the meters as SVG…"), later("All meters as vectors and text, for print."),
     "pen-nib", ""),
    ("meters-csv", later("Save the meters as CSV…"), later("What the meters say: one row a total, with its unit."),
     "table", ""),
    ("marks-csv", later("Save the timeline's marks as CSV…"),
     later("What happened so far and when: one row a mark, in seconds of the run."), "table", ""),
)  # fmt: skip
COPIES: tuple[ExportKind, ...] = ("copy", "meters-copy")
AFTER_A_LINE: tuple[ExportKind, ...] = ("csv", "graphml", "meters-copy", "marks-csv")
TREE_KINDS: tuple[ExportKind, ...] = ("graphml", "json")
SAID_MS = 2500


class SaveButton(QToolButton):
    """A menu of what the page can be taken away as; says for a moment what was done.

    `offered` is asked for what there is to take, whenever the menu opens or a key asks.
    """

    chosen = Signal(str)  # ExportKind

    def __init__(self, offered: Callable[[], Collection[ExportKind]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._offered = offered
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolTip(tr("Copies or saves what is shown: as a picture, as numbers, as a tree."))
        set_kind(self, "quiet")
        self._quiet = QTimer(self, singleShot=True, interval=SAID_MS)
        self._quiet.timeout.connect(self._be_quiet)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self._offer)
        menu.aboutToHide.connect(self._free_keys)
        self.choices: dict[ExportKind, QAction] = {}
        for kind, words, help_text, name, keys in CHOICES:
            if kind in AFTER_A_LINE:
                menu.addSeparator()
            action = self.choices[kind] = menu.addAction(tr(words))
            action.setToolTip(tr(help_text))
            set_icon(action, name, "muted")
            action.setShortcut(keys)
            action.triggered.connect(lambda _=False, kind=kind: self._choose(kind))
        self.setMenu(menu)
        self._be_quiet()

    def say(self, words: str) -> None:
        """Shows for a moment that it is done."""
        self.setText(words)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setAccessibleName(words)
        set_icon(self, "check", "good")
        self._quiet.start()

    def _offer(self) -> None:
        offered = self._offered()
        for kind, action in self.choices.items():
            action.setVisible(kind in offered or ("-" not in kind and kind not in TREE_KINDS))
            action.setEnabled(kind in offered)

    def _free_keys(self) -> None:
        """Keys ask by themselves what is offered, and do not reach a disabled action."""
        for action in self.choices.values():
            action.setEnabled(True)

    def _choose(self, kind: ExportKind) -> None:
        if kind in self._offered():
            self.chosen.emit(kind)

    def _be_quiet(self) -> None:
        self.setText("")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.setAccessibleName(tr("Copy or save what is shown"))
        set_icon(self, "export", "muted")
