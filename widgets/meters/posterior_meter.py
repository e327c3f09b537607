"""What a Thompson sampler believed when it last chose: for each way to go on its posterior, and the value drawn."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from engine.moves import Posterior, PosteriorsSampled
from engine.trace.fold import RunState
from widgets.painting import painted
from widgets.panels.section import SectionTitle
from widgets.stage.marks import LEFT, RIGHT, draw_text
from widgets.theme import SIZE_SMALL, THEMES, blend, current_theme, px, qcolor, set_role
from widgets.translation import tr

ROW_HEIGHT = 26
MOST_ROWS = 8


class PosteriorBars(QWidget):
    """A row for each way to go on: the mean with two deviations as a band, the drawn value as a dot."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._options: tuple[Posterior, ...] = ()
        self._chosen = -1
        self.setAccessibleName(tr("Posteriors"))
        self.setToolTip(tr("The band is the mean ± 2 deviations of what it may be worth; the dot is the value drawn."))
        THEMES.theme_changed.connect(self.updateGeometry)

    def show_move(self, move: PosteriorsSampled) -> None:
        """Takes a draw; where there are many ways, those with the highest draws."""
        ranked = sorted(enumerate(move.options), key=lambda pair: -pair[1].drawn)[:MOST_ROWS]
        self._options = tuple(option for _, option in ranked)
        self._chosen = next((row for row, (place, _) in enumerate(ranked) if place == move.chosen), -1)
        spoken = [
            tr("{0}: mean {1:.2f}, drew {2:.2f}", option_words(one), one.mean, one.drawn) for one in self._options
        ]
        self.setAccessibleDescription("; ".join(spoken))
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        return QSize(220, px(ROW_HEIGHT) * len(self._options))

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the rows on one scale."""
        theme, row = current_theme(), px(ROW_HEIGHT)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        words, number = px(96), px(40)
        left, width = words, self.width() - words - number
        ends = [end for one in self._options for end in (one.mean - 2 * one.deviation, one.mean + 2 * one.deviation)]
        ends += [one.drawn for one in self._options]
        low, high = min([0.0, *ends]), max([1.0, *ends])
        place = lambda value: left + (value - low) / (high - low) * width  # noqa: E731
        for i, one in enumerate(self._options):
            middle, chosen = i * row + row / 2, i == self._chosen
            ink = theme.accent if chosen else theme.text
            text = ("▸ " if chosen else "") + option_words(one)
            draw_text(painter, QRectF(0, i * row, words - 6, row), text, SIZE_SMALL, ink, LEFT, bold=chosen)
            painter.setPen(QPen(qcolor(theme.line), 1))
            painter.drawLine(QPointF(left, middle), QPointF(left + width, middle))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(qcolor(blend(theme.accent, theme.surface, 0.35)))
            start, end = place(one.mean - 2 * one.deviation), place(one.mean + 2 * one.deviation)
            painter.drawRoundedRect(QRectF(start, middle - 4, max(2.0, end - start), 8), 4, 4)
            painter.setBrush(qcolor(theme.text))
            painter.drawRect(QRectF(place(one.mean) - 1, middle - 6, 2, 12))
            painter.setBrush(qcolor(theme.accent if chosen else theme.warn))
            painter.drawEllipse(QPointF(place(one.drawn), middle), 4, 4)
            draw_text(painter, QRectF(left + width, i * row, number, row), f"{one.drawn:.2f}", SIZE_SMALL, ink, RIGHT)


class PosteriorMeter(QWidget):
    """The newest draw of AB-MCTS, or the newest one at the selected answer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._candidate: int | None = None
        self._shown: PosteriorsSampled | None = None
        self.title, self.bars, self.note = SectionTitle(tr("Wider or deeper?")), PosteriorBars(), QLabel(wordWrap=True)
        set_role(self.note, "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self.title, self.bars, self.note):
            column.addWidget(widget)
        self.hide()

    def select(self, state: RunState, candidate: int | None) -> None:
        """Shows the newest draw at an answer; None the newest of all."""
        self._candidate = candidate
        self.show_state(state)

    def show_state(self, state: RunState) -> None:
        """Shows the newest draw of a state."""
        moves = [m.move for m in state.moves if isinstance(m.move, PosteriorsSampled)]
        here = [move for move in moves if self._candidate is not None and move.node == self._candidate]
        newest = (here or moves or [None])[-1]
        self.setVisible(newest is not None)
        if newest is None or newest is self._shown:
            return
        self._shown = newest
        words = (
            tr("Draw {0}, a new answer or an old one: the highest value drawn (dot) is what is done.", len(moves))
            if newest.node is None
            else tr(
                "Draw {0}, at answer {1}: the highest value drawn (dot) is what is done.", len(moves), newest.node + 1
            )
        )
        self.note.setText(words)
        self.bars.show_move(newest)


def option_words(option: Posterior) -> str:
    """A way to go on in a word or two."""
    if option.node is not None:
        return tr("answer {0}", option.node + 1)
    return tr("a new answer") if option.option == "wider" else tr("go deeper")
