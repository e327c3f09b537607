"""A contestant with its run: waiting for its turn, at work, or over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from engine.contest.contestant import Contestant
from engine.contest.course import Course
from engine.errors import ThinkscopeError
from engine.events import Event
from engine.setup import Budget
from engine.trace.fold import RunState
from engine.trace.player import TracePlayer

EntryStatus = Literal["waiting", "loading", "running", "ended", "failed", "left out"]


@dataclass(slots=True)
class Entry:
    """Changes as the contest goes on. `recorded` says that its run is older than the contest; `trouble` why it failed.

    `words` say how far its model is loaded, while it is.
    """

    contestant: Contestant
    status: EntryStatus = "waiting"
    trouble: ThinkscopeError | None = None
    player: TracePlayer = field(default_factory=lambda: TracePlayer(follow=True))
    course: Course = field(default_factory=Course)
    recorded: bool = False
    words: str = ""

    def take(self, events: Iterable[Event]) -> None:
        """Takes what has happened in its run."""
        new = list(events)
        self.player.extend(new)
        self.course.take(new)

    def reset(self) -> None:
        """Forgets its run, for another one."""
        self.status, self.trouble, self.recorded, self.words = "waiting", None, False, ""
        self.player, self.course = TracePlayer(follow=True), Course()

    @property
    def state(self) -> RunState:
        """Its run at the moment that is shown."""
        return self.player.state

    @property
    def has_run(self) -> bool:
        """Whether there is anything to show of it."""
        return len(self.player) > 0

    @property
    def budget(self) -> Budget | None:
        """What its run was allowed; None before it began."""
        start = self.state.start
        return start.setup.budget if start is not None else None
