"""The clock of a run: it stands still while the run is paused, and once it has ended."""

from __future__ import annotations

from collections.abc import Callable


class RunClock:
    """Seconds since the run began, without those in which it stood still.

    Args:
        clock: Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._stopped_at: float | None = None

    @property
    def seconds(self) -> float:
        """The run's time."""
        return (self._clock() if self._stopped_at is None else self._stopped_at) - self._began

    def begin(self) -> None:
        """Begins anew, at zero."""
        self._began, self._stopped_at = self._clock(), None

    def stop(self) -> None:
        """Stands still from now on."""
        if self._stopped_at is None:
            self._stopped_at = self._clock()

    def go_on(self) -> None:
        """Goes on from where it stands."""
        if self._stopped_at is not None:
            self._began += self._clock() - self._stopped_at
            self._stopped_at = None
