"""A set of problems, sampled by one allocator: samples of different problems decode in the same batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from engine.answers import extract, normalise, same_answer
from engine.errors import BadInputError
from engine.inference.backend import Backend, RunShape
from engine.inference.chat_template import Rendered
from engine.inference.sequence import Sequence as TokenSequence
from engine.lab.allocator import Sample, SampleAllocator
from engine.prompts import PROMPTS
from engine.strategies.seeds import trial_seed
from engine.types import FinishReason, Problem, Sampling

AT_ONCE = 16  # few enough that the vote still steers them, many enough that a batch is worth it
MOST_TURNS = 1 << 16  # samples that one problem can have before seeds come again

Place = tuple[int, int]
"""A problem, and which of its samples: both from 0."""


class DrawnSample(Struct, frozen=True):
    """One sample of one problem. `turn` counts the problem's samples from 0, in order of asking.

    `vote` is the normalised answer, None where the text gives none. `correct` is None where the right answer is not
    known. `prompt_tokens` were computed for it, `cached_tokens` were in the cache.
    """

    problem: int
    turn: int
    seed: int
    text: str
    answer: str | None
    vote: str | None
    correct: bool | None
    finish_reason: FinishReason
    completion_tokens: int
    prompt_tokens: int
    cached_tokens: int

    @property
    def is_whole(self) -> bool:
        """Whether it came to its end; one that was stopped on its way has no vote."""
        return self.finish_reason in ("stop", "length")


class ProblemSetRun:
    """Draws what an allocator asks for. It owns no thread: somebody calls `step` until `finished`.

    It works on the scheduler, and not through `engine.run.Run`, which is about one problem: with a run for each,
    nothing would be decoded together (`docs/adr/0011-a-problem-set-has-one-scheduler.md`).

    A problem's n-th sample has the same seed whoever asks for it. So two allocators can be compared on the same
    samples: what one has drawn the other takes from `known`.

    Args:
        problems: At least one; as many as the allocator has.
        allocator: Decides whose turn it is. It has not been asked yet.
        backend: The loaded model; nothing else may be under way on it.
        sampling: How tokens are drawn.
        seed: Of the whole set.
        at_once: Samples under way together, at least 1. The more, the less is known when the next one is allotted.
        known: Samples that were drawn before, by their place; they are not drawn again.
        emit: Takes each sample as it ends, in that order; those of `known` are not repeated.
        prompt: How a problem is asked: a name in `engine.prompts.PROMPTS`.

    Raises:
        BadInputError: A question does not fit into the model's context.
    """

    def __init__(
        self,
        problems: Sequence[Problem],
        allocator: SampleAllocator,
        backend: Backend,
        sampling: Sampling,
        seed: int,
        *,
        at_once: int = AT_ONCE,
        known: Mapping[Place, DrawnSample] | None = None,
        emit: Callable[[DrawnSample], None] = lambda _: None,
        prompt: str = "worked-examples",
    ) -> None:
        self.problems, self.allocator = tuple(problems), allocator
        self.samples: dict[Place, DrawnSample] = {}
        self.stopped = False
        self._backend, self._sampling, self._seed, self._emit = backend, sampling, seed, emit
        self._at_once, self._known = at_once, known or {}
        self._turns = [0] * len(self.problems)
        self._places: dict[int, Place] = {}  # of the allocator's samples
        self._interrupted = False
        self._prompts = [backend.template.render(PROMPTS[prompt](problem)) for problem in self.problems]
        self._check_room()
        self._scheduler = backend.scheduler(self._shape())

    @property
    def finished(self) -> bool:
        """Whether nothing more will be drawn."""
        return self.stopped or self.allocator.finished

    def step(self) -> None:
        """Asks, and decodes one batch.

        Raises:
            ThinkscopeError: The engine failed. What was drawn before is in `samples`.
        """
        if self._interrupted:
            self._stop(aborted=False)
            return
        self._ask()
        report = self._scheduler.step()
        for sequence in report.finished:
            self._take(sequence)
        if report.status == "aborted":
            self._stop(aborted=True)

    def interrupt(self) -> None:
        """Ends it, inside a decode if need be; may be called from any thread. What was drawn is kept."""
        self._interrupted = True
        self._backend.abort()

    def _stop(self, *, aborted: bool) -> None:
        for sequence in self._scheduler.reset() if aborted else self._scheduler.cancel():
            self._take(sequence)
        self._backend.allow()
        self.stopped = True

    def _ask(self) -> None:
        while (free := self._at_once - self._scheduler.load) > 0 and (asked := self.allocator.ask(free)):
            for sample in asked:
                self._begin(sample)

    def _begin(self, sample: Sample) -> None:
        place = sample.problem, self._turns[sample.problem]
        self._places[sample.id] = place
        self._turns[sample.problem] += 1
        known = self._known.get(place)
        if known is not None and known.is_whole:
            self._tell(sample.id, known)
            return
        rendered = self._prompts[sample.problem]
        sampling = replace(self._sampling, stop=(*self._sampling.stop, *rendered.stop))
        self._scheduler.submit(sample.id, rendered.tokens, sampling, self._seed_of(place))

    def _take(self, sequence: TokenSequence) -> None:
        drawn = self._drawn(self._places[sequence.id], sequence)
        self._emit(drawn)
        self._tell(sequence.id, drawn)

    def _tell(self, sample: int, drawn: DrawnSample) -> None:
        self.samples[drawn.problem, drawn.turn] = drawn
        self.allocator.tell(sample, drawn.vote)

    def _drawn(self, place: Place, sequence: TokenSequence) -> DrawnSample:
        """Only a text that came to its end has an answer: half a number is another number."""
        problem, reason = self.problems[place[0]], sequence.finish_reason or "error"
        whole, cut = reason in ("stop", "length"), reason == "length"
        answer = extract(sequence.text, problem.kind, cut=cut) if whole else None
        return DrawnSample(
            problem=place[0],
            turn=place[1],
            seed=self._seed_of(place),
            text=sequence.text,
            answer=answer,
            vote=None if answer is None else normalise(answer),
            correct=same_answer(answer, problem.answer) if whole and problem.answer is not None else None,
            finish_reason=reason,
            completion_tokens=len(sequence.generated),
            prompt_tokens=sequence.computed_tokens + sequence.recomputed_tokens,
            cached_tokens=sequence.cached_tokens,
        )

    def _seed_of(self, place: Place) -> int:
        problem, turn = place
        return trial_seed(self._seed, problem * MOST_TURNS + turn)

    def _check_room(self) -> None:
        room = self._backend.room()
        for number, rendered in enumerate(self._prompts):
            tokens = len(rendered.tokens)
            if tokens + 1 > room:
                raise BadInputError(
                    f"The prompt of problem {number + 1} has {tokens:,} tokens; the model's context holds {room:,}.",
                    "It must hold the prompt and the answer.",
                    "Shorten the question, or choose a model with a longer context.",
                )

    def _shape(self) -> RunShape:
        """Room for the longest prompts side by side; where a beginning is shared, less is used."""
        longest, *others = sorted(map(_length, self._prompts), reverse=True)[: self._at_once]
        return RunShape(self._at_once, longest, self._sampling.max_tokens, other_prompt_tokens=sum(others))


def _length(rendered: Rendered) -> int:
    return len(rendered.tokens)
