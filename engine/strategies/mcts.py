"""Monte Carlo tree search over steps: select, expand, evaluate, back up (Kocsis and Szepesvári 2006).

What is known to its end is closed: a text that has ended and was evaluated, a node whose children are all closed. No
simulation goes there any more (MCTS-Solver, Winands et al. 2008, does so with what is proven): by the book most of them
would, for no new token. `SearchRules.revisits` is the exception. The search ends when the root is closed.

A simulation costs the depth of the tree times the children of a node, however large the tree is.

Several simulations are under way at once: each makes its path look visited and lost until it has backed its value up
(virtual loss), so that they spread and their steps share one batch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from msgspec.structs import replace

from engine.acts import AnyAct
from engine.moves import (
    AnyMove,
    LoopEnded,
    NodesMerged,
    NodesPruned,
    PathSelected,
    SimulationAbandoned,
    ValueBackedUp,
)
from engine.setup import Value
from engine.strategies.base import Answer, Result, Strategy
from engine.strategies.search_rules import SearchRules
from engine.strategies.search_tree import ROOT, UNJUDGED, Node, SearchTree
from engine.strategies.simulation import Expansion, Simulation
from engine.strategies.texts import Text
from engine.strategies.tree_acts import carry_out
from engine.strategies.tree_texts import TreeTexts
from engine.types import Candidate, Trial

ALL_KNOWN = "Every step that was found has been followed to its end."
MOST_A_TURN = 256
"""Simulations that may end within one `ask`, where all that they meet is known: whoever asks has other work, too."""
ALL_PRUNED = "Nothing is left to follow: every first step is pruned."


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
        self._allowed: int | None = None  # how many may be started in all, those abandoned not counted
        self._root_in_flight = 0
        self._root_expanded = self._closed = False
        self._expanding: dict[int, Expansion] = {}
        self._rollouts: dict[int, Simulation] = {}
        self._texts = TreeTexts(tree)
        self._to_ask: deque[Trial] = deque()
        self._written: set[int] = set()  # steps in a person's words that are under way
        self._moves: list[AnyMove] = []

    def ask(self, free: int) -> Sequence[Trial]:
        """Starts simulations while there is room for more of them, and gives out the steps that they need."""
        most = self._started + MOST_A_TURN
        while len(self._to_ask) < free and self._may_start() and self._started < most:
            simulation = Simulation(self._started)
            self._started += 1
            self._root_in_flight += 1
            self._descend(simulation)
        return [self._to_ask.popleft() for _ in range(min(free, len(self._to_ask)))]

    def ask_by_hand(self, free: int) -> Sequence[Trial]:
        """Steps that were wanted by hand, and as many simulations as are allowed."""
        return self.ask(free)

    def allow(self, simulations: int | None) -> None:
        """Bounds the simulations from here on."""
        self._allowed = None if simulations is None else self._done + simulations

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
            self._add(result)  # a score that came late

    def more(self, simulations: int) -> None:
        """Adds simulations to a search, a finished one too. They find nothing where the whole tree is known."""
        self._simulations += simulations
        if self._closed:
            self._moves.append(LoopEnded(ALL_KNOWN))

    def act(self, act: AnyAct) -> bool:
        """Expand, prune, pin, write; more simulations, other constants, other verifiers."""
        return carry_out(self, act)

    def change(self, name: str, value: Value) -> None:
        """Another value for a setting that can be changed: the rest was asked by the old one."""
        if name == "simulations":
            self._simulations = int(value)
        else:
            self._rules = replace(self._rules, **{name: float(value) if name == "exploration" else int(value)})

    def expand(self, id: int) -> Expansion:
        """More steps after a node, or after the root, unless they are being written already."""
        if id not in self._expanding:
            trials = [self.tree.step_from(id) for _ in range(self._rules.children)]
            self._expanding[id] = Expansion({trial.id for trial in trials})
            self._to_ask.extend(trials)
        return self._expanding[id]

    def prune(self, node: int) -> None:
        """Nothing goes through a node any more, and what is below it is no answer."""
        self.tree.node(node).pruned = True
        self._moves.append(NodesPruned((node,), "by hand"))
        self._texts.cut_off(node)
        self.tree.drop(self.tree.below(node))
        self._close(node)

    def write(self, parent: int, text: str) -> None:
        """A step after a node, or after the root, in a person's words."""
        trial = self.tree.written(parent, text)
        self._written.add(trial.id)
        self._to_ask.append(trial)

    def dropped(self) -> Sequence[int]:
        """What was merged, closed or pruned."""
        return self.tree.dropped()

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
        visited = self._most_visited() if self._rules.choose == "visits" else None
        return visited or self._texts.answer(by_vote=self._rules.choose == "vote")

    def formula(self, parent: int, child: Node) -> float:
        """What selection compares children by; infinite for one that comes first because it was never visited."""
        visits = child.visits + child.in_flight
        return self._rules.merit(self.quality(child), child.prior, visits, self._visits(parent))

    def quality(self, node: Node) -> float:
        """Q of a node."""
        return self._rules.quality(node.total, node.best, node.visits, node.in_flight)

    # --- select --------------------------------------------------------------------------------------------------

    def _may_start(self) -> bool:
        under_way = self._started - self._done - self._abandoned
        if self._allowed is not None and self._done + under_way >= self._allowed:
            return False
        return self._started < self._simulations and under_way < self._rules.at_once and not self._closed

    def _descend(self, simulation: Simulation) -> None:
        """Goes down from where the simulation stands until something has to be written, or a value is known."""
        entered = len(simulation.path)
        while True:
            here = simulation.leaf
            if here in self._expanding or self._wants_children(here):
                self._selected(simulation, entered)
                self.expand(here).waiting.append(simulation)
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
        """The children to choose from: none that is pruned, and only ways to pinned ones where there are any.

        None that is closed either, unless all are: what comes late, as it waited for siblings, looks at those again.
        """
        children = [child for child in self.tree.children(id) if not child.pruned]
        if not self._rules.revisits:
            children = [child for child in children if not child.closed] or children
        return [child for child in children if child.id in self.tree.ways_to_pinned] or children

    def _give_up(self, simulation: Simulation) -> None:
        self._abandon(simulation)
        self._closed = True
        self._moves.append(LoopEnded(ALL_PRUNED))

    def _selected(self, simulation: Simulation, entered: int) -> None:
        self._moves.append(PathSelected(simulation.number, tuple(simulation.path), entered))

    def _visits(self, id: int) -> int:
        if id == ROOT:
            return self._done + self._root_in_flight
        node = self.tree.node(id)
        return node.visits + node.in_flight

    # --- expand --------------------------------------------------------------------------------------------------

    def _add(self, result: Result) -> Node:
        node = self.tree.add(result)
        self._texts.put(node)
        return node

    def _tell_child(self, parent: int, result: Result) -> None:
        expansion, trial = self._expanding[parent], result.candidate.id
        failed = result.candidate.finish_reason in ("abort", "error")
        if not failed:
            self._add(result)
            if result.pending:
                return
            expansion.born.append(trial)
        expansion.open.discard(trial)
        if not expansion.open:
            self._finish_expansion(parent)

    def _tell_written(self, result: Result) -> None:
        node = self._add(result)
        if not result.pending:
            self._reopen(node.parent)
            self._written.discard(result.candidate.id)
            self.tree.set_priors(self.tree.children(self.tree.parent_of(result.candidate.id)))

    def _finish_expansion(self, parent: int) -> None:
        expansion = self._expanding.pop(parent)
        for trial in sorted(expansion.born):
            node = self.tree.node(trial)
            twin = self.tree.merge(node)
            if twin is not None:
                self._texts.drop(node.id)
                self._texts.put(twin)
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
        if not all(child.closed for child in children):
            self._reopen(parent)
        for simulation in expansion.waiting:
            self._descend(simulation)

    def _abandon(self, simulation: Simulation) -> None:
        """Its steps could not be written: nothing is learnt, and nothing is counted."""
        for id in simulation.path:
            self.tree.node(id).in_flight -= 1
        self._root_in_flight -= 1
        self._abandoned += 1
        self._moves.append(SimulationAbandoned(simulation.number, tuple(simulation.path)))

    # --- evaluate ------------------------------------------------------------------------------------------------

    def _evaluate(self, simulation: Simulation) -> None:
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
            self._texts.put_rollout(leaf, Text(candidate, value, 1, leaf.depth + 1))
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
        if value is None:  # as rStar values rollouts (Qi et al. 2024): the share of the texts so far that say the same
            value = self._texts.share(candidate.vote)
        return UNJUDGED if value is None else value

    # --- back up -------------------------------------------------------------------------------------------------

    def _back_up(self, simulation: Simulation, value: float) -> None:
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
        if self.tree.close(id) and self._root_expanded and not self._closed:
            if self._done < self._simulations:
                pruned = all(child.pruned for child in self.tree.children(ROOT))
                self._moves.append(LoopEnded(ALL_PRUNED if pruned else ALL_KNOWN))
            self._closed = True

    def _reopen(self, id: int) -> None:
        """A node has got a child that may bring something new."""
        if self.tree.reopen(id):
            self._closed = False

    # --- answer --------------------------------------------------------------------------------------------------

    def _most_visited(self) -> Answer | None:
        """Down from the root to the most visited child each time; the best text there."""
        here = ROOT
        while children := [child for child in self._selectable(here) if child.visits]:
            here = max(children, key=lambda child: (child.visits, self.quality(child))).id
        if here == ROOT:
            return None
        answer = self._texts.answer_at(self.tree.node(here))
        if answer.answer is None:
            return None
        return Answer(answer.candidate, answer.answer, f"The most visited steps lead here. {answer.reason}")


def rank_of_unvisited(node: Node) -> tuple[float, float]:
    """Between children that were never visited: the better score, then the likelier step."""
    return (UNJUDGED if node.value is None else node.value), node.prior
