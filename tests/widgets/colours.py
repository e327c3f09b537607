"""What colours a picture has where."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QColor, QImage

NEAR = 24  # how far a channel may be off, for edges are smoothed


def is_colour(image: QImage, at: QPointF, colour: str, near: int = NEAR) -> bool:
    """Whether a pixel has a colour, or nearly; outside of the picture none has any."""
    x, y = round(at.x()), round(at.y())
    if not image.rect().contains(x, y):
        return False
    seen, wanted = image.pixelColor(x, y), QColor(colour)
    pairs = zip(seen.getRgb()[:3], wanted.getRgb()[:3], strict=True)
    return all(abs(one - other) <= near for one, other in pairs)


def count_colour(image: QImage, colour: str, within: QRect | None = None, near: int = NEAR) -> int:
    """How many pixels have a colour, or nearly."""
    area = image.rect() if within is None else within.intersected(image.rect())
    places = ((x, y) for y in range(area.top(), area.bottom() + 1) for x in range(area.left(), area.right() + 1))
    return sum(is_colour(image, QPointF(x, y), colour, near) for x, y in places)
