"""The bar of a contestant on the shared axis, its answer as a chip, and the axis above them."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QHeaderView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from engine.contest.contestant import LETTERS
from widgets.compare.axis import Axis
from widgets.compare.figures import answer_text, cost_now, is_reached, is_right, legend, parts_of
from widgets.compare.race_model import ANSWER, BAR, FIRST_FIGURE, NAME, RaceModel
from widgets.stage.marks import (
    CENTRE,
    LEFT,
    RIGHT,
    chip_width,
    draw_check,
    draw_chip,
    draw_cross,
    draw_star,
    draw_text,
    rounded,
    text_width,
)
from widgets.theme import (
    SIZE_BODY,
    SIZE_SMALL,
    SIZE_TINY,
    AnswerColour,
    blend,
    current_theme,
    px,
    qcolor,
)

Index = QModelIndex | QPersistentModelIndex
EDGE, BAR_HEIGHT, STAR = 14, 12, 7
TICK_ROOM = 62  # pixels that a number of the axis wants for itself


class RaceDelegate(QStyledItemDelegate):
    """Paints the cells of a race. The vertical lines of the axis run through all rows."""

    def __init__(self, model: RaceModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paints one cell."""
        theme, rect = current_theme(), QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(rect, qcolor(theme.surface))
        if index.row():
            painter.setPen(QPen(qcolor(blend(theme.line, theme.surface, 0.6)), 1))
            painter.drawLine(QPointF(rect.left(), rect.top() + 0.5), QPointF(rect.right() + 1, rect.top() + 0.5))
        if index.column() == NAME:
            paint_name(painter, rect, LETTERS[index.row()], self._model.names[index.row()])
        elif index.column() == BAR:
            self._paint_bar(painter, rect, index.row())
        elif index.column() == ANSWER:
            self._paint_answer(painter, rect, index.row())
        else:
            text = str(index.data())
            ink = theme.muted if text == "–" or index.column() > FIRST_FIGURE else theme.text
            draw_text(painter, rect.adjusted(4, 0, -px(8), 0), text, SIZE_BODY, ink, RIGHT)
        if option.state & QStyle.StateFlag.State_HasFocus:
            rounded(painter, rect.adjusted(1, 2, -1, -2), 5, None, theme.accent)
        painter.restore()

    def _paint_bar(self, painter: QPainter, rect: QRectF, row: int) -> None:
        theme, entry, axis = current_theme(), self._model.entries[row], self._model.axis
        paint_grid(painter, rect, axis)
        height = px(BAR_HEIGHT)
        left, width = rect.left() + EDGE, rect.width() - 2 * EDGE
        top = rect.center().y() - height / 2
        total = cost_now(entry).of(axis.unit)
        if not total:
            return
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(left, top, max(2.0, axis.share(total) * width), height), 3, 3)
        x = left
        painter.save()
        painter.setClipPath(shape)
        for _, amount, colour in parts_of(entry.state, axis.unit, theme):
            length = axis.share(amount) * width
            painter.fillRect(QRectF(x, top, length + 0.5, height), qcolor(colour))
            x += length
        painter.restore()
        if entry.status == "running":
            painter.fillRect(QRectF(x, top - 3, 2, height + 6), qcolor(theme.text))
        first = is_reached(entry, axis.unit)
        if first is not None:
            centre = QPointF(left + axis.share(first) * width, rect.center().y())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(qcolor(theme.surface))
            painter.drawEllipse(centre, px(STAR) + 2.0, px(STAR) + 2.0)
            draw_star(painter, centre, px(STAR), theme.text)

    def _paint_answer(self, painter: QPainter, rect: QRectF, row: int) -> None:
        theme, state = current_theme(), self._model.entries[row].state
        text = answer_text(state)
        correct = is_right(state)
        colour = AnswerColour(theme.line, theme.raised, theme.text if text != "–" else theme.muted)
        height, left = px(22), rect.left() + px(4)
        room = rect.width() - px(30)
        width = min(room, max(chip_width(text), height * 1.6))
        draw_chip(painter, QRectF(left, rect.center().y() - height / 2, width, height), text, colour)
        sign = QPointF(left + width + px(14), rect.center().y())
        if correct is True:
            draw_check(painter, sign, px(6), theme.good)
        elif correct is False:
            draw_cross(painter, sign, px(4), theme.bad, 2)


