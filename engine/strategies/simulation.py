"""What is under way in a tree search: simulations, and the nodes whose children are being written."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.strategies.search_tree import ROOT


@dataclass(slots=True, eq=False)
class Simulation:
    """One way down the tree and back, so far."""

    number: int
    path: list[int] = field(default_factory=list)

    @property
    def leaf(self) -> int:
        return self.path[-1] if self.path else ROOT


@dataclass(slots=True, eq=False)
class Expansion:
    """A node whose children are being written, and the simulations that wait for them."""

    open: set[int]
    born: list[int] = field(default_factory=list)
    waiting: list[Simulation] = field(default_factory=list)
