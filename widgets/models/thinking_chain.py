"""One text that was written in pieces (thinking, thinking that had to go on, the answer), and what of it is hidden."""

from __future__ import annotations

import itertools

from engine.thinking import length_of_thinking
from engine.trace.fold import CandidateState, RunState
from widgets.models.candidate_words import is_branch


def chain_of(state: RunState, candidate: int) -> list[CandidateState]:
    """The pieces of the text that a candidate is a part of, first to last; nearly always only that one."""
    chain = [state.candidates[candidate]]
    while _continues(state, chain[0]):
        chain.insert(0, state.candidates[chain[0].parent or 0])
    while chain[-1].purpose == "thinking":
        after = next((c for c in state.candidates.values() if c.parent == chain[-1].id and _continues(state, c)), None)
        if after is None:
            break
        chain.append(after)
    return chain


def has_texts(state: RunState, count: int) -> bool:
    """Whether a run writes so many texts or more, not counting branches: a piece of thinking and its answer are one."""
    texts = (1 for c in state.candidates.values() if not is_branch(c) and not _continues(state, c))
    return sum(itertools.islice(texts, count)) == count


def hidden_tokens(candidate: CandidateState) -> int:
    """How many of its first tokens are hidden reasoning: all of a piece of thinking, else what markers enclose."""
    if candidate.purpose == "thinking":
        return candidate.token_count
    left = length_of_thinking(candidate.prefix + "".join(token.text for token in candidate.tokens))
    left -= len(candidate.prefix)
    count = 0
    for token in candidate.tokens:
        if left <= 0:
            break
        left -= len(token.text)
        count += 1
    return count


def _continues(state: RunState, candidate: CandidateState) -> bool:
    parent = state.candidates.get(candidate.parent) if candidate.parent is not None else None
    return parent is not None and candidate.kept is None and parent.purpose == "thinking"
