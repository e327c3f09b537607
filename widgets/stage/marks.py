"""The small signs that all views share: answer chip, pick, ring, score strip, empty stage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from engine.trace.fold import RunState
from widgets.stage.token_flow import TypeMetrics, type_metrics
from widgets.theme import (
    BOLD,
    REGULAR,
    SIZE_BODY,
    SIZE_LARGE,
    SIZE_SMALL,
    SIZE_TINY,
    AnswerColour,
    Theme,
    font,
    make_font,
    px,
    qcolor,
)
from widgets.translation import tr

Align = Qt.AlignmentFlag
LEFT, RIGHT, CENTRE = Align.AlignLeft | Align.AlignVCenter, Align.AlignRight | Align.AlignVCenter, Align.AlignCenter


def rounded(
    painter: QPainter, rect: QRectF, radius: float, fill: str | None, line: str | None, width: float = 1
) -> None:
    """A rounded box whose border lies inside `rect`."""
    painter.setBrush(qcolor(fill) if fill else Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(qcolor(line), width) if line else Qt.PenStyle.NoPen)
    inset = width / 2 if line else 0
    painter.drawRoundedRect(rect.adjusted(inset, inset, -inset, -inset), radius - inset, radius - inset)


def chip_width(text: str, size: int = SIZE_BODY) -> float:
    """How wide the chip of an answer wants to be."""
    return _metrics(px(size), True).advance(text) + 2 * px(size) * 0.8


def draw_chip(painter: QPainter, rect: QRectF, text: str, colour: AnswerColour, size: int = SIZE_BODY) -> None:
    """An answer as a chip in its colour; a text too long for `rect` is shortened."""
    rounded(painter, rect, rect.height() / 2, colour.tint, colour.line)
    inner = rect.adjusted(rect.height() * 0.3, 0, -rect.height() * 0.3, 0)
    draw_text(painter, inner, text, size, colour.text, CENTRE, bold=True)


def draw_strip(painter: QPainter, rect: QRectF, value: float | None, colour: str, track: str) -> None:
    """A score between 0 and 1 as a strip. A value of 0 is a dot, so that it differs from no value at all."""
    radius = rect.height() / 2
    rounded(painter, rect, radius, track, None)
    if value is not None:
        width = max(rect.height(), rect.width() * min(1.0, max(0.0, value)))
        rounded(painter, QRectF(rect.left(), rect.top(), width, rect.height()), radius, colour, None)


def draw_star(painter: QPainter, centre: QPointF, radius: float, colour: str) -> None:
    """A five-pointed star: the pick."""
    path = QPainterPath()
    for i in range(10):
        reach = radius if i % 2 == 0 else radius * 0.42
        angle = -math.pi / 2 + i * math.pi / 5
        point = QPointF(centre.x() + reach * math.cos(angle), centre.y() + reach * math.sin(angle))
        path.lineTo(point) if i else path.moveTo(point)
    path.closeSubpath()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.fillPath(path, qcolor(colour))


def draw_ring(painter: QPainter, centre: QPointF, radius: float, colour: str, width: float = 1.6) -> None:
    """A ring: right, what a perfect verifier would pick."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(qcolor(colour), width))
    painter.drawEllipse(centre, radius, radius)


