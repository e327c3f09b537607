"""The worker process: holds the model, carries out commands, says what happens. Started by `WorkerClient`."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import threading
import time
import traceback
from typing import IO

from engine.error_log import in_words
from engine.events import AnyEvent
from engine.inference.backend import Backend
from engine.inference.llama.backend import LlamaBackend
from engine.inference.llama.model import gpu_supported
from engine.inference.llama.reward_backend import RewardBackend
from engine.inference.simulated_backend import SimulatedBackend
from engine.run import Run
from engine.setup import SIMULATED, LoadOptions
from engine.verifiers.math_process import shared_math_process
from engine.verifiers.sandbox import shared_sandbox
from engine.worker.channel import Reader, Writer
from engine.worker.messages import (
    AnyCommand,
    Emitted,
    Ended,
    Intervene,
    Load,
    Loaded,
    LoadFailed,
    Loading,
    Pause,
    Ping,
    Pong,
    Ready,
    Refused,
    Resume,
    Shutdown,
    Start,
    Step,
    Stop,
)
from engine.worker.other_models import OtherModels

PROGRESS_SECONDS = 0.05
CRASH_VARIABLE = "THINKSCOPE_CRASH_IN_PROBE"  # for tests and demonstrations of the fall-back to safe mode


class Worker:
    """Carries out commands one after the other; while a run goes on, one engine step between any two looks at them.

    `Stop` and `Ping` are also seen by the reader thread at once: the one has to reach into a decode or a program that
    a verifier runs, the other has to be answered during one.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._commands: queue.SimpleQueue[AnyCommand] = queue.SimpleQueue()
        self._backend: Backend | None = None
        self._others = OtherModels(self._load_other, self._load_reward)
        self._loaded: LoadOptions | None = None
        self._run: Run | None = None
        self._ended: Run | None = None  # the last one, which may be taken up again
        self._events: list[AnyEvent] = []
        self._progress_at = 0.0
        self._safe = False

    def receive(self, command: AnyCommand) -> None:
        """Takes a command; called from the reader thread."""
        if isinstance(command, Ping):
            self._writer.send(Pong(command.number))
            return
        backend = self._backend
        if isinstance(command, Stop | Shutdown):
            shared_sandbox().interrupt()
            shared_math_process().interrupt()
            if backend is not None:
                backend.abort()
                self._others.abort()
        self._commands.put(command)

    def work(self) -> None:
        """Works until `Shutdown`."""
        while True:
            command = self._next_command()
            if isinstance(command, Shutdown):
                break
            if command is not None:
                self._carry_out(command)
            elif self._run is not None:
                self._advance(self._run)
        shared_sandbox().close()
        shared_math_process().close()
        self._unload()

    def _next_command(self) -> AnyCommand | None:
        """The next command; None when there is none and a run can go on meanwhile."""
        busy = self._run is not None and not self._run.paused
        try:
            return self._commands.get(block=not busy)
        except queue.Empty:
            return None

    def _carry_out(self, command: AnyCommand) -> None:
        match command:
            case Load():
                self._stop()
                self._load(command)
            case Start():
                self._stop()
                self._start(command)
            case Stop():
                self._stop()
            case Pause() if self._run is not None:
                self._run.pause()
            case Resume() if self._run is not None:
                self._run.resume()
            case Step() if self._run is not None:
                self._run.step_once(command.grain)
            case Intervene():
                self._intervene(command)
            case _:
                pass
        self._flush()

    def _load(self, command: Load) -> bool:
        self._unload()
        self._safe = command.options.safe_mode
        try:
            self._backend = self._open(command)
        except Exception as raised:
            error = in_words(raised)
            self._writer.send(LoadFailed(error.what, error.why, error.next_step))
            return False
        self._loaded = command.options
        self._writer.send(Loaded(self._backend.report))
        return True

    def _open(self, command: Load) -> Backend:
        if command.options.path == SIMULATED:
            return SimulatedBackend()
        return LlamaBackend(command.options, command.safe_mode_reason, self._report_progress)

    def _load_other(self, options: LoadOptions) -> Backend:
        """A judge's model, which may crash in its probe decode as any other. Then the run's own is ready again."""
        try:
            return self._open(Load(options))
        finally:
            self._tell_loaded()

    def _load_reward(self, options: LoadOptions) -> RewardBackend:
        try:
            return RewardBackend(options, "", self._report_progress)
        finally:
            self._tell_loaded()

    def _tell_loaded(self) -> None:
        if self._backend is not None:
            self._writer.send(Loaded(self._backend.report))

    def _unload(self) -> None:
        self._ended = None
        self._others.close()
        backend, self._backend, self._loaded = self._backend, None, None
        if backend is not None:
            backend.close()

    def _report_progress(self, stage: str, fraction: float, probing: bool) -> None:
        now = time.monotonic()
        if probing or now - self._progress_at >= PROGRESS_SECONDS:
            self._progress_at = now
            self._writer.send(Loading(stage, fraction, probing))
        if probing and not self._safe and os.environ.get(CRASH_VARIABLE):
            os.kill(os.getpid(), signal.SIGSEGV)

    def _start(self, command: Start) -> None:
        options = command.setup.load
        if not options.is_same_model(self._loaded) and not self._load(Load(options)):
            self._writer.send(
                Refused(command.run_id, "The run cannot start without its model.", "Loading it failed.", "See above.")
            )
            return
        if self._backend is None or self._loaded is None:
            raise AssertionError("a loaded model has a backend")
        self._backend.allow()
        self._ended = None  # its sequences are about to lose their cache
        # What earlier runs left in a cache would change what this one costs, and by rounding even what it writes.
        self._backend.forget()
        self._others.forget()
        try:
            open_model, open_reward = self._others.begin(self._backend, self._loaded)
            self._run = Run(
                command.run_id,
                command.setup,
                self._backend,
                self._events.append,
                open_model=open_model,
                open_reward=open_reward,
            )
        except Exception as raised:
            error = in_words(raised)
            self._events.clear()
            self._writer.send(Refused(command.run_id, error.what, error.why, error.next_step))
        self._others.close_unwanted()

    def _intervene(self, command: Intervene) -> None:
        run = self._run or self._ended
        if run is None or run.run_id != command.run_id or self._backend is None:
            why = "The engine has been started anew, or has done something else since."
            self._writer.send(Refused(command.run_id, "The run cannot be taken up again.", why, "Run it once more."))
            return
        if self._run is None:
            self._backend.allow()
            self._run = run
        run.act(command.act)

    def _advance(self, run: Run) -> None:
        run.step()
        self._flush()

    def _stop(self) -> None:
        if self._run is not None:
            self._run.stop()
            self._flush()
        if self._backend is not None:
            self._backend.allow()
        self._others.allow()
        shared_sandbox().allow()
        shared_math_process().allow()

    def _flush(self) -> None:
        run = self._run
        if run is None:
            return
        if self._events:
            self._writer.send(Emitted(run.run_id, list(self._events)))
            self._events.clear()
        if run.finished:
            self._run, self._ended = None, run
            self._writer.send(Ended(run.run_id))


def _listen(stream: IO[bytes], worker: Worker) -> None:
    """Reads commands. When the parent is gone there is nobody left to work for."""
    commands: Reader[AnyCommand] = Reader(stream, AnyCommand)
    with contextlib.suppress(OSError):
        for command in commands:
            worker.receive(command)
            if isinstance(command, Shutdown):
                return
    os._exit(0)


def _take_over_stdout() -> IO[bytes]:
    """The pipe to the parent, out of reach of everything that prints."""
    ours = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return os.fdopen(ours, "wb")


def _forbid_core_dumps() -> None:
    """A crash while probing is expected on some machines; a dump of the whole model would fill the disk."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Runs the worker on standard input and output."""
    _forbid_core_dumps()
    writer = Writer(_take_over_stdout())
    worker = Worker(writer)
    threading.Thread(target=_listen, args=(sys.stdin.buffer, worker), name="commands", daemon=True).start()
    writer.send(Ready(os.getpid(), gpu_supported()))
    try:
        worker.work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)  # the interpreter's own end would wait for the reader's thread, and abort
    os._exit(0)


if __name__ == "__main__":
    main()
