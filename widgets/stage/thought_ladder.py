"""The ladder of thoughts: one candidate, each of its thoughts a card with its tokens coloured by probability."""

from __future__ import annotations

import math
from collections.abc import Collection

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from engine.trace.fold import CandidateState, RunState
from widgets.models.answer_colours import answer_order
from widgets.models.candidate_words import describe, is_branch, is_pick, missing_answer, written_answer
from widgets.models.thoughts import ThoughtSplitter, text_before_branch
from widgets.stage.marks import (
    CENTRE,
    RIGHT,
    chip_width,
    draw_bars,
    draw_chip,
    draw_cross,
    draw_empty,
    draw_ring,
    draw_star,
    draw_strip,
    draw_text,
    rounded,
    text_width,
    token_count_text,
)
from widgets.stage.token_flow import PUT_IN, TokenFlow, TypeMetrics, type_metrics
from widgets.stage.token_paint import paint_fragments, token_step
from widgets.stage.token_surface import TokenPlace, TokenSurface
from widgets.theme import (
    CARD_RADIUS,
    SIZE_BODY,
    SIZE_HEAD,
    SIZE_LARGE,
    SIZE_SMALL,
    SIZE_TINY,
    THEMES,
    answer_colour,
    blend,
    current_theme,
    font,
    px,
    qcolor,
)

COLUMN_WIDTH = 900
SIDE, SPARK, SPARK_FROM = 104, 96, 620  # the figures beside a thought, and the bars of its entropy
MOST_ENTROPY = 3.0  # nats: about twenty tokens that are equally likely; bars end here
LARGE_UP_TO = 420


class Thought:
    """One card: tokens from `first` on, how they flow, and sums for the numbers beside them."""

    def __init__(self, first: int, metrics: TypeMetrics, width: float) -> None:
        self.first = first
        self.flow = TokenFlow(metrics, width)
        self.steps: list[int] = []
        self.logprob_sum = 0.0
        self.entropies: list[float] = []
        self.top = 0

    @property
    def count(self) -> int:
        """Tokens in the thought."""
        return len(self.steps)

    @property
    def height(self) -> int:
        """The height of its card."""
        return max(self.flow.height + 2 * px(11), px(52))


