"""What a person has written on recorded runs: a name and a star, in one small file beside the recordings."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from engine.whole_file import not_saved, write_whole

FILE = "notes.json"
LONGEST_NAME = 120


class RunNote(msgspec.Struct, frozen=True):
    """A person's note on one run: its name (empty: none) and whether it is starred."""

    name: str = ""
    starred: bool = False


def as_name(text: str) -> str:
    """A text as the name of a run: in one line, no longer than names may be, of characters that can be written."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join(whole.split())[:LONGEST_NAME].rstrip()


class RunNotes:
    """The notes on the recordings of one folder, by their file names. Other windows may write to the same file.

    Args:
        folder: Where the recordings are.

    Attributes:
        trouble: What is wrong with the file of an earlier time, in a sentence; empty when nothing is. Such a file is
            kept under another name.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self.trouble = ""
        self._unsaved: dict[str, RunNote] = {}
        self._notes = self._read() or {}

    def of(self, path: str | Path) -> RunNote:
        """The note on a recording."""
        return self._notes.get(Path(path).name, RunNote())

    def write(self, path: str | Path, note: RunNote) -> None:
        """Puts a note on a recording; one that says nothing is taken off.

        Raises:
            ThinkscopeError: The file cannot be written; the note holds until the program ends.
        """
        self._unsaved[Path(path).name] = msgspec.structs.replace(note, name=as_name(note.name))
        written = self._read()  # another window may have put its own in since
        notes = {**(self._notes if written is None else written), **self._unsaved}
        self._notes = {name: note for name, note in notes.items() if note != RunNote()}
        self._save()
        self._unsaved.clear()

    def _read(self) -> dict[str, RunNote] | None:
        """What is in the file; None when there is none, or it cannot be read."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, RunNote])
        except FileNotFoundError:
            return None
        except OSError as error:
            self.trouble = f"The names of runs could not be read: {error.strerror or error}."
        except (msgspec.MsgspecError, ValueError):
            aside = self._path.with_suffix(".damaged")
            self.trouble = f"The file with the names of runs was damaged; it is kept as “{aside.name}”."
            try:
                os.replace(self._path, aside)
            except OSError as error:
                self.trouble = f"The file with the names of runs is damaged: {error.strerror or error}."
        return None

    def _save(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise not_saved(self._path, error) from None
        write_whole(self._path, msgspec.json.format(msgspec.json.encode(self._notes), indent=1))
