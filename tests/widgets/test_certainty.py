"""When the majority was certain, on the lanes and in words; and why others were stopped."""

from __future__ import annotations

from msgspec.structs import replace
from pytestqt.qtbot import QtBot

from engine.events import AnyEvent, BudgetSpent, CandidateFinished, RunFailed
from engine.setup import Budget, StrategyChoice
from engine.trace.fold import RunState, fold
from tests import sample_run
from tests.simulated_runs import make_setup, simulate
from widgets.models.candidate_words import missing_answer, stop_words
from widgets.models.certainty import vote_certainty
from widgets.stage.candidate_lanes import CandidateLanesView
from widgets.stage.lane_grid import Density
from widgets.stage.vote_bars import vote_sentence


def run_with(*answers: str) -> list[AnyEvent]:
    """A run of as many candidates; they arrive in order, with these answers."""
    events = sample_run.events(len(answers))
    setup = events[0].setup
    strategy = StrategyChoice("self-consistency", {"n": len(answers)})
    events[0] = replace(events[0], setup=replace(setup, strategy=strategy))
    waiting = iter(answers)
    return [
        replace(event, answer=(said := next(waiting)), vote=said) if isinstance(event, CandidateFinished) else event
        for event in events
    ]


def test_the_majority_is_certain_when_all_that_may_come_cannot_change_it() -> None:
    found = vote_certainty(fold(run_with("7", "7", "8", "7", "8")))
    assert found is not None
    assert (found.place, found.total) == (4, 5)
    assert found.words == "Certain after 4 of 5."


def test_it_may_be_certain_only_with_the_last_and_never_where_two_are_level() -> None:
    last = vote_certainty(fold(run_with("7", "8", "7")))
    assert last is not None
    assert last.words == "Certain only with the last of 3."
    assert vote_certainty(fold(run_with("7", "8", "8", "7"))) is None
    assert vote_certainty(fold(run_with("7", "7"))) is None


def test_nothing_is_certain_before_the_votes_are_there() -> None:
    run = run_with("7", "7", "8", "7", "8")
    arrivals = [i for i, event in enumerate(run) if isinstance(event, CandidateFinished)]
    assert vote_certainty(fold(run[: arrivals[3]])) is None
    assert vote_certainty(fold(run[: arrivals[3] + 1])) is not None
    assert vote_certainty(RunState()) is None


def test_the_votes_say_when_it_was_certain() -> None:
    assert "Certain after 4 of 5." in vote_sentence(fold(run_with("7", "7", "8", "7", "8")))


def lanes_of(qtbot: QtBot, state: RunState, width: int, height: int) -> CandidateLanesView:
    lanes = CandidateLanesView()
    qtbot.addWidget(lanes)
    lanes.resize(width, height)
    lanes.show()
    lanes.set_state(state)
    lanes.finish_rendering()
    return lanes


def test_the_lane_that_made_it_certain_is_marked_in_every_form(qtbot: QtBot) -> None:
    seen: set[Density] = set()
    for count, width, height in ((5, 1000, 700), (40, 800, 500), (200, 700, 400)):
        state = fold(run_with(*["7"] * count))
        found = vote_certainty(state)
        assert found is not None
        lanes = lanes_of(qtbot, state, width, height)
        seen.add(lanes.density)
        marked = lanes._lanes[found.candidate]
        with_mark = marked.pixmap.toImage()
        assert marked.style.certain == found.candidate
        marked._style = None
        lanes._certain = None
        lanes._renew_style()
        lanes.finish_rendering()
        assert marked.pixmap.toImage() != with_mark
    assert len(seen) >= 2


def test_the_mark_comes_with_the_arrival_that_decides_and_goes_when_the_replay_goes_back(qtbot: QtBot) -> None:
    run = run_with("7", "7", "8", "7", "8")
    state = RunState()
    lanes = lanes_of(qtbot, state, 900, 600)
    for event in run:
        state.apply(event)
        lanes.refresh(set(state.changed))
        state.changed.clear()
    found = vote_certainty(state)
    assert found is not None
    assert lanes._style is not None
    assert lanes._style.certain == found.candidate
    lanes.set_state(fold(run[: len(run) // 2]))
    assert lanes._style.certain is None


def test_a_stopped_candidate_says_why() -> None:
    run = run_with("7", "7", "8", "7", "8")
    half = run[: len(run) // 2]
    assert stop_words(fold([*half, RunFailed(9.0, "The model is gone.", "", "")])) == "stopped: the run failed"
    assert stop_words(fold([*half, BudgetSpent(9.0, "tokens", 10, 12)])) == "stopped: the budget is spent"
    by_hand = simulate(make_setup("self-consistency", (), n=4), steps=4)
    stopped = next(c for c in by_hand.candidates.values() if c.status == "stopped")
    assert missing_answer(stopped, stop_words(by_hand)) == "stopped by hand"
    spent = simulate(make_setup("self-consistency", (), Budget(tokens=12), n=4))
    stopped = next(c for c in spent.candidates.values() if c.status == "stopped")
    assert missing_answer(stopped, stop_words(spent)) == "stopped: the budget is spent"
