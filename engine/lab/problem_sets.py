"""Problems with known answers: a ladder from trivial to hopeless for a 135M model, and sums that anybody types."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from engine.answers import normalise
from engine.errors import EngineError
from engine.numbers import read_number
from engine.prompts import guess_kind, may_ask_a_number
from engine.types import Problem
from engine.verifiers.expression import value_of

LADDER = Path(__file__).parents[2] / "resources" / "problems" / "ladder.json"


class Rung(Struct, frozen=True):
    """Problems of about one difficulty; rungs go from easy to hard."""

    name: str
    title: str
    help: str
    problems: tuple[Problem, ...]


class _Entry(Struct, frozen=True, forbid_unknown_fields=True):
    question: str
    answer: str
    kind: str = ""


class _WrittenRung(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    title: str
    help: str
    kind: str
    problems: tuple[_Entry, ...]


class _WrittenLadder(Struct, frozen=True, forbid_unknown_fields=True):
    rungs: tuple[_WrittenRung, ...]


@cache
def load_ladder() -> tuple[Rung, ...]:
    """The built-in rungs, the easiest first.

    Raises:
        EngineError: The file is missing or damaged.
    """
    try:
        return parse_rungs(LADDER.read_bytes())
    except (OSError, msgspec.MsgspecError) as error:
        raise EngineError(
            "The built-in problems cannot be read.", f"{LADDER.name}: {error}.", "Install the program again."
        ) from None


def parse_rungs(data: bytes) -> tuple[Rung, ...]:
    """The rungs of a file that is written as the built-in one is.

    Raises:
        msgspec.MsgspecError: It is not written like that.
    """
    return tuple(_rung(rung) for rung in msgspec.json.decode(data, type=_WrittenLadder).rungs)


def find_problem(question: str) -> Problem | None:
    """The built-in problem that asks this, or a plain sum with its answer worked out; None for any other question."""
    found = _by_question().get(_key(question))
    if found is not None:
        return found
    value = value_of(_CALL.sub("", question.strip()).rstrip(" =?.!"))
    return Problem(question, str(value), guess_kind(question)) if value is not None else None


def make_problem(question: str, answer: str | None = None) -> Problem:
    """The problem for a question as typed, with a given answer, or the known one where there is one.

    A given answer that is no number makes the kind "text", so that words are looked for in the candidates; so does a
    question without any sign that a number is wanted: the last number of an essay is no answer.
    """
    found = find_problem(question)
    given = answer.strip() if answer else ""
    if found is not None:
        return Problem(question, given or found.answer, found.kind, found.title)
    is_word = read_number(normalise(given)) is None if given else not may_ask_a_number(question)
    return Problem(question, given or None, "text" if is_word else "free")


_CALL = re.compile(r"^(?:what is|what's|how much is|calculate|compute|work out)\b[\s:]*", re.IGNORECASE)


def _rung(written: _WrittenRung) -> Rung:
    problems = tuple(
        Problem(entry.question, entry.answer, entry.kind or written.kind, written.title) for entry in written.problems
    )
    return Rung(written.name, written.title, written.help, problems)


@cache
def _by_question() -> dict[str, Problem]:
    return {_key(problem.question): problem for rung in load_ladder() for problem in rung.problems}


def _key(question: str) -> str:
    return " ".join(question.casefold().split()).rstrip(" ?.!=")
