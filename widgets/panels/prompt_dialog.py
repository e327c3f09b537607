"""The prompt exactly as the model got it, control tokens and all."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from engine.events import PromptRendered
from widgets.theme import SIZE_SMALL, font, set_role


class PromptDialog(QDialog):
    """A read-only look at a rendered prompt."""

    def __init__(self, prompt: PromptRendered, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("What the model was given")
        self.resize(680, 520)
        facts = QLabel(f"{prompt.tokens:,} tokens · template: {prompt.template}")
        set_role(facts, "muted")
        self.text = QPlainTextEdit(prompt.text, readOnly=True)
        self.text.setFont(font(SIZE_SMALL, mono=True))
        self.text.setAccessibleName("Rendered prompt")
        self.text.setToolTip("The prompt exactly as the model got it, with the signs that its template puts in.")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(facts)
        column.addWidget(self.text, 1)
        column.addWidget(buttons)
