"""How the candidates vote, and what other ways of choosing would have said."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from engine.trace.fold import RunState
from widgets.models.thinking_chain import has_texts
from widgets.panels.section import Section
from widgets.stage.vote_bars import VoteBars
from widgets.translation import tr


class VotesMeter(Section):
    """A bar for each answer. Hidden when there is one candidate, which has nobody to vote with."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Votes"), parent)
        self.bars = VoteBars()
        self.body.addWidget(self.bars)

    def show_state(self, state: RunState) -> None:
        """Shows the votes of a state."""
        self.setVisible(has_texts(state, 2))
        self.bars.set_votes(state)
