"""Constraint checks: what an answer must look like, said by a pattern, a schema, a range and a length."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from msgspec import Struct

from engine.answers import extract
from engine.errors import BadInputError
from engine.numbers import read_number
from engine.settings import Setting
from engine.setup import Value
from engine.types import Candidate, Problem, Score
from engine.verifiers.base import Verifier
from engine.verifiers.json_schema import JsonSchema, json_in
from engine.verifiers.pattern import Pattern, UndecidedError
from engine.verifiers.sandbox import Sandbox, shared_sandbox

SETTINGS = (
    Setting(
        "where",
        "choice",
        "answer",
        "Check",
        "The answer that was found in the text, or the whole text: there the JSON and the number in it are looked for.",
        choices=("answer", "text"),
    ),
    Setting(
        "pattern",
        "text",
        "",
        "Pattern",
        "A regular expression that must be found: ^\\d+$ is a whole number and nothing else. Empty: none.",
        maximum=1_000,
    ),
    Setting(
        "schema",
        "text",
        "",
        "JSON schema",
        "It must be JSON of this form. Empty: none.",
        maximum=20_000,
        lines=6,
    ),
    Setting("minimum", "text", "", "At least", "The smallest number that is allowed. Empty: none.", maximum=40),
    Setting("maximum", "text", "", "At most", "The largest number that is allowed. Empty: none.", maximum=40),
    Setting("shortest", "text", "", "Words, at least", "How many words it must have. Empty: any number.", maximum=9),
    Setting("longest", "text", "", "Words, at most", "How many words it may have. Empty: any number.", maximum=9),
)


class Constraint(Struct, frozen=True):
    """One thing that must hold. `fault` says of a text what is wrong in a few words, and nothing if nothing is."""

    fault: Callable[[str], str]


class Constraints(Verifier):
    """Scores by the share of the constraints that hold.

    Only what is set counts. Patterns, those of the schema too, run in the sandbox and take at most a second each: see
    `engine.verifiers.pattern`.

    Args:
        values: The value of each of `SETTINGS`.
        sandbox: Where patterns run.

    Raises:
        BadInputError: A pattern, a schema or a number cannot be read, or the ends of a range are the wrong way round.
    """

    name = "constraints"
    title = "Constraint checks"
    help = (
        "Checks what the answer looks like: a pattern, JSON of a form, a range, a length. The score is the share met."
    )
    costs = "No model call: about a millisecond, and a second at most for a pattern that takes long."
    blind_spot = "It checks the form, not the sense: a wrong answer of the right form scores 1."

    def __init__(self, values: Mapping[str, Value], sandbox: Sandbox | None = None) -> None:
        self._in_text = values["where"] == "text"
        self._constraints = _constraints(
            {name: str(value) for name, value in values.items()}, sandbox or shared_sandbox(), self._in_text
        )

    def score(
        self, problem: Problem, candidate: Candidate, peers: Sequence[Candidate], replies: Sequence[Candidate]
    ) -> Score:
        """The share of the constraints that hold; the first that does not is named. None where it cannot be told."""
        if not self._constraints:
            return Score(None, "no constraint is set")
        looked_at = candidate.text if self._in_text else candidate.answer
        if looked_at is None:
            return Score(0.0, "no answer to check")
        try:
            faults = [constraint.fault(looked_at.strip()) for constraint in self._constraints]
        except UndecidedError as reason:
            return Score(None, str(reason))
        return _verdict(faults)


def _verdict(faults: Sequence[str]) -> Score:
    failed = [fault for fault in faults if fault]
    met = len(faults) - len(failed)
    if not failed:
        return Score(1.0, f"all {met} constraints hold" if met > 1 else "the constraint holds")
    return Score(met / len(faults), f"{met} of {len(faults)} hold: {failed[0]}" if len(faults) > 1 else failed[0])


def _constraints(values: Mapping[str, str], sandbox: Sandbox, in_text: bool) -> list[Constraint]:
    found: list[Constraint] = []
    if values["pattern"]:
        found.append(_pattern(Pattern(values["pattern"], sandbox)))
    if values["schema"].strip():
        found.append(_schema(JsonSchema(values["schema"], sandbox)))
    low, high = (_number(values[name], title) for name, title in (("minimum", "At least"), ("maximum", "At most")))
    short, long = (
        _count(values[name], title) for name, title in (("shortest", "Words, at least"), ("longest", "Words, at most"))
    )
    for least, most in ((low, high), (short, long)):
        if least is not None and most is not None and least > most:
            raise BadInputError(f"Nothing can be at least {least} and at most {most}.", "", "Swap the two numbers.")
    number = _number_in if in_text else read_number
    found += [_minimum(low, number)] if low is not None else []
    found += [_maximum(high, number)] if high is not None else []
    found += [_shortest(short)] if short is not None else []
    found += [_longest(long)] if long is not None else []
    return found


def _pattern(pattern: Pattern) -> Constraint:
    return Constraint(lambda text: "" if pattern.is_in(text) else "the pattern is not found")


def _schema(schema: JsonSchema) -> Constraint:
    def fault(text: str) -> str:
        is_there, value = json_in(text)
        return schema.fault(value) if is_there else "there is no JSON"

    return Constraint(fault)


Reader = Callable[[str], Fraction | None]


def _minimum(least: Fraction, read: Reader) -> Constraint:
    def fault(text: str) -> str:
        value = read(text)
        if value is None:
            return "there is no number"
        return "" if value >= least else f"{_plain(value)} is less than {_plain(least)}"

    return Constraint(fault)


def _maximum(most: Fraction, read: Reader) -> Constraint:
    def fault(text: str) -> str:
        value = read(text)
        if value is None:
            return "there is no number"
        return "" if value <= most else f"{_plain(value)} is more than {_plain(most)}"

    return Constraint(fault)


def _shortest(least: Fraction) -> Constraint:
    return Constraint(lambda text: "" if _words(text) >= least else f"{_counted(text)}, fewer than {least}")


def _longest(most: Fraction) -> Constraint:
    return Constraint(lambda text: "" if _words(text) <= most else f"{_counted(text)}, more than {most}")


def _words(text: str) -> int:
    return len(text.split())


def _counted(text: str) -> str:
    return "1 word" if _words(text) == 1 else f"{_words(text):,} words"


def _number_in(text: str) -> Fraction | None:
    """The number that a text gives as its answer, else the last one in it."""
    written = extract(text, "arithmetic")
    return None if written is None else read_number(written)


def _plain(value: Fraction) -> str:
    return str(value) if value.denominator == 1 and abs(value) < 10**12 else f"{float(value):g}"


def _number(written: str, title: str) -> Fraction | None:
    if not written.strip():
        return None
    value = read_number(written)
    if value is None:
        raise BadInputError(f"{title} cannot be “{written}”.", "It must be a number.", "Leave it empty for no limit.")
    return value


def _count(written: str, title: str) -> Fraction | None:
    value = _number(written, title)
    if value is not None and (value.denominator != 1 or value < 0):
        raise BadInputError(f"{title} cannot be “{written}”.", "It counts words.", "Leave it empty for no limit.")
    return value
