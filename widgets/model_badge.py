"""The model in one line: what it is, where it computes, and whether it is there."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from engine.events import ModelReport
from widgets.painting import painted
from widgets.theme import MEDIUM, THEMES, current_theme, font, px, qcolor
from widgets.translation import later, tr, tr_n

Dot = Literal["good", "warn", "bad", "muted"]
GAP, PAD, DOT = 8, 10, 4
SIMULATED_HELP = later("Texts that are made up with known odds, to try everything without a model; always labelled.")


class ModelBadge(QToolButton):
    """A dot, the model's name and a few facts; the name stays whole when the place is short."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dot: Dot = "muted"
        self._name, self._facts, self._short = tr("No model"), "", False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        THEMES.theme_changed.connect(self.updateGeometry)
        self.show_words("muted", tr("No model"), "")

    @property
    def words(self) -> str:
        """All that the badge says."""
        return " · ".join(part for part in (self._name, self._facts) if part)

    def show_report(self, report: ModelReport) -> None:
        """Shows a model that is loaded. Amber when it runs in safe mode or on fewer GPU layers than asked for."""
        asked = report.layers_total if report.layers_asked < 0 else min(report.layers_asked, report.layers_total)
        short = report.gpu_supported and report.layers_on_gpu < asked
        hint = tr("A build for the GPU comes with: {0}", report.gpu_hint) if report.gpu_hint else ""
        self.show_words("warn" if report.safe_mode or short else "good", report.name, report_facts(report), hint)

    def show_words(self, dot: Dot, name: str, facts: str, hint: str = "") -> None:
        """Shows any state in words; the dot's colour never says more than they do. `hint` is for the tooltip."""
        self._dot, self._name, self._facts = dot, name, facts
        self.setToolTip("\n".join(line for line in (self.words, hint, tr("Click for the whole load report.")) if line))
        self.setAccessibleName(tr("Model: {0}", self.words))
        self.updateGeometry()
        self.update()

    def set_short(self, short: bool) -> None:
        """Leaves the facts to the tooltip and the report, for presenting."""
        self._short = short
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Wide enough for everything."""
        if self._short:
            return self.minimumSizeHint()
        return QSize(self._name_width() + self._facts_width() + px(2 * PAD + 3 * GAP + 2 * DOT), px(30))

    def minimumSizeHint(self) -> QSize:
        """Wide enough for the name."""
        return QSize(self._name_width() + px(2 * PAD + 2 * GAP + 2 * DOT), px(30))

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws dot, name and facts; the facts are cut where there is no room."""
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focused = self.hasFocus() and bool(self.property("keyboardFocus"))
        if self.underMouse() or focused:
            painter.setPen(QPen(qcolor(theme.accent), 2) if focused else Qt.PenStyle.NoPen)
            painter.setBrush(qcolor(theme.hover))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        x, middle = float(px(PAD)), self.height() / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(qcolor(getattr(theme, self._dot)))
        painter.drawEllipse(QPointF(x + px(DOT), middle), px(DOT), px(DOT))
        x += px(2 * DOT + GAP)
        painter.setPen(qcolor(theme.text))
        painter.setFont(font(weight=MEDIUM))
        painter.drawText(QRectF(x, 0, self.width(), self.height()), Qt.AlignmentFlag.AlignVCenter, self._name)
        if self._short:
            return
        x += self._name_width() + px(GAP)
        painter.setPen(qcolor(theme.muted))
        painter.setFont(font())
        room = int(self.width() - x - px(PAD))
        facts = painter.fontMetrics().elidedText(self._facts, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(x, 0, room, self.height()), Qt.AlignmentFlag.AlignVCenter, facts)

    def _name_width(self) -> int:
        return QFontMetrics(font(weight=MEDIUM)).horizontalAdvance(self._name) + 2

    def _facts_width(self) -> int:
        return QFontMetrics(font()).horizontalAdvance(self._facts) + 2


def report_facts(report: ModelReport) -> str:
    """The facts that fit into one line; how many layers really are on the GPU always among them.

    Of a simulated model there is one: nothing is quantised, and no device computes.
    """
    if report.architecture == "simulated":
        return tr("simulated")
    threads = tr_n("{0} thread", "{0} threads", report.n_threads)
    parts = [
        tr("safe mode") if report.safe_mode else "",
        report.quantization,
        f"{report.device}, {threads}",
        tr("{0} of {1} layers on GPU", report.layers_on_gpu, report.layers_total)
        if report.gpu_supported
        else tr("no GPU in this build"),
    ]
    return " · ".join(part for part in parts if part)
