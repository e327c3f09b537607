"""The models that a run's judges ask: the run's own, and others loaded beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from engine.errors import BadInputError
from engine.events import ModelReport
from engine.inference.backend import Backend, JudgeBackend, RequestScheduler, RunShape
from engine.inference.scheduler import StepReport
from engine.inference.sequence import Sequence as TokenSequence
from engine.types import Trial

JUDGED_AT_ONCE = 16  # texts before another model at the same time

OpenModel = Callable[[str], JudgeBackend]
_Key = tuple[str, bool]  # a name, and whether the model's head is asked instead of the model
_OWN: _Key = ("", False)


def no_other_model(name: str) -> JudgeBackend:
    """For whoever has only the one model.

    Raises:
        BadInputError: Always.
    """
    raise BadInputError(
        f"The judge cannot ask “{name}”.", "Only the run's own model is loaded here.", "Leave the judge's model empty."
    )


def no_reward_model(name: str) -> JudgeBackend:
    """For whoever has no model with a head.

    Raises:
        BadInputError: Always.
    """
    raise BadInputError(
        f"The reward model “{name}” cannot be asked.",
        "No model with a head is loaded here.",
        "Choose another verifier.",
    )


class JudgeModels:
    """Models by the names that judges ask for, "" being the run's own. Each other one has a scheduler of its own.

    They are stepped in turn with the run's own model: what judges compute elsewhere takes the run's time as well.

    Args:
        own: The run's model.
        open_model: Gives another one by its name, loaded; it may be `own` under another name.
        open_reward: Gives a model that is asked by its head, loaded.
    """

    def __init__(self, own: Backend, open_model: OpenModel, open_reward: OpenModel = no_reward_model) -> None:
        self._open, self._open_reward = open_model, open_reward
        self._backends: dict[_Key, JudgeBackend] = {_OWN: own}
        self._schedulers: dict[_Key, RequestScheduler] = {}
        self._model_of: dict[int, _Key] = {}

    @property
    def others(self) -> Sequence[ModelReport]:
        """What was loaded besides the run's own model."""
        return [self._backends[key].report for key in self._schedulers]

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
        longest = {_OWN: 0}
        for trial in trials:
            key = self._known_as(trial)
            tokens = len(self._backends[key].template.render(trial.prompt).tokens) + more + 1
            longest[key] = max(tokens, longest.get(key, 0))
        for key in longest.keys() - {_OWN, *self._schedulers}:
            shape = RunShape(JUDGED_AT_ONCE, longest[key], min(max_tokens, self._backends[key].room()))
            self._schedulers[key] = self._backends[key].scheduler(shape)
        return longest[_OWN]

    def backend(self, trial: Trial) -> JudgeBackend:
        """The model that a request asks."""
        key = trial.model, trial.head
        if key not in self._backends:
            self._backends[key] = (self._open_reward if trial.head else self._open)(trial.model)
        return self._backends[key]

    def scheduler(self, trial: Trial) -> RequestScheduler | None:
        """Where a request is computed; None for the run's own scheduler."""
        key = self._model_of[trial.id] = self._known_as(trial)
        return self._schedulers.get(key)

    def parameters(self, trial: int) -> int:
        """The size of the model that was asked with a request; 0 for the run's own."""
        key = self._model_of.pop(trial, _OWN)
        return self._backends[key].report.parameters if key in self._schedulers else 0

    def step(self, report: StepReport, limit: int | None, all_limit: int | None = None) -> None:
        """Steps each other model that has work to do, and adds what it did to the report of the run's own step."""
        for scheduler in self._schedulers.values():
            if report.status == "ok" and not scheduler.idle:
                drawn = len(report.drawn)
                left = None if limit is None else limit - drawn
                all_left = None if all_limit is None else all_limit - drawn - report.prefill_tokens
                _add(report, scheduler.step(left, all_left))

    def end(self, *, reset: bool) -> list[TokenSequence]:
        """Ends all requests, and empties the caches too if they are to be `reset`; returns what was ended."""
        ended = [s.reset() if reset else s.cancel() for s in self._schedulers.values()]
        return [sequence for sequences in ended for sequence in sequences]

    def _known_as(self, trial: Trial) -> _Key:
        """The first name of a model that may have several: it has one scheduler."""
        backend = self.backend(trial)
        return next(known for known, other in self._backends.items() if other is backend)


def _add(report: StepReport, other: StepReport) -> None:
    report.status = other.status
    report.drawn += other.drawn
    report.started += other.started
    report.finished += other.finished
    report.prefill_tokens += other.prefill_tokens
    report.decode_seconds += other.decode_seconds
    report.step_seconds += other.step_seconds
