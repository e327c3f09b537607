"""Tells what happens in a run as events, each at the time of the run's clock."""

from __future__ import annotations

from collections.abc import Callable, Container
from datetime import UTC, datetime

from engine.events import (
    AnswerPicked,
    AnyEvent,
    Backend,
    CandidateFinished,
    CandidateQueued,
    CandidateScored,
    CandidateStarted,
    ModelReport,
    NoticeGiven,
    Phase,
    PhaseEntered,
    PromptRendered,
    RunStarted,
    TokensDecoded,
)
from engine.inference.chat_template import Rendered
from engine.inference.scheduler import StepReport
from engine.inference.sequence import Sequence
from engine.jury import Verdict
from engine.run_clock import RunClock
from engine.setup import RunSetup
from engine.strategies.base import Answer
from engine.types import Candidate, Token, Trial
from engine.version import VERSION

PHASES: tuple[Phase, ...] = ("prompt", "generate", "verify", "answer")


class Reporter:
    """Makes events of what a run has in hand.

    Args:
        emit: Takes every event, in order.
        time: The clock of the run.

    Attributes:
        phase: How far the run has come; None before it has begun.
    """

    def __init__(self, emit: Callable[[AnyEvent], None], time: RunClock) -> None:
        self.emit = emit
        self.phase: Phase | None = None
        self._time = time

    def start(self, run_id: str, setup: RunSetup, model: ModelReport, backend: Backend) -> None:
        """The run has begun."""
        created = datetime.now(UTC).isoformat(timespec="seconds")
        self.emit(RunStarted(0.0, run_id, created, VERSION, setup, model, backend))
        self.enter("prompt")

    def enter(self, phase: Phase) -> None:
        """The run is in this phase, unless it has been there before."""
        if self.phase is None or PHASES.index(phase) > PHASES.index(self.phase):
            self.phase = phase
            self.emit(PhaseEntered(self._time.seconds, phase))

    def notice(self, words: str) -> None:
        """Something that a person ought to know."""
        self.emit(NoticeGiven(self._time.seconds, words))

    def prompt(self, number: int, rendered: Rendered) -> None:
        """A prompt in the model's own form."""
        tokens = len(rendered.tokens)
        self.emit(PromptRendered(self._time.seconds, number, rendered.text, tokens, rendered.template))

    def queued(self, trial: Trial, prompt: int, prefix: str) -> None:
        """A candidate waits; `prefix` is the part of its text that is there already."""
        self.emit(
            CandidateQueued(
                self._time.seconds,
                trial.id,
                trial.label,
                prompt,
                trial.seed,
                trial.sampling.temperature,
                trial.sampling.max_tokens,
                trial.purpose,
                trial.parent,
                trial.origin.keep if trial.origin else None,
                prefix,
                trial.refines,
            )
        )

    def decoded(self, report: StepReport, candidates: Container[int]) -> None:
        """One step of the scheduler. A judge's tokens are charged, but belong to no candidate's text."""
        now = self._time.seconds
        for sequence in report.started:
            if sequence.id in candidates:
                self.emit(CandidateStarted(now, sequence.id, sequence.cached_tokens, sequence.computed_tokens))
        if report.drawn:
            self.enter("generate")
        tokens = tuple(
            Token(d.sequence.id, d.sampled.id, d.text, d.sampled.logprob, d.sampled.entropy, d.sampled.alternatives)
            for d in report.drawn
            if d.sequence.id in candidates
        )
        if tokens or report.prefill_tokens:
            self.emit(TokensDecoded(now, tokens, report.prefill_tokens, report.decode_seconds, report.step_seconds))

    def finished(self, candidate: Candidate, sequence: Sequence, correct: bool | None) -> None:
        """A candidate has its whole text."""
        self.emit(
            CandidateFinished(
                self._time.seconds,
                candidate.id,
                candidate.finish_reason,
                sequence.text,
                candidate.answer,
                candidate.vote,
                candidate.completion_tokens,
                candidate.mean_logprob,
                correct,
                sequence.recomputed_tokens,
                candidate.confidence,
            )
        )

    def scored(self, verdict: Verdict) -> None:
        """A verifier has judged."""
        score = verdict.score
        self.emit(
            CandidateScored(
                self._time.seconds,
                verdict.candidate,
                verdict.verifier,
                score.value,
                score.detail,
                verdict.tokens,
                verdict.seconds,
                verdict.prompt_tokens,
                verdict.cached_tokens,
                verdict.parameters,
                score.parts,
            )
        )

    def picked(self, answer: Answer, correct: bool | None) -> None:
        """The strategy has another answer."""
        self.emit(AnswerPicked(self._time.seconds, answer.candidate, answer.answer, correct, answer.reason))
