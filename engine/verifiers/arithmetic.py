"""The arithmetic checker: every equation a text states is worked out; the score is the share that holds."""

from __future__ import annotations

from collections.abc import Sequence

from engine.types import Candidate, Problem, Score
from engine.verifiers.base import Verifier
from engine.verifiers.equations import Equation, equations


class ArithmeticChecker(Verifier):
    """Scores by the share of equations that hold; it cannot tell when there is none."""

    name = "arithmetic"
    title = "Arithmetic checker"
    help = "Works out every equation in the text. The score is the share that holds."
    costs = "Nothing: no model call, far less than a millisecond."
    blind_spot = "It checks sums, not sense: right sums that answer another question score 1."
    judges_steps = True

    def score(
        self, problem: Problem, candidate: Candidate, peers: Sequence[Candidate], replies: Sequence[Candidate]
    ) -> Score:
        """The share of the equations that hold (of the newest step, where there are steps); a wrong one is named."""
        found = equations(candidate.steps[-1] if candidate.steps else candidate.text)
        if not found:
            return Score(None, "no equation to check")
        wrong = [equation for equation in found if not equation.holds]
        return Score((len(found) - len(wrong)) / len(found), _detail(len(found), wrong))


def _detail(total: int, wrong: list[Equation]) -> str:
    held = f"{total - len(wrong)} of {total} equations hold" if total > 1 else "the one equation holds"
    if not wrong:
        return held
    first = f"{_typeset(wrong[0].written)} is wrong{_correction(wrong[0])}"
    return f"{held}: {first}" if total > 1 else first


def _correction(equation: Equation) -> str:
    """What it should say. A model that revises its text needs the whole equation, not the number alone."""
    value = equation.left_value
    if value is None:
        return " (a division by zero)"
    if not equation.right_is_number or value.denominator != 1 or len(str(value.numerator)) > 12:
        return ""
    left, sign, _ = equation.written.rpartition("=")
    right = _typeset(str(value))
    return f": {_typeset(left.strip())} = {right}" if sign and len(left) <= 40 else f" (it is {right})"


def _typeset(written: str) -> str:
    short = written if len(written) <= 60 else f"{written[:57]}…"
    return short.replace("-", "−").replace("*", "×")
