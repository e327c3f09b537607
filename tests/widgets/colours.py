"""What colours a picture has where."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QColor, QImage

NEAR = 24  # how far a channel may be off, for edges are smoothed


def is_colour(image: QImage, at: QPointF, colour: str, near: int = NEAR) -> bool:
    """Whether a pixel has a colour, or nearly; outside of the picture none has any."""
    x, y = round(at.x()), round(at.y())
    return image.rect().contains(x, y) and count_colour(image, colour, QRect(x, y, 1, 1), near) == 1


def count_colour(image: QImage, colour: str, within: QRect | None = None, near: int = NEAR) -> int:
    """How many pixels have a colour, or nearly."""
    area = image.rect() if within is None else within.intersected(image.rect())
    if area.isEmpty():
        return 0
    part = image.copy(area).convertToFormat(QImage.Format.Format_RGBX8888)
    seen = np.frombuffer(part.constBits(), np.uint8).reshape(part.height(), part.width(), 4)[..., :3].astype(int)
    return int((np.abs(seen - QColor(colour).getRgb()[:3]) <= near).all(axis=-1).sum())
