"""What a tree search compares at one place of its tree at one moment, from the events alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from engine.errors import BadInputError
from engine.settings import resolve
from engine.strategies.mcts_settings import MCTS, search_rules
from engine.strategies.search_rules import SearchRules
from engine.strategies.search_tree import priors, process_of
from engine.trace.fold import CandidateState, RunState


class Standing(Struct, frozen=True):
    """One of the thoughts that selection chooses between: visits N, in flight, sum of values W, Q, prior P, the merit.

    `is_open` is False for one that is pruned, or all of whose ends are known: selection passes it over. The merit is
    infinite for one that was never visited (UCT).
    """

    candidate: int
    visits: int
    in_flight: int
    total: float
    quality: float
    prior: float
    merit: float
    is_open: bool


class Standings(Struct, frozen=True):
    """All thoughts after one place (`parent` None: the problem), and which of them the next simulation would choose.

    `parent_visits` is N of the place as that simulation finds it: its own visit is one of them.
    """

    parent: int | None
    parent_visits: int
    rules: SearchRules
    rows: tuple[Standing, ...]
    chosen: int | None


def standings_of(state: RunState, candidate: int, exploration: float | None = None) -> Standings | None:
    """A thought with its siblings as selection sees them; None where the run is no such search, or it was merged.

    Args:
        state: The run at the moment in question.
        candidate: One of the thoughts.
        exploration: Another constant c than the run's, to see what it would change.
    """
    found = state.candidates.get(candidate)
    if found is None or found.purpose == "rollout" or found.merged_into is not None:
        return None
    return standings_after(state, found.parent, exploration)


def standings_after(state: RunState, parent: int | None, exploration: float | None = None) -> Standings | None:
    """The thoughts after one place (None: the problem) as selection sees them; None where the run is no such search."""
    if state.start is None or state.start.setup.strategy.name != MCTS.name:
        return None
    try:
        settings = resolve(MCTS.settings, state.settings)
    except BadInputError:
        return None  # of another program's search, whose rules are not known here
    rules = search_rules(settings, steps_are_judged=bool(process_of(state.weights)))
    if exploration is not None:
        rules = replace(rules, exploration=exploration)
    return _Siblings(state, int(settings["most_steps"])).compare(parent, rules)


class _Siblings:
    """The candidates of one state by the one they go on from."""

    def __init__(self, state: RunState, most_steps: int) -> None:
        self._state, self._most = state, most_steps
        self._children: dict[int | None, list[CandidateState]] = {}
        self._copies: Counter[int] = Counter()
        for one in state.candidates.values():
            if one.merged_into is not None:
                self._copies[one.merged_into] += 1
            elif one.purpose == "step" and one.finished_at is not None and one.status == "finished":
                self._children.setdefault(one.parent, []).append(one)

    def compare(self, parent: int | None, rules: SearchRules) -> Standings:
        """The table of one place."""
        nodes = self._children.get(parent, [])
        above = self._state.candidates.get(parent) if parent is not None else None
        if above is None:
            of = 1 + max(0, self._state.simulations_begun - self._state.simulations_abandoned)
        else:
            of = 1 + above.visits + above.in_flight
        shares = priors([(_logprob(node), node.token_count, 1 + self._copies[node.id]) for node in nodes])
        closed = {node.id: self._is_closed(node) for node in nodes}
        skips = not rules.revisits and not all(closed.values())
        rows = []
        for node, prior in zip(nodes, shares, strict=True):
            visits = node.visits + node.in_flight
            quality = rules.quality(node.value_sum, node.best_value, node.visits, node.in_flight)
            merit = rules.merit(quality, prior, visits, of)
            is_open = not node.pruned and not (skips and closed[node.id])
            rows.append(Standing(node.id, node.visits, node.in_flight, node.value_sum, quality, prior, merit, is_open))
        pinned = self._ways_to_pinned()
        open_ones = [row for row in rows if row.is_open]
        open_ones = [row for row in open_ones if row.candidate in pinned] or open_ones
        choice = max(open_ones, key=self._rank, default=None)
        return Standings(parent, of, rules, tuple(rows), choice.candidate if choice is not None else None)

    def _rank(self, row: Standing) -> tuple[float, float, float]:
        """As the search ranks them; between unvisited ones the better score, then the likelier step."""
        mix = self._state.candidates[row.candidate].mix
        return row.merit, 0.5 if mix is None else mix, row.prior

    def _is_closed(self, node: CandidateState) -> bool:
        """Whether nothing new can come of a thought: all below it has ended, or is pruned.

        From the leaves up, without recursion: a chain may be long.
        """
        closed: dict[int, bool] = {}
        for one in self._from_below(node):
            below = self._children.get(one.id, [])
            if one.pruned:
                closed[one.id] = True
            elif not one.visits:
                closed[one.id] = False
            else:
                closed[one.id] = all(closed[c.id] for c in below) if below else not self._can_go_on(one)
        return closed[node.id]

    def _can_go_on(self, node: CandidateState) -> bool:
        steps = tokens = 0
        at: CandidateState | None = node
        while at is not None:
            steps, tokens = steps + 1, tokens + at.token_count
            at = self._state.candidates[at.parent] if at.parent is not None else None
        assert self._state.start is not None
        room = self._state.start.setup.sampling.max_tokens - tokens
        return node.finish_reason == "step" and steps < self._most and room > 0

    def _ways_to_pinned(self) -> set[int]:
        ways = set()
        for one in self._state.candidates.values():
            at = one.id if one.pinned else None
            while at is not None:
                ways.add(at)
                at = self._state.candidates[at].parent
        return ways

    def _from_below(self, node: CandidateState) -> Iterator[CandidateState]:
        order, stack = [], [node]
        while stack:
            one = stack.pop()
            order.append(one)
            stack.extend(self._children.get(one.id, []))
        return reversed(order)


def _logprob(node: CandidateState) -> float:
    return sum(token.logprob for token in node.tokens)
