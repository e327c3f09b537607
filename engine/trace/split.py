"""What a run has used, split: by what the texts were written for, and by candidate (in a search: by node)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from engine.thinking import length_of_thinking
from engine.trace.fold import CandidateState, RunState
from engine.types import Purpose


@dataclass(slots=True)
class Tally:
    """Tokens: computed of prompts, found in the cache, generated, computed again, and a judge's (with its prompts)."""

    candidates: int = 0
    prompt: int = 0
    cached: int = 0
    generated: int = 0
    recomputed: int = 0
    judge: int = 0
    judge_prompt: int = 0

    def add(self, other: Tally) -> None:
        """Adds another tally to this one."""
        self.candidates += other.candidates
        self.prompt += other.prompt
        self.cached += other.cached
        self.generated += other.generated
        self.recomputed += other.recomputed
        self.judge += other.judge
        self.judge_prompt += other.judge_prompt


def tally_of(candidate: CandidateState) -> Tally:
    """What one candidate, or one node of a search, has used."""
    return Tally(
        1,
        candidate.computed_tokens,
        candidate.cached_tokens,
        candidate.token_count,
        candidate.recomputed_tokens,
        sum(verdict.tokens for verdict in candidate.verdicts.values()),
        sum(verdict.prompt_tokens for verdict in candidate.verdicts.values()),
    )


def thinking_tokens(candidate: CandidateState) -> int:
    """How many of a candidate's tokens are hidden reasoning: between its model's markers, or of a trial that thinks."""
    if candidate.purpose == "thinking":
        return candidate.token_count
    hidden = length_of_thinking(candidate.text)
    if not hidden:
        return 0
    ends = accumulate((len(token.text) for token in candidate.tokens), initial=len(candidate.prefix))
    return min(candidate.token_count, sum(end < hidden for end in ends))


def split_by_purpose(state: RunState) -> dict[Purpose, Tally]:
    """What drafts, critiques, steps, rollouts, thinking and answers have used. They add up to the ledger's totals."""
    split: dict[Purpose, Tally] = {}
    for candidate in state.candidates.values():
        split.setdefault(candidate.purpose, Tally()).add(tally_of(candidate))
    return split
