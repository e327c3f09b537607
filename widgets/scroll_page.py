"""A page that scrolls where the window has too little room for it, as with large type on a small screen."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

LEAST = 240  # pixels


class ScrollPage(QScrollArea):
    """As large as its place; what it shows is as large as that, or as it has to be."""

    def __init__(self, page: QWidget, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setProperty("surface", "stage")
        self.viewport().setAutoFillBackground(False)
        self.setWidget(page)
        page.setAutoFillBackground(False)  # setWidget has turned it on

    def minimumSizeHint(self) -> QSize:
        """Small at every size of type: the window is not made larger by a page that is not shown."""
        return QSize(LEAST, LEAST)
