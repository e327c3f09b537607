"""The race without a window: turns on one engine, failures that stop nobody else, and one clock for all."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from app.race import Race
from app.run_controller import RunController
from engine.contest.contestant import Contestant
from engine.contest.course import Course
from engine.contest.ready import READY_CONTESTS
from engine.contest.verdict import differences, verdict
from engine.errors import ThinkscopeError
from engine.events import AnyEvent, RunFailed, RunStarted
from engine.setup import Budget, RunSetup
from engine.trace.player import TracePlayer
from engine.worker.messages import Died, Ended, Load, Loaded, LoadFailed, Refused, Start, Stop
from tests.app.fake_client import FakeClient, FakeSink
from tests.sample_run import REPORT
from tests.simulated_runs import make_setup, simulated_events

SHARED = make_setup("direct", budget=Budget(tokens=900))


class Track:
    """A race, its controller, and a client that does what the test says."""

    def __init__(self) -> None:
        self.sinks: dict[str, FakeSink] = {}
        self.controller = RunController(self._make_client, self._open_sink)
        self.race = Race(self.controller)

    def _make_client(self, on_reply: object) -> FakeClient:
        self.client = FakeClient(on_reply)
        return self.client

    def _open_sink(self, run_id: str) -> FakeSink:
        self.sinks[run_id] = FakeSink()
        return self.sinks[run_id]

    @property
    def starts(self) -> list[Start]:
        return [command for command in self.client.commands if isinstance(command, Start)]

    @property
    def statuses(self) -> list[str]:
        return [entry.status for entry in self.race.entries]


def contestant(strategy: str, **settings: int) -> Contestant:
    return Contestant.of(make_setup(strategy, **settings))


def events_of(setup: RunSetup) -> list[AnyEvent]:
    return simulated_events(setup)


@pytest.fixture
def track(qtbot):
    track = Track()
    track.race.set_contestants([contestant("self-consistency", n=3), contestant("best-of-n", n=4)])
    yield track
    track.race.close()
    track.controller.close()


def begin(track: Track, qtbot) -> None:
    track.race.start(SHARED)
    track.client.reply(Loaded(REPORT))
    qtbot.waitUntil(lambda: len(track.starts) == 1)


def run_turn(track: Track, qtbot) -> None:
    """The one whose turn it is runs to its end."""
    turn = len(track.starts)
    track.client.emit(events_of(track.starts[-1].setup), end=True)
    qtbot.waitUntil(lambda: len(track.starts) == turn + 1 or not track.race.going)


def test_contestants_run_in_turns_on_the_shared_question_seed_and_budget(track, qtbot):
    begin(track, qtbot)
    assert track.statuses == ["running", "waiting"]
    run_turn(track, qtbot)
    assert track.statuses == ["ended", "running"]
    run_turn(track, qtbot)
    assert track.statuses == ["ended", "ended"]
    setups = [start.setup for start in track.starts]
    assert [setup.strategy.name for setup in setups] == ["self-consistency", "best-of-n"]
    assert {(s.problem, s.seed, s.budget) for s in setups} == {(SHARED.problem, SHARED.seed, Budget(tokens=900))}


def test_every_run_of_a_race_is_recorded(track, qtbot):
    begin(track, qtbot)
    run_turn(track, qtbot)
    run_turn(track, qtbot)
    assert len(track.sinks) == 2
    assert all(sink.closed and len(sink.events) > 10 for sink in track.sinks.values())


def test_a_contestant_that_cannot_be_run_says_so_and_the_others_go_on(track, qtbot):
    wrong = track.race.entries[0].contestant
    track.race.entries[0].contestant = replace(wrong, sampling=replace(wrong.sampling, temperature=99.0))
    track.race.start(SHARED)
    qtbot.waitUntil(lambda: any(isinstance(command, Load) for command in track.client.commands))
    track.client.reply(Loaded(REPORT))
    qtbot.waitUntil(lambda: len(track.starts) == 1)
    assert track.statuses == ["failed", "running"]
    assert "temperature" in track.race.entries[0].trouble.what
    run_turn(track, qtbot)
    assert track.statuses == ["failed", "ended"]


def test_a_run_that_is_refused_says_why_and_the_next_one_has_its_turn(track, qtbot):
    begin(track, qtbot)
    track.client.reply(Refused(track.client.run_id, "It cannot be run.", "Because.", "Do this."))
    qtbot.waitUntil(lambda: len(track.starts) == 2)
    assert track.statuses == ["failed", "running"]
    assert track.race.entries[0].trouble.what == "It cannot be run."


def test_a_killed_engine_costs_one_turn(track, qtbot):
    begin(track, qtbot)
    run_id, events = track.client.run_id, events_of(track.starts[-1].setup)
    track.client.emit([*events[:30], RunFailed(1.0, "The run ended because the engine process did.", "Killed.", "")])
    track.client.reply(Ended(run_id), Died("The engine process ended unexpectedly.", "Killed.", "", "run", True))
    qtbot.waitUntil(lambda: track.race.entries[1].status == "loading")
    assert track.statuses[0] == "failed"
    track.client.reply(Loaded(REPORT))
    qtbot.waitUntil(lambda: len(track.starts) == 2)
    run_turn(track, qtbot)
    assert track.statuses == ["failed", "ended"]


def test_the_model_of_a_contestant_is_loaded_before_its_turn(track, qtbot):
    track.race.set_contestants([contestant("direct"), contestant("direct").on("/models/other.gguf")])
    begin(track, qtbot)
    run_turn_without_next(track, qtbot)
    qtbot.waitUntil(lambda: track.controller.model.options.path == "/models/other.gguf")
    assert track.statuses == ["ended", "loading"]
    track.client.reply(Loaded(REPORT))
    qtbot.waitUntil(lambda: len(track.starts) == 2)
    assert track.starts[-1].setup.load.path == "/models/other.gguf"
    assert track.starts[-1].setup.strategy == track.starts[0].setup.strategy


def run_turn_without_next(track: Track, qtbot) -> None:
    track.client.emit(events_of(track.starts[-1].setup), end=True)
    qtbot.waitUntil(lambda: "ended" in track.statuses)


def test_a_model_that_cannot_be_loaded_costs_its_turn_only(track, qtbot):
    track.race.set_contestants([contestant("direct").on("/models/broken.gguf"), contestant("direct")])
    track.race.start(SHARED)
    track.client.reply(LoadFailed("“broken.gguf” is empty.", "", "Download it again."))
    qtbot.waitUntil(lambda: track.statuses[0] == "failed")
    assert track.race.entries[0].trouble.next_step == "Download it again."
    qtbot.waitUntil(lambda: track.controller.model.options.path == "simulated")
    track.client.reply(Loaded(REPORT))
    qtbot.waitUntil(lambda: len(track.starts) == 1)


def test_stop_ends_the_run_and_all_that_would_follow(track, qtbot):
    begin(track, qtbot)
    track.client.emit(events_of(track.starts[-1].setup)[:30])
    qtbot.waitUntil(lambda: track.race.entries[0].has_run)
    track.race.stop()
    assert isinstance(track.client.commands[-1], Stop)
    track.client.reply(Ended(track.client.run_id))
    qtbot.waitUntil(lambda: not track.race.going)
    assert track.statuses == ["ended", "left out"]
    assert track.race.entries[0].has_run
    assert len(track.starts) == 1


def test_the_stop_of_the_window_stops_the_whole_race(track, qtbot):
    begin(track, qtbot)
    track.client.emit(events_of(track.starts[-1].setup)[:30])
    qtbot.waitUntil(lambda: track.controller.activity == "running")
    track.controller.stop()
    track.client.reply(Ended(track.client.run_id))
    qtbot.waitUntil(lambda: not track.race.going)
    assert track.statuses == ["ended", "left out"]


def test_a_race_is_stopped_while_a_model_is_loaded(track, qtbot):
    track.race.start(SHARED)
    assert track.statuses == ["loading", "waiting"]
    track.race.stop()
    assert not track.race.going
    track.client.reply(Loaded(REPORT))
    qtbot.waitUntil(lambda: track.controller.model.status == "ready")
    assert track.starts == []


def test_afterwards_one_clock_moves_all_runs_and_each_ends_at_its_own_end(track, qtbot):
    begin(track, qtbot)
    run_turn(track, qtbot)
    run_turn(track, qtbot)
    race, (short, long) = track.race, sorted(track.race.entries, key=lambda entry: entry.player.duration)
    assert race.position == race.duration == long.player.duration
    race.seek(race.duration / 3)
    assert short.state.t <= race.position
    assert long.state.t <= race.position
    assert long.state.ledger.completion_tokens < long.course.cost.tokens
    race.seek(race.duration)
    assert [entry.state.status for entry in race.entries] == ["finished", "finished"]


def test_playing_begins_anew_at_the_end_and_comes_to_rest_there(track, qtbot):
    begin(track, qtbot)
    run_turn(track, qtbot)
    run_turn(track, qtbot)
    race = track.race
    race.set_speed(64.0)
    race.toggle()
    assert race.playing
    assert race.position == 0.0
    qtbot.waitUntil(lambda: not race.playing)
    assert race.position == race.duration


def test_nobody_comes_or_goes_while_a_race_goes_on(track, qtbot):
    begin(track, qtbot)
    track.race.add(contestant("mcts"))
    track.race.remove(0)
    track.race.set_model(1, "/models/other.gguf")
    track.race.set_contestants([])
    assert [entry.contestant.strategy.name for entry in track.race.entries] == ["self-consistency", "best-of-n"]
    assert track.race.entries[1].contestant.load.path == "simulated"


def test_a_contestant_with_another_model_forgets_the_run_of_the_old_one(track, qtbot):
    begin(track, qtbot)
    run_turn(track, qtbot)
    run_turn(track, qtbot)
    track.race.set_model(0, "/models/other.gguf")
    assert track.statuses == ["waiting", "ended"]
    assert not track.race.entries[0].has_run


def test_four_may_take_part_and_no_more(track):
    for _ in range(5):
        track.race.add(contestant("direct"))
    assert len(track.race.entries) == 4


def recorded(setup: RunSetup) -> tuple[TracePlayer, Course]:
    events = simulated_events(setup)
    return TracePlayer(events), Course(events)


def test_recordings_are_compared_and_what_they_do_not_share_is_said(track):
    first, second = make_setup("self-consistency", n=3), make_setup("best-of-n", budget=Budget(tokens=500), n=4)
    track.race.set_recordings([recorded(first), ThinkscopeError("Unreadable."), recorded(second)])
    assert track.statuses == ["ended", "ended"]
    assert track.race.can_play
    assert differences(track.race.entries) == "Not an equal race: budgets differ."
    assert verdict(track.race.entries)


def test_the_cost_at_which_the_final_answer_was_first_picked_is_before_the_end(track):
    events = simulated_events(make_setup("self-consistency", n=8))
    course = Course(events)
    assert course.first_picked is not None
    assert 0 < course.first_picked.tokens <= course.cost.tokens
    assert 0 < course.first_picked.seconds <= course.cost.seconds
    assert course.cost.tokens == Course(iter(events)).cost.tokens


@pytest.mark.parametrize("name", list(READY_CONTESTS))
def test_ready_contests_are_fair_and_can_be_run(name):
    sides = READY_CONTESTS[name].contestants(SHARED)
    setups = [side.setup(SHARED) for side in sides]
    assert len(setups) >= 2
    assert len({repr((s.problem, s.seed, s.budget, s.load, s.sampling)) for s in setups}) == 1
    for setup in setups:
        events = simulated_events(setup)
        assert isinstance(events[0], RunStarted)
        assert Course(events).cost.tokens > 0
