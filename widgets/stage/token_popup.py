"""What stands behind one token: its probability, and what the model might have written instead."""

from __future__ import annotations

import math

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from engine.types import Alternative, Token
from widgets.painting import painted
from widgets.stage.marks import RIGHT, draw_strip, draw_text, rounded
from widgets.stage.token_paint import token_probability, token_step
from widgets.theme import SIZE_BODY, SIZE_HEAD, SIZE_SMALL, SIZE_TINY, THEMES, current_theme, font, px, qcolor
from widgets.theme_colours import OKABE_ITO
from widgets.translation import later, tr

ROWS = 5
MARK_WORDS = (later("expected"), later("fairly expected"), later("open"), later("unlikely"), later("a surprise"))


def shown_text(text: str) -> str:
    """A token's text with its spaces and line ends visible."""
    return text.replace("\n", "⏎").replace("\t", "⇥").replace(" ", "␣") or tr("(end)")


def percent(probability: float) -> str:
    """A probability as people read it: 97 %, 4.2 %, 0.03 %."""
    value = 100 * probability
    if value >= 99.5:
        return f"{value:.1f} %" if value < 99.95 else "> 99.9 %"
    if value >= 10:
        return f"{value:.0f} %"
    return f"{value:.1f} %" if value >= 1 else ("< 0.01 %" if value < 0.01 else f"{value:.2f} %")


class TokenPopup(QWidget):
    """A small card beside a token. It lies over the view it belongs to and takes no mouse events until it is pinned."""

    alternative_chosen = Signal(int)  # the token's number in the vocabulary

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setMouseTracking(True)
        self._pinned = False
        self._pointed: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._token: Token | None = None
        THEMES.theme_changed.connect(self.update)
        self.hide()

    @property
    def token(self) -> Token | None:
        """The token that is shown."""
        return self._token if self.isVisible() else None

    def show_token(self, token: Token, beside: QRect) -> None:
        """Shows `token` below the rectangle `beside` (in the parent's coordinates), or above where there is no room."""
        self._token = token
        self._set_pinned(False)
        size = self.sizeHint()
        room = self.parentWidget().rect().adjusted(6, 6, -6, -6)
        below = beside.bottom() + 6
        y = below if below + size.height() <= room.bottom() else beside.top() - 6 - size.height()
        x = min(max(beside.left() - px(10), room.left()), room.right() - size.width())
        self.setGeometry(QRect(QPoint(x, max(room.top(), y)), size))
        self.setAccessibleDescription(self._words())
        self.show()
        self.raise_()
        self.update()

    def pin(self) -> None:
        """Stays, and lets an alternative be chosen with a click: a branch grows from there."""
        self._set_pinned(True)
        self.update()

    @property
    def pinned(self) -> bool:
        """Whether it stays until something else is done."""
        return self._pinned and self.isVisible()

    def row_rect(self, row: int) -> QRectF:
        """Where an alternative stands."""
        pad = px(14)
        return QRectF(pad, px(66 + 26) + row * px(23), self.width() - 2 * pad, px(23))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Points at an alternative."""
        self._pointed = self._row_at(event.position())
        can_be_taken = self._pointed is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if can_be_taken else Qt.CursorShape.ArrowCursor)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses an alternative."""
        row = self._row_at(event.position())
        if row is not None and self._token is not None:
            self.alternative_chosen.emit(self._token.alternatives[row].id)

    def _row_at(self, point: QPointF) -> int | None:
        """The alternative at a point; the token that was taken is none."""
        if self._token is None:
            return None
        rows = enumerate(self._token.alternatives[:ROWS])
        return next((i for i, a in rows if a.id != self._token.id and self.row_rect(i).contains(point)), None)

    def _set_pinned(self, pinned: bool) -> None:
        self._pinned, self._pointed = pinned, None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not pinned)

    def sizeHint(self) -> QSize:
        """Wide enough for five alternatives and their percentages."""
        rows = len(self._token.alternatives[:ROWS]) if self._token else 0
        return QSize(px(268), px(66) + (px(26) + rows * px(23) if rows else px(4)) + px(8))

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the card."""
        if self._token is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = current_theme()
        rounded(painter, QRectF(self.rect()), 10, theme.raised, theme.muted if theme.is_dark else theme.line)
        self._paint_head(painter, self._token)
        if self._token.alternatives:
            self._paint_alternatives(painter, self._token)
        painter.end()

    def _paint_head(self, painter: QPainter, token: Token) -> None:
        theme, pad = current_theme(), px(14)
        p = token_probability(token)
        width = self.width() - 2 * pad
        chance = draw_text(
            painter, QRectF(pad, px(10), width, px(26)), percent(p), SIZE_HEAD, theme.text, RIGHT, bold=True
        )
        type_ = font(SIZE_HEAD - 4, mono=True)
        painter.setFont(type_)
        painter.setPen(qcolor(theme.text))
        room = QRectF(pad, px(10), width - chance - px(10), px(26))
        text = painter.fontMetrics().elidedText(shown_text(token.text), Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
        below = QRectF(pad, px(38), width, px(18))
        draw_text(painter, below, tr(MARK_WORDS[token_step(token)]), SIZE_SMALL, theme.muted)
        draw_text(painter, below, tr("entropy {0:.2f} nats", token.entropy), SIZE_SMALL, theme.muted, RIGHT)

    def _paint_alternatives(self, painter: QPainter, token: Token) -> None:
        theme, pad = current_theme(), px(14)
        top = px(66)
        painter.fillRect(QRectF(pad, top, self.width() - 2 * pad, 1), qcolor(theme.line))
        heading = QRectF(pad, top + px(4), self.width() - 2 * pad, px(20))
        words = tr("click one: a branch grows from here") if self._pinned else tr("likeliest here")
        draw_text(painter, heading, words, SIZE_TINY, theme.accent if self._pinned else theme.muted)
        for i, alternative in enumerate(token.alternatives[:ROWS]):
            row = self.row_rect(i)
            if i == self._pointed:
                rounded(painter, row.adjusted(-px(6), 1, px(6), -1), 6, theme.accent_soft, theme.accent)
            self._paint_row(painter, row, alternative, alternative.id == token.id)

    def _paint_row(self, painter: QPainter, row: QRectF, alternative: Alternative, taken: bool) -> None:
        theme = current_theme()
        p = math.exp(min(0.0, alternative.logprob))
        if taken:
            rounded(painter, row.adjusted(-px(6), 1, px(6), -1), 6, theme.hover, None)
        painter.setFont(font(SIZE_BODY - 1, mono=True))
        painter.setPen(qcolor(theme.text if taken else theme.muted))
        name = QRectF(row.left(), row.top(), px(92), row.height())
        text = painter.fontMetrics().elidedText(
            shown_text(alternative.text), Qt.TextElideMode.ElideRight, int(name.width())
        )
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, text)
        strip = QRectF(name.right() + px(8), row.center().y() - 2.5, row.width() - px(92) - px(8) - px(62), 5)
        draw_strip(painter, strip, p, theme.accent if taken else OKABE_ITO[1], theme.line)
        draw_text(painter, row, percent(p), SIZE_SMALL, theme.text if taken else theme.muted, RIGHT)

    def _words(self) -> str:
        assert self._token is not None
        others = ", ".join(
            f"{a.text.strip() or 'space'} {percent(math.exp(min(0.0, a.logprob)))}"
            for a in self._token.alternatives[:ROWS]
        )
        said = tr(
            "Token {0}, probability {1}.",
            self._token.text.strip() or tr("space"),
            percent(token_probability(self._token)),
        )
        return tr("{0} Likeliest: {1}.", said, others) if others else said


__all__ = ["TokenPopup", "percent", "shown_text"]
