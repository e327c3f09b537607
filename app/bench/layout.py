"""`bench layout`: what it takes to lay a tree of thoughts out, a node, in trees of many shapes and up to 100,000 nodes.

Linear time is the same time a node in trees of any size. The smallest distance between neighbours of a row is
measured with it: where it is less than one, two nodes overlap.
"""

from __future__ import annotations

import itertools
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence

import msgspec

from widgets.models.tidy_layout import TidyLayout

SIZES = (1_000, 10_000, 100_000)
Children = list[list[int]]


class Shape(msgspec.Struct, frozen=True):
    """Of one kind of tree: microseconds a node by size (median of the turns), and the least distance in a row."""

    name: str
    microseconds: dict[int, float]
    least_distance: float


def bench_layout(turns: int, as_json: bool) -> int:
    """Measures, prints and returns the exit status."""
    shapes = [measure(name, parent, turns) for name, parent in PARENTS.items()]
    if as_json:
        print(json.dumps({"kind": "layout", "turns": turns, "shapes": msgspec.to_builtins(shapes)}, indent=2))
        return 0
    print(f"microseconds a node, medians of {turns} turns" + "".join(f"{size:>12,}" for size in SIZES) + "  distance")
    for shape in shapes:
        figures = "".join(f"{shape.microseconds[size]:>12.1f}" for size in SIZES)
        print(f"{shape.name:<39}{figures}  {shape.least_distance:>8.2f}")
    return 0


def measure(name: str, parent: Callable[[int, random.Random], int], turns: int) -> Shape:
    """Lays trees of a kind out."""
    taken: dict[int, float] = {}
    least = float("inf")
    for size in SIZES:
        chance = random.Random(1)
        children: Children = [[] for _ in range(size)]
        for node in range(1, size):
            children[parent(node, chance)].append(node)
        times = []
        for _ in range(turns):
            layout = TidyLayout(children)
            began = time.process_time()
            layout.place()
            times.append((time.process_time() - began) / size * 1e6)
        taken[size] = round(statistics.median(times), 2)
        least = min(least, least_distance(children, layout.x))
    return Shape(name, taken, round(least, 6))


def least_distance(children: Children, x: Sequence[float]) -> float:
    """Between any two neighbours of a row, rows being read from left to right."""
    row, least = [0], float("inf")
    while row:
        least = min(least, *(x[b] - x[a] for a, b in itertools.pairwise(row)), float("inf"))
        row = [child for node in row for child in children[node]]
    return least


def _mostly_newest(node: int, chance: random.Random) -> int:
    return node - 1 if chance.random() < 0.95 else chance.randrange(node)


PARENTS: dict[str, Callable[[int, random.Random], int]] = {
    "a chain": lambda node, chance: node - 1,
    "a star": lambda node, chance: 0,
    "four children each": lambda node, chance: (node - 1) // 4,
    "any node's child": lambda node, chance: chance.randrange(node),
    "mostly the newest node's child": lambda node, chance: (
        node - 1 if chance.random() < 0.95 else chance.randrange(node)
    ),
    "a comb: a chain with a leaf at each": lambda node, chance: max(0, node - 1 if node % 2 else node - 2),
}
