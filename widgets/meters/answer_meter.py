"""The answer of this moment, in large type, with who picked it and whether it is right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from engine.trace.fold import RunState
from widgets.models.thought_tree import makes_tree
from widgets.panels.section import Section
from widgets.theme import THEMES, current_theme, set_role
from widgets.translation import tr

LONGEST = 60


class AnswerMeter(Section):
    """What the run says, and why."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Answer"), parent, spacing=2)
        self.answer = QLabel("–", wordWrap=True)
        self.answer.setEnabled(False)
        set_role(self.answer, "number")
        self.answer.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.answer.setTextFormat(Qt.TextFormat.PlainText)
        self.answer.setAccessibleName(tr("Answer"))
        self.reason = QLabel(wordWrap=True)
        self.reason.setTextFormat(Qt.TextFormat.RichText)
        set_role(self.reason, "muted")
        self.body.addWidget(self.answer)
        self.body.addWidget(self.reason)
        self._state = RunState()
        THEMES.theme_changed.connect(self._on_theme_changed)

    def _on_theme_changed(self) -> None:
        self.show_state(self._state)

    def show_state(self, state: RunState) -> None:
        """Shows the answer of a state."""
        self._state = state
        text, words = _headline(state), _words(state)
        if self.answer.text() != text:
            self.answer.setText(text)
            self.answer.setEnabled(text != "–")
        if self.reason.text() != words:
            self.reason.setText(words)


def _headline(state: RunState) -> str:
    if state.answer is None or state.answer.answer is None:
        return "–"
    answer = state.answer.answer
    return answer if len(answer) <= LONGEST else answer[: LONGEST - 1] + "…"


def _words(state: RunState) -> str:
    picked = state.answer
    if picked is None or picked.answer is None:
        return _why_none(state)
    theme = current_theme()
    parts = [tr("so far")] if state.status in ("running", "paused") else []
    if picked.correct is not None:
        right = state.start.setup.problem.answer if state.start is not None else None
        verdict = (
            tr("✓ correct") if picked.correct else tr("✗ wrong, the answer is {0}", _escaped(right or tr("another")))
        )
        colour = theme.good if picked.correct else theme.bad
        parts.append(f'<span style="color:{colour}; font-weight:600">{verdict}</span>')
    parts.append(_escaped(picked.reason))
    candidate = state.candidates.get(picked.candidate) if picked.candidate is not None else None
    if candidate is not None and candidate.finish_reason == "length":
        parts.append(tr("Its text was cut off after {0:,} tokens (Longest candidate).", candidate.token_count))
    return " · ".join(part for part in parts if part)


def _why_none(state: RunState) -> str:
    if state.status == "empty":
        return tr("Nothing has been asked yet.")
    if state.status == "failed" and state.failure is not None:
        return _escaped(state.failure.what)
    if state.status == "finished":
        return _escaped(state.finish.reason if state.finish is not None else tr("No answer was found."))
    if len(state.candidates) == 1:
        return tr("The candidate is being written.")
    finished = sum(1 for c in state.candidates.values() if c.finished_at is not None)
    noun = tr("thoughts") if makes_tree(state) else tr("candidates")
    return (
        tr("{0:,} of {1:,} {2} have finished.", finished, len(state.candidates), noun)
        if state.candidates
        else tr("Reading the prompt.")
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
