"""Monte Carlo tree search as it is offered: its settings, and how they become a search."""

from __future__ import annotations

from collections.abc import Mapping

from engine.prompts import PROMPTS
from engine.settings import Setting
from engine.setup import RunSetup, Value
from engine.strategies.base import Strategy
from engine.strategies.mcts import TreeSearch
from engine.strategies.search_rules import SearchRules
from engine.strategies.search_tree import SearchTree
from engine.strategies.spec import PROMPT, StrategySpec
from engine.strategies.step_settings import STEPS, judges_of, rules_of

SIMULATIONS = Setting(
    name="simulations",
    kind="int",
    default=32,
    title="Simulations",
    help="How many times the search goes down the tree, looks at a new place and brings its value back.",
    minimum=1,
    maximum=10_000,
)
AT_ONCE = Setting(
    name="at_once",
    kind="int",
    default=8,
    title="At once",
    help="How many simulations share a batch. More are faster; each then knows less of what the others found.",
    minimum=1,
    maximum=64,
    seldom=True,
)
CHILDREN = Setting(
    name="children",
    kind="int",
    default=4,
    title="Next steps",
    help="How many ways to go on are tried from a place. Those that say the same become one.",
    minimum=1,
    maximum=32,
)
SELECT = Setting(
    name="select",
    kind="choice",
    default="uct",
    title="Select by",
    help="UCT weighs what is good against what is little known; PUCT trusts the model's own probabilities as well.",
    choices=("uct", "puct"),
)
EXPLORATION = Setting(
    name="exploration",
    kind="float",
    default=1.4,
    title="Exploration",
    help="The constant c: at 0 the search follows what looks best, higher values try what is little known.",
    minimum=0,
    maximum=10,
)
EVALUATE = Setting(
    name="evaluate",
    kind="choice",
    default="auto",
    title="Evaluate by",
    help="The scores of the steps so far, or rollouts: writing on to the end. Auto takes steps where a verifier can.",
    choices=("auto", "steps", "rollouts"),
    seldom=True,
)
BACK_UP = Setting(
    name="back_up",
    kind="choice",
    default="mean",
    title="Back up",
    help="A place is worth the mean of what was found below it, or the best.",
    choices=("mean", "max"),
    seldom=True,
)
CHOOSE = Setting(
    name="choose",
    kind="choice",
    default="value",
    title="Choose by",
    help="The finished text with the best value, the most visited one, or a vote of all weighted by value.",
    choices=("value", "visits", "vote"),
)


def search_rules(settings: Mapping[str, Value], *, steps_are_judged: bool) -> SearchRules:
    """What the settings say about the search, all of them given."""
    evaluate = settings["evaluate"]
    return SearchRules(
        simulations=int(settings["simulations"]),
        at_once=int(settings["at_once"]),
        children=int(settings["children"]),
        exploration=float(settings["exploration"]),
        puct=settings["select"] == "puct",
        rollouts=evaluate == "rollouts" or (evaluate == "auto" and not steps_are_judged),
        back_up_best=settings["back_up"] == "max",
        choose=str(settings["choose"]),
    )


def _build(setup: RunSetup, settings: Mapping[str, Value]) -> Strategy:
    steps, judges = rules_of(settings), judges_of(setup, settings)
    tree = SearchTree(setup, PROMPTS[str(settings["prompt"])](setup.problem), steps, judges)
    return TreeSearch(tree, search_rules(settings, steps_are_judged=bool(judges.process)), steps.tokens)


MCTS = StrategySpec(
    name="mcts",
    title="MCTS",
    help="Monte Carlo tree search: goes down the tree again and again, more often where it was good or little known.",
    settings=(SIMULATIONS, AT_ONCE, CHILDREN, SELECT, EXPLORATION, EVALUATE, BACK_UP, CHOOSE, *STEPS, PROMPT),
    uses_verifiers=True,
    build=_build,
)
