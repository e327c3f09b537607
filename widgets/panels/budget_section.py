"""Upper bounds on what a run may spend."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QWidget

from engine.setup import Budget
from widgets.panels.labelled_slider import LabelledSlider
from widgets.panels.section import Section
from widgets.theme import set_role
from widgets.translation import tr

MOST_TOKENS, MOST_SECONDS = 100_000, 3_600
FEW_TOKENS = 20  # hardly an answer of the default model is shorter


class BudgetSection(Section):
    """Tokens and seconds, each of which can be switched off."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Budget"), parent)
        self.tokens = LabelledSlider(
            tr("Tokens"), tr("The run ends when this many tokens have been written, a verifier's included."),
            1, MOST_TOKENS, 1200, whole=True, optional=True,
        )  # fmt: skip
        self.seconds = LabelledSlider(
            tr("Seconds"), tr("The run ends after this much time; pauses do not count."),
            1, MOST_SECONDS, 60, whole=True, optional=True,
        )  # fmt: skip
        self._others = Budget()  # the bounds that have no slider here are given back as they came
        for slider in (self.tokens, self.seconds):
            slider.changed.connect(self.changed)
            self.body.addWidget(slider)
        self._note = QLabel(wordWrap=True)
        set_role(self._note, "muted")
        self.body.addWidget(self._note)
        self.note_share(1)

    def budget(self) -> Budget:
        """The bounds; None where one is off."""
        tokens, seconds = self.tokens.value(), self.seconds.value()
        return replace(
            self._others,
            tokens=None if tokens is None else int(tokens),
            seconds=None if seconds is None else float(seconds),
        )

    def set_budget(self, budget: Budget) -> None:
        """Shows a budget without saying that it changed."""
        self._others = budget
        self.tokens.set_value(budget.tokens)
        self.seconds.set_value(budget.seconds)

    def note_share(self, candidates: int) -> None:
        """Says so when the tokens are too few for so many candidates to come to an answer."""
        tokens = self.tokens.value()
        share = None if tokens is None else int(tokens) // max(1, candidates)
        scarce = share is not None and share < FEW_TOKENS
        self._note.setText(tr("About {0} tokens for each candidate: most will be stopped.", share) if scarce else "")
        self._note.setVisible(scarce)

    def errors(self) -> list[QWidget]:
        """The fields whose text is not a value."""
        return [slider.field for slider in (self.tokens, self.seconds) if slider.error.text()]
