"""What a recorded run had spent at each moment, and where a budget would have cut it off."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from msgspec import Struct
from msgspec.structs import replace

from engine.budget import Spent, Unit
from engine.moves import ValueBackedUp
from engine.setup import BUDGET_UNITS, Budget
from engine.trace.fold import RunState
from engine.what_if.recorded_run import RecordedRun

Charge = tuple[float, int]  # when, and how much


class CutOff(Struct, frozen=True):
    """Where a run ends: what came at `t` (seconds of the run clock) or later does not count.

    `candidates` is how many could be begun (None: all that were). `spent` is the bound, None where the run goes to the
    end of its recording.
    """

    t: float = math.inf
    candidates: int | None = None
    spent: Spent | None = None


class Spending:
    """The charges of a recorded run: of every candidate, step, critique and judge.

    Args:
        run: The recorded run.
    """

    def __init__(self, run: RecordedRun) -> None:
        state = run.state
        self._run, self._end = run, state.t
        self._table = run.timetable
        self._curves: dict[Unit, _Curve] = {
            "tokens": _Curve(_generated(state)),
            "all_tokens": _Curve([*_generated(state), *_read(state)]),
            "simulations": _Curve((made.t, 1) for made in state.moves if isinstance(made.move, ValueBackedUp)),
        }
        self._asked = [c for c in state.candidates.values() if c.purpose != "branch"]

    def cut_off(self, budget: Budget) -> CutOff:
        """Where the budget ends the run: at the first of its bounds that is reached.

        Those that the run had itself cut nothing off. Of tokens no step may go beyond the bound; any other bound lets
        the step under way come to its end.
        """
        budget = _without(self._run.setup.budget, budget)
        cuts = [*(self._by_unit(unit, budget) for unit in self._curves), self._by_clock(budget)]
        found = [cut for cut in cuts if cut is not None and cut.t < math.inf]  # where nothing follows, nothing is cut
        found += filter(None, [self._by_candidates(budget)])
        first = min(found, key=lambda cut: cut.t, default=CutOff())
        return replace(first, candidates=budget.candidates)

    def _by_unit(self, unit: Unit, budget: Budget) -> CutOff | None:
        limit, curve = getattr(budget, unit), self._curves[unit]
        place = None if limit is None else curve.place(limit)
        if place is None:
            return None
        t, used = curve.times[place], curve.totals[place]
        if unit != "simulations" and used > limit:
            before = bisect_left(curve.times, t)
            return CutOff(t, spent=Spent(unit, limit, curve.totals[before - 1] if before else 0))
        return CutOff(self._table.next_step(t), spent=Spent(unit, limit, used))

    def _by_clock(self, budget: Budget) -> CutOff | None:
        """Seconds; energy and its price go with them."""
        joules = self._run.joules(1.0)
        rates: list[tuple[Unit, float | None]] = [
            ("seconds", 1.0),
            ("joules", joules),
            ("price", None if joules is None else self._run.price(joules)),
        ]
        cuts = []
        for unit, rate in rates:
            limit = getattr(budget, unit)
            if limit is not None and rate and limit / rate < self._end:
                t = min(self._end, self._table.next_step(math.nextafter(limit / rate, 0.0)))
                cuts.append(CutOff(self._table.next_step(t), spent=Spent(unit, limit, t * rate)))
        return min(cuts, key=lambda cut: cut.t, default=None)

    def _by_candidates(self, budget: Budget) -> CutOff | None:
        """Those that were begun come to their end, and then no more are asked for."""
        limit = budget.candidates
        if limit is None or len(self._asked) <= limit:
            return None
        last = max(self._end if c.finished_at is None else c.finished_at for c in self._asked[:limit])
        return CutOff(self._table.next_step(last), spent=Spent("candidates", limit, limit))


class _Curve:
    """What was used of one unit, as it grew."""

    def __init__(self, charges: Iterable[Charge]) -> None:
        ordered = sorted(charges)
        self.times: Sequence[float] = [t for t, _ in ordered]
        self.totals: Sequence[int] = list(accumulate(amount for _, amount in ordered))

    def place(self, limit: int) -> int | None:
        """The charge with which the limit is reached."""
        # What was charged at one moment was charged together.
        found = bisect_left(self.totals, limit)
        return None if found == len(self.totals) else bisect_right(self.times, self.times[found]) - 1


def _without(own: Budget, budget: Budget) -> Budget:
    """The bounds of a budget that are other ones than a run's own."""
    return Budget(**{unit: bound for unit in BUDGET_UNITS if (bound := getattr(budget, unit)) != getattr(own, unit)})


def _generated(state: RunState) -> Iterator[Charge]:
    yield from ((t, tokens) for t, tokens, _ in state.rate_samples)
    yield from ((verdict.t, verdict.tokens) for c in state.candidates.values() for verdict in c.verdicts.values())


def _read(state: RunState) -> Iterator[Charge]:
    """The tokens of prompts that were computed, and those of texts that had to be computed again.

    A prompt is charged when the whole of it was there: how far it had come before that is not in the state of a run.
    """
    for candidate in state.candidates.values():
        if candidate.started_at is not None:
            yield candidate.started_at, candidate.computed_tokens
        if candidate.finished_at is not None:
            yield candidate.finished_at, candidate.recomputed_tokens
        yield from ((verdict.t, verdict.prompt_tokens) for verdict in candidate.verdicts.values())
