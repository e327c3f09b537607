"""Numbers as people and models write them, read exactly. No input, however long, takes long to read."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from functools import lru_cache

MAX_DIGITS = 400
"""Longer digit strings and larger powers of ten are left as text: exact arithmetic on them would cost too much."""

_GROUPED = r"\d{1,3}(?:[,'’_]\d{3})+(?!\d)(?:\.\d+)?"
_DECIMAL_COMMA = r"\d+,\d{1,2}(?![\d,])"
_PLAIN = r"\d+(?:\.\d+)?|\.\d+"
MAGNITUDE = rf"(?:{_GROUPED}|{_DECIMAL_COMMA}|{_PLAIN})"
"""A pattern for a number without a sign: thousands separators, a decimal point or a decimal comma."""

_SIGN = r"(?:(?<![\w.)])[-−+]\s?)?"
NUMBER = (
    rf"{_SIGN}[$€£¥]?(?:\d+(?::\d+)+|\d+ \d+\s?/\s?\d+|{MAGNITUDE}\s?/\s?{MAGNITUDE}"
    rf"|{MAGNITUDE}(?:[eE][-+]?\d+(?!\w)|\s?[x×*]\s?10\s?\^\s?\{{?[-+]?\d+\}}?)?)"
)
"""A pattern for a signed number, fraction, mixed number, clock time, ratio or power of ten in a text."""

_MIXED = re.compile(r"(?P<whole>\d+) (?P<top>\d+)/(?P<bottom>\d+)")
_RATIO = re.compile(rf"(?P<top>{MAGNITUDE})\s*/\s*(?P<bottom>-?{MAGNITUDE})")
_SCIENTIFIC = re.compile(
    rf"(?P<base>{MAGNITUDE})(?:e(?P<e>[-+]?\d{{1,6}})(?![\d.])|\s*[x×*]\s*10\s*\^\s*\(?(?P<power>[-+]?\d{{1,6}})(?!\d)\)?)"
)
_VALUE = re.compile(MAGNITUDE)
_LEAD = re.compile(r"^(?:[a-z]\w{0,20}\s*=|=|≈|~|about|approximately|around|roughly|exactly|only)\s*", re.IGNORECASE)
_CURRENCY = re.compile(r"^(?P<sign>[-+]?)\s*(?:[$€£¥₹]|usd|eur|gbp)\s*(?=[\d.-])", re.IGNORECASE)
_UNIT = re.compile(
    r"(?:st|nd|rd|th|[%‰°º′″$€£¥₹]|\s?(?:[^\W\d]|[°%])[^\W\d.]*\.?(?:\^?\d)?(?:\s?/\s?[^\W\d]+(?:\^\d)?)?)"
    r"(?: [^\W\d]+){0,4}",
    re.IGNORECASE,
)
_NOT_UNIT_WORDS = """
    x y z n i pi π sqrt and or to plus minus times by over half halves quarter quarters third thirds dozen am pm a.m p.m
    r remainder squared cubed
