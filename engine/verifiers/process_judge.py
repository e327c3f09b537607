"""A judge of the process: asked of each step whether it is right, given the steps before it.

Process rewards: Lightman et al. 2023 (arXiv 2305.20050); here a model without training for it is asked in words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from engine.selection import AGGREGATES, Aggregate, aggregate
from engine.settings import Setting
from engine.thoughts import ends_thought
from engine.types import Candidate, Problem, Score, Trial
from engine.verifiers.ask import asks_of
from engine.verifiers.base import Verifier
from engine.verifiers.judge_prompt import Brief, Case, judge_prompt
from engine.verifiers.judgement import judge_trial, judgement

MOST_STEPS = 12
_ONLY_A_NUMBER = re.compile(r"\s*\W?\d{1,3}[.)]\s*")

AGGREGATE = Setting(
    name="aggregate",
    kind="choice",
    default="min",
    title="Steps to one score",
    help="How the steps of a whole text count: the last one, the weakest one, their mean, or all of them multiplied.",
    choices=AGGREGATES,
)

_STEP = Brief(
    thing="the last step",
    heading="",
    cases=(
        Case("What is 12 + 15?", "Step 1: 10 + 10 = 20.\nStep 2: 2 + 5 = 7.", True),
        Case("What day comes two days after Monday?", "Step 1: One day after Monday is Wednesday.", False),
        Case("How many legs do two dogs and a bird have?", "Step 1: Two dogs have 8 legs: 2 x 4 = 8.", True),
        Case(
            "A box holds 6 eggs. How many eggs are in 4 boxes?",
            "Step 1: Each box holds 6 eggs and there are 4 boxes.\nStep 2: 6 x 4 = 20.",
            False,
        ),
    ),
)


class ProcessJudge(Verifier):
    """Scores a step by how likely a model finds it right; a whole text without steps by those of its thoughts.

    Args:
        scale: A name of `SCALES`.
        both_ways: Whether it is asked the other way round too.
        how: How the scores of a whole text's steps become one.
        model: The file or name of another model that judges; empty for the run's own.
    """

    name = "process-judge"
    title = "Process judge"
    help = "A model reads the answer step by step and says how likely each step is right, given those before it."
    costs = f"For each step, one token and a reading of it for each way of asking; at most {MOST_STEPS} steps a text."
    blind_spot = (
        "It knows no more than the model it asks, and a step that is right but leads nowhere looks as good as any."
        " Measured: judging itself, the default model picks a right answer about as often as chance does."
    )
    judges_steps = True

    def __init__(self, scale: str = "yes-no", both_ways: bool = True, how: Aggregate = "min", model: str = "") -> None:
        self._asks, self._how, self._model = asks_of(scale, both_ways), how, model.strip()

    def requests(self, problem: Problem, candidate: Candidate) -> Sequence[Trial]:
        """One for each way of asking about each step: the newest of a text made in steps, else all of them."""
        steps = candidate.steps or steps_of(candidate.text)
        first = len(steps) if candidate.steps else 1
        works = [_numbered(steps[:count]) for count in range(first, len(steps) + 1)]
        return [
            judge_trial(self.name, ask, judge_prompt(_STEP, self._asks, ask, problem.question, work), self._model)
            for work in works
            for ask in self._asks
        ]

    def score(
        self, problem: Problem, candidate: Candidate, peers: Sequence[Candidate], replies: Sequence[Candidate]
    ) -> Score:
        """Of the newest step, or of all steps in one; None when there was nothing to ask about, or no reply."""
        if not replies:
            return Score(None, "there is no step to judge")
        ways = len(self._asks)
        scores = [judgement(self._asks, replies[at : at + ways]) for at in range(0, len(replies), ways)]
        if len(scores) == 1:
            return scores[0]
        values = [score.value for score in scores if score.value is not None]
        if len(values) < len(scores):
            return next(score for score in scores if score.value is None)
        listed = ", ".join(f"{value:.2f}" for value in values)
        return Score(aggregate(values, self._how), f"{len(values)} steps, by {self._how}: {listed}")


def steps_of(text: str, most: int = MOST_STEPS) -> tuple[str, ...]:
    """The thoughts of a text, in order. Where there are more than `most`, neighbours are taken together."""
    thoughts, start = [], 0
    for at in range(1, len(text)):
        thought_is_over = ends_thought(text[max(start, at - 8) : at], text[at])
        if thought_is_over and text[start:at].strip() and not _ONLY_A_NUMBER.fullmatch(text[start:at]):
            thoughts.append(text[start:at])
            start = at
    if text[start:].strip():
        thoughts.append(text[start:])
    groups = min(most, len(thoughts))
    bounds = [len(thoughts) * i // groups for i in range(groups + 1)] if groups else []
    return tuple("".join(thoughts[a:b]).strip() for a, b in pairwise(bounds))


def _numbered(steps: Sequence[str]) -> str:
    return "\n".join(f"Step {i}: {step.strip()}" for i, step in enumerate(steps, 1))
