"""Monte Carlo tree search over steps: select, expand, evaluate, back up (Kocsis and Szepesvári 2006).

PUCT is that of Silver et al. 2017 (AlphaGo Zero).

Several simulations are under way at once: each makes its path look visited and lost until it has backed its value up
(virtual loss), so that they spread and their steps share one batch.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from engine.acts import (
    AddSimulations,
    AnyAct,
    ChangeSetting,
    ChangeVerifiers,
    ExpandNode,
    PinNode,
    PruneNode,
    WriteThought,
)
from engine.moves import (
    AnyMove,
    LoopEnded,
    NodesMerged,
    NodesPruned,
    PathSelected,
    SimulationAbandoned,
    ValueBackedUp,
)
from engine.selection import count_votes
from engine.setup import Value
from engine.strategies.base import Answer, Result, Strategy
from engine.strategies.search_tree import ROOT, UNJUDGED, Node, SearchTree
from engine.strategies.texts import Text, as_text, choose_text
from engine.types import Candidate, Trial

ALL_KNOWN = "Every step that was found has been followed to its end."


class SearchRules(Struct, frozen=True):
    """How the search goes.

    `puct` selects by Q + c P sqrt(N) / (1 + n), otherwise by UCT, Q + c sqrt(ln N / n), unvisited ones first.
    `rollouts` evaluates a leaf by writing on to the end, otherwise by the scores of its steps. `back_up_best` makes Q
    the highest value below a node, otherwise the mean. `choose` is "value", "visits" or "vote".
    """

    simulations: int
    at_once: int
    children: int
    exploration: float
    puct: bool
    rollouts: bool
    back_up_best: bool
    choose: str


@dataclass(slots=True, eq=False)
class _Simulation:
    number: int
    path: list[int] = field(default_factory=list)

    @property
    def leaf(self) -> int:
        return self.path[-1] if self.path else ROOT


@dataclass(slots=True, eq=False)
class _Expansion:
    """A node whose children are being written, and the simulations that wait for them."""

    open: set[int]
    born: list[int] = field(default_factory=list)
    waiting: list[_Simulation] = field(default_factory=list)


class TreeSearch(Strategy):
    """A strategy. It can be extended when it has finished: `more`.

    Args:
        tree: Where the nodes go.
        rules: How the search goes.
        step_tokens: The most tokens of a step, for `reach`.
    """

    def __init__(self, tree: SearchTree, rules: SearchRules, step_tokens: int) -> None:
        self.tree, self._rules, self._step_tokens = tree, rules, step_tokens
        self._simulations = rules.simulations
        self._started = self._done = self._abandoned = 0
        self._root_in_flight = 0
        self._root_expanded = self._closed = False
        self._expanding: dict[int, _Expansion] = {}
        self._rollouts: dict[int, _Simulation] = {}
        self._texts: dict[int, Text] = {}  # what rollouts wrote
        self._to_ask: deque[Trial] = deque()
        self._written: set[int] = set()  # steps in a person's words that are under way
        self._moves: list[AnyMove] = []

    def ask(self, free: int) -> Sequence[Trial]:
        """Starts simulations while there is room for more of them, and gives out the steps that they need."""
        while len(self._to_ask) < free and self._may_start():
            simulation = _Simulation(self._started)
            self._started += 1
            self._root_in_flight += 1
            self._descend(simulation)
        return [self._to_ask.popleft() for _ in range(min(free, len(self._to_ask)))]

    def tell(self, result: Result) -> None:
        """Takes a step or a rollout; the simulations that waited for it go on.

        Raises:
            ValueError: The trial was never asked for.
        """
        trial = result.candidate.id
        parent = self.tree.parent_of(trial)
        if result.candidate.purpose == "rollout":
            self._tell_rollout(result)
        elif parent in self._expanding and trial in self._expanding[parent].open:
            self._tell_child(parent, result)
        elif trial in self._written:
            self._tell_written(result)
        elif trial in self.tree.nodes:
            self.tree.add(result)  # a score that came late

    def more(self, simulations: int) -> None:
        """Adds simulations to a search, a finished one too. They find nothing where the whole tree is known."""
        self._simulations += simulations
        if self._closed:
            self._moves.append(LoopEnded(ALL_KNOWN))

    def act(self, act: AnyAct) -> bool:
        """Expand, prune, pin, write; more simulations, other constants, other verifiers."""
        match act:
            case AddSimulations(count=count):
                self.more(count)
            case ChangeSetting(name=name, value=value) if name in _CHANGEABLE:
                if name == "simulations":
                    self._simulations = int(value)
                else:
                    self._rules = replace(self._rules, **{name: _CHANGEABLE[name](value)})
            case ChangeVerifiers(verifiers=verifiers):
                self.tree.choose_verifiers(verifiers)
            case _:
                return self._act_on_node(act)
        return True

    def _act_on_node(self, act: AnyAct) -> bool:
        match act:
            case ExpandNode(node=node) if self._is_open(node):
                self._closed = False
                self._expand(ROOT if node is None else node)
            case PruneNode(node=node) if node in self.tree.nodes:
                self._prune(node)
            case PinNode(node=node, pinned=pinned) if node in self.tree.nodes:
                self.tree.node(node).pinned = pinned
            case WriteThought(parent=parent, text=text, replaces=replaced) if text.strip() and self._is_open(parent):
                self._closed = False
                trial = self.tree.written(ROOT if parent is None else parent, text)
                self._written.add(trial.id)
                self._to_ask.append(trial)
                if replaced is not None and replaced in self.tree.nodes:
                    self._prune(replaced)
            case _:
                return False
        return True

    def _is_open(self, node: int | None) -> bool:
        return node is None or (node in self.tree.nodes and self.tree.can_go_on(node))

    def _prune(self, node: int) -> None:
        self.tree.node(node).pruned = True
        self._moves.append(NodesPruned((node,), "by hand"))

    @property
    def reach(self) -> int:
        """As if every simulation expanded a node."""
        return self._simulations * self._rules.children * self._step_tokens

    def moves(self) -> Sequence[AnyMove]:
        """What was done since this was last asked."""
        done, self._moves = self._moves, []
        return done

    @property
    def finished(self) -> bool:
        """Whether all simulations have backed their values up, or the whole tree is known."""
        under_way = self._expanding or self._rollouts or self._to_ask or self._written
        return not under_way and (self._done + self._abandoned >= self._simulations or self._closed)

    def answer(self) -> Answer:
        """By value, by visits or by a vote: a setting. What was pruned by hand does not count."""
        nodes = [as_text(node) for node in self.tree.nodes.values() if not self.tree.is_cut_off(node.id)]
        rollouts = [text for id, text in self._texts.items() if not self.tree.is_cut_off(self.tree.parent_of(id))]
        texts = [*nodes, *rollouts]
        if self._rules.choose == "visits":
            return self._most_visited() or choose_text(texts, by_vote=False)
        return choose_text(texts, by_vote=self._rules.choose == "vote")

    def formula(self, parent: int, child: Node) -> float:
        """What selection compares children by; infinite for one that comes first because it was never visited."""
        visits = child.visits + child.in_flight
        if self._rules.puct:
            return self.quality(child) + self._rules.exploration * child.prior * math.sqrt(self._visits(parent)) / (
                1 + visits
            )
        if not visits:
            return math.inf
        return self.quality(child) + self._rules.exploration * math.sqrt(math.log(self._visits(parent)) / visits)

    def quality(self, node: Node) -> float:
        """Q: the mean of the values backed up, or the highest, with simulations in flight counted as lost."""
        visits = node.visits + node.in_flight
        if not visits:
            return 0.0
        return node.best * node.visits / visits if self._rules.back_up_best else node.total / visits

    # --- select --------------------------------------------------------------------------------------------------

    def _may_start(self) -> bool:
        under_way = self._started - self._done - self._abandoned
        return self._started < self._simulations and under_way < self._rules.at_once and not self._closed

    def _descend(self, simulation: _Simulation) -> None:
        """Goes down from where the simulation stands until something has to be written, or a value is known."""
        entered = len(simulation.path)
        while True:
            here = simulation.leaf
            if here in self._expanding or self._wants_children(here):
                self._selected(simulation, entered)
                self._expand(here).waiting.append(simulation)
                return
            children = self._selectable(here)
            if not children and here == ROOT:
                self._give_up(simulation)
                return
            if not children:
                self._selected(simulation, entered)
                self._evaluate(simulation)
                return
            child = max(children, key=lambda one: (self.formula(here, one), rank_of_unvisited(one)))
            child.in_flight += 1
            simulation.path.append(child.id)
            if not child.visits and child.in_flight == 1:
                self._selected(simulation, entered)
                self._evaluate(simulation)
                return

    def _wants_children(self, id: int) -> bool:
        """A node is expanded when it is reached for the second time; the root at once."""
        expanded = self._root_expanded if id == ROOT else self.tree.node(id).expanded
        return not expanded and self.tree.can_go_on(id)

    def _selectable(self, id: int) -> list[Node]:
        """The children to choose from: not the pruned ones, and only ways to pinned ones where there are any."""
        children = [child for child in self.tree.children(id) if not child.pruned]
        pinned = {step for node in self.tree.nodes.values() if node.pinned for step in self.tree.path(node.id)}
        return [child for child in children if child.id in pinned] or children

    def _give_up(self, simulation: _Simulation) -> None:
        self._abandon(simulation)
        self._closed = True
        self._moves.append(LoopEnded("Nothing is left to follow: every first step is pruned."))

    def _selected(self, simulation: _Simulation, entered: int) -> None:
        self._moves.append(PathSelected(simulation.number, tuple(simulation.path), entered))

    def _visits(self, id: int) -> int:
        if id == ROOT:
            return self._done + self._root_in_flight
        node = self.tree.node(id)
        return node.visits + node.in_flight

    # --- expand --------------------------------------------------------------------------------------------------

    def _expand(self, id: int) -> _Expansion:
        if id not in self._expanding:
            trials = [self.tree.step_from(id) for _ in range(self._rules.children)]
            self._expanding[id] = _Expansion({trial.id for trial in trials})
            self._to_ask.extend(trials)
        return self._expanding[id]

    def _tell_child(self, parent: int, result: Result) -> None:
        expansion, trial = self._expanding[parent], result.candidate.id
        failed = result.candidate.finish_reason in ("abort", "error")
        if not failed:
            self.tree.add(result)
            if result.pending:
                return
            expansion.born.append(trial)
        expansion.open.discard(trial)
        if not expansion.open:
            self._finish_expansion(parent)

    def _tell_written(self, result: Result) -> None:
        self.tree.add(result)
        if not result.pending:
            self._written.discard(result.candidate.id)
            self.tree.set_priors(self.tree.children(self.tree.parent_of(result.candidate.id)))

    def _finish_expansion(self, parent: int) -> None:
        expansion = self._expanding.pop(parent)
        for trial in sorted(expansion.born):
            node = self.tree.node(trial)
            twin = self.tree.merge(node)
            if twin is not None:
                self._moves.append(NodesMerged(node.id, twin.id))
        children = self.tree.children(parent)
        if not children:
            for simulation in expansion.waiting:
                self._abandon(simulation)
            return
        self.tree.set_priors(children)
        if parent == ROOT:
            self._root_expanded = True
        else:
            self.tree.node(parent).expanded = True
        for simulation in expansion.waiting:
            self._descend(simulation)

    def _abandon(self, simulation: _Simulation) -> None:
        """Its steps could not be written: nothing is learnt, and nothing is counted."""
        for id in simulation.path:
            self.tree.node(id).in_flight -= 1
        self._root_in_flight -= 1
        self._abandoned += 1
        self._moves.append(SimulationAbandoned(simulation.number, tuple(simulation.path)))

    # --- evaluate ------------------------------------------------------------------------------------------------

    def _evaluate(self, simulation: _Simulation) -> None:
        if simulation.leaf == ROOT:
            raise AssertionError("the root is expanded, never evaluated")
        leaf = self.tree.node(simulation.leaf)
        if leaf.terminal:
            self._back_up(simulation, self._worth(leaf.candidate, leaf.value))
        elif not self.tree.can_go_on(leaf.id) or leaf.expanded:
            self._back_up(simulation, 0.0)  # as long as a text may be, and no answer: it is worth nothing
        elif self._rules.rollouts:
            trial = self.tree.rollout_from(leaf.id)
            self._rollouts[trial.id] = simulation
            self._to_ask.append(trial)
        else:
            self._back_up(simulation, UNJUDGED if leaf.value is None else leaf.value)

    def _tell_rollout(self, result: Result) -> None:
        candidate = result.candidate
        leaf = self.tree.node(self.tree.parent_of(candidate.id))
        value = self.tree.judge(leaf, result)
        failed = candidate.finish_reason in ("abort", "error")
        if not failed:
            self._texts[candidate.id] = Text(candidate, value, 1, leaf.depth + 1)
        if candidate.id not in self._rollouts or (result.pending and not failed):
            return
        simulation = self._rollouts.pop(candidate.id)
        if failed:
            self._abandon(simulation)
        else:
            self._back_up(simulation, self._worth(candidate, value))

    def _worth(self, candidate: Candidate, value: float | None) -> float:
        """What a text that has ended is worth: nothing without an answer; unjudged, how many of the texts agree."""
        if candidate.vote is None:
            return 0.0
        return value if value is not None else self._agreement(candidate.vote)

    def _agreement(self, vote: str) -> float:
        """The share of the texts so far that give this answer (as rStar values rollouts, Qi et al. 2024)."""
        texts = [text.candidate for text in (*map(as_text, self.tree.nodes.values()), *self._texts.values())]
        votes = count_votes((c.id, c.vote, c.answer) for c in texts if c.is_whole)
        total = sum(len(one.candidates) for one in votes)
        agreeing = next((len(one.candidates) for one in votes if one.vote == vote), 0)
        return agreeing / total if total else UNJUDGED

    # --- back up -------------------------------------------------------------------------------------------------

    def _back_up(self, simulation: _Simulation, value: float) -> None:
        for id in simulation.path:
            node = self.tree.node(id)
            node.visits += 1
            node.in_flight -= 1
            node.total += value
            node.best = max(node.best, value)
        self._root_in_flight -= 1
        self._done += 1
        self._moves.append(ValueBackedUp(simulation.number, tuple(simulation.path), value))
        self._close(simulation.leaf)

    def _close(self, id: int) -> None:
        """Marks what cannot bring anything new; when that is the whole tree, the search is over."""
        while id != ROOT and self._is_closed(id):
            self.tree.node(id).closed = True
            id = self.tree.node(id).parent
        if id == ROOT and self._root_expanded and all(child.closed for child in self.tree.children(ROOT)):
            if not self._closed and self._done < self._simulations:
                self._moves.append(LoopEnded(ALL_KNOWN))
            self._closed = True

    def _is_closed(self, id: int) -> bool:
        node = self.tree.node(id)
        if node.pruned:
            return True
        if not node.visits:
            return False
        children = self.tree.children(id)
        return all(child.closed for child in children) if children else not self.tree.can_go_on(id)

    # --- answer --------------------------------------------------------------------------------------------------

    def _most_visited(self) -> Answer | None:
        """Down from the root to the most visited child each time; the best text there."""
        here = ROOT
        while children := [child for child in self._selectable(here) if child.visits]:
            here = max(children, key=lambda child: (child.visits, self.quality(child))).id
        if here == ROOT:
            return None
        below = [text for id, text in self._texts.items() if self.tree.parent_of(id) == here]
        answer = choose_text([as_text(self.tree.node(here)), *below], by_vote=False)
        if answer.answer is None:
            return None
        return Answer(answer.candidate, answer.answer, f"The most visited steps lead here. {answer.reason}")


_CHANGEABLE: dict[str, Callable[[Value], int | float]] = {
    "simulations": int,
    "at_once": int,
    "children": int,
    "exploration": float,
}


def rank_of_unvisited(node: Node) -> tuple[float, float]:
    """Between children that were never visited: the better score, then the likelier step."""
    return (UNJUDGED if node.value is None else node.value), node.prior