class AxisHeader(QHeaderView):
    """Titles of the columns; above the bars stand the numbers of the axis."""

    def __init__(self, model: RaceModel, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._model = model
        self.setSectionsClickable(False)
        self.setHighlightSections(False)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Paints a title, or the numbers of the axis."""
        theme, room = current_theme(), QRectF(rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(room, qcolor(theme.surface))
        painter.setPen(QPen(qcolor(theme.line), 1))
        painter.drawLine(QPointF(room.left(), room.bottom() - 0.5), QPointF(room.right() + 1, room.bottom() - 0.5))
        if section == BAR:
            self._paint_numbers(painter, room)
        elif section == NAME:
            self._paint_legend(painter, room)
        else:
            title = str(self._model.headerData(section, Qt.Orientation.Horizontal))
            inner = room.adjusted(px(4), 0, -px(8), 0)
            draw_text(painter, inner, title, SIZE_TINY, theme.muted, RIGHT if section >= FIRST_FIGURE else LEFT)
        painter.restore()

    def _paint_legend(self, painter: QPainter, room: QRectF) -> None:
        """What the colours of the bars mean."""
        theme, x = current_theme(), room.left() + px(12)
        for word, colour in legend(self._model.unit, theme):
            rounded(painter, QRectF(x, room.center().y() - px(4), px(8), px(8)), 2, colour, None)
            x += px(12)
            x += draw_text(
                painter, QRectF(x, room.top(), room.right() - x, room.height()), word, SIZE_TINY, theme.muted
            )
            x += px(10)

    def _paint_numbers(self, painter: QPainter, room: QRectF) -> None:
        theme, axis = current_theme(), self._model.axis
        left, width = room.left() + EDGE, room.width() - 2 * EDGE
        ticks = axis.ticks(_most_ticks(room.width()))
        for tick in ticks:
            words, x = axis.words(tick), left + axis.share(tick) * width
            half = text_width(words, SIZE_TINY) / 2 + 2
            place = min(max(x, room.left() + half), room.right() - half)
            draw_text(
                painter,
                QRectF(place - half, room.top(), 2 * half, room.height()),
                words,
                SIZE_TINY,
                theme.muted,
                CENTRE,
            )


def paint_grid(painter: QPainter, rect: QRectF, axis: Axis) -> None:
    """The lines of the axis in one row; the budget, where it is on the axis, is dashed."""
    theme, left, width = current_theme(), rect.left() + EDGE, rect.width() - 2 * EDGE
    painter.setPen(QPen(qcolor(blend(theme.line, theme.surface, 0.6)), 1))
    for tick in axis.ticks(_most_ticks(rect.width())):
        x = round(left + axis.share(tick) * width) + 0.5
        painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom() + 1))
    if axis.bound is not None:
        x = round(left + axis.share(axis.bound) * width) + 0.5
        painter.setPen(QPen(qcolor(theme.warn), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom() + 1))


def paint_name(painter: QPainter, rect: QRectF, letter: str, name: str) -> None:
    """A letter in a box, and a name."""
    theme, size = current_theme(), px(20)
    box = QRectF(rect.left() + px(12), rect.center().y() - size / 2, size, size)
    paint_letter(painter, box, letter)
    draw_text(painter, rect.adjusted(px(40), 0, -px(6), 0), name, SIZE_BODY, theme.text)


def paint_letter(painter: QPainter, box: QRectF, letter: str) -> None:
    """The sign by which a contestant is known in every part of the page."""
    theme = current_theme()
    rounded(painter, box, 5, blend(theme.accent, theme.surface, 0.16), blend(theme.accent, theme.surface, 0.5))
    draw_text(painter, box, letter, SIZE_SMALL, theme.text, CENTRE, bold=True)


def _most_ticks(width: float) -> int:
    return max(2, int(width / px(TICK_ROOM)))
