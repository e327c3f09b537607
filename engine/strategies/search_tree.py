"""A tree of steps of reasoning: what every search over steps has in common, in a `networkx.DiGraph`.

A node is a trial that wrote one step; its id is the trial's. The root, `ROOT`, is the prompt alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from engine.selection import Aggregate, aggregate, mix
from engine.setup import RunSetup, VerifierChoice
from engine.strategies.base import Result
from engine.strategies.seeds import trial_seed
from engine.types import Candidate, Origin, Prompt, Purpose, Sampling, StepEnd, Trial
from engine.verifiers.registry import VERIFIERS

ROOT = -1
UNJUDGED = 0.5  # the value of a step that no verifier can tell anything about: neither right nor wrong


class StepRules(Struct, frozen=True):
    """Where a step ends, how many tokens it may have, and how many steps a text may have."""

    end: StepEnd
    tokens: int
    most: int


class Judges(Struct, frozen=True):
    """How a node's scores become one value: verifiers' weights, which of them judge steps, and how steps reduce."""

    weights: Mapping[str, float]
    process: frozenset[str]
    aggregate: Aggregate


def process_of(names: Iterable[str]) -> frozenset[str]:
    """Those of the verifiers that judge steps."""
    return frozenset(name for name in names if name in VERIFIERS and VERIFIERS[name].judges_steps)


@dataclass(slots=True, eq=False)
class Node:
    """One step. `value` is the mix of its verifiers' scores (None: nobody could tell), in [0, 1].

    `visits`, `total`, `best` and `in_flight` are a tree search's: visits, the sum and the highest of the values that
    were backed up, and simulations under way; `closed` says that nothing new can come of it. `copies` counts the
    siblings that said the same and were merged. `length` is the tokens of its whole text.
    """

    id: int
    parent: int
    depth: int
    candidate: Candidate
    scores: dict[str, list[float | None]] = field(default_factory=dict)
    value: float | None = None
    prior: float = 1.0
    copies: int = 1
    length: int = 0
    visits: int = 0
    total: float = 0.0
    best: float = 0.0
    in_flight: int = 0
    expanded: bool = False
    closed: bool = False
    pruned: bool = False
    pinned: bool = False

    @property
    def terminal(self) -> bool:
        """Whether its text came to its end."""
        return self.candidate.finish_reason != "step"

    @property
    def confidence(self) -> float:
        """The geometric mean probability of its whole text, in [0, 1]."""
        mean = self.candidate.mean_logprob
        return 0.0 if mean is None else min(1.0, math.exp(mean))


class SearchTree:
    """Makes trials that go on from nodes, and nodes from what came back.

    Args:
        setup: Gives the sampling and the seed. Its `max_tokens` bounds a whole text.
        prompt: What the root stands for.
        rules: Of steps.
        judges: Of values.
    """

    def __init__(self, setup: RunSetup, prompt: Prompt, rules: StepRules, judges: Judges) -> None:
        import networkx as nx  # a third of a second, which only a search should cost

        self._setup, self._prompt, self._rules, self._judges = setup, prompt, rules, judges
        self.graph = nx.DiGraph()
        self.graph.add_node(ROOT)
        self._nodes: dict[int, Node] = {}
        self._parents: dict[int, int] = {}  # of every trial that was asked for
        self._next = 0
        self._ways_to_pinned: frozenset[int] = frozenset()
        self._dropped: list[int] = []

    def choose_verifiers(self, verifiers: Sequence[VerifierChoice]) -> None:
        """Other verifiers, or other weights, count from here on."""
        weights = {choice.name: choice.weight for choice in verifiers}
        self._judges = Judges(weights, process_of(weights), self._judges.aggregate)

    @property
    def asked(self) -> int:
        """How many trials were asked for."""
        return self._next

    @property
    def nodes(self) -> Mapping[int, Node]:
        """All nodes but the root, by id, in order of arrival."""
        return self._nodes

    def node(self, id: int) -> Node:
        """A node that is not the root."""
        return self._nodes[id]

    def parent_of(self, trial: int) -> int:
        """The node that a trial goes on from.

        Raises:
            ValueError: The trial was never asked for.
        """
        if trial not in self._parents:
            raise ValueError(f"trial {trial} was never asked for")
        return self._parents[trial]

    def children(self, id: int) -> list[Node]:
        """The children of a node, or of `ROOT`, in order of their ids: ties are decided alike whoever came first."""
        return [self._nodes[child] for child in sorted(self.graph.successors(id))]

    def below(self, id: int) -> list[int]:
        """A node and all that go on from it."""
        found = [id]
        for node in found:
            found += self.graph.successors(node)
        return found

    def close(self, id: int) -> bool:
        """Marks a node, and those that lead to it, where nothing new can come; whether nothing new can come at all.

        That is so of what is pruned, what was visited and may not go on, and what has only closed children.
        """
        while id != ROOT and self._is_closed(id):
            if not self._nodes[id].closed:
                self._nodes[id].closed = True
                self._dropped.append(id)
            id = self._nodes[id].parent
        return id == ROOT and all(child.closed for child in self.children(ROOT))

    def drop(self, ids: Iterable[int]) -> None:
        """Nobody will go on from these nodes, unless a person wants to."""
        self._dropped += ids

    def dropped(self) -> list[int]:
        """The nodes that were dropped since this was last asked."""
        dropped, self._dropped = self._dropped, []
        return dropped

    def reopen(self, id: int) -> bool:
        """Something new can come of a node, and so of those that lead to it, up to one that is pruned.

        Returns:
            Whether that reaches the root.
        """
        while id != ROOT and not self._nodes[id].pruned:
            self._nodes[id].closed = False
            id = self._nodes[id].parent
        return id == ROOT

    def _is_closed(self, id: int) -> bool:
        node = self._nodes[id]
        if node.pruned:
            return True
        if not node.visits:
            return False
        children = self.children(id)
        return all(child.closed for child in children) if children else not self.can_go_on(id)

    @property
    def ways_to_pinned(self) -> frozenset[int]:
        """The nodes that are pinned, and those that lead to them."""
        return self._ways_to_pinned

    def pin(self, id: int, pinned: bool) -> None:
        """Pins a node, or frees it."""
        self._nodes[id].pinned = pinned
        self._find_pinned()

    def is_cut_off(self, id: int) -> bool:
        """Whether a node, or one on the way to it, was pruned."""
        return any(self._nodes[node].pruned for node in self.path(id) if node in self._nodes)

    def cut_off(self, id: int) -> None:
        """Prunes a node and all that go on from it so far."""
        for node in self.below(id):
            self._nodes[node].pruned = True

    def path(self, id: int) -> tuple[int, ...]:
        """The way from below the root to a node."""
        path: list[int] = []
        while id != ROOT:
            path.append(id)
            id = self._parents[id]
        return tuple(reversed(path))

    def depth(self, id: int) -> int:
        """How many steps lead to a node: 0 for the root."""
        return 0 if id == ROOT else self._nodes[id].depth

    def can_go_on(self, id: int) -> bool:
        """Whether a step may follow."""
        if id == ROOT:
            return True
        node = self._nodes[id]
        return not node.terminal and not node.pruned and node.depth < self._rules.most and self._room(id) > 0

    def step_from(self, id: int, label: str = "") -> Trial:
        """A trial that writes the next step after a node."""
        sampling = self._setup.sampling
        tokens = max(1, min(self._rules.tokens, self._room(id)))
        return self._trial(id, replace(sampling, max_tokens=tokens, step_end=self._rules.end), "step", label)

    def written(self, id: int, text: str) -> Trial:
        """A step after a node in a person's words: nothing is drawn."""
        end = text if text[:1].isspace() or id == ROOT else f" {text}"
        sampling = replace(self._setup.sampling, max_tokens=0)
        trial = self._trial(id, sampling, "step", "written by hand")
        return replace(trial, origin=Origin(id, text=end))

    def rollout_from(self, id: int, label: str = "") -> Trial:
        """A trial that writes on from a node to the end of the text."""
        return self._trial(id, replace(self._setup.sampling, max_tokens=max(1, self._room(id))), "rollout", label)

    def add(self, result: Result) -> Node:
        """Takes the result of a step; telling one twice changes its scores only."""
        candidate = result.candidate
        parent = self.parent_of(candidate.id)
        node = self._nodes.get(candidate.id)
        if node is None:
            length = candidate.completion_tokens + (0 if parent == ROOT else self._nodes[parent].length)
            node = Node(candidate.id, parent, self.depth(parent) + 1, candidate, length=length)
            self._nodes[node.id] = node
            self.graph.add_edge(parent, node.id)
        node.candidate = candidate
        node.scores, node.value = self._judge(node, result)
        return node

    def merge(self, node: Node) -> Node | None:
        """Merges a node into an earlier sibling that says the same; that sibling, or None when there is none.

        A text that has ended and one that goes on after the same words are two.
        """
        gist = _gist(node)
        twin = next((s for s in self.children(node.parent) if s.id < node.id and _gist(s) == gist), None)
        if twin is None:
            return None
        twin.copies += node.copies
        self.graph.remove_node(node.id)
        del self._nodes[node.id]
        self._dropped.append(node.id)
        if node.pinned:
            self._find_pinned()
        return twin

    def judge(self, node: Node, result: Result) -> float | None:
        """The value that a rollout from a node gets from its verifiers; None when nobody could tell.

        To those that judge steps all that it wrote is one more step after the node's.
        """
        return self._mix(self._chains(node.scores, result))

    def set_priors(self, nodes: Sequence[Node]) -> None:
        """Siblings' priors: the model's probability of each step, a token's on average, times how often it came."""
        steps = [(node.candidate.logprob, node.candidate.completion_tokens, node.copies) for node in nodes]
        for node, prior in zip(nodes, priors(steps), strict=True):
            node.prior = prior

    def _trial(self, id: int, sampling: Sampling, purpose: Purpose, label: str) -> Trial:
        number = self._next
        self._next += 1
        self._parents[number] = id
        origin = None if id == ROOT else Origin(id)
        seed = trial_seed(self._setup.seed, number)
        return Trial(number, self._prompt, sampling, seed, label, purpose, origin)

    def _room(self, id: int) -> int:
        """Tokens that a text may still get after a node."""
        return self._setup.sampling.max_tokens - (0 if id == ROOT else self._nodes[id].length)

    def _find_pinned(self) -> None:
        pinned = (node.id for node in self._nodes.values() if node.pinned)
        self._ways_to_pinned = frozenset(step for id in pinned for step in self.path(id))

    def _judge(self, node: Node, result: Result) -> tuple[dict[str, list[float | None]], float | None]:
        before = self._nodes[node.parent].scores if node.parent != ROOT else {}
        scores = self._chains(before, result)
        return scores, self._mix(scores)

    def _chains(self, before: Mapping[str, Sequence[float | None]], result: Result) -> dict[str, list[float | None]]:
        """Each verifier's scores: of all steps so far where it judges steps, else the one of the whole text."""
        chains: dict[str, list[float | None]] = {}
        for name in self._judges.weights:
            score = result.scores.get(name)
            if name in self._judges.process:
                chains[name] = [*before.get(name, []), score.value if score else None]
            elif score is not None:
                chains[name] = [score.value]
        return chains

    def _mix(self, chains: Mapping[str, Sequence[float | None]]) -> float | None:
        how = self._judges.aggregate
        return mix({name: aggregate(chain, how) for name, chain in chains.items()}, self._judges.weights)


def priors(steps: Sequence[tuple[float, int, int]]) -> list[float]:
    """The priors of siblings, which add up to 1.

    Args:
        steps: Of each its summed log-probability, its tokens, and how often it came.
    """
    weights = [math.exp(logprob / max(1, tokens)) * copies for logprob, tokens, copies in steps]
    total = sum(weights)
    return [weight / total if total else 1 / len(weights) for weight in weights]


def _gist(node: Node) -> tuple[bool, str]:
    piece = node.candidate.steps[-1] if node.candidate.steps else node.candidate.text
    return node.terminal, " ".join(piece.split())
