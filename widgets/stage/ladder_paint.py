"""Paints what stands on the ladder beside the thoughts themselves: their figures, the answer, the line of the fold."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from engine.trace.fold import CandidateState
from widgets.models.candidate_words import is_pick, missing_answer, written_answer
from widgets.stage.marks import (
    RIGHT,
    chip_width,
    draw_bars,
    draw_check,
    draw_chip,
    draw_cross,
    draw_ring,
    draw_star,
    draw_strip,
    draw_text,
    rounded,
    text_width,
)
from widgets.stage.thought import Thought
from widgets.theme import (
    CARD_RADIUS,
    SIZE_BODY,
    SIZE_HEAD,
    SIZE_LARGE,
    SIZE_SMALL,
    SIZE_TINY,
    Theme,
    answer_colour,
    blend,
    current_theme,
    px,
    readable,
)
from widgets.translation import tr

SIDE, SPARK = 104, 96  # the figures beside a thought, and the bars of its entropy
ROW, FOOT = 16, 22  # the line of them below a thought in a narrow card, and what it takes of the card's height
STEP, SHORTEST_SPARK = 72, 40
MOST_ENTROPY = 3.0  # nats: about twenty tokens that are equally likely; bars end here


def paint_side(painter: QPainter, thought: Thought, card: QRectF) -> None:
    """The figures beside a thought, and the bars of its entropy."""
    theme = current_theme()
    p, entropy = math.exp(thought.logprob_sum / thought.count), sum(thought.entropies) / thought.count
    height = px(40) if thought.score is None else px(58)
    side = QRectF(card.right() - px(SIDE), card.center().y() - height / 2, px(SIDE - 14), height)
    first = QRectF(side.left(), side.top(), side.width(), px(16))
    draw_text(painter, first, tr("mean p"), SIZE_TINY, theme.muted)
    draw_text(painter, first, f"{p:.2f}", SIZE_TINY, theme.text, RIGHT)
    draw_strip(painter, QRectF(side.left(), side.top() + px(18), side.width(), 3), p, theme.muted, theme.line)
    second = QRectF(side.left(), side.top() + px(24), side.width(), px(16))
    draw_text(painter, second, tr("entropy"), SIZE_TINY, theme.muted)
    draw_text(painter, second, f"{entropy:.2f}", SIZE_TINY, theme.text, RIGHT)
    if thought.score is not None:
        _paint_step_score(painter, thought.score, QRectF(side.left(), side.top() + px(42), side.width(), px(16)))
    spark = QRectF(side.left() - px(SPARK), side.top() + px(4), px(SPARK - 16), px(32))
    draw_bars(painter, spark, thought.entropies, MOST_ENTROPY, entropy_colour(theme), theme.line)


def paint_foot(painter: QPainter, thought: Thought, card: QRectF) -> None:
    """The same in a line below the text: the bars across the card, and on their right as many figures as fit."""
    theme = current_theme()
    line = QRectF(card.left() + px(14), card.bottom() - px(8 + ROW), card.width() - 2 * px(14), px(ROW))
    if thought.score is not None:
        _paint_step_score(painter, thought.score, QRectF(line.right() - px(STEP), line.top(), px(STEP), px(ROW)))
        line.setRight(line.right() - px(STEP + 14))
    words = tr("mean p {0:.2f}", math.exp(thought.logprob_sum / thought.count))
    width = text_width(words, SIZE_TINY)
    if line.width() > width + px(14 + SHORTEST_SPARK):
        draw_text(painter, line, words, SIZE_TINY, theme.muted, RIGHT)
        line.setRight(line.right() - width - px(14))
    draw_bars(painter, line, thought.entropies, MOST_ENTROPY, entropy_colour(theme), theme.line)


def entropy_colour(theme: Theme) -> str:
    """The colour of the bars of entropy."""
    return blend(theme.warn, theme.surface, 0.75)


def _paint_step_score(painter: QPainter, score: float, row: QRectF) -> None:
    """What a verifier gave for the step, with the sign of a step that it rather believes, or does not."""
    theme = current_theme()
    believed = score >= 0.5
    colour = readable(theme.good if believed else theme.bad, theme.surface)
    draw_text(painter, row, tr("step"), SIZE_TINY, theme.muted)
    taken = draw_text(painter, row, f"{score:.2f}", SIZE_TINY, colour, RIGHT, bold=True)
    sign = QPointF(row.right() - taken - px(9), row.center().y())
    if believed:
        draw_check(painter, sign, px(4), colour, 1.6)
    else:
        draw_cross(painter, sign, px(3), colour, 1.6)


def paint_answer(
    painter: QPainter,
    card: QRectF,
    knot: QPointF,
    candidate: CandidateState,
    colour: int,
    words: str,
    *,
    compact: bool,
) -> None:
    """The last card: the answer, whether it is right, and `words` on the right where there is room.

    `colour` is the place of the answer among those of the run.
    """
    theme, answer = current_theme(), written_answer(candidate)
    picked = is_pick(candidate)
    rounded(
        painter,
        card,
        CARD_RADIUS,
        theme.surface,
        theme.accent if picked else theme.line,
        2 if picked else 1,
    )
    rounded(painter, QRectF(knot.x() - px(11), knot.y() - px(11), px(22), px(22)), px(11), theme.background, None)
    if picked:
        draw_star(painter, knot, px(8), theme.accent)
    else:
        draw_ring(painter, knot, px(4), theme.muted)
    inner = card.adjusted(px(14), 0, -px(14), 0)
    size = SIZE_BODY if compact else SIZE_HEAD
    if answer is None or candidate.vote is None:
        end = inner.left() + draw_text(painter, inner, missing_answer(candidate), SIZE_BODY, theme.muted)
    else:
        height = px(24) if compact else px(38)
        width = min(max(chip_width(answer, size), height * 1.6), inner.width() * 0.6)
        chip = QRectF(inner.left(), card.center().y() - height / 2, width, height)
        draw_chip(painter, chip, answer, answer_colour(colour), size)
        end = _paint_verdict(painter, candidate, QRectF(inner).adjusted(width + px(12), 0, 0, 0))
    if text_width(words, SIZE_SMALL) <= inner.right() - end - px(12):
        draw_text(painter, inner, words, SIZE_SMALL, theme.muted, RIGHT)


def _paint_verdict(painter: QPainter, candidate: CandidateState, room: QRectF) -> float:
    """Right or wrong, as far as it is known; returns where it ends."""
    theme = current_theme()
    if candidate.correct is None:
        return room.left()
    sign = QPointF(room.left() + px(8), room.center().y())
    if candidate.correct:
        draw_ring(painter, sign, px(6), theme.good, 2)
    else:
        draw_cross(painter, sign, px(4), theme.bad)
    word, colour = (tr("right"), theme.good) if candidate.correct else (tr("wrong"), theme.bad)
    beside = room.adjusted(px(20), 0, 0, 0)
    return beside.left() + draw_text(painter, beside, word, SIZE_BODY, colour, bold=True)


def paint_fold(painter: QPainter, line: QRectF, knot: QPointF, words: str, *, folded: bool, focused: bool) -> None:
    """The line behind which hidden reasoning is folded."""
    theme = current_theme()
    rounded(painter, line, CARD_RADIUS, theme.raised, theme.muted if focused else theme.line)
    rounded(painter, QRectF(knot.x() - px(11), knot.y() - px(11), px(22), px(22)), px(11), theme.background, None)
    draw_ring(painter, knot, px(4), theme.muted)
    arrow = QRectF(line.left() + px(14), line.top(), px(16), line.height())
    draw_text(painter, arrow, "▸" if folded else "▾", SIZE_LARGE, theme.muted)
    draw_text(painter, line.adjusted(px(34), 0, -px(14), 0), words, SIZE_BODY, theme.text)
    hint = tr("click to open") if folded else tr("click to fold")
    if line.width() > px(360):
        draw_text(painter, line.adjusted(0, 0, -px(14), 0), hint, SIZE_SMALL, theme.muted, RIGHT)
