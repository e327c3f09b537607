"""The cell of a run's name in the table of runs: the name or question, and below it what that leaves open."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from widgets.panels.history_model import BELOW_ROLE, SIMULATED_ROLE
from widgets.stage.marks import LEFT, draw_text, rounded, text_width
from widgets.theme import SIZE_BODY, SIZE_TINY, current_theme, px, qcolor, readable
from widgets.translation import tr


class RunCell(QStyledItemDelegate):
    """One line, or two where there is more to say: that the run was simulated, and the question behind a name."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paints it."""
        self.initStyleOption(option, index)
        style = option.widget.style() if option.widget is not None else QApplication.style()
        inset = _inset(style, option)
        words, option.text = option.text, ""
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        below, simulated = str(index.data(BELOW_ROLE)), bool(index.data(SIMULATED_ROLE))
        theme, rect = current_theme(), QRectF(option.rect).adjusted(inset, 0, -inset, 0)
        ink = (index.data(Qt.ItemDataRole.ForegroundRole) or qcolor(theme.text)).name()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if below or simulated:
            middle = rect.center().y() + px(2)
            draw_text(
                painter, QRectF(rect.left(), rect.top(), rect.width(), middle - rect.top()), words, SIZE_BODY, ink
            )
            ground = theme.accent_soft if option.state & QStyle.StateFlag.State_Selected else theme.surface
            self._paint_below(painter, QRectF(rect.left(), middle, rect.width(), px(14)), below, simulated, ground)
        else:
            draw_text(painter, rect, words, SIZE_BODY, ink)
        painter.restore()

    def _paint_below(self, painter: QPainter, row: QRectF, below: str, simulated: bool, ground: str) -> None:
        theme, x = current_theme(), row.left()
        if simulated:
            ink = readable(theme.warn, ground)
            rounded(painter, QRectF(x + px(1), row.center().y() - px(3), px(6), px(6)), 1, ink, None)
            draw_text(painter, row.adjusted(px(11), 0, 0, 0), tr("simulated"), SIZE_TINY, ink, LEFT)
            x += px(11) + text_width(tr("simulated"), SIZE_TINY) + px(8)
        if below:
            rest = QRectF(x, row.top(), row.right() - x, row.height())
            draw_text(painter, rest, below, SIZE_TINY, readable(theme.muted, ground), LEFT)


def _inset(style: QStyle, option: QStyleOptionViewItem) -> int:
    """How far from the border the words of the other cells begin."""
    words = style.subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, option.widget)
    margin = style.pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, option, option.widget) + 1
    return words.left() - option.rect.left() + margin
