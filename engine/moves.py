"""What a strategy does beside asking for candidates: choosing a path, pruning, resampling, backing a value up.

Nodes are candidates by their ids; a path leads from below the root to a node. What a view shows of a search (visits,
values, what is in flight) follows from these, so that a replay shows what the strategy saw.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from engine.measures import Count, Figure, Share


class Move(Struct, frozen=True, tag_field="move", tag=True, gc=False):
    """Something that a strategy did."""


class PathSelected(Move, frozen=True):
    """A simulation of a tree search went down to the end of `path` (empty: the root) and is now in flight there.

    It was in flight in the first `entered` nodes of the path before: it goes on when a node has got its children.
    """

    simulation: Count
    path: tuple[int, ...]
    entered: Count = 0


class NodesMerged(Move, frozen=True):
    """A child said the same as its sibling `into`: from here on they are one."""

    node: int
    into: int


class ValueBackedUp(Move, frozen=True):
    """A simulation ended: every node of `path`, and the root, got a visit and the value, in [0, 1]."""

    simulation: Count
    path: tuple[int, ...]
    value: Share


class SimulationAbandoned(Move, frozen=True):
    """A simulation came to nothing, as what it waited for failed: it is in flight in `path` no more."""

    simulation: Count
    path: tuple[int, ...]


class NodesPruned(Move, frozen=True):
    """Nodes from which nothing goes on any more, with the reason in a few words."""

    nodes: tuple[int, ...]
    reason: str


class GenerationRanked(Move, frozen=True):
    """A beam search looked at all its beams: `kept` go on or are finished. `scores` are of `nodes`, in their order."""

    generation: int
    nodes: tuple[int, ...]
    scores: tuple[Figure, ...]
    kept: tuple[int, ...]


class ParticlesResampled(Move, frozen=True):
    """A particle filter drew its particles anew. `survivors` are the nodes that the new particles stand at.

    `weights` (they add up to 1) are of `particles`, the nodes before. `effective_size` is 1 / (sum of their squares).
    """

    generation: int
    particles: tuple[int, ...]
    weights: tuple[Share, ...]
    survivors: tuple[int, ...]
    effective_size: Figure


class Posterior(Struct, frozen=True, gc=False):
    """What a Thompson sampler believes of one way to go on, and the value it drew.

    `option` is "wider" (a new answer), "deeper" (any of those there are) or "node", one of them, which `node` is.
    """

    option: Literal["wider", "deeper", "node"]
    node: int | None
    mean: Figure
    deviation: Figure
    drawn: Figure


class PosteriorsSampled(Move, frozen=True):
    """At `node` (None: the root) a value was drawn for every way to go on, and `options[chosen]` was taken."""

    node: int | None
    options: tuple[Posterior, ...]
    chosen: Count


class DraftJudged(Move, frozen=True):
    """A round of refinement ended: the draft's score (None: nobody could tell) and what was found in it."""

    round: int
    draft: int
    score: Share | None
    findings: str


class LoopEnded(Move, frozen=True):
    """A loop stopped, with the reason in a sentence."""

    reason: str


AnyMove = (
    PathSelected
    | NodesMerged
    | ValueBackedUp
    | SimulationAbandoned
    | NodesPruned
    | GenerationRanked
    | ParticlesResampled
    | PosteriorsSampled
    | DraftJudged
    | LoopEnded
)
