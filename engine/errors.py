"""Errors for people: what happened, why, and what to do next."""

from __future__ import annotations


class ThinkscopeError(Exception):
    """An error that is shown to a person, never as a traceback.

    Args:
        what: What happened, one sentence.
        why: The reason as far as it is known, or an empty string.
        next_step: What the person can do about it, or an empty string.
    """

    exit_status = 3

    def __init__(self, what: str, why: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.next_step = next_step

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.why, self.next_step) if part)


class BadInputError(ThinkscopeError):
    """The request cannot be carried out as it was given (exit status 2)."""

    exit_status = 2


class ModelError(ThinkscopeError):
    """The model file cannot be used (exit status 2: another file would do)."""

    exit_status = 2


class EngineError(ThinkscopeError):
    """The engine failed while it worked (exit status 3)."""
