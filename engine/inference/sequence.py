"""One sequence: a prompt that is being continued, from the queue to its last token."""

from __future__ import annotations

import codecs
import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import Literal

from engine.confidence import ConfidenceMeter
from engine.inference.decoder import Sampled, Sampler, Vocabulary
from engine.thoughts import step_ended_before, step_ends_with
from engine.types import Alternative, FinishReason, Sampling

LONGEST_CHARACTER = 4  # bytes of UTF-8
Status = Literal["waiting", "prefilling", "decoding", "finished"]


class _NoSampler:
    alternatives = 0

    def close(self) -> None:
        """There is nothing to free."""


@dataclass(slots=True, eq=False)
class Sequence:
    """State of one sequence. `target` are the tokens that must be in the KV cache before the next one is drawn.

    When a stop text ended it, the first `usable` drawn tokens are those before that. The last `prefix` tokens of the
    prompt belong to its text; its first `seen` tokens were computed before, for others. `cached_tokens` and
    `computed_tokens` count the prompt only; what had to be computed again because a full cache had lost it is in
    `recomputed_tokens`. With `keep`, its cells are kept when it has ended, for others to go on from. `watched` are the
    log-probabilities that the `watch` tokens had at the first drawn place, `logit` what a reward model's head says.
    """

    id: int
    prompt: tuple[int, ...]
    sampling: Sampling
    sampler: Sampler
    prefix: int = 0
    seen: int = 0
    keep: bool = False
    status: Status = "waiting"
    slot: int = -1
    computed: int = 0
    target: tuple[int, ...] = ()
    generated: list[int] = field(default_factory=list)
    logprob_sum: float = 0.0
    confidence: ConfidenceMeter = field(default_factory=ConfidenceMeter)
    text: str = ""
    finish_reason: FinishReason | None = None
    cached_tokens: int = 0
    computed_tokens: int = 0
    recomputed_tokens: int = 0
    started: bool = False
    usable: int | None = None
    first: tuple[Alternative, ...] = ()
    _ends: list[int] = field(default_factory=list)
    _margins: list[float] = field(default_factory=list)
    watch: tuple[int, ...] = ()
    watched: tuple[float, ...] = ()
    logit: float | None = None
    _utf8: codecs.IncrementalDecoder = field(default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace"))

    def __post_init__(self) -> None:
        self.target = self.prompt

    @property
    def tokens(self) -> tuple[int, ...]:
        """The prompt and all that was drawn."""
        return self.prompt + tuple(self.generated)

    @property
    def mean_logprob(self) -> float | None:
        """Mean natural log-probability of the generated tokens, or None before the first."""
        return self.logprob_sum / len(self.generated) if self.generated else None

    @property
    def remaining(self) -> int:
        """Tokens it may still generate."""
        return self.sampling.max_tokens - len(self.generated)

    @classmethod
    def written(cls, id: int, prompt: tuple[int, ...], sampling: Sampling, prefix: int, seen: int) -> Sequence:
        """A sequence of which nothing is drawn: what was put in is its whole text."""
        sequence = cls(id, prompt, sampling, _NoSampler(), prefix, seen)
        sequence.status, sequence.finish_reason = "finished", "step"
        return sequence

    @classmethod
    def read_only(cls, id: int, prompt: tuple[int, ...], sampling: Sampling) -> Sequence:
        """A sequence that is only read: nothing is ever drawn."""
        return cls(id, prompt, sampling, _NoSampler())

    def begin_text(self, vocabulary: Vocabulary) -> None:
        """Starts the text with what was put in before the first drawn token.

        Where it goes on from a text that ends within a character, its own text begins with that whole character.
        """
        own = len(self.prompt) - self.prefix
        before = b"".join(map(vocabulary.piece, self.prompt[max(0, own - LONGEST_CHARACTER) : own]))
        self._utf8.decode(unfinished_character(before))
        for token in self.prompt[own:]:
            self._append(vocabulary.piece(token), final=False)

    def take(self, sampled: Sampled, vocabulary: Vocabulary) -> str | None:
        """Appends a drawn token; returns the text it completes and sets `finish_reason` if it is the last.

        None for a token that shows that the step was over before it: it is not taken.
        """
        end = vocabulary.is_end(sampled.id)
        piece = b"" if end else vocabulary.piece(sampled.id)
        if not end and piece and self.generated and self._is_over_before(piece):
            self.finish_reason = "step"
            return None
        if not self.generated:
            self.first = sampled.alternatives
        self.generated.append(sampled.id)
        self.logprob_sum += sampled.logprob
        margin = _margin(sampled, self.sampling.alternatives)
        if margin is not None:
            self._margins.append(margin)
        self.confidence.add(sampled.entropy, sampled.self_certainty, sampled.confidence)
        last = end or self.remaining <= 0
        added = self._append(piece, final=end)
        if end or self._cut_at_stop(len(added)):
            self.finish_reason = "stop"
        elif step_ends_with(self.sampling.step_end, self.text, added):
            self.finish_reason = "step"
        elif last:
            self.finish_reason = "length"
        elif self._is_doubtful():
            self.finish_reason = "doubt"
        return added

    def _is_over_before(self, piece: bytes) -> bool:
        if self._utf8.getstate()[0]:
            return False  # in the middle of a character
        return step_ended_before(self.sampling.step_end, self.text, piece.decode("utf-8", "replace"))

    def forget_cache(self) -> None:
        """The cache lost this sequence: everything so far is computed again before it goes on."""
        self.target, self.seen = self.tokens, max(self.seen, self.computed)
        self.status, self.slot, self.computed = "waiting", -1, 0

    def margin_of(self, answer: str) -> float | None:
        """Mean lead in probability of the likeliest token over the next, over the tokens of the answer's last place.

        None when the answer is not in this text, or the alternatives were not recorded.
        """
        at = self.text.rfind(answer)
        if at < 0 or len(self._margins) < len(self.generated):
            return None
        first = bisect_right(self._ends, at)
        last = bisect_left(self._ends, at + len(answer))
        margins = self._margins[max(0, first - self.prefix) : last + 1 - self.prefix]
        return sum(margins) / len(margins) if margins else None

    def _append(self, piece: bytes, *, final: bool) -> str:
        added = self._utf8.decode(piece, final)
        self.text += added
        self._ends.append(len(self.text))
        return added

    def _is_doubtful(self) -> bool:
        """Whether the model has become too unsure of this text (DeepConf's online stop)."""
        floor = self.sampling.confidence_floor
        if floor is None or len(self.generated) < self.sampling.min_tokens:
            return False
        return self.confidence.is_below(floor, self.sampling.confidence_window)

    def _cut_at_stop(self, added: int) -> bool:
        """Ends the text before a stop text. Only the tail that the last token can have completed is searched."""
        if len(self.generated) < self.sampling.min_tokens:
            return False
        for stop in self.sampling.stop:
            at = self.text.find(stop, max(0, len(self.text) - added - len(stop)))
            if at >= 0:
                self.text = self.text[:at]
                self.usable = bisect_right(self._ends, at) - self.prefix
                return True
        return False


def unfinished_character(text: bytes) -> bytes:
    """The bytes at the end of a UTF-8 text that are the beginning of a character; empty when it ends with a whole one.

    They belong to the text of whoever goes on from there.
    """
    for length in range(1, min(LONGEST_CHARACTER, len(text) + 1)):
        lead = text[-length]
        if lead >= 0xC0:
            whole = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
            return text[-length:] if length < whole else b""
        if lead < 0x80:
            return b""
    return b""


def _margin(sampled: Sampled, asked: int) -> float | None:
    """How far the likeliest token is ahead of the next one, which has no probability where it is the only one.

    None where fewer than two were asked for.
    """
    if asked < 2 or not sampled.alternatives:
        return None
    best, *others = (math.exp(alternative.logprob) for alternative in sampled.alternatives[:2])
    return best - sum(others)
