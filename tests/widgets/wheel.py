"""A turn of the mouse wheel over a widget, as it comes from the window system."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget


def turn_wheel(over: QWidget) -> None:
    """Turns it one notch towards the person; what a control ignores goes on to the page that it lies in."""
    window = over.window()
    QTest.wheelEvent(window.windowHandle(), QPointF(over.mapTo(window, over.rect().center())), QPoint(0, -120))
