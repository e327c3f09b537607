"""A worker client without a worker: keeps the commands, and replies from another thread when it is told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from engine.events import Event
from engine.worker.messages import AnyCommand, AnyReply, Died, Emitted, Ended, Start


class FakeClient:
    """Stands where `WorkerClient` stands."""

    def __init__(self, on_reply: Callable[[AnyReply], None]) -> None:
        self._on_reply = on_reply
        self.commands: list[AnyCommand] = []
        self.started = False
        self.closed = False
        self.safe_mode_forgotten = False

    def start(self) -> None:
        """Remembers that it was started."""
        self.started = True

    def send(self, command: AnyCommand) -> None:
        """Keeps the command."""
        self.commands.append(command)

    def forget_safe_mode(self) -> None:
        """Remembers that the normal kernels are to be tried."""
        self.safe_mode_forgotten = True

    def close(self) -> None:
        """Remembers that it was closed."""
        self.closed = True

    @property
    def run_id(self) -> str:
        """The id of the newest run that was asked for."""
        return next(c.run_id for c in reversed(self.commands) if isinstance(c, Start))

    def reply(self, *replies: AnyReply) -> None:
        """Sends replies as the real client does: from a thread that is not the window's."""
        thread = threading.Thread(target=lambda: [self._on_reply(reply) for reply in replies])
        thread.start()
        thread.join()

    def emit(self, events: Sequence[Event], end: bool = False) -> None:
        """Sends events of the newest run, and its end."""
        self.reply(Emitted(self.run_id, list(events)))
        if end:
            self.reply(Ended(self.run_id))

    def die(self, during: str = "run") -> None:
        """Says what the real client says when its process was killed, without the end of the run."""
        self.reply(
            Died("The engine process ended unexpectedly.", "It was killed.", "It is starting again.", during, True)
        )


class FakeSink:
    """A journal in memory; `full` makes every write fail as a full disk does."""

    def __init__(self, full: bool = False) -> None:
        self.events: list[Event] = []
        self.closed = False
        self.full = full

    def write(self, events: Sequence[Event]) -> None:
        """Keeps the events, or fails."""
        if self.full:
            raise OSError(28, "No space left on device")
        self.events.extend(events)

    def close(self) -> None:
        """Remembers that it was closed."""
        self.closed = True

    def reopen(self) -> None:
        """Takes events again."""
        self.closed = False
