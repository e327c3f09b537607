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

ExportKind = Literal["copy", "png", "svg", "csv", "graphml", "json", "meters-png", "meters-csv"]
CHOICES: tuple[tuple[ExportKind, str, str, str], ...] = (
    ("copy", later("Copy picture"), "copy", "Ctrl+Shift+C"),
    ("png", later("Save as PNG…"), "image", "Ctrl+Shift+S"),
    ("svg", later("Save as SVG…"), "pen-nib", ""),
    ("csv", later("Save the numbers as CSV…"), "table", ""),
    ("graphml", later("Save the tree as GraphML…"), "tree-structure", ""),
    ("json", later("Save the tree as JSON…"), "brackets-curly", ""),
    ("meters-png", later("Save the meters as PNG…"), "image", ""),
    ("meters-csv", later("Save the meters as CSV…"), "table", ""),
)
AFTER_A_LINE: tuple[ExportKind, ...] = ("csv", "graphml", "meters-png")
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
        menu.aboutToShow.connect(self._offer)
        menu.aboutToHide.connect(self._free_keys)
        self.choices: dict[ExportKind, QAction] = {}
        for kind, words, name, keys in CHOICES:
            if kind in AFTER_A_LINE:
                menu.addSeparator()
            action = self.choices[kind] = menu.addAction(tr(words))
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
            action.setVisible(kind in offered or (not kind.startswith("meters") and kind not in TREE_KINDS))
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
