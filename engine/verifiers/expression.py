"""Arithmetic expressions in prose: one side of an equation, read from a place in a text and worked out exactly."""

from __future__ import annotations

import re
from fractions import Fraction

from msgspec import Struct

from engine.numbers import MAGNITUDE, decimal_places, plain_mathematics, read_magnitude

MAX_DEPTH = 30
MAX_BITS = 4_000
MAX_EXPONENT = 64


class UnreadableError(Exception):
    """A variable, a gap or a number too large stands where a value is needed."""


class Side(Struct, frozen=True):
    """One side of an equals sign. `places` are the decimals a lone number shows, `cut` says that "..." follows it."""

    start: int
    end: int
    value: Fraction | None
    operators: int
    divides: bool
    adds: bool
    units: frozenset[str]
    places: int
    cut: bool


START = re.compile(rf"[(\[]|-?[$€£¥]?{MAGNITUDE}")
_OPERATOR = re.compile(
    r"[ \t]*(?P<op>\*\*|\^|[-+*/×÷·⋅∙]|[xX](?=[ \t]*[\d($.-])|\b(?:plus|minus|times|multiplied by|divided by)\b)[ \t]*"
)
_MEANING = {"×": "*", "·": "*", "⋅": "*", "∙": "*", "x": "*", "times": "*", "multiplied by": "*", "÷": "/"}
_MEANING |= {"divided by": "/", "plus": "+", "minus": "-", "**": "^"}
_ATOM = re.compile(
    rf"[$€£¥]?(?:(?P<whole>\d+) (?P<top>\d+)/(?P<bottom>[1-9]\d*)|(?P<number>{MAGNITUDE}))"
    r"(?P<cut>\.\.\.)?(?P<percent>[ ]?%)?"
)
_SCALE = "dozen|hundred|thousand|million|billion|trillion"
_NO_UNIT = rf"(?!(?:x|y|z|n|plus|minus|times|multiplied|divided|equals|is|and|of|or|to|{_SCALE})\b)"
_UNIT = re.compile(
    rf"[ ]?(?P<unit>{_NO_UNIT}[A-Za-z°]{{1,15}}(?:/[A-Za-z]{{1,8}})?(?: {_NO_UNIT}[a-z]{{2,15}})?)"
    r"(?=[ \t]*(?:[-+*/×÷=≈)]|equals\b|plus\b|minus\b|times\b|x[ ]))"
)
_KNOWN_LETTER_UNITS = "mgLlskKWVJNCF"
_UNKNOWN = re.compile(r"[ \t]*(?:[A-Za-z](?![A-Za-z])|[(\[√\\_?\d])")
_OPENING = re.compile(r"[(\[][ \t]*")
_CLOSING = re.compile(r"[ \t]*[)\]]")
_FACTOR = re.compile(r"\([ \t]*-?[\d(.$]")
_WORD = re.compile(r"[ \t]*[A-Za-z]{2}")
_OTHER_NUMBER = re.compile(
    rf":\d|[!^_√\\]\w|[ ]?(?:{_SCALE})\b|[ ]?(?:,|with|and)?[ ]?(?:an? )?(?:remainder\b|rem\b|[rR][ ]?\d)"
)


