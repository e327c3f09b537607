"""What each page of the window offers to take away."""

from __future__ import annotations

from pathlib import Path

from app.exporter import Exhibit, Write, picture_files
from engine.trace.export_graph import write_graph_json, write_graphml
from engine.trace.export_table import as_csv, list_table, runs_table, totals_path, totals_table, write_csv
from engine.trace.fold import RunState
from engine.whole_file import refuse_existing, write_whole
from widgets.compare.compare_view import CompareView
from widgets.meters.meters_panel import MetersPanel
from widgets.panels.history_panel import HistoryPanel
from widgets.save_button import ExportKind
from widgets.stage.stage_view import StageView


def stage_exhibit(stage: StageView, meters: MetersPanel) -> Exhibit:
    """The run at the moment that is shown: its picture, a row a candidate, its tree, and what the meters say."""
    state = stage.state
    if not state.candidates:
        return Exhibit(None)
    files: dict[ExportKind, Write] = {
        "csv": lambda path: _write_run(path, state),
        "meters-csv": lambda path: write_whole(path, as_csv(totals_table(state))),
    }
    if stage.shows_tree:
        files |= {
            "graphml": lambda path: write_graphml(path, state),
            "json": lambda path: write_graph_json(path, state),
        }
    if meters.isVisible():
        files["meters-png"] = picture_files(meters)["png"]
    return Exhibit(stage, _file_name(state), files)


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


def _write_run(path: Path, state: RunState) -> None:
    # The question about replacing was asked for one file and answered for its pair.
    if not path.exists():
        refuse_existing(totals_path(path))
    write_csv(path, state)


def _file_name(state: RunState) -> str:
    start = state.start
    return start.run_id if start is not None and start.run_id.isprintable() and "/" not in start.run_id else "run"
