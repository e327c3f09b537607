"""The buttons above the lanes: which candidates are shown, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from engine.trace.fold import RunState
from widgets.icons import set_icon
from widgets.models.lane_order import ALL, FILTERS, LaneFilter, SortMode, answer_wanted, with_answer
from widgets.scaled import is_large
from widgets.theme import set_kind
from widgets.translation import later, tr

SORT_WORDS: dict[SortMode, tuple[str, str, str]] = {  # what the menu says, the button, and a sentence
    "arrival": (later("By number"), later("Sort by number"), later("In the order in which they were asked for.")),
    "score": (later("By score"), later("Sort by score"), later("Those that the verifiers score highest come first.")),
    "answer": (later("By answer"), later("Sort by answer"), later("Those that say the same stand together.")),
}
FILTER_WORDS = {
    "writing": later("still writing"),
    "finished": later("finished"),
    "stopped": later("stopped or failed"),
    "right": later("right"),
    "wrong": later("wrong"),
}
MOST_ANSWERS = 8
LONGEST_ANSWER = 24


class ChoiceButton(QToolButton):
    """A quiet button with a menu of which one entry is taken."""

    def __init__(self, icon: str, help_text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_icon(self, icon, "muted")
        self.setToolTip(help_text)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        set_kind(self, "quiet")
        self.setMenu(QMenu(self))
        self.menu().setToolTipsVisible(True)
        self._group = QActionGroup(self)

    def _say(self, words: str) -> None:
        """In words, or by its icon where type is large."""
        self.setText(words)
        self.setAccessibleName(words)
        style = Qt.ToolButtonStyle.ToolButtonIconOnly if is_large() else Qt.ToolButtonStyle.ToolButtonTextOnly
        self.setToolButtonStyle(style)

    def offer(self, key: str, words: str, help_text: str, taken: bool) -> None:
        """Adds an entry."""
        action = self.menu().addAction(words)
        action.setToolTip(help_text)
        action.setCheckable(True)
        action.setChecked(taken)
        action.setData(key)
        self._group.addAction(action)


class SortButton(ChoiceButton):
    """In which order the candidates stand: by number, by score, or by answer."""

    chosen = Signal(str)  # SortMode

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "sort-ascending", tr("In which order the candidates stand: by number, by score, or by answer."), parent
        )
        self._mode: SortMode = "arrival"
        for mode, (word, _, help_text) in SORT_WORDS.items():
            self.offer(mode, tr(word), tr(help_text), mode == self._mode)
        self._group.triggered.connect(lambda action: self.chosen.emit(action.data()))
        self.show_words()

    def set_mode(self, mode: SortMode) -> None:
        """Shows an order without saying that it was chosen."""
        self._mode = mode
        for action in self._group.actions():
            action.setChecked(action.data() == mode)
        self.show_words()

    def show_words(self) -> None:
        """As many as there is room for."""
        self._say(tr(SORT_WORDS[self._mode][1]))


class FilterButton(ChoiceButton):
    """Which candidates are shown: all, those in a state, those with an answer."""

    chosen = Signal(str)  # LaneFilter

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("funnel", tr("Which candidates are shown; a click on a vote does the same."), parent)
        self._filter: LaneFilter = ALL
        self._state = RunState()
        self.menu().aboutToShow.connect(self._fill)
        self._group.triggered.connect(lambda action: self.chosen.emit(action.data()))
        self.show_words()

    def set_state(self, state: RunState) -> None:
        """Whose answers are offered."""
        self._state = state

    def set_filter(self, lane_filter: LaneFilter) -> None:
        """Shows a choice without saying that it was made."""
        self._filter = lane_filter
        self.show_words()

    def show_words(self) -> None:
        """As many as there is room for."""
        self._say(filter_words(self._filter))
        set_kind(self, "quiet" if self._filter == ALL else "normal")  # what is left out should not be forgotten

    def _fill(self) -> None:
        self.menu().clear()
        for action in self._group.actions():
            self._group.removeAction(action)
        self.offer(ALL, tr("All candidates"), tr("Leaves out no candidate."), self._filter == ALL)
        self.menu().addSeparator()
        for key in FILTERS:
            if key not in ("right", "wrong") or self._knows_answer:
                words = tr("Only those that are {0}", tr(FILTER_WORDS[key]))
                self.offer(key, words, tr("Leaves out the others; nothing is deleted."), self._filter == key)
        self.menu().addSeparator()
        for vote, answer, count in _answers(self._state):
            key = with_answer(vote)
            words = tr("Only answer {0} ({1})", _short(answer), count)
            self.offer(key, words, tr("Only the candidates whose answer counts as this one."), self._filter == key)

    @property
    def _knows_answer(self) -> bool:
        return any(candidate.correct is not None for candidate in self._state.candidates.values())


def filter_words(lane_filter: LaneFilter) -> str:
    """“Show all”, “Only right”, “Only 82”."""
    answer = answer_wanted(lane_filter)
    if lane_filter == ALL:
        return tr("Show all")
    return tr("Only {0}", _short(answer) if answer is not None else tr(FILTER_WORDS[lane_filter]))


def _answers(state: RunState) -> Sequence[tuple[str, str, int]]:
    return [(vote.vote, vote.answer, len(vote.candidates)) for vote in state.votes[:MOST_ANSWERS]]


def _short(answer: str) -> str:
    words = " ".join(answer.split())
    return words if len(words) <= LONGEST_ANSWER else words[: LONGEST_ANSWER - 1] + "…"
