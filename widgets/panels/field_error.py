"""What is wrong with a field, in words, right below it."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget

from widgets.theme import set_role
from widgets.translation import tr


class FieldError(QLabel):
    """A line that is there only while there is something to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "error")
        self.setWordWrap(True)
        self.setAccessibleName(tr("Error"))
        self.hide()

    def say(self, words: str) -> None:
        """Shows the words; an empty text hides the line."""
        self.setText(words)
        self.setVisible(bool(words))


def mark_invalid(field: QWidget, invalid: bool) -> None:
    """Gives a field the outline of an error, or takes it away."""
    if bool(field.property("invalid")) == invalid:
        return
    field.setProperty("invalid", invalid)
    field.style().unpolish(field)
    field.style().polish(field)
