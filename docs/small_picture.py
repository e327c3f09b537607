"""Pictures as small files: with the 256 colours that come nearest to all of theirs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtGui import QImage, QPixmap

COLOURS, FREQUENT, PORTION = 256, 64, 4096
SMALLEST_FILE = 0  # the quality of a PNG file: nothing is lost, but it takes longer


def save_small(picture: QPixmap, path: Path) -> None:
    """Writes a PNG file with a palette."""
    image = picture.toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)[:, : image.width()]
    found, places, counts = np.unique(pixels, return_inverse=True, return_counts=True)
    colours = np.stack([(found >> shift) & 255 for shift in (16, 8, 0)], axis=1).astype(np.float32)
    palette = _palette(colours, counts)
    indices = _nearest(colours, palette)[places].astype(np.uint8).reshape(image.height(), image.width())
    rows = np.zeros((image.height(), -(-image.width() // 4) * 4), np.uint8)
    rows[:, : image.width()] = indices
    small = QImage(rows.tobytes(), image.width(), image.height(), rows.shape[1], QImage.Format.Format_Indexed8)
    small.setColorTable([0xFF000000 | r << 16 | g << 8 | b for r, g, b in palette.astype(int).tolist()])
    small.save(str(path), "PNG", SMALLEST_FILE)


def _palette(colours: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The most frequent colours, and then, one after the other, the one that is furthest from all of these."""
    order = np.argsort(-counts, kind="stable")
    palette = [colours[place] for place in order[:FREQUENT]]
    away = np.min([((colours - colour) ** 2).sum(axis=1) for colour in palette], axis=0)
    while len(palette) < COLOURS and away.max() > 0:
        palette.append(colours[int(np.argmax(away))])
        away = np.minimum(away, ((colours - palette[-1]) ** 2).sum(axis=1))
    return np.stack(palette)


def _nearest(colours: np.ndarray, palette: np.ndarray) -> np.ndarray:
    found = []
    for start in range(0, len(colours), PORTION):
        part = colours[start : start + PORTION]
        found.append(np.argmin(((part[:, None, :] - palette[None, :, :]) ** 2).sum(axis=2), axis=1))
    return np.concatenate(found)
