"""Paints laid out tokens: backgrounds by probability, underlines, text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from engine.types import Token
from widgets.stage.token_flow import PUT_IN, Fragment, TokenFlow
from widgets.theme import Theme, qcolor
from widgets.theme_colours import probability_marks, probability_step


def token_probability(token: Token) -> float:
    """The probability the model gave a token, 0 to 1."""
    return math.exp(min(0.0, token.logprob))


def token_step(token: Token) -> int:
    """Which of the five probability marks a token gets."""
    return probability_step(token_probability(token))


def paint_fragments(
    painter: QPainter,
    flow: TokenFlow,
    fragments: Iterable[Fragment],
    steps: Sequence[int],
    origin: QPointF,
    theme: Theme,
    ground: str | None = None,
) -> None:
    """Paints fragments of a flow whose top left corner is at `origin`.

    Args:
        painter: Where to; its font and pen are changed.
        flow: The layout the fragments are of.
        fragments: What to paint.
        steps: The probability step of each token.
        origin: The flow's place.
        theme: Its colours.
        ground: The colour beneath, when it is not the theme's surface.
    """
    marks = probability_marks(ground or theme.surface)
    x0, y0 = origin.x(), origin.y()
    height, baseline = flow.metrics.line_height, flow.metrics.baseline
    inset = max(1, height // 12)
    painter.setFont(flow.metrics.font)
    ink = qcolor(theme.text)
    drawn: set[int] = set()
    for fragment in fragments:
        y = y0 + fragment.line * height
        put_in = fragment.token == PUT_IN
        background, underline = (None, None) if put_in else marks[steps[fragment.token]]
        if background is not None and fragment.width > 0:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(qcolor(background))
            box = QRectF(x0 + fragment.x, y + inset, fragment.width, height - 2 * inset)
            painter.drawRoundedRect(box, 3, 3)
            if underline is not None:
                painter.fillRect(QRectF(box.left(), box.bottom() - 1, box.width(), 2), qcolor(underline))
        if fragment.text:
            painter.setPen(qcolor(theme.muted) if put_in else ink)
            painter.drawText(QPointF(x0 + fragment.x, y + baseline), fragment.text)
        elif fragment.line in flow.shaped_lines:
            drawn.add(fragment.line)
    painter.setPen(ink)
    for line in drawn:
        flow.shaped_lines[line][1].draw(painter, QPointF(x0, y0 + line * height))
