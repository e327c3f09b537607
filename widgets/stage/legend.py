"""What the marks on the stage mean, in one quiet line below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.painting import painted
from widgets.stage.ladder_paint import entropy_colour
from widgets.stage.marks import LEFT, draw_certain, draw_cross, draw_ring, draw_star, draw_text, rounded, text_width
from widgets.theme import SIZE_TINY, THEMES, Theme, blend, current_theme, probability_mark, px, qcolor
from widgets.translation import later, tr

Legend = Literal["tokens", "lanes", "tree", "changes", ""]
Mark = Callable[[QPainter, QRectF, Theme], None]
HEIGHT, MARK, GAP, BETWEEN = 20, 14, 5, 14


class Item(NamedTuple):
    """A mark (None: a heading) of so many squares' width, and what it means."""

    mark: Mark | None
    text: str
    squares: int = 1

    @property
    def words(self) -> str:
        """What it means, in the language of the window."""
        return tr(self.text)


class StageLegend(QWidget):
    """The marks of one view. What there is no room for is left out from the end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: Sequence[Item] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        THEMES.theme_changed.connect(self.updateGeometry)
        THEMES.theme_changed.connect(self.update)

    def show_legend(self, legend: Legend) -> None:
        """Explains the marks of a view; the empty one explains nothing and takes no room."""
        items = LEGENDS[legend]
        self.setVisible(bool(items))
        if items != self._items:
            self._items = items
            self.setToolTip(tr(HINT) if items[: len(TOKENS)] == TOKENS else "")
            self.setAccessibleName(tr("Legend: {0}", ", ".join(item.words for item in items)))
            self.update()

    @property
    def words(self) -> list[str]:
        """What it says at its present width."""
        return [item.words for item in self._fitting()]

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(px(160), px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """It can be left out altogether."""
        return QSize(0, px(HEIGHT))

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the marks and their words, to the right."""
        theme, items = current_theme(), self._fitting()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x = self.width() - sum(_width(item) for item in items) + px(BETWEEN)
        for item in items:
            left = x
            if item.mark is not None:
                box = QRectF(x, (self.height() - px(MARK)) / 2, px(MARK) * item.squares, px(MARK))
                item.mark(painter, box, theme)
                left = box.right() + px(GAP)
            room = QRectF(left, 0, text_width(item.words, SIZE_TINY) + 2, self.height())
            draw_text(painter, room, item.words, SIZE_TINY, theme.muted, LEFT)
            x += _width(item)
        painter.end()

    def _fitting(self) -> Sequence[Item]:
        room, count = self.width() + px(BETWEEN), 0
        for item in self._items:
            room -= _width(item)
            if room < 0:
                break
            count += 1
        while count and self._items[count - 1].mark is None:  # a heading of nothing
            count -= 1
        return self._items[:count]


def _width(item: Item) -> float:
    mark = px(MARK) * item.squares + px(GAP) if item.mark is not None else 0
    after = px(BETWEEN) if item.mark is not None else px(GAP)
    return mark + text_width(item.words, SIZE_TINY) + after


def _probabilities(painter: QPainter, box: QRectF, theme: Theme) -> None:
    """The grounds of tokens, from the likeliest to the unlikeliest."""
    width = box.width() / len(PROBABILITIES)
    for place, probability in enumerate(PROBABILITIES):
        mark = probability_mark(probability)
        square = QRectF(box.left() + place * width, box.top() + 1, width - 2, box.height() - 2)
        rounded(painter, square, 3, mark.background or theme.surface, None if mark.background else theme.line)
        if mark.underline is not None:
            painter.fillRect(QRectF(square.left(), square.bottom() - 1.5, square.width(), 2), qcolor(mark.underline))


def _bars(painter: QPainter, box: QRectF, theme: Theme) -> None:
    """The small chart beside a thought."""
    for place, height in enumerate((0.9, 0.4, 0.65, 0.25)):
        bar = QRectF(box.left() + place * box.width() / 4, box.bottom() - 1, box.width() / 4 - 1, 0)
        painter.fillRect(bar.adjusted(0, -height * (box.height() - 2), 0, 0), qcolor(entropy_colour(theme)))


def _node(shape: str) -> Mark:
    def paint(painter: QPainter, box: QRectF, theme: Theme) -> None:
        dotted = shape == "written"
        pen = QPen(qcolor(theme.accent if dotted else theme.muted), 1.4)
        pen.setStyle(Qt.PenStyle.DotLine if dotted else Qt.PenStyle.SolidLine)
        painter.setPen(pen)
        painter.setBrush(qcolor(theme.raised))
        inner = box.adjusted(1.5, 1.5, -1.5, -1.5)
        if shape == "whole":
            painter.drawRoundedRect(inner, 3, 3)
        else:
            painter.drawEllipse(inner)
        if shape == "pruned":
            draw_cross(painter, box.center(), box.width() * 0.2, theme.muted, 1.4)

    return paint


def _word(added: bool) -> Mark:
    def paint(painter: QPainter, box: QRectF, theme: Theme) -> None:
        colour = theme.good if added else theme.bad
        if added:
            painter.fillRect(box.adjusted(0, 1, 0, -1), qcolor(blend(colour, theme.surface, 0.2)))
        y = box.bottom() - 2 if added else box.center().y()
        painter.fillRect(QRectF(box.left(), y, box.width(), 2), qcolor(colour))

    return paint


def _star(painter: QPainter, box: QRectF, theme: Theme) -> None:
    draw_star(painter, box.center(), box.width() * 0.42, theme.accent)


def _ring(painter: QPainter, box: QRectF, theme: Theme) -> None:
    draw_ring(painter, box.center(), box.width() * 0.3, theme.good, 1.6)


def _flag(painter: QPainter, box: QRectF, theme: Theme) -> None:
    draw_certain(painter, box.translated(QPointF(2, 0)), (), theme)


PROBABILITIES = (0.95, 0.8, 0.5, 0.3, 0.1)
TOKENS = (Item(None, later("Tokens: likely")), Item(_probabilities, later("unlikely"), len(PROBABILITIES)))
HINT = later(
    "How likely the model found a token: no ground above 90 %, then below 90, 65 and 40 %, underlined below 25 %."
)
LEGENDS: dict[Legend, tuple[Item, ...]] = {
    "": (),
    "tokens": (*TOKENS, Item(_bars, later("entropy of each token"))),
    "lanes": (
        *TOKENS,
        Item(_star, later("picked")),
        Item(_ring, later("right")),
        Item(_flag, later("majority certain")),
    ),
    "tree": (
        Item(_node("open"), later("thought")),
        Item(_node("whole"), later("finished text")),
        Item(_node("pruned"), later("pruned")),
        Item(_node("written"), later("being written")),
        Item(_star, later("answer")),
    ),
    "changes": (
        Item(_word(True), later("added")),
        Item(_word(False), later("removed")),
        Item(_star, later("best draft")),
    ),
}
