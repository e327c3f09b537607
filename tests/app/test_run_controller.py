"""The controller without a window: intents become commands, replies become state and journal."""

from __future__ import annotations

import threading

import pytest
from msgspec.structs import replace

from app.run_controller import RunController
from engine.acts import AddSimulations
from engine.errors import EngineError
from engine.events import PersonActed, RunFailed, RunPaused, RunResumed
from engine.setup import LoadOptions
from engine.trace.fold import fold
from engine.trace.player import TracePlayer
from engine.worker.messages import (
    Emitted,
    Ended,
    Intervene,
    Load,
    Loaded,
    LoadFailed,
    Loading,
    Pause,
    Refused,
    Resume,
    Start,
    Step,
    Stop,
)
from tests import sample_run
from tests.app.fake_client import FakeClient, FakeSink


class Bench:
    """A controller with everything around it faked."""

    def __init__(self, full: bool = False) -> None:
        self.sinks: dict[str, FakeSink] = {}
        self.full = full
        self.client: FakeClient | None = None
        self.controller = RunController(self._make_client, self._open_sink)
        self.troubles: list[Exception] = []
        self.frames = 0
        self.controller.trouble_raised.connect(self.troubles.append)
        self.controller.frame_ready.connect(self._count)

    def _count(self) -> None:
        self.frames += 1

    def _make_client(self, on_reply: object) -> FakeClient:
        self.client = FakeClient(on_reply)
        return self.client

    def _open_sink(self, run_id: str) -> FakeSink:
        self.sinks[run_id] = FakeSink(self.full)
        return self.sinks[run_id]

    @property
    def sink(self) -> FakeSink:
        return self.sinks[self.client.run_id]


@pytest.fixture
def bench(qapp):
    bench = Bench()
    yield bench
    bench.controller.close()


EVENTS = sample_run.events(4)
REAL = [replace(EVENTS[0], backend="llama.cpp"), *EVENTS[1:]]


def start_and_emit(bench: Bench, qtbot, count: int) -> None:
    bench.controller.run(sample_run.setup(4))
    bench.client.emit(EVENTS[:count])
    qtbot.waitUntil(lambda: bench.controller.player.state.events == count)


def test_a_run_is_started_with_its_set_up_and_put_on_the_stage(bench):
    bench.controller.run(sample_run.setup(4))
    (command,) = bench.client.commands
    assert isinstance(command, Start)
    assert command.setup == sample_run.setup(4)
    assert bench.controller.activity == "starting"
    assert bench.controller.label == "LIVE"
    assert bench.controller.shows_live


def test_events_from_another_thread_reach_the_state_and_the_journal_in_order(bench, qtbot):
    bench.controller.run(sample_run.setup(4))
    for event in EVENTS:
        bench.client.emit([event])
    bench.client.reply(Ended(bench.client.run_id))
    qtbot.waitUntil(lambda: bench.controller.activity == "idle")
    assert bench.controller.player.state.answer == fold(EVENTS).answer
    assert bench.sink.events == EVENTS
    assert bench.sink.closed


def test_many_events_between_two_frames_give_one_frame(bench, qtbot):
    bench.controller.run(sample_run.setup(4))
    for event in EVENTS[:40]:
        bench.client.emit([event])
    qtbot.waitUntil(lambda: bench.controller.player.state.events == 40)
    assert bench.frames <= 2


def test_events_of_another_run_are_passed_over(bench, qtbot):
    start_and_emit(bench, qtbot, 10)
    bench.client.reply(Emitted("an older run", EVENTS[10:20]))
    bench.client.emit(EVENTS[10:12])
    qtbot.waitUntil(lambda: bench.controller.player.state.events == 12)
    assert bench.sink.events == EVENTS[:12]


def test_a_worker_that_dies_leaves_every_event_and_says_why(bench, qtbot):
    start_and_emit(bench, qtbot, 30)
    run_id = bench.client.run_id
    bench.client.emit([*EVENTS[30:33], RunFailed(1.0, "The run ended.", "It was killed.", "")])
    bench.client.reply(Ended(run_id))
    bench.client.die()
    qtbot.waitUntil(lambda: bench.controller.model.status == "loading")
    state = bench.controller.player.state
    assert state.events == 34
    assert state.status == "failed"
    assert bench.sink.events[:33] == EVENTS[:33]
    assert bench.sink.closed
    assert bench.controller.activity == "idle"
    assert bench.controller.model.status == "loading"


def test_a_death_without_an_end_ends_the_run_all_the_same(bench, qtbot):
    start_and_emit(bench, qtbot, 30)
    bench.client.die()
    qtbot.waitUntil(lambda: bench.controller.activity == "idle")
    assert bench.controller.player.state.events == 30
    assert bench.sink.closed


