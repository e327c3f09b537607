"""Opens recordings in a thread of its own, so that a long one never holds up the window."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.trace_pump import Inbox
from engine.contest.course import Course
from engine.error_log import write_down
from engine.errors import BadInputError, ThinkscopeError
from engine.trace.player import TracePlayer
from engine.trace.reader import TraceReader
from engine.trace.run_info import RunInfo, read_info
from engine.trace.store import RunLibrary
from widgets.translation import tr

Together = list[tuple[TracePlayer, Course] | ThinkscopeError]
Result = tuple[TracePlayer, bool] | ThinkscopeError | tuple[list[RunInfo], list[RunInfo]] | Together


class TraceOpener(QObject):
    """Reads recordings, and lists of them, and says when they are there."""

    opened = Signal(object, bool)  # TracePlayer, whether it is to be played at once
    opened_together = Signal(list)  # (TracePlayer, Course) of each, or the ThinkscopeError that stands in its place
    failed = Signal(object)  # ThinkscopeError
    listed = Signal(list, list)  # RunInfo of shipped runs, of the person's own

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inbox: Inbox[Result] = Inbox(self)
        self._inbox.filled.connect(self._on_inbox_filled)
        self._threads: list[threading.Thread] = []

    def open(self, path: Path, play: bool = True) -> None:
        """Reads a recording; `opened` or `failed` follows."""
        self._start(lambda: (_read(path), play))

    def open_together(self, paths: Sequence[Path]) -> None:
        """Reads several recordings; `opened_together` follows, in the order of the paths."""
        self._start(lambda: [_read_with_course(path) for path in paths])

    def list_runs(self, shipped: Path, library: RunLibrary) -> None:
        """Reads what a list shows of every recording; `listed` follows."""
        self._start(lambda: ([read_info(path) for path in sorted(shipped.glob("*.tsrun"))], library.list()))

    def close(self) -> None:
        """Waits for what is being read."""
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _start(self, work: Callable[[], Result]) -> None:
        def run() -> None:
            try:
                self._inbox.put(work())
            except ThinkscopeError as error:
                self._inbox.put(error)
            except OSError as error:
                self._inbox.put(BadInputError(tr("The recording could not be read."), f"{error.strerror or error}."))
            except Exception as error:
                self._inbox.put(write_down(tr("The recording could not be read."), error))

        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(threading.Thread(target=run, name="trace-opener", daemon=True))
        self._threads[-1].start()

    def _on_inbox_filled(self) -> None:
        for item in self._inbox.take():
            match item:
                case ThinkscopeError():
                    self.failed.emit(item)
                case (TracePlayer() as player, play):
                    self.opened.emit(player, play)
                case list():
                    self.opened_together.emit(item)
                case (shipped, own):
                    self.listed.emit(shipped, own)


def _read(path: Path) -> TracePlayer:
    player = TracePlayer(TraceReader(path))
    if not len(player):
        raise BadInputError(
            tr("“{0}” holds no run.", path.name), tr("It was cut before its first event."), tr("Open another one.")
        )
    _ = player.phases  # works through the whole run once, here and not in the window's thread
    return player


def _read_with_course(path: Path) -> tuple[TracePlayer, Course] | ThinkscopeError:
    """One that cannot be read is an error in its place, and the others are read all the same."""
    try:
        player = _read(path)
        course = Course(TraceReader(path))
    except ThinkscopeError as error:
        return error
    player.seek(player.duration)
    if player.state.start is None:
        return BadInputError(tr("“{0}” has no beginning.", path.name), tr("Its first event is not that of a run."))
    return player, course
