"""What a list of recorded runs shows of each, read from the first and the last frames of its file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from engine.acts import REOPENING
from engine.errors import ThinkscopeError
from engine.events import (
    AnswerPicked,
    Backend,
    CandidateQueued,
    CandidateStarted,
    Event,
    PersonActed,
    RunFailed,
    RunFinished,
    RunStarted,
    TokensDecoded,
)
from engine.trace.codec import Frame, Header, decode_events, join_payloads
from engine.trace.reader import first_frame, last_frames, read_header

LOOKED_AT_BYTES = 1_000_000
WORK = (CandidateQueued, CandidateStarted, TokensDecoded)


class RunInfo(Struct, frozen=True):
    """One recorded run.

    `created` is UTC, ISO 8601: the run's own, or the file's when the run cannot be read. `n` is the number of
    candidates that the set-up asks for, None when the strategy has no such setting. `seconds` is the run clock at the
    end. `complete` says that the run ended in order; a run that was cut, or goes on in another window, did not.
    `events`, `seconds`, `answer` and `correct` are None where the end of the file does not tell. `problem` says in
    words why a recording cannot be opened; it is empty for one that can.
    """

    path: str
    created: str
    size_bytes: int
    problem: str = ""
    run_id: str = ""
    question: str = ""
    title: str = ""
    strategy: str = ""
    n: int | None = None
    model: str = ""
    backend: Backend | None = None
    answer: str | None = None
    correct: bool | None = None
    events: int | None = None
    seconds: float | None = None
    complete: bool = False


def read_info(path: Path) -> RunInfo:
    """Reads what a list shows of the recording at `path`. Never raises: trouble is in `problem`."""
    info = RunInfo(str(path), "", 0)
    try:
        stat = path.stat()
        changed = datetime.fromtimestamp(stat.st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        info = RunInfo(str(path), changed, stat.st_size)
        with path.open("rb") as file:
            header = read_header(file, path.name)
            return _with_end(_with_beginning(info, file, header), file, header)
    except ThinkscopeError as error:
        return replace(info, problem=str(error))
    except OSError as error:
        return replace(info, problem=f"“{path.name}” could not be opened. The system says: {error.strerror}.")


def _with_beginning(info: RunInfo, file: BinaryIO, header: Header) -> RunInfo:
    start = next(
        (event for event in _first_events(file, header, info.size_bytes) if isinstance(event, RunStarted)), None
    )
    if start is None:
        return replace(info, problem=f"“{Path(info.path).name}” was cut before its first event.")
    n = start.setup.strategy.settings.get("n")
    return replace(
        info,
        created=start.created,
        run_id=start.run_id,
        question=start.setup.problem.question,
        title=start.setup.problem.title,
        strategy=start.setup.strategy.name,
        n=n if isinstance(n, int) else None,
        model=start.model.name,
        backend=start.backend,
    )


def _first_events(file: BinaryIO, header: Header, size: int) -> list[Event]:
    found = first_frame(file, size)
    return _decode(*found, header) if found else []


def _decode(frame: Frame, data: memoryview, header: Header) -> list[Event]:
    return decode_events(join_payloads(data), frame.events, header.version)


def _with_end(info: RunInfo, file: BinaryIO, header: Header) -> RunInfo:
    """From the end back, until the answer is found and whether the run ended in order, or it was looked far enough."""
    looked_at, complete = 0, None
    picked: AnswerPicked | None = None
    for frame, data in last_frames(file, header):
        events = _decode(frame, data, header)
        if not looked_at:
            info = replace(info, events=frame.first_event + frame.events, seconds=events[-1].t)
        picked = picked or next((event for event in reversed(events) if isinstance(event, AnswerPicked)), None)
        complete = _ended(events) if complete is None else complete
        looked_at += len(data)
        if (picked is not None and complete is not None) or looked_at > LOOKED_AT_BYTES:
            break
    if picked is not None:
        info = replace(info, answer=picked.answer, correct=picked.correct)
    return replace(info, complete=complete or False)


def _ended(events: Sequence[Event]) -> bool | None:
    """Whether a run stood ended after these events; None where they do not tell.

    What a person does to a run that has ended comes after its end, and leaves it ended until there is work again.
    """
    for event in reversed(events):
        if isinstance(event, RunFinished | RunFailed):
            return True
        if isinstance(event, WORK) or (
            isinstance(event, PersonActed) and isinstance(event.act, REOPENING) and not event.refused
        ):
            return False
    return None
