"""The fold: events in, the state of a run out. Live views, replay, export and the summary all read this state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import Any, Literal

from engine.acts import REOPENING, ChangeBudget, ChangeSetting, ChangeVerifiers, PinNode
from engine.events import (
    AnswerPicked,
    BudgetSpent,
    CandidateFinished,
    CandidateQueued,
    CandidateScored,
    CandidatesSpared,
    CandidateStarted,
    Event,
    NoticeGiven,
    PersonActed,
    Phase,
    PhaseEntered,
    PromptRendered,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    StrategyMoved,
    TokensDecoded,
)
from engine.ledger import Ledger
from engine.moves import NodesMerged, NodesPruned, PathSelected, SimulationAbandoned, ValueBackedUp
from engine.selection import Vote, count_votes, mix
from engine.setup import Budget, Value
from engine.types import ANSWERING, Confidence, FinishReason, Purpose, Score, Token

CandidateStatus = Literal["queued", "prompt", "writing", "finished", "stopped", "failed"]
RunStatus = Literal["empty", "running", "paused", "finished", "failed"]
TokenLoader = Callable[[int, int], list[Token]]


class ContradictionError(ValueError):
    """An event that cannot be, after those before it; said in a sentence."""


@dataclass(slots=True)
class CandidateState:
    """One candidate as it stands. `text` is the final text once it is finished, what was streamed before.

    Hold on to ids rather than to these objects: in a state that was made by seeking, the finished candidates are shared
    with other states, and one that is scored or picked later is copied first.

    `tokens` of a state that was made by seeking are fetched when somebody first looks at them; `token_count` is known
    without that, and `newest_tokens` are those that came since. `verdicts` are the events that gave the `scores`, with
    their time and price.
    """

    id: int
    label: str
    prompt: int
    seed: int
    temperature: float
    max_tokens: int
    queued_at: float
    purpose: Purpose = "answer"
    parent: int | None = None
    kept: int | None = None
    prefix: str = ""
    refines: int | None = None
    status: CandidateStatus = "queued"
    final_text: str | None = None
    answer: str | None = None
    vote: str | None = None
    finish_reason: FinishReason | None = None
    mean_logprob: float | None = None
    confidence: Confidence | None = None
    correct: bool | None = None
    started_at: float | None = None
    first_token_at: float | None = None
    finished_at: float | None = None
    cached_tokens: int = 0
    computed_tokens: int = 0
    recomputed_tokens: int = 0
    scores: dict[str, Score] = field(default_factory=dict)
    verdicts: dict[str, CandidateScored] = field(default_factory=dict)
    mix: float | None = None
    picked: bool = False
    # Of a node of a search tree:
    visits: int = 0
    value_sum: float = 0.0
    best_value: float = 0.0
    in_flight: int = 0
    merged_into: int | None = None
    pruned: str = ""
    pinned: bool = False
    # The numbers of events, from 1, tell the order also where t is the same.
    first_token_event: int = 0
    arrival: int = 0
    shared: bool = False
    newest_tokens: list[Token] = field(default_factory=list)
    _absent: int = 0
    _load: TokenLoader | None = field(default=None, repr=False, compare=False)

    @property
    def tokens(self) -> list[Token]:
        """The tokens so far, in order."""
        if self._absent and self._load is not None:
            self.newest_tokens[:0] = self._load(self.id, self._absent)
            self._absent, self._load = 0, None
        return self.newest_tokens

    @property
    def token_count(self) -> int:
        """How many tokens there are so far."""
        return self._absent + len(self.newest_tokens)

    def drop_tokens(self) -> None:
        """Keeps only how many tokens there were, for a fold of which nobody asks what they said."""
        self._absent += len(self.newest_tokens)
        self.newest_tokens.clear()

    def begin_writing(self, t: float, event: int) -> None:
        """Takes note of the first token: at `t`, in the run's event of that number."""
        self.first_token_at, self.first_token_event, self.status = t, event, "writing"

    def copy(self) -> CandidateState:
        """A candidate that goes its own way from here."""
        copied = CandidateState(*_values_of_candidate(self))
        copied.newest_tokens, copied.shared = list(self.newest_tokens), False
        return copied

    def keep(self, load: TokenLoader) -> CandidateState:
        """A candidate as it stands, to be shared. Its tokens are fetched with `load` when somebody looks at them.

        Args:
            load: Gives the first n tokens of a candidate, from (candidate, n).
        """
        kept = CandidateState(*_values_of_candidate(self))
        kept.newest_tokens, kept._absent, kept._load, kept.shared = [], self.token_count, load, True
        return kept

    @property
    def text(self) -> str:
        """What the candidate says, as far as it has come; where it goes on from another one, what it added to that."""
        if self.final_text is not None:
            return self.final_text
        return self.prefix + "".join(token.text for token in self.tokens)

    @property
    def is_whole(self) -> bool:
        """Whether it came to its end and its answer counts: a step is no answer, and neither is a critique."""
        return self.status == "finished" and self.finish_reason != "step" and self.purpose in ANSWERING


