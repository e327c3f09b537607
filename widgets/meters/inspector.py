"""A look at what was selected: a token and what might have stood there instead, or a whole candidate."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from engine.trace.fold import CandidateState, RunState
from engine.types import Alternative, Token
from widgets.icons import set_icon
from widgets.meters import numbers
from widgets.meters.fact_rows import FactRows
from widgets.models.thought_tree import makes_tree, parent_of
from widgets.panels.section import SectionTitle
from widgets.stage.token_popup import percent
from widgets.theme import MEDIUM, SIZE_SMALL, THEMES, current_theme, font, px, qcolor, set_kind, set_role

ROW_HEIGHT = 22
FACTS = {
    "probability": ("Probability", "How likely the model found it here, before temperature and cut-offs."),
    "entropy": ("Entropy", "How undecided the model was here: 0 is sure, larger is more open."),
    "tokens": ("Tokens", "Tokens that this candidate has written."),
    "confidence": ("Mean probability", "The geometric mean of its tokens' probabilities."),
    "mix": ("Mixed score", "The verifiers' scores, mixed by their weights."),
    "seed": ("Seed", "The seed of this candidate's own dice."),
    "prompt": ("Prompt, cached + read", "Prompt tokens taken from the cache, and computed for it."),
}
TOKEN_FACTS, CANDIDATE_FACTS = ("probability", "entropy"), ("tokens", "confidence", "mix", "seed", "prompt")


class AlternativeBars(QWidget):
    """The likeliest tokens of one place with their probabilities; the one that was taken is marked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[tuple[str, float, bool]] = ()
        THEMES.theme_changed.connect(self.update)

    def set_token(self, token: Token) -> None:
        """Shows the alternatives of a token, and the token itself when it was not among them."""
        alternatives = list(token.alternatives)
        if alternatives and all(other.id != token.id for other in alternatives):
            alternatives.append(Alternative(token.id, token.text, token.logprob))
        self._rows = [(visible(other.text), math.exp(other.logprob), other.id == token.id) for other in alternatives]
        self.setAccessibleName("Alternatives")
        spoken = [f"{text} {p:.0%}{', taken' if taken else ''}" for text, p, taken in self._rows]
        self.setAccessibleDescription("; ".join(spoken))
        self.setFixedHeight(px(ROW_HEIGHT) * len(self._rows))
        self.update()

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        return QSize(200, px(ROW_HEIGHT) * len(self._rows))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws a row for each alternative."""
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row, width = px(ROW_HEIGHT), self.width()
        words, share = width * 0.36, px(56)
        for i, (text, p, taken) in enumerate(self._rows):
            top = i * row
            colour = theme.accent if taken else theme.muted
            painter.setPen(qcolor(theme.accent if taken else theme.text))
            painter.setFont(font(SIZE_SMALL, MEDIUM, mono=True))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(words - 8))
            painter.drawText(QRectF(0, top, words, row), Qt.AlignmentFlag.AlignVCenter, shown)
            painter.setPen(Qt.PenStyle.NoPen)
            track = QRectF(words, top + row / 2 - 3, width - words - share, 6)
            painter.setBrush(qcolor(theme.line))
            painter.drawRoundedRect(track, 3, 3)
            painter.setBrush(qcolor(colour))
            painter.drawRoundedRect(QRectF(track.x(), track.y(), max(2.0, track.width() * p), 6), 3, 3)
            painter.setPen(qcolor(theme.text))
            painter.setFont(font(SIZE_SMALL))
            right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(QRectF(width - share, top, share, row), right, percent(p))


class Inspector(QWidget):
    """Facts about the selected token and its candidate; hidden while nothing is selected."""

    prompt_requested = Signal(int)  # prompt id
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = RunState()
        self._candidate: int | None = None
        self._token: int | None = None
        self.title = SectionTitle("Selected")
        self.title.setWordWrap(True)
        self.text = QLabel(wordWrap=True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bars = AlternativeBars()
        self.facts = FactRows(FACTS)
        self.scores = QLabel(wordWrap=True)
        set_role(self.scores, "muted")
        self.prompt_button = QPushButton("What the model was given…")
        self.prompt_button.setToolTip("Shows the prompt of this candidate exactly as the model got it.")
        self._build()
        self.hide()

    def select(self, state: RunState, candidate: int | None, token: int | None = None) -> None:
        """Shows a candidate, or one token of it by its place; None hides everything."""
        self._candidate, self._token = candidate, token
        self.show_state(state)

    def show_state(self, state: RunState) -> None:
        """Shows the selection as it is in a state; a candidate that is not there yet hides it."""
        self._state = state
        candidate = state.candidates.get(self._candidate) if self._candidate is not None else None
        self.setVisible(candidate is not None)
        if candidate is None:
            return
        token = None
        if self._token is not None and 0 <= self._token < len(candidate.tokens):
            token = candidate.tokens[self._token]
        self._show_candidate(candidate)
        self._show_token(candidate, token)

    def _show_candidate(self, candidate: CandidateState) -> None:
        confidence = candidate.mean_logprob
        self.facts.set_value("tokens", numbers.count(len(candidate.tokens)))
        self.facts.set_value("confidence", numbers.UNKNOWN if confidence is None else percent(math.exp(confidence)))
        self.facts.set_value("mix", numbers.UNKNOWN if candidate.mix is None else f"{candidate.mix:.2f}")
        self.facts.set_value("seed", str(candidate.seed))
        self.facts.set_value("prompt", f"{candidate.cached_tokens:,} + {candidate.computed_tokens:,}")
        lines = [
            f"{name}: {'cannot tell' if score.value is None else f'{score.value:.2f}'}"
            + (f" ({score.detail})" if score.detail else "")
            for name, score in candidate.scores.items()
        ]
        self.scores.setText("\n".join(lines))
        self.scores.setVisible(bool(lines))
        self.prompt_button.setVisible(candidate.prompt in self._state.prompts)

    def _show_token(self, candidate: CandidateState, token: Token | None) -> None:
        words = f"Candidate {candidate.id + 1}"
        if token is not None:
            words += f" · token {(self._token or 0) + 1}"
            self.text.setText(f"“{visible(token.text)}”")
            self.bars.set_token(token)
            self.facts.set_value("probability", percent(math.exp(token.logprob)))
            self.facts.set_value("entropy", f"{token.entropy:.2f} nats")
        else:
            words = self._show_chain(candidate) or words
        self.title.setText(words.upper())
        self.text.setVisible(bool(token is not None or self._chain(candidate)))
        self.bars.setVisible(token is not None and bool(token.alternatives))
        for key in TOKEN_FACTS:
            self.facts.set_shown(key, token is not None)
        for key in CANDIDATE_FACTS:
            self.facts.set_shown(key, token is None)

    def _chain(self, candidate: CandidateState) -> list[CandidateState]:
        """The thoughts from the problem to this one, where a run searches over them."""
        chain, at = [], candidate if makes_tree(self._state) else None
        while at is not None:
            chain.append(at)
            parent = parent_of(at)
            at = self._state.candidates[parent] if parent is not None else None
        return chain[::-1]

    def _show_chain(self, candidate: CandidateState) -> str:
        """What stands as the title of a thought; empty where there is no chain."""
        chain = self._chain(candidate)
        if not chain:
            return ""
        self.text.setText("\n".join(" ".join(one.text.split()) or "…" for one in chain))
        return f"Selected thought · depth {len(chain)}"

    def _build(self) -> None:
        set_role(self.text, "strong")
        close = QToolButton()
        set_icon(close, "x", "muted")
        set_kind(close, "quiet")
        close.setToolTip("Selects nothing.")
        close.setAccessibleName("Close")
        close.clicked.connect(self._on_close_clicked)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        for widget in (self.text, self.bars, self.facts, self.scores, self.prompt_button):
            column.addWidget(widget)
        self.prompt_button.clicked.connect(self._on_prompt_clicked)

    def _on_close_clicked(self) -> None:
        self.select(self._state, None)
        self.closed.emit()

    def _on_prompt_clicked(self) -> None:
        candidate = self._state.candidates.get(self._candidate) if self._candidate is not None else None
        if candidate is not None:
            self.prompt_requested.emit(candidate.prompt)


def visible(text: str) -> str:
    """A token's text with its blanks made visible."""
    if not text:
        return "∅"
    return text.replace("\n", "⏎").replace("\t", "⇥").replace(" ", "␣") if not text.strip() else text.replace("\n", "⏎")
