"""DeepConf online: unsure candidates are stopped while they write, the others vote with their confidence.

Fu et al. 2025, “Deep Think with Confidence”, arXiv 2508.15260. A few candidates are written to their end; a percentile
of their lowest groups is the floor for the rest. As in the paper's code, those of the first that are below the floor do
not vote either. The paper's groups of 2,048 tokens never fill in short texts: here they are scaled to the length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from engine.acts import AnyAct, ChangeSetting
from engine.confidence import group_means, group_size
from engine.selection import Vote, count_votes
from engine.setup import RunSetup, Value
from engine.strategies.base import Answer, Result, Strategy
from engine.strategies.sampling import independent_samples
from engine.strategies.self_consistency import take_majority
from engine.types import Candidate, Trial


class Gate(Struct, frozen=True):
    """What the warm-up has shown: the mean confidence of no `window` tokens in a row may be below `floor`.

    `tokens` is the mean length of the warm-up's candidates. None of them came to its end where `window` is 0; then
    nothing is stopped, and nobody's confidence is known to vote with.
    """

    floor: float
    window: int
    tokens: float


def warm_up(candidates: Sequence[Candidate], keep_percent: float) -> Gate:
    """The gate that `keep_percent` of the warm-up's candidates pass: a percentile of their lowest groups.

    Args:
        candidates: Those that came to their end.
        keep_percent: DeepConf-low keeps the surest 10 %, DeepConf-high 90 %. Between two values it is interpolated.
    """
    lengths = [len(candidate.token_confidences) for candidate in candidates if candidate.token_confidences]
    if not lengths:
        return Gate(0.0, 0, 0.0)
    tokens = sum(lengths) / len(lengths)
    window = group_size(tokens)
    lowest = [min(group_means(c.token_confidences, window)) for c in candidates if c.token_confidences]
    return Gate(float(np.percentile(lowest, 100 - keep_percent)), window, tokens)


class DeepConf(Strategy):
    """Implements `Strategy`.

    Args:
        setup: Gives the sampling and the seed.
        settings: Name the prompt, and the spread of temperatures.
        n: How many candidates at most.
        warmup: How many are written to their end first, all at once: nothing can be decided before.
        keep_percent: How many of the warm-up's candidates the floor lets pass.
        consensus: The share of the votes' weight at which the answer stands (the paper's tau, 0.95).
        at_once: How many of the others may be under way together.
    """

    def __init__(
        self,
        setup: RunSetup,
        settings: Mapping[str, Value],
        n: int,
        *,
        warmup: int,
        keep_percent: float,
        consensus: float,
        at_once: int,
    ) -> None:
        self._samples = independent_samples(setup, settings, n, self._choose, self._decide)
        self._n, self._warmup, self._keep_percent = n, min(warmup, n), keep_percent
        self._consensus, self._at_once = consensus, at_once
        self._gate: Gate | None = None
        self._asked = 0
        self._told: set[int] = set()
        self._doubted: set[int] = set()
        self._lowest: dict[int, float] = {}

    def ask(self, free: int) -> Sequence[Trial]:
        """The warm-up; the next trials only when all of it is there, as it says where they have to stop."""
        room = self._warmup - self._asked if self._gate is None else self._at_once - (self._asked - len(self._told))
        trials = self._samples.ask(min(free, room))
        self._asked += len(trials)
        return trials if self._gate is None else [_gated(trial, self._gate) for trial in trials]

    def tell(self, result: Result) -> None:
        """Takes a result.

        Raises:
            ValueError: The trial was never asked for.
        """
        self._samples.tell(result)
        self._told.add(result.candidate.id)
        if result.candidate.finish_reason == "doubt":
            self._doubted.add(result.candidate.id)

    @property
    def unneeded(self) -> Sequence[int]:
        """All that are under way, once the answer stands."""
        return self._samples.unneeded

    @property
    def decided(self) -> bool:
        """Whether the answer stands."""
        return self._samples.decided

    @property
    def spared(self) -> int:
        """Those that were not asked for, once the answer stands."""
        return self._samples.spared

    def act(self, act: AnyAct) -> bool:
        """Another number of candidates."""
        taken = self._samples.act(act)
        if taken and isinstance(act, ChangeSetting):
            self._n = max(1, int(act.value))
        return taken

    @property
    def finished(self) -> bool:
        """Whether all candidates that are needed have been asked for, and all that were asked for told."""
        return self._samples.finished

    def answer(self) -> Answer:
        """The answer with the most confidence behind it; during the warm-up the majority's."""
        return self._samples.answer()

    def _decide(self, results: Sequence[Result], outstanding: int) -> bool:
        """Whether the answer stands. The warm-up's last result sets the gate."""
        if self._gate is None and self._n - outstanding >= self._warmup:
            self._gate = warm_up([result.candidate for result in results], self._keep_percent)
        if self._gate is None:
            return False
        votes = self._votes(self._weights(results, self._gate), results)
        return bool(votes) and _share(votes) >= self._consensus

    def _choose(self, results: Sequence[Result]) -> Answer:
        if self._gate is None or not self._gate.window:
            return take_majority(results)
        weights = self._weights(results, self._gate)
        votes = self._votes(weights, results)
        if not votes:
            majority = take_majority(results)
            why = "None that the model was sure of gives an answer, so the majority decides."
            return Answer(majority.candidate, majority.answer, f"{why} {majority.reason}")
        picked = max(votes[0].candidates, key=lambda candidate: weights[candidate])
        return Answer(picked, votes[0].answer, self._reason(votes, len(weights), self._gate))

    def _weights(self, results: Sequence[Result], gate: Gate) -> dict[int, float]:
        """The lowest group of each candidate that passes the gate."""
        for candidate in (result.candidate for result in results):
            if gate.window and candidate.token_confidences and candidate.id not in self._lowest:
                self._lowest[candidate.id] = min(group_means(candidate.token_confidences, gate.window))
        return {candidate: lowest for candidate, lowest in self._lowest.items() if lowest >= gate.floor}

    def _votes(self, weights: Mapping[int, float], results: Sequence[Result]) -> list[Vote]:
        voters = (result.candidate for result in results if result.candidate.id in weights)
        return count_votes(((voter.id, voter.vote, voter.answer) for voter in voters), weights)

    def _reason(self, votes: Sequence[Vote], sure: int, gate: Gate) -> str:
        top = votes[0]
        lead = f"{len(top.candidates)} of {sure} candidates that the model was sure of say {top.answer}"
        lead += f", with {_share(votes):.0%} of the votes’ weight." if sure > 1 else "."
        if self._doubted:
            lead += f" {len(self._doubted)} {'were' if len(self._doubted) > 1 else 'was'} stopped as unsure."
        groups = f"groups of {gate.window} tokens (scaled to the {gate.tokens:.0f} of a warm-up text)"
        return f"{lead} Unsure: a confidence below {gate.floor:.2f} in {groups}."


def _gated(trial: Trial, gate: Gate) -> Trial:
    if not gate.window:
        return trial
    sampling = replace(trial.sampling, confidence_floor=gate.floor, confidence_window=gate.window)
    return replace(trial, sampling=sampling)


def _share(votes: Sequence[Vote]) -> float:
    total = sum(vote.weight for vote in votes)
    return votes[0].weight / total if total > 0 else 0.0
