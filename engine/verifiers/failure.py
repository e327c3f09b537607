"""Why a program in the sandbox did not run to its end: the interpreter's error as an outcome in words."""

from __future__ import annotations

import pydantic_monty

from engine.verifiers.limits import Limits
from engine.verifiers.outcome import CRASH, Kind, Outcome
from engine.verifiers.sandbox_gaps import gap, ignored_method

MAX_WORDS = 90


def failure(error: Exception, program: str, limits: Limits) -> Outcome:
    """The outcome of a program that ended in this error.

    Args:
        error: What the interpreter raised, or what reading the value of the program did.
        program: The program itself.
        limits: What it was allowed.
    """
    if isinstance(error, pydantic_monty.MontyCrashedError):
        return _crash(error, limits)
    if isinstance(error, pydantic_monty.MontyRuntimeError | pydantic_monty.MontySyntaxError):
        name, _, message = error.display("type-msg").partition(": ")
        lines = [frame.line for frame in error.traceback()]
        kind, words = _reason(name, message, program, limits)
        if kind == "wrong" and len(lines) > 1:  # an assertion of the program's own
            kind, words = "error", f"AssertionError: {words}"
        outer, inner = (lines[0], lines[-1]) if lines else (None, None)
        return Outcome(kind, words, None, "", outer, inner)
    return Outcome("error", _shortened(f"its value cannot be read: {error}"))


def _crash(error: pydantic_monty.MontyCrashedError, limits: Limits) -> Outcome:
    if error.timed_out:
        return Outcome("timeout", _too_long(limits))
    return CRASH


def _reason(name: str, message: str, program: str, limits: Limits) -> tuple[Kind, str]:
    limit = _limit(name, message, limits)
    if limit is not None:
        return limit
    lacking = gap(name, message)
    if not lacking and name != "SyntaxError" and (method := ignored_method(program)):
        lacking = f"calling {method}"
    if lacking:
        return "unsupported", f"the sandbox does not support {_shortened(lacking)}"
    if name == "AssertionError":
        return "wrong", _assertion(message)
    return "error", _shortened(f"{name}: {message}" if message else name)


def _limit(name: str, message: str, limits: Limits) -> tuple[Kind, str] | None:
    """The limit that was reached, if one was. A program can raise these errors by itself too."""
    if name == "TimeoutError" and "time limit exceeded" in message:
        return "timeout", _too_long(limits)
    if name == "MemoryError" and "memory limit" in message:
        return "memory", f"needed more than {limits.megabytes:,} MB"
    if name == "RecursionError" and "recursion depth exceeded" in message:
        return "recursion", f"went deeper than {limits.depth:,} calls"
    if name == "SyntaxError" and "too deeply nested" in message:
        return "recursion", "is nested too deeply"
    return None


def _too_long(limits: Limits) -> str:
    return f"took longer than {limits.seconds:.2g} s"


def _assertion(message: str) -> str:
    """The interpreter puts the values into the message: `assert 4 == 5`, below what the program says itself."""
    said = message.partition("\n")[0].removeprefix("assert ")
    return _shortened(said) if said else "it does not hold"


def _shortened(words: str) -> str:
    words = " ".join(words[: 2 * MAX_WORDS].split())
    return words if len(words) <= MAX_WORDS else f"{words[: MAX_WORDS - 1]}…"
