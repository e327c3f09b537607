"""The settings that every search over steps has, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from engine.selection import AGGREGATES, Aggregate
from engine.settings import Setting
from engine.setup import RunSetup, Value
from engine.strategies.search_tree import Judges, StepRules, process_of
from engine.types import StepEnd

STEP_END = Setting(
    name="step_end",
    kind="choice",
    default="sentence",
    title="A step ends at",
    help="What counts as one step of reasoning: a sentence, a line, or a paragraph.",
    choices=("sentence", "line", "paragraph"),
)
STEP_TOKENS = Setting(
    name="step_tokens",
    kind="int",
    default=48,
    title="Tokens a step",
    help="The longest that a step may be; a longer one is cut and counts as a step.",
    minimum=1,
    maximum=1024,
    seldom=True,
)
MOST_STEPS = Setting(
    name="most_steps",
    kind="int",
    default=16,
    title="Most steps",
    help="How many steps a text may have. One that has not come to an answer by then has none.",
    minimum=1,
    maximum=200,
    seldom=True,
)
AGGREGATE = Setting(
    name="aggregate",
    kind="choice",
    default="min",
    title="Steps count by",
    help="How the scores of a text's steps become one: the last, the worst, the mean, or all multiplied.",
    choices=AGGREGATES,
)
STEPS = (STEP_END, STEP_TOKENS, MOST_STEPS, AGGREGATE)


def rules_of(settings: Mapping[str, Value]) -> StepRules:
    """What the settings say about steps."""
    end = cast(StepEnd, settings["step_end"])
    return StepRules(end, int(settings["step_tokens"]), int(settings["most_steps"]))


def judges_of(setup: RunSetup, settings: Mapping[str, Value]) -> Judges:
    """The set-up's verifiers, and how their scores of steps reduce."""
    weights = {choice.name: choice.weight for choice in setup.verifiers}
    return Judges(weights, process_of(weights), cast(Aggregate, settings["aggregate"]))
