"""What all forms of a lane have in common: one candidate, drawn step by step onto a pixmap of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPixmap

from engine.trace.fold import CandidateState
from widgets.stage.token_flow import TypeMetrics
from widgets.stage.token_paint import token_step
from widgets.theme import AnswerColour, Theme, blend, qcolor
from widgets.theme_colours import OKABE_ITO, answer_shades


@dataclass(frozen=True, slots=True, eq=False)
class LaneStyle:
    """What lanes look like at one moment; a new style means that every lane is drawn anew.

    `answers` maps votes to colour indices and grows in place. `span` is the number of tokens that fill a strip.
    `certain` is the candidate whose arrival made the majority certain, `why_stopped` why others were ended early.
    """

    theme: Theme
    ratio: float
    text: TypeMetrics
    answers: dict[str, int]
    verifiers: tuple[str, ...]
    span: int
    certain: int | None = None
    why_stopped: str = ""

    def answer_colour(self, vote: str | None) -> AnswerColour | None:
        """The colours of a vote, once it has one."""
        index = self.answers.get(vote) if vote is not None else None
        return None if index is None else answer_shades(index, self.theme.surface)

    def step_colour(self, step: int) -> QColor:
        """The colour of a token's bar in a strip."""
        return _step_colours(self.theme)[step]


@lru_cache(maxsize=8)
def _step_colours(theme: Theme) -> tuple[QColor, ...]:
    amber, vermilion = OKABE_ITO[1], OKABE_ITO[4]
    calm = blend(theme.muted, theme.surface, 0.5)
    return tuple(qcolor(c) for c in (calm, blend(amber, theme.surface, 0.6), amber, vermilion, vermilion))


class Lane:
    """One candidate on a pixmap. Subclasses draw all of it (`_paint_all`) or what is new (`_paint_new`)."""

    def __init__(self, candidate: CandidateState) -> None:
        self.candidate = candidate
        self.pixmap = QPixmap()
        self.stale = True
        self.size = QSize()
        self.steps: list[int] = []
        self._style: LaneStyle | None = None
        self._look: tuple[object, ...] = ()

    @property
    def style(self) -> LaneStyle:
        """The style it was last drawn in."""
        assert self._style is not None
        return self._style

    def render(self, style: LaneStyle, size: QSize) -> None:
        """Brings the pixmap up to date."""
        look = self._current_look(style)
        if style is not self._style or size != self.size or look != self._look or len(self.steps) > self._token_count:
            self._style, self.size, self._look = style, size, look
            self._renew(style, size)
        elif len(self.steps) < self._token_count:
            self._add_new()
        self.stale = False

    def caret(self) -> QRectF | None:
        """Where the next token will appear, while it is being written."""
        return None

    def token_at(self, point: QPointF) -> int | None:
        """The token under a point of the lane."""
        return None

    def token_rect(self, token: int) -> QRectF:
        """Where a token stands in the lane, as far as it can be seen."""
        return QRectF()

    @property
    def hides_text(self) -> bool:
        """Whether there is more text than the lane shows."""
        return True

    @property
    def _token_count(self) -> int:
        return len(self.candidate.tokens)

    def _current_look(self, style: LaneStyle) -> tuple[object, ...]:
        c = self.candidate
        return (c.status, c.picked, c.correct, c.vote, style.answers.get(c.vote or ""), c.mix, len(c.scores))

    def _take_new_steps(self) -> range:
        first = len(self.steps)
        self.steps.extend(token_step(token) for token in self.candidate.tokens[first:])
        return range(first, len(self.steps))

    def _renew(self, style: LaneStyle, size: QSize) -> None:
        device = QSize(round(size.width() * style.ratio), round(size.height() * style.ratio))
        if self.pixmap.size() != device:
            self.pixmap = QPixmap(device)
            self.pixmap.setDevicePixelRatio(style.ratio)
        self.pixmap.fill(style.theme.background)
        self.steps = []
        self._take_new_steps()
        painter = self.begin()
        self._paint_all(painter)
        painter.end()

    def _add_new(self) -> None:
        new = self._take_new_steps()
        painter = self.begin()
        self._paint_new(painter, new)
        painter.end()

    def begin(self) -> QPainter:
        """A painter on the pixmap."""
        painter = QPainter(self.pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return painter

    def _paint_all(self, painter: QPainter) -> None:
        raise NotImplementedError

    def _paint_new(self, painter: QPainter, new: range) -> None:
        raise NotImplementedError
