"""The runs that the pictures show: those that are shipped, and simulated ones, made anew and the same each time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import product
from pathlib import Path

from app.bench.ui_tree import tree_events
from engine.acts import TakeToken
from engine.events import AnyEvent, Event, RunFailed
from engine.inference.simulated_backend import SimulatedBackend
from engine.run import Run
from engine.setup import Budget, LoadOptions, RunSetup, StrategyChoice, Value, VerifierChoice
from engine.trace.fold import fold
from engine.trace.reader import TraceReader
from engine.trace.store import write_trace
from engine.types import Problem, Sampling

SHIPPED = Path(__file__).resolve().parents[1] / "resources" / "recordings"
BEST_OF_16 = SHIPPED / "1-a-verifier-beats-the-vote.tsrun"
VOTE_OF_16 = SHIPPED / "2-the-vote-finds-it.tsrun"
ONE_CHAIN = SHIPPED / "3-one-chain-of-thought.tsrun"
BEST_OF_64 = SHIPPED / "4-no-number-of-tries-helps.tsrun"

CARDS = Problem(
    "Mia has 24 cards, gives away 9, then buys 6 more. How many cards does she have now?", "21", "two steps"
)
SAMPLING = Sampling(1.0, 0, 1.0, 0.0, 1.0, 240, (), 5)
ARITHMETIC = (VerifierChoice("arithmetic", 0.8), VerifierChoice("majority", 0.2))
STEPWISE = (VerifierChoice("arithmetic", 1.0),)
LARGE_TREE = 1500
UNSURE = -0.1  # log-probability below which another token could have come
Texts = Mapping[str, float]

_BEGINNINGS = {"Mia starts with 24 cards. ": 0.5, "At first she has 24. ": 0.3, "": 0.2}
_FIRST = {
    "She gives away 9, so 24 - 9 = 14. ": (14, 0.5), "She gives away 9, so 24 - 9 = 15. ": (15, 0.24),
    "Nine cards go: 24 - 9 = 15. ": (15, 0.14), "With 9 more it is 24 + 9 = 33. ": (33, 0.12),
}  # fmt: skip
_SECOND = {"Then she buys 6: {a} + 6 = {b}. ": (6, 0.7), "She buys 6 more, and {a} + 6 = {b}. ": (7, 0.18),
           "Six of them are new: {a} - 6 = {b}. ": (-6, 0.12)}  # fmt: skip
_REASONING = (
    "Mia starts with 24 cards.\nShe gives away 9, so 24 - 9 = 15.\n",
    "Then she buys 6 more: 15 + 6 = 21.\n",
    "Then she buys 6 more: 15 + 6 = 22.\n",
)


def stories() -> Texts:
    """Ways to work out how many cards Mia has, most of them wrong, and how likely each is."""
    texts: dict[str, float] = {}
    for (begin, p), (first, (a, q)), (second, (by, r)) in product(_BEGINNINGS.items(), _FIRST.items(), _SECOND.items()):
        result = a + by
        text = begin + first + second.format(a=a, b=result) + f"The answer is {result}."
        texts[text] = texts.get(text, 0.0) + p * q * r
    return texts


def lines() -> Texts:
    """The same with every step on a line of its own."""
    return {text.strip().replace(". ", ".\n"): p for text, p in stories().items()}


class Studio:
    """Makes recordings in a folder, each once.

    Args:
        folder: Where they are written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def tree_search(self) -> Path:
        """Monte Carlo tree search over steps."""
        return self._simulated("mcts", STEPWISE, simulations=64, children=4)

    def large_tree(self) -> Path:
        """A tree that is larger than any window."""
        return self._written("large-tree", tree_events(LARGE_TREE))

    def beam(self) -> Path:
        """Beam search, generation by generation."""
        return self._simulated("beam-search", STEPWISE)

    def particles(self) -> Path:
        """Particle filtering."""
        return self._simulated("particle-filtering", STEPWISE)

    def adaptive_tree(self) -> Path:
        """AB-MCTS, which decides with posteriors whether to go wider or deeper."""
        return self._simulated("ab-mcts", STEPWISE)

    def refinement(self) -> Path:
        """Draft, critique and revisions, one of which makes it worse."""
        verifiers = (VerifierChoice("arithmetic", 0.8), VerifierChoice("known-answer", 0.2))
        setup = _setup("self-refine", verifiers, rounds=3, critique="both", stop_when_not_better=False)
        return self._recorded("refine", setup, _Reviser())

    def branched_thinking(self) -> Path:
        """One chain with hidden reasoning, and a branch that a person grew from it."""
        return self._written("thinking", _branched())

    def race(self) -> list[Path]:
        """The same question, answered with more and more compute."""
        best = _setup("best-of-n", ARITHMETIC, n=16)
        return [
            self._recorded("race-chain", _setup("chain-of-thought", STEPWISE), stories()),
            self._recorded("race-vote", _setup("self-consistency", ARITHMETIC, n=16), stories()),
            self._recorded("race-best", best, stories()),
        ]

    def failed_run(self) -> Path:
        """A run that an error ended half way."""
        events = list(TraceReader(BEST_OF_16))
        half = events[: len(events) // 2]
        what, why = "The engine process ended unexpectedly.", "It was killed: memory may have run out."
        return self._written("failed", [*half, RunFailed(half[-1].t, what, why, "What was computed is kept.")])

    def _simulated(self, strategy: str, verifiers: tuple[VerifierChoice, ...], **settings: Value) -> Path:
        return self._recorded(strategy, _setup(strategy, verifiers, **settings), lines())

    def _recorded(self, name: str, setup: RunSetup, texts: Texts | _Reviser) -> Path:
        path = self.folder / f"{name}.tsrun"
        return path if path.exists() else self._written(name, _events(setup, texts))

    def _written(self, name: str, events: list[AnyEvent] | list[Event]) -> Path:
        path = self.folder / f"{name}.tsrun"
        if not path.exists():
            write_trace(path, events)
        return path


class _Reviser:
    """What the simulated model writes as draft, critique and revision: better, then worse, then right."""

    DRAFT = "Mia has 24 cards. She gives away 9, so 24 - 9 = 14. Then 14 + 6 = 19. The answer is 19."
    REVISIONS = (
        "Mia has 24 cards. She gives away 9, so 24 - 9 = 15. Then 15 + 6 = 20. The answer is 20.",
        "Mia has 24 cards. She gives away 9, so 24 - 9 = 16. Then 16 + 6 = 23. The answer is 23.",
        "Mia has 24 cards. She gives away 9, so 24 - 9 = 15. Then she buys 6: 15 + 6 = 21. The answer is 21.",
    )
    CRITIQUES = (
        "Both the subtraction and the sum are off by one.",
        "The subtraction is right now, but the sum of 15 and 6 is not.",
        "Both results are wrong: check 24 - 9 once more.",
    )

    def __call__(self, prompt: str) -> Texts:
        """The one text that follows this prompt."""
        drafts = (self.DRAFT, *self.REVISIONS)
        seen = next((n for n in reversed(range(4)) if drafts[n] in prompt), None)
        if seen is None:
            return {self.DRAFT: 1.0}
        last = prompt.rpartition("user:")[2]
        if "Check this solution" in last:
            return {self.CRITIQUES[seen] if seen < 3 else "Correct.": 1.0}
        return {self.REVISIONS[min(seen, 2)]: 1.0}


def _setup(strategy: str, verifiers: tuple[VerifierChoice, ...], **settings: Value) -> RunSetup:
    choice = StrategyChoice(strategy, settings)
    return RunSetup(CARDS, choice, verifiers, SAMPLING, Budget(20_000, 60.0), LoadOptions("simulated"), 1)


def _backend(texts: Texts | _Reviser) -> SimulatedBackend:
    return SimulatedBackend(texts if isinstance(texts, _Reviser) else lambda _: texts, own_clock=True)


def _events(setup: RunSetup, texts: Texts | _Reviser) -> list[AnyEvent]:
    events: list[AnyEvent] = []
    backend = _backend(texts)
    run = Run("simulated", setup, backend, events.append, backend.clock)
    while not run.finished:
        run.step()
    return events


@cache
def _branched() -> list[AnyEvent]:
    """A branch is taken where the reasoning could have gone on otherwise."""
    known, right, wrong = _REASONING
    ways: Texts = {
        f"<think>\n{known}{right}</think>\nMia has 21 cards now.\nThe answer is 21.": 0.55,
        f"<think>\n{known}{wrong}</think>\nMia has 22 cards now.\nThe answer is 22.": 0.45,
    }
    events: list[AnyEvent] = []
    backend = _backend(ways)
    run = Run("simulated", _setup("chain-of-thought", STEPWISE), backend, events.append, backend.clock)
    while not run.finished:
        run.step()
    candidate = fold(events).candidates[0]
    fork = next(i for i, token in enumerate(candidate.tokens) if token.logprob < UNSURE)
    other = next(a for a in candidate.tokens[fork].alternatives if a.id != candidate.tokens[fork].id)
    run.act(TakeToken(0, fork, other.id))
    while not run.finished:
        run.step()
    return events
