"""Where a search stands, in words: which of its phases, and how far."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from engine.acts import AddSimulations
from engine.errors import BadInputError
from engine.events import StrategyMoved
from engine.moves import (
    GenerationRanked,
    LoopEnded,
    NodesMerged,
    NodesPruned,
    ParticlesResampled,
    PathSelected,
    PosteriorsSampled,
    ValueBackedUp,
)
from engine.settings import resolve
from engine.strategies.mcts_settings import SIMULATIONS
from engine.trace.fold import CandidateState, RunState
from widgets.translation import later, tr

TREE_PHASES = (later("select"), later("expand"), later("evaluate"), later("back up"))
BEAM_PHASES = (later("write"), later("judge"), later("keep the best"))
PARTICLE_PHASES = (later("write"), later("weigh"), later("resample"))
ANSWER_PHASES = (later("draw"), later("answer"), later("judge"))


class SearchMoment(NamedTuple):
    """The phases of a search, which of them it is in (empty: none), and how far it is."""

    phases: tuple[str, ...]
    now: str
    progress: str


def phases_of(strategy: str) -> tuple[str, ...]:
    """The phases that a search goes through again and again, in order."""
    return {"mcts": TREE_PHASES, "ab-mcts": ANSWER_PHASES, "particle-filtering": PARTICLE_PHASES}.get(
        strategy, BEAM_PHASES
    )


def search_moment(state: RunState, moves: Sequence[StrategyMoved], changed: Collection[int]) -> SearchMoment:
    """The phase that the newest moves and the candidates that they changed tell of.

    Args:
        state: The run.
        moves: Those that came since the moment before.
        changed: Candidates that were touched since.
    """
    assert state.start is not None
    phases = phases_of(state.start.setup.strategy.name)
    now = _phase_of_moves(moves) or _phase_of_candidates(state, changed, phases)
    return SearchMoment(phases, "" if state.status in ("finished", "failed") else now, progress_words(state))


def newest_moves(state: RunState) -> int:
    """How many moves lie before the newest ones, where these are the last thing that has happened; else all."""
    worked = max((_worked_at(candidate, state) for candidate in state.candidates.values()), default=0.0)
    count = len(state.moves)
    while count and state.moves[count - 1].t >= worked:
        count -= 1
    return count


def newest_work(state: RunState) -> Collection[int]:
    """The candidate that was written or judged last."""
    newest = max(state.candidates.values(), key=lambda candidate: _worked_at(candidate, state), default=None)
    return () if newest is None else (newest.id,)


def _worked_at(candidate: CandidateState, state: RunState) -> float:
    if candidate.finished_at is None:
        return state.t if candidate.token_count else 0.0
    return max(candidate.finished_at, *(verdict.t for verdict in candidate.verdicts.values()), 0.0)


def progress_words(state: RunState) -> str:
    """“41 of 64 simulations”, “generation 3”: how far a search is."""
    assert state.start is not None
    if state.start.setup.strategy.name == "mcts":
        return tr("{0:,} of {1:,} simulations", state.simulations, _simulations_asked(state))
    if state.start.setup.strategy.name == "ab-mcts":
        drawn = sum(isinstance(moved.move, PosteriorsSampled) for moved in state.moves)
        return tr("{0} draws", drawn) if drawn else ""
    for moved in reversed(state.moves):
        match moved.move:
            case ParticlesResampled(generation=generation, effective_size=size):
                return tr("generation {0} · effective size {1:.1f}", generation + 1, size)
            case GenerationRanked(generation=generation):
                return tr("generation {0}", generation + 1)
    return ""


def _simulations_asked(state: RunState) -> int:
    """As many as were set, and those that a person has added since."""
    given = {name: value for name, value in state.settings.items() if name == SIMULATIONS.name}
    try:
        asked = int(resolve((SIMULATIONS,), given)[SIMULATIONS.name])
    except BadInputError:
        asked = int(SIMULATIONS.default)  # a recording may say anything
    return asked + sum(
        done.act.count for done in state.acts if isinstance(done.act, AddSimulations) and not done.refused
    )


def _phase_of_moves(moves: Sequence[StrategyMoved]) -> str:
    for moved in reversed(moves):
        match moved.move:
            case ValueBackedUp():
                return "back up"
            case PathSelected():
                return "select"
            case GenerationRanked() | NodesPruned():
                return "keep the best"
            case ParticlesResampled():
                return "resample"
            case PosteriorsSampled():
                return "draw"
            case NodesMerged():
                return "expand"
            case LoopEnded() | _:
                continue
    return ""


def _phase_of_candidates(state: RunState, changed: Collection[int], phases: tuple[str, ...]) -> str:
    for id in changed:
        candidate = state.candidates.get(id)
        if candidate is None:
            continue
        if candidate.finished_at is not None and candidate.scores:
            return {"mcts": "evaluate", "write": "judge"}.get(
                phases[0], "evaluate" if phases == TREE_PHASES else phases[1]
            )
        if phases == TREE_PHASES:
            return "evaluate" if candidate.purpose == "rollout" else "expand"
        return "answer" if phases == ANSWER_PHASES else "write"
    return ""
