"""Recording runs: one run, one append-only file, each in a folder that any number of windows can share."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

from platformdirs import user_data_path

from engine.errors import ThinkscopeError
from engine.events import Event, RunStarted, TokensDecoded
from engine.trace.codec import SUFFIX, encode_frame, encode_header
from engine.trace.reader import TraceReader
from engine.trace.run_info import RunInfo, read_info

__all__ = ["RunInfo", "RunLibrary", "TraceReader", "TraceWriter", "data_folder", "write_trace"]

DELETED, KEPT_DAYS = "deleted", 30
FRAME_EVENTS_MAX = 256
FRAME_TOKENS_MAX = 4096


class TraceWriter:
    """Appends the events of one run to a new file. Each `append` is on its way to the disk when it returns.

    When the disk does not take them, the file is left at its last whole frame and a ThinkscopeError is raised, once;
    from then on `append` does nothing and `failure` says why. The run itself is not touched.

    Raises:
        ThinkscopeError: The file cannot be created, or is there already.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.events = 0
        self.failure: ThinkscopeError | None = None
        self._size = 0
        try:
            self._file = self.path.open("xb", buffering=0)
        except FileExistsError:
            raise _failed(self.path, "There is a file of that name already.", "Choose another name.") from None
        except (OSError, ValueError) as error:
            raise _failed(self.path, _words(error), "Choose another folder.") from None

    def append(self, events: Iterable[Event]) -> None:
        """Appends events in order.

        Raises:
            ThinkscopeError: The disk does not take them; said once.
        """
        if self.failure is not None:
            return
        try:
            for frame in _frames(events):
                header = b"" if self._size else encode_header(_app_version(frame[0]))
                self._write(header + encode_frame(frame, self.events))
                self.events += len(frame)
        except (OSError, ValueError) as error:
            self._give_up(error)

    # The name that app.run_journal.EventSink asks for.
    write = append

    def close(self) -> None:
        """Ends the file and waits until the disk has it; one without any event is removed. More calls do nothing."""
        if self._file.closed:
            return
        try:
            os.fsync(self._file.fileno())
        except OSError:
            pass  # a pipe or a device has nothing to wait for; a failed write was said when it happened
        finally:
            self._file.close()
        if not self._size and self.path.is_file():
            self.path.unlink(missing_ok=True)

    def reopen(self) -> None:
        """Goes on with the file after `close`, for a run that is taken up again. What was given up on stays so.

        Raises:
            ThinkscopeError: The file is not there any more, or cannot be written to; said once.
        """
        if self.failure is not None or not self._file.closed:
            return
        try:
            self._file = self.path.open("r+b", buffering=0)
            self._file.seek(self._size)
        except OSError as error:
            self.failure = _failed(self.path, _words(error), "The run goes on, but is not recorded any further.")
            raise self.failure from None

    def __enter__(self) -> TraceWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            # A disk that fills up takes a part first, and refuses only the next write.
            left = left[self._file.write(left) or 0 :]
        self._size += len(data)

    def _give_up(self, error: OSError | ValueError) -> None:
        self.failure = _failed(self.path, _words(error), "The run goes on; free some space or save it elsewhere.")
        try:
            self._file.truncate(self._size)
            self._file.seek(self._size)
        except OSError:
            pass  # the reader stops at the last whole frame by itself
        raise self.failure from None


