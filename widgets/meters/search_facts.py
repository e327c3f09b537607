"""What a tree search knows of one place of its tree, as it stands in the rows of the inspector."""

from __future__ import annotations

from engine.strategies.mcts_settings import MCTS
from engine.trace.fold import CandidateState, RunState
from engine.trace.standings import standings_of
from widgets.meters import numbers
from widgets.translation import later, tr

SEARCH_FACTS = {
    "visits": (later("Visits N"), later("How many simulations went through here and backed a value up.")),
    "sum": (later("Values W"), later("The sum of the values that those simulations backed up.")),
    "mean": (
        later("Mean value Q"),
        later("W / N. What selection compares below also counts simulations in flight as lost, or takes the best."),
    ),
    "prior": (
        later("Prior P"),
        later("How likely the model found this thought among its siblings; PUCT goes by it, UCT does not."),
    ),
}


def is_simulated_search(state: RunState) -> bool:
    """Whether values are backed up through the tree of this run."""
    return state.start is not None and state.start.setup.strategy.name == MCTS.name


def search_facts(state: RunState, candidate: CandidateState) -> dict[str, str]:
    """The values of the rows of a thought, by their keys; none where no simulation passes through it."""
    found = standings_of(state, candidate.id) if is_simulated_search(state) else None
    row = next((row for row in found.rows if row.candidate == candidate.id), None) if found is not None else None
    if row is None:
        return {}
    return {**_worth(row.visits, row.in_flight, row.total), "prior": f"{row.prior:.2f}"}


def problem_facts(state: RunState) -> dict[str, str]:
    """The same of the problem itself, which nothing stands beside."""
    if not is_simulated_search(state):
        return {}
    in_flight = state.simulations_begun - state.simulations_abandoned - state.simulations
    return _worth(state.simulations, in_flight, state.root_value_sum)


def _worth(visits: int, in_flight: int, total: float) -> dict[str, str]:
    known = numbers.count(visits)
    return {
        "visits": tr("{0} + {1} in flight", known, in_flight) if in_flight else known,
        "sum": f"{total:,.2f}",
        "mean": f"{total / visits:.2f}" if visits else numbers.UNKNOWN,
    }
