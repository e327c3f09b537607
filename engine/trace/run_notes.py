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


class RunNotes:
    """The notes on the recordings of one folder, by their file names.

    Args:
        folder: Where the recordings are.

    Attributes:
        trouble: What is wrong with the file of an earlier time, in a sentence; empty when nothing is. Such a file is
            kept under another name.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self.trouble = ""
        self._notes = self._read()

    def of(self, path: str | Path) -> RunNote:
        """The note on a recording."""
        return self._notes.get(Path(path).name, RunNote())

    def write(self, path: str | Path, note: RunNote) -> None:
        """Puts a note on a recording; one that says nothing is taken off.

        Raises:
            ThinkscopeError: The file cannot be written; the note holds until the program ends.
        """
        name = Path(path).name
        note = msgspec.structs.replace(note, name=" ".join(note.name.split())[:LONGEST_NAME])
        if note == RunNote():
            self._notes.pop(name, None)
        else:
            self._notes[name] = note
        self._save()

    def _read(self) -> dict[str, RunNote]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, RunNote])
        except FileNotFoundError:
            return {}
        except OSError as error:
            self.trouble = f"The names of runs could not be read: {error.strerror or error}."
        except (msgspec.MsgspecError, ValueError):
            aside = self._path.with_suffix(".damaged")
            self.trouble = f"The file with the names of runs was damaged; it is kept as “{aside.name}”."
            try:
                os.replace(self._path, aside)
            except OSError as error:
                self.trouble = f"The file with the names of runs is damaged: {error.strerror or error}."
        return {}

    def _save(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise not_saved(self._path, error) from None
        write_whole(self._path, msgspec.json.format(msgspec.json.encode(self._notes), indent=1))
