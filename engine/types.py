"""The nouns that flow between strategies, verifiers, inference and views. All frozen.

Tokens and events come by the million and can form no cycles, so they stay out of the garbage collector's sight
(`gc=False`): reading a long recording is six times as fast, and no frame waits for a collection.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

FinishReason = Literal["stop", "length", "abort", "error"]
Role = Literal["system", "user", "assistant"]


class Alternative(Struct, frozen=True, array_like=True, gc=False):
    """A token that the model might have taken instead. `logprob` is natural, over the full vocabulary."""

    id: int
    text: str
    logprob: float


class Token(Struct, frozen=True, array_like=True, gc=False):
    """One sampled token of one candidate.

    `text` is what the token added to the text: empty while a UTF-8 sequence is incomplete and for end-of-text tokens.
    `logprob` (natural) and `entropy` (nats) are of the model's own distribution, before temperature and cut-offs.
    `alternatives` are the likeliest tokens at that place, likeliest first; empty when they were not asked for.
    """

    candidate: int
    id: int
    text: str
    logprob: float
    entropy: float
    alternatives: tuple[Alternative, ...] = ()


class Message(Struct, frozen=True):
    """One turn of a conversation."""

    role: Role
    content: str


class Prompt(Struct, frozen=True):
    """What a model is asked, before any template: turns, and the beginning of its own answer (often empty)."""

    messages: tuple[Message, ...]
    continuation: str = ""


class Problem(Struct, frozen=True):
    """A question, and its answer when it is known (`None` otherwise)."""

    question: str
    answer: str | None = None
    kind: str = "free"
    title: str = ""


class Sampling(Struct, frozen=True):
    """How tokens are drawn. `temperature` 0 is greedy; `top_k` 0, `top_p` 1, `min_p` 0 and `repeat_penalty` 1 are off.

    `alternatives` is the number of likeliest tokens recorded with each token. Before `min_tokens` were drawn, neither
    an end-of-text token nor a stop text ends the candidate.
    """

    temperature: float
    top_k: int
    top_p: float
    min_p: float
    repeat_penalty: float
    max_tokens: int
    stop: tuple[str, ...] = ()
    alternatives: int = 5
    min_tokens: int = 0


class Trial(Struct, frozen=True):
    """One piece of work a strategy asks for: a prompt to be continued. `id` is unique in the run."""

    id: int
    prompt: Prompt
    sampling: Sampling
    seed: int
    label: str = ""


class Candidate(Struct, frozen=True):
    """A finished trial. `vote` is the normalised answer: two candidates agree if and only if their votes are equal."""

    id: int
    text: str
    answer: str | None
    vote: str | None
    finish_reason: FinishReason
    completion_tokens: int
    mean_logprob: float | None


class Score(Struct, frozen=True):
    """A verifier's opinion: `value` in [0, 1], or None when it cannot tell. `detail` says why, in a few words."""

    value: float | None
    detail: str = ""
