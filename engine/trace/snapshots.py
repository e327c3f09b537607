"""Snapshots of a run's fold every so often, so that any moment of it is near one."""

from __future__ import annotations

import gc
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice

from engine.errors import BadInputError
from engine.events import Event
from engine.trace.fold import CandidateState, ContradictionError, PhaseSpan, RunState
from engine.trace.source import Source
from engine.trace.steps import PhaseStops
from engine.types import Token

SNAPSHOT_WEIGHT = 6000  # events and tokens between two snapshots: a few milliseconds to fold


def apply_recorded(state: RunState, events: Sequence[Event]) -> None:
    """Applies events that somebody else may have written.

    Raises:
        BadInputError: They contradict each other.
    """
    try:
        state.apply_all(events)
    except KeyError as error:
        raise _contradiction(f"Candidate {error} was never asked for, or only later.") from None
    except ContradictionError as error:
        raise _contradiction(str(error)) from None


def _contradiction(why: str) -> BadInputError:
    return BadInputError("The recording contradicts itself.", why, "It cannot be shown.")


@dataclass(slots=True, frozen=True)
class _Lengths:
    """How far the parts of a state that only grow had come. A phase closes after it was added: the last is kept."""

    candidates: int
    prompts: int
    phases: int
    last_phase: tuple[PhaseSpan, ...]
    notices: int
    rate_samples: int
    moves: int
    acts: int

    @staticmethod
    def of(state: RunState) -> _Lengths:
        return _Lengths(
            len(state.candidates),
            len(state.prompts),
            max(0, len(state.phases) - 1),
            tuple(state.phases[-1:]),
            len(state.notices),
            len(state.rate_samples),
            len(state.moves),
            len(state.acts),
        )

    def restore(self, small: RunState, grown: RunState) -> RunState:
        return replace(
            small,
            prompts=dict(islice(grown.prompts.items(), self.prompts)),
            phases=[*grown.phases[: self.phases], *self.last_phase],
            notices=grown.notices[: self.notices],
            rate_samples=grown.rate_samples[: self.rate_samples],
            moves=grown.moves[: self.moves],
            acts=grown.acts[: self.acts],
            ledger=small.ledger.copy(),
        )


def _without_growth(state: RunState) -> RunState:
    return replace(
        state,
        candidates={},
        prompts={},
        phases=[],
        notices=[],
        rate_samples=[],
        moves=[],
        acts=[],
        changed=set(),
        ledger=state.ledger.copy(),
        _votes=None,
    )


class Snapshots:
    """Folds the outline of a run, as far as it was asked for, and remembers how it stood every so often.

    Most of a run only ever grows, so a snapshot is mostly lengths; of candidates it keeps those that have changed since
    the snapshot before. Memory follows what happens in the run, not how many snapshots there are.
    """

    def __init__(self, source: Source, on_folded: Callable[[Sequence[Event]], None] | None = None) -> None:
        self._source, self._on_folded = source, on_folded
        self._front = RunState()  # never seen by a view: its `changed` is ours
        self._starts: list[int] = []
        self._states: list[RunState] = []  # without what `_Lengths` stands for
        self._lengths: list[_Lengths] = []
        self._versions: dict[int, tuple[list[int], list[CandidateState]]] = {}
        self._phase_stops = PhaseStops()
        self._weighed = 0
        self._take()

    @property
    def reached(self) -> int:
        """How many events have been folded."""
        return self._front.events

    @property
    def phases(self) -> list[PhaseSpan]:
        """The phases as far as was folded."""
        return self._front.phases

    @property
    def phase_stops(self) -> list[int]:
        """The indices of the events that a step by phases stops at, as far as was folded."""
        return self._phase_stops.places

    def reach(self, index: int) -> None:
        """Folds on until `index` events are in, and perhaps some more.

        Raises:
            BadInputError: The events contradict each other.
        """
        if self.reached >= min(index, len(self._source)):
            return
        with no_collection():
            while self.reached < min(index, len(self._source)):
                start = self.reached
                self._fold(self._source.read_outline(start, self._source.chunk_end(start)))
                if self._weight_of_front() - self._weighed >= SNAPSHOT_WEIGHT:
                    self._take()

    def block(self, index: int) -> tuple[int, int]:
        """The snapshots around event `index`: (start, end); the end is that of the run when there is none yet."""
        self.reach(index + 1)
        number = bisect_right(self._starts, index) - 1
        end = self._starts[number + 1] if number + 1 < len(self._starts) else len(self._source)
        return self._starts[number], end

    def restore(self, index: int) -> RunState:
        """A state of its own as of the last snapshot at or before `index`; its `events` says which."""
        self.reach(index)
        number = bisect_right(self._starts, index) - 1
        lengths = self._lengths[number]
        state = lengths.restore(self._states[number], self._front)
        ids = islice(self._front.candidates, lengths.candidates)
        state.candidates = {candidate: self._version(candidate, number) for candidate in ids}
        state.changed = set(state.candidates)
        return state

    def _fold(self, events: Sequence[Event]) -> None:
        self._phase_stops.take(self._front.events, events)
        apply_recorded(self._front, events)
        if self._on_folded is not None:
            self._on_folded(events)

    def _weight_of_front(self) -> int:
        return self._front.events + self._front.ledger.completion_tokens

    def _take(self) -> None:
        front, number = self._front, len(self._starts)
        # The candidates' versions carry no tokens, only how many there were.
        self._weighed = self._weight_of_front()
        self._starts.append(front.events)
        self._lengths.append(_Lengths.of(front))
        self._states.append(_without_growth(front))
        for candidate in front.changed:
            numbers, versions = self._versions.setdefault(candidate, ([], []))
            numbers.append(number)
            if not self._source.in_memory:
                front.candidates[candidate].drop_tokens()
            versions.append(front.candidates[candidate].keep(self._load))
        front.changed.clear()

    def _version(self, candidate: int, number: int) -> CandidateState:
        numbers, versions = self._versions[candidate]
        return versions[bisect_right(numbers, number) - 1]

    def _load(self, candidate: int, count: int) -> list[Token]:
        return self._source.tokens_of(self._front.candidates[candidate], count)


@contextmanager
def no_collection() -> Iterator[None]:
    """Holds the garbage collector off while much is made that stays: it would look at all of it again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
