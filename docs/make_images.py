"""Makes the pictures of the documents, in the real window, from recorded runs: `uv run python -m docs.make_images`.

With `--all FOLDER` it takes every view in every theme and two sizes, to look the whole program over; `--only` picks
views by the beginning of their names.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSize
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from docs.picture_runs import Studio
from docs.picture_stage import Sitting
from docs.picture_views import VIEWS, View
from docs.small_picture import save_small
from widgets.theme import THEMES, ThemeName, install_theme, set_type_scale

FOLDER = Path(__file__).resolve().parent / "images"
SMALL, LARGE = QSize(1280, 800), QSize(1920, 1080)
PICTURED: tuple[ThemeName, ...] = ("dark", "light", "contrast")
Save = Callable[[QPixmap, Path], None]
Shot = tuple[ThemeName, QSize, Path]
SHOWN: tuple[tuple[str, ThemeName, QSize], ...] = (
    ("lanes", "dark", SMALL),
    ("tree", "dark", SMALL),
    ("refine", "light", LARGE),
    ("compare", "dark", SMALL),
    ("what-if", "light", SMALL),
    ("ladder", "contrast", SMALL),
)


def save_large(picture: QPixmap, path: Path) -> None:
    """Writes a picture as it is, quickly."""
    picture.save(str(path))


def main() -> None:
    """Takes the pictures that the command line asks for."""
    options = _options()
    app = QApplication(sys.argv[:1])
    install_theme(app, "dark")
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(Path(folder))
        if options.all is None:
            for name, theme, size in SHOWN:
                view = next(view for view in VIEWS if view.name == name)
                take(view, studio, [(theme, size, FOLDER / f"{name}.png")], save_small)
            return
        for view in VIEWS:
            if view.name.startswith(tuple(options.only)):
                take(view, studio, _every(view, options.all, options.themes, options.sizes))


def take(view: View, studio: Studio, shots: Sequence[Shot], save: Save = save_large) -> None:
    """Takes pictures of one view, in a window of its own."""
    if THEMES.scale != 1.0:
        set_type_scale(1.0)
    sitting = Sitting(view.model)
    theme, size, _ = shots[0]
    sitting.take(theme, size)  # what is arranged next has its final size
    view.pose(sitting, studio)
    for theme, size, path in shots:
        path.parent.mkdir(parents=True, exist_ok=True)
        save(sitting.take(theme, size), path)
    sitting.close()
    print(view.name, flush=True)


def _every(view: View, folder: Path, themes: Sequence[ThemeName], widths: Sequence[int]) -> list[Shot]:
    sizes = [size for size in (SMALL, LARGE) if size.width() in widths]
    return [(theme, size, folder / f"{view.name}-{theme}-{size.width()}.png") for theme in themes for size in sizes]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Makes the pictures of the documents.")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every view, in every theme and size, into there")
    parser.add_argument("--only", nargs="*", default=[""], metavar="VIEW", help="only views whose names begin so")
    parser.add_argument("--themes", nargs="*", default=PICTURED, choices=PICTURED)
    parser.add_argument("--sizes", nargs="*", type=int, default=[SMALL.width(), LARGE.width()], metavar="WIDTH")
    return parser.parse_args()


if __name__ == "__main__":
    main()
