"""The tree of thoughts of a run: which candidate goes on from which, growing with the run."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from engine.trace.fold import CandidateState, RunState
from engine.trace.path_value import path_value

ROOT = 0
"""The place of the root, which is the problem; it is no candidate."""

PROBLEM = -2
"""What a view says to others when the problem is selected, where a thought gives its number, and nothing gives -1."""

TREES = frozenset(("beam-search", "dvts", "particle-filtering", "mcts", "ab-mcts"))
"""Strategies whose candidates make a tree of more than a line."""


def makes_tree(state: RunState) -> bool:
    """Whether a run is one that is best seen as a tree."""
    return state.start is not None and state.start.setup.strategy.name in TREES


def parent_of(candidate: CandidateState) -> int | None:
    """The candidate that another one goes on from, or improves on; None for one that begins at the problem."""
    return candidate.parent if candidate.parent is not None else candidate.refines


def node_value(state: RunState, candidate: CandidateState) -> float | None:
    """The value of a thought: the mean of what simulations brought back, else what its own path is worth."""
    if candidate.visits:
        return candidate.value_sum / candidate.visits
    return None if candidate.merged_into is not None else path_value(state, candidate)


class ThoughtTree:
    """Nodes by place, in order of arrival; place 0 is the root. What was merged into a sibling is in it no more.

    Attributes:
        ids: The candidate at each place; -1 for the root.
        parents: The place of each node's parent; -1 for the root.
        children: The places of each node's children, from left to right.
        depths: Steps from the root.
        collapsed: Places whose children are not to be seen.
    """

    def __init__(self) -> None:
        self.ids: list[int] = [-1]
        self.parents: list[int] = [-1]
        self.children: list[list[int]] = [[]]
        self.depths: list[int] = [0]
        self.collapsed: set[int] = set()
        self._places: dict[int, int] = {}
        self._merged: set[int] = set()

    def __len__(self) -> int:
        return len(self.ids)

    def place(self, candidate: int) -> int | None:
        """Where a candidate stands; None when it does not, or no longer."""
        found = self._places.get(candidate)
        return None if found is None or found in self._merged else found

    def grow(self, state: RunState, changed: Collection[int]) -> bool:
        """Takes changed candidates in; True when the tree has another form now.

        Args:
            state: The run.
            changed: The candidates that may be new, or merged.
        """
        grown = False
        for id in sorted(changed) if len(changed) > 1 else changed:
            candidate = state.candidates.get(id)
            if candidate is None:
                continue
            if id not in self._places:
                self._add(state, candidate)
                grown = True
            if candidate.merged_into is not None and self._places[id] not in self._merged:
                self._merge(self._places[id])
                grown = True
        return grown

    def shown_children(self) -> list[list[int]]:
        """The children of each node that are to be seen."""
        if not self.collapsed:
            return self.children
        return [[] if place in self.collapsed else kids for place, kids in enumerate(self.children)]

    def shown(self) -> list[int]:
        """All places that are to be seen, parents first."""
        found, stack = [], [ROOT]
        while stack:
            place = stack.pop()
            found.append(place)
            if place not in self.collapsed:
                stack.extend(self.children[place])
        return found

    def path(self, place: int) -> list[int]:
        """The way from the root to a node, both included."""
        way = []
        while place >= 0:
            way.append(place)
            place = self.parents[place]
        return way[::-1]

    def below(self, place: int) -> Iterator[int]:
        """All nodes of a subtree but its root."""
        stack = list(self.children[place])
        while stack:
            node = stack.pop()
            yield node
            stack.extend(self.children[node])

    def siblings(self, place: int) -> list[int]:
        """A node with those that have the same parent, from left to right."""
        return self.children[self.parents[place]] if place != ROOT else [ROOT]

    def _add(self, state: RunState, candidate: CandidateState) -> None:
        parent = parent_of(candidate)
        above = ROOT
        if parent is not None:
            if parent not in self._places:
                self._add(state, state.candidates[parent])
            above = self._places[parent]
        place = len(self.ids)
        self._places[candidate.id] = place
        self.ids.append(candidate.id)
        self.parents.append(above)
        self.depths.append(self.depths[above] + 1)
        self.children.append([])
        self.children[above].append(place)

    def _merge(self, place: int) -> None:
        self._merged.add(place)
        siblings = self.children[self.parents[place]]
        if place in siblings:
            siblings.remove(place)
