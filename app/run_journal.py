"""The journal of one run: every event that the window receives, on disk, before anything is drawn."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from engine.errors import ThinkscopeError
from engine.events import Event
from widgets.translation import tr


class EventSink(Protocol):
    """What the trace store offers to write to."""

    def write(self, events: Sequence[Event]) -> None:
        """Appends events."""

    def close(self) -> None:
        """Ends the file in order."""

    def reopen(self) -> None:
        """Goes on with it after `close`."""


class RunJournal:
    """Writes a run's events in the thread that receives them, so that a slow disk never holds up the window.

    A failing disk is reported once, through `on_failure`, and the run goes on unrecorded from there.
    """

    def __init__(self, open_sink: Callable[[], EventSink], on_failure: Callable[[ThinkscopeError], None]) -> None:
        self._on_failure = on_failure
        self._lock = threading.Lock()
        self._sink: EventSink | None = None
        self._closed: EventSink | None = None
        self._guard(lambda: setattr(self, "_sink", open_sink()))

    def write(self, events: Sequence[Event]) -> None:
        """Appends a batch; called from any thread."""
        with self._lock:
            sink = self._sink
            if sink is not None and events:
                self._guard(lambda: sink.write(events))

    def close(self) -> None:
        """Ends the file; more calls do nothing."""
        with self._lock:
            sink, self._sink = self._sink, None
            if sink is not None:
                self._closed = sink
                self._guard(sink.close)

    def reopen(self) -> None:
        """Goes on with the file after `close`; what was given up on stays so."""
        with self._lock:
            sink, self._closed = self._closed, None
            if sink is not None:
                self._sink = sink
                self._guard(sink.reopen)

    def _guard(self, action: Callable[[], None]) -> None:
        try:
            action()
        except ThinkscopeError as error:
            self._give_up(error)
        except OSError as error:
            why = tr("The system says: {0}.", error.strerror or error)
            self._give_up(
                ThinkscopeError(tr("This run is no longer recorded."), why, tr("Free some space on the disk."))
            )

    def _give_up(self, error: ThinkscopeError) -> None:
        self._sink = self._closed = None
        self._on_failure(error)
