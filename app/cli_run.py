"""One run on the command line: the worker's replies in, events to the screen and the recording, a status out."""

from __future__ import annotations

import contextlib
import queue
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from app.cli_errors import say_error
from app.cli_screens import Screen
from engine.errors import BadInputError, EngineError, ModelError, ThinkscopeError
from engine.events import AnyEvent, Event
from engine.setup import RunSetup
from engine.trace.fold import RunState
from engine.trace.snapshots import apply_recorded
from engine.worker.client import WorkerClient
from engine.worker.messages import (
    AnyReply,
    Died,
    Emitted,
    Ended,
    Load,
    Loaded,
    LoadFailed,
    Loading,
    Refused,
    Start,
    Stop,
)

FRAME_SECONDS = 0.08
INTERRUPTED = 130


class Sink(Protocol):
    """Where events are kept."""

    def append(self, events: list[AnyEvent]) -> None:
        """Keeps events."""


@dataclass(slots=True)
class CommandLineRun:
    """Carries out one run and returns its exit status.

    Ctrl+C stops the run and keeps what there is; a second one leaves at once.
    """

    setup: RunSetup
    screen: Screen
    make_client: Callable[[Callable[[AnyReply], None]], WorkerClient]
    sink: Sink | None = None
    run_id: str = field(default_factory=lambda: f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}")
    state: RunState = field(default_factory=RunState)
    _inbox: queue.SimpleQueue[AnyReply] = field(default_factory=queue.SimpleQueue)
    _started: bool = False
    _over: bool = False
    _interrupts: int = 0
    _stopping: bool = False
    _leaving: bool = False
    _error: ThinkscopeError | None = None

    def execute(self) -> int:
        """Loads the model, runs, shows, and returns 0, 2, 3 or 130 (interrupted)."""
        client = self.make_client(self._inbox.put)
        with interrupts_go_to(self._count_interrupt):
            try:
                client.start()
                client.send(Load(self.setup.load))
                while not self._over:
                    self._turn(client)
            except KeyboardInterrupt:
                pass
            finally:
                self._leaving = True
                client.close()
            return self._conclude()

    def _count_interrupt(self) -> None:
        """Called by a signal: it only counts, so that no event is lost half-way; the second one leaves at once."""
        self._interrupts += 1
        if self._interrupts > 1 and not self._leaving:
            raise KeyboardInterrupt

    def _turn(self, client: WorkerClient) -> None:
        """One frame's worth of replies; Ctrl+C becomes a Stop, or the end when nothing runs yet."""
        self._collect(client, time.monotonic() + FRAME_SECONDS)
        self.screen.refresh(self.state)
        if self._interrupts and not self._stopping:
            self._stopping = True
            self._over = self._over or not self._started
            self.screen.say("stopping")
            client.send(Stop())

    def _collect(self, client: WorkerClient, until: float) -> None:
        while not self._over and (left := until - time.monotonic()) > 0:
            try:
                reply = self._inbox.get(timeout=left)
            except queue.Empty:
                return
            self._take(reply, client)

    def _take(self, reply: AnyReply, client: WorkerClient) -> None:
        match reply:
            case Loading():
                if not self._started and reply.stage:
                    self.screen.say(reply.stage)
            case Loaded():
                if not self._started:
                    self._started = True
                    client.send(Start(self.run_id, self.setup))
            case LoadFailed():
                self._fail(ModelError(reply.what, reply.why, reply.next_step))
            case Refused(run_id=self.run_id):
                self._fail(BadInputError(reply.what, reply.why, reply.next_step))
            case Emitted(run_id=self.run_id):
                self._apply(reply.events)
            case Ended(run_id=self.run_id):
                self._over = True
            case Died():
                self._survive(reply)
            case _:
                pass

    def _apply(self, events: list[AnyEvent]) -> None:
        self._record(events)
        for event in events:
            self.state.apply(event)
            self.screen.take(event, self.state)

    def _record(self, events: list[AnyEvent]) -> None:
        """A disk that is full costs the recording, not the run."""
        if self.sink is None:
            return
        try:
            self.sink.append(events)
        except ThinkscopeError as error:
            self.sink = None
            say_error(error)

    def _survive(self, died: Died) -> None:
        """A death in the run has ended the run already; one before it is waited out while the client tries again."""
        error = EngineError(died.what, died.why, died.next_step)
        if self._started or not died.restarting:
            self._fail(error)
        else:
            self.screen.say(str(error))

    def _fail(self, error: ThinkscopeError) -> None:
        self._error, self._over = error, True

    def _conclude(self) -> int:
        self.screen.finish(self.state)
        if self._error is not None:
            say_error(self._error)
            return self._error.exit_status
        if self.state.failure is not None:
            failure = self.state.failure
            say_error(EngineError(failure.what, failure.why, failure.next_step))
            return EngineError.exit_status
        return INTERRUPTED if self._interrupts else 0


@contextlib.contextmanager
def interrupts_go_to(handler: Callable[[], None]) -> Iterator[None]:
    """Ctrl+C, and being asked to end by the system or a closed terminal, call `handler` while this lasts."""
    asked = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
    before = {number: signal.signal(number, lambda *_: handler()) for number in asked}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def play(events: list[Event], screen: Screen, speed: float) -> RunState:
    """Shows recorded events at `speed` times their own pace; Ctrl+C goes to the end of what was shown.

    Raises:
        BadInputError: The events contradict each other.
    """
    state = RunState()
    began, shown = time.monotonic(), 0
    try:
        while shown < len(events):
            now = (time.monotonic() - began) * speed
            while shown < len(events) and events[shown].t <= now:
                apply_recorded(state, events[shown : shown + 1])
                screen.take(events[shown], state)
                shown += 1
            screen.refresh(state)
            if shown < len(events):
                time.sleep(min(FRAME_SECONDS, max(0.0, (events[shown].t - now) / speed)))
    except KeyboardInterrupt:
        pass
    screen.finish(state)
    return state