class ThoughtLadderView(TokenSurface):
    """Shows one candidate of a run, thought by thought, and follows it while it is being written.

    Args:
        parent: The widget it lies in.
        compact: Smaller type and no large final card, for a pane beside other views.
    """

    candidate_shown = Signal(int)

    def __init__(self, parent: QWidget | None = None, *, compact: bool = False) -> None:
        super().__init__(parent)
        self._compact = compact
        self._state = RunState()
        self._shown: int | None = None
        self._thoughts: list[Thought] = []
        self._splitter = ThoughtSplitter()
        self._laid_out = 0
        self._characters = 0
        self.setAccessibleName("Thoughts")
        self.verticalScrollBar().valueChanged.connect(self.hide_popup)
        THEMES.theme_changed.connect(self._on_theme_changed)

    def set_state(self, state: RunState) -> None:
        """Shows a new run, or another moment of the same one."""
        self._state = state
        if self._shown not in state.candidates:
            self._shown = next(iter(state.candidates), None)
        self._lay_out_again()

    def show_candidate(self, candidate: int | None) -> None:
        """Shows another candidate of the run."""
        self._shown = candidate
        self._lay_out_again()
        if candidate is not None:
            self.candidate_shown.emit(candidate)

    def refresh(self, changed: Collection[int]) -> None:
        """Takes what is new in the state; once per frame."""
        if self._shown is None and self._state.candidates:
            self._shown = next(iter(self._state.candidates))
            self._lay_out_again()
        elif self._shown in changed:
            self._take_new()

    @property
    def candidate(self) -> CandidateState | None:
        """The candidate that is shown."""
        return self._state.candidates.get(self._shown) if self._shown is not None else None

    def show_token(self, index: int) -> None:
        """Scrolls to the thought that a token is in."""
        thought = next((t for t in reversed(self._thoughts) if t.first <= index), None)
        bar = self.verticalScrollBar()
        seen = range(bar.value(), bar.value() + self.viewport().height())
        if thought is not None and not (thought.top in seen and thought.top + thought.height in seen):
            bar.setValue(thought.top - px(10))

    @property
    def thought_count(self) -> int:
        """Cards on the ladder, without the answer."""
        return len(self._thoughts)

    def token_place(self, position: QPoint) -> TokenPlace | None:
        """The token under a point of the viewport."""
        candidate = self.candidate
        point = QPointF(position) + QPointF(0, self.verticalScrollBar().value())
        for thought in self._thoughts if candidate else []:
            if thought.top <= point.y() < thought.top + thought.height:
                origin = self._text_origin(thought)
                found = thought.flow.fragment_at(point.x() - origin.x(), point.y() - origin.y())
                if found is None or found.token == PUT_IN or candidate is None:
                    return None
                rect = thought.flow.rect(found).translated(origin - QPointF(0, self.verticalScrollBar().value()))
                index = thought.first + found.token
                return TokenPlace(candidate.id, index, candidate.tokens[index], rect.toRect())
        return None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Flows the text anew in another width."""
        super().resizeEvent(event)
        self._lay_out_again()

    def _on_theme_changed(self) -> None:
        self._lay_out_again()

    # Layout

    def _column(self) -> QRect:
        margin = px(4)
        width = min(self.width() - 12 - 2 * margin, px(2 * COLUMN_WIDTH if self._compact else COLUMN_WIDTH))
        left = margin if self._compact else max(margin, (self.width() - 12 - width) // 2)
        return QRect(left, 0, max(width, px(120)), 0)

    def _card(self, thought: Thought) -> QRectF:
        column = self._column()
        gutter = px(36)
        return QRectF(column.left() + gutter, thought.top, column.width() - gutter, thought.height)

    def _side_width(self) -> int:
        width = self._column().width()
        return px(SIDE + SPARK) if width > px(SPARK_FROM) else px(SIDE) if width > px(420) else 0

    def _text_origin(self, thought: Thought) -> QPointF:
        card = self._card(thought)
        return QPointF(card.left() + px(14), card.top() + (card.height() - thought.flow.height) / 2)

    def _metrics(self) -> TypeMetrics:
        small = SIZE_BODY if self._compact else SIZE_LARGE
        large = not self._compact and self._characters <= LARGE_UP_TO
        return type_metrics(font(SIZE_HEAD if large else small))

    def _lay_out_again(self) -> None:
        candidate = self.candidate
        self._thoughts, self._splitter, self._laid_out = [], ThoughtSplitter(), 0
        self._characters = sum(len(token.text) for token in candidate.tokens) if candidate else 0
        if candidate:
            self._append_tokens(candidate)
        self._update_scroll(follow=candidate is not None and candidate.finished_at is None)
        self.setAccessibleDescription(self._words())
        self.hide_popup()
        self.viewport().update()

    def _take_new(self) -> None:
        candidate = self.candidate
        assert candidate is not None
        if len(candidate.tokens) < self._laid_out:
            self._lay_out_again()
            return
        bar = self.verticalScrollBar()
        following = bar.value() >= bar.maximum() - px(40)
        was_large = self._characters <= LARGE_UP_TO
        self._characters += sum(len(token.text) for token in candidate.tokens[self._laid_out :])
        if was_large and self._characters > LARGE_UP_TO and not self._compact:
            self._lay_out_again()
            return
        first = max(0, len(self._thoughts) - 1)
        self._append_tokens(candidate)
        self._update_scroll(following)
        top = self._thoughts[first].top if self._thoughts else 0
        self.viewport().update(0, int(top - bar.value()) - 2, self.viewport().width(), self.viewport().height() + top)
        if candidate.finished_at is not None:
            self.setAccessibleDescription(self._words())

    def _append_tokens(self, candidate: CandidateState) -> None:
        metrics = self._metrics()
        width = self._column().width() - px(36) - 2 * px(14) - self._side_width()
        for index in range(self._laid_out, len(candidate.tokens)):
            token = candidate.tokens[index]
            if self._splitter.begins_thought(token.text) or not self._thoughts:
                self._thoughts.append(Thought(index, metrics, width))
                if index == 0:
                    self._thoughts[-1].flow.put_in(self._put_in_before(candidate))
                self._stack()
            thought = self._thoughts[-1]
            thought.flow.append(token.text)
            thought.steps.append(token_step(token))
            thought.logprob_sum += token.logprob
            thought.entropies.append(token.entropy)
        self._laid_out = len(candidate.tokens)

    def _put_in_before(self, candidate: CandidateState) -> str:
        """What stands before the first token: the beginning of the thought, too, where a branch left within one."""
        if not is_branch(candidate):
            return candidate.prefix
        text = text_before_branch(self._state, candidate) + candidate.prefix
        if text:
            self._splitter = ThoughtSplitter()
            self._splitter.begins_thought(text)
        return text

    def _stack(self) -> None:
        """Puts the newest thought below the one before it."""
        before = self._thoughts[-2] if len(self._thoughts) > 1 else None
        self._thoughts[-1].top = px(4) if before is None else before.top + before.height + px(10)

    def _answer_card(self) -> QRectF:
        column, last = self._column(), self._thoughts[-1] if self._thoughts else None
        top = last.top + last.height + px(10) if last else px(4)
        height = px(44) if self._compact else px(76)
        return QRectF(column.left() + px(36), top, column.width() - px(36), height)

    def _update_scroll(self, follow: bool) -> None:
        bar = self.verticalScrollBar()
        bottom = int(self._answer_card().bottom()) + px(8) if self.candidate else 0
        bar.setRange(0, max(0, bottom - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        if follow:
            bar.setValue(bar.maximum())

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the cards in view."""
        theme, candidate = current_theme(), self.candidate
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(event.rect(), qcolor(theme.background))
        if candidate is None:
            hint = "The model's thoughts appear here one by one,\neach token coloured by how sure the model was."
            draw_empty(painter, QRectF(self.viewport().rect()), "Ask something and press Run", hint, theme)
            return
        offset = self.verticalScrollBar().value()
        painter.translate(0, -offset)
        shown = QRectF(event.rect()).translated(0, offset)
        self._paint_line(painter)
        for number, thought in enumerate(self._thoughts, 1):
            if thought.top < shown.bottom() and thought.top + thought.height > shown.top():
                self._paint_thought(painter, thought, number)
        self._paint_answer(painter, candidate)
        if candidate.status == "writing" and self._thoughts:
            self._paint_caret(painter, self._thoughts[-1])
        painter.end()

    def _paint_line(self, painter: QPainter) -> None:
        x = self._column().left() + px(14)
        painter.fillRect(
            QRectF(x - 0.5, px(20), 1.5, self._answer_card().center().y() - px(20)), qcolor(current_theme().line)
        )

    def _paint_thought(self, painter: QPainter, thought: Thought, number: int) -> None:
        theme, card = current_theme(), self._card(thought)
        rounded(painter, card, CARD_RADIUS, theme.surface, theme.line)
        knot = QRectF(self._column().left() + px(3), card.center().y() - px(11), px(22), px(22))
        rounded(painter, knot, px(11), theme.background, theme.line, 1.5)
        draw_text(painter, knot, str(number), SIZE_TINY, theme.muted, CENTRE)
        paint_fragments(painter, thought.flow, thought.flow.fragments, thought.steps, self._text_origin(thought), theme)
        self._paint_forks(painter, thought)
        if self._side_width() and thought.count:
            self._paint_side(painter, thought, card)

    def _paint_forks(self, painter: QPainter, thought: Thought) -> None:
        """A frame around each token from which a branch left."""
        kept = {c.kept for c in self._state.candidates.values() if is_branch(c) and c.parent == self._shown}
        for token in kept:
            if token is not None and thought.first <= token < thought.first + thought.count:
                for rect in thought.flow.rects_of_token(token - thought.first):
                    box = rect.translated(self._text_origin(thought)).adjusted(-1, 1, 1, -1)
                    rounded(painter, box, 5, None, current_theme().accent, 1.6)

    def _paint_side(self, painter: QPainter, thought: Thought, card: QRectF) -> None:
        theme = current_theme()
        p, entropy = math.exp(thought.logprob_sum / thought.count), sum(thought.entropies) / thought.count
        side = QRectF(card.right() - px(SIDE), card.center().y() - px(20), px(SIDE - 14), px(40))
        first = QRectF(side.left(), side.top(), side.width(), px(16))
        draw_text(painter, first, "mean p", SIZE_TINY, theme.muted)
        draw_text(painter, first, f"{p:.2f}", SIZE_TINY, theme.text, RIGHT)
        draw_strip(painter, QRectF(side.left(), side.top() + px(18), side.width(), 3), p, theme.muted, theme.line)
        second = QRectF(side.left(), side.top() + px(24), side.width(), px(16))
        draw_text(painter, second, "entropy", SIZE_TINY, theme.muted)
        draw_text(painter, second, f"{entropy:.2f}", SIZE_TINY, theme.text, RIGHT)
        if self._side_width() > px(SIDE):
            spark = QRectF(side.left() - px(SPARK), side.top() + px(4), px(SPARK - 16), px(32))
            draw_bars(
                painter, spark, thought.entropies, MOST_ENTROPY, blend(theme.warn, theme.surface, 0.75), theme.line
            )

    def _paint_answer(self, painter: QPainter, candidate: CandidateState) -> None:
        theme, card = current_theme(), self._answer_card()
        answer = written_answer(candidate)
        picked = is_pick(candidate)
        rounded(
            painter,
            card,
            CARD_RADIUS,
            theme.surface,
            theme.accent if picked else theme.line,
            2 if picked else 1,
        )
        knot = QPointF(self._column().left() + px(14), card.center().y())
        rounded(painter, QRectF(knot.x() - px(11), knot.y() - px(11), px(22), px(22)), px(11), theme.background, None)
        if picked:
            draw_star(painter, knot, px(8), theme.accent)
        else:
            draw_ring(painter, knot, px(4), theme.muted)
        inner = card.adjusted(px(14), 0, -px(14), 0)
        size = SIZE_BODY if self._compact else SIZE_HEAD
        order = answer_order(self._state)
        if answer is None or candidate.vote is None:
            end = inner.left() + draw_text(painter, inner, missing_answer(candidate), SIZE_BODY, theme.muted)
        else:
            height = px(24) if self._compact else px(38)
            width = min(max(chip_width(answer, size), height * 1.6), inner.width() * 0.6)
            chip = QRectF(inner.left(), card.center().y() - height / 2, width, height)
            draw_chip(painter, chip, answer, answer_colour(order.get(candidate.vote, 0)), size)
            end = self._paint_verdict(painter, candidate, QRectF(inner).adjusted(width + px(12), 0, 0, 0))
        words = self._side_words(candidate)
        if text_width(words, SIZE_SMALL) <= inner.right() - end - px(12):
            draw_text(painter, inner, words, SIZE_SMALL, theme.muted, RIGHT)

    def _paint_verdict(self, painter: QPainter, candidate: CandidateState, room: QRectF) -> float:
        """Right or wrong, as far as it is known; returns where it ends."""
        theme = current_theme()
        if candidate.correct is None:
            return room.left()
        sign = QPointF(room.left() + px(8), room.center().y())
        if candidate.correct:
            draw_ring(painter, sign, px(6), theme.good, 2)
        else:
            draw_cross(painter, sign, px(4), theme.bad)
        word, colour = ("right", theme.good) if candidate.correct else ("wrong", theme.bad)
        beside = room.adjusted(px(20), 0, 0, 0)
        return beside.left() + draw_text(painter, beside, word, SIZE_BODY, colour, bold=True)

    def _side_words(self, candidate: CandidateState) -> str:
        parts = [token_count_text(len(candidate.tokens))] if candidate.tokens else []
        if candidate.finish_reason == "length":
            parts.insert(0, "cut off")
        if candidate.mean_logprob is not None:
            parts.append(f"mean p {math.exp(candidate.mean_logprob):.2f}")
        if candidate.mix is not None:
            parts.append(f"score {candidate.mix:.2f}")
        return "  ·  ".join(parts)

    def _paint_caret(self, painter: QPainter, thought: Thought) -> None:
        origin, height = self._text_origin(thought), thought.flow.metrics.line_height
        y = origin.y() + thought.flow.pen_line * height
        caret = QRectF(origin.x() + thought.flow.pen_x + 1, y + height * 0.12, 3, height * 0.76)
        painter.fillRect(caret, qcolor(current_theme().accent))

    def _words(self) -> str:
        candidate = self.candidate
        if candidate is None:
            return "No thoughts yet."
        return f"{len(self._thoughts)} thoughts. {describe(candidate)} {candidate.text}"
