"""One column of the refine chain: a text that flows as it is written, and its changes once it is finished."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF

from engine.trace.fold import CandidateState
from engine.types import Token
from widgets.models.refine_chain import ChainLink
from widgets.models.word_changes import WordChanges, word_changes
from widgets.stage.token_flow import TokenFlow, TypeMetrics
from widgets.theme import px

PAD, HEAD, FOOT, TITLE = 14, 40, 56, 22
CHANGE_LINE = 22


class ChainColumn:
    """Where a link of the chain stands, and how its text is laid out.

    Args:
        link: What it shows.
        candidate: Who wrote it; None where only verifiers speak.
        before: The text that this one improves on; None where there is none.
        metrics: The type of the text.
        area: Its left edge and width; the rest is given by `place`.
    """

    def __init__(
        self, link: ChainLink, candidate: CandidateState | None, before: str | None, metrics: TypeMetrics, area: QRectF
    ) -> None:
        self.link, self.candidate, self.area = link, candidate, area
        self.changes: WordChanges | None = None
        self.added: set[int] = set()
        self.findings: TokenFlow | None = None
        self._before, self._metrics = before, metrics
        self._finished = False
        if link.findings:
            self.findings = self._new_flow()
            self.findings.append(link.findings)
        self.flow = self._new_flow()
        if candidate is not None:
            self.flow.put_in(candidate.prefix)
        self.take_new()

    def take_new(self) -> bool:
        """Adds the tokens that came; when the text is finished, marks what has changed. True if its height changed."""
        candidate, height = self.candidate, self.height
        if candidate is None:
            return False
        for token in candidate.tokens[self.flow.token_count :]:
            self.flow.append(token.text)
        if candidate.finished_at is not None and not self._finished:
            self._finished = True
            if self._before is not None:
                self._mark_changes(candidate.tokens, self._before)
        return self.height != height

    def fits(self, link: ChainLink, candidate: CandidateState | None, metrics: TypeMetrics, width: float) -> bool:
        """Whether it can go on with a link of the same run: what is laid out is all of it, or its beginning."""
        same = (self.link.kind, self.link.candidate, self.link.about, self.link.findings) == (
            link.kind,
            link.candidate,
            link.about,
            link.findings,
        )
        if candidate is not None:
            went_back = candidate.token_count < self.flow.token_count or (
                self._finished and candidate.finished_at is None
            )
            same = same and not went_back
        return same and metrics is self._metrics and width == self.area.width()

    def place(self, top: float, height: float) -> None:
        """Gives it its place from top to bottom; all columns have the same."""
        self.area = QRectF(self.area.left(), top, self.area.width(), height)

    @property
    def height(self) -> float:
        """How high it must be for all its text."""
        extra = px(CHANGE_LINE) if self.changes is not None else 0
        foot = px(FOOT) if self.link.is_draft or self.link.kind == "branch" else px(PAD)
        return self._text_top() + self.flow.height + extra + px(8) + foot

    @property
    def has_model_text(self) -> bool:
        """Whether a model says something in it, and not only verifiers."""
        return self.candidate is not None

    @property
    def text_origin(self) -> QPointF:
        """Where the text begins."""
        return QPointF(self.area.left() + px(PAD), self.area.top() + self._text_top())

    @property
    def findings_origin(self) -> QPointF:
        """Where the verifiers' findings begin."""
        return QPointF(self.area.left() + px(PAD), self.area.top() + px(HEAD + TITLE))

    @property
    def pen(self) -> QPointF:
        """Where the next token will stand."""
        return self.text_origin + QPointF(self.flow.pen_x, self.flow.pen_line * self.flow.metrics.line_height)

    def token_at(self, point: QPointF) -> tuple[int, QRectF] | None:
        """The token under a point of the drawing, and where it stands."""
        origin = self.text_origin
        found = self.flow.fragment_at(point.x() - origin.x(), point.y() - origin.y())
        if found is None or found.token < 0:
            return None
        return found.token, self.flow.rect(found).translated(origin)

    def _text_top(self) -> float:
        """Below the head; below the findings where there are some, and below a title where there are two voices."""
        if self.link.kind != "critique":
            return px(HEAD)
        findings = px(TITLE) + self.findings.height + px(12) if self.findings is not None else 0
        return px(HEAD) + findings + (px(TITLE) if self.has_model_text else 0)

    def _new_flow(self) -> TokenFlow:
        return TokenFlow(self._metrics, self.area.width() - 2 * px(PAD))

    def _mark_changes(self, tokens: list[Token], before: str) -> None:
        """Lays the text out again with the words that are gone where they stood."""
        self.changes = word_changes(before, "".join(token.text for token in tokens))
        self.flow, waiting, start = self._new_flow(), list(self.changes.removed), 0
        for index, token in enumerate(tokens):
            end = start + len(token.text)
            while waiting and waiting[0][0] < end:
                words = waiting.pop(0)[1]
                self.flow.put_in(f" {words}" if token.text[:1].isspace() else f"{words} ")
            inked = start + len(token.text) - len(token.text.lstrip())
            if any(first < end and inked < last for first, last in self.changes.added):
                self.added.add(index)
            self.flow.append(token.text)
            start = end
        for _, words in waiting:
            self.flow.put_in(f" {words}")
