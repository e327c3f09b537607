"""What each page of the window offers to take away."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.exporter import Exhibit, Write
from engine.trace.export_graph import write_graph_json, write_graphml
from engine.trace.export_table import (
    Table,
    as_csv,
    candidate_table,
    list_table,
    marks_table,
    runs_table,
    totals_path,
    totals_table,
)
from engine.trace.fold import RunState
from engine.trace.marks import Mark
from engine.what_if.export import what_if_rows, with_what_if
from engine.what_if.outlook import Outlook
from engine.whole_file import refuse_existing, write_whole
from widgets.compare.compare_view import CompareView
from widgets.meters.meters_panel import MetersPanel
from widgets.panels.history_panel import HistoryPanel
from widgets.save_button import ExportKind
from widgets.stage.stage_view import StageView


def stage_exhibit(stage: StageView, meters: MetersPanel, marks: Sequence[Mark] = ()) -> Exhibit:
    """The run at the moment that is shown: its picture, a row a candidate, its tree, and what the meters say.

    `marks` are those of the timeline. A what-if that is open stands in the tables, and in their names.
    """
    state = stage.state
    if not state.candidates:
        return Exhibit(None)
    outlook, shown = stage.what_if.outlook, [mark for mark in marks if mark.events <= state.events]
    files: dict[ExportKind, Write] = {
        "csv": lambda path: _write_run(path, state, outlook),
        "meters-csv": lambda path: write_whole(path, as_csv(_totals(state, outlook))),
    }
    if shown:
        files["marks-csv"] = lambda path: write_whole(path, as_csv(marks_table(shown)))
    if stage.shows_tree:
        files |= {
            "graphml": lambda path: write_graphml(path, state),
            "json": lambda path: write_graph_json(path, state),
        }
    name = _file_name(state)
    return Exhibit(stage, name if outlook is None else f"{name}-what-if", files, meters)


def compare_exhibit(view: CompareView) -> Exhibit:
    """The contest: its picture, and a row a contestant."""
    if not view.entries:
        return Exhibit(None)
    runs = [(entry.contestant.title, entry.state) for entry in view.entries if entry.has_run]
    return Exhibit(view, "contest", {"csv": lambda path: write_whole(path, as_csv(runs_table(runs)))})


def history_exhibit(panel: HistoryPanel) -> Exhibit:
    """The list as it is filtered and sorted: its picture, and a row a run."""
    runs = [(row.info, row.note) for row in panel.listed()]
    if not runs:
        return Exhibit(None)
    return Exhibit(panel, "runs", {"csv": lambda path: write_whole(path, as_csv(list_table(runs)))})


def _totals(state: RunState, outlook: Outlook | None) -> Table:
    return totals_table(state) if outlook is None else [*totals_table(state), *what_if_rows(outlook)]


def _write_run(path: Path, state: RunState, outlook: Outlook | None) -> None:
    # The question about replacing was asked for one file and answered for its pair.
    if not path.exists():
        refuse_existing(totals_path(path))
    candidates = candidate_table(state)
    write_whole(path, as_csv(candidates if outlook is None else with_what_if(candidates, outlook)))
    write_whole(totals_path(path), as_csv(_totals(state, outlook)))


def _file_name(state: RunState) -> str:
    start = state.start
    return start.run_id if start is not None and start.run_id.isprintable() and "/" not in start.run_id else "run"
