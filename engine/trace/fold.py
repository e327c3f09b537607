"""The fold: events in, the state of a run out. Live views, replay, export and the summary all read this state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from engine.events import (
    AnswerPicked,
    BudgetSpent,
    CandidateFinished,
    CandidateQueued,
    CandidateScored,
    CandidateStarted,
    Event,
    NoticeGiven,
    Phase,
    PhaseEntered,
    PromptRendered,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    TokensDecoded,
)
from engine.ledger import Ledger
from engine.selection import Vote, count_votes, mix
from engine.types import FinishReason, Score, Token

CandidateStatus = Literal["queued", "prompt", "writing", "finished", "stopped", "failed"]
RunStatus = Literal["empty", "running", "paused", "finished", "failed"]


@dataclass(slots=True)
class CandidateState:
    """One candidate as it stands. `text` is the final text once it is finished, what was streamed before."""

    id: int
    label: str
    prompt: int
    seed: int
    temperature: float
    max_tokens: int
    queued_at: float
    status: CandidateStatus = "queued"
    tokens: list[Token] = field(default_factory=list)
    final_text: str | None = None
    answer: str | None = None
    vote: str | None = None
    finish_reason: FinishReason | None = None
    mean_logprob: float | None = None
    correct: bool | None = None
    started_at: float | None = None
    first_token_at: float | None = None
    finished_at: float | None = None
    cached_tokens: int = 0
    computed_tokens: int = 0
    scores: dict[str, Score] = field(default_factory=dict)
    mix: float | None = None
    picked: bool = False

    @property
    def text(self) -> str:
        """What the candidate says, as far as it has come."""
        return self.final_text if self.final_text is not None else "".join(token.text for token in self.tokens)


@dataclass(slots=True)
class PhaseSpan:
    """A phase of the run as a span of the run clock; `end` is None while it lasts."""

    phase: Phase
    start: float
    end: float | None = None


@dataclass(slots=True)
class RunState:
    """A run at one moment of its clock.

    `changed` collects the candidates that events have touched since a view last cleared it.
    `rate_samples` are (t, tokens, step_seconds) of each decode step, for the tokens/s plot.
    """

    status: RunStatus = "empty"
    t: float = 0.0
    start: RunStarted | None = None
    phases: list[PhaseSpan] = field(default_factory=list)
    prompts: dict[int, PromptRendered] = field(default_factory=dict)
    candidates: dict[int, CandidateState] = field(default_factory=dict)
    votes: list[Vote] = field(default_factory=list)
    answer: AnswerPicked | None = None
    budget_spent: BudgetSpent | None = None
    finish: RunFinished | None = None
    failure: RunFailed | None = None
    notices: list[NoticeGiven] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    rate_samples: list[tuple[float, int, float]] = field(default_factory=list)
    events: int = 0
    changed: set[int] = field(default_factory=set)

    @property
    def phase(self) -> Phase | None:
        """The phase of this moment."""
        return self.phases[-1].phase if self.phases else None

    @property
    def perfect_pick(self) -> int | None:
        """The candidate that a perfect verifier would have picked: the first right one. None if none is, or unknown."""
        return next((c.id for c in self.candidates.values() if c.correct), None)

    def apply(self, event: Event) -> None:
        """Takes one event into account. Unknown candidates are an error of the trace and raise KeyError."""
        self.t = max(self.t, event.t)
        self.events += 1
        self.ledger.apply(event)
        match event:
            case TokensDecoded():
                self._decode(event)
            case CandidateQueued():
                self._queue(event)
            case CandidateStarted():
                self._begin(event)
            case CandidateFinished():
                self._finish_candidate(event)
            case CandidateScored():
                self._score(event)
            case AnswerPicked():
                self._pick(event)
            case _:
                self._apply_to_run(event)

    def apply_all(self, events: Iterable[Event]) -> RunState:
        """Applies events in order and returns this state."""
        for event in events:
            self.apply(event)
        return self

    def _apply_to_run(self, event: Event) -> None:
        match event:
            case RunStarted():
                self.start, self.status = event, "running"
            case PhaseEntered():
                self._close_phase(event.t)
                self.phases.append(PhaseSpan(event.phase, event.t))
            case PromptRendered():
                self.prompts[event.prompt] = event
            case BudgetSpent():
                self.budget_spent = event
            case NoticeGiven():
                self.notices.append(event)
            case RunPaused():
                self.status = "paused"
            case RunResumed():
                self.status = "running"
            case RunFinished():
                self.finish, self.status = event, "finished"
                self._close_phase(event.t)
            case RunFailed():
                self.failure, self.status = event, "failed"
                self._close_phase(event.t)
            case _:
                pass

    def _close_phase(self, t: float) -> None:
        if self.phases and self.phases[-1].end is None:
            self.phases[-1].end = t

    def _queue(self, event: CandidateQueued) -> None:
        self.candidates[event.candidate] = CandidateState(
            event.candidate, event.label, event.prompt, event.seed, event.temperature, event.max_tokens, event.t
        )
        self.changed.add(event.candidate)

    def _begin(self, event: CandidateStarted) -> None:
        candidate = self.candidates[event.candidate]
        candidate.status, candidate.started_at = "prompt", event.t
        candidate.cached_tokens += event.cached_tokens
        candidate.computed_tokens += event.computed_tokens
        self.changed.add(event.candidate)

    def _decode(self, event: TokensDecoded) -> None:
        self.rate_samples.append((event.t, len(event.tokens), event.step_seconds))
        for token in event.tokens:
            candidate = self.candidates[token.candidate]
            if candidate.first_token_at is None:
                candidate.first_token_at, candidate.status = event.t, "writing"
            candidate.tokens.append(token)
            self.changed.add(token.candidate)

    def _finish_candidate(self, event: CandidateFinished) -> None:
        candidate = self.candidates[event.candidate]
        ended: dict[FinishReason, CandidateStatus] = {"abort": "stopped", "error": "failed"}
        candidate.status = ended.get(event.finish_reason, "finished")
        candidate.finish_reason, candidate.final_text = event.finish_reason, event.text
        candidate.answer, candidate.vote, candidate.correct = event.answer, event.vote, event.correct
        candidate.mean_logprob, candidate.finished_at = event.mean_logprob, event.t
        self.changed.add(event.candidate)
        arrived = sorted(
            (c for c in self.candidates.values() if c.status == "finished"), key=lambda c: (c.finished_at or 0.0, c.id)
        )
        self.votes = count_votes((c.id, c.vote, c.answer) for c in arrived)

    def _score(self, event: CandidateScored) -> None:
        candidate = self.candidates[event.candidate]
        candidate.scores[event.verifier] = Score(event.value, event.detail)
        weights = {v.name: v.weight for v in self.start.setup.verifiers} if self.start else {}
        candidate.mix = mix({name: score.value for name, score in candidate.scores.items()}, weights)
        self.changed.add(event.candidate)

    def _pick(self, event: AnswerPicked) -> None:
        if self.answer is not None and self.answer.candidate is not None:
            self.candidates[self.answer.candidate].picked = False
            self.changed.add(self.answer.candidate)
        self.answer = event
        if event.candidate is not None:
            self.candidates[event.candidate].picked = True
            self.changed.add(event.candidate)


def fold(events: Iterable[Event]) -> RunState:
    """The state after all `events`."""
    return RunState().apply_all(events)
