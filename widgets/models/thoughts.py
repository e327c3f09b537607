"""Splits a stream of tokens into thoughts: lines and sentences."""

from __future__ import annotations

import re

from engine.thinking import CLOSERS, OPENERS
from engine.trace.fold import CandidateState, RunState

_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’)\]]*\s*$")
_LIST_NUMBER = re.compile(r"^\s*(?:\d{1,3}|[A-Za-z]|[ivx]+)[.)]\s*$")
_SHORTEST = 3
_AMBIGUOUS = ("", "[")  # a list of sources begins like that, too


class ThoughtSplitter:
    """Says for each next token whether a thought begins with it. Every token belongs to exactly one thought."""

    def __init__(self) -> None:
        self._thought = ""

    def begins_thought(self, text: str) -> bool:
        """Takes the next token's text; True when it is the first of a new thought."""
        begins = bool(self._thought.strip()) and bool(text.strip()) and self._is_over(text)
        self._thought = text if begins else self._thought + text
        return begins

    def _is_over(self, following: str) -> bool:
        if self._thought.strip() in OPENERS or _begins_closer(following.strip()):
            return False  # a marker is no thought: it stands with the first or the last one that it encloses
        if "\n" in self._thought[len(self._thought.rstrip()) :] or following.lstrip(" \t").startswith("\n"):
            return True
        if not following[0].isspace() and not self._thought[-1].isspace():
            return False
        # “7! is” and “e.g. this” go on.
        if following.lstrip()[:1].islower():
            return False
        sentence = self._thought.strip()
        if len(sentence) < _SHORTEST or _LIST_NUMBER.match(sentence):
            return False
        return _SENTENCE_END.search(self._thought) is not None


def _begins_closer(text: str) -> bool:
    return text not in _AMBIGUOUS and any(closer.startswith(text) for closer in CLOSERS)


def text_before_branch(state: RunState, branch: CandidateState) -> str:
    """What had been said of the thought within which a branch left its original, up to the token that it took."""
    if branch.parent is None or branch.kept is None:
        return ""
    splitter, thought = ThoughtSplitter(), ""
    for token in state.candidates[branch.parent].tokens[: branch.kept]:
        thought = token.text if splitter.begins_thought(token.text) else thought + token.text
    return "" if splitter.begins_thought(branch.prefix) else thought
