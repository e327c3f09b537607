"""The nouns that flow between strategies, verifiers, inference and views. All frozen.

Tokens and events come by the million and can form no cycles, so they stay out of the garbage collector's sight
(`gc=False`): reading a long recording is six times as fast, and no frame waits for a collection.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from engine.measures import Logprob, Nats

FinishReason = Literal["stop", "length", "step", "doubt", "abort", "error"]
"""How a text ended: by itself, at a token limit, at the end of a step, because the model was too unsure of it
(DeepConf), stopped from outside, by an error."""

StepEnd = Literal["none", "paragraph", "line", "sentence"]
Purpose = Literal["answer", "draft", "critique", "revision", "step", "rollout", "thinking", "branch"]
ANSWERING: frozenset[Purpose] = frozenset(("answer", "draft", "revision", "step", "rollout"))
"""What texts are written for whose answers count. A critique is no answer, and neither is hidden reasoning; a branch
that a person grew has an answer, but no vote."""

Role = Literal["system", "user", "assistant"]


class Alternative(Struct, frozen=True, array_like=True, gc=False):
    """A token that the model might have taken instead. `logprob` is natural, over the full vocabulary."""

    id: int
    text: str
    logprob: Logprob


class Token(Struct, frozen=True, array_like=True, gc=False):
    """One sampled token of one candidate.

    `text` is what the token added to the text: empty while a UTF-8 sequence is incomplete and for end-of-text tokens.
    `logprob` (natural) and `entropy` (nats) are of the model's own distribution, before temperature and cut-offs.
    `alternatives` are the likeliest tokens at that place, likeliest first; empty when they were not asked for.
    """

    candidate: int
    id: int
    text: str
    logprob: Logprob
    entropy: Nats
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
    an end-of-text token nor a stop text ends the candidate. `step_end` ends it where a step of reasoning ends, at the
    latest at `max_tokens`; 0 of them draws nothing: the text that is put in is all. `watch` are texts whose first
    token's probability is recorded at the first place. `confidence_floor` ends it as soon as the mean confidence of the
    last `confidence_window` tokens is below it (DeepConf); a window of 0 fits the groups of `Confidence` to the length
    of the text.
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
    step_end: StepEnd = "none"
    watch: tuple[str, ...] = ()
    confidence_floor: float | None = None
    confidence_window: int = 0


class Origin(Struct, frozen=True):
    """Where a trial goes on: after the first `keep` tokens of another trial's text (None: all of it; trial -1: none).

    There, `token` is taken (an alternative that was not drawn), and then `text` is put in, before anything is drawn.
    """

    trial: int
    keep: int | None = None
    token: int | None = None
    text: str = ""


class Trial(Struct, frozen=True):
    """One piece of work a strategy asks for: a prompt to be continued, or another trial's text. `id` is unique.

    `model` is the file or name of another model that a judge asks; "" is the run's own, as for all candidates. With
    `head`, nothing is drawn: the conversation is read, and the head of that model (a reward model) says its number.
    `refines` is the trial whose text it criticises or improves on: that one is in its prompt, and not gone on from.
    """

    id: int
    prompt: Prompt
    sampling: Sampling
    seed: int
    label: str = ""
    purpose: Purpose = "answer"
    origin: Origin | None = None
    model: str = ""
    refines: int | None = None
    head: bool = False

    @property
    def parent(self) -> int | None:
        """The trial that it goes on from, if any."""
        return self.origin.trial if self.origin is not None and self.origin.trial >= 0 else None


class Confidence(Struct, frozen=True):
    """How sure the model was of a text, from its own distributions over the full vocabulary at each token.

    `entropy` is the mean in nats. `self_certainty` is the mean of -(1/V) sum_j log(V p_j), 0 for a flat distribution
    (Kang et al. 2025). `lowest_group` is the lowest sliding mean of token confidence, -mean log p of the top 20
    (DeepConf, Fu et al. 2025); `tail` is the mean of it over the last group. Tokens that the model masks are left out.
    """

    entropy: Nats
    self_certainty: Nats
    lowest_group: Nats
    tail: Nats


class Candidate(Struct, frozen=True):
    """A finished trial. `vote` is the normalised answer: two candidates agree if and only if their votes are equal.

    `text` is the whole text since the prompt; where it was made in steps, `steps` are its pieces, this trial's last.
    `completion_tokens` and `logprob` (the sum) are of this trial's own tokens, `mean_logprob` is of the whole text.
    `first` are the alternatives at the first drawn token. `answer_margin` is how far the likeliest token was ahead of
    the next one in probability, on average over the tokens of the answer (Wang and Zhou 2024). `watched` are the
    natural log-probabilities of the texts that the sampling asked to watch. `confidence` is of this trial's own tokens,
    and `token_confidences` is DeepConf's confidence of each of them. `logit` is what a reward model says of a text.
    """

    id: int
    text: str
    answer: str | None
    vote: str | None
    finish_reason: FinishReason
    completion_tokens: int
    mean_logprob: float | None
    purpose: Purpose = "answer"
    parent: int | None = None
    steps: tuple[str, ...] = ()
    logprob: float = 0.0
    confidence: Confidence | None = None
    watched: tuple[float, ...] = ()
    first: tuple[Alternative, ...] = ()
    answer_margin: float | None = None
    token_confidences: tuple[float, ...] = ()
    logit: float | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it is a text that came to its end and whose answer counts."""
        return self.finish_reason in ("stop", "length") and self.purpose in ANSWERING


class Part(Struct, frozen=True):
    """One thing that a verifier looked at, as a test of a program: `passed` is None where it could not tell."""

    name: str
    passed: bool | None
    detail: str = ""


class Score(Struct, frozen=True):
    """A verifier's opinion: `value` in [0, 1], or None when it cannot tell. `detail` says why, in a few words.

    `parts` are what it was made of, where a verifier looks at several things.
    """

    value: float | None
    detail: str = ""
    parts: tuple[Part, ...] = ()
