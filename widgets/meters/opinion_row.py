"""A person's own opinion of a candidate, by a click: the verifier that is asked nothing."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from widgets.icons import set_icon
from widgets.theme import set_kind, set_role
from widgets.translation import tr

GAP = "\u2009"


class OpinionRow(QWidget):
    """Two buttons. `given` is the score that a click stands for: 1 or 0."""

    given = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        label = QLabel(tr("Your opinion"))
        set_role(label, "muted")
        self.good, self.bad = QPushButton(GAP + tr("Good")), QPushButton(GAP + tr("Bad"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label, 1)
        for button, icon, value in ((self.good, "thumbs-up", 1.0), (self.bad, "thumbs-down", 0.0)):
            set_icon(button, icon)
            button.setToolTip(
                tr("Gives this candidate {0:.0f} as your score, which counts among the verifiers.", value)
            )
            button.clicked.connect(lambda _=False, value=value: self.given.emit(value))
            row.addWidget(button)
        self.show_value(None)

    def show_value(self, value: float | None) -> None:
        """Shows which opinion was given; None is none yet."""
        for button, own in ((self.good, 1.0), (self.bad, 0.0)):
            set_kind(button, "primary" if value == own else "normal")
            set_icon(button, "thumbs-up" if own else "thumbs-down", "on_accent" if value == own else "text")
