"""Painting that survives an error of our own."""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

from PySide6.QtGui import QPainter, QPaintEvent

Paint = Callable[[Any, QPaintEvent], None]


def painted(paint: Paint) -> Paint:
    """Makes a `paintEvent` of it that ends its painters where it fails, and says so at once.

    Qt goes on with the picture after an error, and crashes on a painter that is still open: the error's own traceback
    would keep it so.
    """

    @functools.wraps(paint)
    def paint_event(widget: Any, event: QPaintEvent) -> None:
        try:
            paint(widget, event)
        except Exception as error:
            _end_painters(error.__traceback__)
            sys.excepthook(type(error), error, error.__traceback__)

    return paint_event


def _end_painters(trace: TracebackType | None) -> None:
    for frame, _ in reversed(list(traceback.walk_tb(trace))):
        for value in list(frame.f_locals.values()):
            if isinstance(value, QPainter) and value.isActive():
                value.end()
