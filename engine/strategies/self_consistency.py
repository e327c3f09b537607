"""Self-consistency: many chains of thought vote, the most frequent answer wins (Wang et al. 2022, arXiv 2203.11171)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.selection import Vote, count_votes
from engine.settings import Setting
from engine.setup import RunSetup, Value
from engine.stopping import is_certain
from engine.strategies.base import Answer, Result, Strategy
from engine.strategies.sampling import independent_samples
from engine.strategies.spec import CANDIDATES, PROMPTS_OF_MANY, SPREAD, StrategySpec

STOP_WHEN_CERTAIN = Setting(
    name="stop_when_certain",
    kind="bool",
    default=False,
    title="Stop when it is certain",
    help="Stops all candidates as soon as those that are still writing cannot change the winner of the vote any more.",
)


def votes_of(results: Sequence[Result]) -> list[Vote]:
    """The votes of candidates in order of arrival, the most frequent answer first."""
    candidates = (result.candidate for result in results)
    return count_votes((candidate.id, candidate.vote, candidate.answer) for candidate in candidates)


def take_majority(results: Sequence[Result]) -> Answer:
    """The most frequent answer, from the candidate that gave it first; ties go to the answer that came first."""
    votes = votes_of(results)
    if not votes:
        first = results[0].candidate
        return Answer(first.id, first.answer, "No candidate gives an answer that can be recognised, so nobody voted.")
    return Answer(votes[0].candidates[0], votes[0].answer, _reason(votes, len(results)))


def _reason(votes: Sequence[Vote], of: int) -> str:
    count = len(votes[0].candidates)
    tied = [vote.answer for vote in votes[1:] if vote.weight == votes[0].weight]
    if tied:
        others = f"{len(tied)} other answers" if len(tied) > 1 else tied[0]
        return f"{count} of {of} candidates say {votes[0].answer}: as many as say {others}, but it came first."
    if of == 1:
        return f"The only candidate says {votes[0].answer}."
    return f"{count} of {of} candidates say {votes[0].answer}, more than any other answer."


def vote_is_certain(results: Sequence[Result], outstanding: int) -> bool:
    """Whether no candidate that is still to come can change the winner."""
    return is_certain([len(vote.candidates) for vote in votes_of(results)], outstanding)


def _build(setup: RunSetup, settings: Mapping[str, Value]) -> Strategy:
    decided = vote_is_certain if settings["stop_when_certain"] else None
    return independent_samples(setup, settings, int(settings["n"]), take_majority, decided)


SELF_CONSISTENCY = StrategySpec(
    name="self-consistency",
    title="Self-consistency",
    help="Many candidates think apart from each other and vote; the most frequent answer wins.",
    settings=(CANDIDATES, PROMPTS_OF_MANY, SPREAD, STOP_WHEN_CERTAIN),
    uses_verifiers=False,
    build=_build,
)