class RunLibrary:
    """The folder of recorded runs.

    Args:
        folder: Where they are; None is `runs` in the data folder. When it cannot be created, a temporary folder takes
            its place and `notice` says so in a sentence; otherwise `notice` is empty.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self.notice = ""
        self.folder = data_folder() / "runs" if folder is None else Path(folder)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            wanted, self.folder = self.folder, Path(tempfile.mkdtemp(prefix="thinkscope-runs-"))
            self.notice = (
                f"The folder for recorded runs, “{wanted}”, cannot be created. {_words(error)} "
                f"Runs of this session are in “{self.folder}”."
            )

    def new_writer(self, run_id: str) -> TraceWriter:
        """Creates the file of a new run; two windows that choose the same name get two files.

        Raises:
            ThinkscopeError: The folder cannot be written to.
        """
        name = re.sub(r"[^\w.-]+", "-", run_id).strip(".-")[:80] or "run"
        with contextlib.suppress(OSError):  # somebody may have tidied up; what is wrong is said when it is written to
            self.folder.mkdir(parents=True, exist_ok=True)
        number = 1
        while True:
            path = self.folder / f"{name}{'' if number == 1 else f'-{number}'}{SUFFIX}"
            number += 1
            # TraceWriter creates exclusively: of two that find the name free, one is refused and takes the next.
            if not os.path.exists(path):
                try:
                    return TraceWriter(path)
                except ThinkscopeError:
                    if not os.path.exists(path):
                        raise

    def delete(self, path: Path) -> Path:
        """Takes a recording out of the list; it is kept in a folder beside the others for `KEPT_DAYS` days.

        Returns:
            Where it is now, for `restore`.

        Raises:
            ThinkscopeError: It is none of this folder's, or cannot be moved.
        """
        if path.parent.resolve() != self.folder.resolve():
            what = f"“{path.name}” came with the program and stays."
            raise ThinkscopeError(what, "Only your own runs can be deleted.")
        return _moved(path, self.folder / DELETED)

    def restore(self, path: Path) -> Path:
        """Puts a deleted recording back.

        Raises:
            ThinkscopeError: It is gone, or cannot be moved.
        """
        return _moved(path, self.folder)

    def forget_deleted(self, now: float | None = None) -> None:
        """Removes what was deleted more than `KEPT_DAYS` days ago; what cannot be removed stays."""
        oldest = (time.time() if now is None else now) - KEPT_DAYS * 86_400
        with contextlib.suppress(OSError):
            for path in (self.folder / DELETED).glob(f"*{SUFFIX}"):
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def list(self) -> list[RunInfo]:
        """What is known of every recording, newest first; one that cannot be read says why in its `problem`."""
        try:
            paths = [path for path in self.folder.glob(f"*{SUFFIX}") if path.is_file()]
        except OSError:
            return []
        # An empty file is a run that another window is about to begin.
        infos = [info for info in map(read_info, paths) if info.size_bytes]
        return sorted(infos, key=lambda info: (info.created, info.path), reverse=True)


def _moved(path: Path, folder: Path) -> Path:
    """Moves a recording; the time of the move is its own from then on."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target, number = folder / path.name, 1
        while target.exists():
            number += 1
            target = folder / f"{path.stem}-{number}{path.suffix}"
        os.replace(path, target)
        os.utime(target)
    except OSError as error:
        raise ThinkscopeError(f"“{path.name}” could not be moved.", _words(error), "Close what has it open.") from None
    return target


def data_folder() -> Path:
    """Where Thinkscope keeps what it makes: `$THINKSCOPE_DATA`, or the place that the system has for it."""
    given = os.environ.get("THINKSCOPE_DATA")
    return Path(given) if given else user_data_path("Thinkscope", appauthor=False)


def write_trace(path: str | Path, events: Iterable[Event]) -> None:
    """Writes a whole run to a new file.

    Raises:
        ThinkscopeError: The file is there already, or the disk does not take it.
    """
    with TraceWriter(path) as writer:
        writer.append(events)


def _frames(events: Iterable[Event]) -> Iterator[list[Event]]:
    """Frames small enough that decoding one is quick, and large enough that their heads weigh nothing."""
    frame: list[Event] = []
    tokens = 0
    for event in events:
        added = len(event.tokens) if isinstance(event, TokensDecoded) else 0
        if frame and (len(frame) == FRAME_EVENTS_MAX or tokens + added > FRAME_TOKENS_MAX):
            yield frame
            frame, tokens = [], 0
        frame.append(event)
        tokens += added
    if frame:
        yield frame


def _app_version(first: Event) -> str:
    return first.version if isinstance(first, RunStarted) else ""


def _failed(path: Path, why: str, next_step: str) -> ThinkscopeError:
    return ThinkscopeError(f"The run cannot be recorded in “{path}”.", why, next_step)


def _words(error: OSError | ValueError) -> str:
    if isinstance(error, UnicodeEncodeError):
        return "One of its texts holds a character that cannot be written."
    return f"The system says: {getattr(error, 'strerror', None) or error}."
