"""The tab History: puts the table of runs, their notes and the folder they lie in together."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.trace_opener import TraceOpener
from engine.errors import ThinkscopeError
from engine.trace.run_notes import RunNote, RunNotes
from engine.trace.store import RunLibrary
from widgets.panels.history_panel import HistoryPanel
from widgets.theme import RESOURCES

RECORDINGS = RESOURCES / "recordings"


class HistoryTab(QObject):
    """Wires them.

    Args:
        library: Where runs are recorded.
        opener: Reads what a list shows of each.
    """

    trouble_raised = Signal(object)  # ThinkscopeError

    def __init__(self, library: RunLibrary, opener: TraceOpener, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.view = HistoryPanel()
        self._library, self._opener = library, opener
        self._notes, self._deleted = RunNotes(library.folder), list[list[Path]]()
        library.forget_deleted()
        self.notices = [notice for notice in (library.notice, self._notes.trouble) if notice]
        opener.listed.connect(lambda shipped, own: self.view.set_runs(shipped, own, self._notes.of))
        self.view.noted.connect(self._on_view_noted)
        self.view.delete_requested.connect(self._on_view_delete_requested)
        self.view.undo_requested.connect(self._on_view_undo_requested)

    def list_runs(self) -> None:
        """Brings the table up to date while somebody looks at it."""
        if self.view.isVisible():
            self._opener.list_runs(RECORDINGS, self._library)

    def _on_view_noted(self, path: str, note: RunNote) -> None:
        try:
            self._notes.write(path, note)
        except ThinkscopeError as error:
            self.trouble_raised.emit(error)

    def _on_view_delete_requested(self, paths: list[str]) -> None:
        moved: list[Path] = []
        for path in paths:
            try:
                moved.append(self._library.delete(Path(path)))
            except ThinkscopeError as error:
                self.trouble_raised.emit(error)
        if moved:
            self._deleted.append(moved)
        self._show_deleted()

    def _on_view_undo_requested(self) -> None:
        for path in self._deleted.pop() if self._deleted else []:
            try:
                self._library.restore(path)
            except ThinkscopeError as error:
                self.trouble_raised.emit(error)
        self._show_deleted()

    def _show_deleted(self) -> None:
        self.view.undo_bar.say(len(self._deleted[-1]) if self._deleted else 0)
        self.list_runs()