def test_a_full_disk_is_reported_once_and_the_run_goes_on(qapp, qtbot):
    bench = Bench(full=True)
    start_and_emit(bench, qtbot, 20)
    bench.client.emit(EVENTS[20:], end=True)
    qtbot.waitUntil(lambda: bench.controller.activity == "idle")
    assert len(bench.troubles) == 1
    assert "No space left" in str(bench.troubles[0])
    assert bench.controller.player.state.status == "finished"
    bench.controller.close()


def test_a_folder_that_cannot_be_written_does_not_keep_a_run_from_starting(qapp, qtbot):
    bench = Bench()

    def refuse(run_id: str) -> FakeSink:
        raise PermissionError(13, "Permission denied")

    bench.controller._open_sink = refuse
    start_and_emit(bench, qtbot, 20)
    assert len(bench.troubles) == 1
    bench.controller.close()


def test_pause_and_resume_follow_what_the_worker_says(bench, qtbot):
    start_and_emit(bench, qtbot, 30)
    bench.controller.toggle()
    assert isinstance(bench.client.commands[-1], Pause)
    assert bench.controller.activity == "running"
    bench.client.emit([RunPaused(1.0)])
    qtbot.waitUntil(lambda: bench.controller.activity == "paused")
    bench.controller.toggle()
    assert isinstance(bench.client.commands[-1], Resume)
    bench.client.emit([RunResumed(1.0)])
    qtbot.waitUntil(lambda: bench.controller.activity == "running")


def test_no_frames_are_made_while_a_run_is_paused(bench, qtbot):
    start_and_emit(bench, qtbot, 30)
    bench.client.emit([RunPaused(1.0)])
    qtbot.waitUntil(lambda: not bench.controller.pump.running)
    assert bench.controller.activity == "paused"


def test_no_timer_runs_at_rest(bench, qtbot):
    start_and_emit(bench, qtbot, 30)
    bench.client.emit(EVENTS[30:], end=True)
    qtbot.waitUntil(lambda: bench.controller.activity == "idle")
    qtbot.waitUntil(lambda: not bench.controller.pump.running)


def test_a_step_at_the_live_edge_is_one_of_the_engine(bench, qtbot):
    start_and_emit(bench, qtbot, 30)
    bench.controller.step("thought")
    assert bench.client.commands[-1] == Step("thought")


def test_a_step_back_moves_the_view_and_leaves_the_engine_alone(bench, qtbot):
    start_and_emit(bench, qtbot, 30)
    sent = len(bench.client.commands)
    bench.controller.step("token", -1)
    assert len(bench.client.commands) == sent
    assert bench.controller.player.state.events < 30
    assert not bench.controller.at_live_edge


def test_scrubbing_back_holds_the_view_while_the_run_goes_on(bench, qtbot):
    start_and_emit(bench, qtbot, 30)
    bench.controller.seek(0.0)
    before = bench.controller.player.state.events
    bench.client.emit(EVENTS[30:40])
    qtbot.waitUntil(lambda: len(bench.controller.player) == 40)
    assert bench.controller.player.state.events == before
    bench.controller.show_live()
    assert bench.controller.player.state.events == 40
    assert bench.controller.at_live_edge


def test_a_recording_can_be_looked_at_while_a_run_goes_on(bench, qtbot):
    start_and_emit(bench, qtbot, 30)
    bench.controller.show(TracePlayer(REAL), "RECORDED", play=False)
    bench.client.emit(EVENTS[30:], end=True)
    qtbot.waitUntil(lambda: bench.controller.activity == "idle")
    assert not bench.controller.shows_live
    assert bench.sink.events == EVENTS
    bench.controller.show_live()
    assert bench.controller.player.state.status == "finished"


def test_what_is_not_live_is_never_called_live(bench, qtbot):
    bench.controller.run(sample_run.setup(4))
    bench.client.emit(REAL[:30])
    qtbot.waitUntil(lambda: bench.controller.player.state.events == 30)
    assert bench.controller.label == "LIVE"
    bench.controller.seek(0.0)
    assert bench.controller.label == "RECORDED"
    bench.controller.show_live()
    bench.client.emit(REAL[30:], end=True)
    qtbot.waitUntil(lambda: bench.controller.activity == "idle")
    assert bench.controller.label == ""


def test_a_simulated_run_is_labelled_so(bench, qtbot):
    start_and_emit(bench, qtbot, 30)
    assert bench.controller.label == "SIMULATED"


def test_a_recording_plays_to_its_end_and_rests(bench, qtbot):
    player = TracePlayer(EVENTS)
    bench.controller.set_speed(1000.0)
    bench.controller.show(player, "RECORDED")
    assert bench.controller.playing
    qtbot.waitUntil(lambda: not bench.controller.playing)
    assert player.state.status == "finished"
    qtbot.waitUntil(lambda: not bench.controller.pump.running)


def test_stop_is_sent_at_once_and_only_once(bench, qtbot):
    start_and_emit(bench, qtbot, 30)
    bench.controller.stop()
    bench.controller.stop()
    assert [c for c in bench.client.commands if isinstance(c, Stop)] == [Stop()]
    assert bench.controller.activity == "stopping"


