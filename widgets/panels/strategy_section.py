"""How the compute is spent: the strategy, and the settings that it declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QWidget

from engine.settings import Setting
from engine.setup import StrategyChoice
from widgets.panels.section import Section
from widgets.panels.segmented import Segmented
from widgets.panels.setting_fields import SettingFields
from widgets.theme import set_role
from widgets.translation import tr


class StrategySpec(Protocol):
    """What the registry says about a strategy."""

    @property
    def title(self) -> str:
        """Its name for people."""

    @property
    def help(self) -> str:
        """What it does, in a sentence or two."""

    @property
    def settings(self) -> Sequence[Setting]:
        """What can be changed about it."""

    @property
    def uses_verifiers(self) -> bool:
        """Whether verifiers change its answer."""


class StrategySection(Section):
    """One button a strategy; below them one sentence and the settings of the chosen one."""

    changed = Signal()

    def __init__(self, strategies: Mapping[str, StrategySpec], parent: QWidget | None = None) -> None:
        super().__init__(tr("Strategy"), parent)
        self._strategies = strategies
        choices = [(name, tr(spec.title), tr(spec.help)) for name, spec in strategies.items()]
        self.buttons = Segmented(choices, columns=2)
        self.buttons.setAccessibleName(tr("Strategy"))
        self._help = QLabel(wordWrap=True)
        set_role(self._help, "muted")
        self.body.addWidget(self.buttons)
        self.body.addWidget(self._help)
        # Every strategy keeps its own fields, so that going to and fro between two loses nothing.
        self.fields = {name: SettingFields(spec.settings) for name, spec in strategies.items()}
        for fields in self.fields.values():
            fields.changed.connect(self.changed)
            fields.hide()
            self.body.addWidget(fields)
        self.buttons.chosen.connect(self._on_buttons_chosen)
        self._show(next(iter(strategies), ""))

    def choice(self) -> StrategyChoice:
        """The strategy, with the settings that differ from its defaults."""
        name = self.buttons.value()
        return StrategyChoice(name, self.fields[name].values())

    def set_choice(self, choice: StrategyChoice) -> None:
        """Shows a choice without saying that it changed; an unknown strategy changes nothing."""
        if choice.name in self._strategies:
            self.fields[choice.name].set_values(choice.settings)
            self._show(choice.name)

    @property
    def candidates(self) -> int:
        """How many candidates the chosen strategy asks for at most."""
        field = self.fields[self.buttons.value()].fields.get("n")
        value = field.value() if field is not None else None
        return int(value) if value is not None else 1

    @property
    def uses_verifiers(self) -> bool:
        """Whether verifiers change the answer of the chosen strategy, or only comment on it."""
        return self._strategies[self.buttons.value()].uses_verifiers

    def errors(self) -> list[QWidget]:
        """The fields whose text is not a value."""
        return self.fields[self.buttons.value()].errors()

    def _on_buttons_chosen(self, name: str) -> None:
        self._show(name)
        self.changed.emit()

    def _show(self, name: str) -> None:
        self.buttons.set_value(name)
        for other, fields in self.fields.items():
            fields.setVisible(other == name)
        if name:
            self._help.setText(tr(self._strategies[name].help))
