"""Who judges the candidates, and how much each opinion weighs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from engine.settings import Setting
from engine.setup import VerifierChoice
from widgets.panels.section import Section
from widgets.panels.setting_fields import SettingFields
from widgets.scaled import scaled_width
from widgets.theme import set_role
from widgets.translation import tr, tr_each


class VerifierSpec(Protocol):
    """What the registry says about a verifier."""

    @property
    def title(self) -> str:
        """Its name for people."""

    @property
    def help(self) -> str:
        """What it looks at."""

    @property
    def costs(self) -> str:
        """What an opinion of it costs."""

    @property
    def blind_spot(self) -> str:
        """What it cannot see."""

    @property
    def settings(self) -> Sequence[Setting]:
        """What can be changed about it."""


class WeightField(QLineEdit):
    """A weight from 0.1 to 1, to be typed or changed with the arrow keys; what is out of bounds goes to the bound."""

    changed = Signal()

    def __init__(self, title: str) -> None:
        super().__init__(alignment=Qt.AlignmentFlag.AlignRight)
        self._value = 1.0
        self.setProperty("role", "value")
        scaled_width(self, 48)
        self.setToolTip(tr("How much this opinion weighs in the mix, 0.1 to 1. The arrow keys change it."))
        self.setAccessibleName(tr("Weight of {0}", title))
        self.set_value(1.0)
        self.editingFinished.connect(self._on_editing_finished)

    def value(self) -> float:
        """The weight."""
        return self._value

    def set_value(self, value: float) -> None:
        """Shows a weight without saying that it changed."""
        self._value = round(min(1.0, max(0.1, value)), 2)
        self.setText(f"{self._value:g}" if self._value != 1.0 else "1.0")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down change the weight by a tenth."""
        step = {Qt.Key.Key_Up: 0.1, Qt.Key.Key_Down: -0.1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._change(self._value + step)

    def _on_editing_finished(self) -> None:
        try:
            self._change(float(self.text().replace(",", ".")))
        except ValueError:
            self.set_value(self._value)

    def _change(self, value: float) -> None:
        before = self._value
        self.set_value(value if value == value else before)
        if self._value != before:
            self.changed.emit()


class VerifierRow(QWidget):
    """A check box; the weight and the settings once it is checked."""

    changed = Signal()

    def __init__(self, name: str, spec: VerifierSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.check = QCheckBox(tr(spec.title))
        words = " ".join(tr_each((spec.help, spec.costs, spec.blind_spot)))
        self.check.setToolTip(words)
        self.check.setAccessibleDescription(words)
        self.weight = WeightField(tr(spec.title))
        self.weight.setEnabled(False)
        self.fields = SettingFields(spec.settings)
        self.fields.setContentsMargins(0, 0, 0, 8)
        row = QHBoxLayout()
        row.addWidget(self.check, 1)
        row.addWidget(self.weight)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.fields)
        self.fields.hide()
        self.fields.changed.connect(self.changed)
        self.check.toggled.connect(self.fields.setVisible)
        self.check.toggled.connect(self.weight.setVisible)
        self.check.toggled.connect(self.weight.setEnabled)
        self.check.clicked.connect(lambda _: self.changed.emit())
        self.weight.changed.connect(self.changed)
        self.weight.hide()
        # A hidden weight keeps its place, so that rows do not jump when they are checked.
        policy = self.weight.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.weight.setSizePolicy(policy)


class VerifierSection(Section):
    """A row for each verifier of the registry."""

    changed = Signal()

    def __init__(self, verifiers: Mapping[str, VerifierSpec], parent: QWidget | None = None) -> None:
        super().__init__(tr("Verifiers"), parent, spacing=4)
        self._given: dict[str, VerifierChoice] = {}
        self.rows = {name: VerifierRow(name, spec) for name, spec in verifiers.items()}
        for row in self.rows.values():
            row.changed.connect(self.changed)
            self.body.addWidget(row)

        self._note = QLabel(wordWrap=True)
        set_role(self._note, "muted")
        self._note.hide()
        self.body.addWidget(self._note)

    def set_note(self, words: str) -> None:
        """Says something about all of them, below; an empty text says nothing."""
        self._note.setText(words)
        self._note.setVisible(bool(words))

    def choices(self) -> tuple[VerifierChoice, ...]:
        """The checked verifiers with their weights."""
        names = [*self._given, *(name for name in self.rows if name not in self._given)]
        return tuple(
            VerifierChoice(name, self.rows[name].weight.value(), self.rows[name].fields.values())
            for name in names
            if self.rows[name].check.isChecked()
        )

    def set_choices(self, choices: Sequence[VerifierChoice]) -> None:
        """Shows these verifiers without saying that something changed; unknown ones are passed over."""
        # Their order has no field here, and is given back as it came.
        self._given = {choice.name: choice for choice in choices if choice.name in self.rows}
        for name, row in self.rows.items():
            given = self._given.get(name)
            row.blockSignals(True)
            row.check.setChecked(given is not None)
            row.weight.set_value(given.weight if given else 1.0)
            row.fields.set_values(given.settings if given else {})
            row.blockSignals(False)
