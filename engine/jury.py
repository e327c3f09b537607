"""All verifiers of a run: who has judged what, what they still need, and what it cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from engine.error_log import in_words
from engine.types import Candidate, FinishReason, Problem, Score, Trial
from engine.verifiers.base import Verifier

NO_TIME = Score(None, "not judged: the time of the budget was spent")
PERSON = "person"  # the verifier whose scores are clicks


class Verdict(Struct, frozen=True):
    """A score with its price. `late`: it came after the candidate had been told to the strategy.

    `tokens` were generated for it; `prompt_tokens` were computed for its prompts, `cached_tokens` found in the cache.
    `parameters` is the size of the model that was asked, where that was not the run's own.
    """

    candidate: int
    verifier: str
    score: Score
    seconds: float
    late: bool
    tokens: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    parameters: int = 0


class Reply(Struct, frozen=True):
    """What the model wrote when a verifier asked it, what its prompt cost, and its size if it is not the run's own."""

    candidate: Candidate
    prompt_tokens: int
    cached_tokens: int
    parameters: int = 0


def no_reply(trial: Trial, reason: FinishReason) -> Reply:
    """The reply to a request that never reached the model: it did not fit ("error"), or the run ended ("abort")."""
    return Reply(Candidate(trial.id, "", None, None, reason, 0, None), 0, 0)


@dataclass(slots=True, eq=False)
class _Hearing:
    """A verifier that waits for the model's replies about one candidate."""

    verifier: Verifier
    candidate: Candidate
    asked: list[int]
    began: float
    replies: dict[int, Reply] = field(default_factory=dict)


class Jury:
    """Asks verifiers for their scores. What they need from the model are trials with negative ids, counted apart.

    Attributes:
        was_cut_short: Whether a verifier was not asked for want of time.
    """

    def __init__(
        self, problem: Problem, verifiers: Sequence[Verifier], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._problem = problem
        self._verifiers = list(verifiers)
        self._clock = clock
        self._scores: dict[int, dict[str, Score]] = {}
        self._hearings: dict[int, _Hearing] = {}
        self._to_ask: list[Trial] = []
        self._next_id = -1
        self.was_cut_short = False

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

    def foresee(self, candidate: Candidate, verifiers: Sequence[Verifier] | None = None) -> list[Trial]:
        """What `verifiers` (its own by default) would ask a model about such a candidate; nothing is asked yet."""
        return [
            request
            for verifier in (self._verifiers if verifiers is None else verifiers)
            if not verifier.uses_peers
            for request in verifier.requests(self._problem, candidate)
        ]

    def is_hearing(self, candidate: int) -> bool:
        """Whether a verifier still waits for the model before it can score this candidate."""
        return any(hearing.candidate.id == candidate for hearing in self._hearings.values())

    def judge(self, candidate: Candidate, has_time: Callable[[], bool] = lambda: True) -> Iterator[Verdict]:
        """The verdicts that need neither the model nor the other candidates; the rest is set in motion.

        What is no answer is not judged; what is not finished only by those that judge steps.

        Args:
            candidate: Who is judged.
            has_time: Asked before each verifier; where it says no, the verifier cannot tell for want of time.
        """
        for verifier in self._verifiers:
            if verifier.uses_peers or not (candidate.is_whole or _is_step(verifier, candidate)):
                continue
            if not has_time():
                self.was_cut_short = True
                yield self._keep(verifier, candidate, NO_TIME, 0.0, late=False)
                continue
            requests = self._requests(verifier, candidate)
            if requests:
                self._open_hearing(verifier, candidate, requests)
            else:
                yield self._score(verifier, candidate, (candidate,), (), late=False)

    def replace(
        self, verifiers: Sequence[Verifier], candidates: Iterable[Candidate], unchanged: Collection[str] = ()
    ) -> list[Verdict]:
        """Other verifiers from here on: what those that are new say of the candidates there are, as in `judge`.

        Args:
            verifiers: Who judges now.
            candidates: Who is judged anew.
            unchanged: Names of those that judge as they did before; the others' scores no longer hold.
        """
        kept = {verifier.name: verifier for verifier in self._verifiers if verifier.name in unchanged}
        new = [verifier for verifier in verifiers if verifier.name not in kept]
        stale = {verifier.name for verifier in (*self._verifiers, *new)} - {*kept, PERSON}
        for scores in self._scores.values():
            for name in stale & scores.keys():
                del scores[name]
        self._verifiers = new
        verdicts = [verdict for candidate in list(candidates) for verdict in self.judge(candidate)]
        self._verifiers = [kept.get(verifier.name, verifier) for verifier in verifiers]
        return verdicts

    def rate(self, candidate: Candidate, value: float) -> Verdict:
        """A person's opinion of a candidate."""
        score = Score(value, "a person's opinion")
        self._scores.setdefault(candidate.id, {})[PERSON] = score
        return Verdict(candidate.id, PERSON, score, 0.0, late=True)

    def reply(self, trial: int, reply: Reply) -> Verdict | None:
        """Takes the model's reply to a request; the verdict once it is the last one that was missing."""
        hearing = self._hearings.pop(trial)
        hearing.replies[trial] = reply
        if len(hearing.replies) < len(hearing.asked):
            return None
        replies = [hearing.replies[asked] for asked in hearing.asked]
        texts = [reply.candidate for reply in replies]
        verdict = self._score(hearing.verifier, hearing.candidate, (hearing.candidate,), texts, late=True)
        return replace(
            verdict,
            seconds=self._clock() - hearing.began,
            tokens=sum(text.completion_tokens for text in texts),
            prompt_tokens=sum(reply.prompt_tokens for reply in replies),
            cached_tokens=sum(reply.cached_tokens for reply in replies),
            parameters=max(reply.parameters for reply in replies),
        )

    def judge_together(self, candidates: Sequence[Candidate]) -> list[Verdict]:
        """The verdicts that depend on all candidates, when all are there."""
        ended = [candidate for candidate in candidates if candidate.is_whole]
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
        try:
            score = verifier.score(self._problem, candidate, peers, replies)
        except Exception as error:  # one verifier's mistake costs its opinion, not the run
            score = Score(None, f"the verifier failed: {in_words(error)}")
        if score.value is not None and not 0 <= score.value <= 1:
            score = Score(None, f"the verifier gave {score.value}, which is no score from 0 to 1")
        return self._keep(verifier, candidate, score, self._clock() - began, late=late)

    def _keep(self, verifier: Verifier, candidate: Candidate, score: Score, seconds: float, *, late: bool) -> Verdict:
        if any(verifier is current for current in self._verifiers):  # what was asked under other settings is past
            self._scores.setdefault(candidate.id, {})[verifier.name] = score
        return Verdict(candidate.id, verifier.name, score, seconds, late)

    def _requests(self, verifier: Verifier, candidate: Candidate) -> Sequence[Trial]:
        try:
            return verifier.requests(self._problem, candidate)
        except Exception as error:  # then its score is asked for, which says what is the matter
            in_words(error)
            return ()


def _is_step(verifier: Verifier, candidate: Candidate) -> bool:
    return verifier.judges_steps and candidate.finish_reason == "step"
