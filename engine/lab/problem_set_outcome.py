"""What came of a set of problems: who was given what, which answers lead, and what was saved."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from engine.answers import same_answer
from engine.lab.allocator import Share
from engine.lab.estimators import Interval, wilson_interval
from engine.lab.problem_set_run import DrawnSample, ProblemSetRun
from engine.types import Problem


class ProblemOutcome(Struct, frozen=True):
    """What came of one problem.

    `answer` is the leading one as it was first written. `correct` is None where the right one, `known_answer`, is not
    known, and before the first sample came to its end. `lead` is how probable it is that the leading answer is the
    more frequent one, None before the first vote. `samples` came to their end; `completion_tokens` are of all that
    were begun.
    """

    question: str
    known_answer: str | None
    samples: int
    completion_tokens: int
    answer: str | None
    correct: bool | None
    lead: float | None
    is_settled: bool


class ProblemSetOutcome(Struct, frozen=True):
    """What came of all of them.

    `prompt_tokens` were computed, `cached_tokens` were not, as they were in the cache. `saved_samples` is how many
    fewer than in an even split of the budget were asked for, and `saved_tokens_estimate` what these would have
    generated, were each as long as the mean of those that were drawn. Both are None when it was stopped before its
    end, the tokens also where there is no mean. `right` counts those of the `known` problems (whose `correct` is not
    None) that are answered rightly; `accuracy` is between 0 and 1, bounded with 95 % confidence (Wilson), None where
    nothing is known.
    """

    problems: tuple[ProblemOutcome, ...]
    samples: int
    completion_tokens: int
    prompt_tokens: int
    cached_tokens: int
    saved_samples: int | None
    saved_tokens_estimate: int | None
    settled: int
    right: int
    known: int
    accuracy: float | None
    bounds: Interval | None
    stopped: bool


def outcome_of(run: ProblemSetRun) -> ProblemSetOutcome:
    """The outcome as it stands; it may be asked for at any time."""
    drawn = list(run.samples.values())
    lengths = [one.completion_tokens for one in drawn if one.is_whole]
    by_problem: list[list[DrawnSample]] = [[] for _ in run.problems]
    for _, one in sorted(run.samples.items()):
        by_problem[one.problem].append(one)
    problems = tuple(map(_problem, run.problems, by_problem, run.allocator.shares()))
    right = sum(one.correct is True for one in problems)
    known = sum(one.correct is not None for one in problems)
    # A run that was stopped in the middle of something has saved nothing: it has not found out.
    saved = run.allocator.saved if run.finished and not run.stopped else None
    return ProblemSetOutcome(
        problems=problems,
        samples=len(lengths),
        completion_tokens=sum(one.completion_tokens for one in drawn),
        prompt_tokens=sum(one.prompt_tokens for one in drawn),
        cached_tokens=sum(one.cached_tokens for one in drawn),
        saved_samples=saved,
        saved_tokens_estimate=None if saved is None or not lengths else round(saved * sum(lengths) / len(lengths)),
        settled=sum(one.is_settled for one in problems),
        right=right,
        known=known,
        accuracy=right / known if known else None,
        bounds=wilson_interval(right, known) if known else None,
        stopped=run.stopped,
    )


def _problem(problem: Problem, drawn: Sequence[DrawnSample], share: Share) -> ProblemOutcome:
    answer = _as_written(drawn, share.answer)
    known, samples = problem.answer, sum(one.is_whole for one in drawn)
    return ProblemOutcome(
        question=problem.question,
        known_answer=known,
        samples=samples,
        completion_tokens=sum(one.completion_tokens for one in drawn),
        answer=answer,
        correct=same_answer(answer, known) if known is not None and samples else None,
        lead=share.lead if share.answer is not None else None,
        is_settled=share.is_settled,
    )


def _as_written(drawn: Sequence[DrawnSample], vote: str | None) -> str | None:
    """A vote is a key for comparing; people are shown what a sample wrote."""
    return next((one.answer for one in drawn if vote is not None and one.vote == vote), None)
