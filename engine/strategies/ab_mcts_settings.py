"""AB-MCTS as it is offered: its settings, and how they become a search."""

from __future__ import annotations

from collections.abc import Mapping

from engine.prompts import PROMPTS
from engine.settings import Setting
from engine.setup import RunSetup, Value
from engine.strategies.base import Strategy
from engine.strategies.beam_search import CHOOSE
from engine.strategies.spec import CANDIDATES, PROMPT, StrategySpec

AT_ONCE = Setting(
    name="at_once",
    kind="int",
    default=4,
    title="At once",
    help="How many answers are written together. More are faster; each then knows less of what the others found.",
    minimum=1,
    maximum=64,
    seldom=True,
)
REWARDS = Setting(
    name="rewards",
    kind="choice",
    default="gaussian",
    title="Beliefs",
    help="What shape the beliefs about scores have: Gaussian for scores of any kind, Beta for right and wrong.",
    choices=("gaussian", "beta"),
    seldom=True,
)


def _build(setup: RunSetup, settings: Mapping[str, Value]) -> Strategy:
    from engine.strategies.ab_mcts import WiderOrDeeper

    return WiderOrDeeper(
        setup,
        PROMPTS[str(settings["prompt"])](setup.problem),
        n=int(settings["n"]),
        at_once=int(settings["at_once"]),
        distribution=str(settings["rewards"]),
        by_vote=settings["choose"] == "weighted-vote",
    )


AB_MCTS = StrategySpec(
    name="ab-mcts",
    title="AB-MCTS",
    help="AB-MCTS: decides at every step by chance and experience whether to write a new answer or refine one.",
    settings=(CANDIDATES, AT_ONCE, REWARDS, CHOOSE, PROMPT),
    uses_verifiers=True,
    build=_build,
)
