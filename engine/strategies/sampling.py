"""Independent samples of one prompt: the state machine under every strategy that asks once and then chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.moves import AnyMove
from engine.prompts import PROMPTS
from engine.setup import RunSetup
from engine.strategies.base import Answer, Result
from engine.strategies.seeds import trial_seed
from engine.types import Prompt, Trial

Choose = Callable[[Sequence[Result]], Answer]
# Whether the answer stands, from the results in order of arrival and how many may still come.
Decided = Callable[[Sequence[Result], int], bool]


class IndependentSamples:
    """Asks for `n` candidates of one prompt, in any batches, and chooses from what has come back.

    Args:
        setup: Gives the sampling and the seed.
        prompt: What each candidate continues.
        n: How many candidates, at least 1.
        choose: Picks from the results of candidates that ended by themselves, in order of arrival (at least one).
        decided: Looked at after every result; once it holds nothing more is asked for. By default it never does.
        at_once: How many may be under way together, so that there is something to decide by before all are asked for.
    """

    def __init__(
        self,
        setup: RunSetup,
        prompt: Prompt,
        n: int,
        choose: Choose,
        decided: Decided | None = None,
        at_once: int | None = None,
    ) -> None:
        self._decided, self._at_once, self._closed = decided, at_once, False
        self._setup = setup
        self._prompt = prompt
        self._n = n
        self._choose = choose
        self._asked = 0
        self._results: dict[int, Result] = {}

    def ask(self, free: int) -> Sequence[Trial]:
        """The next trials, at most `free`."""
        first = self._asked
        if self._closed:
            return []
        if self._at_once is not None:
            free = min(free, self._at_once - (first - len(self._results)))
        self._asked = min(self._n, first + max(0, free))
        return [self._trial(i) for i in range(first, self._asked)]

    def tell(self, result: Result) -> None:
        """Takes a result. A newer one of the same trial replaces its scores: peers' votes are complete only at the end.

        Raises:
            ValueError: The trial was never asked for.
        """
        if not 0 <= result.candidate.id < self._asked:
            raise ValueError(f"trial {result.candidate.id} was never asked for")
        self._results[result.candidate.id] = result
        if self._decided is not None and not self._closed:
            self._closed = self._decided(self._ended(), self._n - len(self._results))

    @property
    def unneeded(self) -> Sequence[int]:
        """All that are under way, once the answer stands."""
        return [i for i in range(self._asked) if i not in self._results] if self._closed else []

    @property
    def spared(self) -> int:
        """Those that were not asked for, once the answer stands."""
        return self._n - self._asked if self._closed else 0

    @property
    def reach(self) -> int:
        """Nothing goes on from these."""
        return 0

    def moves(self) -> Sequence[AnyMove]:
        """Independent samples make no moves."""
        return ()

    @property
    def finished(self) -> bool:
        """Whether all candidates that are needed have been asked for, and all that were asked for told."""
        return (self._closed or self._asked == self._n) and len(self._results) == self._asked

    def answer(self) -> Answer:
        """The choice from the candidates that ended by themselves; failing that, a stopped one's partial text."""
        ended = self._ended()
        return self._choose(ended) if ended else self._partial_answer()

    def _ended(self) -> list[Result]:
        return [result for result in self._results.values() if result.candidate.is_whole]

    def _trial(self, number: int) -> Trial:
        return Trial(number, self._prompt, self._setup.sampling, trial_seed(self._setup.seed, number))

    def _partial_answer(self) -> Answer:
        partial = [result.candidate for result in self._results.values() if result.candidate.text.strip()]
        if not partial:
            return Answer(None, None, "No candidate has finished yet.")
        best = max(partial, key=lambda one: (one.answer is not None, one.completion_tokens, -one.id))
        reason = "No candidate came to its end; this one had come furthest when it was stopped."
        return Answer(best.id, best.answer, reason)


def independent_samples(
    setup: RunSetup,
    prompt: str,
    n: int,
    choose: Choose,
    decided: Decided | None = None,
    at_once: int | None = None,
) -> IndependentSamples:
    """The state machine for a prompt of `PROMPTS` by its name."""
    return IndependentSamples(setup, PROMPTS[prompt](setup.problem), n, choose, decided, at_once)
