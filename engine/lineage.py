"""Whose text goes on from whose: the tokens, steps and probabilities along the way from the prompt to a trial."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from engine.errors import EngineError
from engine.inference.decoder import Vocabulary
from engine.inference.sequence import Sequence
from engine.types import Origin, Trial


class Beginning(NamedTuple):
    """What a sequence starts from: all tokens, and how many of them are its own text or were computed before."""

    tokens: tuple[int, ...]
    prefix: int
    seen: int


@dataclass(slots=True, eq=False)
class _Record:
    """A trial's place: the length of the prompt that its line began with, and where it left its parent's text."""

    root: int
    parent: int | None
    kept: int
    sequence: Sequence | None = None
    computed: int = 0


class Lineage:
    """Remembers every sequence of a run, so that another one can go on from any token of it.

    Args:
        vocabulary: Of the model.
        tokenize: Tokens of a text that is put in; None has no markers to look for.
    """

    def __init__(self, vocabulary: Vocabulary, tokenize: Callable[[str], list[int]] | None = None) -> None:
        self._vocabulary = vocabulary
        self._tokenize = tokenize or (lambda text: vocabulary.tokenize(text, special=False, start=False))
        self._records: dict[int, _Record] = {}

    def begin(self, trial: Trial, prompt: tuple[int, ...]) -> Beginning:
        """Where a trial begins: at its prompt, or somewhere in another one's text.

        Raises:
            EngineError: There is no such trial, or it has not got that far.
        """
        origin = trial.origin
        if origin is None or trial.parent is None:
            self._records[trial.id] = _Record(len(prompt), None, 0)
            put_in = self._put_in(origin) if origin is not None else ()
            return Beginning(prompt + put_in, len(put_in), 0)
        source = self._sequence(trial.parent)
        drawn = self._drawn(source)
        keep = len(drawn) if origin.keep is None else origin.keep
        if not 0 <= keep <= len(drawn):
            raise EngineError(f"Candidate {trial.parent + 1} has {len(drawn)} tokens, not {keep}.")
        base, put_in = source.prompt + drawn[:keep], self._put_in(origin)
        record = self._records[trial.parent]
        record.computed = max(record.computed, source.computed)
        self._records[trial.id] = _Record(record.root, trial.parent, keep)
        return Beginning(base + put_in, len(put_in), min(len(base), record.computed))

    def _put_in(self, origin: Origin) -> tuple[int, ...]:
        taken = () if origin.token is None else (origin.token,)
        return (*taken, *self._tokenize(origin.text)) if origin.text else taken

    def submitted(self, sequence: Sequence) -> None:
        """The sequence that carries a trial out."""
        self._records[sequence.id].sequence = sequence

    def started(self, sequence: Sequence) -> None:
        """Its whole prompt is in the cache: so was the text that it goes on from."""
        record = self._records[sequence.id]
        if record.parent is not None:
            parent = self._records[record.parent]
            parent.computed = max(parent.computed, len(sequence.prompt) - sequence.prefix)

    def prefix(self, trial: int) -> str:
        """The text that was put in before the first drawn token."""
        sequence = self._sequence(trial)
        put_in = sequence.prompt[len(sequence.prompt) - sequence.prefix :]
        return b"".join(map(self._vocabulary.piece, put_in)).decode("utf-8", "replace")

    def steps(self, trial: int) -> tuple[str, ...]:
        """The pieces of text from the prompt to the trial's own end, its own last. They add up to `text`."""
        return (*self._steps_before(trial), self._sequence(trial).text)

    def text(self, trial: int) -> str:
        """The whole text since the prompt."""
        return "".join(self.steps(trial))

    def length(self, trial: int) -> int:
        """Tokens of the whole text since the prompt, those that were put in included."""
        record, sequence = self._records[trial], self._sequence(trial)
        return len(sequence.prompt) - record.root + len(sequence.generated)

    def mean_logprob(self, trial: int) -> float | None:
        """The mean over all drawn tokens of the line, or None when there are none.

        Where only part of a text was kept, its tokens count with the mean of all of them.
        """
        total, count = 0.0, 0
        at: int | None = trial
        kept: int | None = None
        while at is not None:
            record, sequence = self._records[at], self._sequence(at)
            drawn = len(sequence.generated)
            used = drawn if kept is None else min(kept, drawn)
            if drawn:
                total += sequence.logprob_sum * used / drawn
                count += used
            at, kept = record.parent, record.kept
        return total / count if count else None

    def _steps_before(self, trial: int) -> list[str]:
        """A character that is split over two pieces is in the one that completes it, as in the sequences' texts."""
        pieces: list[bytes] = []
        at = self._records[trial]
        while at.parent is not None:
            parent = self._sequence(at.parent)
            own = parent.prompt[len(parent.prompt) - parent.prefix :] + self._drawn(parent)[: at.kept]
            pieces.append(b"".join(map(self._vocabulary.piece, own)))
            at = self._records[at.parent]
        utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        steps = (utf8.decode(piece) for piece in reversed(pieces))
        return [step for step in steps if step]

    def _drawn(self, sequence: Sequence) -> tuple[int, ...]:
        """What others can go on from: not the tokens that ended the text."""
        drawn = tuple(sequence.generated[: sequence.usable])
        return drawn[:-1] if drawn and self._vocabulary.is_end(drawn[-1]) else drawn

    def _sequence(self, trial: int) -> Sequence:
        record = self._records.get(trial)
        sequence = record.sequence if record is not None else None
        if sequence is None:
            raise EngineError(f"There is no candidate {trial + 1}.")
        return sequence
