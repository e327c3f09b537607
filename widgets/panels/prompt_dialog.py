"""The prompt exactly as the model got it, control tokens and all."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from engine.events import PromptRendered
from widgets.theme import SIZE_SMALL, font, set_role
from widgets.translation import tr


class PromptDialog(QDialog):
    """A read-only look at a rendered prompt."""

    def __init__(self, prompt: PromptRendered, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("What the model was given"))
        self.resize(680, 520)
        facts = QLabel(tr("{0:,} tokens · template: {1}", prompt.tokens, prompt.template))
        set_role(facts, "muted")
        self.text = QPlainTextEdit(prompt.text, readOnly=True)
        self.text.setFont(font(SIZE_SMALL, mono=True))
        self.text.setAccessibleName(tr("Rendered prompt"))
        self.text.setToolTip(tr("The prompt exactly as the model got it, with the signs that its template puts in."))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(facts)
        column.addWidget(self.text, 1)
        column.addWidget(buttons)
