"""A field for one value that a person types; text that is not a value is explained below it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from widgets.panels.field_error import FieldError, mark_invalid
from widgets.scaled import scaled_width
from widgets.translation import tr

Typed = TypeVar("Typed")
FIELD_WIDTH = 92


class TypedField(QWidget, Generic[Typed]):
    """A name and a field on one line. The error's label is placed by the owner.

    Args:
        title: Its name.
        help_text: What it does, in a sentence.
        value: What it shows at first.
        parse: The value of a text; a ValueError says that there is none.
        show: The text of a value.
        complaint: What to write instead of what is no value.
    """

    changed = Signal()

    def __init__(
        self,
        title: str,
        help_text: str,
        value: Typed,
        parse: Callable[[str], Typed],
        show: Callable[[Typed], str],
        complaint: str,
    ) -> None:
        super().__init__()
        self._value, self._parse, self._show, self._complaint = value, parse, show, complaint
        self.field = QLineEdit(show(value), alignment=Qt.AlignmentFlag.AlignRight)
        scaled_width(self.field, FIELD_WIDTH)
        self.field.setProperty("role", "value")
        self.field.setAccessibleName(title)
        self.error = FieldError()
        label = QLabel(title)
        for widget in (label, self.field):
            widget.setToolTip(help_text)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label, 1)
        row.addWidget(self.field)
        self.field.editingFinished.connect(self._on_field_edited)

    def value(self) -> Typed:
        """The last good value."""
        return self._value

    def set_value(self, value: Typed) -> None:
        """Shows a value without saying that it changed."""
        self._value = value
        self.field.setText(self._show(value))
        self._complain("")

    def _on_field_edited(self) -> None:
        try:
            value = self._parse(self.field.text().strip().lower())
        except ValueError:
            self._complain(self._complaint)
            return
        changed = value != self._value
        self.set_value(value)
        if changed:
            self.changed.emit()

    def _complain(self, words: str) -> None:
        self.error.say(words)
        mark_invalid(self.field, bool(words))


def whole_field(title: str, help_text: str, least: int, most: int, special: tuple[str, int]) -> TypedField[int]:
    """A whole number from `least` to `most`; a word stands for one special value: `auto` for 0, `all` for -1."""
    word, stands_for = special

    def parse(text: str) -> int:
        digits = text.replace(",", "")
        if digits == word.lower():
            return stands_for
        if digits.isascii() and digits.isdigit() and (least <= int(digits) <= most or int(digits) == stands_for):
            return int(digits)
        raise ValueError

    complaint = tr("Write “{0}” or a whole number from {1:,} to {2:,}.", word, least, most)
    return TypedField(title, help_text, stands_for, parse, lambda n: word if n == stands_for else f"{n:,}", complaint)


def shares_field(title: str, help_text: str, most: int) -> TypedField[tuple[float, ...]]:
    """Up to `most` shares with commas between them, as `3, 1`; `auto` stands for none."""
    auto = tr("auto")

    def parse(text: str) -> tuple[float, ...]:
        shares = () if text == auto.lower() else tuple(float(part) for part in text.split(","))
        if len(shares) > most or not all(0 <= share < math.inf for share in shares):
            raise ValueError
        return shares

    complaint = tr("Write “{0}” or a share for each GPU, as 3, 1.", auto)
    return TypedField(
        title, help_text, (), parse, lambda shares: ", ".join(f"{s:g}" for s in shares) or auto, complaint
    )
