"""What selection compares, read from the events, is what the search itself compared."""

from __future__ import annotations

import dataclasses
import math

import pytest

from engine.events import AnyEvent, StrategyMoved
from engine.inference.simulated_backend import SimulatedBackend
from engine.moves import PathSelected, SimulationAbandoned
from engine.run import Run
from engine.setup import Value
from engine.trace.fold import RunState, fold
from engine.trace.standings import standings_of
from tests.engine.simulated_world import small_setup


def search_events(name: str = "mcts", seed: int = 1, **settings: Value) -> list[AnyEvent]:
    events: list[AnyEvent] = []
    setup = small_setup(name, ("arithmetic",), seed, **settings)
    run = Run("run", setup, SimulatedBackend(), events.append)
    while not run.finished:
        run.step()
    return events


@pytest.mark.parametrize("select", ["uct", "puct"])
@pytest.mark.parametrize("back_up", ["mean", "max"])
@pytest.mark.parametrize("choose", ["value", "visits"])
@pytest.mark.parametrize("seed", range(3))
def test_the_thought_that_would_be_chosen_is_the_one_that_the_search_chooses(
    select: str, back_up: str, choose: str, seed: int
) -> None:
    """With one simulation at a time nothing else moves between the moment before and the choice."""
    events = search_events(
        seed=seed, select=select, back_up=back_up, choose=choose, simulations=40, at_once=1, exploration=0.9
    )
    state, compared = RunState(), 0
    for event in events:
        if isinstance(event, StrategyMoved) and isinstance(event.move, PathSelected):
            for node in event.move.path[event.move.entered :]:
                standings = standings_of(state, node)
                assert standings is not None
                assert standings.chosen == node
                compared += len(standings.rows) > 1
        state.apply(event)
    assert compared > 4


def test_another_constant_chooses_another_thought() -> None:
    """At c = 0 the best value wins; a large c prefers what was visited least."""
    state = RunState().apply_all(search_events(simulations=24, at_once=1, choose="visits"))
    many = [c.id for c in state.candidates.values() if c.merged_into is None and c.purpose == "step"]
    for node in many:
        greedy, curious = standings_of(state, node, exploration=0.0), standings_of(state, node, exploration=1e6)
        assert greedy is not None
        assert curious is not None
        rows = [row for row in greedy.rows if row.is_open]
        if rows and all(row.visits for row in rows):
            best = next(row for row in rows if row.candidate == greedy.chosen)
            assert best.quality == max(row.quality for row in rows)
            rarest = next(row for row in rows if row.candidate == curious.chosen)
            assert rarest.visits == min(row.visits for row in rows)


def test_priors_add_up_to_one_and_an_unvisited_thought_has_an_infinite_merit() -> None:
    state = RunState()
    for event in search_events(simulations=12):
        state.apply(event)
        for node in list(state.candidates)[-1:]:
            standings = standings_of(state, node)
            if standings is not None and standings.rows:
                assert math.isclose(sum(row.prior for row in standings.rows), 1)
                assert all(math.isinf(row.merit) for row in standings.rows if not row.visits + row.in_flight)


def test_other_runs_have_no_standings() -> None:
    state = RunState().apply_all(search_events("beam-search"))
    assert all(standings_of(state, node) is None for node in state.candidates)
    assert standings_of(RunState(), 0) is None


def test_a_recording_that_gives_up_what_was_never_begun_is_still_compared() -> None:
    events: list[AnyEvent] = []
    for event in search_events(simulations=10):
        events.append(event)
        if isinstance(event, StrategyMoved) and isinstance(event.move, PathSelected):
            events += [StrategyMoved(event.t, SimulationAbandoned(event.move.simulation, event.move.path))] * 3
    state = fold(events)
    assert all(candidate.in_flight >= 0 for candidate in state.candidates.values())
    assert standings_of(state, 0) is not None


def test_a_search_whose_settings_are_not_known_here_is_not_compared() -> None:
    state = fold(search_events(simulations=10))
    for settings in ({"from the future": 1}, {"simulations": float("nan")}):
        assert standings_of(dataclasses.replace(state, settings=settings), 0) is None
