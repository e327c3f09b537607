"""The timetable of a recorded run: which candidate wrote in which decode step, and how long the steps took."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate
from statistics import median

from msgspec import Struct

from engine.trace.fold import CandidateState, RunState


class Course(Struct, frozen=True):
    """How a candidate went, in decode steps.

    It was asked for before step `asked` of the run. Counted from there, it waited for `wait` steps, then got a token in
    each of the next `tokens`, and came to its end in step `end`.
    """

    asked: int
    wait: int
    tokens: int
    end: int


class Pace(Struct, frozen=True):
    """How long a decode step takes: `step_seconds`, and `token_seconds` more for each token in it."""

    step_seconds: float
    token_seconds: float

    def seconds(self, tokens: int) -> float:
        """The duration of a step with that many tokens."""
        return self.step_seconds + self.token_seconds * tokens


class Timetable:
    """Steps and seconds of a recorded run.

    Attributes:
        courses: The course of each candidate.
        steps: How many decode steps were recorded.
        pace: How long a step takes by its size, fitted to the recorded ones.
    """

    def __init__(self, state: RunState) -> None:
        self._times = list(accumulate((t for t, _, _ in state.rate_samples), max))
        self._ends = list(self._times)
        if self._ends and state.budget_spent is not None:
            # Only of this step is it recorded when it was over, with all that came of it.
            self._ends[-1] = max(self._ends[-1], state.budget_spent.t)
        self._end = state.t
        self.steps = len(self._times)
        self._prompt_steps = next((i + 1 for i, (_, size, _) in enumerate(state.rate_samples) if size), self.steps)
        self.courses = {candidate.id: self._course(candidate) for candidate in state.candidates.values()}
        self._sizes = self._sizes_of(self.courses.values())
        self.pace = self._fit([size for _, size, _ in state.rate_samples])

    @property
    def tail_seconds(self) -> float:
        """How long the run went on after its last decode step."""
        return self._end - self.recorded_end(self.steps - 1)

    def step_at(self, t: float) -> int:
        """The last step that was over by `t`; -1 before the first."""
        return bisect_right(self._times, t) - 1

    def steps_before(self, t: float) -> int:
        """How many steps were over before `t`."""
        return bisect_left(self._times, t)

    def next_step(self, t: float) -> float:
        """When the first step after `t` was over; infinite if there was none."""
        place = bisect_right(self._times, t)
        return self._times[place] if place < self.steps else math.inf

    def delay(self, step: int, tokens: int) -> float:
        """How much longer a step takes than the recorded one if it has `tokens`, in seconds (estimate).

        Steps up to the first token compute the prompt, which takes its time whatever comes after it.
        """
        recorded = self._recorded_seconds(step)
        size = self._sizes[step] if step < self.steps else 0
        if step < self._prompt_steps or tokens == size:
            return 0.0
        if not size:
            return self.pace.seconds(tokens)
        usual = self.pace.seconds(size)
        share = self.pace.seconds(tokens) / usual if usual and tokens else tokens / size
        return recorded * (share - 1)

    def recorded_end(self, step: int) -> float:
        """The run clock at the end of a recorded step; of a later one, that of the last."""
        return self._ends[min(step, self.steps - 1)] if step >= 0 and self._ends else 0.0

    def _recorded_seconds(self, step: int) -> float:
        return self.recorded_end(step) - self.recorded_end(step - 1)

    def _course(self, candidate: CandidateState) -> Course:
        asked = bisect_right(self._times, candidate.queued_at)
        ended = self.steps - 1 if candidate.finished_at is None else self.step_at(candidate.finished_at)
        if candidate.first_token_at is None:
            return Course(asked, max(0, ended - asked), 0, max(0, ended - asked))
        wait = max(0, bisect_left(self._times, candidate.first_token_at) - asked)
        return Course(asked, wait, candidate.token_count, max(ended - asked, wait + candidate.token_count - 1))

    def _sizes_of(self, courses: Iterable[Course]) -> Sequence[int]:
        """The tokens of each step, by the courses: what they leave out (a full cache) must not look like a change."""
        changes: defaultdict[int, int] = defaultdict(int)
        for course in courses:
            changes[course.asked + course.wait] += 1
            changes[course.asked + course.wait + course.tokens] -= 1
        return list(accumulate(changes[step] for step in range(self.steps)))

    def _fit(self, sizes: Sequence[int]) -> Pace:
        by_size: defaultdict[int, list[float]] = defaultdict(list)
        for step in range(self._prompt_steps, self.steps):
            if sizes[step]:
                by_size[sizes[step]].append(self._recorded_seconds(step))
        return fit_pace({size: (median(found), len(found)) for size, found in by_size.items()})


def fit_pace(steps: dict[int, tuple[float, int]]) -> Pace:
    """The pace that fits steps of several sizes best, by weighted least squares; neither part is negative.

    Where all steps have one size there is nothing to tell the parts apart: then a token takes its share of the step.

    Args:
        steps: For each size in tokens: how long such a step usually takes, in seconds, and how many there were.
    """
    weight = sum(count for _, count in steps.values())
    if not weight:
        return Pace(0.0, 0.0)
    mean_size = sum(size * count for size, (_, count) in steps.items()) / weight
    mean_seconds = sum(seconds * count for seconds, count in steps.values()) / weight
    spread = sum(count * (size - mean_size) ** 2 for size, (_, count) in steps.items())
    share = Pace(0.0, mean_seconds / mean_size)
    if not spread:
        return share
    joint = sum(count * (size - mean_size) * (seconds - mean_seconds) for size, (seconds, count) in steps.items())
    slope = joint / spread
    if slope <= 0:
        return Pace(mean_seconds, 0.0)
    base = mean_seconds - slope * mean_size
    return Pace(base, slope) if base > 0 else share
