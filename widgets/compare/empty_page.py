"""Before anybody takes part: what a comparison is for, and contests that are ready."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from widgets.painting import painted
from widgets.stage.marks import draw_text, rounded, text_width
from widgets.theme import (
    CARD_RADIUS,
    SIZE_HEAD,
    SIZE_LARGE,
    SIZE_SMALL,
    THEMES,
    blend,
    current_theme,
    font,
    px,
    qcolor,
    set_kind,
    set_role,
)
from widgets.translation import later, tr

Offer = tuple[str, str, str]  # key, title, one sentence of help
WIDTH, HEIGHT, PAD = 320, 84, 16
LEAD = later("Two to four set-ups answer the same question at equal budgets. Start with a ready contest:")


class OfferCard(QAbstractButton):
    """A contest as a button: its title, and what it shows."""

    def __init__(self, title: str, help_text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(title)
        self._help = help_text
        self.setAccessibleName(title)
        self.setAccessibleDescription(help_text)
        self.setToolTip(help_text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        THEMES.theme_changed.connect(self.updateGeometry)
        THEMES.theme_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Room for a title and two lines, or as many as there are."""
        flags, room = int(Qt.TextFlag.TextWordWrap), QRectF(0, 0, px(WIDTH - 2 * PAD), px(1000))
        lines = QFontMetricsF(font(SIZE_SMALL)).boundingRect(room, flags, self._help).height()
        return QSize(px(WIDTH), max(px(HEIGHT), px(38) + round(lines) + px(10)))

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the card."""
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        near = self.underMouse() or self.isDown()
        line = theme.accent if self.hasFocus() or near else theme.line
        fill = blend(theme.accent, theme.surface, 0.06) if near else theme.surface
        rounded(painter, QRectF(self.rect()), CARD_RADIUS, fill, line, 2 if self.hasFocus() else 1)
        inner = QRectF(self.rect()).adjusted(px(PAD), px(12), -px(PAD), -px(12))
        head = QRectF(inner.left(), inner.top(), inner.width(), px(22))
        draw_text(painter, head, self.text(), SIZE_LARGE, theme.text, bold=True)
        painter.setFont(font(SIZE_SMALL))
        painter.setPen(qcolor(theme.muted))
        below = inner.adjusted(0, px(26), 0, px(6))
        painter.drawText(below, int(Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap), self._help)
        painter.end()


class EmptyPage(QWidget):
    """What to do first."""

    chosen = Signal(str)
    add_requested = Signal()

    def __init__(self, offers: Sequence[Offer], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: dict[str, OfferCard] = {}
        self.add_button = QPushButton(tr("Add the set-up as it stands"))
        self._title, self._lead, self._or = (
            QLabel(tr("Let set-ups race")),
            QLabel(tr(LEAD)),
            QLabel(tr("or choose the first yourself:")),
        )
        self._build(offers)
        self._fit()
        THEMES.theme_changed.connect(self._fit)

    def _build(self, offers: Sequence[Offer]) -> None:
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for label in (self._lead, self._or):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            set_role(label, "muted")
        self.add_button.setToolTip(tr("The set-up on the left takes part: strategy, verifiers, sampling and model."))
        set_kind(self.add_button, "normal")
        self.add_button.clicked.connect(self.add_requested)
        grid = QGridLayout()
        grid.setSpacing(12)
        for i, (key, title, help_text) in enumerate(offers):
            card = self.cards[key] = OfferCard(title, help_text)
            card.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
            grid.addWidget(card, i // 2, i % 2)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch(2)
        column.addWidget(self._title)
        column.addWidget(self._lead)
        column.addSpacing(12)
        column.addLayout(grid)
        column.setAlignment(grid, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(12)
        column.addWidget(self._or)
        column.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)

    def _fit(self) -> None:
        self._title.setFont(font(SIZE_HEAD))
        self._title.setStyleSheet(f"font-size: {px(SIZE_HEAD)}px; font-weight: 600;")
        self._title.setMinimumWidth(round(text_width(self._title.text(), SIZE_HEAD)))