class ExpressionReader:
    """Reads one side, a sum of products of powers, from a place in a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._heights = _bracket_heights(text)

    def side(self, start: int, hundredths: bool = False) -> Side:
        """The side from `start` to where it ends; `hundredths` reads 20% as 0.2, not as 20.

        Raises:
            UnreadableError: It holds something that has no value.
        """
        self._position, self._hundredths = start, hundredths
        self._operators, self._places = 0, 0
        self._divides = self._adds = self._cut = self._undefined = False
        self._units: set[str] = set()
        value = self._sum()
        self._check_end()
        return Side(
            start,
            self._position,
            None if self._undefined else value,
            self._operators,
            self._divides,
            self._adds,
            frozenset(self._units),
            self._places,
            self._cut,
        )

    def _sum(self) -> Fraction:
        value = self._product()
        while op := self._operator("+-"):
            self._adds = True
            term = self._product()
            value = self._bounded(value + term if op == "+" else value - term)
        return value

    def _product(self) -> Fraction:
        value = self._power()
        while op := self._operator("*/") or self._attached_bracket():
            factor = self._power()
            if op == "/":
                self._divides = True
                self._undefined = self._undefined or factor == 0
                factor = 1 / factor if factor else Fraction(0)
            value = self._bounded(value * factor)
        return value

    def _power(self) -> Fraction:
        negative = self.text.startswith("-", self._position)
        self._position += negative
        value = self._atom()
        if self._operator("^"):
            exponent = self._exponent()
            if exponent.denominator != 1 or abs(exponent) > MAX_EXPONENT or (value == 0 and exponent < 0):
                raise UnreadableError
            value = self._bounded(value ** int(exponent))
        return -value if negative else value

    def _exponent(self) -> Fraction:
        negative = self.text.startswith("-", self._position)
        self._position += negative
        value = self._atom()
        if self._operator("^"):
            raise UnreadableError  # 2^3^2: towers are read in two ways
        return -value if negative else value

    def _atom(self) -> Fraction:
        if self.text[self._position : self._position + 1] in ("(", "["):
            return self._bracket()
        atom = _ATOM.match(self.text, self._position)
        if atom is None:
            raise UnreadableError
        self._position = atom.end()
        try:
            value = _value(atom)
        except ValueError:
            raise UnreadableError from None
        self._places = decimal_places(atom["number"] or "")
        self._cut = self._cut or atom["cut"] is not None
        self._pass_unit()
        return value / 100 if atom["percent"] and self._hundredths else value

    def _bracket(self) -> Fraction:
        if self._heights.get(self._position, MAX_DEPTH + 1) > MAX_DEPTH:
            raise UnreadableError
        self._pass(_OPENING)
        value = self._sum()
        if not self._pass(_CLOSING):
            raise UnreadableError
        return value

    def _attached_bracket(self) -> str:
        """`2(3 + 4)` is a product, `7 (seven)` is not."""
        if not _FACTOR.match(self.text, self._position):
            return ""
        self._operators += 1
        return "*"

    def _operator(self, wanted: str) -> str:
        """The operator that comes next, passed over, if it is one of `wanted` and a value follows; else nothing."""
        match = _OPERATOR.match(self.text, self._position)
        op = _MEANING.get(match["op"].lower(), match["op"]) if match else ""
        if match is None or op not in wanted:
            return ""
        if not START.match(self.text, match.end()):
            spaced = match.group().startswith((" ", "\t")) and match.group().endswith((" ", "\t"))
            dash = op == "-" and spaced and _WORD.match(self.text, match.end())
            if dash or not (_UNKNOWN.match(self.text, match.end()) or _WORD.match(self.text, match.end())):
                return ""  # punctuation: "3 + 4 = 7 - that is", "*3 + 4 = 7*"
            raise UnreadableError
        self._position = match.end()
        self._operators += 1
        return op

    def _pass_unit(self) -> None:
        if unit := _UNIT.match(self.text, self._position):
            self._position = unit.end()
            self._units.add(unit["unit"].lower().removesuffix("s"))

    def _check_end(self) -> None:
        """A letter or a digit that clings to the end makes the number another one: 7x, 5:30, 3 remainder 2."""
        rest = self.text[self._position : self._position + 20]
        variable = rest[:1].isalpha() and not rest[1:2].isalpha() and rest[0] not in _KNOWN_LETTER_UNITS
        if variable or _OTHER_NUMBER.match(rest):
            raise UnreadableError

    def _pass(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self.text, self._position)
        self._position = match.end() if match else self._position
        return match is not None

    @staticmethod
    def _bounded(value: Fraction) -> Fraction:
        if value.numerator.bit_length() + value.denominator.bit_length() > MAX_BITS:
            raise UnreadableError
        return value


def _value(atom: re.Match[str]) -> Fraction:
    if atom["whole"]:
        return read_magnitude(atom["whole"]) + read_magnitude(atom["top"]) / read_magnitude(atom["bottom"])
    return read_magnitude(atom["number"])


def _bracket_heights(text: str) -> dict[int, int]:
    """For each opening bracket that is closed, how deep brackets stand in it; so hopeless ones cost nothing."""
    heights: dict[int, int] = {}
    opened: list[list[int]] = []
    for bracket in re.finditer(r"[()\[\]]", text):
        if bracket.group() in "([":
            opened.append([bracket.start(), 0])
        elif opened:
            start, inside = opened.pop()
            heights[start] = inside + 1
            if opened:
                opened[-1][1] = max(opened[-1][1], inside + 1)
    return heights


def value_of(text: str) -> Fraction | None:
    """The value of a text that is nothing but an expression with at least one operator; None for any other text."""
    plain = plain_mathematics(text[:1000]).strip()
    try:
        side = ExpressionReader(plain).side(0)
    except UnreadableError:
        return None
    return side.value if side.operators and side.end == len(plain) and not side.units else None
