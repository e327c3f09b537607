"""Paints the refine chain: cards, words that changed, and what a round was worth."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from engine.trace.fold import CandidateState, RunState
from widgets.models.answer_colours import answer_order
from widgets.models.candidate_words import missing_answer, status_word, written_answer
from widgets.models.refine_chain import CHANGE_SIGNS, CHANGE_WORDS, ChainLink, Change
from widgets.refine.column import CHANGE_LINE, FOOT, HEAD, PAD, TITLE, ChainColumn
from widgets.stage.marks import (
    CENTRE,
    RIGHT,
    chip_width,
    draw_chip,
    draw_cross,
    draw_ring,
    draw_star,
    draw_strip,
    draw_text,
    rounded,
    token_count_text,
)
from widgets.stage.token_flow import PUT_IN, Fragment, TokenFlow
from widgets.theme import (
    CARD_RADIUS,
    SIZE_BODY,
    SIZE_LARGE,
    SIZE_SMALL,
    Theme,
    answer_colour,
    blend,
    current_theme,
    font,
    px,
    qcolor,
    readable,
    title_font,
)
from widgets.translation import tr


def change_colour(change: Change, theme: Theme) -> str:
    """The colour of better, worse, the same; the sign and the word say it, too."""
    return {"better": theme.good, "worse": theme.bad, "same": theme.muted, "unknown": theme.muted}[change]


def paint_column(painter: QPainter, column: ChainColumn, state: RunState, shown: QRectF) -> None:
    """Paints one card with all that is on it; only the lines within `shown`."""
    theme, link = current_theme(), column.link
    line = theme.accent if link.best else theme.line
    ground = theme.surface if link.kind != "critique" else blend(theme.raised, theme.background, 0.55)
    rounded(painter, column.area, CARD_RADIUS, ground, line, 2 if link.best else 1)
    _paint_head(painter, column, theme)
    if column.findings is not None:
        _paint_title(painter, column.findings_origin, tr("Verifiers found"), theme)
        _paint_flow(painter, column.findings, column.findings_origin, shown, theme, set(), False)
    if link.kind == "critique" and column.has_model_text:
        _paint_title(painter, column.text_origin, tr("The model says"), theme)
    if link.kind == "critique" and not column.has_model_text and column.findings is None:
        nothing = QRectF(column.text_origin, column.area.bottomRight()).adjusted(0, 0, -px(PAD), 0)
        nothing.setHeight(px(20))
        draw_text(painter, nothing, tr("nothing found"), SIZE_BODY, theme.muted)
    _paint_flow(painter, column.flow, column.text_origin, shown, theme, column.added, column.changes is not None)
    if column.changes is not None:
        _paint_change_line(painter, column, theme)
    if column.candidate is not None:
        if column.candidate.status == "writing":
            _paint_caret(painter, column, theme)
        if link.kind != "critique":
            _paint_foot(painter, column, column.candidate, state, theme)


def _paint_head(painter: QPainter, column: ChainColumn, theme: Theme) -> None:
    area, link, candidate = column.area, column.link, column.candidate
    head = QRectF(area.left() + px(PAD), area.top() + px(9), area.width() - 2 * px(PAD), px(22))
    if candidate is not None:
        going = candidate.finished_at is None or candidate.status in ("stopped", "failed")
        words = status_word(candidate) if going or candidate.finish_reason == "length" else ""
        count = token_count_text(candidate.token_count) if candidate.token_count else ""
        said = "  ·  ".join(part for part in (words, count) if part)
        colour = theme.bad if candidate.status == "failed" else theme.muted
        head.setRight(head.right() - draw_text(painter, head, said, SIZE_SMALL, colour, RIGHT) - px(8))
    x = head.left() + draw_text(painter, head, link.title, SIZE_LARGE, theme.text, bold=True) + px(10)
    if link.best:
        draw_star(painter, QPointF(x + px(6), head.center().y() - 0.5), px(7), theme.accent)
        room = QRectF(x + px(17), head.top(), head.right() - x - px(17), head.height())
        if room.width() > px(30):
            draw_text(painter, room, tr("best"), SIZE_BODY, theme.accent, bold=True)


def _paint_title(painter: QPainter, below: QPointF, words: str, theme: Theme) -> None:
    painter.setFont(title_font())
    painter.setPen(qcolor(theme.muted))
    painter.drawText(below - QPointF(0, px(TITLE) - px(13)), words.upper())


def _paint_flow(
    painter: QPainter,
    flow: TokenFlow,
    origin: QPointF,
    shown: QRectF,
    theme: Theme,
    added: set[int],
    removes: bool,
) -> None:
    """Paints the lines in view. What was put in is struck through if it is what a draft before had said."""
    height = flow.metrics.line_height
    first = max(0, int((shown.top() - origin.y()) // height))
    end = max(first, min(flow.line_count, int((shown.bottom() - origin.y()) // height) + 1))
    painter.setFont(flow.metrics.font)
    shaped: set[int] = set()
    fragments = flow.fragments_of_lines(first, end)
    before: Fragment | None = None
    for fragment in fragments:
        box = flow.rect(fragment).translated(origin)
        blank = bool(fragment.text) and not fragment.text.strip()
        gone, new = fragment.token == PUT_IN and removes and not blank, fragment.token in added
        inked = box.adjusted(_lead(fragment, before, added, flow), 0, 0, 0)
        before = fragment
        if new:
            _paint_added(painter, inked, height, theme)
        if fragment.text:
            painter.setPen(qcolor(theme.muted if fragment.token == PUT_IN else theme.text))
            painter.drawText(QPointF(box.left(), box.top() + flow.metrics.baseline), fragment.text)
        elif fragment.line in flow.shaped_lines:
            shaped.add(fragment.line)
        if gone:
            _paint_struck(painter, inked, flow, theme)
    painter.setPen(qcolor(theme.text))
    for line in shaped:
        flow.shaped_lines[line][1].draw(painter, origin + QPointF(0, line * height))


def _paint_added(painter: QPainter, box: QRectF, height: int, theme: Theme) -> None:
    inset = max(1, height // 12)
    box = box.adjusted(0, inset, 0.7, -inset)  # no seam to the next token's
    painter.fillRect(box, qcolor(blend(theme.good, theme.surface, 0.2)))
    painter.fillRect(QRectF(box.left(), box.bottom() - 1, box.width(), 2), qcolor(theme.good))


def _paint_struck(painter: QPainter, box: QRectF, flow: TokenFlow, theme: Theme) -> None:
    y = box.top() + flow.metrics.baseline - flow.metrics.font.pixelSize() * 0.28
    painter.fillRect(QRectF(box.left(), y, box.width(), 1.6), qcolor(theme.bad))


def _lead(fragment: Fragment, before: Fragment | None, added: set[int], flow: TokenFlow) -> float:
    """How wide the space is that a mark begins with, and leaves out; within a mark it leaves out none."""
    goes_on = before is not None and before.line == fragment.line
    if (
        goes_on
        and before is not None
        and (before.token in added, before.token == PUT_IN)
        == (
            fragment.token in added,
            fragment.token == PUT_IN,
        )
    ):
        return 0.0
    return (len(fragment.text) - len(fragment.text.lstrip())) * flow.metrics.space


def _paint_change_line(painter: QPainter, column: ChainColumn, theme: Theme) -> None:
    """“+5 −7 words · 18 kept”: how much of the draft before is still there."""
    changes = column.changes
    assert changes is not None
    top = column.text_origin.y() + column.flow.height + px(4)
    row = QRectF(column.text_origin.x(), top, column.area.width() - 2 * px(PAD), px(CHANGE_LINE))
    if not changes.words_added and not changes.words_removed:
        draw_text(painter, row, tr("no word has changed"), SIZE_SMALL, theme.muted)
        return
    for words, colour in (
        (f"+{changes.words_added}", readable(theme.good, theme.surface)),
        (f"\N{MINUS SIGN}{changes.words_removed}", readable(theme.bad, theme.surface)),
        (tr("words · {0} kept", changes.words_kept), theme.muted),
    ):
        taken = draw_text(painter, row, words, SIZE_SMALL, colour, bold=colour != theme.muted)
        row.setLeft(row.left() + taken + px(7))


def _paint_caret(painter: QPainter, column: ChainColumn, theme: Theme) -> None:
    pen, height = column.pen, column.flow.metrics.line_height
    painter.fillRect(QRectF(pen.x() + 1, pen.y() + height * 0.12, 3, height * 0.76), qcolor(theme.accent))


def _paint_foot(
    painter: QPainter, column: ChainColumn, candidate: CandidateState, state: RunState, theme: Theme
) -> None:
    """The answer with whether it is right, and what the verifiers gave for it."""
    area = column.area
    foot = QRectF(area.left() + px(PAD), area.bottom() - px(FOOT) + px(12), area.width() - 2 * px(PAD), px(30))
    painter.fillRect(QRectF(foot.left(), foot.top() - px(10), foot.width(), 1), qcolor(theme.line))
    answer, x = written_answer(candidate), foot.left()
    if answer is None or candidate.vote is None:
        x += draw_text(painter, foot, missing_answer(candidate), SIZE_SMALL, theme.muted) + px(10)
    else:
        width = min(max(chip_width(answer), px(40)), foot.width() * 0.45)
        chip = QRectF(x, foot.center().y() - px(13), width, px(26))
        draw_chip(painter, chip, answer, answer_colour(answer_order(state).get(candidate.vote, 0)))
        x = _paint_verdict(painter, candidate, QPointF(chip.right() + px(10), foot.center().y()), foot.right(), theme)
    if column.link.judged:
        _paint_score(painter, column.link, QRectF(x, foot.top(), foot.right() - x, foot.height()), theme)


def _paint_verdict(painter: QPainter, candidate: CandidateState, at: QPointF, end: float, theme: Theme) -> float:
    """Right or wrong, as far as it is known; returns where it ends."""
    if candidate.correct is None:
        return at.x()
    sign = at + QPointF(px(6), 0)
    if candidate.correct:
        draw_ring(painter, sign, px(5), theme.good, 2)
    else:
        draw_cross(painter, sign, px(4), theme.bad)
    word, colour = (tr("right"), theme.good) if candidate.correct else (tr("wrong"), theme.bad)
    room = QRectF(sign.x() + px(11), at.y() - px(12), max(0.0, end - sign.x() - px(11)), px(24))
    return room.left() + draw_text(painter, room, word, SIZE_SMALL, colour, bold=True) + px(12)


def _paint_score(painter: QPainter, link: ChainLink, room: QRectF, theme: Theme) -> None:
    shown = tr("nobody can tell") if link.score is None else f"{link.score:.2f}"
    taken = draw_text(painter, room, shown, SIZE_SMALL, theme.muted if link.score is None else theme.text, RIGHT)
    strip = QRectF(room.left(), room.center().y() - 2.5, min(px(90), room.width() - taken - px(8)), 5)
    strip.moveRight(room.right() - taken - px(8))
    if link.score is not None and strip.width() > px(20):
        draw_strip(painter, strip, link.score, theme.good, theme.line)


def paint_passage(painter: QPainter, before: QRectF, after: QRectF, link: ChainLink) -> None:
    """The way from one card to the next. To a judged revision it says whether that one is better, and by what."""
    theme, y = current_theme(), before.top() + px(HEAD) + px(22)
    colour = blend(theme.muted, theme.background, 0.5)
    if link.change is not None:
        colour = change_colour(link.change, theme)
    left, right = before.right() + px(5), after.left() - px(6)
    painter.setPen(QPen(qcolor(colour), 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(left, y), QPointF(right, y))
    for up in (-px(4), px(4)):
        painter.drawLine(QPointF(right, y), QPointF(right - px(5), y + up))
    if link.change is None:
        return
    middle = (left + right) / 2
    disc = QRectF(middle - px(15), y - px(15), px(30), px(30))
    tint = blend(colour, theme.background, 0.18)
    rounded(painter, disc, px(15), tint, colour, 1.6)
    draw_text(painter, disc, CHANGE_SIGNS[link.change], SIZE_LARGE, readable(colour, tint), CENTRE, bold=True)
    word = QRectF(before.right(), disc.bottom() + px(5), after.left() - before.right(), px(18))
    draw_text(
        painter, word, tr(CHANGE_WORDS[link.change]), SIZE_BODY, readable(colour, theme.background), CENTRE, bold=True
    )
    numbers = f"{_number(link.score_before)} → {_number(link.score)}"
    draw_text(painter, word.translated(0, px(19)), numbers, SIZE_SMALL, theme.muted, CENTRE)


def paint_way_down(painter: QPainter, draft: QRectF, critique: QRectF) -> None:
    """From a draft to what is wrong with it."""
    theme, x = current_theme(), draft.left() + px(PAD) + px(8)
    painter.setPen(
        QPen(qcolor(blend(theme.muted, theme.background, 0.5)), 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
    )
    tip = QPointF(x, critique.top() - px(5))
    painter.drawLine(QPointF(x, draft.bottom() + px(5)), tip)
    for aside in (-px(4), px(4)):
        painter.drawLine(tip, tip + QPointF(aside, -px(5)))


def _number(score: float | None) -> str:
    return "?" if score is None else f"{score:.2f}"


def paint_end(painter: QPainter, area: QRectF, reason: str, choice: str, failed: bool) -> None:
    """The last card: why it stopped, and which draft is the answer."""
    theme = current_theme()
    colour = theme.bad if failed else theme.muted
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(qcolor(theme.line), 1.4, Qt.PenStyle.DashLine))
    painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), CARD_RADIUS, CARD_RADIUS)
    inner = area.adjusted(px(PAD), px(9), -px(PAD), -px(PAD))
    head = QRectF(inner.left(), inner.top(), inner.width(), px(22))
    sign = QRectF(head.left(), head.center().y() - px(5), px(10), px(10))
    rounded(painter, sign, 2, colour, None)
    title = tr("Failed") if failed else tr("The end")
    draw_text(painter, head.adjusted(px(18), 0, 0, 0), title, SIZE_LARGE, theme.text, bold=True)
    y = head.bottom() + px(9)
    for words, ink in ((reason, theme.text), (choice, theme.muted)):
        y = _paint_words(painter, QRectF(inner.left(), y, inner.width(), inner.bottom() - y), words, ink) + px(10)


def _paint_words(painter: QPainter, room: QRectF, words: str, ink: str) -> float:
    painter.setFont(font(SIZE_BODY))
    painter.setPen(qcolor(ink))
    flags = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop)
    taken = painter.boundingRect(room, flags, words)
    painter.drawText(room, flags, words)
    return taken.bottom()
