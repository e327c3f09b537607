"""The frame clock of the window: whatever arrives between two frames is applied once, in the next one.

Replies arrive in the client's reader thread. They are put in a queue; one queued signal wakes the GUI thread, and a
timer then runs only for as long as there is something to apply or to play. At rest there is no timer at all.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

FRAME_MS = 16
APPLY_SECONDS = 0.004
KEPT_FRAMES = 20_000

Item = TypeVar("Item")
Work = Callable[[float, float], bool]


class Inbox(QObject, Generic[Item]):
    """A queue that any thread may fill and that wakes its own thread once, however much is put in before it is read."""

    filled = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items: deque[Item] = deque()
        self._woken = False

    def put(self, item: Item) -> None:
        """Adds an item; called from any thread."""
        self._items.append(item)
        # The flag is cleared before the queue is read, so an item is never left behind: at worst one wake too many.
        if not self._woken:
            self._woken = True
            self.filled.emit()

    def take(self) -> list[Item]:
        """Everything that is there, in order of arrival; called from the thread the inbox lives in."""
        self._woken = False
        items = []
        while self._items:
            items.append(self._items.popleft())
        return items


class FrameLog:
    """What each frame took, in seconds.

    Attributes:
        work: CPU time of the GUI thread: what the frame costs.
        elapsed: Time on the clock: the same, and the waits for a core that others have.
        intervals: From the beginning of one frame to that of the next.
    """

    def __init__(self) -> None:
        self.work: deque[float] = deque(maxlen=KEPT_FRAMES)
        self.elapsed: deque[float] = deque(maxlen=KEPT_FRAMES)
        self.intervals: deque[float] = deque(maxlen=KEPT_FRAMES)

    def clear(self) -> None:
        """Forgets all frames, for a fresh measurement."""
        self.work.clear()
        self.elapsed.clear()
        self.intervals.clear()

    def begin(self, interval: float) -> None:
        """A frame begins, `interval` after the one before."""
        self.intervals.append(interval)
        self.work.append(0.0)
        self.elapsed.append(0.0)

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """What is done inside is counted to the frame that began last; applying events first, painting later."""
        clock, cpu = time.perf_counter(), time.thread_time()
        yield
        if self.work:
            self.elapsed[-1] += time.perf_counter() - clock
            self.work[-1] += time.thread_time() - cpu


class TracePump(QObject):
    """Calls `work(elapsed seconds, deadline)` once a frame until it returns False, then stands still until woken.

    `deadline` is a `time.perf_counter` value after which `work` should leave the rest for the next frame.
    """

    def __init__(self, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.log = FrameLog()
        self._work = work
        self._timer = QTimer(self, interval=FRAME_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_timer_timeout)
        self._last = 0.0

    @property
    def running(self) -> bool:
        """Whether frames are being made."""
        return self._timer.isActive()

    @Slot()
    def wake(self) -> None:
        """Starts making frames; does nothing while they are being made."""
        if not self._timer.isActive():
            self._last = time.perf_counter()
            self._timer.start()

    def stop(self) -> None:
        """Stands still at once."""
        self._timer.stop()

    def _on_timer_timeout(self) -> None:
        began = time.perf_counter()
        elapsed, self._last = began - self._last, began
        self.log.begin(elapsed)
        with self.log.working():
            more = self._work(elapsed, began + APPLY_SECONDS)
        if not more:
            self._timer.stop()
