"""The ladder of thoughts: one candidate, each of its thoughts a card with its tokens coloured by probability."""

from __future__ import annotations

import math
from collections.abc import Collection

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from engine.trace.fold import CandidateState, RunState
from widgets.models.answer_colours import answer_order
from widgets.models.candidate_words import describe, is_branch
from widgets.models.step_marks import step_marks
from widgets.models.thinking_chain import chain_of, hidden_tokens
from widgets.models.thoughts import ThoughtSplitter, text_before_branch
from widgets.painting import painted
from widgets.stage.ladder_paint import FOOT, SIDE, SPARK, paint_answer, paint_fold, paint_foot, paint_side
from widgets.stage.marks import (
    CENTRE,
    draw_empty,
    draw_text,
    empty_words,
    rounded,
    token_count_text,
)
from widgets.stage.thought import Thought
from widgets.stage.token_flow import PUT_IN, TypeMetrics, type_metrics
from widgets.stage.token_paint import paint_fragments, token_step
from widgets.stage.token_surface import TokenPlace, TokenSurface
from widgets.theme import (
    CARD_RADIUS,
    SIZE_BODY,
    SIZE_HEAD,
    SIZE_LARGE,
    SIZE_TINY,
    THEMES,
    blend,
    current_theme,
    font,
    px,
    qcolor,
)
from widgets.translation import tr, tr_n

