"""Particle filtering over steps: particles are drawn anew in proportion to how likely their steps are to be right.

Puri et al. 2025, arXiv 2502.01618. A particle's weight is the softmax of logit(score of its newest prefix); particles
are resampled systematically after every step; a finished text stays where it is and can be drawn like any other.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate

from engine.moves import AnyMove, NodesPruned, ParticlesResampled
from engine.prompts import PROMPTS
from engine.settings import Setting
from engine.setup import RunSetup, Value
from engine.strategies.base import Strategy
from engine.strategies.beam_search import CHOOSE
from engine.strategies.generations import GenerationSearch, Survival
from engine.strategies.search_tree import UNJUDGED, Node, SearchTree
from engine.strategies.spec import PROMPT, StrategySpec
from engine.strategies.step_settings import STEPS, judges_of, rules_of

SURE = 0.01  # scores are clipped to [SURE, 1 - SURE]: certainty either way would leave one particle only

PARTICLES = Setting(
    name="n",
    kind="int",
    default=16,
    title="Particles",
    help="How many texts are written side by side. After each step the likely ones are copied, the others dropped.",
    minimum=1,
    maximum=256,
)


def weights_of(scores: Sequence[float]) -> list[float]:
    """Softmax of the logits of scores, which is s / (1 - s) normalised. Adds up to 1."""
    clipped = [min(1 - SURE, max(SURE, score)) for score in scores]
    odds = [score / (1 - score) for score in clipped]
    total = sum(odds)
    return [odd / total for odd in odds]


def effective_size(weights: Sequence[float]) -> float:
    """1 / (sum of squares): how many equally weighted particles these are worth (Kong 1992)."""
    return 1 / sum(weight * weight for weight in weights)


def systematic(weights: Sequence[float], start: float) -> list[int]:
    """Systematic resampling: as many indices as there are weights, each as often as its weight says, give or take one.

    Args:
        weights: They add up to 1.
        start: Where the comb of equal distances begins, in [0, 1).
    """
    n = len(weights)
    ends = list(accumulate(weights))
    ends[-1] = math.inf  # a sum of floats may stay below 1
    drawn, index = [], 0
    for tooth in range(n):
        place = (start + tooth) / n
        while ends[index] <= place:
            index += 1
        drawn.append(index)
    return drawn


class Particles:
    """All particles, those whose texts are finished included."""

    merges = False

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._finished: list[Node] = []

    def survive(self, generation: int, nodes: Sequence[Node]) -> Survival:
        """Draws the particles anew; those that stand at an unfinished text are asked for a step."""
        particles = [*(node for node in self._finished if not node.pruned), *nodes]
        weights = weights_of([UNJUDGED if node.value is None else node.value for node in particles])
        survivors = [particles[i] for i in systematic(weights, self._chance.random())]
        self._finished = [node for node in survivors if node.terminal]
        moves: list[AnyMove] = [
            ParticlesResampled(
                generation,
                tuple(node.id for node in particles),
                tuple(weights),
                tuple(node.id for node in survivors),
                effective_size(weights),
            )
        ]
        alive = Counter(node.id for node in survivors)
        dropped = tuple(dict.fromkeys(node.id for node in particles if not alive[node.id]))
        if dropped:
            moves.append(NodesPruned(dropped, "no particle was drawn here"))
        return Survival(tuple(node.id for node in survivors if not node.terminal), tuple(moves))


def _build(setup: RunSetup, settings: Mapping[str, Value]) -> Strategy:
    rules, n = rules_of(settings), int(settings["n"])
    prompt = PROMPTS[str(settings["prompt"])](setup.problem)
    return GenerationSearch(
        SearchTree(setup, prompt, rules, judges_of(setup, settings)),
        Particles(setup.seed),
        width=n,
        most_steps=rules.most,
        by_vote=settings["choose"] == "weighted-vote",
        step_tokens=rules.tokens,
    )


PARTICLE_FILTERING = StrategySpec(
    name="particle-filtering",
    title="Particles",
    help="Writes many texts side by side, step by step; after each step good ones are copied and bad ones dropped.",
    settings=(PARTICLES, CHOOSE, *STEPS, PROMPT),
    uses_verifiers=True,
    build=_build,
)
