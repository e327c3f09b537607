"""All verifiers of a run: who has judged what, what they still need, and what it cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from engine.types import Candidate, Problem, Score, Trial
from engine.verifiers.base import Verifier


class Verdict(Struct, frozen=True):
    """A score with its price. `late`: it came after the candidate had been told to the strategy."""

    candidate: int
    verifier: str
    score: Score
    tokens: int
    seconds: float
    late: bool


@dataclass(slots=True, eq=False)
class _Hearing:
    """A verifier that waits for the model's replies about one candidate."""

    verifier: Verifier
    candidate: Candidate
    asked: list[int]
    began: float
    replies: dict[int, Candidate] = field(default_factory=dict)


class Jury:
    """Asks verifiers for their scores. What they need from the model are trials with negative ids, counted apart."""

    def __init__(
        self, problem: Problem, verifiers: Sequence[Verifier], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._problem = problem
        self._verifiers = verifiers
        self._clock = clock
        self._scores: dict[int, dict[str, Score]] = {}
        self._hearings: dict[int, _Hearing] = {}
        self._to_ask: list[Trial] = []
        self._next_id = -1

    @property
    def idle(self) -> bool:
        """Whether no verifier waits for the model."""
        return not self._hearings

    def scores(self, candidate: int) -> dict[str, Score]:
        """The scores a candidate has so far, by verifier."""
        return dict(self._scores.get(candidate, {}))

    def requests(self) -> list[Trial]:
        """Model calls that verifiers wait for; each is given out once."""
        wanted, self._to_ask = self._to_ask, []
        return wanted

    def judge(self, candidate: Candidate) -> list[Verdict]:
        """The verdicts that need neither the model nor the other candidates; the rest is set in motion."""
        verdicts = []
        for verifier in self._verifiers:
            if verifier.uses_peers:
                continue
            requests = verifier.requests(self._problem, candidate)
            if requests:
                self._open_hearing(verifier, candidate, requests)
            else:
                verdicts.append(self._score(verifier, candidate, (candidate,), (), late=False))
        return verdicts

    def reply(self, trial: int, reply: Candidate) -> Verdict | None:
        """Takes the model's reply to a request; the verdict once it is the last one that was missing."""
        hearing = self._hearings.pop(trial)
        hearing.replies[trial] = reply
        if len(hearing.replies) < len(hearing.asked):
            return None
        replies = tuple(hearing.replies[asked] for asked in hearing.asked)
        verdict = self._score(hearing.verifier, hearing.candidate, (hearing.candidate,), replies, late=True)
        tokens = sum(r.completion_tokens for r in replies)
        return replace(verdict, tokens=tokens, seconds=self._clock() - hearing.began)

    def judge_together(self, candidates: Sequence[Candidate]) -> list[Verdict]:
        """The verdicts that depend on all candidates, when all are there."""
        ended = [candidate for candidate in candidates if candidate.finish_reason in ("stop", "length")]
        return [
            self._score(verifier, candidate, ended, (), late=True)
            for verifier in self._verifiers
            if verifier.uses_peers
            for candidate in ended
        ]

    def _open_hearing(self, verifier: Verifier, candidate: Candidate, requests: Sequence[Trial]) -> None:
        hearing = _Hearing(verifier, candidate, [], self._clock())
        for request in requests:
            trial = replace(request, id=self._next_id)
            self._next_id -= 1
            hearing.asked.append(trial.id)
            self._hearings[trial.id] = hearing
            self._to_ask.append(trial)

    def _score(
        self,
        verifier: Verifier,
        candidate: Candidate,
        peers: Sequence[Candidate],
        replies: Sequence[Candidate],
        *,
        late: bool,
    ) -> Verdict:
        began = self._clock()
        score = verifier.score(self._problem, candidate, peers, replies)
        self._scores.setdefault(candidate.id, {})[verifier.name] = score
        return Verdict(candidate.id, verifier.name, score, 0, self._clock() - began, late)
