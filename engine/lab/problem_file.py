"""Problems of one's own: by the names of built-in sets, or from a file."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from engine.errors import BadInputError
from engine.lab.problem_sets import load_ladder, make_problem, parse_rungs
from engine.types import Problem

LADDER_NAME = "ladder"  # all built-in sets, one after the other
FILE_BYTES = 64_000_000
MOST_PROBLEMS = 10_000
ADVICE = 'Write one problem a line: {"question": "What is 2 + 5?", "answer": "7"}. The answer may be left out.'


class _Line(Struct, frozen=True):
    """Whatever else a line holds is passed over: data sets have columns of their own."""

    question: str
    answer: str | int | float | None = None
    kind: str = ""


def set_names() -> list[str]:
    """The names of the built-in sets, the easiest first."""
    return [rung.name for rung in load_ladder()]


def find_problems(given: str) -> tuple[Problem, ...]:
    """The problems that a person means: names of built-in sets with commas, “ladder” for all of them, or a file.

    A file whose name ends in `.json` is written as `resources/problems/ladder.json` is. Any other has a JSON object a
    line, with `question`, and if they are known `answer` and `kind`.

    Raises:
        BadInputError: There is no such set or file, or it holds no problems.
    """
    names = [name.strip() for name in given.split(",")]
    built_in = {rung.name: rung.problems for rung in load_ladder()}
    if names == [LADDER_NAME]:
        names = list(built_in)
    if all(name in built_in for name in names):
        return tuple(problem for name in dict.fromkeys(names) for problem in built_in[name])
    return _read(given)


def _read(given: str) -> tuple[Problem, ...]:
    path = Path(given)
    data = _bytes_of(path, given)
    problems = _from_rungs(data, path.name) if path.suffix.lower() == ".json" else _from_lines(data, path.name)
    if not problems:
        raise BadInputError(f"“{path.name}” holds no problems.", "", ADVICE)
    if len(problems) > MOST_PROBLEMS:
        why = f"One run takes at most {MOST_PROBLEMS:,}."
        raise BadInputError(f"“{path.name}” holds {len(problems):,} problems.", why, "Make several files of it.")
    return problems


def _bytes_of(path: Path, given: str) -> bytes:
    names = f"Give a file, “{LADDER_NAME}”, or names of built-in sets with commas: {', '.join(set_names())}."
    try:
        if not path.exists():
            raise BadInputError(f"“{given}” is neither a built-in set of problems nor a file.", "", names)
        if path.is_dir():
            raise BadInputError(f"“{given}” is a folder.", "", names)
        with path.open("rb") as file:
            data = file.read(FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        why = f"The system says: {getattr(error, 'strerror', None) or error}."
        raise BadInputError(f"“{given}” could not be read.", why, names) from None
    if len(data) > FILE_BYTES:
        raise BadInputError(f"“{path.name}” is too long.", f"At most {FILE_BYTES:,} bytes are read.", "Shorten it.")
    return data.removeprefix(b"\xef\xbb\xbf")


def _from_rungs(data: bytes, name: str) -> tuple[Problem, ...]:
    try:
        return tuple(problem for rung in parse_rungs(data) for problem in rung.problems)
    except msgspec.MsgspecError as error:
        next_step = f"Write it as the built-in ladder.json, or name it .jsonl. {ADVICE}"
        raise BadInputError(f"“{name}” is no file of problems.", f"{error}.", next_step) from None


def _from_lines(data: bytes, name: str) -> tuple[Problem, ...]:
    problems = []
    for number, line in enumerate(data.splitlines(), 1):
        if line.strip():
            try:
                problems.append(_problem(msgspec.json.decode(line, type=_Line)))
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise BadInputError(f"Line {number} of “{name}” is no problem.", f"{error}.", ADVICE) from None
    return tuple(problems)


def _problem(line: _Line) -> Problem:
    found = make_problem(line.question, None if line.answer is None else str(line.answer))
    return msgspec.structs.replace(found, kind=line.kind) if line.kind else found
