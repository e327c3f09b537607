"""The models that a run's judges ask: the run's own, and others loaded beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from engine.errors import BadInputError
from engine.events import ModelReport
from engine.inference.backend import Backend, RunShape
from engine.inference.scheduler import Scheduler, StepReport
from engine.inference.sequence import Sequence as TokenSequence
from engine.types import Trial

JUDGED_AT_ONCE = 16  # texts before another model at the same time

OpenModel = Callable[[str], Backend]


def no_other_model(name: str) -> Backend:
    """For whoever has only the one model.

    Raises:
        BadInputError: Always.
    """
    raise BadInputError(
        f"The judge cannot ask “{name}”.", "Only the run's own model is loaded here.", "Leave the judge's model empty."
    )


class JudgeModels:
    """Models by the names that judges ask for, "" being the run's own. Each other one has a scheduler of its own.

    They are stepped in turn with the run's own model: what judges compute elsewhere takes the run's time as well.

    Args:
        own: The run's model.
        open_model: Gives another one by its name, loaded; it may be `own` under another name.
    """

    def __init__(self, own: Backend, open_model: OpenModel) -> None:
        self._open = open_model
        self._backends: dict[str, Backend] = {"": own}
        self._schedulers: dict[str, Scheduler] = {}
        self._model_of: dict[int, str] = {}

    @property
    def others(self) -> Sequence[ModelReport]:
        """What was loaded besides the run's own model."""
        return [self._backends[name].report for name in self._schedulers]

    @property
    def idle(self) -> bool:
        """Whether no other model has anything to compute."""
        return all(scheduler.idle for scheduler in self._schedulers.values())

    def prepare(self, trials: Iterable[Trial], max_tokens: int, more: int) -> int:
        """Opens the models that such requests ask, each with room for them; returns the tokens needed on the own one.

        A model that was prepared before stays as it is: it may be at work.

        Args:
            trials: What judges would ask about a long text.
            max_tokens: What a text may grow to.
            more: How many tokens such a text has above the one that `trials` are about.
        """
        longest = {"": 0}
        for trial in trials:
            name = self._known_as(trial.model)
            tokens = len(self._backends[name].template.render(trial.prompt).tokens) + more + 1
            longest[name] = max(tokens, longest.get(name, 0))
        for name in longest.keys() - {"", *self._schedulers}:
            shape = RunShape(JUDGED_AT_ONCE, longest[name], min(max_tokens, self._backends[name].room()))
            self._schedulers[name] = self._backends[name].scheduler(shape)
        return longest[""]

    def backend(self, name: str) -> Backend:
        """The model of that name."""
        if name not in self._backends:
            self._backends[name] = self._open(name)
        return self._backends[name]

    def scheduler(self, trial: Trial) -> Scheduler | None:
        """Where a request is computed; None for the run's own scheduler."""
        name = self._model_of[trial.id] = self._known_as(trial.model)
        return self._schedulers.get(name)

    def parameters(self, trial: int) -> int:
        """The size of the model that was asked with a request; 0 for the run's own."""
        name = self._model_of.pop(trial, "")
        return self._backends[name].report.parameters if name in self._schedulers else 0

    def step(self, report: StepReport, limit: int | None) -> None:
        """Steps each other model that has work to do, and adds what it did to the report of the run's own step."""
        for scheduler in self._schedulers.values():
            if report.status == "ok" and not scheduler.idle:
                _add(report, scheduler.step(None if limit is None else limit - len(report.drawn)))

    def end(self, *, reset: bool) -> list[TokenSequence]:
        """Ends all requests, and empties the caches too if they are to be `reset`; returns what was ended."""
        ended = [s.reset() if reset else s.cancel() for s in self._schedulers.values()]
        return [sequence for sequences in ended for sequence in sequences]

    def _known_as(self, name: str) -> str:
        """The first name of a model that may have several: it has one scheduler."""
        backend = self.backend(name)
        return next(known for known, other in self._backends.items() if other is backend)


def _add(report: StepReport, other: StepReport) -> None:
    report.status = other.status
    report.drawn += other.drawn
    report.started += other.started
    report.finished += other.finished
    report.prefill_tokens += other.prefill_tokens
    report.decode_seconds += other.decode_seconds
    report.step_seconds += other.step_seconds
