"""The engine's side of the process that compares answers: starts it when it is needed, and kills it when it must."""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Literal

import msgspec

from engine.verifiers.math_child import GRACE_SECONDS, Question, Reply

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0  # the import of sympy takes 1.5 s on an idle machine, and many times that on a busy one
# Windows: no console window, and Ctrl+C in a terminal is the engine's business
_WINDOWS_FLAGS = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)

Outcome = Literal["equal", "different", "unreadable", "slow", "large", "crashed", "stopped", "unavailable"]


class MathProcess:
    """Compares, one pair at a time, in a warm process that is started when it is needed. For any thread.

    Between two comparisons it has no thread. A process that was killed is replaced at the next comparison.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._interrupted = False

    @property
    def pid(self) -> int | None:
        """The process id while there is one."""
        process = self._process
        return None if process is None or process.poll() is not None else process.pid

    def compare(self, question: Question) -> Outcome:
        """What became of the question. Takes at most its `seconds`, `GRACE_SECONDS` and a start of the process."""
        with self._lock:
            outcome = self._attempt(question)
            if outcome == "crashed":
                # A process that had died while it was idle is noticed only now, and replaced.
                outcome = self._attempt(question)
            if self.pid is None:
                self._discard()
            return "stopped" if self._interrupted and outcome in ("slow", "crashed", "unavailable") else outcome

    def interrupt(self) -> None:
        """Stops the comparison that runs, and every other one until `allow`. For any thread, at any time."""
        self._interrupted = True
        process = self._process
        if process is not None:
            process.kill()

    def allow(self) -> None:
        """Comparisons may run again."""
        self._interrupted = False

    def close(self) -> None:
        """Ends the process. The next comparison would start another one."""
        with self._lock:
            self._discard()
            atexit.unregister(self.close)

    def _attempt(self, question: Question) -> Outcome:
        if self._interrupted:
            return "stopped"
        process = self._started()
        if process is None:
            return "unavailable"
        if self._interrupted:  # since the process is known: an interrupt from now on finds it
            return "stopped"
        return _ask(process, question)

    def _started(self) -> subprocess.Popen[bytes] | None:
        """The process, ready to compare; None when it cannot be had."""
        if self.pid is not None:
            return self._process
        self._discard()
        try:
            self._process = process = _spawn()
        except OSError:
            return None
        atexit.register(self.close)
        if _next_reply(process, START_SECONDS) == "ready":
            return process
        self._discard()
        return None

    def _discard(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()


_SHARED = MathProcess()


def shared_math_process() -> MathProcess:
    """The process of this engine: one warm one serves all its verifiers."""
    return _SHARED


def _spawn() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "engine.verifiers.math_child"],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # the engine's own last words are looked for on its own
        start_new_session=True,
        creationflags=_WINDOWS_FLAGS,
    )


def _ask(process: subprocess.Popen[bytes], question: Question) -> Outcome:
    if process.stdin is None:
        raise AssertionError("stdin is a pipe")
    try:
        process.stdin.write(msgspec.json.encode(question) + b"\n")
        process.stdin.flush()
    except OSError:
        return "crashed"
    reply = _next_reply(process, question.seconds + GRACE_SECONDS)
    return "crashed" if reply == "ready" else reply


def _next_reply(process: subprocess.Popen[bytes], seconds: float) -> Literal["ready"] | Outcome:
    """The next line; "slow" when none comes in time, and then the process is killed; "crashed" when it dies."""
    if process.stdout is None:
        raise AssertionError("stdout is a pipe")
    late = threading.Event()

    def kill() -> None:
        late.set()
        process.kill()

    alarm = threading.Timer(seconds, kill)
    alarm.start()
    try:
        line = process.stdout.readline()
    finally:
        alarm.cancel()
        alarm.join()
    if line.endswith(b"\n"):
        return msgspec.json.decode(line, type=Reply).verdict
    process.kill()
    process.wait()
    return "slow" if late.is_set() else "crashed"
