"""From intents to commands, from replies to the state on the stage. Knows no widget; runs under a QCoreApplication."""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

import msgspec
from PySide6.QtCore import QObject, Signal

from app.run_journal import EventSink, RunJournal
from app.trace_pump import Inbox, TracePump
from engine.acts import AnyAct
from engine.check import check_load, check_setup
from engine.errors import ThinkscopeError
from engine.events import Event, ModelReport, PersonActed, RunPaused, RunResumed
from engine.setup import LoadOptions, RunSetup
from engine.trace.player import TracePlayer
from engine.worker.messages import (
    AnyCommand,
    AnyReply,
    Died,
    Emitted,
    Ended,
    Grain,
    Intervene,
    Load,
    Loaded,
    LoadFailed,
    Loading,
    Pause,
    Pong,
    Ready,
    Refused,
    Resume,
    Start,
    Step,
    Stop,
)
from widgets.translation import later, tr

Activity = Literal["idle", "starting", "running", "paused", "stopping"]
ModelStatus = Literal["none", "loading", "ready", "failed"]
Label = Literal["", "LIVE", "PAUSED", "RECORDED", "SIMULATED"]
CLOSE_SECONDS = 1.0
METERS_WAIT_FRAMES = 3


class Client(Protocol):
    """The part of `WorkerClient` that the controller uses."""

    def start(self) -> None:
        """Starts the worker process."""

    def send(self, command: AnyCommand) -> None:
        """Sends a command to it."""

    def forget_safe_mode(self) -> None:
        """Lets the next load try the normal kernels."""

    def close(self) -> None:
        """Ends it."""


ReplyHandler = Callable[[AnyReply], None]
ClientFactory = Callable[[ReplyHandler], Client]


@dataclass(slots=True)
class ModelState:
    """What is known of the model: asked for, on its way, there, or why not."""

    status: ModelStatus = "none"
    options: LoadOptions | None = None
    report: ModelReport | None = None
    stage: str = ""
    fraction: float = 0.0
    trouble: ThinkscopeError | None = None


@dataclass(slots=True)
class LiveRun:
    """A run of this session, going on or over."""

    run_id: str
    setup: RunSetup
    journal: RunJournal
    player: TracePlayer = field(default_factory=lambda: TracePlayer(follow=True))
    started: bool = False
    paused: bool = False
    stopping: bool = False
    ended: bool = False


