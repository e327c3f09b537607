"""Beam search over steps with process scores, and DVTS, which keeps its beams apart (Snell et al. 2024, Beeching 2024).

Beam search: N steps a generation; the N/M best by score go on, each with M new steps (arXiv 2408.03314). DVTS (diverse
verifier tree search, from the search-and-learn recipes): N/M trees that never compete; in each the best of M goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.moves import AnyMove, GenerationRanked, NodesPruned
from engine.prompts import PROMPTS
from engine.settings import Setting
from engine.setup import RunSetup, Value
from engine.strategies.base import Strategy
from engine.strategies.generations import GenerationSearch, Survival
from engine.strategies.search_tree import ROOT, Node, SearchTree
from engine.strategies.spec import PROMPT, StrategySpec
from engine.strategies.step_settings import STEPS, judges_of, rules_of
from engine.strategies.texts import rank

BEAMS = Setting(
    name="n",
    kind="int",
    default=16,
    title="Beams",
    help="How many steps are written in each generation, in all.",
    minimum=1,
    maximum=256,
)
WIDTH = Setting(
    name="width",
    kind="int",
    default=4,
    title="Steps from each",
    help="How many ways each survivor goes on. Beams divided by this is how many survive.",
    minimum=1,
    maximum=64,
)
CHOOSE = Setting(
    name="choose",
    kind="choice",
    default="best-score",
    title="Choose by",
    help="The one finished text with the best score, or the answer whose texts have the highest scores in sum.",
    choices=("best-score", "weighted-vote"),
)


class Beams:
    """The best go on, wherever they come from. Finished texts leave the beam; the search ends when N have."""

    merges = True

    def __init__(self, n: int, width: int) -> None:
        self._n, self._width, self._kept = n, width, max(1, n // width)
        self._done: list[Node] = []

    def survive(self, generation: int, nodes: Sequence[Node]) -> Survival:
        """The N/M best by value, then by the model's confidence; together they are asked for N steps."""
        done = [node for node in nodes if node.terminal]
        self._done = [node for node in (*self._done, *done) if not node.pruned]
        ranked = sorted((node for node in nodes if not node.terminal), key=rank, reverse=True)
        kept, dropped = ranked[: self._kept], ranked[self._kept :]
        for node in dropped:
            node.pruned = True
        moves: list[AnyMove] = [_ranking(generation, nodes, [node.id for node in (*done, *kept)])]
        if dropped:
            moves.append(NodesPruned(tuple(node.id for node in dropped), "others scored higher"))
        share = self._n // len(kept) if kept else 0  # more than M each where fewer than N/M are different
        parents = [node.id for node in kept for _ in range(share)] if len(self._done) < self._n else []
        return Survival(tuple(parents), tuple(moves))


class Trees:
    """In each of N/M trees the best goes on, whatever the others score.

    Two that say the same are not merged: in different trees they stay apart, and of one tree only one goes on.
    """

    merges = False

    def __init__(self, n: int, width: int) -> None:
        self._trees, self._width = max(1, n // width), width
        self._tree_of: dict[int, int] = {}

    def survive(self, generation: int, nodes: Sequence[Node]) -> Survival:
        """The best of each tree; it is asked for M steps unless it has come to its end."""
        families: dict[int, list[Node]] = {}
        for node in nodes:
            tree = node.id % self._trees if node.parent == ROOT else self._tree_of[node.parent]
            self._tree_of[node.id] = tree
            families.setdefault(tree, []).append(node)
        best = [max(family, key=rank) for family in families.values()]
        dropped = [node for node in nodes if node not in best and not node.terminal]
        for node in dropped:
            node.pruned = True
        moves: list[AnyMove] = [_ranking(generation, nodes, [node.id for node in best])]
        if dropped:
            moves.append(NodesPruned(tuple(node.id for node in dropped), "another one of its tree goes on"))
        parents = [node.id for node in best if not node.terminal for _ in range(self._width)]
        return Survival(tuple(parents), tuple(moves))


def _ranking(generation: int, nodes: Sequence[Node], kept: Sequence[int]) -> GenerationRanked:
    return GenerationRanked(generation, tuple(n.id for n in nodes), tuple(rank(n)[0] for n in nodes), tuple(kept))


def _search(setup: RunSetup, settings: Mapping[str, Value], selector: Beams | Trees, width: int) -> Strategy:
    rules = rules_of(settings)
    prompt = PROMPTS[str(settings["prompt"])](setup.problem)
    return GenerationSearch(
        SearchTree(setup, prompt, rules, judges_of(setup, settings)),
        selector,
        width=width,
        most_steps=rules.most,
        by_vote=settings["choose"] == "weighted-vote",
        step_tokens=rules.tokens,
    )


def _build_beams(setup: RunSetup, settings: Mapping[str, Value]) -> Strategy:
    n = int(settings["n"])
    return _search(setup, settings, Beams(n, min(n, int(settings["width"]))), n)


def _build_trees(setup: RunSetup, settings: Mapping[str, Value]) -> Strategy:
    n = int(settings["n"])
    return _search(setup, settings, Trees(n, min(n, int(settings["width"]))), n)


BEAM_SEARCH = StrategySpec(
    name="beam-search",
    title="Beam search",
    help="Writes step by step: many next steps at once, of which the best-scored ones go on.",
    settings=(BEAMS, WIDTH, CHOOSE, *STEPS, PROMPT),
    uses_verifiers=True,
    build=_build_beams,
)
DVTS = StrategySpec(
    name="dvts",
    title="Diverse trees",
    help="Like beam search, but in several trees that do not compete, so that not all follow the same mistake.",
    settings=(BEAMS, WIDTH, CHOOSE, *STEPS, PROMPT),
    uses_verifiers=True,
    build=_build_trees,
)
