"""Files that a person opens and saves: recordings, set-ups and models, by the endings of their names."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.setup_file import SUFFIX as SETUP_SUFFIX
from app.setup_file import read_setup, write_setup
from app.trace_opener import TraceOpener
from engine.errors import BadInputError, ThinkscopeError
from widgets.panels.problem_section import LONGEST_QUESTION
from widgets.panels.setup_panel import SetupPanel
from widgets.translation import later, tr

OPENS = (".gguf", ".tsrun", SETUP_SUFFIX)
FILTER, FILES = later("Runs, set-ups and models ({0});;All files (*)"), f"*.tsrun *{SETUP_SUFFIX} *.gguf"


class Files(QObject):
    """Opens and saves.

    Args:
        panel: Shows the set-up.
        opener: Reads recordings.
        folder: Where a person looks for files first.
    """

    trouble_raised = Signal(object)  # ThinkscopeError
    model_wanted = Signal()

    def __init__(self, panel: SetupPanel, opener: TraceOpener, folder: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self._panel, self._opener, self._folder, self._window = panel, opener, folder, parent

    def open(self, path: Path) -> None:
        """Opens a recording, a set-up or a model."""
        suffix = path.suffix.lower()
        if suffix == SETUP_SUFFIX:
            self._open_setup(path)
        elif suffix == ".gguf":
            self._panel.model.set_path(str(path))
            self.model_wanted.emit()
        elif suffix == ".tsrun":
            self._opener.open(path)
        else:
            kinds = ", ".join(OPENS)
            self.trouble_raised.emit(
                BadInputError(tr("“{0}” cannot be opened here.", path.name), "", tr("Open one of: {0}.", kinds))
            )

    def save_setup(self, path: Path) -> None:
        """Writes the set-up as it stands."""
        try:
            write_setup(path, self._panel.setup())
        except ThinkscopeError as error:
            self.trouble_raised.emit(error)

    def ask_and_open(self) -> None:
        """Asks for a file and opens it."""
        path, _ = QFileDialog.getOpenFileName(self._window, tr("Open"), str(self._folder), tr(FILTER, FILES))
        if path:
            self.open(Path(path))

    def ask_and_save(self) -> None:
        """Asks for a place and saves the set-up there."""
        proposed, kinds = str(Path.home() / f"set-up{SETUP_SUFFIX}"), tr("Set-up (*{0})", SETUP_SUFFIX)
        path, _ = QFileDialog.getSaveFileName(self._window, tr("Save set-up"), proposed, kinds)
        if path:
            self.save_setup(Path(path).with_suffix(SETUP_SUFFIX))

    def _open_setup(self, path: Path) -> None:
        try:
            setup = read_setup(path)
            length = len(setup.problem.question)
            if length > LONGEST_QUESTION:
                raise BadInputError(
                    tr("The question of “{0}” is too long.", path.name),
                    tr("It has {0:,} characters; {1:,} fit into this window.", length, LONGEST_QUESTION),
                    tr("Use: run --setup {0}", path.name),
                )
            self._panel.set_setup(setup)
        except ThinkscopeError as error:
            self.trouble_raised.emit(error)
            return
        shown = self._panel.setup()
        if shown.sampling != setup.sampling or shown.budget != setup.budget:
            what = tr("“{0}” has values beyond what the fields of this window reach.", path.name)
            why, next_step = tr("They were brought within bounds."), tr("Look at sampling and budget.")
            self.trouble_raised.emit(ThinkscopeError(what, why, next_step))


def droppable(data: QMimeData) -> list[Path]:
    """The files among what is dropped that can be opened."""
    paths = [Path(url.toLocalFile()) for url in data.urls()]
    return [path for path in paths if path.suffix.lower() in OPENS]