COLUMN_WIDTH = 900
FOLD = 40
SMALL_UP_TO, LARGE_FROM = 300, 420  # narrower columns would break every line of large type
SIDE_FROM = 620  # narrower cards have their figures in a line below the text
LARGE_UP_TO = 420


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
        self._taken: dict[int, int] = {}
        self._opened: bool | None = None  # what the person has chosen; None leaves it to the ladder
        self._characters = 0
        self.setAccessibleName(tr("Thoughts"))
        self.setWhatsThis(
            tr(
                "A card is a thought. A click on a token, or Shift with Left and Right, shows what might have stood "
                "there; Shift with Down goes to it. Enter opens hidden reasoning."
            )
        )
        self.verticalScrollBar().valueChanged.connect(self.hide_popup)
        THEMES.theme_changed.connect(self._on_theme_changed)

    def set_state(self, state: RunState) -> None:
        """Shows a new run, or another moment of the same one."""
        self._state = state
        if self._shown not in state.candidates:
            self._shown, self._opened = next(iter(state.candidates), None), None
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
        elif any(piece.id in changed for piece in self._chain()):
            self._take_new()

    @property
    def candidate(self) -> CandidateState | None:
        """The candidate that is shown; of a text that was written in pieces, the last one."""
        chain = self._chain()
        return chain[-1] if chain else None

    @property
    def hidden_count(self) -> int:
        """Tokens of hidden reasoning."""
        return sum(thought.count for thought in self._thoughts if thought.hidden)

    @property
    def is_folded(self) -> bool:
        """Whether hidden reasoning is folded away: by itself, it is as soon as something else is there to be read."""
        if not any(thought.hidden for thought in self._thoughts):
            return False
        return not self._opened if self._opened is not None else not all(thought.hidden for thought in self._thoughts)

    def set_folded(self, folded: bool) -> None:
        """Folds hidden reasoning away, or opens it."""
        self._opened = not folded
        self._lay_out_again()

    def fold_line(self) -> QRectF:
        """Where the line is that folds and opens, in the viewport; empty where nothing is hidden."""
        return self._fold_line().translated(0, -self.verticalScrollBar().value())

    def shows(self, candidate: int | None) -> bool:
        """Whether a candidate is what is shown, or a piece of it."""
        return any(piece.id == candidate for piece in self._chain())

    def show_token(self, candidate: int, index: int) -> None:
        """Scrolls to the thought that a token is in."""
        own = [thought for thought in self._thoughts if thought.candidate == candidate and thought.shown]
        thought = next((t for t in reversed(own) if t.first <= index), None)
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
        point = QPointF(position) + QPointF(0, self.verticalScrollBar().value())
        for thought in self._thoughts:
            if thought.shown and thought.top <= point.y() < thought.top + thought.height:
                origin = self._text_origin(thought)
                found = thought.flow.fragment_at(point.x() - origin.x(), point.y() - origin.y())
                if found is None or found.token == PUT_IN:
                    return None
                rect = thought.flow.rect(found).translated(origin - QPointF(0, self.verticalScrollBar().value()))
                index = thought.first + found.token
                token = self._state.candidates[thought.candidate].tokens[index]
                return TokenPlace(thought.candidate, index, token, rect.toRect())
        return None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Flows the text anew in another width."""
        super().resizeEvent(event)
        self._lay_out_again()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Folds or opens hidden reasoning with a click on its line."""
        if event.button() == Qt.MouseButton.LeftButton and self.fold_line().contains(event.position()):
            self.set_folded(not self.is_folded)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows a hand over the line that can be clicked."""
        super().mouseMoveEvent(event)
        over = self.fold_line().contains(event.position())
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space fold or open hidden reasoning."""
        if self.takes_token_key(event):
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.hidden_count:
            self.set_folded(not self.is_folded)
        else:
            super().keyPressEvent(event)

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
        return px(SIDE + SPARK) if self._column().width() > px(SIDE_FROM) else 0

    def _text_origin(self, thought: Thought) -> QPointF:
        card = self._card(thought)
        return QPointF(card.left() + px(14), card.top() + (card.height() - thought.foot - thought.flow.height) / 2)

    @property
    def _is_small(self) -> bool:
        """Whether it stands beside other views, or has no more room than if it did."""
        return self._compact or self._column().width() <= px(SMALL_UP_TO)

    def _metrics(self) -> TypeMetrics:
        if self._is_small:
            return type_metrics(font(SIZE_BODY))
        large = self._column().width() > px(LARGE_FROM) and self._characters <= LARGE_UP_TO
        return type_metrics(font(SIZE_HEAD if large else SIZE_LARGE))

    def _lay_out_again(self) -> None:
        candidate = self.candidate
        self._thoughts, self._splitter, self._taken = [], ThoughtSplitter(), {}
        self._characters = sum(len(token.text) for piece in self._chain() for token in piece.tokens)
        for piece in self._chain():
            self._append_tokens(piece)
        self._take_step_scores()
        self._stack()
        self._update_scroll(follow=candidate is not None and candidate.finished_at is None)
        self.setAccessibleDescription(self._words())
        self.hide_popup()
        self.viewport().update()

    def _take_new(self) -> None:
        chain = self._chain()
        if self._must_lay_out(chain):
            self._lay_out_again()
            return
        bar = self.verticalScrollBar()
        following = bar.value() >= bar.maximum() - px(40)
        was_large = self._characters <= LARGE_UP_TO
        self._characters += sum(len(t.text) for piece in chain for t in piece.tokens[self._taken.get(piece.id, 0) :])
        if was_large and self._characters > LARGE_UP_TO and not self._compact:
            self._lay_out_again()
            return
        first = max(0, len(self._thoughts) - 1)
        folded = self.is_folded
        for piece in chain:
            self._append_tokens(piece)
        if self._take_step_scores() or self.is_folded != folded:
            self._stack()
            self.viewport().update()
        self._update_scroll(following)
        top = self._thoughts[first].top if self._thoughts else 0
        self.viewport().update(0, int(top - bar.value()) - 2, self.viewport().width(), self.viewport().height() + top)
        if chain[-1].finished_at is not None:
            self.setAccessibleDescription(self._words())

    def _append_tokens(self, candidate: CandidateState) -> None:
        metrics = self._metrics()
        side = self._side_width()
        width, foot = self._column().width() - px(36) - 2 * px(14) - side, 0 if side else px(FOOT)
        hidden = hidden_tokens(candidate)
        for index in range(self._taken.get(candidate.id, 0), len(candidate.tokens)):
            token = candidate.tokens[index]
            before = self._put_in_before(candidate) if index == 0 else ""
            if index in (0, hidden):  # nothing that was said before can go on here
                self._splitter = ThoughtSplitter()
                if before:
                    self._splitter.begins_thought(before)
            if self._splitter.begins_thought(token.text) or index in (0, hidden):
                self._thoughts.append(Thought(candidate.id, index, index < hidden, metrics, width, foot))
                self._thoughts[-1].flow.put_in(before)
                self._stack()
            thought = self._thoughts[-1]
            thought.flow.append(token.text)
            thought.steps.append(token_step(token))
            thought.logprob_sum += token.logprob
            thought.entropies.append(token.entropy)
        self._taken[candidate.id] = len(candidate.tokens)

    def _take_step_scores(self) -> bool:
        """Gives each thought the lowest score of the steps that end in it; True when one has changed."""
        before = [thought.score for thought in self._thoughts]
        for piece in self._chain():
            marks = step_marks(piece)
            if not marks:
                continue
            end = 0
            for thought in (thought for thought in self._thoughts if thought.candidate == piece.id):
                start = end
                end += sum(len(t.text) for t in piece.tokens[thought.first : thought.first + thought.count])
                thought.score = min((score for at, score in marks if start < at <= end), default=None)
        return before != [thought.score for thought in self._thoughts]

    def _chain(self) -> list[CandidateState]:
        return chain_of(self._state, self._shown) if self._shown in self._state.candidates else []

    def _must_lay_out(self, chain: list[CandidateState]) -> bool:
        """Whether what is laid out is not the beginning of what there is: the run went back, or a marker has come."""
        if any(len(piece.tokens) < self._taken.get(piece.id, 0) for piece in chain):
            return True
        hidden = {piece.id: hidden_tokens(piece) for piece in chain}
        return any((thought.first < hidden.get(thought.candidate, 0)) != thought.hidden for thought in self._thoughts)

    def _put_in_before(self, candidate: CandidateState) -> str:
        """What stands before the first token: the beginning of the thought, too, where a branch left within one."""
        if not is_branch(candidate):
            return candidate.prefix
        return text_before_branch(self._state, candidate) + candidate.prefix

    def _stack(self) -> None:
        """Puts the thoughts below each other; what is folded away takes no room."""
        folded, y = self.is_folded, px(4)
        if any(thought.hidden for thought in self._thoughts):
            y += px(FOLD + 10)
        for thought in self._thoughts:
            thought.shown = not (thought.hidden and folded)
            thought.top = y
            if thought.shown:
                y += thought.height + px(10)

    def _fold_line(self) -> QRectF:
        if not any(thought.hidden for thought in self._thoughts):
            return QRectF()
        column = self._column()
        return QRectF(column.left() + px(36), px(4), column.width() - px(36), px(FOLD))

    def _answer_card(self) -> QRectF:
        column = self._column()
        last = next((thought for thought in reversed(self._thoughts) if thought.shown), None)
        top = last.top + last.height + px(10) if last else max(px(4), self._fold_line().bottom() + px(10))
        height = px(44) if self._is_small else px(76)
        return QRectF(column.left() + px(36), top, column.width() - px(36), height)

    def _update_scroll(self, follow: bool) -> None:
        bar = self.verticalScrollBar()
        bottom = int(self._answer_card().bottom()) + px(8) if self.candidate else 0
        bar.setRange(0, max(0, bottom - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        if follow:
            bar.setValue(bar.maximum())

    # Painting

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the cards in view."""
        theme, candidate = current_theme(), self.candidate
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(event.rect(), qcolor(theme.background))
        if candidate is None:
            hint = tr("The model's thoughts appear here one by one,\neach token coloured by how sure the model was.")
            title, hint = empty_words(self._state, hint, waits=self.waits)
            draw_empty(painter, QRectF(self.viewport().rect()), title, hint, theme)
            return
        offset = self.verticalScrollBar().value()
        painter.translate(0, -offset)
        shown = QRectF(event.rect()).translated(0, offset)
        self._paint_line(painter)
        left = self._column().left() + px(14)
        fold, answer = self._fold_line(), self._answer_card()
        if not fold.isEmpty():
            knot = QPointF(left, fold.center().y())
            paint_fold(painter, fold, knot, self._fold_words(), folded=self.is_folded, focused=self.hasFocus())
        thoughts = [thought for thought in self._thoughts if thought.shown]
        for number, thought in enumerate(thoughts, 1):
            if thought.top < shown.bottom() and thought.top + thought.height > shown.top():
                self._paint_thought(painter, thought, number)
        place = answer_order(self._state).get(candidate.vote or "", 0)
        knot, words = QPointF(left, answer.center().y()), self._side_words(candidate)
        paint_answer(painter, answer, knot, candidate, place, words, compact=self._is_small)
        if candidate.status == "writing" and self._thoughts and self._thoughts[-1].shown:
            self._paint_caret(painter, self._thoughts[-1])
        painter.end()

    def _paint_line(self, painter: QPainter) -> None:
        x = self._column().left() + px(14)
        painter.fillRect(
            QRectF(x - 0.5, px(20), 1.5, self._answer_card().center().y() - px(20)), qcolor(current_theme().line)
        )

    def _fold_words(self) -> str:
        count, candidate = self.hidden_count, self.candidate
        going = candidate is not None and candidate.finished_at is None and all(t.hidden for t in self._thoughts)
        if going:
            return tr_n("thinking… {0:,} token", "thinking… {0:,} tokens", count)
        return tr_n("thought for {0:,} token", "thought for {0:,} tokens", count)

    def _paint_thought(self, painter: QPainter, thought: Thought, number: int) -> None:
        theme, card = current_theme(), self._card(thought)
        ground = blend(theme.surface, theme.background, 0.35) if thought.hidden else theme.surface
        rounded(painter, card, CARD_RADIUS, ground, theme.line)
        knot = QRectF(self._column().left() + px(3), card.center().y() - px(11), px(22), px(22))
        rounded(painter, knot, px(11), theme.background, theme.line, 1.5)
        draw_text(painter, knot, str(number), SIZE_TINY, theme.muted, CENTRE)
        paint_fragments(painter, thought.flow, thought.flow.fragments, thought.steps, self._text_origin(thought), theme)
        self._paint_forks(painter, thought)
        if thought.count:
            (paint_foot if thought.foot else paint_side)(painter, thought, card)

    def _paint_forks(self, painter: QPainter, thought: Thought) -> None:
        """A frame around each token from which a branch left."""
        kept = {c.kept for c in self._state.candidates.values() if is_branch(c) and c.parent == thought.candidate}
        for token in kept:
            if token is not None and thought.first <= token < thought.first + thought.count:
                for rect in thought.flow.rects_of_token(token - thought.first):
                    box = rect.translated(self._text_origin(thought)).adjusted(-1, 1, 1, -1)
                    rounded(painter, box, 5, None, current_theme().accent, 1.6)

    def _side_words(self, candidate: CandidateState) -> str:
        count = sum(piece.token_count for piece in self._chain())
        parts = [token_count_text(count)] if count else []
        if candidate.finish_reason == "length":
            parts.insert(0, tr("cut off"))
        if candidate.mean_logprob is not None:
            parts.append(tr("mean p {0:.2f}", math.exp(candidate.mean_logprob)))
        if candidate.mix is not None:
            parts.append(tr("score {0:.2f}", candidate.mix))
        return "  ·  ".join(parts)

    def _paint_caret(self, painter: QPainter, thought: Thought) -> None:
        origin, height = self._text_origin(thought), thought.flow.metrics.line_height
        y = origin.y() + thought.flow.pen_line * height
        caret = QRectF(origin.x() + thought.flow.pen_x + 1, y + height * 0.12, 3, height * 0.76)
        painter.fillRect(caret, qcolor(current_theme().accent))

    def _words(self) -> str:
        candidate = self.candidate
        if candidate is None:
            return tr("No thoughts yet.")
        state = tr("folded") if self.is_folded else tr("open")
        folded = [f"{self._fold_words()}, {state}."] if self.hidden_count else []
        count = tr_n("{0} thought.", "{0} thoughts.", len(self._thoughts))
        return " ".join((count, *folded, describe(candidate), candidate.text))
