"""The parent's side of the worker process: starts it, talks to it, outlives it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from engine.errors import EngineError
from engine.events import RunFailed
from engine.worker.channel import Outbox, Reader
from engine.worker.death import CRASHES, reason_of_death, signal_name
from engine.worker.messages import (
    AnyCommand,
    AnyReply,
    Died,
    Emitted,
    Ended,
    Intervene,
    Load,
    Loaded,
    LoadFailed,
    Loading,
    Pause,
    Ping,
    Ready,
    Refused,
    Resume,
    Shutdown,
    Start,
    Step,
    Stop,
)
from engine.worker.safe_mode import SafeModeMemory

ROOT = Path(__file__).resolve().parents[2]
PING_SECONDS = 1.0
HUNG_SECONDS = 4.0  # a healthy worker answers within milliseconds, from a thread of its own
START_SECONDS = 60.0  # before it is ready it loads libraries, which can take long and answers nothing
DEATHS_IN_A_ROW = 3
PYTHON_DUMP = ("File ", "Thread ", "Current thread", "Extension modules", "<no Python frame>", "Python runtime state")

# Windows: no console window, and Ctrl+C in a terminal is the parent's business there too
_WINDOWS_FLAGS = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)

Doing = Literal["idle", "load", "run"]


class WorkerClient:
    """Runs the engine in a child process and survives its death by any signal at any moment.

    `on_reply` is called from a thread of the client, in order. When the child dies the client says so with `Died`,
    ends a run under way with a `RunFailed` event, starts the child again and loads the model again: in safe mode when
    the probe decode was what killed it; a run that was waiting for just that begins then. Nothing received is ever
    lost, because it has been handed on already.

    `memory_folder` is where it remembers that safe mode is needed; `hung_seconds` how long a silence means a hang.
    """

    def __init__(
        self,
        on_reply: Callable[[AnyReply], None],
        memory_folder: Path | None = None,
        hung_seconds: float = HUNG_SECONDS,
    ) -> None:
        self._on_reply = on_reply
        self._hung_seconds = hung_seconds
        self._memory = SafeModeMemory(memory_folder) if memory_folder is not None else None
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._outbox: Outbox | None = None
        self._threads: list[threading.Thread] = []
        self._load: Load | None = None
        self._probing = False
        self._doing: Doing = "idle"
        self._run_id: str | None = None
        self._run_clock = 0.0
        self._waiting: list[AnyCommand] = []  # a run of which nothing has been heard yet, and what was said to it
        self._closing = False
        self._hung = self._ready = False
        self._heard = time.monotonic()
        self._deaths = 0
        self._last_words: deque[str] = deque(maxlen=5)
        self._watchdog = threading.Thread(target=self._watch, name="worker-watchdog", daemon=True)
        self._wake = threading.Event()

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Starts the child process. Returns at once; `Ready` follows.

        Raises:
            EngineError: The system does not let another process start.
        """
        with self._lock:
            try:
                self._spawn()
            except OSError as error:
                why = f"The system says: {error.strerror or error}."
                raise EngineError("The engine process could not be started.", why, "Close other programs.") from None
        self._watchdog.start()

    def send(self, command: AnyCommand) -> None:
        """Hands a command to the child. One sent while the child is being started again is kept for it by the pipe."""
        with self._lock:
            if isinstance(command, Load):
                command = self._in_safe_mode_if_needed(command)
                self._load, self._doing, self._deaths = command, "load", 0
            elif isinstance(command, Start):
                self._load_for(command)
                self._run_id, self._run_clock, self._doing, self._waiting = command.run_id, 0.0, "run", [command]
            elif isinstance(command, Pause | Resume | Step) and self._waiting:
                self._waiting.append(command)
            elif isinstance(command, Stop):
                self._waiting = []
            elif isinstance(command, Intervene):
                self._run_id, self._doing = command.run_id, "run"  # one that has ended may be taken up again
            self._write(command)

    def _load_for(self, command: Start) -> None:
        """Another model than the loaded one is loaded first, so that it is in safe mode where that is needed."""
        wanted = command.setup.load
        if self._load is None or not wanted.is_same_model(self._load.options):
            self.send(Load(wanted))

    def forget_safe_mode(self) -> None:
        """The next load tries the normal kernels, even if they have crashed here before."""
        if self._memory is not None:
            self._memory.forget()

    def close(self) -> None:
        """Ends the child, kindly at first, and waits for the client's threads."""
        self._closing = True
        self._wake.set()
        with self._lock:
            process = self._process
            self._write(Stop())
            self._write(Shutdown())
            if self._outbox is not None:
                self._outbox.close()
        if process is not None:
            try:
                process.wait(timeout=2.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for thread in (self._watchdog, *self._threads):
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(timeout=2.0)
        if process is not None:
            self._close_streams(process)

    # --- the child -----------------------------------------------------------------------------------------------

    def _spawn(self) -> None:
        self._hung = self._probing = self._ready = False
        self._last_words.clear()
        self._heard = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", "-m", "engine.worker.process"],
            cwd=ROOT,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl+C in a terminal is the parent's business
            creationflags=_WINDOWS_FLAGS,
        )
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise AssertionError("all three streams are pipes")
        self._process, self._outbox = process, Outbox(process.stdin)
        self._reader = threading.Thread(target=self._read, args=(process,), name="worker-reader", daemon=True)
        self._listener = threading.Thread(
            target=self._listen, args=(process.stderr,), name="worker-stderr", daemon=True
        )
        self._threads = [self._reader, self._listener, self._outbox.thread]
        self._reader.start()
        self._listener.start()

    def _write(self, command: AnyCommand) -> None:
        """A child that is gone is not an error here: the reader notices the death, and says it once."""
        if self._outbox is not None:
            self._outbox.send(command)

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None:
            raise AssertionError("stdout is a pipe")
        replies: Reader[AnyReply] = Reader(process.stdout, AnyReply)
        with contextlib.suppress(OSError, ValueError, msgspec.DecodeError):
            for reply in replies:
                self._heard = time.monotonic()
                self._follow(reply)
                self._on_reply(reply)
        process.kill()
        code = process.wait()
        if not self._closing:
            self._mourn(process, code)

    def _listen(self, stream: object) -> None:
        for line in stream:  # type: ignore[attr-defined]
            text = line.decode("utf-8", "replace").strip()
            if text:
                self._last_words.append(text)

    def _follow(self, reply: AnyReply) -> None:
        """Keeps in mind what the child is doing, for the case that it dies of it."""
        match reply:
            case Ready():
                self._ready = True
            case Loading():
                self._probing = reply.probing
            case Loaded():
                self._probing, self._deaths = False, 0
                self._doing = "run" if self._run_id is not None else "idle"
            case LoadFailed():
                self._load, self._probing = None, False
                self._doing = "run" if self._run_id is not None else "idle"
            case Emitted():
                self._waiting = []
                if reply.events:
                    self._run_clock = reply.events[-1].t
            case Ended() | Refused():
                self._run_id, self._doing, self._waiting = None, "idle", []
            case _:
                pass

    # --- its death -----------------------------------------------------------------------------------------------

    def _mourn(self, process: subprocess.Popen[bytes], code: int) -> None:
        self._listener.join(timeout=1.0)
        with self._lock:
            self._close_streams(process)
        why = reason_of_death(code, self._crash_words(), hung=self._hung)
        probing, doing = self._probing, self._doing
        self._deaths += 1
        safe = probing and self._load is not None and not self._load.options.safe_mode
        waiting = self._waiting if safe else []
        doing = "load" if waiting else doing
        hopeless = self._deaths >= DEATHS_IN_A_ROW or (probing and not safe)
        next_step = _advice(doing, safe=safe, hopeless=hopeless)
        if not waiting:
            self._end_run(why, next_step)
        self._on_reply(Died("The engine process ended unexpectedly.", why, next_step, doing, restarting=not hopeless))
        with self._lock:
            if self._closing:
                return
            try:
                self._spawn()
            except OSError:
                self._end_run(why, "")
                self._on_reply(
                    Died("The engine process could not be started again.", "", "Close other programs.", doing, False)
                )
                return
            if hopeless:
                self._load = None
            crashed = signal_name(code) in CRASHES and not self._hung
            self._load_again(why if safe else "", remember=crashed)
            for command in waiting:
                self._write(command)

    def _close_streams(self, process: subprocess.Popen[bytes]) -> None:
        """The outbox closes the stream that it writes to itself."""
        if self._outbox is not None:
            self._outbox.close()
            self._outbox.thread.join(timeout=1.0)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _end_run(self, why: str, next_step: str) -> None:
        run_id, self._run_id, self._waiting = self._run_id, None, []
        if run_id is None:
            return
        what = "The run ended because the engine process did."
        self._on_reply(Emitted(run_id, [RunFailed(self._run_clock, what, why, next_step)]))
        self._on_reply(Ended(run_id))

    def _load_again(self, safe_mode_reason: str, *, remember: bool) -> None:
        self._doing = "idle"
        if self._load is None:
            return
        options = self._load.options
        reason = self._load.safe_mode_reason
        if safe_mode_reason:
            how = "The normal kernels crashed" if remember else "The engine ended"
            reason = f"{how} in the probe decode. {safe_mode_reason}"
            options = msgspec.structs.replace(options, safe_mode=True)
            if remember and self._memory is not None:
                self._memory.remember(reason)
        self._load, self._doing = Load(options, reason), "load"
        self._write(self._load)

    def _crash_words(self) -> str:
        """The last line that a person could understand; Python's own crash dump is not."""
        words = [w for w in self._last_words if not w.startswith(PYTHON_DUMP)]
        return words[-1][:200] if words and "Fatal Python error" not in words[-1] else ""

    def _in_safe_mode_if_needed(self, command: Load) -> Load:
        reason = self._memory.reason() if self._memory is not None else ""
        if not reason or command.options.safe_mode:
            return command
        return Load(msgspec.structs.replace(command.options, safe_mode=True), reason)

    def _watch(self) -> None:
        """Asks now and then whether the child is still there; one that does not answer is ended, and so noticed."""
        number = 0
        while not self._wake.wait(min(PING_SECONDS, self._hung_seconds / 2)):
            silent = time.monotonic() - self._heard
            process = self._process
            if silent > (self._hung_seconds if self._ready else START_SECONDS) and process is not None:
                self._hung = True
                process.kill()
                self._heard = time.monotonic()
                continue
            number += 1
            self._write(Ping(number))


def _advice(doing: Doing, *, safe: bool, hopeless: bool) -> str:
    if safe:
        return "The model is being loaded again in safe mode, which avoids the kernels that crashed."
    if hopeless:
        return "Choose another model, or fewer layers on the GPU; “doctor” says what this machine can do."
    if doing == "run":
        return "Everything received is kept. The engine is starting again; then run it once more."
    return "It is starting again."


def _environment() -> dict[str, str]:
    """The child's environment: what makes it a good neighbour. What a person has set stays.

    llama.cpp's threads wait for each other by spinning; beside another busy program each waits for one that has no
    core, and everything is many times as slow. A short spin, then sleep, costs little alone and saves most of that.
    """
    polite = {"OPENBLAS_NUM_THREADS": "1", "GOMP_SPINCOUNT": "5000"}
    return {**polite, **os.environ}
