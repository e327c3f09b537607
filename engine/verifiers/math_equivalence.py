"""Maths equivalence: the known answer, recognised in whatever form mathematics lets it take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from engine.answers import same_answer
from engine.numbers import decimal_places, plain_mathematics, read_number
from engine.types import Candidate, Problem, Score
from engine.verifiers.base import Verifier
from engine.verifiers.math_child import Question
from engine.verifiers.math_notation import latex, places
from engine.verifiers.math_process import MathProcess, Outcome, shared_math_process

SECONDS = 3.0
ROUNDED_PLACES = 6  # 0.333333 stands for 1/3, as it does for math-verify; 0.33 does not
_SIGN = re.compile(r"[-+*/^=<>!|√×÷·±%∪∩≤≥≠\\]")
_SHOWN = 60  # characters of an answer

_NO_VERDICT: dict[Outcome, str] = {
    "slow": "took too long to compare",
    "large": "too large to compare",
    "crashed": "the comparison crashed",
    "stopped": "stopped from outside",
    "unavailable": "the process that compares could not be started",
}


class MathEquivalence(Verifier):
    """Scores 1 where the candidate's answer and the known one are the same mathematics, 0 where they are not.

    Args:
        process: Where answers are compared; the one that all verifiers of this engine share, if None.
        seconds: The longest that one comparison may take.
    """

    name = "math-equivalence"
    title = "Maths equivalence"
    help = "Compares with the right answer as mathematics: 1/2 is 0.5, x = 3 is 3, and 2(x + 1) is 2x + 2."
    costs = "No tokens. Plain answers take no time, formulas some milliseconds, and the first one a few seconds."
    blind_spot = (
        "It needs the answer in advance, and wrong reasoning is hidden from it by a right answer. It accepts any form: "
        "47 + 35 is as good as 82, and 50% stands for 50 and for 0.5."
    )

    def __init__(self, process: MathProcess | None = None, seconds: float = SECONDS) -> None:
        self._process = process or shared_math_process()
        self._seconds = seconds

    def score(
        self, problem: Problem, candidate: Candidate, peers: Sequence[Candidate], replies: Sequence[Candidate]
    ) -> Score:
        """1 or 0; None when the answer of the problem is not known, or the comparison came to no end."""
        if problem.answer is None:
            return Score(None, "the answer is not known")
        if candidate.answer is None:
            return Score(0.0, "no answer found in the text")
        outcome = self._compare(problem.answer, candidate.answer)
        if outcome in _NO_VERDICT:
            return Score(None, _NO_VERDICT[outcome])
        equal = outcome == "equal" or (outcome == "unreadable" and same_answer(candidate.answer, problem.answer))
        verb = "equals" if equal else "does not equal"
        said = f"{_shown(candidate.answer)} {verb} {_shown(problem.answer)}"
        if outcome == "unreadable":
            said += ", compared as text: not readable as mathematics"
        return Score(float(equal), said)

    def _compare(self, known: str, given: str) -> Outcome:
        if same_answer(given, known) and _signs(given) == _signs(known):
            return "equal"
        same = _same_number(known, given)
        if same is not None:
            return "equal" if same else "different"
        left, right = latex(known), latex(given)
        if left is None or right is None:
            return "unreadable"
        return self._process.compare(Question(left, right, max(places(left), places(right)), self._seconds))


def _signs(answer: str) -> list[str]:
    """The signs of an answer without digits, of which a comparison of words takes no notice: x + y, x - y."""
    plain = plain_mathematics(answer)
    return [] if any(char.isdigit() for char in plain) else _SIGN.findall(plain)


def _same_number(known: str, given: str) -> bool | None:
    """Whether two numbers are the same, exactly or rounded to many places; None unless both are plain numbers."""
    left, right = read_number(plain_mathematics(known)), read_number(plain_mathematics(given))
    if left is None or right is None:
        return None
    rounding = max(_rounding(known), _rounding(given))
    return any(abs(a - b) <= rounding for a in _meanings(left, known) for b in _meanings(right, given))


def _meanings(value: Fraction, written: str) -> tuple[Fraction, ...]:
    return (value, value / 100) if "%" in written else (value,)


def _rounding(written: str) -> Fraction:
    """How far off the last of many digits may be: none of it where few are shown."""
    text = plain_mathematics(written).strip(" $%")
    shown = decimal_places(text) if text.lstrip("+-").replace(".", "", 1).isdigit() else 0
    return Fraction(1, 2 * 10**shown) if shown >= ROUNDED_PLACES else Fraction(0)


def _shown(answer: str) -> str:
    line = " ".join(answer.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