def draw_cross(painter: QPainter, centre: QPointF, radius: float, colour: str, width: float = 1.8) -> None:
    """A cross: wrong."""
    painter.setPen(QPen(qcolor(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(centre + QPointF(-radius, -radius), centre + QPointF(radius, radius))
    painter.drawLine(centre + QPointF(radius, -radius), centre + QPointF(-radius, radius))


def draw_check(painter: QPainter, centre: QPointF, radius: float, colour: str, width: float = 2) -> None:
    """A check mark: this answer is the right one."""
    pen = QPen(qcolor(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    path = QPainterPath(centre + QPointF(-radius, 0))
    path.lineTo(centre + QPointF(-radius * 0.25, radius * 0.75))
    path.lineTo(centre + QPointF(radius, -radius * 0.75))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen)
    painter.drawPath(path)


def draw_text(
    painter: QPainter, rect: QRectF, text: str, size: int, colour: str, align: Align = LEFT, *, bold: bool = False
) -> float:
    """A line of text, shortened to fit; returns the width it took."""
    metrics = _metrics(px(size), bold)
    width = metrics.advance(text)
    if width > rect.width() + 0.5:
        text = metrics.elided(text, rect.width())
        width = metrics.advance(text)
    painter.setFont(metrics.font)
    painter.setPen(qcolor(colour))
    painter.drawText(rect, align, text)
    return width


def text_width(text: str, size: int, *, bold: bool = False) -> float:
    """How wide a line of text is."""
    return _metrics(px(size), bold).advance(text)


@lru_cache(maxsize=64)
def _metrics(pixels: int, bold: bool) -> TypeMetrics:
    return type_metrics(make_font(pixels, BOLD if bold else REGULAR))


def empty_words(state: RunState, hint: str, *, waits: bool) -> tuple[str, str]:
    """What stands on a stage without candidates: `hint` where nothing was asked, else that the run begins."""
    if waits or state.start is not None:
        return tr("The run begins"), tr("The model gets ready and reads the question.\nIts first words come here.")
    return tr("Ask something and press Run"), hint


def draw_empty(painter: QPainter, rect: QRectF, title: str, hint: str, theme: Theme) -> None:
    """An empty stage: outlines of what will stand here, and what to do to see it."""
    width, height, gap = px(92), px(58), px(12)
    top = rect.center().y() - height - px(24)
    left = rect.center().x() - (3 * width + 2 * gap) / 2
    for i in range(3):
        card = QRectF(left + i * (width + gap), top, width, height)
        rounded(painter, card, 8, theme.surface, theme.line)
        for row, part in enumerate((0.7, 0.45 + 0.12 * i)):
            bar = QRectF(card.left() + 12, card.top() + 14 + row * 12, (width - 24) * part, 4)
            rounded(painter, bar, 2, theme.line, None)
        rounded(
            painter,
            QRectF(card.left() + 12, card.bottom() - 16, 18, 8),
            4,
            (theme.accent, theme.warn, theme.good)[i],
            None,
        )
    head = QRectF(rect.left() + 16, top + height + px(20), rect.width() - 32, px(26))
    draw_text(painter, head, title, SIZE_LARGE + 2, theme.text, CENTRE, bold=True)
    painter.setFont(font(SIZE_BODY))
    painter.setPen(qcolor(theme.muted))
    below = QRectF(rect.center().x() - px(220), head.bottom() + 6, px(440), px(64))
    painter.drawText(below, int(Align.AlignHCenter | Align.AlignTop | Qt.TextFlag.TextWordWrap), hint)


def draw_bars(
    painter: QPainter, area: QRectF, values: Sequence[float], highest: float, colour: str, track: str
) -> None:
    """Values from 0 to `highest` as thin bars on a line; where there are too many, the highest of each group."""
    most = max(1, int(area.width() // 3))
    group = -(-len(values) // most) if values else 1
    shown = [max(values[at : at + group]) for at in range(0, len(values), group)]
    painter.fillRect(QRectF(area.left(), area.bottom() - 1, area.width(), 1), qcolor(track))
    step = min(6.0, area.width() / max(1, len(shown)))
    for place, value in enumerate(shown):
        height = (area.height() - 1) * min(1.0, value / highest)
        bar = QRectF(area.left() + place * step, area.bottom() - 1 - height, max(1.0, step - 1), height)
        painter.fillRect(bar, qcolor(colour))


def draw_certain(painter: QPainter, room: QRectF, words: Sequence[str], theme: Theme) -> None:
    """A post with a flag: from here on nothing could change the majority. Beside it the first words that fit."""
    if room.width() < px(8):
        return
    x, y = room.left() + px(2), room.center().y()
    painter.fillRect(QRectF(x, y - px(7), 1.6, px(14)), qcolor(theme.good))
    flag = QPainterPath(QPointF(x, y - px(7)))
    flag.lineTo(QPointF(x + px(8), y - px(3.5)))
    flag.lineTo(QPointF(x, y))
    painter.fillPath(flag, qcolor(theme.good))
    beside = room.adjusted(px(14), 0, 0, 0)
    fitting = next((said for said in words if text_width(said, SIZE_SMALL) <= beside.width()), None)
    if fitting is not None:
        draw_text(painter, beside, fitting, SIZE_SMALL, theme.good)


def token_count_text(count: int) -> str:
    """“1 token”, “1,204 tok”: the count as cards show it."""
    return tr("{0:,} tok", count)


__all__ = [
    "CENTRE", "LEFT", "RIGHT", "SIZE_TINY", "chip_width", "draw_bars", "draw_certain", "draw_check", "draw_chip",
    "draw_cross", "draw_empty", "draw_ring",
    "draw_star", "draw_strip", "draw_text", "rounded", "text_width", "token_count_text",
]  # fmt: skip
