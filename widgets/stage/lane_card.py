"""A candidate as a card: its text with token colours, its probabilities, its scores, its answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter

from engine.trace.fold import CandidateState
from widgets.models.candidate_words import (
    branch_words,
    is_branch,
    is_pick,
    missing_answer,
    number,
    status_word,
    written_answer,
)
from widgets.stage.lane import Lane, LaneStyle
from widgets.stage.marks import (
    LEFT,
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
from widgets.stage.token_flow import PUT_IN, Change, TokenFlow
from widgets.stage.token_paint import paint_fragments, token_probability
from widgets.theme import CARD_RADIUS, SIZE_BODY, SIZE_SMALL, SIZE_TINY, blend, px, qcolor
from widgets.translation import tr

SPARK_FROM_HEIGHT, VERIFIERS_FROM_HEIGHT = 146, 204


@dataclass(frozen=True, slots=True)
class CardRegions:
    """The parts of a card, top to bottom. `spark` and `verifiers` are empty where there is no room."""

    header: QRectF
    count: QRectF
    text: QRectF
    spark: QRectF
    verifiers: QRectF
    footer: QRectF


def card_regions(size: QSize, verifiers: int, max_tokens: int = 0) -> CardRegions:
    """Divides a card."""
    pad = px(12) if size.width() > px(170) else px(10)
    left, width = pad, size.width() - 2 * pad
    header = QRectF(left, px(8), width, px(20))
    count_width = px(46) if max_tokens < 1000 else px(66)
    count = QRectF(header.right() - count_width, header.top(), count_width, header.height())
    footer = QRectF(left, size.height() - px(8) - px(22), width, px(22))
    bottom = footer.top() - px(4)
    rows, spark = QRectF(), QRectF()
    if size.height() >= px(SPARK_FROM_HEIGHT):
        bottom -= px(4)  # what is drawn stands further from the chip than text does
    if verifiers and size.height() >= px(VERIFIERS_FROM_HEIGHT):
        height = px(17) * min(verifiers, 3)
        rows = QRectF(left, bottom - height, width, height)
        bottom = rows.top() - px(6)
    if size.height() >= px(SPARK_FROM_HEIGHT):
        # A chart where there is room for one: up to a fifth of a tall card.
        height = px(16) if size.height() < px(VERIFIERS_FROM_HEIGHT) else max(px(26), min(px(120), size.height() // 5))
        spark = QRectF(left, bottom - height, width, height)
        bottom = spark.top() - px(6) - (px(18) if height >= px(56) else 0)
    top = header.bottom() + px(2)
    return CardRegions(header, count, QRectF(left, top, width, max(0.0, bottom - top)), spark, rows, footer)


class LaneCard(Lane):
    """The large form of a lane. New tokens are drawn onto what is there; the text follows its end."""

    def __init__(self, candidate: CandidateState) -> None:
        super().__init__(candidate)
        self._flow: TokenFlow | None = None
        self._regions = card_regions(QSize(200, 160), 0)
        self._top_line = 0

    @property
    def hides_text(self) -> bool:
        return self._flow is None or self._top_line > 0

    def caret(self) -> QRectF | None:
        if self.candidate.status != "writing" or self._flow is None:
            return None
        height = self._flow.metrics.line_height
        y = self._regions.text.top() + (self._flow.pen_line - self._top_line) * height
        x = min(self._regions.text.left() + self._flow.pen_x + 1, self._regions.text.right() - 2)
        return QRectF(x, y + height * 0.12, 3, height * 0.76)

    def token_at(self, point: QPointF) -> int | None:
        text = self._regions.text
        if self._flow is None or not text.contains(point):
            return None
        y = point.y() - text.top() + self._top_line * self._flow.metrics.line_height
        found = self._flow.fragment_at(point.x() - text.left(), y)
        return None if found is None or found.token == PUT_IN else found.token

    def token_rect(self, token: int) -> QRectF:
        if self._flow is None:
            return QRectF()
        rects = self._flow.rects_of_token(token)
        return rects[-1].translated(self._origin()) if rects else QRectF()

    def _renew(self, style: LaneStyle, size: QSize) -> None:
        self._regions = card_regions(size, len(style.verifiers), self.candidate.max_tokens)
        text = self._regions.text
        flow = self._flow
        fits = flow is not None and flow.metrics is style.text and flow.width == text.width()
        if not fits or flow is None or flow.token_count > self._token_count:
            self._flow = TokenFlow(style.text, text.width())
            self._flow.put_in(self.candidate.prefix)
        super()._renew(style, size)

    def _paint_all(self, painter: QPainter) -> None:
        theme, picked = self.style.theme, is_pick(self.candidate)
        card = QRectF(0, 0, self.size.width(), self.size.height())
        rounded(painter, card, CARD_RADIUS, theme.surface, theme.accent if picked else theme.line, 2 if picked else 1)
        self._paint_header(painter)
        self._lay_out()
        self._top_line = self._wanted_top_line()
        self._paint_text(painter, self._top_line)
        self._paint_spark(painter, range(len(self.steps)))
        self._paint_verifiers(painter)
        self._paint_footer(painter)

    def _add_new(self) -> None:
        assert self._flow is not None
        drawn = len(self._flow.fragments)
        change = self._lay_out_new()
        top = self._wanted_top_line()
        scrolled = self._scroll(top - self._top_line)
        self._top_line = top
        painter = self.begin()
        if scrolled:
            self._paint_change(painter, change, drawn)
        else:
            painter.fillRect(self._regions.text.adjusted(-1, 0, 1, 0), self._surface)
            self._paint_text(painter, top)
        self._paint_spark(painter, range(self._spark_done, len(self.steps)))
        self._paint_count(painter)
        painter.end()

    def _lay_out(self) -> None:
        assert self._flow is not None
        for token in self.candidate.tokens[self._flow.token_count : len(self.steps)]:
            self._flow.append(token.text)

    def _lay_out_new(self) -> Change:
        assert self._flow is not None
        self._spark_done = len(self.steps)
        changes = [self._flow.append(self.candidate.tokens[i].text) for i in self._take_new_steps()]
        line, x = min((change.line, change.x) for change in changes)
        return Change(min(change.first for change in changes), line, x)

    def _wanted_top_line(self) -> int:
        assert self._flow is not None
        fitting = max(1, int(self._regions.text.height()) // self._flow.metrics.line_height)
        return max(0, self._flow.line_count - fitting)

    def _origin(self) -> QPointF:
        assert self._flow is not None
        return self._regions.text.topLeft() - QPointF(0, self._top_line * self._flow.metrics.line_height)

    def _scroll(self, lines: int) -> bool:
        """Moves the text up on the pixmap; False when it has to be drawn anew."""
        assert self._flow is not None
        shift = lines * self._flow.metrics.line_height * self.style.ratio
        text, ratio = self._regions.text, self.style.ratio
        if lines == 0:
            return True
        if shift != int(shift) or text.top() * ratio != int(text.top() * ratio) or lines > 2:
            return False
        area = QRectF(text.left() * ratio, text.top() * ratio, text.width() * ratio, text.height() * ratio)
        self.pixmap.scroll(0, -int(shift), area.toAlignedRect())
        painter = self.begin()
        height = self._flow.metrics.line_height
        freed = text.top() + (int(text.height()) // height - lines) * height
        painter.fillRect(QRectF(text.left() - 1, freed, text.width() + 2, text.bottom() - freed), self._surface)
        self._dim_first_line(painter)
        painter.end()
        return True

    def _dim_first_line(self, painter: QPainter) -> None:
        """The first line fades when there is text above it."""
        assert self._flow is not None
        text, veil = self._regions.text, QColor(self.style.theme.surface)
        veil.setAlpha(165)
        painter.fillRect(QRectF(text.left(), text.top(), text.width(), self._flow.metrics.line_height), veil)

    def _paint_text(self, painter: QPainter, top: int) -> None:
        assert self._flow is not None
        fragments = self._flow.fragments_of_lines(top, self._flow.line_count)
        paint_fragments(painter, self._flow, fragments, self.steps, self._origin(), self.style.theme)
        if top:
            self._dim_first_line(painter)

    def _paint_change(self, painter: QPainter, change: Change, drawn: int) -> None:
        """Paints new fragments; where a word has moved, its old line and all below are painted anew."""
        assert self._flow is not None
        first = change.first
        if first < drawn:
            line = max(change.line, self._top_line)
            first = self._flow.line_starts[line]
            text = self._regions.text
            y = text.top() + (line - self._top_line) * self._flow.metrics.line_height
            painter.fillRect(QRectF(text.left() - 1, y, text.width() + 2, text.bottom() - y), self._surface)
        new = [f for f in self._flow.fragments[first:] if f.line >= self._top_line]
        paint_fragments(painter, self._flow, new, self.steps, self._origin(), self.style.theme)
        if first < drawn and self._top_line and change.line <= self._top_line:
            self._dim_first_line(painter)

    @property
    def _surface(self) -> QColor:
        return qcolor(self.style.theme.surface)

    def _paint_header(self, painter: QPainter) -> None:
        theme, c, header = self.style.theme, self.candidate, self._regions.header
        room = QRectF(header.left(), header.top(), self._regions.count.left() - header.left(), header.height())
        x = header.left() + draw_text(painter, room, number(c), SIZE_BODY, theme.text, bold=True) + px(8)
        middle = header.center().y()
        if is_pick(c):
            draw_star(painter, QPointF(x + px(6), middle - 0.5), px(6), theme.accent)
            x += px(16)
            word, colour = tr("picked"), theme.accent
        else:
            word = branch_words(c) if is_branch(c) and c.status != "failed" else status_word(c)
            colour = theme.bad if c.status == "failed" else theme.muted
        room.setLeft(x)
        ring = px(18) if c.correct else 0
        fits = text_width(word, SIZE_SMALL, bold=True) <= room.right() - x - ring
        if fits or not is_pick(c):  # of a pick the star says it, too
            x += draw_text(painter, room, word, SIZE_SMALL, colour, bold=is_pick(c)) + px(8)
        if c.correct:
            draw_ring(painter, QPointF(x + px(6), middle), px(5), theme.good)
            room.setLeft(x + px(16))
            x = room.left()
            if room.width() > px(28):
                x += draw_text(painter, room, tr("right"), SIZE_SMALL, theme.good) + px(8)
        room.setLeft(x)
        if self.style.certain == c.id:
            draw_certain(painter, room, (tr("majority certain"), tr("certain")), theme)
        self._paint_count(painter)

    def _paint_count(self, painter: QPainter) -> None:
        theme, rect = self.style.theme, self._regions.count
        painter.fillRect(rect.adjusted(0, 0, 3, 0), self._surface)
        if self.candidate.tokens:
            draw_text(painter, rect, token_count_text(len(self.candidate.tokens)), SIZE_SMALL, theme.muted, RIGHT)

    def _paint_spark(self, painter: QPainter, tokens: range) -> None:
        """A bar for each token, as high as its probability."""
        area, style = self._regions.spark, self.style
        if area.isEmpty():
            return
        base = area.bottom() - 1
        if tokens.start == 0:
            self._paint_scale(painter, area)
            painter.fillRect(QRectF(area.left(), base, area.width(), 1), qcolor(style.theme.line))
        step = area.width() / style.span
        for i in tokens:
            height = max(1.5, (area.height() - 2) * token_probability(self.candidate.tokens[i]))
            left, right = area.left() + i * step, area.left() + (i + 1) * step - (1 if step > 3 else 0)
            bar = QRectF(left, base - height, min(right - left, px(8)), height)
            painter.fillRect(bar, style.step_colour(self.steps[i]))

    def _paint_scale(self, painter: QPainter, area: QRectF) -> None:
        """Where the chart is tall enough, lines for 1 and 0.5, and what it shows."""
        theme = self.style.theme
        if area.height() < px(56):
            return
        for value in (1.0, 0.5):
            y = area.bottom() - 1 - (area.height() - 2) * value
            painter.fillRect(QRectF(area.left(), y, area.width(), 1), qcolor(blend(theme.line, theme.surface, 0.6)))
        above = QRectF(area.left(), area.top() - px(18), area.width(), px(16))
        draw_text(painter, above, tr("probability of each token"), SIZE_TINY, theme.muted)
        draw_text(painter, above, "1.0", SIZE_TINY, theme.muted, RIGHT)

    def _paint_verifiers(self, painter: QPainter) -> None:
        area, theme = self._regions.verifiers, self.style.theme
        if area.isEmpty():
            return
        row, name_width = px(17), min(px(84), area.width() * 0.36)
        for i, name in enumerate(self.style.verifiers[:3]):
            y = area.top() + i * row
            draw_text(painter, QRectF(area.left(), y, name_width - 6, row), name, SIZE_TINY, theme.muted)
            score = self.candidate.scores.get(name)
            value = None if score is None else score.value
            strip = QRectF(area.left() + name_width, y + row / 2 - 1.5, area.width() - name_width - px(44), 3)
            draw_strip(painter, strip, value, theme.muted, theme.line)
            shown = "–" if score is None else (tr("unsure") if value is None else f"{value:.2f}")
            draw_text(painter, QRectF(area.right() - px(40), y, px(40), row), shown, SIZE_TINY, theme.muted, RIGHT)

    def _paint_footer(self, painter: QPainter) -> None:
        theme, c, area = self.style.theme, self.candidate, self._regions.footer
        answer, colour = written_answer(c), self.style.answer_colour(c.vote)
        x = area.left()
        if answer is not None and colour is not None:
            width = min(max(chip_width(answer), area.height() * 1.6), area.width() * 0.46)
            draw_chip(painter, QRectF(x, area.top(), width, area.height()), answer, colour)
            x += width + px(8)
        else:
            x += draw_text(
                painter, area, missing_answer(c, self.style.why_stopped), SIZE_SMALL, theme.muted, LEFT
            ) + px(8)
        self._paint_score(painter, QRectF(x, area.top(), area.right() - x, area.height()))

    def _paint_score(self, painter: QPainter, area: QRectF) -> None:
        theme, c = self.style.theme, self.candidate
        if c.mix is None:
            if c.mean_logprob is not None and area.width() > px(80):
                shown = tr("mean p {0:.2f}", math.exp(c.mean_logprob))
                draw_text(painter, area, shown, SIZE_SMALL, theme.muted, RIGHT)
            return
        if area.width() < px(24):
            return
        value_width = px(34) if area.width() > px(76) else 0
        strip = QRectF(area.left(), area.center().y() - 2.5, area.width() - value_width, 5)
        draw_strip(painter, strip, c.mix, theme.good, theme.line)
        if value_width:
            draw_text(painter, area, f"{c.mix:.2f}", SIZE_SMALL, theme.text, RIGHT)
