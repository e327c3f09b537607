"""`export` on the command line: a recorded run's numbers and its tree in files for other programs."""

from __future__ import annotations

import sys
from pathlib import Path

from engine.errors import BadInputError
from engine.trace.export_graph import write_graph_json, write_graphml
from engine.trace.export_table import totals_path, write_csv
from engine.trace.fold import RunState
from engine.trace.reader import TraceReader
from engine.trace.snapshots import apply_recorded
from engine.whole_file import refuse_existing


def export(file: Path, csv: Path | None, graphml: Path | None, node_link: Path | None) -> int:
    """Writes what was asked for, prints the names of the files and returns the exit status.

    Raises:
        BadInputError: Nothing was asked for, a file is there already, or the recording cannot be used.
        ThinkscopeError: The disk does not take it.
    """
    wanted = [(csv, write_csv), (graphml, write_graphml), (node_link, write_graph_json)]
    targets = [(path, write) for path, write in wanted if path is not None]
    if not targets:
        raise BadInputError("Nothing was asked for.", "", "Name a file: --csv, --graphml or --node-link.")
    files = [path for path, _ in targets] + ([totals_path(csv)] if csv is not None else [])
    if len(set(files)) < len(files):
        raise BadInputError("Two of the files have the same name.", "", "Give each its own.")
    for path in files:
        if not path.name:
            raise BadInputError("A file has no name.", "", "Name a new file, as run.csv.")
        refuse_existing(path)
    state = _read(file)
    for path, write in targets:
        write(path, state)
    print("\n".join(str(path) for path in files))
    return 0


def _read(file: Path) -> RunState:
    reader = TraceReader(file)
    state = RunState()
    apply_recorded(state, list(reader))
    if state.start is None:
        raise BadInputError(f"“{file.name}” holds no run.", "It was cut before its first event.", "Name another one.")
    if reader.truncated:
        print(f"note: “{file.name}” is cut short; what is whole is exported.", file=sys.stderr)
    return state
