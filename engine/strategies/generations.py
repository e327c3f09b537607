"""Searches that go from one generation of steps to the next: what beam search, DVTS and particle filtering share."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from engine.acts import AnyAct, ChangeVerifiers, PruneNode
from engine.moves import AnyMove, LoopEnded, NodesMerged, NodesPruned
from engine.strategies.base import Answer, Result, Strategy
from engine.strategies.found_texts import ALL_PRUNED, choose_text
from engine.strategies.search_tree import ROOT, Node, SearchTree
from engine.strategies.texts import as_text
from engine.types import Trial

NONE_GOES_ON = "Nothing is left to go on from: what could go on is pruned."


class Survival(Struct, frozen=True):
    """How a generation goes on: the nodes to take a next step from, once for each step, and what was done."""

    parents: tuple[int, ...]
    moves: tuple[AnyMove, ...]


class Selector(Protocol):
    """Decides who goes on. It is told a generation only when all of it is there."""

    merges: bool  # whether nodes that say the same are one, or stand for two particles

    def survive(self, generation: int, nodes: Sequence[Node]) -> Survival:
        """The survivors of the newest generation. Finished nodes are not asked for a next step."""


class GenerationSearch(Strategy):
    """A strategy: asks for one step from every survivor, waits for all of them, and lets the selector choose.

    Args:
        tree: Where the nodes go.
        selector: Who survives.
        width: How many steps the first generation has.
        most_steps: How many generations there can be.
        by_vote: The answer is the one with the highest sum of values, not that of the single best text.
        step_tokens: The most tokens of a step, for `reach`.
    """

    def __init__(
        self,
        tree: SearchTree,
        selector: Selector,
        *,
        width: int,
        most_steps: int,
        by_vote: bool,
        step_tokens: int,
    ) -> None:
        self._tree, self._selector, self._most, self._by_vote = tree, selector, most_steps, by_vote
        self._reach = width * most_steps * step_tokens
        self._wanted: deque[int] = deque([ROOT] * width)
        self._open: set[int] = set()  # asked for, and not told or not judged yet
        self._newest: list[int] = []
        self._parents: set[int] = set()  # of the newest
        self._stopped: dict[int, Result] = {}
        self._generation = 0
        self._moves: list[AnyMove] = []

    def ask(self, free: int) -> Sequence[Trial]:
        """The next steps of this generation."""
        trials: list[Trial] = []
        while self._wanted and len(trials) < free:
            trial = self._tree.step_from(self._wanted.popleft(), f"generation {self._generation + 1}")
            self._open.add(trial.id)
            trials.append(trial)
        return trials

    def tell(self, result: Result) -> None:
        """Takes a step. When it is the last of its generation, the next one is chosen.

        Raises:
            ValueError: The trial was never asked for.
        """
        trial = result.candidate.id
        self._tree.parent_of(trial)
        if trial not in self._open:
            if trial in self._tree.nodes:
                self._add(result)
            return
        if result.candidate.finish_reason in ("abort", "error"):
            self._stopped[trial] = result
        else:
            self._add(result)
            if result.pending:
                return
            self._newest.append(trial)
        self._open.discard(trial)
        if not self._open and not self._wanted:
            self._go_on()

    def dropped(self) -> Sequence[int]:
        """What was merged or did not survive, and the parents of those that did: they hold all that they go on from."""
        return self._tree.dropped()

    @property
    def reach(self) -> int:
        """All steps of all generations."""
        return self._reach

    def act(self, act: AnyAct) -> bool:
        """A node can be pruned by hand, unless it is pruned already; other verifiers count from here on."""
        match act:
            case PruneNode(node=node) if node in self._tree.nodes and not self._tree.node(node).pruned:
                self._prune(node)
            case ChangeVerifiers(verifiers=verifiers):
                self._tree.choose_verifiers(verifiers)
            case _:
                return False
        return True

    def moves(self) -> Sequence[AnyMove]:
        """What was done since this was last asked."""
        done, self._moves = self._moves, []
        return done

    @property
    def finished(self) -> bool:
        """Whether no step is wanted and none is under way."""
        return not self._wanted and not self._open

    def answer(self) -> Answer:
        """From the texts that came to their end; failing that, the most promising of those that did not.

        What is pruned does not count.
        """
        nodes = self._tree.nodes.values()
        texts = [as_text(node) for node in nodes if not node.pruned]
        return ALL_PRUNED if nodes and not texts else choose_text(texts, by_vote=self._by_vote)

    def _add(self, result: Result) -> None:
        """A step that was under way when something before it was pruned is pruned as well."""
        node = self._tree.add(result)
        node.pruned = self._tree.is_cut_off(node.id)

    def _prune(self, node: int) -> None:
        """Nothing is asked for below a node any more. If that was all that the generation waited for, it is there."""
        was_finished = self.finished
        self._tree.cut_off(node)
        self._wanted = deque(parent for parent in self._wanted if parent == ROOT or not self._tree.node(parent).pruned)
        self._moves.append(NodesPruned((node,), "by hand"))
        if was_finished or not self.finished:
            return
        if self._newest:
            self._go_on()
        else:
            self._moves.append(LoopEnded(NONE_GOES_ON))

    def _go_on(self) -> None:
        told = [self._tree.node(trial) for trial in sorted(self._newest)]
        self._newest = []
        nodes = [node for node in told if not node.pruned]
        self._tree.drop(node.id for node in told if node.pruned)
        if self._selector.merges:
            nodes = self._merged(nodes)
        if not nodes:
            if told:  # otherwise all were stopped from outside
                self._moves.append(LoopEnded(NONE_GOES_ON))
            return
        survival = self._selector.survive(self._generation, nodes)
        self._moves += survival.moves
        self._generation += 1
        self._wanted.extend(parent for parent in survival.parents if self._tree.can_go_on(parent))
        going_on = set(self._wanted)
        self._tree.drop(sorted(self._parents.union(node.id for node in nodes) - going_on))
        self._parents = going_on
        if survival.parents and not self._wanted:
            self._moves.append(LoopEnded(f"{self._most} steps are the most that a text may have."))

    def _merged(self, nodes: Sequence[Node]) -> list[Node]:
        kept = []
        for node in nodes:
            twin = self._tree.merge(node)
            if twin is None:
                kept.append(node)
            else:
                self._moves.append(NodesMerged(node.id, twin.id))
        return kept
