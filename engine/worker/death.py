"""How a process died, in words."""

from __future__ import annotations

import signal

WINDOWS = {
    0xC0000005: "SIGSEGV",
    0xC000001D: "SIGILL",
    0xC0000409: "SIGABRT",
    0xC00000FD: "SIGSEGV",
    0xC0000017: "SIGKILL",
}
# What a process does to itself by what it computes; anything else came from outside and says nothing about it.
CRASHES = frozenset({"SIGSEGV", "SIGILL", "SIGBUS", "SIGABRT", "SIGFPE"})
WORDS = {
    "SIGKILL": "It was killed from outside; most often the system does that when memory runs out.",
    "SIGSEGV": "llama.cpp touched memory it may not touch, or used an instruction this machine refuses.",
    "SIGILL": "llama.cpp was built with instructions this CPU does not have.",
    "SIGABRT": "llama.cpp gave up after a failed check of its own.",
    "SIGBUS": "The model file became unreadable while it was in use.",
    "SIGFPE": "llama.cpp divided by zero.",
    "SIGTERM": "It was asked to end from outside.",
}


def reason_of_death(return_code: int, last_words: str, *, hung: bool) -> str:
    """Why a process ended, as far as its return code and its last lines on stderr tell."""
    if hung:
        return "It did not answer any more and was stopped."
    name = signal_name(return_code)
    if name:
        return WORDS.get(name, f"It ended with {name}.") + (f" Its last words: {last_words}" if last_words else "")
    return f"It ended with status {return_code}." + (f" Its last words: {last_words}" if last_words else "")


def signal_name(return_code: int) -> str:
    """The signal that ended a process, as POSIX calls it, or an empty string."""
    if return_code < 0:
        try:
            return signal.Signals(-return_code).name
        except ValueError:
            return f"signal {-return_code}"
    return WINDOWS.get(return_code, "")
