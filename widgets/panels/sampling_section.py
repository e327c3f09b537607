"""How tokens are drawn: temperature and seed in front, the rest folded."""

from __future__ import annotations

import secrets

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from engine.check import MAX_WHOLE
from engine.setup import DEFAULT_SAMPLING
from engine.types import Sampling
from widgets.icons import set_icon
from widgets.panels.field_error import FieldError, mark_invalid
from widgets.panels.labelled_slider import LabelledSlider
from widgets.panels.section import Folded, Section
from widgets.scaled import follow_scale, is_large, scaled_width
from widgets.theme import set_kind
from widgets.translation import later, tr

SEED_HELP = later("The same seed with the same settings on the same machine gives the same run.")


class SeedField(QWidget):
    """A fixed seed, and a button for another one."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._seed = 1
        self.field = QLineEdit("1", alignment=Qt.AlignmentFlag.AlignRight)
        scaled_width(self.field, 92)
        self.field.setProperty("role", "value")
        self.field.setAccessibleName(tr("Seed"))
        self.button = QPushButton()
        self.button.setAccessibleName(tr("New seed"))
        follow_scale(self.button, lambda: self.button.setText("" if is_large(1.05) else tr("New seed")))
        set_kind(self.button, "quiet")
        set_icon(self.button, "dice-five", "muted")
        self.error = FieldError()
        label = QLabel(tr("Seed"))
        for widget in (label, self.field):
            widget.setToolTip(tr(SEED_HELP))
        self.button.setToolTip(tr("Draws another seed: the same question, other dice."))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label)
        row.addStretch(1)
        row.addWidget(self.button)
        row.addWidget(self.field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self.error)
        self.field.editingFinished.connect(self._on_field_edited)
        self.button.clicked.connect(self._on_button_clicked)

    def value(self) -> int:
        """The seed."""
        return self._seed

    def set_value(self, seed: int) -> None:
        """Shows a seed without saying that it changed."""
        self._seed = seed
        self.field.setText(str(seed))
        self._complain("")

    def _on_button_clicked(self) -> None:
        self.set_value(secrets.randbelow(9_999) + 1)
        self.changed.emit()

    def _on_field_edited(self) -> None:
        text = self.field.text().replace(",", "").strip()
        if not (text.isascii() and text.isdigit() and int(text) <= MAX_WHOLE):
            self._complain(tr("A seed is a whole number from 0 to {0:,}.", MAX_WHOLE))
            return
        changed = int(text) != self._seed
        self.set_value(int(text))
        if changed:
            self.changed.emit()

    def _complain(self, words: str) -> None:
        self.error.say(words)
        mark_invalid(self.field, bool(words))


class SamplingSection(Section):
    """Temperature and seed; the longest candidate and the cut-offs of the tail behind a fold."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Sampling"), parent)
        self._rest = DEFAULT_SAMPLING
        start = DEFAULT_SAMPLING
        self.temperature = LabelledSlider(
            tr("Temperature"), tr("0 always takes the likeliest token; higher values make candidates differ more."),
            0, 2, start.temperature,
        )  # fmt: skip
        self.max_tokens = LabelledSlider(
            tr("Longest candidate"), tr("A candidate is cut after this many tokens."),
            1, 8192, start.max_tokens, whole=True,
        )  # fmt: skip
        self.top_k = LabelledSlider(
            tr("Top k"), tr("Only the k likeliest tokens may be drawn; 0 is off."), 0, 200, start.top_k, whole=True
        )
        self.top_p = LabelledSlider(
            tr("Top p"), tr("Only the likeliest tokens that together reach this probability may be drawn; 1 is off."),
            0.01, 1, start.top_p,
        )  # fmt: skip
        self.min_p = LabelledSlider(
            tr("Min p"), tr("Tokens below this share of the likeliest one's probability are never drawn; 0 is off."),
            0, 1, start.min_p,
        )  # fmt: skip
        self.repeat_penalty = LabelledSlider(
            tr("Repetition penalty"), tr("Above 1, tokens that came before become less likely; 1 is off."),
            1, 2, start.repeat_penalty,
        )  # fmt: skip
        self.seed = SeedField()
        self.folded = Folded(
            tr("More about sampling"), tr("The longest candidate, and which unlikely tokens may be drawn.")
        )
        for field in (self.temperature, self.seed):
            self.body.addWidget(field)
        self.body.addWidget(self.folded)
        for field in (self.max_tokens, self.top_k, self.top_p, self.min_p, self.repeat_penalty):
            self.folded.body.addWidget(field)
        for field in (*self._sliders(), self.seed):
            field.changed.connect(self.changed)

    def sampling(self) -> Sampling:
        """The sampling, with what has no field here left as it was."""
        values = {name: getattr(self, name).value() for name in self._names()}
        return msgspec.structs.replace(self._rest, **values)

    def set_sampling(self, sampling: Sampling) -> None:
        """Shows a sampling without saying that it changed."""
        self._rest = sampling
        for name in self._names():
            getattr(self, name).set_value(getattr(sampling, name))

    def errors(self) -> list[QWidget]:
        """The fields whose text is not a value."""
        return [field.field for field in (*self._sliders(), self.seed) if field.error.text()]

    def _sliders(self) -> list[LabelledSlider]:
        return [getattr(self, name) for name in self._names()]

    @staticmethod
    def _names() -> tuple[str, ...]:
        return ("temperature", "max_tokens", "top_k", "top_p", "min_p", "repeat_penalty")
