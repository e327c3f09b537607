"""Answers as people and models write them, turned into LaTeX that math-verify reads as it was meant.

What math-verify would misread is refused here. Measured with version 0.9: "1 1/2" is 1 to it, "5 6" is 11, "1e3" is
2718 and more, and every word is a product of letters, so that "no" equals "on".
"""

from __future__ import annotations

import re

from engine.numbers import plain_mathematics

LONGEST = 2_000
"""Characters: a longer answer is no answer, and not read as mathematics."""

MOST_PLACES = 40

_FUNCTIONS = "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln exp max min gcd lcm"
_CONSTANTS = {"pi": r"\pi ", "sqrt": r"\sqrt", "inf": r"\infty ", "infinity": r"\infty ", "oo": r"\infty "}
_ALSO_READ = {
    **{name: rf"\{name} " for name in _FUNCTIONS.split()},
    **_CONSTANTS,
    **dict.fromkeys(("and", "or"), ","),
    **{same: same for same in ("xyz", "abc", "matrix", "pmatrix", "bmatrix", "vmatrix", "cases", "array")},
}
_ENGLISH = "ah am an as at be by do go ha he hi if in is it me mm my no of oh ok on pm so to tv up us we"
_SHORT_WORDS = frozenset(_ENGLISH.split())
_UNITS = re.compile(
    r"(?<=[\w)}])\s+(?:square |cubic |sq\.? )?(?:units?|degrees?|radians?|inch(?:es)?|feet|foot|miles?|dollars?|cents?"
    r"|(?:centi|milli|kilo)?met(?:re|er)s?|(?:milli)?lit(?:re|er)s?|(?:kilo)?grams?|hours?|minutes?|seconds?|days?"
    r"|years?)$",
    re.IGNORECASE,
)
_SIGNS = {
    "∞": r"\infty ",
    "·": r"\cdot ",
    "⋅": r"\cdot ",
    "∙": r"\cdot ",
    "°": r"^{\circ}",
    "∈": r"\in ",
    "∪": r"\cup ",
    "∩": r"\cap ",
}
_SIGN = re.compile("[" + "".join(_SIGNS) + "]")
_SCIENTIFIC = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?|\.\d+)[eE]([-+]?\d+)(?![\w.])")
_MIXED = re.compile(r"(?<![\w.,/^] )(?<![\w.,/^])(\d+) (\d+)\s?/\s?(\d+)(?![\w.])")
_ROOT = re.compile(r"√\s*(\d+(?:\.\d+)?|[a-zA-Z])")
_FRACTION = re.compile(r"(?<![\w.^/] )(?<![\w.^/])(\d+/\d+)\s+(?=[a-zA-Z(\\])")
_NEGATIVE_POWER = re.compile(r"\^\s*-\s*(\d+|[a-zA-Z])")
_TURNED = re.compile(r"([^=<>]+)=\s*([a-zA-Z])")
_WORD = re.compile(r"\\?[^\W\d_]{2,}")
_APART = re.compile(r"\d\s+\.?\d|\d_\d")
_DECIMALS = re.compile(r"\.(\d+)")
_SMALL = re.compile(r"10\s*\^\s*[({]?\s*-\s*(\d{1,3})")


def latex(answer: str) -> str | None:
    """The answer as LaTeX without its `$` signs; None when it is no mathematics, or none that would be read right."""
    if len(answer) > LONGEST:
        return None
    written = answer.encode("utf-8", "replace").decode("utf-8").replace("**", "^")  # half a character is none
    text = _UNITS.sub("", plain_mathematics(written).strip(" \t\r\n$.,;:!?*_`\"'“”‘’"))
    text = _with_numbers_grouped(text)
    if not text or "$" in text or _APART.search(text):
        return None
    text = _SIGN.sub(lambda sign: _SIGNS[sign.group()], _ROOT.sub(r"\\sqrt{\1}", text)).replace("√", r"\sqrt")
    named = _with_names(text)
    return None if named is None else _with_braced_roots(named)


def places(latex: str) -> int:
    """How many digits after its point a number in there needs: small numbers are not to be rounded to zero."""
    decimals = max((len(found) for found in _DECIMALS.findall(latex)), default=0)
    power = max((int(found) for found in _SMALL.findall(latex)), default=0)
    return min(decimals + power, MOST_PLACES)


def _with_numbers_grouped(text: str) -> str:
    """Mixed numbers, powers of ten and fractions before a letter, so that each is one thing to the parser too."""
    text = _MIXED.sub(r"(\1+\2/\3)", _SCIENTIFIC.sub(r"\1 \\cdot 10^{\2}", text))
    text = _NEGATIVE_POWER.sub(r"^{-\1}", _FRACTION.sub(r"(\1) ", text))
    turned = _TURNED.fullmatch(text)
    return f"{turned[2]} = {turned[1]}" if turned else text


def _with_names(text: str) -> str | None:
    """The text with names of functions and constants as commands, or None where a word remains."""
    named = _WORD.sub(_command, text)
    return None if "\0" in named else named


def _command(word: re.Match[str]) -> str:
    """What the parser understands for a word; a zero character for one that is no mathematics."""
    found = word.group()
    if found.startswith("\\"):
        return found
    known = _ALSO_READ.get(found.lower())
    if known is not None:
        return known
    return found if len(found) == 2 and found.islower() and found not in _SHORT_WORDS else "\0"


def _with_braced_roots(text: str) -> str:
    r"""`\sqrt(...)` as `\sqrt{...}`."""
    parts = text.split(r"\sqrt(")
    braced = parts.pop()
    while parts:  # from the innermost root outwards
        end = _closing(braced)
        inner, rest = (braced[:end], braced[end + 1 :]) if end is not None else (braced, "")
        braced = f"{parts.pop()}\\sqrt{{{inner}}}{rest}"
    return braced


def _closing(text: str) -> int | None:
    """Where the bracket closes that was opened before this text."""
    depth = 1
    for bracket in re.finditer(r"[()]", text):
        depth += 1 if bracket.group() == "(" else -1
        if depth == 0:
            return bracket.start()
    return None
