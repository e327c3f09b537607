"""What a person can do to a node of the search: a menu, and the dialogue in which a thought is written."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QMenu, QPlainTextEdit, QVBoxLayout, QWidget

from engine.acts import AddSimulations, ExpandNode, PinNode, PruneNode, WriteThought
from engine.trace.fold import CandidateState, RunState
from widgets.icons import set_icon
from widgets.theme import px, set_role
from widgets.translation import tr

MORE = (16, 100)


def takes_single_nodes(state: RunState) -> bool:
    """Whether a person can do something to one thought: beams and particles go on together, by generations."""
    return state.start is not None and state.start.setup.strategy.name == "mcts"


class NodeMenu(QMenu):
    """The menu of one node; `candidate` is None for the problem itself. Emits acts as they are chosen.

    `can_act` is False for a recording: then only what changes nothing can be chosen.
    """

    act_requested = Signal(object)
    collapse_requested = Signal(int)

    def __init__(self, state: RunState, candidate: CandidateState | None, *, can_act: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setToolTipsVisible(True)
        self._candidate, self._can_act = candidate, can_act
        node = None if candidate is None else candidate.id
        goes_on = candidate is None or (candidate.finish_reason == "step" and not candidate.pruned)
        searches = takes_single_nodes(state)
        expand = self._add(tr("Expand"), "tree-structure", tr("Writes more next steps after this thought."), "E")
        expand.triggered.connect(lambda: self.act_requested.emit(ExpandNode(node)))
        write = self._add(tr("Add a thought…"), "note-pencil", tr("Writes the next step in your own words."), "T")
        write.triggered.connect(lambda: self.write(None))
        for action in (expand, write):
            action.setEnabled(can_act and searches and goes_on)
        if candidate is not None:
            self._add_own(candidate, can_act and searches)
        self.addSeparator()
        for count in MORE:
            more = self._add(
                tr("{0} more simulations", count), "plus", tr("The search goes on; a finished one is taken up again.")
            )
            more.triggered.connect(lambda _=False, count=count: self.act_requested.emit(AddSimulations(count)))
            more.setEnabled(can_act and searches)
        self.addSeparator()
        collapse = self._add(
            tr("Collapse or open"), "arrows-in-line-vertical", tr("Hides or shows what is below."), "C"
        )
        collapse.triggered.connect(lambda: self.collapse_requested.emit(-1 if node is None else node))
        if candidate is not None:
            copy = self._add(
                tr("Copy the whole text"), "copy", tr("All thoughts from the problem to this one."), "Ctrl+C"
            )
            copy.triggered.connect(lambda: QGuiApplication.clipboard().setText(state.whole_text(candidate.id)))

    def _add_own(self, candidate: CandidateState, can_act: bool) -> None:
        """What can be done to a thought, and not to the problem."""
        edit = self._add(
            tr("Edit the thought…"), "pencil-simple", tr("Puts your words in its place, as a new thought.")
        )
        edit.triggered.connect(lambda: self.write(candidate))
        pin_words = tr("Unpin") if candidate.pinned else tr("Pin")
        pin = self._add(pin_words, "push-pin", tr("The search goes through a pinned thought wherever it can."), "P")
        pin.triggered.connect(lambda: self.act_requested.emit(PinNode(candidate.id, not candidate.pinned)))
        prune = self._add(tr("Prune"), "scissors", tr("Nothing goes on from here any more."), "Del")
        prune.triggered.connect(lambda: self.act_requested.emit(PruneNode(candidate.id)))
        edit.setEnabled(can_act)
        pin.setEnabled(can_act)
        prune.setEnabled(can_act and not candidate.pruned)

    def write(self, replaced: CandidateState | None) -> None:
        """A thought in the person's words: the next one, or one that stands in for `replaced`."""
        before = "" if replaced is None else replaced.text.strip()
        dialog = ThoughtDialog(before, self.parentWidget())
        parent = replaced.parent if replaced is not None else None if self._candidate is None else self._candidate.id
        number = replaced.id if replaced is not None else None
        dialog.written.connect(lambda text: self.act_requested.emit(WriteThought(parent, text, number)))
        dialog.open()

    def _add(self, words: str, icon: str, help_text: str, keys: str = "") -> QAction:
        """The keys are said only: the page has them, whether the menu is open or not."""
        action = self.addAction(f"{words}\t{keys}" if keys else words)
        action.setToolTip(help_text)
        set_icon(action, icon, "muted")
        return action


class ThoughtDialog(QDialog):
    """A thought in a person's words."""

    written = Signal(str)

    def __init__(self, text: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Edit the thought") if text else tr("Add a thought"))
        words = QLabel(tr("The search goes on from what you write, as if the model had written it."))
        words.setWordWrap(True)
        set_role(words, "muted")
        self.edit = QPlainTextEdit(text)
        self.edit.setAccessibleName(tr("The thought"))
        self.edit.setToolTip(tr("One step, in your own words; the search goes on from its end."))
        self.edit.setPlaceholderText("24 - 9 = 15.")
        self.edit.setTabChangesFocus(True)
        self.edit.setMinimumSize(px(380), px(96))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self._ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._ok.setText(tr("Put it in"))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.edit.textChanged.connect(self._on_text_changed)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        for widget in (words, self.edit, buttons):
            column.addWidget(widget)
        self._on_text_changed()

    def accept(self) -> None:
        """Says what was written."""
        self.written.emit(self.edit.toPlainText().strip())
        super().accept()

    def _on_text_changed(self) -> None:
        self._ok.setEnabled(bool(self.edit.toPlainText().strip()))


def menu_position(position: object) -> QPoint:
    """A global position, of whole pixels."""
    return position if isinstance(position, QPoint) else position.toPoint()  # type: ignore[attr-defined]
