"""The question that the run on the stage answers."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.painting import painted
from widgets.plain_tooltip import plain
from widgets.stage.marks import draw_text
from widgets.theme import BOLD, SIZE_LARGE, THEMES, current_theme, font, px, qcolor
from widgets.translation import tr

HEIGHT, MOST_LINES = 32, 3
LEAST = 60  # pixels


class Headline(QWidget):
    """One line where it fits, up to three where it does not; the tooltip has all of it.

    The set-up panel holds the question of the next run, so that of the run in view has to be said beside its tokens.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        THEMES.theme_changed.connect(self._fit)
        self._fit()

    @property
    def text(self) -> str:
        """The whole question."""
        return self._text

    def set_text(self, text: str) -> bool:
        """Shows a question, and returns whether it is another one; the same one again costs nothing."""
        if text == self._text:
            return False
        self._text = text
        self.setToolTip(plain(text))
        self.setAccessibleName(tr("Question: {0}", text) if text else "")
        self._fit()
        return True

    def sizeHint(self) -> QSize:
        """As wide as the question."""
        return QSize(round(self._metrics().horizontalAdvance(self._text)) + 2, px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """The beginning of it; in large type it breaks into lines rather than make the window wider."""
        return QSize(LEAST, px(HEIGHT))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Takes as many lines as the question needs in another width."""
        super().resizeEvent(event)
        self._fit()

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the question; what three lines do not hold is shortened."""
        painter, room = QPainter(self), QRectF(self.rect())
        if self._lines() == 1:
            draw_text(painter, room, self._text, SIZE_LARGE, current_theme().text, bold=True)
        else:
            painter.setFont(font(SIZE_LARGE, BOLD))
            painter.setPen(qcolor(current_theme().text))
            painter.drawText(room, int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter), self._shown())
        painter.end()

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(font(SIZE_LARGE, BOLD))

    def _lines(self, text: str | None = None) -> int:
        room = QRectF(0, 0, max(1, self.width()), 100_000)
        text = self._text if text is None else text
        height = self._metrics().boundingRect(room, int(Qt.TextFlag.TextWordWrap), text).height()
        return max(1, round(height / self._metrics().lineSpacing()))

    def _shown(self) -> str:
        words = self._text.split(" ")
        if self._lines() <= MOST_LINES:
            return self._text
        low, high = 1, len(words)
        while low < high:
            middle = (low + high + 1) // 2
            if self._lines(" ".join(words[:middle]) + "…") <= MOST_LINES:
                low = middle
            else:
                high = middle - 1
        return " ".join(words[:low]) + "…"

    def _fit(self) -> None:
        lines = min(self._lines(), MOST_LINES)
        self.setFixedHeight(max(px(HEIGHT), round(lines * self._metrics().lineSpacing()) + px(6)))
        self.updateGeometry()
        self.update()
