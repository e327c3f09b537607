"""Where a player's events come from: a list that may still grow, or a recording that is read where it is needed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Protocol

from engine.events import Event, TokensDecoded
from engine.trace.fold import CandidateState
from engine.trace.reader import TraceReader
from engine.types import Token

CHUNK_EVENTS = 64


class Source(Protocol):
    """Events by their index, in order. `in_memory` says whether they all are."""

    in_memory: bool

    @property
    def end(self) -> float:
        """The run clock at the last event; 0 when there is none."""

    def __len__(self) -> int:
        """How many events there are."""

    def read(self, start: int, stop: int) -> Sequence[Event]:
        """The events from `start` up to but without `stop`."""

    def read_outline(self, start: int, stop: int) -> Sequence[Event]:
        """The same events; what their tokens say may be left out."""

    def chunk_end(self, start: int) -> int:
        """Where it is convenient to stop reading that begins at `start`."""

    def count_until(self, t: float) -> int:
        """How many events have happened by the run clock's `t`."""

    def tokens_of(self, candidate: CandidateState, count: int) -> list[Token]:
        """The first `count` tokens of a candidate, as it stands in a fold of the outline that has come that far."""


class EventList:
    """Events in memory; more can be added at the end."""

    in_memory = True

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._events: list[Event] = []
        self._times: list[float] = []
        self.extend(events)

    def __len__(self) -> int:
        return len(self._events)

    @property
    def end(self) -> float:
        """The run clock at the last event; 0 when there is none."""
        return self._times[-1] if self._times else 0.0

    def extend(self, events: Iterable[Event]) -> None:
        """Adds events at the end."""
        clock = self.end
        for event in events:
            clock = max(clock, event.t)
            self._events.append(event)
            self._times.append(clock)

    def read(self, start: int, stop: int) -> Sequence[Event]:
        """See `Source`."""
        return self._events[start:stop]

    read_outline = read

    def chunk_end(self, start: int) -> int:
        """See `Source`."""
        return min(start + CHUNK_EVENTS, len(self._events))

    def count_until(self, t: float) -> int:
        """See `Source`."""
        return bisect_right(self._times, t)

    def tokens_of(self, candidate: CandidateState, count: int) -> list[Token]:
        """See `Source`."""
        return candidate.tokens[:count]


class Recording:
    """A long recording, too long to hold in memory as a whole."""

    in_memory = False

    def __init__(self, reader: TraceReader) -> None:
        self._reader = reader
        self.end = reader.end
        self.read = reader.read
        self.read_outline = reader.read_outline
        self.chunk_end = reader.chunk_end
        self.count_until = reader.count_until

    def __len__(self) -> int:
        return len(self._reader)

    def tokens_of(self, candidate: CandidateState, count: int) -> list[Token]:
        """See `Source`: reads from where the candidate's first token is until there are enough."""
        found: list[Token] = []
        at = max(0, candidate.first_token_event - 1)
        while len(found) < count and at < len(self):
            stop = self.chunk_end(at)
            steps = (event for event in self.read(at, stop) if isinstance(event, TokensDecoded))
            found += [token for step in steps for token in step.tokens if token.candidate == candidate.id]
            at = stop
        return found[:count]
