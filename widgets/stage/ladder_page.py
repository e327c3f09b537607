"""The ladder of thoughts, and beside it the branches that a person grew from its tokens."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QSplitter, QVBoxLayout, QWidget

from engine.trace.fold import CandidateState, RunState
from widgets.models.candidate_words import branch_words, is_branch, number
from widgets.stage.thought_ladder import ThoughtLadderView
from widgets.theme import px, set_role
from widgets.translation import tr

NARROWEST = 300


class LadderColumn(QWidget):
    """One ladder under its title; the title is seen when there is more than one."""

    def __init__(self) -> None:
        super().__init__()
        self.title, self.ladder = QLabel(), ThoughtLadderView()
        set_role(self.title, "strong")
        self.title.setContentsMargins(8, 0, 0, 0)
        self.title.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.title)
        column.addWidget(self.ladder, 1)

    def set_words(self, words: str) -> None:
        """Says what the ladder is of."""
        self.title.setText(words)
        self.ladder.setAccessibleName(tr("Thoughts: {0}", words) if words else tr("Thoughts"))


class LadderPage(QWidget):
    """One candidate thought by thought; each branch from it is one more ladder to its right. All of them scroll."""

    token_clicked = Signal(int, int)
    alternative_chosen = Signal(int, int, int)
    token_stepped = Signal(int)
    alternatives_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = RunState()
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(2)
        self._area = QScrollArea()
        self._area.setWidget(self._splitter)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._columns: list[LadderColumn] = []
        self._branches: list[int] = []
        self._can_act = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._area)
        self._add_column()

    @property
    def ladder(self) -> ThoughtLadderView:
        """The ladder of the original."""
        return self._columns[0].ladder

    @property
    def columns(self) -> list[LadderColumn]:
        """The original's column and those of its branches, from left to right."""
        return list(self._columns)

    def set_can_act(self, can_act: bool) -> None:
        """Whether another token can be taken."""
        self._can_act = can_act
        for column in self._columns:
            column.ladder.can_act = can_act

    def set_state(self, state: RunState) -> None:
        """Shows a new run, or another moment of the same one."""
        self._state = state
        self._follow_branches()
        for column in self._columns:
            column.ladder.set_state(state)
        for column, branch in zip(self._columns[1:], self._branches, strict=True):
            if column.ladder.candidate is None or column.ladder.candidate.id != branch:
                column.ladder.show_candidate(branch)

    def refresh(self, changed: Collection[int]) -> None:
        """Takes what is new in the state; once per frame."""
        if self._find_branches() != self._branches:
            self.set_state(self._state)
            self._show_newest()
            return
        for column in self._columns:
            column.ladder.refresh(changed)

    def select(self, candidate: int | None) -> None:
        """Brings a branch into view."""
        if candidate in self._branches:
            self._area.ensureWidgetVisible(self._columns[1 + self._branches.index(candidate)])

    def set_reduce_motion(self, reduce: bool) -> None:
        """Nothing here moves by itself."""

    def finish_rendering(self) -> None:
        """Everything is drawn when it is painted."""

    def _find_branches(self) -> list[int]:
        return [candidate.id for candidate in self._state.candidates.values() if is_branch(candidate)]

    def _follow_branches(self) -> None:
        """As many columns as there are branches, and one."""
        self._branches = self._find_branches()
        while len(self._columns) > 1 + len(self._branches):
            gone = self._columns.pop()
            gone.hide()
            gone.setParent(None)
            gone.deleteLater()
        while len(self._columns) < 1 + len(self._branches):
            self._add_column()
        original = next((c for c in self._state.candidates.values() if not is_branch(c)), None)
        shown = [original, *(self._state.candidates[branch] for branch in self._branches)]
        for column, candidate in zip(self._columns, shown, strict=True):
            column.set_words(_title(candidate) if self._branches else "")
            column.title.setVisible(bool(self._branches))
            column.setMinimumWidth(px(NARROWEST) if self._branches else 0)  # one alone takes what there is

    def _add_column(self) -> None:
        column = LadderColumn()
        column.ladder.can_act = self._can_act
        column.ladder.token_clicked.connect(self.token_clicked)
        column.ladder.alternative_chosen.connect(self.alternative_chosen)
        column.ladder.token_stepped.connect(self.token_stepped)
        column.ladder.alternatives_wanted.connect(self.alternatives_wanted)
        self._columns.append(column)
        self._splitter.addWidget(column)
        self._splitter.setSizes([1000] * len(self._columns))

    def _show_newest(self) -> None:
        """A branch that has just been taken comes into view, and the token that it left from."""
        if not self._branches:
            return
        branch = self._state.candidates[self._branches[-1]]
        self._area.ensureWidgetVisible(self._columns[-1])
        for column in self._columns[:-1]:
            if branch.parent is not None and branch.kept is not None and column.ladder.shows(branch.parent):
                column.ladder.show_token(branch.parent, branch.kept)


def _title(candidate: CandidateState | None) -> str:
    if candidate is None:
        return ""
    if is_branch(candidate):
        return f"{number(candidate)}  ·  {branch_words(candidate)}"
    return tr("Candidate {0}", number(candidate))
