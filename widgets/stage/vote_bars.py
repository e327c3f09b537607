"""Votes as bars: who agrees with whom, and what the majority and a perfect verifier would say."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEasingCurve, QPointF, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.trace.fold import RunState
from widgets.models.answer_colours import answer_order
from widgets.models.certainty import vote_certainty
from widgets.painting import painted
from widgets.stage.marks import RIGHT, draw_check, draw_text, rounded
from widgets.theme import (
    BOLD,
    MOTION_MS,
    SIZE_BODY,
    SIZE_SMALL,
    THEMES,
    answer_colour,
    current_theme,
    font,
    px,
    qcolor,
)
from widgets.translation import tr, tr_n

MOST_ROWS = 7
MOST_NAMED = 3  # answers in a sentence
ROW = 24


@dataclass(frozen=True, slots=True)
class VoteRow:
    """One answer: how often it was given, in which colour, and whether it is right (None: not known)."""

    vote: str
    answer: str
    count: int
    colour: int
    correct: bool | None


class VoteBars(QWidget):
    """Bars of the answers, most frequent first; their lengths move to new values. A click says whose bar it was."""

    vote_clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[VoteRow] = []
        self._more = 0
        self._sentence = ""
        self._lengths: dict[str, float] = {}
        self._from: dict[str, float] = {}
        self._reduce_motion = False
        self._motion = QVariantAnimation(self, duration=MOTION_MS, startValue=0.0, endValue=1.0)
        self._motion.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._motion.valueChanged.connect(self._on_motion)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(tr("Votes"))
        self.setToolTip(
            tr("How many candidates gave each answer. A click shows only those that gave it, or all again.")
        )
        THEMES.theme_changed.connect(self._on_theme_changed)
        self.set_votes(RunState())

    @property
    def rows(self) -> list[VoteRow]:
        """The answers that are shown, most frequent first."""
        return list(self._rows)

    @property
    def sentence(self) -> str:
        """What follows from the votes, in words."""
        return self._sentence

    def set_reduce_motion(self, reduce: bool) -> None:
        """Bars take their lengths at once."""
        self._reduce_motion = reduce

    def set_votes(self, state: RunState) -> None:
        """Takes the votes of a run as they stand; cheap when nothing has changed."""
        rows, sentence = vote_rows(state), vote_sentence(state)
        if rows == self._rows and sentence == self._sentence:
            return
        self._more = max(0, len(rows) - MOST_ROWS)
        self._rows, self._sentence = rows, sentence
        self._from = {row.vote: self._lengths.get(row.vote, 0.0) for row in rows}
        self._motion.stop()
        if self._reduce_motion or not self.isVisible():
            self._on_motion(1.0)
        else:
            self._motion.start()
        said = ", ".join(f"{row.answer}: {row.count}" for row in rows[:MOST_ROWS])
        self.setAccessibleDescription(f"{said}. {sentence}" if rows else sentence)
        self.updateGeometry()
        self.setMinimumHeight(self.heightForWidth(self.width()))
        self.update()

    def hasHeightForWidth(self) -> bool:
        """The sentence below may need two lines."""
        return True

    def heightForWidth(self, width: int) -> int:
        """All rows and the sentence."""
        room = QRectF(0, 0, max(1, width), 1000)
        flags = int(Qt.TextFlag.TextWordWrap)
        words = QFontMetricsF(font(SIZE_SMALL)).boundingRect(room, flags, self._sentence or " ").height()
        rows = len(self._rows[:MOST_ROWS]) + (self._more > 0)
        return rows * px(ROW) + px(6) + round(words) + px(2)

    def sizeHint(self) -> QSize:
        """A narrow panel's width."""
        return QSize(px(240), self.heightForWidth(px(240)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps room for the sentence in another width."""
        super().resizeEvent(event)
        self.setMinimumHeight(self.heightForWidth(self.width()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Says whose bar was clicked."""
        row = int(event.position().y() // px(ROW))
        if event.button() == Qt.MouseButton.LeftButton and row < len(self._rows[:MOST_ROWS]):
            self.vote_clicked.emit(self._rows[row].vote)
        else:
            super().mousePressEvent(event)

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints rows and sentence."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shown = self._rows[:MOST_ROWS]
        label = self._label_width(shown)
        for i, row in enumerate(shown):
            self._paint_row(painter, row, QRectF(0, i * px(ROW), self.width(), px(ROW)), label)
        y = len(shown) * px(ROW)
        theme = current_theme()
        if self._more:
            others = sum(row.count for row in self._rows[MOST_ROWS:])
            answers = tr_n("{0} other answer", "{0} other answers", self._more)
            words = f"{answers}, " + tr_n("{0} vote", "{0} votes", others)
            draw_text(painter, QRectF(0, y, self.width(), px(ROW)), words, SIZE_SMALL, theme.muted)
            y += px(ROW)
        painter.setFont(font(SIZE_SMALL))
        painter.setPen(qcolor(theme.muted))
        below = QRectF(0, y + px(6), self.width(), self.height() - y - px(6))
        painter.drawText(below, int(Qt.TextFlag.TextWordWrap), self._sentence)
        painter.end()

    def _label_width(self, rows: list[VoteRow]) -> float:
        metrics = QFontMetricsF(font(SIZE_BODY, BOLD))
        widest = max((metrics.horizontalAdvance(row.answer) for row in rows), default=0.0)
        return min(max(widest, px(22)), self.width() * 0.34)

    def _paint_row(self, painter: QPainter, row: VoteRow, area: QRectF, label: float) -> None:
        theme, colour = current_theme(), answer_colour(row.colour)
        name = QRectF(area.left(), area.top(), label, area.height())
        draw_text(painter, name, row.answer, SIZE_BODY, theme.text, RIGHT, bold=True)
        end = px(30) + (px(18) if any(r.correct for r in self._rows) else 0)
        track = QRectF(label + px(8), area.center().y() - px(8), area.width() - label - px(8) - end, px(16))
        rounded(painter, track, 4, theme.raised, None)
        length = track.width() * self._lengths.get(row.vote, 0.0)
        if length > 0:
            bar = QRectF(track.left(), track.top(), max(length, 6.0), track.height())
            rounded(painter, bar, 4, colour.line, None)
        count = QRectF(track.right() + px(8), area.top(), px(26), area.height())
        draw_text(painter, count, str(row.count), SIZE_BODY, theme.text)
        if row.correct:
            draw_check(painter, QPointF(area.right() - px(8), area.center().y()), px(5), theme.good)

    def _on_motion(self, progress: float) -> None:
        total = max(1, sum(row.count for row in self._rows))
        for row in self._rows:
            start = self._from.get(row.vote, 0.0)
            self._lengths[row.vote] = start + (row.count / total - start) * progress
        self.update()

    def _on_theme_changed(self) -> None:
        self.updateGeometry()
        self.update()


def vote_rows(state: RunState) -> list[VoteRow]:
    """The votes of a run as rows, most frequent first."""
    order = answer_order(state)
    rows = []
    for vote in state.votes:
        correct = next((state.candidates[i].correct for i in vote.candidates), None)
        answer = " ".join(vote.answer.split())
        rows.append(VoteRow(vote.vote, answer, len(vote.candidates), order.get(vote.vote, 0), correct))
    return rows


def vote_sentence(state: RunState) -> str:
    """What the majority and a perfect verifier say, as far as it is known."""
    if not state.votes:
        return tr("Nobody has voted.") if state.status in ("finished", "failed") else tr("No votes yet.")
    over = all(candidate.finished_at is not None for candidate in state.candidates.values())
    most = [vote for vote in state.votes if vote.weight == state.votes[0].weight]
    if len(most) > 1:
        named, more = [vote.answer for vote in most[:MOST_NAMED]], len(most) - MOST_NAMED
        last = named.pop() if more <= 0 else tr("{0} more", more)
        tied = tr("{0} and {1}", ", ".join(named), last)
        first = tr("{0} are level; {1} came first.", tied, most[0].answer)
    else:
        words = tr("Majority would have said {0}.") if over else tr("Majority so far says {0}.")
        first = words.format(most[0].answer)
        certainty = vote_certainty(state)
        if certainty is not None:
            first += f" {certainty.words}"
    perfect = state.perfect_pick
    if perfect is not None:
        return f"{first} " + tr("A perfect verifier says {0}.", state.candidates[perfect].answer)
    known = any(candidate.correct is False for candidate in state.candidates.values())
    none = tr("No candidate is right.") if over else tr("No candidate is right yet.")
    return f"{first} {none}" if known else first
