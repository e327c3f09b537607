"""Thinking with a budget: reasoning that is cut at a limit, or forced on with “Wait” (s1, Muennighoff et al. 2025).

arXiv 2501.19393. A chain thinks until its budget is used or it ends by itself. One that ends early can be made to go
on; at the end its thinking is closed and the answer asked for. A model without markers of its own thinks in plain text.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from engine.moves import AnyMove, LoopEnded
from engine.prompts import PROMPTS
from engine.settings import Setting
from engine.setup import RunSetup, Value
from engine.strategies.base import Answer, Result, Strategy
from engine.strategies.found_texts import choose_text
from engine.strategies.seeds import trial_seed
from engine.strategies.self_consistency import take_majority
from engine.strategies.spec import PROMPT, StrategySpec
from engine.strategies.texts import Text
from engine.thinking import CLOSE, OPEN
from engine.types import Candidate, Origin, Prompt, Purpose, Trial

ANSWER_TOKENS = 48
WAIT = "\nWait,"
ASK_FOR_ANSWER = f"{CLOSE}\n\nThe answer is"

CHAINS = Setting(
    name="n",
    kind="int",
    default=1,
    title="Chains",
    help="How many chains think apart from each other; with several, their answers are put to the vote.",
    minimum=1,
    maximum=64,
)
THINKING_BUDGET = Setting(
    name="thinking_tokens",
    kind="int",
    default=96,
    title="Thinking budget",
    help="Tokens that a chain may think for. At the limit its thinking is cut and the answer is asked for.",
    minimum=1,
    maximum=32_768,
)
WAITS = Setting(
    name="waits",
    kind="int",
    default=0,
    title="“Wait”",
    help="How often thinking that ends early is made to go on with the word “Wait”.",
    minimum=0,
    maximum=32,
)


@dataclass(slots=True)
class _Chain:
    """One chain: the trial under way, what is left of its budget, how often it was made to wait."""

    number: int
    left: int
    waits: int = 0
    pieces: int = 0
    open: int | None = None
    purpose: Purpose = "thinking"
    last: int | None = None
    done: bool = False


class BudgetedThinking(Strategy):
    """A strategy of one or more chains, each a thinking trial, perhaps made to go on, and then the answer.

    Args:
        setup: Gives the sampling and the seed.
        prompt: What is thought about.
        chains: How many.
        budget: Tokens of thinking for each.
        waits: How often a chain that ends early is made to go on.
    """

    def __init__(self, setup: RunSetup, prompt: Prompt, *, chains: int, budget: int, waits: int) -> None:
        self._setup, self._waits, self._budget = setup, waits, budget
        self._prompt = replace(prompt, continuation=OPEN)
        self._chains = [_Chain(number, budget) for number in range(chains)]
        self._to_ask = deque(self._thinking(chain) for chain in self._chains)
        self._answers: dict[int, Result] = {}
        self._thoughts: dict[int, Candidate] = {}
        self._moves: list[AnyMove] = []

    def ask(self, free: int) -> Sequence[Trial]:
        """The next piece of each chain whose last one has come back."""
        return [self._to_ask.popleft() for _ in range(min(free, len(self._to_ask)))]

    def tell(self, result: Result) -> None:
        """Takes a piece of thinking, or an answer.

        Raises:
            ValueError: The trial was never asked for.
        """
        trial = result.candidate.id
        chain = self._chains[trial % len(self._chains)]
        if trial < 0 or trial // len(self._chains) >= chain.pieces:
            raise ValueError(f"trial {trial} was never asked for")
        if trial != chain.open:
            if trial in self._answers:
                self._answers[trial] = result
            return
        chain.open = None
        if chain.purpose == "answer" or result.candidate.finish_reason in ("abort", "error"):
            chain.done = True
            (self._answers if chain.purpose == "answer" else {})[trial] = result
            self._thoughts[trial] = result.candidate
        else:
            self._go_on(chain, result.candidate)

    @property
    def reach(self) -> int:
        """What all chains may think, and what is put in between."""
        return len(self._chains) * (self._budget + ANSWER_TOKENS + 8 * (self._waits + 1))

    def moves(self) -> Sequence[AnyMove]:
        """What was done since this was last asked."""
        done, self._moves = self._moves, []
        return done

    @property
    def finished(self) -> bool:
        """Whether every chain has come to its answer."""
        return all(chain.done for chain in self._chains)

    def answer(self) -> Answer:
        """The majority of the chains."""
        ended = [result for result in self._answers.values() if result.candidate.is_whole]
        if not ended:
            texts = [Text(candidate, None) for candidate in self._thoughts.values()]
            return choose_text(texts, by_vote=False) if texts else Answer(None, None, "No thought is finished yet.")
        answer = take_majority(ended)
        if len(self._chains) > 1:
            return answer
        return Answer(answer.candidate, answer.answer, self._how_it_ended())

    def _go_on(self, chain: _Chain, thought: Candidate) -> None:
        """After a piece of thinking: on with “Wait”, or to the answer."""
        self._thoughts[thought.id] = thought
        chain.last = thought.id
        chain.left -= thought.completion_tokens
        ended_early = thought.finish_reason == "stop" and chain.left > 0
        if ended_early and chain.waits < self._waits:
            chain.waits += 1
            self._to_ask.append(self._thinking(chain))
            return
        if not ended_early:
            self._moves.append(
                LoopEnded(f"Chain {chain.number + 1}: the thinking budget is used; the answer is asked for.")
            )
        chain.purpose = "answer"
        self._to_ask.append(self._trial(chain, ASK_FOR_ANSWER, ANSWER_TOKENS, "answer"))

    def _thinking(self, chain: _Chain) -> Trial:
        label = f"waits {chain.waits}" if chain.waits else "thinks"
        return self._trial(chain, WAIT if chain.waits else "", chain.left, label)

    def _trial(self, chain: _Chain, text: str, tokens: int, label: str) -> Trial:
        number = chain.number + len(self._chains) * chain.pieces
        chain.pieces += 1
        chain.open = number
        stop = (*self._setup.sampling.stop, CLOSE) if chain.purpose == "thinking" else self._setup.sampling.stop
        sampling = replace(self._setup.sampling, max_tokens=max(1, tokens), min_tokens=0, stop=stop)
        origin = None if chain.last is None else Origin(chain.last, text=text)
        seed = trial_seed(self._setup.seed, number)
        return Trial(number, self._prompt, sampling, seed, label, chain.purpose, origin)

    def _how_it_ended(self) -> str:
        chain = self._chains[0]
        used = self._budget - chain.left
        if chain.left <= 0:
            return f"Its thinking was cut at the budget of {self._budget} tokens, and the answer asked for."
        waited = (
            f", {chain.waits} times made to go on" if chain.waits > 1 else ", once made to go on" if chain.waits else ""
        )
        return f"It ended its thinking after {used} of {self._budget} tokens{waited}."


def _build(setup: RunSetup, settings: Mapping[str, Value]) -> Strategy:
    return BudgetedThinking(
        setup,
        PROMPTS[str(settings["prompt"])](setup.problem),
        chains=int(settings["n"]),
        budget=int(settings["thinking_tokens"]),
        waits=int(settings["waits"]),
    )


THINKING = StrategySpec(
    name="thinking",
    title="Thinking",
    help="Thinks up to a budget, then has to answer. Thinking that ends early can be made to go on with “Wait”.",
    settings=(THINKING_BUDGET, WAITS, CHAINS, PROMPT),
    uses_verifiers=False,
    build=_build,
)
