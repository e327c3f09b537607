"""CoT decoding: branch on the first token's alternatives, go on greedily (Wang and Zhou 2024, arXiv 2402.10200).

Reasoning often hides behind another first token than the likeliest one. Where a path reasons, the model is surer of its
answer: the lead of the likeliest token over the next one, over the answer's tokens, says which path to trust.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from engine.prompts import PROMPTS
from engine.selection import count_votes
from engine.settings import Setting
from engine.setup import RunSetup, Value
from engine.strategies.base import Answer, Result, Strategy
from engine.strategies.found_texts import choose_text
from engine.strategies.seeds import trial_seed
from engine.strategies.spec import PROMPT, StrategySpec
from engine.strategies.texts import Text
from engine.types import Candidate, Origin, Prompt, Trial

BRANCHES = Setting(
    name="k",
    kind="int",
    default=8,
    title="First tokens",
    help="How many of the likeliest first tokens are followed, each greedily to its end.",
    minimum=1,
    maximum=20,
)
CHOOSE = Setting(
    name="choose",
    kind="choice",
    default="sum",
    title="Choose by",
    help="The answer whose paths are surest of it in sum, or that of the single path that is surest.",
    choices=("sum", "surest"),
)


class FirstTokenBranches(Strategy):
    """A strategy: the greedy path, then one from each of the other likely first tokens.

    Args:
        setup: Gives the sampling (its temperature is not used) and the seed.
        prompt: What is answered.
        k: How many first tokens.
        by_sum: Whether the leads of paths with the same answer are added up.
    """

    def __init__(self, setup: RunSetup, prompt: Prompt, *, k: int, by_sum: bool) -> None:
        self._setup, self._prompt, self._k, self._by_sum = setup, prompt, k, by_sum
        self._sampling = replace(setup.sampling, temperature=0.0, alternatives=max(2, k, setup.sampling.alternatives))
        self._asked = 0
        self._others: list[Origin] | None = None  # known when the greedy path is there
        self._results: dict[int, Result] = {}

    def ask(self, free: int) -> Sequence[Trial]:
        """The greedy path first; the others when it is there."""
        if free < 1:
            return []
        if self._asked == 0:
            self._asked = 1
            return [self._trial(0, None)]
        left = (self._others or [])[self._asked - 1 :][:free]
        first = self._asked
        self._asked += len(left)
        return [self._trial(first + i, origin) for i, origin in enumerate(left)]

    def tell(self, result: Result) -> None:
        """Takes a path.

        Raises:
            ValueError: The trial was never asked for.
        """
        candidate = result.candidate
        if not 0 <= candidate.id < self._asked:
            raise ValueError(f"trial {candidate.id} was never asked for")
        if candidate.id == 0 and self._others is None:
            # The likeliest first token is the one that the greedy path took.
            self._others = [Origin(0, keep=0, token=other.id) for other in candidate.first[1 : self._k]]
        self._results[candidate.id] = result

    @property
    def reach(self) -> int:
        """The other paths share the prompt only, but all of them write at once."""
        return self._k * self._sampling.max_tokens

    @property
    def finished(self) -> bool:
        """Whether all paths are there."""
        return self._others is not None and self._asked == len(self._others) + 1 == len(self._results)

    def answer(self) -> Answer:
        """The answer that the model is surest of."""
        ended = [r.candidate for r in self._results.values() if r.candidate.is_whole and r.candidate.vote is not None]
        if not ended:
            texts = [Text(result.candidate, None) for result in self._results.values()]
            return choose_text(texts, by_vote=False) if texts else Answer(None, None, "No path is finished yet.")
        margins = {c.id: c.answer_margin for c in ended if c.answer_margin is not None}
        if not margins:
            return _most_frequent(ended)
        surest = max((c for c in ended if c.id in margins), key=lambda c: margins[c.id])
        unknown = len(ended) - len(margins)
        note = f" (not known of {unknown})" if unknown else ""
        if not self._by_sum:
            reason = f"The surest of {len(ended)} paths: a lead of {margins[surest.id]:.2f} on its answer{note}."
            return Answer(surest.id, surest.answer, reason)
        votes = count_votes(((c.id, c.vote, c.answer) for c in ended), margins)
        top = votes[0]
        path = max(
            (id for id in top.candidates if id in margins), key=lambda id: margins[id], default=top.candidates[0]
        )
        reason = f"{len(top.candidates)} of {len(ended)} paths say {top.answer}: leads of {top.weight:.2f} in sum{note}"
        if len(votes) > 1:
            reason += f"; {votes[1].answer} has {votes[1].weight:.2f}"
        return Answer(path, top.answer, f"{reason}.")

    def _trial(self, number: int, origin: Origin | None) -> Trial:
        label = "greedy" if origin is None else f"first token {number + 1}"
        seed = trial_seed(self._setup.seed, number)
        return Trial(number, self._prompt, self._sampling, seed, label, "answer", origin)


def _most_frequent(ended: Sequence[Candidate]) -> Answer:
    """The choice where no path's lead was recorded."""
    top = count_votes((c.id, c.vote, c.answer) for c in ended)[0]
    says = f"{len(top.candidates)} of {len(ended)} paths say {top.answer}"
    return Answer(top.candidates[0], top.answer, f"{says}; how sure the model is of its answers is not known.")


def _build(setup: RunSetup, settings: Mapping[str, Value]) -> Strategy:
    prompt = PROMPTS[str(settings["prompt"])](setup.problem)
    return FirstTokenBranches(setup, prompt, k=int(settings["k"]), by_sum=settings["choose"] == "sum")


COT_DECODING = StrategySpec(
    name="cot-decoding",
    title="First tokens",
    help="Follows the likeliest first tokens, each greedily, and takes the answer that the model is surest of.",
    settings=(BRANCHES, CHOOSE, replace(PROMPT, choices=("question-only", *PROMPT.choices), default="question-only")),
    uses_verifiers=False,
    build=_build,
)
