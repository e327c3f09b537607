"""The whole tree, small, with the part of it that is seen; a click goes there."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from widgets.kept_picture import KeptPicture
from widgets.painting import painted
from widgets.polygon import polygon
from widgets.stage.marks import rounded
from widgets.theme import THEMES, current_theme, px, qcolor, viridis
from widgets.translation import tr
from widgets.tree.camera import Camera
from widgets.tree.scene import TreeScene

SIZE = (168, 104)
INSET, GAP = 8.0, 16
MOST_STRETCHED = 12
SHADES = 8


class Minimap(QWidget):
    """Lies in a corner of the tree while not all of the tree is seen."""

    moved = Signal(QPointF)  # a point of the drawing, to be in the middle

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Map of the tree"))
        self.setToolTip(tr("The whole tree; a click goes there."))
        self._scene: TreeScene | None = None
        self._bounds, self._seen = QRectF(), QRectF()
        self._picture = KeptPicture()
        self.hide()
        THEMES.theme_changed.connect(self._on_theme_changed)

    def show_scene(self, scene: TreeScene, camera: Camera, size: QSizeF) -> None:
        """Follows the scene and the camera; shows itself only when something lies outside of the view."""
        self._scene, self._bounds, self._seen = scene, scene.bounds(), camera.seen(size)
        needed = not self._seen.adjusted(-2, -2, 2, 2).contains(self._bounds) and len(scene.shown) > 1
        if needed != self.isVisible():
            self.setVisible(needed)
            self.place()
        if needed:
            self.update()

    def place(self) -> None:
        """Takes its corner."""
        parent, (width, height) = self.parentWidget(), SIZE
        self.setGeometry(
            parent.width() - px(width) - GAP, parent.height() - px(height) - GAP, px(width), px(height)
        )  # fmt: skip

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the picture and the frame of what is seen."""
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rounded(painter, QRectF(self.rect()), 8, theme.surface, theme.line)
        if self._scene is None:
            return
        scene, bounds = self._scene, self._bounds
        shows = (scene, scene.layouts, bounds.width(), bounds.height(), bounds.x(), theme.name)
        self._picture.paint(painter, QPointF(0, 0), shows, self.size(), lambda own: self._draw_dots(own, scene))
        frame = QRectF(self._to_map(self._seen.topLeft()), self._to_map(self._seen.bottomRight()))
        frame = frame.intersected(QRectF(self.rect()).adjusted(2, 2, -2, -2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(qcolor(theme.accent), 1.5))
        painter.drawRoundedRect(frame, 3, 3)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Goes there."""
        self.moved.emit(self._to_drawing(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Goes on going there."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.moved.emit(self._to_drawing(event.position()))

    def _draw_dots(self, painter: QPainter, scene: TreeScene) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        x, y = scene.rest_positions()
        (across, down), corner = self._shares(), self._corner()
        x, y = x * across + corner.x(), y * down + corner.y()
        value = np.nan_to_num(scene.value[scene.shown], nan=-1.0)
        shades = np.where(value < 0, -1, np.round(value * SHADES)).astype(np.int64)
        for shade in range(-1, SHADES + 1):
            these = shades == shade
            if not these.any():
                continue
            colour = current_theme().muted if shade < 0 else viridis(shade / SHADES)
            painter.setPen(QPen(qcolor(colour), 2))
            painter.drawPoints(polygon(x[these], y[these]))

    def _shares(self) -> tuple[float, float]:
        """How much smaller the map is, across and down; a wide and low tree is drawn taller than it is."""
        across = (self.width() - 2 * INSET) / max(1.0, self._bounds.width())
        down = (self.height() - 2 * INSET) / max(1.0, self._bounds.height())
        return min(across, down), min(down, MOST_STRETCHED * across)

    def _corner(self) -> QPointF:
        (across, down), middle = self._shares(), self._bounds.center()
        return QPointF(self.width() / 2 - middle.x() * across, self.height() / 2 - middle.y() * down)

    def _to_map(self, point: QPointF) -> QPointF:
        across, down = self._shares()
        return self._corner() + QPointF(point.x() * across, point.y() * down)

    def _to_drawing(self, point: QPointF) -> QPointF:
        (across, down), away = self._shares(), point - self._corner()
        return QPointF(away.x() / across, away.y() / down)

    def _on_theme_changed(self) -> None:
        self.place()
        self.update()
