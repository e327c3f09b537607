"""What a strategy is to the window and the command line: its name, what it does, what can be set, how it is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from engine.settings import Setting
from engine.setup import RunSetup, Value
from engine.strategies.base import Strategy

Build = Callable[[RunSetup, Mapping[str, Value]], Strategy]


class StrategySpec(Struct, frozen=True):
    """A registered strategy. `uses_verifiers` says whether verifiers change its answer or only comment on it."""

    name: str
    title: str
    help: str
    settings: tuple[Setting, ...]
    uses_verifiers: bool
    build: Build


CANDIDATES = Setting(
    name="n",
    kind="int",
    default=16,
    title="Candidates",
    help="How many times the model answers. More find the right answer more often, and cost in proportion.",
    minimum=1,
    maximum=1024,
)

DIVERSE = "diverse"
SPREAD = Setting(
    name="temperature_spread",
    kind="float",
    default=0.0,
    title="Temperature spread",
    help="Candidates differ in temperature by up to this much to either side: some careful, some adventurous.",
    minimum=0,
    maximum=2,
    seldom=True,
)
PROMPT = Setting(
    name="prompt",
    kind="choice",
    default="worked-examples",
    title="Prompt",
    help="How the model is led to think: a request to go step by step, or three worked examples before the question.",
    choices=("step-by-step", "worked-examples"),
)
PROMPTS_OF_MANY = replace(
    PROMPT,
    help="How the model is led to think: step by step, with three worked examples, or in several ways by turns.",
    choices=(*PROMPT.choices, DIVERSE),
)
