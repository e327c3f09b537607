"""What part of a drawing is seen, and how large: pan, zoom, fit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from PySide6.QtCore import QPointF, QRectF, QSizeF

SMALLEST, LARGEST = 0.004, 3.0
MARGIN, BESIDE = 38, 48  # above and below, where a line of words stands, and at the sides
TALLEST = 2.4


@dataclass(frozen=True, slots=True)
class Camera:
    """A point of the view is `offset` + `zoom` times that of the drawing, whose rows are `stretch` as far apart."""

    zoom: float = 1.0
    offset: QPointF = field(default_factory=QPointF)
    stretch: float = 1.0

    def to_view(self, point: QPointF) -> QPointF:
        """Where a point of the drawing is seen."""
        return self.offset + QPointF(point.x() * self.zoom, point.y() * self.zoom * self.stretch)

    def to_drawing(self, point: QPointF) -> QPointF:
        """The point of the drawing that is seen at a point of the view."""
        away = (point - self.offset) / self.zoom
        return QPointF(away.x(), away.y() / self.stretch)

    def seen(self, size: QSizeF) -> QRectF:
        """The part of the drawing that fills a view."""
        return QRectF(self.to_drawing(QPointF(0, 0)), self.to_drawing(QPointF(size.width(), size.height())))

    def moved(self, by: QPointF) -> Camera:
        """The camera after the drawing was dragged."""
        return replace(self, offset=self.offset + by)

    def zoomed(self, factor: float, at: QPointF) -> Camera:
        """Nearer or further, with the point of the view `at` standing still."""
        nearer = replace(self, offset=QPointF()).with_zoom(min(LARGEST, max(SMALLEST, self.zoom * factor)))
        return replace(nearer, offset=at - nearer.to_view(self.to_drawing(at)))

    def with_zoom(self, zoom: float) -> Camera:
        """As near as `zoom`, with rows no further apart than is good there."""
        return replace(self, zoom=zoom, stretch=min(self.stretch, tallest(zoom)))

    def centred(self, point: QPointF, size: QSizeF) -> Camera:
        """As near as before, with a point of the drawing in the middle."""
        there = replace(self, offset=QPointF())
        return replace(there, offset=QPointF(size.width() / 2, size.height() / 2) - there.to_view(point))

    def towards(self, other: Camera, share: float) -> Camera:
        """A camera on the way to another one."""
        return Camera(
            self.zoom + (other.zoom - self.zoom) * share,
            self.offset + (other.offset - self.offset) * share,
            self.stretch + (other.stretch - self.stretch) * share,
        )


def fitting(bounds: QRectF, size: QSizeF, largest: float = 1.5, margin: float = MARGIN) -> Camera:
    """The camera that sees all of `bounds` in a view of `size` with a `margin`, but nothing larger than `largest`.

    A tree that is wide and low gets taller rows, so that it fills the view.
    """
    width, height = max(1.0, size.width() - 2 * BESIDE), max(1.0, size.height() - 2 * margin)
    across, down = max(1.0, bounds.width()), max(1.0, bounds.height())
    zoom = max(SMALLEST, min(largest, width / across, height / down))
    stretch = min(tallest(zoom), max(1.0, height / (down * zoom)))
    if zoom == largest:
        stretch = min(stretch, 1.35)
    return Camera(
        zoom, QPointF(size.width() / 2 - bounds.center().x() * zoom, margin - bounds.top() * zoom * stretch), stretch
    )


def tallest(zoom: float) -> float:
    """How far rows may be stretched: from afar until they stand as far apart as they do at a zoom of 1."""
    return max(TALLEST, 1 / zoom)
