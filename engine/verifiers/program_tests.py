"""Tests that a person writes for a program: one assertion, or one call and its value, a line."""

from __future__ import annotations

import ast

from msgspec import Struct

from engine.errors import BadInputError
from engine.verifiers.own_code import parsed

EXAMPLE = "add(2, 3) == 5"


class ProgramTest(Struct, frozen=True):
    """One test. `written` is how the person wrote it, `code` is the assertion."""

    written: str
    code: str


def read_tests(text: str) -> tuple[ProgramTest, ...]:
    """The tests of a text; empty lines and comments are passed over.

    Raises:
        BadInputError: A line is no test, or there is none.
    """
    lines = ((number, line.strip()) for number, line in enumerate(text.splitlines(), start=1))
    tests = tuple(_read(number, line) for number, line in lines if line and not line.startswith("#"))
    if not tests:
        raise BadInputError("There are no tests.", "A program is judged by them.", f"Write one a line: {EXAMPLE}")
    return tests


def _read(number: int, line: str) -> ProgramTest:
    statements = parsed("\n" * (number - 1) + line, "This test").body  # the message names the line
    match statements:
        case [ast.Assert(test=test)]:
            code = line
        case [ast.Expr(value=test)]:
            code = f"assert {line}"
        case [ast.Assign()]:
            raise BadInputError(f"Test line {number} compares nothing.", "= sets a name.", f"Use ==, as in {EXAMPLE}")
        case _:
            raise BadInputError(f"Test line {number} is no test.", "", f"Write one test a line: {EXAMPLE}")
    if isinstance(test, ast.Constant | ast.Tuple | ast.Lambda | ast.JoinedStr):
        raise BadInputError(f"Test line {number} tests nothing.", "It has no call.", f"Write a test as {EXAMPLE}")
    return ProgramTest(line.removeprefix("assert ").strip(), code)
