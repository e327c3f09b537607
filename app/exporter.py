"""Takes what is shown to the clipboard or into a file, and says in words when that does not work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from engine.error_log import write_down
from engine.errors import ThinkscopeError
from engine.whole_file import write_whole
from widgets.picture import Pictured, png_bytes
from widgets.save_button import COPIES, ExportKind, SaveButton
from widgets.translation import later, tr

FILTERS = {
    "png": later("Picture (*.png)"),
    "svg": later("Vector picture (*.svg)"),
    "csv": later("Table (*.csv)"),
    "graphml": later("Tree (*.graphml)"),
    "json": later("Tree (*.json)"),
}
Write = Callable[[Path], None]
Writers = Mapping[ExportKind, Write]


@dataclass(frozen=True)
class Exhibit:
    """What there is to take away at this moment: a picture (None: nothing is shown), files of numbers, and meters."""

    picture: Pictured | None
    name: str = "run"
    files: Writers = field(default_factory=dict)
    meters: Pictured | None = None

    def pictured(self, kind: ExportKind) -> Pictured | None:
        """What a choice to copy means."""
        return self.meters if kind.startswith("meters") else self.picture


class Exporter(QObject):
    """Carries out the choices of a save button.

    Args:
        button: Which asks.
        exhibit: Gives what is shown at the moment; its numbers are those of this moment.
        say: Tells the person about trouble.
    """

    def __init__(self, exhibit: Callable[[], Exhibit], say: Callable[[ThinkscopeError], None], parent: QWidget) -> None:
        super().__init__(parent)
        self._exhibit, self._say = exhibit, say
        self._folder = Path.home()
        self.button = SaveButton(lambda: self._writers(exhibit()).keys(), parent)
        self.button.chosen.connect(self._on_button_chosen)

    def save(self, write: Write, path: Path) -> None:
        """Writes a file; whoever named it has agreed to replace one of that name."""
        try:
            write(path)
        except ThinkscopeError as error:
            self._say(error)
        except Exception as error:  # a run that cannot be drawn or written must not take the window along
            self._say(write_down(tr("“{0}” could not be saved.", path.name), error))
        else:
            self._folder = path.parent
            self.button.say(tr("Saved"))

    def _writers(self, exhibit: Exhibit) -> Writers:
        if exhibit.picture is None:
            return {}
        return {**picture_files(exhibit.picture), **_meter_files(exhibit.meters), **exhibit.files}

    def _on_button_chosen(self, kind: ExportKind) -> None:
        exhibit = self._exhibit()
        view = exhibit.pictured(kind)
        if kind in COPIES and view is not None:
            QGuiApplication.clipboard().setImage(view.picture())
            self.button.say(tr("Copied"))
            return
        part, ending = kind.rpartition("-")[::2]
        name = f"{exhibit.name}-{part}" if part else exhibit.name
        path, _ = QFileDialog.getSaveFileName(
            self.button, tr("Save"), str(self._folder / f"{name}.{ending}"), tr(FILTERS[ending])
        )
        if path:
            self.save(self._writers(exhibit)[kind], _with_suffix(Path(path), f".{ending}"))


def picture_files(view: Pictured) -> dict[ExportKind, Write]:
    """How a view's pictures are written, or put on the clipboard."""
    return {
        "copy": lambda _: None,
        "png": lambda path: write_whole(path, png_bytes(view.picture())),
        "svg": lambda path: write_whole(path, view.vector_picture()),
    }


def _meter_files(meters: Pictured | None) -> dict[ExportKind, Write]:
    if meters is None:
        return {}
    files = picture_files(meters)
    return {"meters-copy": files["copy"], "meters-png": files["png"], "meters-svg": files["svg"]}


def _with_suffix(path: Path, suffix: str) -> Path:
    return path if path.suffix.lower() == suffix else path.with_name(path.name + suffix)
