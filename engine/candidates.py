"""The candidates of a run: what was asked for, and what came of each sequence that carried it out."""

from __future__ import annotations

from engine.answers import extract, normalise
from engine.inference.sequence import Sequence
from engine.lineage import Lineage
from engine.types import ANSWERING, Candidate, FinishReason, Problem, Trial


class Candidates:
    """Turns finished sequences into candidates.

    Args:
        problem: What they answer.
        max_tokens: Of a whole text, all its steps together.
        lineage: Whose text goes on from whose.

    Attributes:
        trials: What was asked for, by number.
        found: What came of it, by number, in order of arrival.
    """

    def __init__(self, problem: Problem, max_tokens: int, lineage: Lineage) -> None:
        self._problem, self._max_tokens, self._lineage = problem, max_tokens, lineage
        self.trials: dict[int, Trial] = {}
        self.found: dict[int, Candidate] = {}

    def take(self, sequence: Sequence, room: int) -> Candidate:
        """What came of a trial. Only a text that came to its end has an answer: half a number is another number.

        Args:
            sequence: That carried it out.
            room: Tokens that the context holds.
        """
        trial = self.trials[sequence.id]
        text = self._lineage.text(trial.id)
        reason = self._finish_reason(trial, sequence, text, room)
        whole = reason in ("stop", "length") and (trial.purpose in ANSWERING or trial.purpose == "branch")
        answer = self._answer(trial, sequence, text, cut=reason == "length") if whole else None
        candidate = Candidate(
            id=trial.id,
            text=text,
            answer=answer,
            vote=normalise(answer) if answer is not None else None,
            finish_reason=reason,
            completion_tokens=len(sequence.generated),
            mean_logprob=self._lineage.mean_logprob(trial.id),
            purpose=trial.purpose,
            parent=trial.parent,
            steps=self._lineage.steps(trial.id) if trial.purpose in ("step", "rollout") else (),
            logprob=sequence.logprob_sum,
            first=sequence.first,
            answer_margin=sequence.margin_of(answer) if answer else None,
            confidence=sequence.confidence.result(sequence.sampling.confidence_window),
            token_confidences=sequence.confidence.tokens,
            watched=sequence.watched,
        )
        self.found[trial.id] = candidate
        return candidate

    def _answer(self, trial: Trial, sequence: Sequence, text: str, *, cut: bool) -> str | None:
        """What a text answers. Where words that ask for the answer were put in, only what follows them counts.

        Where nothing follows, it is what the thought before them calls its answer, not just any number in it.
        """
        kind = self._problem.kind
        if trial.purpose == "answer" and trial.origin is not None and trial.origin.text:
            drawn = sequence.text[len(self._lineage.prefix(trial.id)) :]
            if not any(map(str.isalnum, drawn)):
                return extract(text, kind, cut=True)
            text = sequence.text
        return extract(text, kind, cut=cut)

    def _finish_reason(self, trial: Trial, sequence: Sequence, text: str, room: int) -> FinishReason:
        """Why a text ended. A step that gives the answer is the last; one at its token limit is a step all the same.

        But at the limit the answer may be half a number, so that only the next step can end the text.
        """
        reason = sequence.finish_reason or "error"
        if trial.purpose != "step" or reason not in ("step", "length"):
            return reason
        if reason == "step" and extract(text, self._problem.kind, cut=True) is not None:
            return "stop"
        full = len(sequence.tokens) >= room or (sequence.remaining > 0 and reason == "length")
        return "length" if full or self._lineage.length(trial.id) >= self._max_tokens else "step"
