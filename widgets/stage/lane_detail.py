"""The selected candidate opened: its whole text below the lanes."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from engine.trace.fold import RunState
from widgets.icons import set_icon
from widgets.models.candidate_words import branch_words, is_branch, number, status_word
from widgets.models.certainty import vote_certainty
from widgets.painting import painted
from widgets.stage.marks import rounded
from widgets.stage.thought_ladder import ThoughtLadderView
from widgets.theme import CARD_RADIUS, THEMES, current_theme, set_kind, set_role
from widgets.translation import tr


class LaneDetail(QWidget):
    """A pane with one candidate's thoughts, its number and a way to close it."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = RunState()
        self._candidate: int | None = None
        self._title = QLabel()
        set_role(self._title, "strong")
        self._status = QLabel()
        set_role(self._status, "muted")
        close = QToolButton()
        set_kind(close, "quiet")
        set_icon(close, "x", "muted")
        close.setToolTip(tr("Goes back to all candidates (Esc)."))
        close.setAccessibleName(tr("Close the opened candidate"))
        close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        close.clicked.connect(self.closed)
        self.ladder = ThoughtLadderView(compact=True)
        head = QHBoxLayout()
        head.setContentsMargins(14, 6, 6, 0)
        head.setSpacing(12)
        for widget in (self._title, self._status):
            head.addWidget(widget)
        head.addStretch(1)
        head.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 8)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.ladder, 1)
        THEMES.theme_changed.connect(self.update)

    def set_state(self, state: RunState) -> None:
        """Takes another state of the run."""
        self._state = state
        self.ladder.set_state(state)
        self._update_head()

    def show_candidate(self, candidate: int) -> None:
        """Opens a candidate."""
        if candidate != self._candidate or self.ladder.candidate is None:
            self._candidate = candidate
            self.ladder.show_candidate(candidate)
        self._update_head()

    def refresh(self, changed: Collection[int]) -> None:
        """Takes what is new, when it is shown."""
        if self.isVisible() and self._candidate in changed:
            self.ladder.refresh(changed)
            self._update_head()

    def showEvent(self, event: QEvent) -> None:
        """Takes what happened while it was closed."""
        super().showEvent(event)  # type: ignore[arg-type]
        self.ladder.show_candidate(self._candidate)

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the pane's ground."""
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rounded(painter, QRectF(self.rect()), CARD_RADIUS, theme.background, theme.muted)
        painter.end()

    def _update_head(self) -> None:
        candidate = self._state.candidates.get(self._candidate) if self._candidate is not None else None
        if candidate is None:
            return
        self._title.setText(tr("Candidate {0}", number(candidate)))
        words = [branch_words(candidate)] if is_branch(candidate) else []
        words += [
            status_word(candidate),
            tr("seed {0}", candidate.seed),
            tr("temperature {0:g}", candidate.temperature),
        ]
        words += [
            f"{name} {tr('unsure') if s.value is None else f'{s.value:.2f}'}" for name, s in candidate.scores.items()
        ]
        certainty = vote_certainty(self._state)
        if certainty is not None and certainty.candidate == candidate.id:
            words.append(tr("made the majority certain"))
        self._status.setText("  ·  ".join(words))
