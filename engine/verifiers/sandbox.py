"""The sandbox: runs a stranger's program within limits, in a process of its own that may die without harm.

The interpreter is pydantic-monty's, which knows no files, network or processes of this machine. It always runs in a
worker process. Measured with 300 hostile programs (version 1.4; 1 s and 64 MB, then 1 GB): memory and depth were kept
in every case and none crashed it; time was kept but inside single operations on huge integers, texts and sources,
where its pool kills the worker after a grace. What it does not do is done here:

- It prints without end (110 MB in 1 s), so the worker is killed from here.
- In the middle of such an operation a worker outlives an engine that is killed (`gcd` of two large integers: more than
  150 s), so the kernel is told how much CPU time it may use, where it can be told (Linux).
- It writes to the stderr it inherits, where the engine's own last words are looked for; so it inherits none.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import psutil
from msgspec.structs import replace

from engine.verifiers.limits import Limits
from engine.verifiers.outcome import CRASH, Outcome

if TYPE_CHECKING:
    import pydantic_monty

GRACE_SECONDS = 0.25
CHECKOUT_SECONDS = 10.0
BOUND_LASTS = 1.0  # seconds: a third of the time of a short program goes into asking how much CPU time was used
STOPPED = Outcome("stopped", "stopped from outside")


class Sandbox:
    """Runs programs, one at a time, in a warm worker process that is started when it is needed. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: pydantic_monty.Monty | None = None
        self._worker: psutil.Process | None = None
        self._known: psutil.Process | None = None  # the worker of the program before, mostly the same
        self._bound = 0.0, 0.0  # since when its CPU time is bounded, and for programs of how many seconds
        self._interrupted = False

    def run(self, program: str, limits: Limits, inputs: Mapping[str, str | None] | None = None) -> Outcome:
        """Runs a program to its end or to its limits. Whatever it does, nothing is raised here.

        Args:
            program: Python. The value of its last expression becomes the outcome's value.
            limits: What it may use. The call takes at most `seconds` and `GRACE_SECONDS`, and a start of the worker.
            inputs: Values that the program finds under these names.
        """
        with self._lock:
            outcome = self._attempt(program, limits, inputs or {})
            if outcome.kind == "unavailable" or outcome.words == CRASH.words:
                # A worker that had died while it was idle is noticed only now, and replaced.
                outcome = self._attempt(program, limits, inputs or {})
            return outcome

    def interrupt(self) -> None:
        """Stops the program that runs, and every other one until `allow`. For any thread, at any time."""
        self._interrupted = True
        self._kill()

    def allow(self) -> None:
        """Programs may run again."""
        self._interrupted = False

    def close(self) -> None:
        """Ends the worker process. The next program would start another one."""
        with self._lock:
            pool, self._pool = self._pool, None
            if pool is not None:
                pool.__exit__(None, None, None)
                atexit.unregister(self.close)

    def _attempt(self, program: str, limits: Limits, inputs: Mapping[str, str | None]) -> Outcome:
        if self._interrupted:
            return STOPPED
        try:
            with self._session(limits) as session:
                return self._feed(session, program, limits, inputs)
        except Exception as error:  # no build for this machine, no binary, no room for another process
            return Outcome("unavailable", f"the sandbox could not be started: {error}")

    def _feed(
        self, session: pydantic_monty.MontySession, program: str, limits: Limits, inputs: Mapping[str, str | None]
    ) -> Outcome:
        from engine.verifiers.failure import failure

        printed = _Output(limits.output, self._kill)
        given = {name: value if value is None else _as_utf8(value) for name, value in inputs.items()}
        if self._interrupted:  # since the worker is known: an interrupt from now on finds it
            return STOPPED
        try:
            value = session.feed_run(_as_utf8(program), inputs=given, print_callback=printed)
            outcome = Outcome("ok", "ran to its end", value)
        except Exception as error:
            outcome = STOPPED if self._interrupted else failure(error, program, limits)
        if printed.is_over:
            outcome = Outcome("output", f"printed more than {limits.output:,} characters")
        return replace(outcome, output=printed.text)

    @contextlib.contextmanager
    def _session(self, limits: Limits) -> Iterator[pydantic_monty.MontySession]:
        with contextlib.ExitStack() as stack:
            with _no_stderr():  # a worker that has died is started again here
                session = stack.enter_context(_checkout(self._started(), limits))
            self._watch(session.worker_pid, limits)
            try:
                yield session
            finally:
                self._worker = None

    def _started(self) -> pydantic_monty.Monty:
        """The pool of one worker. Importing it takes 50 to 90 ms, which a start without any program is spared."""
        if self._pool is None:
            from pydantic_monty import Monty

            pool = Monty(max_processes=1, checkout_timeout=CHECKOUT_SECONDS, feed_duration_limit_grace=GRACE_SECONDS)
            self._pool = pool.__enter__()
            atexit.register(self.close)
        return self._pool

    def _watch(self, pid: int | None, limits: Limits) -> None:
        """Remembers the worker, and bounds its CPU time for the case that nobody is left to kill it.

        A bound with some room holds for all programs of the next second.
        """
        if self._known is None or self._known.pid != pid:
            self._known, self._bound = None if pid is None else psutil.Process(pid), (0.0, 0.0)
        self._worker = self._known
        since, seconds = self._bound
        if self._worker is not None and (time.monotonic() - since > BOUND_LASTS or limits.seconds > seconds):
            self._bound = time.monotonic(), limits.seconds
            _bound_cpu(self._worker, limits.seconds + GRACE_SECONDS + BOUND_LASTS)

    def _kill(self) -> None:
        worker = self._worker
        if worker is not None:
            with contextlib.suppress(psutil.Error):
                worker.kill()


_SHARED = Sandbox()


def shared_sandbox() -> Sandbox:
    """The sandbox of this process. Verifiers share it, so that one warm worker serves them all."""
    return _SHARED


class _Output:
    """What a program prints, up to `most` characters. At more, `on_more` is called."""

    def __init__(self, most: int, on_more: Callable[[], None]) -> None:
        self.text = ""
        self.is_over = False
        self._most, self._on_more = most, on_more

    def __call__(self, stream: str, text: str) -> None:
        self.is_over = self.is_over or len(self.text) + len(text) > self._most
        self.text += text[: self._most - len(self.text)]
        if self.is_over:
            self._on_more()


def _bound_cpu(worker: psutil.Process, seconds: float) -> None:
    """Bounds the CPU time that a worker may use from now on, where that can be done."""
    if sys.platform == "linux":
        import resource

        with contextlib.suppress(OSError, ValueError, psutil.Error):
            used = worker.cpu_times()
            bound = int(used.user + used.system + seconds) + 1
            resource.prlimit(worker.pid, resource.RLIMIT_CPU, (bound, resource.RLIM_INFINITY))


def _checkout(pool: pydantic_monty.Monty, limits: Limits) -> pydantic_monty.MontySession:
    """A session that nothing of earlier ones is left in. It never sleeps, and draws the same random numbers again."""
    return pool.checkout(
        limits={
            "max_feed_duration_secs": limits.seconds,
            "max_memory": limits.megabytes * 1_000_000,
            "max_recursion_depth": limits.depth,
        },
        os_policy={"sleep": "zero", "random_start": {"seed": 0}},
    )


@contextlib.contextmanager
def _no_stderr() -> Iterator[None]:
    """A process started in here inherits a stderr that leads nowhere."""
    try:
        ours = os.dup(2)
    except OSError:  # there is none
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(ours, 2)
        os.close(ours)


def _as_utf8(text: str) -> str:
    """Text that can be sent to another process: half a character becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
