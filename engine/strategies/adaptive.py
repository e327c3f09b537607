"""Adaptive-Consistency: candidates are asked for until the vote is settled (Aggarwal et al. 2023, arXiv 2305.11860).

Or by DeepConf's rule, which also stops single candidates that the model is unsure of: `engine.strategies.deepconf`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from engine.settings import Setting
from engine.setup import RunSetup, Value
from engine.stopping import is_settled, lead_probability
from engine.strategies.base import Answer, Result, Strategy
from engine.strategies.deepconf import DeepConf
from engine.strategies.sampling import independent_samples
from engine.strategies.self_consistency import take_majority, votes_of
from engine.strategies.spec import CANDIDATES, PROMPTS_OF_MANY, SPREAD, StrategySpec

MOST = replace(
    CANDIDATES,
    default=32,
    title="Most candidates",
    help="How many candidates a question may get. Easy ones need few; what they do not need is saved.",
)
AT_ONCE = Setting(
    name="at_once",
    kind="int",
    default=4,
    title="At once",
    help="How many candidates think at the same time: few waste little when the vote is settled, many are faster.",
    minimum=1,
    maximum=256,
)
CONFIDENCE = Setting(
    name="confidence",
    kind="float",
    default=0.95,
    title="Confidence",
    help="How probable it must be that the leading answer really is the more frequent one before the asking stops; "
    "with deepconf, the share of the votes' weight that it must have.",
    minimum=0.5,
    maximum=0.999,
)
RULE = Setting(
    name="rule",
    kind="choice",
    default="vote-settled",
    title="Stop by",
    help="The vote alone; or, with deepconf, also by confidence: candidates that the model is unsure of are stopped "
    "while they write, and the others' votes weigh as much as their least sure passage.",
    choices=("vote-settled", "deepconf"),
)
WARMUP = Setting(
    name="warmup",
    kind="int",
    default=16,
    title="Warm-up",
    help="With deepconf: how many candidates are written to their end first, to see what confidence is usual.",
    minimum=1,
    maximum=256,
)
KEEP_PERCENT = Setting(
    name="keep_percent",
    kind="int",
    default=90,
    title="Keep, percent",
    help="With deepconf: how many of the warm-up's candidates would pass. 90 stops the least sure, 10 nearly all.",
    minimum=1,
    maximum=99,
)


def vote_is_settled(confidence: float, results: Sequence[Result], outstanding: int) -> bool:
    """Whether the leading answer leads with that probability, by the votes of candidates that came to their end."""
    return is_settled([len(vote.candidates) for vote in votes_of(results)], confidence)


def take_settled(results: Sequence[Result]) -> Answer:
    """The majority, with the probability that it leads."""
    answer = take_majority(results)
    counts = [len(vote.candidates) for vote in votes_of(results)]
    if not counts:
        return answer
    lead = lead_probability(counts[0], counts[1] if len(counts) > 1 else 0)
    return Answer(answer.candidate, answer.answer, f"{answer.reason} It leads with probability {lead:.2f}.")


def _build(setup: RunSetup, settings: Mapping[str, Value]) -> Strategy:
    if settings["rule"] == "deepconf":
        return _build_deepconf(setup, settings)
    decided = partial(vote_is_settled, float(settings["confidence"]))
    n, at_once = int(settings["n"]), int(settings["at_once"])
    return independent_samples(setup, settings, n, take_settled, decided, at_once)


def _build_deepconf(setup: RunSetup, settings: Mapping[str, Value]) -> Strategy:
    return DeepConf(
        setup,
        settings,
        int(settings["n"]),
        warmup=int(settings["warmup"]),
        keep_percent=float(settings["keep_percent"]),
        consensus=float(settings["confidence"]),
        at_once=int(settings["at_once"]),
    )


ADAPTIVE = StrategySpec(
    name="adaptive",
    title="Adaptive",
    help="Asks a few candidates at a time and stops when the vote is as good as decided: easy questions cost less.",
    settings=(MOST, AT_ONCE, RULE, CONFIDENCE, WARMUP, KEEP_PERCENT, PROMPTS_OF_MANY, SPREAD),
    uses_verifiers=False,
    build=_build,
)
