"""A scheduler that computes nothing: each step gives the recorded candidates under way the tokens they got then."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from engine.what_if.record import Record


@dataclass(slots=True)
class Part:
    """A candidate that takes part, asked for in step `asked`; `written` are the tokens it had when it left."""

    record: Record
    asked: int
    written: int = 0

    @property
    def first(self) -> int:
        """The step of its first token."""
        return self.asked + self.record.course.wait

    @property
    def last(self) -> int:
        """The step of its last token; before `first` when it has none."""
        return self.first + self.record.course.tokens - 1

    @property
    def end(self) -> int:
        """The step in which it comes to its end."""
        return self.asked + self.record.course.end


@dataclass(slots=True)
class StepReport:
    """What a step did: how many tokens were drawn, how many of prompts were computed before the first ones of those
    that began, and whose recording came to its end, in order of arrival.
    """

    drawn: int
    prompt_tokens: int
    ended: list[Part] = field(default_factory=list)


class RecordedScheduler:
    """The part of `engine.inference.scheduler.Scheduler` that a strategy notices, from records.

    A candidate takes as many steps as it took, from the step in which it is asked for.

    Attributes:
        at: The number of the step to come.
        running: The candidates under way, in order of admission.
    """

    def __init__(self) -> None:
        self.at = 0
        self.running: dict[int, Part] = {}
        self._size = 0
        self._changes: defaultdict[int, int] = defaultdict(int)  # of the size, by step: no step looks at each candidate
        self._begins: defaultdict[int, list[int]] = defaultdict(list)
        self._ends: defaultdict[int, list[int]] = defaultdict(list)
        self._starved: set[int] = set()

    @property
    def idle(self) -> bool:
        """Whether nobody is under way."""
        return not self.running

    def submit(self, record: Record) -> Part:
        """Begins a candidate."""
        part = Part(record, self.at)
        self.running[record.candidate.id] = part
        self._changes[part.first] += 1
        self._changes[part.last + 1] -= 1
        if record.course.tokens:
            self._begins[part.first].append(record.candidate.id)
        self._ends[part.end].append(record.candidate.id)
        return part

    def step(self, limit: int | None = None, all_limit: int | None = None) -> StepReport:
        """One decode step that draws at most `limit` tokens, first for those that were admitted first.

        With `all_limit` it reads and draws no more than that together; a prompt that is not read whole draws nothing.
        """
        self._size += self._changes.pop(self.at, 0)
        begun = [self.running[number].record for number in self._begins.pop(self.at, ()) if number in self.running]
        drawn, read = self._size, sum(record.computed_tokens for record in begun)
        if all_limit is not None:
            room = max(0, all_limit - (self._size - len(begun)))
            if read > room:
                drawn, read = self._size - len(begun), room
            drawn = min(drawn, all_limit - read)
        drawn = drawn if limit is None else min(drawn, limit)
        if drawn < self._size:
            writing = [number for number, part in self.running.items() if part.first <= self.at <= part.last]
            self._starved.update(writing[drawn:])
        ended = [self.running[number] for number in self._ends.pop(self.at, ()) if number in self.running]
        self.at += 1
        arrived = [part for part in ended if part.record.candidate.id not in self._starved]
        return StepReport(drawn, read, _in_order(arrived))

    def leave(self, part: Part) -> None:
        """Takes a candidate out, with what it has written by now."""
        number = part.record.candidate.id
        del self.running[number]
        part.written = min(max(0, self.at - part.first), part.record.course.tokens) - (number in self._starved)
        if part.last >= self.at:
            self._changes[max(part.first, self.at)] -= 1
            self._changes[part.last + 1] += 1


def _in_order(arrived: list[Part]) -> list[Part]:
    """Candidates that end in the same step, in the order in which a scheduler would give them back.

    As recorded, where they were asked for as far apart as then; where not, those that were asked for first.
    """
    moved = {part.asked - part.record.course.asked for part in arrived}
    if len(moved) <= 1:
        return sorted(arrived, key=lambda part: part.record.arrival)
    return sorted(arrived, key=lambda part: (part.asked, part.record.arrival))
