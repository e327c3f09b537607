"""Looks for the models on this machine in a thread of its own: some folders are large, or far away."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, Signal

from app.trace_pump import Inbox
from engine.models.library import ModelFile, find_models
from engine.setup import SIMULATED
from widgets.translation import tr


class ModelFinder(QObject):
    """Finds them once, when somebody first wants to choose."""

    found = Signal(list)  # (name, path) of each, the simulated one last

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inbox: Inbox[list[ModelFile]] = Inbox(self)
        self._inbox.filled.connect(self._on_inbox_filled)
        self._thread: threading.Thread | None = None

    def find(self) -> None:
        """Begins to look; `found` follows. More calls do nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._look, name="model-finder", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Waits a moment for what is being read; a folder that hangs is not waited for."""
        if self._thread is not None:
            self._thread.join(timeout=1.0)

    def _look(self) -> None:
        try:
            self._inbox.put(find_models())
        except OSError:
            self._inbox.put([])  # the models of the contestants themselves can still be chosen

    def _on_inbox_filled(self) -> None:
        for models in self._inbox.take():
            names = [(model.name, model.path) for model in models]
            self.found.emit([*names, (tr("Simulated model"), SIMULATED)])
