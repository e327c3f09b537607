"""What happened in a run that is worth a mark on its timeline, and the phases of a tree search as spans of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from engine.acts import (
    AddSimulations,
    AnyAct,
    ChangeBudget,
    ChangeSetting,
    ChangeVerifiers,
    ExpandNode,
    PinNode,
    PruneNode,
    RateCandidate,
    TakeToken,
    WriteThought,
)
from engine.events import (
    AnswerPicked,
    BudgetSpent,
    CandidateFinished,
    CandidateQueued,
    CandidateScored,
    Event,
    PersonActed,
    PhaseEntered,
    RunFailed,
    RunFinished,
    RunStarted,
    StrategyMoved,
    TokensDecoded,
)
from engine.moves import PathSelected, ValueBackedUp
from engine.setup import BUDGET_UNITS

MarkKind = Literal["phase", "finished", "answer", "act", "budget", "end"]
SearchPhase = Literal["select", "expand", "evaluate", "back up"]
SEARCH_PHASES = ("select", "expand", "evaluate", "back up")
Span = tuple[str, float, float]


class Mark(NamedTuple):
    """Something at `t` of the run clock, in words; it has happened when so many `events` are in."""

    t: float
    kind: MarkKind
    words: str
    events: int


class Marks:
    """Marks in order, and the `spans` of a tree search; both only grow, but for the end of the last span."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self.spans: list[Span] = []
        self._read = 0
        self._answer: str | None = None
        self._searches = False
        self._rollouts: set[int] = set()

    def take(self, events: Sequence[Event]) -> None:
        """Takes the next events."""
        for event in events:
            self._read += 1
            if isinstance(event, TokensDecoded):
                if self._searches and event.tokens:
                    self._enter(self._purpose_phase(event.tokens[0].candidate), event.t - event.step_seconds)
                continue
            words = self._words(event)
            if words is not None:
                self.marks.append(Mark(event.t, *words, self._read))
            self._search(event)

    def _words(self, event: Event) -> tuple[MarkKind, str] | None:
        match event:
            case PhaseEntered(phase=phase):
                return "phase", phase
            case CandidateFinished(candidate=number, finish_reason=reason, answer=answer) if reason != "step":
                said = "has no answer" if answer is None else f"answers {answer}"
                return "finished", f"candidate {number + 1} {said}"
            case AnswerPicked(answer=answer) if answer is not None and answer != self._answer:
                self._answer = answer
                return "answer", f"the answer is now {answer}"
            case PersonActed(act=act, refused=refused):
                return "act", f"by hand: {act_words(act)}" + (" (refused)" if refused else "")
            case BudgetSpent(unit=unit, limit=limit):
                return "budget", f"the budget of {limit:,.10g} {BUDGET_UNITS[unit]} is spent"
            case RunFinished() | RunFailed():
                return "end", "the run ends"
        return None

    def _search(self, event: Event) -> None:
        phase = self._search_phase(event)
        if phase is not None:
            self._enter(phase, event.t)

    def _enter(self, phase: str, t: float) -> None:
        if self.spans and self.spans[-1][0] == phase:
            return
        if self.spans:
            before, start, _ = self.spans[-1]
            t = max(t, start)
            self.spans[-1] = (before, start, t)
        if phase != "end":
            self.spans.append((phase, t, t))

    def _purpose_phase(self, candidate: int) -> SearchPhase:
        return "evaluate" if candidate in self._rollouts else "expand"

    def _search_phase(self, event: Event) -> SearchPhase | Literal["end"] | None:
        match event:
            case RunStarted(setup=setup):
                self._searches = setup.strategy.name == "mcts"
            case CandidateQueued(candidate=candidate, purpose="rollout"):
                self._rollouts.add(candidate)
            case StrategyMoved(move=PathSelected()) if self._searches:
                return "select"
            case StrategyMoved(move=ValueBackedUp()) if self._searches:
                return "back up"
            case CandidateScored() if self._searches:
                return "evaluate"
            case RunFinished() | RunFailed() if self.spans:
                return "end"
        return None


def act_words(act: AnyAct) -> str:
    """What a person did, in a few words."""
    match act:
        case ChangeBudget():
            return "another budget"
        case ChangeVerifiers():
            return "other verifiers"
        case ChangeSetting(name=name, value=value):
            return f"{name.replace('_', ' ')} is now {value}"
        case AddSimulations(count=count):
            return f"{count} more simulations"
        case ExpandNode(node=node):
            return f"more steps after {_node(node)}"
        case PruneNode(node=node):
            return f"{_node(node)} is pruned"
        case PinNode(node=node, pinned=pinned):
            return f"{_node(node)} is {'pinned' if pinned else 'free again'}"
        case WriteThought(parent=parent):
            return f"a step is written after {_node(parent)}"
        case TakeToken(candidate=candidate):
            return f"a branch grows from {_node(candidate)}"
        case RateCandidate(candidate=candidate, value=value):
            return f"{_node(candidate)} is rated {value:.2g}"


def _node(node: int | None) -> str:
    return "the problem" if node is None else f"number {node + 1}"
