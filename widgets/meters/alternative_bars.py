"""What might have stood in a token's place: a row for each alternative, which a person can take instead."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from engine.types import Alternative, Token
from widgets.painting import painted
from widgets.stage.marks import rounded
from widgets.stage.token_popup import percent
from widgets.theme import MEDIUM, SIZE_SMALL, THEMES, current_theme, font, px, qcolor
from widgets.translation import later, tr

ROW_HEIGHT = 26
SHARE_WIDTH, SIGN_WIDTH = 56, 16
WHY_NOT = later("A recording cannot be changed: its model is not at work. Run its set-up to grow branches.")


def visible(text: str) -> str:
    """A token's text with the blanks before it made visible: they tell two tokens apart that look alike."""
    if not text:
        return "∅"
    shown = text.replace("\n", "⏎").replace("\t", "⇥")
    word = shown.lstrip(" ")
    return "␣" * (len(shown) - len(word)) + word


class AlternativeRow(QAbstractButton):
    """One alternative with its probability. A press grows a branch from it; the token that was taken is no choice."""

    def __init__(self, alternative: Alternative, taken: bool, can_take: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.alternative, self.taken = alternative, taken
        self.chance = math.exp(min(0.0, alternative.logprob))
        self.setFixedHeight(px(ROW_HEIGHT))
        self.setText(visible(alternative.text))
        self.setEnabled(can_take and not taken)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if self.isEnabled() else Qt.FocusPolicy.NoFocus)
        said = f"{self.text()}, {percent(self.chance)}"
        self.setAccessibleName(tr("{0}, taken", said) if taken else tr("Take {0}", said) if can_take else said)
        if self.isEnabled():
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.setToolTip(tr("Grows a branch beside the text, as if the model had taken this token."))
        else:
            self.setToolTip(tr("This is what was taken.") if taken else tr(WHY_NOT))

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(px(200), px(ROW_HEIGHT))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes it, as Space does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Shows that it can be pressed."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Is calm again."""
        super().leaveEvent(event)
        self.update()

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the text, the probability as a bar and a number, and the sign of a branch where one can be grown."""
        theme, row = current_theme(), QRectF(self.rect())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = self.isEnabled() and (self.underMouse() or self.hasFocus())
        if chosen:
            line = theme.accent if self.hasFocus() else None
            rounded(painter, row.adjusted(0, 1, 0, -1), 6, theme.hover, line, 1.5)
        inner, sign = row.adjusted(px(6), 0, -px(2), 0), px(SIGN_WIDTH)
        words = inner.width() * 0.34
        painter.setPen(qcolor(theme.accent if self.taken else theme.text))
        painter.setFont(font(SIZE_SMALL, MEDIUM, mono=True))
        shown = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, int(words - 8))
        painter.drawText(QRectF(inner.left(), 0, words, row.height()), Qt.AlignmentFlag.AlignVCenter, shown)
        width = inner.width() - words - px(SHARE_WIDTH) - sign
        track = QRectF(inner.left() + words, row.height() / 2 - 3, width, 6)
        rounded(painter, track, 3, theme.line, None)
        bar = QRectF(track.left(), track.top(), max(2.0, track.width() * self.chance), 6)
        rounded(painter, bar, 3, theme.accent if self.taken else theme.muted, None)
        painter.setPen(qcolor(theme.text))
        painter.setFont(font(SIZE_SMALL))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(inner.adjusted(0, 0, -sign, 0), right, percent(self.chance))
        if self.taken or chosen:
            painter.setPen(qcolor(theme.accent))
            painter.drawText(inner.adjusted(0, 0, -px(2), 0), right, "✓" if self.taken else "↳")
        painter.end()


class AlternativeBars(QWidget):
    """The likeliest tokens of one place with their probabilities; the one that was taken is marked."""

    chosen = Signal(int)  # token id

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[object, ...] = ()
        self.rows: list[AlternativeRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.setAccessibleName(tr("Alternatives"))
        THEMES.theme_changed.connect(self._on_theme_changed)

    def set_token(self, token: Token, can_take: bool = False) -> None:
        """Shows the alternatives of a token, and the token itself when it was not among them.

        Args:
            token: What was taken.
            can_take: Whether the run can be changed, so that another one can be taken.
        """
        if (token, can_take) == self._shown:
            return  # rows keep the focus while the run goes on
        self._shown = (token, can_take)
        alternatives = list(token.alternatives)
        if alternatives and all(other.id != token.id for other in alternatives):
            alternatives.append(Alternative(token.id, token.text, token.logprob))
        for row in self.rows:
            row.hide()
            row.deleteLater()
        self.rows = [AlternativeRow(other, other.id == token.id, can_take, self) for other in alternatives]
        for row in self.rows:
            self._column.addWidget(row)
            row.clicked.connect(lambda _=False, id=row.alternative.id: self.chosen.emit(id))
        spoken = [
            (tr("{0} {1:.0%}, taken") if row.taken else "{0} {1:.0%}").format(row.text(), row.chance)
            for row in self.rows
        ]
        self.setAccessibleDescription("; ".join(spoken))

    def focus_first(self) -> None:
        """Goes to the likeliest that can be taken, for who has come by keyboard."""
        row = next((row for row in self.rows if row.isEnabled()), None)
        if row is not None:
            row.show()  # it may be so new that its layout has not shown it yet, and then takes no focus
            row.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _on_theme_changed(self) -> None:
        for row in self.rows:
            row.setFixedHeight(px(ROW_HEIGHT))
            row.update()
