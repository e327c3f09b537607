"""The badge that says where what is shown comes from: live, recorded or simulated."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from widgets.painting import painted
from widgets.stage.marks import LEFT, draw_text, rounded
from widgets.theme import BOLD, SIZE_TINY, THEMES, blend, current_theme, font, px, readable
from widgets.translation import later, tr

Source = Literal["live", "paused", "recorded", "simulated", "what-if"]
_MEANING = {
    "live": later("Tokens come from the model at this moment."),
    "paused": later("The run stands still until it goes on."),
    "recorded": later("This run was recorded earlier and is played back."),
    "simulated": later("No model is at work: the tokens are made up."),
    "what-if": later("Computed anew over tokens that were generated earlier."),
}


class SourceBadge(QWidget):
    """A sign and a word: a dot for live, bars for paused, a ring for recorded, a square for simulated."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source: Source | None = None
        THEMES.theme_changed.connect(self.updateGeometry)
        THEMES.theme_changed.connect(self.update)
        self.set_source(None)

    def set_source(self, source: Source | None) -> None:
        """Says where the run comes from; None hides the badge."""
        self._source = source
        self.setVisible(source is not None)
        self.setToolTip(tr(_MEANING[source]) if source else "")
        self.setAccessibleName("" if source is None else f"{tr(source)}: {tr(_MEANING[source])}")
        self.updateGeometry()
        self.update()

    @property
    def source(self) -> Source | None:
        """What the badge says."""
        return self._source

    def sizeHint(self) -> QSize:
        """As wide as its word."""
        word = QFontMetricsF(font(SIZE_TINY, BOLD)).horizontalAdvance(tr(self._source or "").upper())
        return QSize(round(word) + px(32), px(22))

    def minimumSizeHint(self) -> QSize:
        """Never shortened: the label must be readable."""
        return self.sizeHint()

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints sign and word."""
        if self._source is None:
            return
        theme = current_theme()
        colour = {"live": theme.good, "recorded": theme.accent}.get(self._source, theme.warn)
        tint = blend(colour, theme.background, 0.14)
        ink = readable(colour, tint)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        height = px(22)
        box = QRectF(0, (self.height() - height) / 2, self.width(), height)
        rounded(painter, box, height / 2, tint, blend(colour, theme.background, 0.5))
        sign = QRectF(px(10), box.center().y() - px(4), px(8), px(8))
        match self._source:
            case "live":
                rounded(painter, sign, px(4), ink, None)
            case "paused":
                for left in (px(1), px(5)):
                    rounded(painter, QRectF(sign.left() + left, sign.top(), px(2), sign.height()), 1, ink, None)
            case "recorded":
                rounded(painter, sign, px(4), None, ink, 2)
            case "simulated":
                rounded(painter, sign, 1, ink, None)
            case "what-if":
                painter.save()
                painter.translate(sign.center())
                painter.rotate(45)
                rounded(painter, QRectF(-px(3), -px(3), px(7), px(7)), 1, ink, None)
                painter.restore()
        draw_text(painter, box.adjusted(px(23), 0, 0, 0), tr(self._source).upper(), SIZE_TINY, ink, LEFT, bold=True)
        painter.end()