_values_of_candidate = attrgetter(*(each.name for each in fields(CandidateState)))


@dataclass(slots=True, frozen=True)
class PhaseSpan:
    """A phase of the run as a span of the run clock; `end` is None while it lasts."""

    phase: Phase
    start: float
    end: float | None = None


@dataclass(slots=True)
class RunState:
    """A run at one moment of its clock.

    `changed` collects the candidates that events have touched since a view last cleared it.
    `rate_samples` are (t, tokens, step_seconds) of each decode step, for the tokens/s plot. `simulations` of a tree
    search have backed a value up, `root_value_sum` in all, the highest was `root_best_value`; so many were begun, and
    so many came to nothing. `budget`, `weights` and the strategy's `settings` are as they are now: a person may have
    changed them.
    """

    status: RunStatus = "empty"
    t: float = 0.0
    start: RunStarted | None = None
    phases: list[PhaseSpan] = field(default_factory=list)
    prompts: dict[int, PromptRendered] = field(default_factory=dict)
    candidates: dict[int, CandidateState] = field(default_factory=dict)
    answer: AnswerPicked | None = None
    budget_spent: BudgetSpent | None = None
    spared: CandidatesSpared | None = None
    finish: RunFinished | None = None
    failure: RunFailed | None = None
    notices: list[NoticeGiven] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    rate_samples: list[tuple[float, int, float]] = field(default_factory=list)
    moves: list[StrategyMoved] = field(default_factory=list)
    acts: list[PersonActed] = field(default_factory=list)
    budget: Budget = field(default_factory=Budget)
    weights: dict[str, float] = field(default_factory=dict)
    settings: dict[str, Value] = field(default_factory=dict)
    simulations: int = 0
    root_value_sum: float = 0.0
    root_best_value: float = 0.0
    simulations_begun: int = 0
    simulations_abandoned: int = 0
    events: int = 0
    changed: set[int] = field(default_factory=set)
    _votes: list[Vote] | None = field(default=None, repr=False, compare=False)

    @property
    def votes(self) -> list[Vote]:
        """The distinct answers of the finished candidates, by falling number of votes; ties by arrival."""
        if self._votes is None:
            finished = (c for c in self.candidates.values() if c.is_whole)
            arrived = sorted(finished, key=lambda c: c.arrival)
            self._votes = count_votes((c.id, c.vote, c.answer) for c in arrived)
        return self._votes

    @property
    def phase(self) -> Phase | None:
        """The phase of this moment."""
        return self.phases[-1].phase if self.phases else None

    @property
    def perfect_pick(self) -> int | None:
        """The candidate that a perfect verifier would have picked: the first right one. None if none is, or unknown."""
        return next((c.id for c in self.candidates.values() if c.correct), None)

    def whole_text(self, candidate: int) -> str:
        """A candidate's text with all that it goes on from."""
        found = self.candidates[candidate]
        pieces = [found.text]
        while found.parent is not None:
            parent = self.candidates[found.parent]
            whole = found.kept is None
            pieces.append(
                parent.text if whole else parent.prefix + "".join(t.text for t in parent.tokens[: found.kept])
            )
            found = parent
        return "".join(reversed(pieces))

    def apply(self, event: Event) -> None:
        """Takes one event into account.

        Raises:
            KeyError: It names a candidate that was not asked for before.
            ContradictionError: It cannot be, after those before it.
        """
        if isinstance(event, TokensDecoded):
            self._decode((event,))
            return
        self.t = max(self.t, event.t)
        self.events += 1
        self.ledger.apply(event)
        handler = _HANDLERS.get(type(event))
        if handler is not None:
            handler(self, event)

    def apply_all(self, events: Iterable[Event]) -> RunState:
        """Applies events in order and returns this state. Nearly all are decode steps: those go in one sweep."""
        steps: list[TokensDecoded] = []
        for event in events:
            if isinstance(event, TokensDecoded):
                steps.append(event)
                continue
            if steps:
                self._decode(steps)
                steps = []
            self.apply(event)
        if steps:
            self._decode(steps)
        return self

    def _start_run(self, event: RunStarted) -> None:
        self.start, self.status = event, "running"
        self.budget = event.setup.budget
        self.weights = {choice.name: choice.weight for choice in event.setup.verifiers}
        self.settings = dict(event.setup.strategy.settings)

    def _enter_phase(self, event: PhaseEntered) -> None:
        self._close_phase(event.t)
        self.phases.append(PhaseSpan(event.phase, event.t))

    def _render_prompt(self, event: PromptRendered) -> None:
        self.prompts[event.prompt] = event

    def _spend_budget(self, event: BudgetSpent) -> None:
        self.budget_spent = event

    def _spare(self, event: CandidatesSpared) -> None:
        self.spared = event

    def _give_notice(self, event: NoticeGiven) -> None:
        self.notices.append(event)

    def _pause(self, event: RunPaused) -> None:
        self.status = "paused"

    def _resume(self, event: RunResumed) -> None:
        self.status = "running"

    def _finish(self, event: RunFinished) -> None:
        self.finish, self.status = event, "finished"
        self._close_phase(event.t)

    def _fail(self, event: RunFailed) -> None:
        self.failure, self.status = event, "failed"
        self._close_phase(event.t)
        for unfinished in [c.id for c in self.candidates.values() if c.finished_at is None]:
            candidate = self._own(unfinished)
            candidate.status, candidate.finished_at = "stopped", event.t

    def _close_phase(self, t: float) -> None:
        if self.phases and self.phases[-1].end is None:
            self.phases[-1] = replace(self.phases[-1], end=t)

    def _queue(self, event: CandidateQueued) -> None:
        # What it goes on from was asked for before it, so that no text ever comes round to itself.
        if event.candidate in self.candidates:
            raise ContradictionError(f"Candidate {event.candidate + 1} was asked for twice.")
        self._check_known(event.parent)
        self._check_known(event.refines)
        self.candidates[event.candidate] = CandidateState(
            event.candidate,
            event.label,
            event.prompt,
            event.seed,
            event.temperature,
            event.max_tokens,
            event.t,
            event.purpose,
            event.parent,
            event.keep,
            event.prefix,
            event.refines,
        )
        self.changed.add(event.candidate)

    def _check_known(self, candidate: int | None) -> None:
        if candidate is not None and candidate not in self.candidates:
            raise KeyError(candidate)

    def _begin(self, event: CandidateStarted) -> None:
        candidate = self._own(event.candidate)
        candidate.status, candidate.started_at = "prompt", event.t
        candidate.cached_tokens += event.cached_tokens
        candidate.computed_tokens += event.computed_tokens

    def _decode(self, steps: Sequence[TokensDecoded]) -> None:
        candidates, changed, samples = self.candidates, self.changed, self.rate_samples
        number, t = self.events, self.t
        for step in steps:
            number += 1
            if step.t > t:
                t = step.t
            samples.append((step.t, len(step.tokens), step.step_seconds))
            for token in step.tokens:
                candidate = candidates[token.candidate]
                if candidate.shared:
                    candidate = self._own(token.candidate)
                if candidate.first_token_at is None:
                    candidate.begin_writing(step.t, number)
                candidate.newest_tokens.append(token)
                changed.add(token.candidate)
        self.t, self.events = t, number
        self.ledger.apply_steps(steps)

    def _own(self, candidate: int) -> CandidateState:
        """The candidate, to be changed: no other state may see that."""
        found = self.candidates[candidate]
        if found.shared:
            found = self.candidates[candidate] = found.copy()
        self.changed.add(candidate)
        return found

    def _finish_candidate(self, event: CandidateFinished) -> None:
        candidate = self._own(event.candidate)
        ended: dict[FinishReason, CandidateStatus] = {"abort": "stopped", "doubt": "stopped", "error": "failed"}
        candidate.status = ended.get(event.finish_reason, "finished")
        candidate.finish_reason, candidate.final_text = event.finish_reason, event.text
        candidate.answer, candidate.vote, candidate.correct = event.answer, event.vote, event.correct
        candidate.mean_logprob, candidate.confidence = event.mean_logprob, event.confidence
        candidate.recomputed_tokens, candidate.finished_at = event.recomputed_tokens, event.t
        candidate.arrival = self.events
        self._votes = None  # counted when somebody asks: at each of a thousand arrivals it would be quadratic

    def _score(self, event: CandidateScored) -> None:
        candidate = self._own(event.candidate)
        # New dicts rather than changed ones, so that copies of the candidate can share them.
        candidate.scores = {**candidate.scores, event.verifier: Score(event.value, event.detail, event.parts)}
        candidate.verdicts = {**candidate.verdicts, event.verifier: event}
        candidate.mix = mix({name: score.value for name, score in candidate.scores.items()}, self.weights)

    def _pick(self, event: AnswerPicked) -> None:
        if self.answer is not None and self.answer.candidate is not None:
            self._own(self.answer.candidate).picked = False
        self.answer = event
        if event.candidate is not None:
            self._own(event.candidate).picked = True

    def _act(self, event: PersonActed) -> None:
        self.acts.append(event)
        if event.refused:
            return
        if self.status == "finished" and isinstance(event.act, REOPENING):
            self.status, self.finish = "running", None
        match event.act:
            case ChangeBudget(budget=budget):
                self.budget, self.budget_spent = budget, None
            case ChangeVerifiers(verifiers=verifiers):
                self.weights = {choice.name: choice.weight for choice in verifiers}
                for id in list(self.candidates):
                    candidate = self._own(id)
                    candidate.mix = mix({n: score.value for n, score in candidate.scores.items()}, self.weights)
            case ChangeSetting(name=name, value=value):
                self.settings = {**self.settings, name: value}
            case PinNode(node=node, pinned=pinned):
                self._own(node).pinned = pinned
            case _:
                pass

    def _move(self, event: StrategyMoved) -> None:
        self.moves.append(event)
        match event.move:
            case PathSelected(simulation=number, path=path, entered=entered):
                self.simulations_begun = max(self.simulations_begun, number + 1)
                for node in path[entered:]:
                    self._own(node).in_flight += 1
            case ValueBackedUp(path=path, value=value):
                self.simulations += 1
                self.root_value_sum += value
                self.root_best_value = max(self.root_best_value, value)
                for node in path:
                    self._back_up(self._own(node), value)
            case SimulationAbandoned(path=path):
                self.simulations_abandoned += 1
                for node in path:
                    self._land(self._own(node))
            case NodesMerged(node=node, into=into):
                self._check_known(into)
                if into == node:
                    raise ContradictionError(f"Candidate {node + 1} was merged into itself.")
                self._own(node).merged_into = into
            case NodesPruned(nodes=nodes, reason=reason):
                for node in nodes:
                    self._own(node).pruned = reason
            case _:
                pass

    @staticmethod
    def _land(node: CandidateState) -> None:
        node.in_flight = max(0, node.in_flight - 1)  # a recording may give up what was never begun

    def _back_up(self, node: CandidateState, value: float) -> None:
        node.visits += 1
        node.value_sum += value
        node.best_value = max(node.best_value, value)
        self._land(node)


_HANDLERS: dict[type[Event], Callable[[RunState, Any], None]] = {
    RunStarted: RunState._start_run,
    PhaseEntered: RunState._enter_phase,
    PromptRendered: RunState._render_prompt,
    CandidateQueued: RunState._queue,
    CandidateStarted: RunState._begin,
    CandidateFinished: RunState._finish_candidate,
    CandidateScored: RunState._score,
    AnswerPicked: RunState._pick,
    BudgetSpent: RunState._spend_budget,
    CandidatesSpared: RunState._spare,
    StrategyMoved: RunState._move,
    PersonActed: RunState._act,
    NoticeGiven: RunState._give_notice,
    RunPaused: RunState._pause,
    RunResumed: RunState._resume,
    RunFinished: RunState._finish,
    RunFailed: RunState._fail,
}


def fold(events: Iterable[Event]) -> RunState:
    """The state after all `events`."""
    return RunState().apply_all(events)
