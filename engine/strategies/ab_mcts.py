"""AB-MCTS-A through the library `treequest`: wider or deeper, drawn by chance (Inoue et al. 2025, arXiv 2503.04412).

A node is a whole answer. Below the root an answer is written from scratch, below another node that node's answer is
refined. Imported only when such a search is built: the library brings scipy's distributions, which take a second.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from treequest import ABMCTSA

from engine.acts import AnyAct, ChangeVerifiers
from engine.moves import AnyMove, Posterior, PosteriorsSampled
from engine.prompts import revision_prompt
from engine.selection import count_votes, mix
from engine.setup import RunSetup
from engine.strategies.base import Answer, Result, Strategy
from engine.strategies.findings import findings_of
from engine.strategies.found_texts import choose_text
from engine.strategies.seeds import trial_seed
from engine.strategies.texts import Text
from engine.types import Prompt, Trial

ACTION = "answer"
REVISION_TOKENS = 512


class _Recorder:
    """Draws as a node of `treequest` does, in the same order, and notes what was drawn."""

    def __init__(self, node: int | None, children: Sequence[Any], log: list[AnyMove]) -> None:
        self._node, self._children, self._log = node, children, log

    def __call__(self, distributions: Mapping[Any, Any]) -> Any:
        drawn = {name: float(distribution.draw_sample()) for name, distribution in distributions.items()}
        options = tuple(self._posterior(name, distributions[name], value) for name, value in drawn.items())
        chosen = max(range(len(options)), key=lambda i: options[i].drawn)
        # Where there is nothing to go deeper into, the library goes wider, whatever was drawn.
        wider = next((i for i, option in enumerate(options) if option.option == "wider"), chosen)
        self._log.append(PosteriorsSampled(self._node, options, chosen if self._children else wider))
        return list(drawn)[chosen]

    def _posterior(self, name: Any, distribution: Any, drawn: float) -> Posterior:
        mean, deviation = moments(distribution)
        option: Literal["wider", "deeper", "node"] = (
            "wider" if name == "GEN" else "deeper" if name == "CONT" else "node"
        )
        node = self._children[name].state if option == "node" else None
        return Posterior(option, node, mean, deviation, drawn)


class RecordingABMCTSA(ABMCTSA):  # type: ignore[misc]
    """The library's algorithm; what its nodes draw is noted in `log`."""

    def __init__(self, distribution: str) -> None:
        super().__init__(dist_type=distribution)
        self.log: list[AnyMove] = []

    def _select_child(self, state: Any, node: Any, actions: list[str]) -> Any:
        self._watch(state, node, actions)
        return super()._select_child(state, node, actions)

    def _get_generation_action(self, state: Any, node: Any, actions: list[str]) -> str:
        self._watch(state, node, actions)
        return str(super()._get_generation_action(state, node, actions))

    def _watch(self, state: Any, node: Any, actions: list[str]) -> None:
        beliefs = state.thompson_states.get_or_create(node, actions)
        beliefs.thompson_sampling = _Recorder(node.state, node.children, self.log)


def moments(distribution: Any) -> tuple[float, float]:
    """Mean and standard deviation of what a node believes of a mean reward."""
    p = distribution.params
    if distribution.dist_type == "beta":
        a, b = p["a"], p["b"]
        return a / (a + b), math.sqrt(a * b / ((a + b) ** 2 * (a + b + 1)))
    return float(p["m"]), math.sqrt(p["tau_square"] / p["kappa"])  # the scale of its Student distribution


