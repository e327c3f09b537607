"""The small forms of a lane, for many candidates: a bar with its tokens as a strip, and a cell with its answer."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from widgets.models.candidate_words import is_doubted, is_pick, number, status_word, what_it_is, written_answer
from widgets.stage.lane import Lane
from widgets.stage.lane_grid import BAR_TIGHT_HEIGHT, BAR_TWO_ROWS_HEIGHT
from widgets.stage.marks import (
    CENTRE,
    RIGHT,
    chip_width,
    draw_certain,
    draw_chip,
    draw_ring,
    draw_star,
    draw_strip,
    draw_text,
    rounded,
    text_width,
    token_count_text,
)
from widgets.theme import SIZE_SMALL, SIZE_TINY, px, qcolor, readable
from widgets.translation import tr

COUNT, GAP = 42, 8  # the room that a count of tokens wants, and what is free between it and its neighbour


class LaneBar(Lane):
    """One or two rows: number, signs, answer, score, and a strip with a piece for each token."""

    def _paint_all(self, painter: QPainter) -> None:
        theme, picked = self.style.theme, is_pick(self.candidate)
        box = QRectF(0, 0, self.size.width(), self.size.height())
        rounded(painter, box, 7, theme.surface, theme.accent if picked else theme.line, 2 if picked else 1)
        x = self._paint_number(painter, self._first_row())
        x = self._paint_signs(painter, x, self._first_row())
        self._paint_result(painter, x)
        if self._two_rows:
            self._paint_count(painter)
        self._paint_strip(painter, range(len(self.steps)))

    def _paint_new(self, painter: QPainter, new: range) -> None:
        self._paint_strip(painter, new)
        if self._two_rows:
            self._paint_count(painter)

    @property
    def _two_rows(self) -> bool:
        return self.size.height() >= px(BAR_TIGHT_HEIGHT)

    @property
    def _is_tight(self) -> bool:
        """Whether the strip in the second row has no number beside it."""
        return self.size.height() < px(BAR_TWO_ROWS_HEIGHT)

    def _first_row(self) -> QRectF:
        width, height = self.size.width() - 2 * px(9), self.size.height()
        if not self._two_rows:
            return QRectF(px(9), 0, width, height)
        if self._is_tight:
            return QRectF(px(9), px(1), width, height - px(9))
        return QRectF(px(9), px(2), width, height - px(19))

    def _strip(self) -> QRectF:
        if self._two_rows:
            score = px(58) if self.candidate.mix is not None else 0
            if self._is_tight:
                return QRectF(px(9), self.size.height() - px(7), self.size.width() - 2 * px(9) - score, px(4))
            return QRectF(px(9), self.size.height() - px(11), self.size.width() - 2 * px(9) - score, px(5))
        signs = is_pick(self.candidate) + bool(self.candidate.correct) + (self.style.certain == self.candidate.id)
        left = px(9) + (px(37) + px(13) * max(0, signs - 1))
        return QRectF(left, self.size.height() / 2 - px(4), max(8.0, self._chip_left() - px(8) - left), px(7))

    def _chip_left(self) -> float:
        """One row keeps a fixed place for the answer, so that strips are comparable."""
        return self.size.width() - px(9) - min(px(44), self.size.width() * 0.3)

    def _paint_number(self, painter: QPainter, row: QRectF) -> float:
        return row.left() + draw_text(
            painter, row, number(self.candidate), SIZE_SMALL, self.style.theme.text, bold=True
        )

    def _paint_signs(self, painter: QPainter, x: float, row: QRectF) -> float:
        theme, c, middle = self.style.theme, self.candidate, row.center().y()
        x = max(x + px(5), row.left() + px(20))
        if is_pick(c):
            draw_star(painter, QPointF(x + px(5), middle), px(5), theme.accent)
            x += px(13)
        if c.correct:
            draw_ring(painter, QPointF(x + px(5), middle), px(4), theme.good, 1.5)
            x += px(13)
        if self.style.certain == c.id:
            draw_certain(painter, QRectF(x, row.top(), px(12), row.height()), (), theme)
            x += px(13)
        return x

    def _paint_result(self, painter: QPainter, x: float) -> None:
        c, row = self.candidate, self._first_row()
        answer, colour = written_answer(c), self.style.answer_colour(c.vote)
        if answer is not None and colour is not None:
            height, width = self._chip_height, self._result_width()
            chip = QRectF(row.right() - width, row.center().y() - height / 2, width, height)
            draw_chip(painter, chip, answer, colour, SIZE_SMALL)
        else:
            room = QRectF(self._chip_left() if not self._two_rows else x, row.top(), 0, row.height())
            room.setRight(row.right())
            draw_text(painter, room, self._status(), SIZE_TINY, self.style.theme.muted, RIGHT)
        if c.mix is not None:
            self._paint_score(painter)

    @property
    def _chip_height(self) -> float:
        return min(px(20), self._first_row().height() - 2)

    def _result_width(self) -> float:
        """How much of the first row the answer takes, or the word in its place."""
        row, answer = self._first_row(), written_answer(self.candidate)
        if answer is None or self.style.answer_colour(self.candidate.vote) is None:
            return text_width(self._status(), SIZE_TINY)
        share = 0.62 if self._is_tight else 0.45
        room = row.width() * share if self._two_rows else row.right() - self._chip_left()
        return min(max(chip_width(answer, SIZE_SMALL), self._chip_height * 1.5), room)

    def _status(self) -> str:
        """The word in place of an answer. That it is being written the count says, where there is no room for both."""
        c = self.candidate
        if c.finished_at is not None and not is_doubted(c):
            return what_it_is(c) or self._no_answer
        word = status_word(c)
        fits = self._two_rows and self._count_left() + px(COUNT + GAP) + text_width(word, SIZE_TINY) <= self._right
        return word if fits or c.status != "writing" else ""

    @property
    def _right(self) -> float:
        return self._first_row().right()

    def _count_left(self) -> float:
        signs = is_pick(self.candidate) + bool(self.candidate.correct) + (self.style.certain == self.candidate.id)
        return self._first_row().left() + px(27) + px(13) * signs

    @property
    def _no_answer(self) -> str:
        words, row = tr("no answer"), self._first_row()
        fits = self._two_rows and row.left() + px(25) + text_width(words, SIZE_TINY) <= row.right()
        return words if fits else tr("none")

    def _paint_score(self, painter: QPainter) -> None:
        theme, c = self.style.theme, self.candidate
        assert c.mix is not None
        if self._two_rows:
            strip = self._strip()
            left = strip.right() + px(8)
            rest = QRectF(left, strip.center().y() - px(8), self.size.width() - px(9) - left, px(16))
            if self._is_tight:
                draw_strip(painter, QRectF(left, strip.top(), rest.width(), px(4)), c.mix, theme.good, theme.line)
                return
            draw_strip(
                painter,
                QRectF(left, strip.top() + 1, rest.width() - px(28), strip.height() - 2),
                c.mix,
                theme.good,
                theme.line,
            )
            draw_text(painter, rest, f"{c.mix:.2f}", SIZE_TINY, theme.text, RIGHT)
        else:
            strip = self._strip()
            draw_strip(
                painter, QRectF(strip.left(), strip.bottom() + 3, strip.width(), 3), c.mix, theme.good, theme.line
            )

    def _paint_count(self, painter: QPainter) -> None:
        """Beside the answer or the word in its place, which are painted already; not where there is no room for it."""
        theme, row, left = self.style.theme, self._first_row(), self._count_left()
        rect = QRectF(left, row.top(), row.right() - self._result_width() - px(GAP) - left, row.height())
        words = token_count_text(len(self.candidate.tokens))
        if rect.width() > 0:
            painter.fillRect(rect.adjusted(0, 2, 0, 0), qcolor(theme.surface))
        if self.candidate.tokens and text_width(words, SIZE_TINY) <= rect.width():
            draw_text(painter, rect, words, SIZE_TINY, theme.muted)

    def _paint_strip(self, painter: QPainter, tokens: range) -> None:
        style, strip = self.style, self._strip()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if tokens.start == 0:
            painter.fillRect(strip, qcolor(style.theme.line))
        step = strip.width() / style.span
        for i in tokens:
            left = strip.left() + round(i * step)
            width = max(1, round((i + 1) * step) - round(i * step))
            painter.fillRect(QRectF(left, strip.top(), width, strip.height()), style.step_colour(self.steps[i]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)


class LaneCell(Lane):
    """The smallest form: the answer on its colour, or how far the writing has come."""

    def _paint_all(self, painter: QPainter) -> None:
        theme, c = self.style.theme, self.candidate
        box = QRectF(0, 0, self.size.width(), self.size.height())
        answer, colour = written_answer(c), self.style.answer_colour(c.vote)
        rounded(painter, box, 5, self._fill(), theme.accent if is_pick(c) else (None if colour else theme.line), 2)
        if self.style.certain == c.id:
            painter.fillRect(QRectF(1, 5, 2.5, box.height() - 10), qcolor(theme.good))
        if answer is not None and colour is not None:
            self._paint_answer(painter, box, answer, colour.text)
        else:
            draw_text(painter, box.adjusted(px(6), 0, -px(4), 0), number(c), SIZE_TINY, theme.muted)
            if c.finished_at is not None:
                draw_text(painter, box.adjusted(px(6), 0, -px(6), 0), "–", SIZE_SMALL, theme.muted, RIGHT)
            self._paint_new(painter, range(len(self.steps)))

    def _fill(self) -> str:
        colour = self.style.answer_colour(self.candidate.vote)
        return colour.tint if colour else self.style.theme.surface

    def _paint_answer(self, painter: QPainter, box: QRectF, answer: str, ink: str) -> None:
        theme, c = self.style.theme, self.candidate
        inner = box.adjusted(px(5), 0, -px(5), -2 if c.mix is not None else 0)
        if c.correct:
            draw_ring(painter, QPointF(box.right() - px(8), box.center().y() - 1), px(3), ink, 1.4)
            inner.setRight(box.right() - px(14))
        # The candidate's number gives way to its answer: it can be read off the place, too.
        left = inner.width() - text_width(answer, SIZE_SMALL, bold=True) - px(4)
        numbered = text_width(number(c), SIZE_TINY) <= left
        if numbered:
            draw_text(painter, inner, number(c), SIZE_TINY, readable(theme.muted, self._fill()))
        draw_text(painter, inner, answer, SIZE_SMALL, ink, RIGHT if numbered else CENTRE, bold=True)
        if c.mix is not None:
            strip = QRectF(px(5), box.height() - 4, box.width() - 2 * px(5), 2)
            painter.fillRect(QRectF(strip.left(), strip.top(), strip.width() * c.mix, 2), qcolor(theme.good))

    def _paint_new(self, painter: QPainter, new: range) -> None:
        if self.candidate.vote is not None:
            return
        style, width = self.style, self.size.width() - 2 * px(5)
        step = width / style.span
        top = self.size.height() - 6
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for i in new:
            left = px(5) + round(i * step)
            piece = QRectF(left, top, max(1, round((i + 1) * step) - round(i * step)), 3)
            painter.fillRect(piece, style.step_colour(self.steps[i]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
