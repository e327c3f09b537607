"""A race: contestants run in turns on the one engine, and are then looked at together on one clock. Knows no widget."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from app.run_controller import RunController
from app.trace_pump import TracePump
from engine.check import check_setup
from engine.contest.contestant import MOST, Contestant
from engine.contest.course import Course
from engine.contest.entry import Entry
from engine.errors import ThinkscopeError
from engine.setup import RunSetup
from engine.trace.player import TracePlayer
from widgets.translation import tr

RecordedRun = tuple[TracePlayer, Course]


class Race(QObject):
    """Gives the contestants their turns and keeps their runs; afterwards it is the clock that all of them obey.

    Every run goes through the controller, and so is recorded as any other. A contestant that fails says so in its
    entry, and the next one has its turn.
    """

    entries_changed = Signal()  # who takes part, or how somebody stands
    entry_moved = Signal(int)  # new events of the one that runs
    clock_moved = Signal()  # another moment of all of them

    def __init__(self, controller: RunController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self.position, self.speed = 0.0, 1.0
        self.playing = False
        self._controller = controller
        self._shared: RunSetup | None = None
        self._current: Entry | None = None
        self._tried_to_load = False
        self._pump = TracePump(self._advance, self)
        controller.live_grew.connect(self._on_controller_live_grew)
        controller.run_ended.connect(self._on_controller_run_ended)
        controller.model_changed.connect(self._on_controller_model_changed)
        controller.trouble_raised.connect(self._on_controller_trouble_raised)

    # What is so

    @property
    def going(self) -> bool:
        """Whether contestants still have their turns to come."""
        return self._shared is not None

    @property
    def duration(self) -> float:
        """How long the longest run took, in seconds of its own clock."""
        return max((entry.player.duration for entry in self.entries), default=0.0)

    @property
    def can_play(self) -> bool:
        """Whether there is something to be looked at together."""
        return not self.going and any(entry.has_run for entry in self.entries)

    # Who takes part

    def add(self, contestant: Contestant) -> None:
        """Lets another one take part; does nothing while a race goes on, or when all places are taken."""
        if not self.going and len(self.entries) < MOST:
            self.entries.append(Entry(contestant))
            self._rearranged()

    def set_contestants(self, contestants: Sequence[Contestant]) -> None:
        """Lets these take part, and nobody else; does nothing while a race goes on."""
        if not self.going:
            self.entries = [Entry(contestant) for contestant in contestants[:MOST]]
            self._rearranged()

    def set_recordings(self, runs: Sequence[RecordedRun | ThinkscopeError]) -> None:
        """Holds recorded runs against each other, those in their place that could not be read left out."""
        if self.going:
            return
        self.entries = [_recorded(*run) for run in runs[:MOST] if not isinstance(run, ThinkscopeError)]
        self._rearranged()

    def remove(self, index: int) -> None:
        """Takes one out, and its run with it; does nothing while a race goes on."""
        if not self.going:
            del self.entries[index]
            self._rearranged()

    def set_model(self, index: int, path: str) -> None:
        """Gives one another model; its run was made by the old one and goes."""
        entry = self.entries[index]
        if not self.going and path != entry.contestant.load.path:
            entry.contestant = entry.contestant.on(path)
            entry.reset()
            self._rearranged()

    # The race

    def start(self, shared: RunSetup) -> None:
        """Everybody runs anew, one after the other, on the question and at the budget of this set-up."""
        if self.going or not self.entries:
            return
        self._set_playing(False)
        for entry in self.entries:
            entry.reset()
        self.position = 0.0
        self._shared, self._tried_to_load = shared, False
        self._next()

    def stop(self) -> None:
        """Ends the run that goes on and all that would follow; what is there is kept."""
        if not self.going:
            return
        stopped = ThinkscopeError(tr("Not run: the race was stopped."), "", tr("Race again."))
        for entry in self.entries:
            if entry.status in ("waiting", "loading"):
                entry.status, entry.trouble, entry.words = "left out", stopped, ""
        if self._current is not None:
            self._controller.stop()
            self.entries_changed.emit()
        else:
            self._finish()

    def _next(self) -> None:
        """Gives the next one its turn as soon as the engine and its model are ready."""
        if not self.going or self._current is not None or self._controller.activity != "idle":
            return
        entry = next((entry for entry in self.entries if entry.status in ("waiting", "loading")), None)
        if entry is None:
            self._finish()
        elif self._is_possible(entry) and self._has_its_model(entry):
            self._run(entry)

    def _is_possible(self, entry: Entry) -> bool:
        try:
            check_setup(self._setup_of(entry))
        except ThinkscopeError as error:
            self._fail(entry, error)
            return False
        return True

    def _has_its_model(self, entry: Entry) -> bool:
        """Whether the model is there; otherwise it is being loaded, or the entry has failed for want of it."""
        model, wanted = self._controller.model, entry.contestant.load
        is_its_own = model.options == wanted
        if is_its_own and model.status == "ready":
            return True
        if is_its_own and model.status == "failed" and self._tried_to_load:
            self._fail(entry, model.trouble or ThinkscopeError(tr("Its model could not be loaded.")))
        elif is_its_own and model.status == "loading":
            entry.status, entry.words = "loading", _loading_words(model.stage, model.fraction)
            self.entries_changed.emit()
        else:
            self._tried_to_load, entry.status = True, "loading"
            self._controller.load(wanted)
        return False

    def _run(self, entry: Entry) -> None:
        # What one has read must not be in the cache for the next: the order of turns would decide the costs.
        self._controller.run(self._setup_of(entry))
        if self._controller.activity != "idle":
            self._current, entry.status, entry.words = entry, "running", ""
            self.entries_changed.emit()

    def _setup_of(self, entry: Entry) -> RunSetup:
        assert self._shared is not None
        return entry.contestant.setup(self._shared)

    def _fail(self, entry: Entry, error: ThinkscopeError) -> None:
        entry.status, entry.trouble, entry.words = "failed", error, ""
        self._tried_to_load = False
        self.entries_changed.emit()
        self._later()

    def _later(self) -> None:
        """The next turn comes when the controller has done with this frame."""
        QTimer.singleShot(0, self, self._next)

    def _finish(self) -> None:
        self._shared = self._current = None
        self.position = self.duration
        self.entries_changed.emit()
        self.clock_moved.emit()

    # From the controller

    def _on_controller_live_grew(self, events: list) -> None:
        if self._current is not None:
            self._current.status = "running"  # what was said before it began was not its end
            self._current.take(events)
            self.entry_moved.emit(self.entries.index(self._current))

    def _on_controller_run_ended(self, run_id: str) -> None:
        entry, self._current, self._tried_to_load = self._current, None, False
        if entry is not None and self._controller.live is not None:
            if entry.status == "running":
                entry.status = "failed" if entry.state.failure is not None or not entry.has_run else "ended"
            if self._controller.live.stopping:
                self.stop()
            self.entries_changed.emit()
        if self.going:
            self._later()

    def _on_controller_model_changed(self) -> None:
        if self.going and self._current is None:
            self._later()

    def _on_controller_trouble_raised(self, trouble: ThinkscopeError) -> None:
        """What is said of a run that has not begun is why it will not."""
        if self._current is not None and not self._current.has_run:
            self._current.status, self._current.trouble = "failed", trouble

    # The clock

    def toggle(self) -> None:
        """Plays all runs together, from the beginning if they are at the end, or holds them."""
        if not self.can_play:
            return
        if not self.playing and self.position >= self.duration:
            self.seek(0.0)
        self._set_playing(not self.playing)

    def seek(self, t: float) -> None:
        """Shows every run as it was `t` seconds after its own beginning."""
        if not self.can_play:
            return
        self.position = min(max(0.0, t), self.duration)
        for entry in self.entries:
            entry.player.seek(self.position)
        self.clock_moved.emit()

    def set_speed(self, speed: float) -> None:
        """How fast they are played, 1 being as it was."""
        self.speed = speed

    def close(self) -> None:
        """Comes to rest; nobody has a turn any more."""
        self._shared = self._current = None
        self._pump.stop()

    def _set_playing(self, playing: bool) -> None:
        if playing == self.playing:
            return
        self.playing = playing
        if playing:
            self._pump.wake()
        self.clock_moved.emit()

    def _advance(self, elapsed: float, deadline: float) -> bool:
        if not self.playing or not self.can_play:
            return False
        position = self.position + elapsed * self.speed
        self.playing = position < self.duration
        self.seek(position)
        return self.playing

    def _rearranged(self) -> None:
        self._set_playing(False)
        for entry in self.entries:
            entry.player.seek(entry.player.duration)
        self.position = self.duration
        self.entries_changed.emit()
        self.clock_moved.emit()


def _recorded(player: TracePlayer, course: Course) -> Entry:
    player.seek(player.duration)
    start = player.state.start
    assert start is not None
    return Entry(Contestant.of(start.setup), "ended", None, player, course, True)


def _loading_words(stage: str, fraction: float) -> str:
    share = f" · {fraction:.0%}" if fraction else ""
    return tr("loading its model: {0}", (tr(stage).lower() or tr("starting")) + share)
