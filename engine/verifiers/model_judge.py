"""The model as judge: asked whether an answer is right (Zheng et al. 2023, arXiv 2306.05685)."""

from __future__ import annotations

from collections.abc import Sequence

from engine.settings import Setting
from engine.types import Candidate, Problem, Score, Trial
from engine.verifiers.ask import SCALES, asks_of
from engine.verifiers.base import Verifier
from engine.verifiers.judge_prompt import Brief, Case, judge_prompt
from engine.verifiers.judgement import judge_trial, judgement

SCALE = Setting(
    name="scale",
    kind="choice",
    default="yes-no",
    title="Scale",
    help="Whether the judge says yes or no, or gives a grade. Either way its probabilities are read, not one word.",
    choices=tuple(SCALES),
)
BOTH_WAYS = Setting(
    name="both_ways",
    kind="bool",
    default=True,
    title="Ask both ways",
    help="Asks also whether it is wrong, or turns the scale round, and takes the mean: it costs twice, and a judge"
    " that says yes to everything is found out.",
)

MODEL = Setting(
    name="model",
    kind="text",
    default="",
    title="Judge's model",
    help="Another GGUF file that judges, by its path or name; it is loaded beside this one. Empty: this model itself.",
    maximum=1000,
)

_ANSWER = Brief(
    thing="this answer",
    heading="Answer: ",
    cases=(
        Case("What is 12 + 15?", "We add the numbers: 12 + 15 = 27. The answer is 27.", True),
        Case(
            "What day comes two days after Monday?",
            "One day after Monday is Tuesday. Two days after is Thursday. The answer is Thursday.",
            False,
        ),
        Case(
            "Which weighs more, a kilogram of iron or 900 grams of wool?",
            "A kilogram is 1000 grams. 1000 is more than 900. The answer is iron.",
            True,
        ),
        Case(
            "A box holds 6 eggs. How many eggs are in 4 boxes?",
            "Each box holds 6 eggs and there are 4 boxes: 6 x 4 = 20. The answer is 20.",
            False,
        ),
    ),
)


class ModelJudge(Verifier):
    """Scores by how likely a model finds "Yes" when it is asked whether the candidate's text is right.

    Args:
        scale: A name of `SCALES`.
        both_ways: Whether it is asked the other way round too.
        model: The file or name of another model that judges; empty for the run's own.
    """

    name = "model-judge"
    title = "Model as judge"
    help = "A model reads question and answer and says how likely the answer is right."
    costs = "One token and a reading of the whole answer for each way of asking."
    blind_spot = (
        "The mistakes that a model makes are the ones it does not see."
        " Measured: judging itself, the default model picks a right answer about as often as chance does."
    )

    def __init__(self, scale: str = "yes-no", both_ways: bool = True, model: str = "") -> None:
        self._asks, self._model = asks_of(scale, both_ways), model.strip()

    def requests(self, problem: Problem, candidate: Candidate) -> Sequence[Trial]:
        """One for each way of asking."""
        text = candidate.text.strip()
        if not text:
            return ()
        return [
            judge_trial(self.name, ask, judge_prompt(_ANSWER, self._asks, ask, problem.question, text), self._model)
            for ask in self._asks
        ]

    def score(
        self, problem: Problem, candidate: Candidate, peers: Sequence[Candidate], replies: Sequence[Candidate]
    ) -> Score:
        """The mean over the ways of asking; None when there was nothing to ask about, or no reply."""
        return judgement(self._asks, replies) if replies else Score(None, "there is no text to judge")
