"""A loaded model that can run: what the run driver needs from llama.cpp or from the simulation."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from engine.events import Backend as BackendName
from engine.events import ModelReport
from engine.inference.chat_template import ChatTemplate, Rendered
from engine.inference.decoder import Vocabulary
from engine.inference.scheduler import Scheduler, StepReport
from engine.inference.sequence import Sequence
from engine.types import Prompt, Sampling


class RunShape(Struct, frozen=True):
    """How large a run can become: sequences at once, tokens of the longest prompt, tokens each may generate.

    `kept_tokens` are kept beside them for sequences that others go on from, as in a search; 0 when nothing branches.
    `judge_tokens` are those of the longest prompt of a model judge, with the text that it judges; 0 without a judge.
    `other_prompt_tokens` are those of prompts that run beside the longest one; 0 where all sequences share theirs.
    """

    sequences: int
    prompt_tokens: int
    max_tokens: int
    kept_tokens: int = 0
    judge_tokens: int = 0
    other_prompt_tokens: int = 0

    @property
    def cells(self) -> int:
        """KV cells if every sequence reaches its end, each prompt held once, and a judge reads beside them."""
        prompts = self.prompt_tokens + self.other_prompt_tokens
        return prompts + self.sequences * self.max_tokens + self.kept_tokens + self.judge_tokens

    def shortfalls(self, room: int, cells: int) -> list[str]:
        """What keeps a run from becoming that large, in words.

        Args:
            room: The most tokens one sequence can hold.
            cells: KV cells that there are.
        """
        found = []
        longest = room - self.prompt_tokens
        if longest < self.max_tokens:
            found.append(f"Candidates end after {longest:,} tokens: the context holds {room:,}, prompt included.")
        needed = self.prompt_tokens + self.sequences * min(longest, self.max_tokens)
        if cells < needed:
            found.append(
                f"Memory allows {cells:,} of the {needed:,} tokens that this run may need: candidates may wait."
            )
        return found


class Backend(Protocol):
    """A loaded model with its vocabulary and template; it makes the scheduler that fits a run."""

    @property
    def name(self) -> BackendName:
        """Says in every recording what computed it."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The model's tokens."""

    @property
    def template(self) -> ChatTemplate:
        """How the model is prompted."""

    @property
    def report(self) -> ModelReport:
        """What was loaded, with the context as it stands."""

    def scheduler(self, shape: RunShape) -> Scheduler:
        """A scheduler with room for `shape`, or the most there can be; an earlier one is reused while it fits."""

    def room(self) -> int:
        """The most tokens one sequence can hold, prompt included."""

    def abort(self) -> None:
        """Ends a decode under way; called from another thread."""

    def allow(self) -> None:
        """Takes `abort` back."""

    def forget(self) -> None:
        """Empties the cache: the next run reads its prompts anew."""

    def close(self) -> None:
        """Frees the model."""


class PromptTemplate(Protocol):
    """How prompts are put before a model."""

    def render(self, prompt: Prompt) -> Rendered:
        """Text and tokens of a prompt."""


class RequestScheduler(Protocol):
    """Where the requests of judges are computed: by a model that writes, or by one that only reads."""

    @property
    def idle(self) -> bool:
        """Whether there is nothing to compute."""

    def submit(self, id: int, prompt: tuple[int, ...], sampling: Sampling, seed: int) -> Sequence:
        """Queues a request.

        Raises:
            EngineError: It does not fit.
        """

    def step(self, limit: int | None = None, all_limit: int | None = None) -> StepReport:
        """Computes one batch."""

    def cancel(self) -> list[Sequence]:
        """Ends all requests and returns them."""

    def reset(self) -> list[Sequence]:
        """As `cancel`, after an aborted step."""


class JudgeBackend(Protocol):
    """What judges need of a model: any `Backend`, or a reward model, which has a head and writes nothing."""

    @property
    def template(self) -> PromptTemplate:
        """How it is prompted."""

    @property
    def report(self) -> ModelReport:
        """What was loaded."""

    def scheduler(self, shape: RunShape) -> RequestScheduler:
        """A scheduler with room for `shape`, or the most there can be."""

    def forget(self) -> None:
        """Empties the cache: the next run reads its prompts anew."""

    def room(self) -> int:
        """The most tokens one prompt can have."""

    def abort(self) -> None:
        """Ends a step under way; called from another thread."""

    def allow(self) -> None:
        """Takes `abort` back."""

    def close(self) -> None:
        """Frees the model."""
