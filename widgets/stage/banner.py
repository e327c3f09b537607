"""What a person should know about the run, in place: a failure, a spent budget, a notice."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from engine.setup import BUDGET_UNITS
from engine.trace.fold import RunState
from widgets.icons import set_icon
from widgets.painting import painted
from widgets.stage.marks import rounded
from widgets.theme import CARD_RADIUS, THEMES, blend, current_theme, set_kind, set_role
from widgets.translation import tr

Tone = Literal["bad", "warn", "accent"]
_ICONS: dict[Tone, str] = {"bad": "warning-octagon", "warn": "warning", "accent": "info"}


class RunBanner(QWidget):
    """One message above the lanes; the work so far stays beneath it."""

    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone: Tone = "accent"
        self._dismissed: set[str] = set()
        self._sign = QToolButton()
        self._sign.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._sign.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        set_kind(self._sign, "quiet")
        self._what, self._why = QLabel(), QLabel()
        set_role(self._what, "strong")
        for label in (self._what, self._why):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        close = QToolButton()
        set_kind(close, "quiet")
        set_icon(close, "x", "muted")
        close.setToolTip(tr("Takes this message away."))
        close.setAccessibleName(tr("Dismiss this message"))
        close.clicked.connect(self._on_close)
        words = QVBoxLayout()
        words.setContentsMargins(0, 6, 0, 6)
        words.setSpacing(2)
        words.addWidget(self._what)
        words.addWidget(self._why)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 6, 4)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        THEMES.theme_changed.connect(self.update)
        self.hide()

    def show_state(self, state: RunState) -> None:
        """Shows the weightiest message of a run, or none."""
        message = run_message(state)
        if message is None or message[1] in self._dismissed:
            self.hide()
            return
        tone, what, why = message
        if (tone, what, why) != (self._tone, self._what.text(), self._why.text()) or not self.isVisible():
            self._tone = tone
            set_icon(self._sign, _ICONS[tone], tone)
            self._what.setText(what)
            self._why.setText(why)
            self._why.setVisible(bool(why))
            self.setAccessibleName(what)
            self.setAccessibleDescription(why)
            self.show()
            self.update()

    def forget(self) -> None:
        """A new run: what was dismissed may be said again."""
        self._dismissed.clear()

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the ground in the tone of the message."""
        theme = current_theme()
        colour = {"bad": theme.bad, "warn": theme.warn, "accent": theme.accent}[self._tone]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rounded(
            painter,
            QRectF(self.rect()),
            CARD_RADIUS,
            blend(colour, theme.surface, 0.08),
            blend(colour, theme.surface, 0.6),
        )
        painter.end()

    def _on_close(self) -> None:
        self._dismissed.add(self._what.text())
        self.hide()
        self.dismissed.emit()


def run_message(state: RunState) -> tuple[Tone, str, str] | None:
    """(tone, what happened, why and what next) of the weightiest thing there is to say about a run."""
    if state.failure is not None:
        failure = state.failure
        return "bad", failure.what, " ".join(part for part in (failure.why, failure.next_step) if part)
    if state.budget_spent is not None:
        spent = state.budget_spent
        kept = tr("What was written until then is kept. A larger budget lets the run go on further.")
        limit, used = (f"{round(amount, 1):,.10g}" for amount in (spent.limit, spent.used))
        return "warn", tr("The budget of {0} {1} is spent ({2} used).", limit, tr(BUDGET_UNITS[spent.unit]), used), kept
    if state.notices:
        return "accent", state.notices[-1].text, ""
    return None
