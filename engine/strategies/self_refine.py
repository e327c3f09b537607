"""Self-refine: draft, critique, revise, again and again (Madaan et al. 2023, arXiv 2303.17651).

The critique is the model's own, or what the verifiers found (a wrong equation, a failed test), or both. The best draft
is the answer, not the last one, and every stop has a reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from engine.acts import AnyAct, ChangeVerifiers
from engine.moves import AnyMove, DraftJudged, LoopEnded
from engine.prompts import PROMPTS, critique_prompt, revision_prompt
from engine.selection import mix
from engine.settings import Setting
from engine.setup import RunSetup, Value
from engine.strategies.base import Answer, Result, Strategy
from engine.strategies.findings import findings_of, why_none
from engine.strategies.found_texts import choose_text
from engine.strategies.seeds import trial_seed
from engine.strategies.spec import PROMPT, StrategySpec
from engine.strategies.texts import Text
from engine.types import Candidate, Prompt, Purpose, Trial

CRITIQUE_TOKENS = 96
REVISION_TOKENS = 512  # room for the words around the draft, and for long findings
_NOTHING_FOUND = re.compile(
    r"^\W*(?:correct\b|yes\b|right\b|no (?:mistakes?|errors?|problems?|issues?)\b"
    r"|(?:it|this|that|the (?:solution|answer|draft)) (?:is|looks) (?:correct|right|fine)\b)",
    re.IGNORECASE,
)

ROUNDS = Setting(
    name="rounds",
    kind="int",
    default=4,
    title="Rounds",
    help="How often a draft may be revised. It stops sooner when nothing is found, or when a revision is no better.",
    minimum=1,
    maximum=16,
)
CRITIQUE = Setting(
    name="critique",
    kind="choice",
    default="verifiers",
    title="Critique by",
    help="Who says what is wrong: the verifiers (a wrong equation, a failed test), the model itself, or both.",
    choices=("verifiers", "model", "both"),
)
STOP_WHEN_NOT_BETTER = Setting(
    name="stop_when_not_better",
    kind="bool",
    default=True,
    title="Stop when it gets no better",
    help="Ends as soon as a revision scores no higher than the best draft before it.",
)


@dataclass(slots=True)
class _Draft:
    """A draft with its score; `critique` is what the model said of it, once it was asked.

    `none_found` says why there are no findings, should there be none.
    """

    candidate: Candidate
    score: float | None
    findings: tuple[str, ...]
    none_found: str
    critique: str | None = None


class RefinementLoop(Strategy):
    """A strategy with one trial at a time: a draft, its critique, the revision, its critique, and so on.

    Args:
        setup: Gives the sampling, the seed and the verifiers' weights.
        prompt: What the first draft answers.
        rounds: How many revisions there may be.
        ask_model: Whether the model is asked for a critique.
        use_findings: Whether what verifiers found is part of the critique.
        stop_when_not_better: Whether a revision that scores no higher ends the loop.
    """

    def __init__(
        self,
        setup: RunSetup,
        prompt: Prompt,
        *,
        rounds: int,
        ask_model: bool,
        use_findings: bool,
        stop_when_not_better: bool,
    ) -> None:
        self._setup, self._prompt, self._rounds = setup, prompt, rounds
        self._ask_model, self._use_findings, self._strict = ask_model, use_findings, stop_when_not_better
        self._weights = {choice.name: choice.weight for choice in setup.verifiers}
        self._drafts: list[_Draft] = []
        self._partial: list[Candidate] = []
        self._next: tuple[Purpose, Prompt] | None = ("draft", prompt)
        self._open: tuple[int, Purpose] | None = None
        self._asked = 0
        self._moves: list[AnyMove] = []

    def ask(self, free: int) -> Sequence[Trial]:
        """The next draft, critique or revision, when the one before is there."""
        if self._next is None or free < 1:
            return []
        (purpose, prompt), self._next = self._next, None
        number = self._asked
        self._asked += 1
        self._open = number, purpose
        sampling = self._setup.sampling
        if purpose == "critique":
            sampling = replace(sampling, max_tokens=min(sampling.max_tokens, CRITIQUE_TOKENS))
        seed, draft = trial_seed(self._setup.seed, number), self._drafts[-1].candidate.id if self._drafts else None
        return [Trial(number, prompt, sampling, seed, self._label(purpose), purpose, refines=draft)]

    def tell(self, result: Result) -> None:
        """Takes a draft or a critique.

        Raises:
            ValueError: The trial was never asked for.
        """
        candidate = result.candidate
        if not 0 <= candidate.id < self._asked:
            raise ValueError(f"trial {candidate.id} was never asked for")
        if self._open is None or candidate.id != self._open[0] or result.pending:
            self._rescore(result)
            return
        purpose = self._open[1]
        self._open = None
        if candidate.finish_reason in ("abort", "error"):
            self._partial.append(candidate)
            self._end("It was stopped before the next draft was finished.")
        elif purpose == "critique":
            self._drafts[-1].critique = candidate.text.strip()
            self._revise()
        else:
            self._take_draft(result)

    @property
    def reach(self) -> int:
        """A revision is written anew, after a prompt that holds the draft and what is wrong with it."""
        return 2 * self._setup.sampling.max_tokens + REVISION_TOKENS

    def act(self, act: AnyAct) -> bool:
        """Other verifiers, or other weights, count from here on."""
        if isinstance(act, ChangeVerifiers):
            self._weights = {choice.name: choice.weight for choice in act.verifiers}
        return isinstance(act, ChangeVerifiers)

    def moves(self) -> Sequence[AnyMove]:
        """What was done since this was last asked."""
        done, self._moves = self._moves, []
        return done

    @property
    def finished(self) -> bool:
        """Whether the loop has ended."""
        return self._next is None and self._open is None

    def answer(self) -> Answer:
        """The best draft; between equals the later one, which has more criticism behind it."""
        if not self._drafts:
            partial = [Text(candidate, None) for candidate in self._partial]
            return choose_text(partial, by_vote=False) if partial else Answer(None, None, "There is no draft yet.")
        best = self._best()
        place, candidate = self._drafts.index(best), best.candidate
        name = "The first draft" if place == 0 else f"Revision {place}"
        of = f" of {len(self._drafts)} drafts" if len(self._drafts) > 1 else ""
        if best.score is None:
            return Answer(candidate.id, candidate.answer, f"{name}{of}, which no verifier could judge.")
        return Answer(candidate.id, candidate.answer, f"{name} is the best{of}: score {best.score:.2f}.")

    # --- one round -----------------------------------------------------------------------------------------------

    def _take_draft(self, result: Result) -> None:
        before = self._best() if self._drafts else None
        draft = self._judged(result)
        self._drafts.append(draft)
        self._moves.append(
            DraftJudged(len(self._drafts) - 1, draft.candidate.id, draft.score, "; ".join(draft.findings))
        )
        reason = self._reason_to_stop(draft, before)
        if reason:
            self._end(reason)
        elif self._ask_model:
            self._next = "critique", critique_prompt(self._setup.problem, draft.candidate.text)
        else:
            self._revise()

    def _reason_to_stop(self, draft: _Draft, before: _Draft | None) -> str:
        """Why no critique is wanted any more; empty when one is."""
        if self._strict and before is not None and _not_better(draft.score, before.score):
            return f"The revision scores {draft.score:.2f}, no higher than the best draft before it."
        if len(self._drafts) > self._rounds:
            return f"All {self._rounds} rounds are used."
        if not self._ask_model and not draft.findings:
            return draft.none_found
        return ""

    def _revise(self) -> None:
        draft = self._drafts[-1]
        if draft.critique is not None and _NOTHING_FOUND.match(draft.critique) and not draft.findings:
            self._end("The model's own critique found nothing wrong.")
            return
        said = list(draft.findings)
        if draft.critique and not _NOTHING_FOUND.match(draft.critique):
            said.append(draft.critique)
        self._next = "revision", revision_prompt(self._setup.problem, draft.candidate.text, " ".join(said))

    def _judged(self, result: Result) -> _Draft:
        values = {name: score.value for name, score in result.scores.items()}
        findings = findings_of(result, self._weights) if self._use_findings else ()
        return _Draft(result.candidate, mix(values, self._weights), findings, why_none(result, self._weights))

    def _rescore(self, result: Result) -> None:
        """A score that came late, such as the majority's, changes which draft is the best."""
        for draft in self._drafts:
            if draft.candidate.id == result.candidate.id:
                draft.score = self._judged(result).score

    def _best(self) -> _Draft:
        """The highest score; a draft with an answer before one without; then the later one."""
        return max(reversed(self._drafts), key=_standing)

    def _end(self, reason: str) -> None:
        self._next = None
        self._moves.append(LoopEnded(reason))

    def _label(self, purpose: Purpose) -> str:
        number = len(self._drafts)
        return {"draft": "draft", "critique": f"critique {number}"}.get(purpose, f"revision {number}")


def _standing(draft: _Draft) -> tuple[bool, float]:
    return draft.candidate.vote is not None, -1.0 if draft.score is None else draft.score


def _not_better(score: float | None, best: float | None) -> bool:
    return score is not None and best is not None and score <= best


def _build(setup: RunSetup, settings: Mapping[str, Value]) -> Strategy:
    critique = settings["critique"]
    return RefinementLoop(
        setup,
        PROMPTS[str(settings["prompt"])](setup.problem),
        rounds=int(settings["rounds"]),
        ask_model=critique in ("model", "both"),
        use_findings=critique in ("verifiers", "both"),
        stop_when_not_better=bool(settings["stop_when_not_better"]),
    )


SELF_REFINE = StrategySpec(
    name="self-refine",
    title="Self-refine",
    help="Writes a draft, has it criticised, and revises it, round after round; the best draft is the answer.",
    settings=(ROUNDS, CRITIQUE, STOP_WHEN_NOT_BETTER, PROMPT),
    uses_verifiers=True,
    build=_build,
)
