"""Arrays of numbers as points for a painter, without an object for each of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import shiboken6
from PySide6.QtGui import QPolygonF


def polygon(x: Any, y: Any) -> QPolygonF:
    """A polygon of the points (x[i], y[i]).

    Args:
        x: Shape (n,).
        y: Shape (n,).
    """
    points = QPolygonF()
    count = len(x)
    points.resize(count)
    if count:
        memory = np.frombuffer(shiboken6.VoidPtr(points.data(), count * 16, True), dtype=np.float64)
        memory[0::2], memory[1::2] = x, y
    return points
