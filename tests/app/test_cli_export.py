"""`export` on the command line: files for other programs, and refusals in words."""

from __future__ import annotations

import csv
from pathlib import Path

import networkx as nx
import pytest

from app.cli import run_command_line
from engine.trace.store import TraceWriter
from tests import sample_run

Output = pytest.CaptureFixture[str]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    events = sample_run.events(4)
    with TraceWriter(tmp_path / "run.tsrun") as writer:
        writer.append(events[:-3])
        writer.append(events[-3:])
    return tmp_path / "run.tsrun"


def test_all_files_are_written_and_named(recording: Path, capsys: Output) -> None:
    table, graph, linked = (recording.with_suffix(suffix) for suffix in (".csv", ".graphml", ".json"))
    arguments = ["export", str(recording), "--csv", str(table), "--graphml", str(graph), "--node-link", str(linked)]
    assert run_command_line(arguments) == 0
    totals = table.with_name("run-totals.csv")
    assert capsys.readouterr().out.splitlines() == [str(path) for path in (table, graph, linked, totals)]
    with table.open(encoding="utf-8-sig", newline="") as file:
        assert [row["number"] for row in csv.DictReader(file)] == ["1", "2", "3", "4"]
    assert len(nx.read_graphml(graph)) == 5
    assert linked.exists()
    assert totals.exists()


@pytest.mark.parametrize("taken", ["run.csv", "run-totals.csv"])
def test_no_file_is_overwritten(recording: Path, capsys: Output, taken: str) -> None:
    recording.with_name(taken).write_text("mine")
    assert run_command_line(["export", str(recording), "--csv", str(recording.with_name("run.csv"))]) == 2
    assert "is there already" in capsys.readouterr().err
    assert recording.with_name(taken).read_text() == "mine"
    assert sorted(path.name for path in recording.parent.glob("*.csv")) == [taken]


def test_what_cannot_be_done_is_said_in_words(recording: Path, capsys: Output) -> None:
    nowhere = str(recording.parent / "nowhere" / "run.csv")
    for arguments, status, words in (
        (["export", str(recording)], 2, "Nothing was asked for"),
        (["export", str(recording), "--csv", nowhere], 3, "cannot be saved"),
        (["export", "gone.tsrun", "--csv", "x.csv"], 2, "There is no file"),
        (["export", str(recording), "--csv", "a.x", "--node-link", "a.x"], 2, "same name"),
    ):
        assert run_command_line(arguments) == status
        said = capsys.readouterr().err
        assert words in " ".join(said.split())
        assert "Traceback" not in said


def test_a_recording_that_was_cut_is_exported_up_to_there(recording: Path, capsys: Output) -> None:
    recording.write_bytes(recording.read_bytes()[:-5])
    assert run_command_line(["export", str(recording), "--csv", str(recording.with_suffix(".csv"))]) == 0
    assert "cut short" in capsys.readouterr().err
