"""A dock with a slim handle instead of a title bar: panels title themselves."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QDockWidget, QWidget

from widgets.painting import painted
from widgets.theme import THEMES, blend, current_theme, qcolor
from widgets.translation import tr

HANDLE_HEIGHT, GRIP = 12, 28.0


class DockHandle(QWidget):
    """A short line to pull the dock by. It leaves the mouse to the dock, which does the moving."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setToolTip(tr("Pull to move {0}; double click to let it float.", title))
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setMouseTracking(True)
        THEMES.theme_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Slim."""
        return QSize(60, HANDLE_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Slim."""
        return self.sizeHint()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The dock's."""
        event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The dock's."""
        event.ignore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The dock's."""
        event.ignore()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The dock's."""
        event.ignore()

    def enterEvent(self, event: object) -> None:
        """Shows the line more clearly."""
        self.update()

    def leaveEvent(self, event: object) -> None:
        """Shows the line less clearly."""
        self.update()

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the line."""
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), qcolor(theme.surface))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(qcolor(theme.muted if self.underMouse() else blend(theme.line, theme.surface, 0.8)))
        middle = QPointF(self.width() / 2, self.height() / 2)
        painter.drawRoundedRect(QRectF(middle.x() - GRIP / 2, middle.y() - 1, GRIP, 3), 1.5, 1.5)


class PanelDock(QDockWidget):
    """A dock around one panel.

    Args:
        title: Its name in menus.
        name: The name under which its place is remembered.
        panel: What it holds.
    """

    def __init__(self, title: str, name: str, panel: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self.setObjectName(name)
        self.setTitleBarWidget(DockHandle(title))
        self.setWidget(panel)
