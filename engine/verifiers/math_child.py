"""The process in which sympy compares answers: it may hang or grow without end here, and be killed without harm.

Reads one request a line from standard input and answers each with one line. It ends with its input, so with its parent.
"""

from __future__ import annotations

import _thread
import contextlib
import logging
import os
import signal
import sys
import threading
import time
from typing import IO, Literal

import msgspec
from msgspec import Struct

MEMORY_BYTES = 2 << 30
GRACE_SECONDS = 0.5
"""What is not interrupted in here this long after its limit is killed from outside."""

Verdict = Literal["ready", "equal", "different", "unreadable", "slow", "large"]


class Question(Struct, frozen=True):
    """Whether two answers, in LaTeX, are the same. `places` are the digits after the point that count."""

    known: str
    given: str
    places: int
    seconds: float


class Reply(Struct, frozen=True):
    """What became of a question; "ready" comes once, before all questions."""

    verdict: Verdict


def main() -> None:
    """Answers questions until there are no more."""
    out = _take_over_stdout()
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # `interrupt_main` needs it
    import math_verify  # noqa: F401  # takes a second or more

    _limit(memory=True)
    _send(out, "ready")
    for line in sys.stdin.buffer:
        _send(out, _within_limits(msgspec.json.decode(line, type=Question)))


def compare(question: Question) -> Verdict:
    """Parses and compares. Nothing in here knows of any limit."""
    from math_verify import verify

    known, given = _parse(question.known), _parse(question.given)
    if not known or not given:
        return "unreadable"
    same = verify(
        known,
        given,
        float_rounding=max(6, question.places),
        allow_set_relation_comp=True,
        timeout_seconds=None,  # its own timeout needs signals that Windows lacks, and cannot stop a long operation
        raise_on_error=True,
    )
    return "equal" if same else "different"


def _parse(latex: str) -> list[object]:
    """The one expression that the whole text is. The library's other readers would take any number out of it."""
    from math_verify import LatexExtractionConfig, parse

    found: list[object] = parse(
        f"${latex}$", [LatexExtractionConfig()], fallback_mode="no_fallback", parsing_timeout=None
    )
    return found


def _within_limits(question: Question) -> Verdict:
    """The verdict, or "slow": between two steps of Python a comparison is interrupted here, which spares a restart."""
    _limit(seconds=question.seconds + GRACE_SECONDS)
    alarm = threading.Timer(question.seconds, _thread.interrupt_main)
    alarm.daemon = True
    try:
        alarm.start()
        return compare(question)
    except KeyboardInterrupt:
        return "slow"
    except MemoryError:
        return "large"
    except Exception:  # whatever hundreds of thousands of lines raise at nonsense, RecursionError too
        return "unreadable"
    finally:
        alarm.cancel()


def _limit(seconds: float = 0, memory: bool = False) -> None:
    """Bounds memory, or CPU time for the case that nobody is left to kill this process. Windows knows neither."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, resource.RLIM_INFINITY))
        if seconds:
            bound = int(time.process_time() + seconds) + 3  # later than the kill, which tells what it was for
            resource.setrlimit(resource.RLIMIT_CPU, (bound, resource.RLIM_INFINITY))


def _take_over_stdout() -> IO[bytes]:
    """The pipe to the parent, out of reach of everything that prints."""
    ours = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return os.fdopen(ours, "wb")


def _send(out: IO[bytes], verdict: Verdict) -> None:
    out.write(msgspec.json.encode(Reply(verdict)) + b"\n")
    out.flush()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, OSError):
        main()