class WiderOrDeeper(Strategy):
    """A strategy: `n` answers, each new or a refinement of an earlier one.

    Args:
        setup: Gives the sampling, the seed and the verifiers' weights.
        prompt: What is answered.
        n: How many answers.
        at_once: How many may be under way together.
        distribution: "gaussian" or "beta", of rewards.
        by_vote: Whether values of equal answers are added up.
    """

    def __init__(
        self, setup: RunSetup, prompt: Prompt, *, n: int, at_once: int, distribution: str, by_vote: bool
    ) -> None:
        self._setup, self._prompt, self._n, self._at_once, self._by_vote = setup, prompt, n, at_once, by_vote
        self._weights = {choice.name: choice.weight for choice in setup.verifiers}
        self._search = RecordingABMCTSA(distribution)
        self.state = self._search.init_tree()
        self._chance = np.random.RandomState(setup.seed & 0xFFFFFFFF).get_state()
        self._open: dict[int, str] = {}  # our trials under way, by the library's ids
        self._asked = 0
        self._results: dict[int, Result] = {}

    def ask(self, free: int) -> Sequence[Trial]:
        """New answers or refinements, as the posteriors drawn say."""
        count = min(free, self._at_once - len(self._open), self._n - self._asked)
        return [self._next() for _ in range(max(0, count))]

    def tell(self, result: Result) -> None:
        """Takes an answer and its score, which goes up to the root.

        Raises:
            ValueError: The trial was never asked for.
        """
        candidate = result.candidate
        if not 0 <= candidate.id < self._asked:
            raise ValueError(f"trial {candidate.id} was never asked for")
        self._results[candidate.id] = result
        if result.pending or candidate.id not in self._open:
            return
        theirs = self._open.pop(candidate.id)
        if candidate.finish_reason not in ("abort", "error"):
            self._search.tell(self.state, theirs, (candidate.id, self._reward(result)))

    @property
    def reach(self) -> int:
        """Refinements have longer prompts: the earlier answer and what is wrong with it."""
        return self._at_once * (self._setup.sampling.max_tokens + REVISION_TOKENS)

    def act(self, act: AnyAct) -> bool:
        """Other verifiers, or other weights, count from here on."""
        if isinstance(act, ChangeVerifiers):
            self._weights = {choice.name: choice.weight for choice in act.verifiers}
        return isinstance(act, ChangeVerifiers)

    def moves(self) -> Sequence[AnyMove]:
        """What the posteriors drew since this was last asked."""
        done, self._search.log = self._search.log, []
        return done

    @property
    def finished(self) -> bool:
        """Whether all answers are there."""
        return self._asked == self._n and not self._open

    def answer(self) -> Answer:
        """The best answer by value, or the one with the highest sum."""
        texts = [Text(result.candidate, self._value(result)) for result in self._results.values()]
        return choose_text(texts, by_vote=self._by_vote)

    def _next(self) -> Trial:
        self.state, (theirs,) = self._with_own_chance(lambda: self._search.ask_batch(self.state, 1, [ACTION]))
        number, earlier = self._asked, theirs.parent_state
        self._asked += 1
        self._open[number] = theirs.trial_id
        seed = trial_seed(self._setup.seed, number)
        if earlier is None:
            return Trial(number, self._prompt, self._setup.sampling, seed, "wider", "draft")
        result = self._results[earlier]
        findings = " ".join(findings_of(result, self._weights)) or "This may be wrong."
        prompt = revision_prompt(self._setup.problem, result.candidate.text, findings)
        return Trial(number, prompt, self._setup.sampling, seed, f"refines {earlier + 1}", "revision", refines=earlier)

    def _with_own_chance(self, work: Any) -> Any:
        """The library draws from numpy's global random state: it gets ours, and everybody else keeps theirs."""
        others = np.random.get_state()
        np.random.set_state(self._chance)
        try:
            return work()
        finally:
            self._chance = np.random.get_state()
            np.random.set_state(others)

    def _value(self, result: Result) -> float | None:
        return mix({name: score.value for name, score in result.scores.items()}, self._weights)

    def _reward(self, result: Result) -> float:
        """The mix of the scores; where nobody can tell, the share of the answers so far that agree."""
        if result.candidate.vote is None:
            return 0.0
        value = self._value(result)
        if value is not None:
            return value
        told = [one.candidate for one in self._results.values() if one.candidate.is_whole]
        votes = count_votes((c.id, c.vote, c.answer) for c in told)
        total = sum(len(vote.candidates) for vote in votes)
        return next(len(vote.candidates) for vote in votes if vote.vote == result.candidate.vote) / total
