"""The verifiers of a run with the models they ask: what they need is computed, and what they find is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.acts import ChangeVerifiers
from engine.check import check_verifiers
from engine.errors import BadInputError, EngineError
from engine.inference.backend import Backend
from engine.inference.scheduler import Scheduler, StepReport
from engine.inference.sequence import Sequence
from engine.judge_models import JudgeModels, OpenModel
from engine.jury import PERSON, Jury, Reply, Verdict, no_reply
from engine.prompt_book import PromptBook
from engine.reporter import Reporter
from engine.setup import RunSetup, VerifierChoice
from engine.types import Candidate, Score, Trial
from engine.verifiers.base import Verifier
from engine.verifiers.registry import build_verifier

SPECIMEN_TOKENS = 512


class Court:
    """Asks the jury and carries its questions to the models.

    Args:
        setup: The run's.
        backend: The run's own model.
        prompts: Renders what judges ask.
        reporter: Is told every verdict.
        open_model: Gives another model, loaded, by the name that a judge asks for.
        open_reward: The same for a model that is asked by its head.
        heard: Called with the number of a candidate that was judged after the strategy had been told of it.
    """

    def __init__(
        self,
        setup: RunSetup,
        backend: Backend,
        prompts: PromptBook,
        reporter: Reporter,
        open_model: OpenModel,
        open_reward: OpenModel,
        heard: Callable[[int], None],
    ) -> None:
        self.jury = Jury(setup.problem, [build_verifier(choice) for choice in setup.verifiers])
        self.models = JudgeModels(backend, open_model, open_reward)
        self._choices = setup.verifiers
        self._max_tokens = min(setup.sampling.max_tokens, backend.room())
        self._prompts, self._reporter, self._heard = prompts, reporter, heard

    @property
    def idle(self) -> bool:
        """Whether no verifier waits for a model."""
        return self.jury.idle and self.models.idle

    def prepare(self, verifiers: list[Verifier] | None = None) -> int:
        """Opens the models that verifiers ask; returns how long their prompts to the run's own can become, in tokens.

        Found by what they would ask about a text as long as a candidate's can be.
        """
        length, known = self._max_tokens, len(self.models.others)
        shown = min(length, SPECIMEN_TOKENS)
        specimen = Candidate(0, "a. " * -(-shown // 2), "a", "a", "length", shown, None)  # two tokens a sentence
        tokens = self.models.prepare(self.jury.foresee(specimen, verifiers), length, length - shown)
        if self._reporter.phase is not None:
            self.tell_models(known)
        return tokens

    def tell_models(self, known: int = 0) -> None:
        """Says which other models judge, but for the first `known` ones."""
        for other in self.models.others[known:]:
            self._reporter.notice(f"Another model judges: {other.name}, {other.parameters:,} parameters.")

    def ask(self, own: Scheduler) -> None:
        """Submits what verifiers have asked since."""
        for trial in self.jury.requests():
            self._submit(trial, own)

    def step(self, report: StepReport, limit: int | None, all_limit: int | None) -> None:
        """Steps the other models, which adds to the report of the run's own."""
        self.models.step(report, limit, all_limit)

    def judge(self, candidate: Candidate, has_time: Callable[[], bool]) -> None:
        """Has a candidate judged that is there now."""
        self._tell(self.jury.judge(candidate, has_time))

    def judge_together(self, candidates: Iterable[Candidate]) -> None:
        """Has them judged by verifiers that compare them."""
        self._tell(self.jury.judge_together(list(candidates)))

    def hear(self, sequence: Sequence) -> None:
        """Takes what a model replied."""
        reason = sequence.finish_reason or "error"
        generated, mean = len(sequence.generated), sequence.mean_logprob
        watched, logit = sequence.watched, sequence.logit
        text = Candidate(sequence.id, sequence.text, None, None, reason, generated, mean, watched=watched, logit=logit)
        parameters = self.models.parameters(sequence.id)
        self._take(
            self.jury.reply(sequence.id, Reply(text, sequence.computed_tokens, sequence.cached_tokens, parameters))
        )

    def replace(self, act: ChangeVerifiers, candidates: Iterable[Candidate], agree: Callable[[], object]) -> None:
        """Other verifiers from here on; who judges as before keeps their scores, the others judge anew.

        Args:
            act: Who judges from now on.
            candidates: Who is judged anew.
            agree: Called once the models they ask are there, before anybody judges.

        Raises:
            ThinkscopeError: They cannot judge; nothing has been changed.
        """
        check_verifiers(act.verifiers)
        chosen = [build_verifier(choice) for choice in act.verifiers]
        self.prepare(chosen)
        agree()
        unchanged = _unchanged(self._choices, act.verifiers)
        self._choices = act.verifiers
        self._tell(self.jury.replace(chosen, candidates, unchanged))

    def rate(self, candidate: Candidate, value: float) -> None:
        """A person's opinion of a candidate.

        Raises:
            BadInputError: No person is asked in this run.
        """
        if all(choice.name != PERSON for choice in self._choices):
            raise BadInputError(
                "Your opinion is not asked in this run.", "", "Check “Your own click” among the verifiers first."
            )
        self._take(self.jury.rate(candidate, value))

    def scores(self, candidate: int) -> dict[str, Score]:
        """What verifiers have said of a candidate so far, by their names."""
        return self.jury.scores(candidate)

    def end(self, *, reset: bool) -> None:
        """Ends what is asked; texts that were begun are heard as they are."""
        for sequence in self.models.end(reset=reset):
            self.hear(sequence)

    def dismiss(self) -> None:
        """Ends what was not submitted yet."""
        for trial in self.jury.requests():
            self._take(self.jury.reply(trial.id, no_reply(trial, "abort")))

    def _submit(self, trial: Trial, own: Scheduler) -> None:
        """A judge's prompt grows with the text it judges: one that does not fit costs its score, not the run."""
        backend = self.models.backend(trial)
        rendered = self._prompts.render_for_judge(trial.label, trial.prompt, backend.template)
        scheduler = self.models.scheduler(trial) or own
        try:
            if len(rendered.tokens) >= backend.room():
                raise EngineError(f"{len(rendered.tokens):,} tokens do not fit into the model's context.")
            scheduler.submit(trial.id, rendered.tokens, trial.sampling, trial.seed)
        except EngineError:
            self._take(self.jury.reply(trial.id, no_reply(trial, "error")))

    def _tell(self, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            self._take(verdict)

    def _take(self, verdict: Verdict | None) -> None:
        if verdict is None:
            return
        self._reporter.scored(verdict)
        if verdict.late:
            self._heard(verdict.candidate)


def _unchanged(before: Iterable[VerifierChoice], now: Iterable[VerifierChoice]) -> set[str]:
    settings = {choice.name: choice.settings for choice in before}
    return {choice.name for choice in now if settings.get(choice.name) == choice.settings}
