"""Equations in prose: every `a op b = c` that a text states, worked out exactly. What cannot be read is passed over."""

from __future__ import annotations

import re
from fractions import Fraction

from msgspec import Struct

from engine.numbers import plain_mathematics
from engine.verifiers.expression import START, ExpressionReader, Side, UnreadableError

MAX_CHARACTERS = 100_000


class Equation(Struct, frozen=True):
    """One statement that two sides are equal. `left_value` is None where a side divides by zero."""

    written: str
    holds: bool
    left_value: Fraction | None
    right_is_number: bool


_EQUALS = re.compile(r"\s*(?P<sign>={1,2}(?![=>])|≈|\bequals\b|\bis equal to\b)\s*")
_NOT_FROM_HERE = re.compile(
    r"(?:\b(?:half|twice|double|triple|thrice|log|sin|cos|tan|root|square|cube)|\bof|[^\W\d]\()\s*$"
)
_VARIABLE = re.compile(r"(?<!\w)[^\W\d_] *$")
_SUM_OF = re.compile(r"\b(?:sum|total|difference|product|quotient|result|value) of\s*$")


def equations(text: str) -> list[Equation]:
    """The equations of a text in order; a chain `a = b = c` gives one for each equals sign with something to work out.

    Read are + - × x * / ÷ ^, brackets, decimals, thousands separators, signs, currency, per cent and units. Decimals
    are held to the digits they show when the other side divides ("10 / 3 = 3.33" holds, "10 / 4 = 3" does not).
    """
    text = plain_mathematics(text[:MAX_CHARACTERS])
    reader = ExpressionReader(text)
    found: list[Equation] = []
    position = 0
    while start := START.search(text, position):
        position = start.end()
        if _may_begin(text, start.start()):
            chain, end = _chain(reader, start.start())
            found += chain
            position = max(position, end)
    return found


def _chain(reader: ExpressionReader, start: int) -> tuple[list[Equation], int]:
    """The equations of the chain that begins at `start`, and where to read on."""
    found: list[Equation] = []
    end = start
    try:
        left = reader.side(start)
        end = left.end
        while sign := _EQUALS.match(reader.text, end):
            end = sign.end()
            right = reader.side(end)
            end = right.end
            if equation := _equation(reader, left, right, sign["sign"] == "≈"):
                found.append(equation)
            left = right
    except UnreadableError:
        pass
    return found, end


def _equation(reader: ExpressionReader, left: Side, right: Side, about: bool) -> Equation | None:
    if not left.operators and not right.operators:
        return None
    if (left.adds or right.adds) and len(left.units | right.units) > 1:
        return None  # "3 hours + 20 minutes": what the sum is depends on what the words mean
    written = " ".join(reader.text[left.start : right.end].split())
    holds = _agree(left, right, about)
    if not holds and "%" in written:
        holds = _agree(reader.side(left.start, hundredths=True), reader.side(right.start, hundredths=True), about)
    return Equation(written, holds, left.value, right.operators == 0)


def _agree(left: Side, right: Side, about: bool) -> bool:
    if left.value is None or right.value is None:
        return False
    difference = abs(left.value - right.value)
    return difference == 0 or any(
        difference <= _rounding(shown, about)
        for shown, other in ((left, right), (right, left))
        if about or other.divides
    )


def _rounding(shown: Side, about: bool) -> Fraction:
    """How far a lone number may be from the exact value: half of the last digit it shows."""
    if shown.operators or not (shown.places or about):
        return Fraction(0)
    return Fraction(1, (1 if shown.cut else 2) * 10**shown.places)


def _may_begin(text: str, start: int) -> bool:
    """Whether a whole expression can begin here, not the tail of one that was not understood ("x + 3 = 7")."""
    before = text[max(0, start - 40) : start]
    if re.search(r"(?:[\w√!^.\\]|\d[:,])$", before):  # also the end of “1.250,50”, a number of another country
        return False
    if text[start] == "-" and _VARIABLE.search(before):
        return False
    line = before.rpartition("\n")[2]
    shown = line.rstrip()
    if shown in ("-", "*", "+"):
        return line != shown  # a list mark and a space
    if shown[-1:] in tuple("+-*/×÷^·") or shown[-1:].isdigit():
        return False
    return not _NOT_FROM_HERE.search(before) or _SUM_OF.search(before) is not None
