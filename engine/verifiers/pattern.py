"""A regular expression that a person gives. It is looked for in the sandbox, so that none can hold up the engine."""

from __future__ import annotations

import re
import warnings
from typing import Final

from engine.errors import BadInputError
from engine.verifiers.limits import Limits
from engine.verifiers.outcome import Outcome
from engine.verifiers.sandbox import Sandbox

_LIMITS: Final = Limits(seconds=1.0, megabytes=64)
_SEARCH: Final = "import re\nre.search(_pattern, _text) is not None"


class UndecidedError(Exception):
    """What is asked cannot be told; the message says why, as the end of a sentence."""


class Pattern:
    r"""A regular expression in Python's notation.

    It runs in the sandbox's interpreter (`engine.verifiers.sandbox`), whose `re` reads nearly the same notation: most
    patterns take a time that grows with the text and no faster, those with back references and the like give up after
    a million steps, and the worker process is killed after a second. Where the two differ, either the pattern cannot
    be read there and nothing is told (`\N{...}`, octal escapes, `(?a)`), or it is a `$`, which does not match before
    a line break at the very end.

    Args:
        written: The expression.
        sandbox: Where it runs.

    Raises:
        BadInputError: It is not a regular expression.
    """

    def __init__(self, written: str, sandbox: Sandbox) -> None:
        _check(written)
        self.written = written
        self._sandbox = sandbox

    def is_in(self, text: str) -> bool:
        """Whether it is found anywhere in the text.

        Raises:
            UndecidedError: It takes too long, or there is no sandbox that could look for it.
        """
        outcome = self._sandbox.run(_SEARCH, _LIMITS, {"_pattern": self.written, "_text": text})
        if outcome.kind == "ok":
            return outcome.value is True
        raise UndecidedError(_why(outcome))


def _check(written: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # [[a] and [a&&b], whose meaning is about to change and differs there
            re.compile(written)
    except (re.error, Warning, OverflowError, RecursionError) as error:
        raise BadInputError(
            "The pattern is not a regular expression.",
            f"{str(error)[:1].upper()}{str(error)[1:]}.",
            "To find a sign such as ( or * itself, write \\ before it.",
        ) from None


def _why(outcome: Outcome) -> str:
    if outcome.kind == "timeout" or "Max limit for backtracking" in outcome.words:
        return "the pattern takes too long"
    return f"the pattern cannot be looked for: {outcome.words}" if outcome.kind == "error" else outcome.words
