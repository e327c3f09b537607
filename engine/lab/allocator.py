"""One budget of samples for a set of problems: which problem the next sample goes to, by what the first ones show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from engine.stopping import is_settled, lead_probability

Urgency = Callable[[float, int], float]
"""How badly an unsettled problem needs a sample, from the probability that its leading answer leads and the number of
samples it has, those under way included."""


def doubt_per_sample(lead: float, samples: int) -> float:
    """The doubt that is left, by what it has cost already: what is open and may yet be settled cheaply comes first.

    Chosen by simulation (`tests/engine/test_allocator.py`): 50 problems, a fifth each that a sample gets right in 95,
    75, 50, 35 and 10 % of cases, 16 samples a problem. An even split answers 70 % of them, and so does the highest lead
    first, which buys certainty where the answer is right anyway. The lowest lead first and the fewest samples first
    answer 73 %: they sink the budget into hopeless ones, or spread it over them. This rule answers 76 %.
    """
    return (1 - lead) / (samples + 1)


class Sample(Struct, frozen=True):
    """One sample to be drawn. `id` is its place in the order of asking, from 0; `problem` is the problem's place."""

    id: int
    problem: int


class Share(Struct, frozen=True):
    """What a problem has been given, and what came of it.

    `lead` is how probable it is that the leading answer is the more frequent one. `beyond` is how many samples it got
    more than in an even split (fewer: negative).
    """

    problem: int
    samples: int
    answer: str | None
    lead: float
    is_settled: bool
    beyond: int


@dataclass(slots=True)
class _Ballot:
    asked: int = 0
    votes: dict[str, int] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)
    lead: float = 0.5
    is_settled: bool = False

    def cast(self, vote: str, sample: int, confidence: float) -> None:
        self.votes[vote] = self.votes.get(vote, 0) + 1
        self.first[vote] = min(sample, self.first.get(vote, sample))
        counts = sorted(self.votes.values(), reverse=True)
        self.lead = lead_probability(counts[0], counts[1] if len(counts) > 1 else 0)
        # From the counts alone, so that a vote that comes later within a round may open the problem again.
        self.is_settled = is_settled(counts, confidence)


class SampleAllocator:
    """Difficulty-adaptive allocation (Snell et al. 2024, arXiv 2408.03314) of samples that vote.

    Each problem gets `probe` samples first. Then, sample by sample, the most urgent one gets another: by default the
    one with the most doubt per sample. One whose vote is settled gets no more (Adaptive-Consistency, Aggarwal et al.
    2023, arXiv 2305.11860). It ends when the budget is used up, or no problem is left that may have more.

    Pure: it draws nothing and knows no clock. Samples may be told in any order; between two calls of `ask` their order
    changes nothing.

    Args:
        problems: How many there are, at least 1.
        budget: How many samples in all; too few for the probe are spread evenly.
        most: How many samples a problem may have, at least 1.
        probe: How many each problem gets first, at least 1.
        confidence: With which probability an answer must lead to be settled, between 0.5 and 1.
        urgency: The rule; ties go to the problem with fewer samples, then to the one that comes first.

    Raises:
        ValueError: A number is out of range.
    """

    def __init__(
        self,
        problems: int,
        budget: int,
        most: int = 64,
        probe: int = 4,
        confidence: float = 0.95,
        urgency: Urgency = doubt_per_sample,
    ) -> None:
        if problems < 1 or budget < 0 or most < 1 or probe < 1 or not 0.5 <= confidence <= 1:
            raise ValueError(f"{budget} samples cannot be shared out so: {problems=}, {most=}, {probe=}, {confidence=}")
        self._ballots = [_Ballot() for _ in range(problems)]
        self._budget, self._most, self._confidence, self._urgency = budget, most, confidence, urgency
        self._probing = min(budget, problems * min(probe, most))
        self._asked: list[int] = []  # the problem of each sample
        self._outstanding: set[int] = set()

    def ask(self, free: int) -> list[Sample]:
        """The next samples, at most `free`. After the probe nothing is asked for until all of it has been told."""
        if len(self._asked) < self._probing:
            count = min(free, self._probing - len(self._asked))
            return [self._take(len(self._asked) % len(self._ballots)) for _ in range(count)]
        if self._is_probing:
            return []
        samples: list[Sample] = []
        while len(samples) < free and len(self._asked) < self._budget and (open_ones := self._open()):
            samples.append(self._take(min(open_ones, key=self._rank)))
        return samples

    def tell(self, sample: int, vote: str | None) -> None:
        """Takes the vote of a sample; None where it has no answer: it was spent, and votes for nothing.

        Raises:
            ValueError: The sample was never asked for, or told already.
        """
        if sample not in self._outstanding:
            raise ValueError(f"sample {sample} is not under way")
        self._outstanding.remove(sample)
        if vote is not None:
            self._ballots[self._asked[sample]].cast(vote, sample, self._confidence)

    @property
    def finished(self) -> bool:
        """Whether all that was asked for has been told, and nothing more will be asked for."""
        if self._outstanding or len(self._asked) < self._probing:
            return False
        return self.spent >= self._budget or not self._open()

    @property
    def spent(self) -> int:
        """How many samples were asked for."""
        return len(self._asked)

    @property
    def saved(self) -> int:
        """How many samples fewer than in an even split it took; 0 until it has finished."""
        return max(0, self._even * len(self._ballots) - self.spent) if self.finished else 0

    def answer(self, problem: int) -> str | None:
        """The most frequent answer to a problem; ties go to the one whose sample was asked for first."""
        ballot = self._ballots[problem]
        return min(ballot.votes, key=lambda vote: (-ballot.votes[vote], ballot.first[vote]), default=None)

    def shares(self) -> Sequence[Share]:
        """What each problem has been given, in order of the problems."""
        return [
            Share(i, one.asked, self.answer(i), one.lead, one.is_settled, one.asked - self._even)
            for i, one in enumerate(self._ballots)
        ]

    @property
    def _even(self) -> int:
        return self._budget // len(self._ballots)

    @property
    def _is_probing(self) -> bool:
        return any(sample < self._probing for sample in self._outstanding)

    def _open(self) -> list[int]:
        return [i for i, one in enumerate(self._ballots) if one.asked < self._most and not one.is_settled]

    def _rank(self, problem: int) -> tuple[float, int, int]:
        ballot = self._ballots[problem]
        return -self._urgency(ballot.lead, ballot.asked), ballot.asked, problem

    def _take(self, problem: int) -> Sample:
        sample = Sample(len(self._asked), problem)
        self._asked.append(problem)
        self._outstanding.add(sample.id)
        self._ballots[problem].asked += 1
        return sample
