"""A view as a picture: pixels for a slide, or vectors for print."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from PySide6.QtCore import QBuffer, QIODevice, QPoint, QRect, QSize
from PySide6.QtGui import QImage, QPainter, QRegion
from PySide6.QtWidgets import QWidget

from widgets.theme import current_theme, qcolor

SCALE = 2.0
"""How many pixels of a PNG stand for one of the screen's."""
DPI = 96  # what the units of the screen's layout are, and those of CSS


class Plate(NamedTuple):
    """What a picture is made of: its size, and widgets with the places of their upper left corners."""

    size: QSize
    parts: Sequence[tuple[QWidget, QPoint]]
    is_unseen: bool = False
    """Whether its parts may be in a panel that is closed, and are painted nevertheless."""


class Pictured:
    """A view that can be taken away; mixed into a widget, which may leave out its controls."""

    def picture(self) -> QImage:
        """What is shown, at twice the size of the screen."""
        with self.sharpened(SCALE):
            return plate_image(self.plate())

    def vector_picture(self) -> bytes:
        """The same as an SVG file."""
        with self.sharpened(SCALE):
            return plate_svg(self.plate(), self.picture_title() or "Thinkscope")

    def plate(self) -> Plate:
        """All of it, controls included."""
        assert isinstance(self, QWidget)
        return Plate(self.size(), [(self, QPoint())])

    def picture_title(self) -> str:
        """What it is a picture of."""
        assert isinstance(self, QWidget)
        return self.accessibleName()

    def sharpened(self, ratio: float) -> AbstractContextManager[None]:
        """Has what is kept as pixmaps drawn with `ratio` times the pixels; what is drawn anew is sharp by itself."""
        return nullcontext()


def plate_image(plate: Plate, scale: float = SCALE) -> QImage:
    """The visible parts of a plate, `scale` times as large as on the screen."""
    image = QImage(plate.size * scale, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(scale)
    _paint(QPainter(image), plate)
    return image


def png_bytes(image: QImage) -> bytes:
    """An image as a PNG file."""
    buffer = _open_buffer()
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())


def plate_svg(plate: Plate, title: str) -> bytes:
    """The same as an SVG file.

    Everything is vectors and text, the search tree included, except what the screen shows from pixmaps as well: the
    lanes of candidates and the small map of a tree are embedded as pictures. The text names the fonts Inter and
    JetBrains Mono; where they are not installed, another one takes their place.
    """
    from PySide6.QtSvg import QSvgGenerator  # of use only here, and not worth a millisecond of the launch

    buffer, generator = _open_buffer(), QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setResolution(DPI)
    generator.setSize(plate.size)
    generator.setViewBox(QRect(QPoint(), plate.size))
    generator.setTitle(title)
    generator.setDescription("Thinkscope")
    _paint(QPainter(generator), plate)
    svg = re.sub(rb'<path [^>]*d=""/>', b"", buffer.data().data())  # a path without points is an error to some
    return svg.replace(b'image-rendering="optimizeSpeed"', b'image-rendering="optimizeQuality"')


def _paint(painter: QPainter, plate: Plate) -> None:
    painter.fillRect(QRect(QPoint(), plate.size), qcolor(current_theme().background))
    for part, place in plate.parts:
        if (plate.is_unseen or part.isVisible()) and not part.size().isEmpty():
            part.render(painter, place, QRegion(), QWidget.RenderFlag.DrawChildren)
    painter.end()


def _open_buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer
