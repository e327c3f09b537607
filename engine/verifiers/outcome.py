"""How a program in the sandbox ended, with its reason in a few words."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Kind = Literal[
    "ok",
    "wrong",
    "error",
    "timeout",
    "memory",
    "recursion",
    "output",
    "unsupported",
    "stopped",
    "unavailable",
]
"""`wrong` is a failed assertion at the top of the program; `unsupported` says nothing about the program: Python might
run it, the sandbox cannot. `stopped` came from outside, and without a sandbox everything is `unavailable`."""

TELLS_NOTHING: frozenset[Kind] = frozenset(("unsupported", "stopped", "unavailable"))
"""The ends that say nothing about the program."""

REPEATABLE: frozenset[Kind] = frozenset(("ok", "wrong", "error", "recursion", "unsupported"))
"""The ends that the same program with the same inputs comes to again: nothing of time or from outside is in them."""


class Outcome(Struct, frozen=True):
    """The end of one program.

    `value` is its last expression's, if it ran to the end. `output` is what it printed, as much as was allowed. Where
    the line in which it failed is known, `inner_line` is that line (from 1), `outer_line` the one at the top of the
    program from where it was reached.
    """

    kind: Kind
    words: str
    value: object = None
    output: str = ""
    outer_line: int | None = None
    inner_line: int | None = None


CRASH = Outcome("error", "brought the sandbox down")
