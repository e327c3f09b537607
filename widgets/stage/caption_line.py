"""The spotlight of presenting: the phases with the one of this moment, and below them what happens, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.painting import painted
from widgets.stage.marks import CENTRE, draw_text, rounded, text_width
from widgets.theme import BOLD, SIZE_LARGE, SIZE_SMALL, THEMES, current_theme, font, px, qcolor, readable
from widgets.translation import tr

LINES, GAP, PAD, WORD_HEIGHT = 2, 8, 12, 22


class CaptionLine(QWidget):
    """Room for two lines of large type, so that nothing above it moves when the sentence is longer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = ""
        self._phases: Sequence[str] = ()
        self._now = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("What happens now"))
        THEMES.theme_changed.connect(self._on_theme_changed)

    def show_words(self, words: str, phases: Sequence[str], now: str) -> None:
        """Shows a sentence, and which of the phases it belongs to."""
        if (words, tuple(phases), now) != (self.words, tuple(self._phases), self._now):
            self.words, self._phases, self._now = words, tuple(phases), now
            self.setAccessibleDescription(f"{tr(now)}: {words}" if now else words)
            self.update()

    def sizeHint(self) -> QSize:
        """A row of phases and two lines."""
        lines = QFontMetricsF(font(SIZE_LARGE, BOLD)).lineSpacing() * LINES
        return QSize(px(400), round(lines) + px(WORD_HEIGHT + GAP + 2 * PAD))

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the phases and the sentence."""
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), qcolor(theme.surface))
        painter.fillRect(QRectF(0, 0, self.width(), 1), qcolor(theme.line))
        self._paint_phases(painter)
        top = px(PAD + WORD_HEIGHT + GAP)
        room = QRectF(px(24), top, self.width() - px(48), self.height() - top - px(PAD))
        painter.setFont(font(SIZE_LARGE, BOLD))
        painter.setPen(qcolor(theme.text))
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(room, int(flags), self.words)

    def _paint_phases(self, painter: QPainter) -> None:
        theme, widths = current_theme(), [text_width(tr(p), SIZE_SMALL, bold=True) + px(20) for p in self._phases]
        x = (self.width() - sum(widths) - px(GAP) * max(0, len(widths) - 1)) / 2
        for phase, width in zip(self._phases, widths, strict=True):
            box, now = QRectF(x, px(PAD), width, px(WORD_HEIGHT)), phase == self._now
            if now:
                rounded(painter, box, box.height() / 2, theme.accent, None)
            ink = theme.on_accent if now else readable(theme.muted, theme.surface)
            draw_text(painter, box, tr(phase), SIZE_SMALL, ink, CENTRE, bold=now)
            x += width + px(GAP)

    def _on_theme_changed(self) -> None:
        self.updateGeometry()
        self.update()
