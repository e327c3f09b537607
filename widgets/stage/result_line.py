"""The result in one large line above the lanes, for when the meters are away: the answer, and who voted for what."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.trace.fold import RunState
from widgets.models.answer_colours import answer_order
from widgets.painting import painted
from widgets.stage.marks import RIGHT, chip_width, draw_chip, draw_cross, draw_ring, draw_star, draw_text
from widgets.stage.vote_bars import VoteRow, vote_rows
from widgets.theme import BOLD, SIZE_BODY, SIZE_HEAD, SIZE_LARGE, THEMES, answer_colour, current_theme, font, px
from widgets.translation import tr

HEIGHT = 38
CHIP, SMALL_CHIP, GAP = 32, 26, 8


class ResultLine(QWidget):
    """The picked answer with its verdict on the left, the votes on the right as far as there is room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = RunState()
        self._rows: list[VoteRow] = []
        self._shown: object = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Result"))
        THEMES.theme_changed.connect(self.updateGeometry)
        THEMES.theme_changed.connect(self.update)

    def show_state(self, state: RunState) -> None:
        """Takes the answer and the votes as they stand; cheap when nothing has changed."""
        self._state = state
        rows = vote_rows(state)
        shown = (state.answer, state.status, rows)
        if shown == self._shown:
            return
        self._shown, self._rows = shown, rows
        votes = ", ".join(tr("{0}: {1} votes", row.answer, row.count) for row in rows)
        self.setAccessibleDescription(". ".join(part for part in (self._words(), votes) if part))
        self.update()

    def sizeHint(self) -> QSize:
        """One line of large type."""
        return QSize(px(320), px(HEIGHT))

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the answer, then the votes in the room that is left."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = self._paint_answer(painter)
        self._paint_votes(painter, left + px(24))
        painter.end()

    def _paint_answer(self, painter: QPainter) -> float:
        """Where it ends."""
        theme, picked, middle = current_theme(), self._state.answer, self.height() / 2
        if picked is None or picked.answer is None:
            return draw_text(painter, QRectF(self.rect()), self._words(), SIZE_LARGE, theme.muted)
        answer = " ".join(picked.answer.split())
        draw_star(painter, QPointF(px(10), middle), px(9), theme.accent)
        left = float(px(28))
        width = min(max(chip_width(answer, SIZE_HEAD), px(CHIP) * 1.6), self.width() * 0.4)
        chip = QRectF(left, middle - px(CHIP) / 2, width, px(CHIP))
        candidate = self._state.candidates.get(picked.candidate) if picked.candidate is not None else None
        vote = candidate.vote if candidate is not None and candidate.vote is not None else ""
        draw_chip(painter, chip, answer, answer_colour(answer_order(self._state).get(vote, 0)), SIZE_HEAD)
        left = chip.right() + px(14)
        if picked.correct is None:
            return left
        sign, colour = QPointF(left + px(7), middle), theme.good if picked.correct else theme.bad
        if picked.correct:
            draw_ring(painter, sign, px(6), colour, 2)
        else:
            draw_cross(painter, sign, px(5), colour, 2)
        left += px(22)
        room = QRectF(left, 0, self.width() - left, self.height())
        return left + draw_text(painter, room, self._words(), SIZE_LARGE, colour, bold=True)

    def _paint_votes(self, painter: QPainter, left: float) -> None:
        theme, middle, right = current_theme(), self.height() / 2, float(self.width())
        metrics = QFontMetricsF(font(SIZE_LARGE, BOLD))
        widths = []
        for row in self._rows:
            chip = min(max(chip_width(row.answer), px(SMALL_CHIP) * 1.6), px(120))
            width = chip + px(GAP) + metrics.horizontalAdvance(str(row.count)) + px(20)
            if sum(wide for _, wide in widths) + width > right - left:
                break
            widths.append((chip, width))
        x = right + px(20) - sum(width for _, width in widths)
        label = QRectF(left, 0, x - left - px(12), self.height())
        if widths and label.width() > px(48):
            hidden = len(self._rows) - len(widths)
            words = tr("votes, {0} more not shown", hidden) if hidden else tr("votes")
            draw_text(painter, label, words, SIZE_BODY, theme.muted, RIGHT)
        for row, (chip, width) in zip(self._rows, widths, strict=False):
            rect = QRectF(x, middle - px(SMALL_CHIP) / 2, chip, px(SMALL_CHIP))
            draw_chip(painter, rect, row.answer, answer_colour(row.colour))
            count = QRectF(rect.right() + px(GAP), 0, width, self.height())
            draw_text(painter, count, str(row.count), SIZE_LARGE, theme.text, bold=True)
            x += width

    def _words(self) -> str:
        picked, setup = self._state.answer, self._state.start.setup if self._state.start is not None else None
        if picked is None or picked.answer is None:
            return tr("No answer yet") if self._state.status in ("running", "paused") else tr("No answer was found")
        if picked.correct is None:
            return ""
        right = setup.problem.answer if setup is not None else None
        so_far = " " + tr("so far") if self._state.status in ("running", "paused") else ""
        return (
            tr("right{0}", so_far)
            if picked.correct
            else tr("wrong{0}, the answer is {1}", so_far, right or tr("another"))
        )
