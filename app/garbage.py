"""Python's cycle collector, kept in the window's thread.

The collector runs in whatever thread happens to allocate, and a Qt object that is destroyed in the thread that reads
from the worker takes the program with it. So it is switched off, and the window's thread does its work when it is about
to sleep: where nobody waits for it, and never in the middle of a frame.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QAbstractEventDispatcher, QObject, Slot


class GarbageCollector(QObject):
    """Collects by Python's own thresholds, each time the event loop of its thread comes to rest."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thresholds = gc.get_threshold()
        gc.disable()
        dispatcher = QAbstractEventDispatcher.instance()
        if dispatcher is not None:
            dispatcher.aboutToBlock.connect(self._on_dispatcher_about_to_block)

    @Slot()
    def _on_dispatcher_about_to_block(self) -> None:
        counts = gc.get_count()
        for generation in (2, 1, 0):
            if counts[generation] > self._thresholds[generation]:
                gc.collect(generation)
                return