def test_a_second_run_waits_for_the_first_to_end(bench, qtbot):
    start_and_emit(bench, qtbot, 30)
    bench.controller.run(sample_run.setup(4))
    assert sum(isinstance(c, Start) for c in bench.client.commands) == 1


def test_a_refused_run_says_why_and_leaves_the_window_ready(bench, qtbot):
    bench.controller.run(sample_run.setup(4))
    bench.client.reply(Refused(bench.client.run_id, "The prompt is longer than the context.", "", "Shorten it."))
    qtbot.waitUntil(lambda: bool(bench.troubles))
    assert "Shorten it." in str(bench.troubles[0])
    assert bench.controller.activity == "idle"


def test_the_model_goes_from_loading_to_ready(bench, qtbot):
    bench.controller.load(LoadOptions("model.gguf"))
    assert isinstance(bench.client.commands[-1], Load)
    bench.client.reply(Loading("reading", 0.4))
    qtbot.waitUntil(lambda: bench.controller.model.fraction == 0.4)
    bench.client.reply(Loaded(sample_run.REPORT))
    qtbot.waitUntil(lambda: bench.controller.model.status == "ready")
    assert bench.controller.model.report == sample_run.REPORT


def test_a_model_that_cannot_be_loaded_is_explained(bench, qtbot):
    bench.controller.load(LoadOptions("model.gguf"))
    bench.client.reply(LoadFailed("It is empty.", "", "Download it again."))
    qtbot.waitUntil(lambda: bench.controller.model.status == "failed")
    assert "Download it again." in str(bench.troubles[0])


def test_closing_during_a_run_stops_it_and_closes_its_journal(qapp, qtbot):
    bench = Bench()
    start_and_emit(bench, qtbot, 30)

    def end_when_stopped() -> None:
        while not any(isinstance(c, Stop) for c in bench.client.commands):
            pass
        bench.client._on_reply(Emitted(bench.client.run_id, EVENTS[30:35]))
        bench.client._on_reply(Ended(bench.client.run_id))

    worker = threading.Thread(target=end_when_stopped)
    worker.start()
    bench.controller.close()
    worker.join()
    assert bench.sink.events == EVENTS[:35]
    assert bench.sink.closed
    assert bench.client.closed


def test_an_engine_that_cannot_be_started_is_said_in_words(bench, qtbot, monkeypatch):
    def refuse() -> None:
        raise EngineError("The engine process could not be started.", "Too many open files.", "Close other programs.")

    monkeypatch.setattr(bench.client, "start", refuse)
    bench.controller.start()
    qtbot.waitUntil(lambda: bool(bench.troubles))
    assert "Too many open files" in str(bench.troubles[0])


def ready(bench: Bench, qtbot) -> None:
    options = sample_run.setup(4).load
    bench.controller.load(options)
    bench.client.reply(Loaded(sample_run.REPORT))
    qtbot.waitUntil(lambda: bench.controller.model.status == "ready")


def test_a_change_to_the_run_is_handed_to_the_engine(bench, qtbot):
    ready(bench, qtbot)
    start_and_emit(bench, qtbot, 6)
    bench.controller.act(AddSimulations(16))
    assert bench.client.commands[-1] == Intervene(bench.client.run_id, AddSimulations(16))


def test_a_run_that_has_ended_is_taken_up_again_and_recorded_further(bench, qtbot):
    ready(bench, qtbot)
    start_and_emit(bench, qtbot, len(EVENTS))
    bench.client.reply(Ended(bench.client.run_id))
    qtbot.waitUntil(lambda: bench.controller.activity == "idle")
    assert bench.sink.closed
    bench.controller.act(AddSimulations(16))
    assert bench.controller.activity == "running"
    more = PersonActed(EVENTS[-1].t, AddSimulations(16))
    bench.client.emit([more], end=True)
    qtbot.waitUntil(lambda: bench.controller.activity == "idle")
    assert bench.sink.events[-1] == more
    assert bench.sink.closed


def test_a_run_that_is_not_there_any_more_is_refused_in_words(bench, qtbot):
    ready(bench, qtbot)
    start_and_emit(bench, qtbot, len(EVENTS))
    bench.client.reply(Ended(bench.client.run_id))
    qtbot.waitUntil(lambda: bench.controller.activity == "idle")
    bench.controller.act(AddSimulations(16))
    bench.client.reply(Refused(bench.client.run_id, "The run cannot be taken up again.", "", ""))
    qtbot.waitUntil(lambda: bench.controller.activity == "idle")
    assert str(bench.troubles[-1]).startswith("The run cannot be taken up again.")


def test_a_recording_cannot_be_changed(bench):
    bench.controller.show(TracePlayer(REAL), "RECORDED", False)
    bench.controller.act(AddSimulations(16))
    assert not any(isinstance(command, Intervene) for command in bench.client.commands)
    assert "recording" in str(bench.troubles[-1])
