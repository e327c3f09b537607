"""Independent samples of one prompt: the state machine under every strategy that asks once and then chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from engine.acts import AnyAct, ChangeBudget, ChangeSetting, ChangeVerifiers
from engine.prompts import PROMPTS, diverse_prompts
from engine.setup import RunSetup, Value
from engine.strategies.base import Answer, Result, Strategy
from engine.strategies.seeds import trial_seed
from engine.strategies.spec import DIVERSE
from engine.types import Prompt, Sampling, Trial

Choose = Callable[[Sequence[Result]], Answer]
# Whether the answer stands, from the results in order of arrival and how many may still come.
Decided = Callable[[Sequence[Result], int], bool]


GOLDEN = 0.618033988749895  # its multiples, cut to fractions, are spread evenly however many there are


class IndependentSamples(Strategy):
    """Asks for `n` candidates of one prompt, in any batches, and chooses from what has come back.

    Args:
        setup: Gives the sampling and the seed.
        prompts: What candidates continue, in turn.
        n: How many candidates, at least 1.
        choose: Picks from the results of candidates that ended by themselves, in order of arrival (at least one).
        decided: Looked at after every result; once it holds nothing more is asked for. By default it never does.
        at_once: How many may be under way together, so that there is something to decide by before all are asked for.
        weights: The verifiers' weights that `choose` looks at; a person may change them.
        spread: How far temperatures go to either side of the one that is set.
    """

    def __init__(
        self,
        setup: RunSetup,
        prompts: Sequence[Prompt],
        n: int,
        choose: Choose,
        decided: Decided | None = None,
        at_once: int | None = None,
        weights: dict[str, float] | None = None,
        spread: float = 0.0,
    ) -> None:
        self._weights, self._spread = weights, spread
        self._decided, self._at_once, self._closed = decided, at_once, False
        self._setup = setup
        self._prompts = prompts
        self._n = n
        self._choose = choose
        self._asked = 0
        self._results: dict[int, Result] = {}
        self._given_up: set[int] = set()  # stopped because a person wanted fewer: another one may take their place

    def ask(self, free: int) -> Sequence[Trial]:
        """The next trials, at most `free`."""
        first = self._asked
        if self._closed:
            return []
        if self._at_once is not None:
            free = min(free, self._at_once - (first - len(self._results)))
        self._asked = max(first, min(self._n + len(self._given_up), first + free))
        return [self._trial(i) for i in range(first, self._asked)]

    def tell(self, result: Result) -> None:
        """Takes a result. A newer one of the same trial replaces its scores: peers' votes are complete only at the end.

        Raises:
            ValueError: The trial was never asked for.
        """
        if not 0 <= result.candidate.id < self._asked:
            raise ValueError(f"trial {result.candidate.id} was never asked for")
        if not result.candidate.is_whole and result.candidate.id in self._surplus():
            self._given_up.add(result.candidate.id)
        self._results[result.candidate.id] = result
        if self._decided is not None and not self._closed:
            self._closed = self._decided(self._ended(), self._n + len(self._given_up) - len(self._results))

    @property
    def unneeded(self) -> Sequence[int]:
        """All that are under way, once the answer stands; and those beyond a number that was lowered."""
        unneeded = range(self._asked) if self._closed else self._surplus()
        return [i for i in unneeded if i not in self._results]

    @property
    def decided(self) -> bool:
        """Whether the answer stands; a number that was lowered decides nothing."""
        return self._closed

    @property
    def spared(self) -> int:
        """Those that were not asked for, once the answer stands."""
        return max(0, self._n + len(self._given_up) - self._asked) if self._closed else 0

    def act(self, act: AnyAct) -> bool:
        """Another number of candidates (those beyond it are not needed any more), other weights, a raised budget."""
        if isinstance(act, ChangeSetting) and act.name == "n":
            self._n = max(1, int(act.value))
        elif isinstance(act, ChangeBudget):  # what the spent one cut off is lost: others take its place
            self._given_up |= {i for i, result in self._results.items() if result.candidate.finish_reason == "abort"}
        elif isinstance(act, ChangeVerifiers) and self._weights is not None:
            self._weights.clear()
            self._weights.update({choice.name: choice.weight for choice in act.verifiers})
        else:
            return False
        return True

    @property
    def finished(self) -> bool:
        """Whether all candidates that are needed have been asked for, and all that were asked for told."""
        enough = self._asked >= self._n + len(self._given_up)
        return (self._closed or enough) and len(self._results) == self._asked

    def answer(self) -> Answer:
        """The choice from the candidates that ended by themselves; failing that, a stopped one's partial text."""
        ended = self._ended()
        return self._choose(ended) if ended else self._partial_answer()

    def _surplus(self) -> Sequence[int]:
        """The newest of those that were asked for, as many as there are beyond a number that was lowered."""
        if self._asked - len(self._given_up) <= self._n:
            return ()
        return [i for i in range(self._asked) if i not in self._given_up][self._n :]

    def _ended(self) -> list[Result]:
        return [result for result in self._results.values() if result.candidate.is_whole]

    def _trial(self, number: int) -> Trial:
        prompt, seed = self._prompts[number % len(self._prompts)], trial_seed(self._setup.seed, number)
        return Trial(number, prompt, self._sampling(number), seed)

    def _sampling(self, number: int) -> Sampling:
        """Temperatures around the one that is set, spread evenly; those of a few are so already."""
        sampling = self._setup.sampling
        if not self._spread:
            return sampling
        place = number * GOLDEN % 1
        return replace(sampling, temperature=max(0.05, sampling.temperature + self._spread * (2 * place - 1)))

    def _partial_answer(self) -> Answer:
        partial = [result.candidate for result in self._results.values() if result.candidate.text.strip()]
        if not partial:
            return Answer(None, None, "No candidate has finished yet.")
        best = max(partial, key=lambda one: (one.answer is not None, one.completion_tokens, -one.id))
        reason = "No candidate came to its end; this one had come furthest when it was stopped."
        return Answer(best.id, best.answer, reason)


def independent_samples(
    setup: RunSetup,
    settings: Mapping[str, Value],
    n: int,
    choose: Choose,
    decided: Decided | None = None,
    at_once: int | None = None,
    weights: dict[str, float] | None = None,
) -> IndependentSamples:
    """The state machine for the prompt that the settings name ("diverse" for several), and their spread."""
    name = str(settings.get("prompt", "question-only"))
    prompts = diverse_prompts(setup.problem) if name == DIVERSE else (PROMPTS[name](setup.problem),)
    spread = float(settings.get("temperature_spread", 0.0))
    return IndependentSamples(setup, prompts, n, choose, decided, at_once, weights, spread)