class RunController(QObject):
    """Owns the worker client, the live run and the player that is on the stage.

    Args:
        make_client: Makes the client; its replies may come from any thread.
        open_sink: Opens the journal of a run by its id.
    """

    shown_changed = Signal()  # another run is on the stage
    frame_ready = Signal()  # the run on the stage has moved
    meters_ready = Signal()  # and its figures: in a frame of their own, so that no frame is long
    activity_changed = Signal()
    model_changed = Signal()
    trouble_raised = Signal(object)  # ThinkscopeError
    trouble_passed = Signal()
    run_ended = Signal(str)  # run id; its journal is closed
    live_grew = Signal(list)  # new events of the run of this session, whatever is on the stage; once per frame

    def __init__(
        self, make_client: ClientFactory, open_sink: Callable[[str], EventSink], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.model = ModelState()
        self.live: LiveRun | None = None
        self.player = TracePlayer()
        self._recorded_label: Label = ""
        self.pump = TracePump(self._make_frame, self)
        self._open_sink = open_sink
        self._inbox: Inbox[AnyReply | ThinkscopeError] = Inbox(self)
        self._inbox.filled.connect(self.pump.wake)
        self._backlog: deque[AnyReply | ThinkscopeError | Event] = deque()
        self._ended = threading.Event()
        self._client = make_client(self._on_client_reply)
        self._news: list[Event] = []  # what `live_grew` has not told yet
        self._moved = self._owes_stage = False
        self._meters_wait = 0  # frames that the meters have not followed yet

    # What is so

    @property
    def activity(self) -> Activity:
        """What the engine is doing for this window."""
        live = self.live
        if live is None or live.ended:
            return "idle"
        if live.stopping:
            return "stopping"
        if not live.started:
            return "starting"
        return "paused" if live.paused else "running"

    @property
    def playing(self) -> bool:
        """Whether the run on the stage is being replayed."""
        return self.player.playing

    @property
    def label(self) -> Label:
        """Where what is on the stage comes from; nothing for a run of this session that has just ended."""
        start = self.player.state.start
        if start is not None and start.backend == "simulated":
            return "SIMULATED"
        if not self.shows_live:
            return self._recorded_label
        if self.activity != "idle":
            live = "PAUSED" if self.activity == "paused" else "LIVE"
            return live if self.player.follow else "RECORDED"
        return "" if self.player.at_end else "RECORDED"

    @property
    def shows_live(self) -> bool:
        """Whether the run on the stage is the one of this session."""
        return self.live is not None and self.player is self.live.player

    @property
    def can_act(self) -> bool:
        """Whether what is on the stage can be changed: the run of this session, simulated or not, as it is now."""
        return self.shows_live and (self.player.at_end if self.activity == "idle" else self.player.follow)

    @property
    def at_live_edge(self) -> bool:
        """Whether the stage shows the newest event of a run that goes on."""
        return self.shows_live and self.player.follow

    # Intents: the model and the run

    def start(self) -> None:
        """Starts the worker process. That it cannot be started is said as soon as there is a window to say it in."""
        try:
            self._client.start()
        except ThinkscopeError as error:
            self._inbox.put(error)

    def load(self, options: LoadOptions) -> None:
        """Asks for a model; refused in words while a run is going on."""
        if self.activity != "idle":
            self._raise(
                tr("A run is going on."), tr("The model cannot be changed under it."), tr("Stop the run first.")
            )
            return
        if not self._passes(lambda: check_load(options)):
            return
        self.model = ModelState("loading", options)
        self.model_changed.emit()
        self._client.send(Load(options))

    def try_normal_kernels(self) -> None:
        """Loads the model again as if it had never needed safe mode; if it still does, that is found out again."""
        options = self.model.options
        if options is not None and self.activity == "idle":
            self._client.forget_safe_mode()
        if options is not None:
            self.load(msgspec.structs.replace(options, safe_mode=False))

    def run(self, setup: RunSetup, first_step: Grain | None = None) -> None:
        """Starts a run and puts it on the stage.

        Args:
            setup: What to run.
            first_step: It pauses again after a step of that grain.
        """
        if self.activity != "idle" or not self._passes(lambda: check_setup(setup)):
            return
        self.trouble_passed.emit()
        run_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}"
        journal = RunJournal(lambda: self._open_sink(run_id), self._inbox.put)
        self.live = LiveRun(run_id, setup, journal)
        self._ended.clear()
        self._put_on_stage(self.live.player, "LIVE")
        self.player.follow = True
        self.model.options = setup.load  # the engine loads it first where it has another one
        self._client.send(Start(run_id, setup))
        if first_step is not None:
            self._client.send(Step(first_step))
        self.shown_changed.emit()
        self.activity_changed.emit()

    def pause(self) -> None:
        """Holds the run that is going on, or the playing recording."""
        if self.playing:
            self._set_playing(False)
        elif self.activity == "running":
            self._client.send(Pause())

    def resume(self) -> None:
        """Goes on: the live run at its edge, otherwise playing what is recorded."""
        if self.shows_live and self.activity == "paused" and self.player.follow:
            self._client.send(Resume())
        else:
            self._set_playing(True)

    def toggle(self) -> None:
        """Pause or go on, whichever makes sense now."""
        live_moves = self.at_live_edge and self.activity == "running"
        if self.playing or live_moves:
            self.pause()
        else:
            self.resume()

    def step(self, grain: Grain, direction: int = 1) -> None:
        """One step of that grain: of the engine at the live edge, of the recording anywhere else."""
        if direction > 0 and self.at_live_edge and self.activity in ("running", "paused"):
            self._client.send(Step(grain))
            return
        self._set_playing(False)
        self.player.step(grain, direction)
        self._catch_up()
        self._show_now()
        self.activity_changed.emit()

    def step_to_mark(self, direction: int = 1) -> None:
        """To the next thing worth a mark, or back to the one before; a live run is caught up with at its end."""
        if direction > 0 and self.at_live_edge and self.activity in ("running", "paused"):
            return
        self._set_playing(False)
        self.player.step_to_mark(direction)
        if self.shows_live and self.player.at_end and self.activity != "idle":
            self.player.follow = True
        self._catch_up()
        self._show_now()
        self.activity_changed.emit()

    def stop(self) -> None:
        """Ends the run that is going on, or rests a playing recording."""
        if self.activity in ("starting", "running", "paused"):
            assert self.live is not None
            self.live.stopping = True
            self._client.send(Stop())
            self.activity_changed.emit()
        elif self.playing:
            self._set_playing(False)

    def act(self, act: AnyAct) -> None:
        """Changes something about the run of this session; one that has ended is taken up again where that helps.

        Refused in words where the stage shows a recording, or the model has been changed since.
        """
        live = self.live
        if not self.shows_live or live is None or not live.started:
            self._raise(
                tr("A recording cannot be changed."), tr("Its model is not at work."), tr("Run its set-up first.")
            )
            return
        if self.activity not in ("running", "paused", "idle") or self.model.status != "ready":
            self._raise(
                tr("The run cannot be changed now."), tr("The engine is not ready."), tr("Try again in a moment.")
            )
            return
        if live.setup.load.path != (self.model.options.path if self.model.options is not None else ""):
            self._raise(
                tr("The run cannot be taken up again."), tr("Another model was loaded since."), tr("Run it anew.")
            )
            return
        if live.ended:
            live.journal.reopen()
            live.ended = live.stopping = live.paused = False
            self._ended.clear()
        self.player.follow = True
        self._client.send(Intervene(live.run_id, act))
        self.activity_changed.emit()

    # Intents: looking at what was recorded

    def show(self, player: TracePlayer, label: Label, play: bool = True) -> None:
        """Puts a recorded run on the stage; a run that is going on goes on behind it."""
        self._put_on_stage(player, label)
        self.shown_changed.emit()
        self._set_playing(play)
        self._show_now()

    def show_live(self) -> None:
        """Back to the run of this session, at its newest event."""
        if self.live is None:
            return
        changed = not self.shows_live
        self._set_playing(False)
        self._put_on_stage(self.live.player, "LIVE")
        self.player.follow = True
        if changed:
            self.shown_changed.emit()
        self._show_now()

    def seek(self, t: float) -> None:
        """Shows the run as it was at `t` seconds."""
        self.player.seek(t)
        self._catch_up()
        self._show_now()
        self.activity_changed.emit()

    def set_speed(self, speed: float) -> None:
        """How fast a recording plays, 1 being as it was."""
        self.player.speed = speed

    def close(self) -> None:
        """Stops a run in order, saves its journal and ends the worker. Blocks for a second at most."""
        self.pump.stop()
        if self.activity != "idle":
            self._client.send(Stop())
            self._ended.wait(CLOSE_SECONDS)
        self._client.close()
        if self.live is not None:
            self.live.journal.close()

    # Replies, in the reader's thread

    def _on_client_reply(self, reply: AnyReply) -> None:
        if isinstance(reply, Pong | Ready):
            return  # signs of life, for the client; the window is not woken for them
        live = self.live
        if isinstance(reply, Emitted) and live is not None and reply.run_id == live.run_id:
            live.journal.write(reply.events)
        self._inbox.put(reply)
        if isinstance(reply, Ended | Refused | Died):
            self._ended.set()

    # Frames, in the window's thread

    def _make_frame(self, elapsed: float, deadline: float) -> bool:
        self._moved = False
        self._backlog.extend(self._inbox.take())
        while self._backlog and time.perf_counter() < deadline:
            self._take(self._backlog.popleft())
        self._tell_news()
        if self.playing:
            self._moved = True
            self.player.advance(elapsed)
            if not self.playing:
                self._end_of_recording()
        owing = self._show_moved()
        return bool(self._backlog) or owing or self.playing or self.activity in ("running", "stopping")

    def _tell_news(self) -> None:
        if self._news:
            news, self._news = self._news, []
            self.live_grew.emit(news)

    def _show_moved(self) -> bool:
        """Lets the stage follow, or else the meters: they wait for a frame without news, and for three at most."""
        self._owes_stage = self._owes_stage or self._moved
        self._meters_wait += bool(self._moved or self._meters_wait)
        if self._owes_stage and self._meters_wait <= METERS_WAIT_FRAMES:
            self._owes_stage = False
            self.frame_ready.emit()
        elif self._meters_wait:
            self._meters_wait = 0
            self.meters_ready.emit()
        return bool(self._meters_wait) or self._owes_stage

    def _show_now(self) -> None:
        """After a step or a jump of a person's everything follows at once."""
        self._meters_wait, self._owes_stage = 0, False
        self.frame_ready.emit()
        self.meters_ready.emit()

    def _take(self, item: AnyReply | ThinkscopeError | Event) -> None:
        match item:
            case Event():
                self._apply(item)
            case Emitted():
                if self.live is not None and item.run_id == self.live.run_id:
                    self._backlog.extendleft(reversed(item.events))
            case Ended():
                self._end_run(item.run_id)
            case Refused():
                self.trouble_raised.emit(ThinkscopeError(item.what, item.why, item.next_step))
                self._end_run(item.run_id)
            case Died():
                self._survive(item)
            case ThinkscopeError():
                self.trouble_raised.emit(item)
            case _:
                self._take_model_reply(item)

    def _take_model_reply(self, reply: AnyReply) -> None:
        model = self.model
        match reply:
            case Loading():
                model.status, model.stage, model.fraction = "loading", reply.stage, reply.fraction
            case Loaded():
                if model.trouble is not None:  # the engine had died, and is there again
                    self.trouble_passed.emit()
                model.status, model.report, model.trouble = "ready", reply.report, None
            case LoadFailed():
                model.status, model.report = "failed", None
                model.trouble = ThinkscopeError(reply.what, reply.why, reply.next_step)
                self.trouble_raised.emit(model.trouble)
        self.model_changed.emit()

    def _apply(self, event: Event) -> None:
        live = self.live
        if live is None or live.ended:
            return
        before = self.activity
        live.started = True
        live.player.extend([event])
        self._news.append(event)
        match event:
            case RunPaused():
                live.paused = True
            case RunResumed():
                live.paused = False
            case PersonActed(refused=reason) if reason:
                self.trouble_raised.emit(ThinkscopeError(tr("That could not be done."), reason))
        self._moved = self._moved or self.shows_live
        if self.activity != before:
            self.activity_changed.emit()

    def _end_run(self, run_id: str) -> None:
        live = self.live
        if live is None or live.run_id != run_id or live.ended:
            return
        live.ended = True
        live.journal.close()
        self._tell_news()
        self._moved = self._moved or self.shows_live
        self.activity_changed.emit()
        self.run_ended.emit(run_id)

    def _survive(self, died: Died) -> None:
        """The worker is gone. The client has ended the run in an event; what was received stays on the stage."""
        trouble = ThinkscopeError(died.what, died.why, died.next_step)
        status: ModelStatus = "loading" if died.restarting else "failed"
        self.model = ModelState(status, self.model.options, None, later("starting again"), 0.0, trouble)
        self.model_changed.emit()
        # The end of the run that is looked at says it already, in its place on the stage; of a death while loading that
        # is followed by another try the badge tells, and the load report when it has come to a good end.
        if not (died.during == "run" and self.shows_live) and not (died.during == "load" and died.restarting):
            self.trouble_raised.emit(trouble)
        if self.live is not None and not (died.during == "load" and died.restarting):  # else it still waits to begin
            self._end_run(self.live.run_id)

    def _put_on_stage(self, player: TracePlayer, label: Label) -> None:
        self.player.pause()
        speed = self.player.speed
        self.player, self._recorded_label = player, label
        self.player.speed = speed

    def _end_of_recording(self) -> None:
        self._catch_up()
        self.activity_changed.emit()

    def _catch_up(self) -> None:
        """A moment at the newest event of a run that goes on stays at its newest event."""
        if self.shows_live and self.activity != "idle" and self.player.at_end:
            self.player.follow = True

    def _set_playing(self, playing: bool) -> None:
        changed = self.playing != playing
        if playing and self.player.duration:
            self.player.follow = False
            self.player.play()
            self.pump.wake()
        else:
            self.player.pause()
        if changed:
            self.activity_changed.emit()

    def _passes(self, check: Callable[[], None]) -> bool:
        try:
            check()
        except ThinkscopeError as error:
            self.trouble_raised.emit(error)
            return False
        return True

    def _raise(self, what: str, why: str, next_step: str) -> None:
        self.trouble_raised.emit(ThinkscopeError(what, why, next_step))