"""
_NOT_UNITS = frozenset(_NOT_UNIT_WORDS.split())
_SCALES = {
    "hundred": 10**2,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
_ONES = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {word: i for i, word in enumerate(_ONES.split())}
_WORDS |= {word: 10 * i for i, word in enumerate(_TENS.split(), start=2)}

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_DASHES = str.maketrans(dict.fromkeys("−‐‑‒–﹣－", "-"))
_WRAPPERS = re.compile(
    r"\\(?:text|textbf|mathrm|mathbf|mbox|operatorname)\s*\{(?P<inner>[^{}]*)\}"
    r"|\\boxed\s*\{(?P<boxed>[^{}]*)\}"
    r"|\\[dt]?frac\s*\{(?P<top>[^{}]*)\}\s*\{(?P<bottom>[^{}]*)\}"
    r"|\\[dt]?frac\s*(?P<one>\d)\s*(?P<two>\d)"
    r"|\\sqrt\s*\{(?P<root>[^{}]*)\}"
)
_SIGNS = {r"\times": "×", r"\cdot": "×", r"\div": "÷", r"\pi": "π", r"\approx": "≈", r"\%": "%", r"\$": "$"}
_SIGN_COMMAND = re.compile(r"\\(?:(?:times|cdot|div|pi|approx)(?![a-zA-Z])|[%$])")
_SPACING = re.compile(
    r"(?<!\\)\\(?:[()\[\],;:! ]|(?:left|right|quad|displaystyle)(?![a-zA-Z]))"
    r"|\*\*(?!\d)|(?<![\d)]|\b[a-zA-Z])\*\*|\$(?!\s*-?[\d.])"
)
_NARROW = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_BRACED_POWER = re.compile(r"\^\s*\{([^{}]*)\}")
_VULGAR = re.compile(r"(?<=\d)(?=[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])")
_POWER = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")


def plain_mathematics(text: str) -> str:
    r"""The text without LaTeX: fractions as a/b, powers as ^n, one kind of minus sign, ASCII digits."""
    text = _NARROW.sub(",", text)  # before spaces of all kinds become one kind
    text = _POWER.sub(lambda power: "^" + power.group().translate(_SUPERSCRIPTS), _VULGAR.sub(" ", text))
    text = unicodedata.normalize("NFKC", text).translate(_DASHES).replace("⁄", "/")
    text = "".join(map(_ascii_digit, text)) if not text.isascii() else text
    if "\\" in text or "$" in text or "**" in text:
        text = text.replace("{,}", ",")
        for _ in range(4):  # wrappers inside wrappers
            text, count = _WRAPPERS.subn(_unwrap, text)
            if not count:
                break
        text = _BRACED_POWER.sub(lambda power: "^" + _exponent(power[1]), text)
        text = _SIGN_COMMAND.sub(lambda sign: _SIGNS[sign.group()], text)
        text = _SPACING.sub("", text)
    return text


def read_number(text: str) -> Fraction | None:
    """The exact value of a text that is one number, or None.

    A sign, currency, per cent sign, unit ("12 apples", "5 cm^2", "3rd") or scale word ("3 million") may stand with it.
    None also for numbers of more than `MAX_DIGITS` digits.
    """
    if len(text) > 4 * MAX_DIGITS:
        return None
    text = _LEAD.sub("", text.strip(" \t\r\n,;:!?\"'“”‘’*_`").rstrip("."))
    text = _CURRENCY.sub(r"\g<sign>", text).strip(" $")
    if text.startswith("(") and text.endswith(")") and text.count("(") == 1:
        return read_number(text[1:-1])
    negative = text.startswith("-")
    value, rest = _leading_value(text.lstrip("+-").lstrip() if text[:1] in ("+", "-") else text)
    if value is None or (rest and not _only_unit(rest)):
        return None
    value *= _scale(rest)
    return -value if negative else value


@lru_cache(maxsize=4096)  # texts about one question use the same few numbers
def read_magnitude(written: str) -> Fraction:
    """The exact value of a text that matches `MAGNITUDE`.

    Raises:
        ValueError: It has more than `MAX_DIGITS` digits.
    """
    if len(written) > MAX_DIGITS:
        raise ValueError("too many digits")
    if re.fullmatch(_DECIMAL_COMMA, written):
        written = written.replace(",", ".")
    return Fraction(re.sub(r"[,'’_\s]", "", written))


def write_number(value: Fraction) -> str:
    """The value in lowest terms: "82" or "-3/4"."""
    return str(value)


def decimal_places(written: str) -> int:
    """How many digits a number shows after its decimal point."""
    if re.fullmatch(_DECIMAL_COMMA, written):
        written = written.replace(",", ".")
    return len(written.partition(".")[2])


def _unwrap(match: re.Match[str]) -> str:
    parts = match.groupdict()
    before, after = match.string[max(0, match.start() - 1) : match.start()], match.string[match.end() : match.end() + 1]
    mixed = " " if before.isdigit() else ""  # one and a half is no eleven halves
    apart = " " if after.isalpha() else ""  # and half of x is no 1/(2x)
    if parts["top"] is not None:
        return f"{mixed}{_grouped(parts['top'])}/{_grouped(parts['bottom'])}{apart}"
    if parts["one"] is not None:
        return f"{mixed}{parts['one']}/{parts['two']}{apart}"
    if parts["root"] is not None:
        return f"√({parts['root']})"
    return str(parts["inner"] if parts["inner"] is not None else parts["boxed"])


def _grouped(term: str) -> str:
    """In brackets, unless it is one number or one name: 1/2x is not 1/(2x)."""
    return term.strip() if re.fullmatch(r"\s*-?(?:[\d.]*|[^\W\d]*)\s*", term) else f"({term.strip()})"


def _exponent(term: str) -> str:
    """A power of one number or letter; of more, "^{2x}", in brackets, as "^2x" would mean another one."""
    return term.strip() if re.fullmatch(r"\s*-?(?:[\d.]+|\w)\s*", term) else f"({term.strip()})"


def _ascii_digit(char: str) -> str:
    return char if char.isascii() or not char.isdecimal() else str(unicodedata.decimal(char))


def _leading_value(text: str) -> tuple[Fraction | None, str]:
    """The number at the start, and what follows it."""
    try:
        if match := _MIXED.match(text):
            return int(match["whole"]) + Fraction(int(match["top"]), int(match["bottom"])), text[match.end() :]
        if match := _SCIENTIFIC.match(text.lower()):
            return _power_of_ten(match), text[match.end() :]
        if match := _RATIO.match(text):
            bottom = match["bottom"]
            sign = -1 if bottom.startswith("-") else 1
            return sign * read_magnitude(match["top"]) / read_magnitude(bottom.lstrip("-")), text[match.end() :]
        if match := _VALUE.match(text):
            return read_magnitude(match.group()), text[match.end() :]
    except (ValueError, ZeroDivisionError):
        return None, text
    return _number_word(text)


def _power_of_ten(match: re.Match[str]) -> Fraction:
    exponent = int(match["e"] if match["e"] is not None else match["power"])
    if abs(exponent) > MAX_DIGITS:
        raise ValueError("too large a power")
    return read_magnitude(match["base"]) * Fraction(10) ** exponent


def _number_word(text: str) -> tuple[Fraction | None, str]:
    words = re.match(r"([a-z]+)(?:[- ]([a-z]+))?", text.lower())
    if words is None or words[1] not in _WORDS:
        return None, text
    first, second = _WORDS[words[1]], _WORDS.get(words[2] or "", 0)
    if first >= 20 and 0 < second < 10:
        return Fraction(first + second), text[words.end() :]
    return Fraction(first), text[words.end(1) :]


def _only_unit(rest: str) -> bool:
    rest = rest.strip() if rest.startswith(" ") else rest
    return _UNIT.fullmatch(rest) is not None and not _NOT_UNITS.intersection(rest.lower().rstrip(".").split())


def _scale(rest: str) -> int:
    words = rest.lower().split()
    return _SCALES.get(words[0], 1) if words else 1
