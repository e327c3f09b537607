"""Replay: a clock that runs over a run's events, at any speed, forward and back, live or recorded. Knows no Qt."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from time import perf_counter
from typing import Literal

from engine.events import Event
from engine.trace.fold import PhaseSpan, RunState
from engine.trace.marks import Mark, Marks, Span
from engine.trace.reader import TraceReader
from engine.trace.snapshots import Snapshots, apply_recorded, no_collection
from engine.trace.source import EventList, Recording
from engine.trace.steps import thought_stops, token_stops

Grain = Literal["token", "thought", "phase"]
IN_MEMORY_BYTES = 8_000_000
NEAR_EVENTS = 256


class TracePlayer:
    """A run as it stands at one moment, and the means to go to another.

    `state` is the fold of the first `index` events. It is changed in place as time goes on; going back, or far ahead,
    puts another object in its place, and `generation` counts that up. What a view drew before is then void.

    `position` is the run clock in seconds. `follow` keeps the position at the end while events are added: a live run.
    Seeking and stepping away from the end let go of it. `playing` says whether `advance` lets time pass, `speed` how
    fast (1: as it was).

    Args:
        source: A recorded run, or events in memory (more can be added with `extend`).
        follow: Whether to start at the end and stay there.
        in_memory_bytes: Recordings up to this size are decoded as a whole; of longer ones only what is looked at.
    """

    def __init__(
        self,
        source: Iterable[Event] | TraceReader = (),
        *,
        follow: bool = False,
        in_memory_bytes: int = IN_MEMORY_BYTES,
    ) -> None:
        if isinstance(source, TraceReader) and source.size_bytes > in_memory_bytes:
            self._source: EventList | Recording = Recording(source)
        else:
            self._source = EventList(source)
        self._marks = Marks()
        if isinstance(self._source, EventList):
            self._marks.take(self._source.read(0, len(self._source)))
            self._snapshots = Snapshots(self._source)
        else:
            self._snapshots = Snapshots(self._source, self._marks.take)
        self.state = RunState()
        self.generation = 0
        self.playing = False
        self.speed = 1.0
        self._clock = 0.0
        self._follow = False
        self.follow = follow

    def __len__(self) -> int:
        return len(self._source)

    @property
    def index(self) -> int:
        """How many events `state` has in it."""
        return self.state.events

    @property
    def position(self) -> float:
        """The run clock of the moment that is shown, in seconds."""
        return self._clock

    @property
    def duration(self) -> float:
        """The run clock at the last event there is, in seconds."""
        return self._source.end

    @property
    def at_end(self) -> bool:
        """Whether every event there is has been applied."""
        return self.index == len(self._source)

    @property
    def phases(self) -> list[PhaseSpan]:
        """The phases of the whole run, for a timeline; of a long recording as far as it is prepared."""
        if isinstance(self._source, EventList):
            self._snapshots.reach(len(self._source))
        return self._snapshots.phases

    @property
    def marks(self) -> list[Mark]:
        """What is worth a mark in the whole run; of a long recording as far as it is prepared. Grows in place."""
        return self._marks.marks

    @property
    def search_spans(self) -> list[Span]:
        """The phases of a tree search, select to back up; empty for every other run. Grows in place."""
        return self._marks.spans

    @property
    def follow(self) -> bool:
        """Whether the position stays at the end while events are added."""
        return self._follow

    @follow.setter
    def follow(self, on: bool) -> None:
        self._follow = on
        if on:
            self._go(len(self._source))
            self._clock = self.duration

    def play(self) -> None:
        """Lets time pass in `advance`; from the beginning if it had come to the end."""
        if self.at_end:
            self.seek(0.0)
        self.playing = True

    def pause(self) -> None:
        """Lets time stand still."""
        self.playing = False

    def extend(self, events: Iterable[Event]) -> None:
        """Adds events at the end, as they happen.

        Raises:
            TypeError: The player plays a long recording.
        """
        if not isinstance(self._source, EventList):
            raise TypeError("a recording does not grow")
        before = len(self._source)
        self._source.extend(events)
        self._marks.take(self._source.read(before, len(self._source)))
        if self._follow:
            apply_recorded(self.state, self._source.read(before, len(self._source)))
            self._clock = self.duration

    def advance(self, seconds: float) -> bool:
        """Lets `seconds` of real time pass, at `speed`, and applies what has happened by then.

        Returns whether `state` has changed. Time passes whether `playing` or not: that is for the caller to heed.
        """
        if self._follow:
            return False
        self._clock = min(self._clock + max(0.0, seconds) * self.speed, self.duration)
        self.playing = self.playing and self._clock < self.duration
        before = self.index
        self._go(max(before, self._source.count_until(self._clock)))
        return self.index != before

    def seek(self, t: float) -> None:
        """Shows the run as it was at `t` seconds: everything that had happened by then."""
        self._clock = min(max(0.0, t), self.duration)
        self._go(self._source.count_until(self._clock))
        self._follow = self._follow and self.at_end

    def step(self, grain: Grain, direction: int = 1) -> bool:
        """Goes to the next token, end of a thought or beginning of a phase, or back to the one before.

        Without one, goes to the end or the beginning. Returns whether `state` has changed.

        Args:
            grain: token: the decode step that gave a token; thought: a candidate's end of line or sentence, or its
                end; phase: the run's entry into a phase, or what its strategy does next.
            direction: 1 forward, -1 back.
        """
        before = self.index
        target = self._stop_after(before, grain) if direction > 0 else self._stop_before(before, grain)
        self._go(target)
        self._clock = self.duration if self.at_end else self.state.t
        self._follow = self._follow and self.at_end
        return self.index != before

    def step_to_mark(self, direction: int = 1) -> bool:
        """Goes to the next mark, or back to the one before; without one, to the end or the beginning.

        Returns whether `state` has changed.
        """
        before = self.index
        if not self._source.in_memory:
            self._snapshots.reach(len(self._source))
        counts = [mark.events for mark in self.marks]
        place = bisect_right(counts, before) if direction > 0 else bisect_left(counts, before) - 1
        end = len(self._source) if direction > 0 else 0
        self._go(counts[place] if 0 <= place < len(counts) else end)
        self._clock = self.duration if self.at_end else self.state.t
        self._follow = self._follow and self.at_end
        return self.index != before

    def prepare(self, seconds: float) -> float:
        """Works ahead for about `seconds`, and a little in any case, so that seeking far into a long run is quick.

        Returns the share of the run that is prepared; 1 when there is nothing left to do.
        """
        until = perf_counter() + seconds
        with no_collection():
            while self._snapshots.reached < len(self._source):
                self._snapshots.reach(self._source.chunk_end(self._snapshots.reached))
                if perf_counter() >= until:
                    break
        return self._snapshots.reached / len(self._source) if len(self._source) else 1.0

    def _go(self, index: int) -> None:
        """Makes `state` the fold of the first `index` events, by the shortest way."""
        if index == self.index:
            return
        near = 0 <= index - self.index <= NEAR_EVENTS
        if not near and self._restoring_is_shorter(index):
            self.state = self._snapshots.restore(index)
            self.generation += 1
        apply_recorded(self.state, self._source.read(self.index, index))

    def _restoring_is_shorter(self, index: int) -> bool:
        return index < self.index or self.index < self._snapshots.block(index)[0]

    def _stop_after(self, index: int, grain: Grain) -> int:
        """The number of events up to and with the next stop after the first `index`."""
        if grain == "phase":
            self._snapshots.reach(len(self._source))
            starts = self._snapshots.phase_stops
            place = bisect_left(starts, index)
            return starts[place] + 1 if place < len(starts) else len(self._source)
        while index < len(self._source):
            start, end = self._snapshots.block(index)
            found = next((stop for stop in self._stops(start, end, grain) if stop >= index), None)
            if found is not None:
                return found + 1
            index = end
        return len(self._source)

    def _stop_before(self, index: int, grain: Grain) -> int:
        """The number of events up to and with the last stop before the `index`th."""
        if grain == "phase":
            self._snapshots.reach(index)
            starts = self._snapshots.phase_stops
            place = bisect_right(starts, index - 2)
            return starts[place - 1] + 1 if place else 0
        last = index - 2  # the event that `state` ends with may be a stop itself
        while last >= 0:
            start, end = self._snapshots.block(last)
            found = next((stop for stop in reversed(self._stops(start, end, grain)) if stop <= last), None)
            if found is not None:
                return found + 1
            last = start - 1
        return 0

    def _stops(self, start: int, end: int, grain: Grain) -> list[int]:
        if grain == "token":
            return [start + stop for stop in token_stops(self._source.read(start, end))]
        # A thought is known by the token before: the block before is read too.
        first = self._snapshots.block(start - 1)[0] if start else 0
        return [first + stop for stop in thought_stops(self._source.read(first, end)) if first + stop >= start]
