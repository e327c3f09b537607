"""A run's numbers in files that other programs read: nothing made up, nothing that a spreadsheet would carry out."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import networkx as nx
import pytest
from msgspec.structs import replace

from engine.errors import ThinkscopeError
from engine.events import AnyEvent, CandidateFinished, CandidateQueued
from engine.inference.simulated_backend import SimulatedBackend
from engine.run import Run
from engine.trace.export_graph import graph_of, write_graph_json, write_graphml
from engine.trace.export_table import as_csv, candidate_table, totals_table, write_csv
from engine.trace.fold import RunState, fold
from engine.trace.summary import summary
from tests import sample_run
from tests.engine.simulated_world import small_setup


def searched(name: str = "mcts") -> RunState:
    events: list[AnyEvent] = []
    run = Run("run", small_setup(name), SimulatedBackend(), events.append)
    while not run.finished:
        run.step()
    return fold(events)


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_each_candidate_is_a_row_with_the_numbers_of_the_screen() -> None:
    state = fold(sample_run.events(8))
    found = rows(as_csv(candidate_table(state)))
    assert [row["number"] for row in found] == [str(number) for number in range(1, 9)]
    for row, candidate in zip(found, state.candidates.values(), strict=True):
        assert row["answer"] == (candidate.answer or "")
        assert int(row["tokens"]) == candidate.token_count
        assert float(row["mix"]) == candidate.mix
        assert float(row["score: arithmetic"]) == candidate.scores["arithmetic"].value
        assert float(row["mean_logprob"]) == candidate.mean_logprob
        assert float(row["seconds"]) == pytest.approx(candidate.finished_at - candidate.started_at)
        assert row["picked"] == ("true" if candidate.picked else "false")
        assert row["correct"] == {True: "true", False: "false", None: ""}[candidate.correct]
    assert sum(row["picked"] == "true" for row in found) == 1


def test_a_search_has_parents_visits_and_values() -> None:
    state = searched()
    for row, candidate in zip(rows(as_csv(candidate_table(state))), state.candidates.values(), strict=True):
        assert row["parent"] == ("" if candidate.parent is None else str(candidate.parent + 1))
        assert int(row["visits"]) == candidate.visits
        if candidate.visits:
            assert float(row["value"]) == pytest.approx(candidate.value_sum / candidate.visits)
        else:
            assert row["value"] == ""


def test_what_is_not_known_yet_is_empty() -> None:
    state = fold(sample_run.events(4)[:12])
    assert all(
        row["mean_logprob"] == row["seconds"] == row["mix"] == "" for row in rows(as_csv(candidate_table(state)))
    )
    assert candidate_table(RunState())[1:] == []


def test_totals_are_those_of_the_ledger_and_estimates_say_so() -> None:
    state = searched("self-refine")
    figures, found = summary(state), rows(as_csv(totals_table(state)))
    totals = {(row["group"], row["name"]): row for row in found}
    assert int(totals["tokens", "completion"]["value"]) == figures["completion_tokens"]
    generated = sum(int(row["value"]) for row in found if row["name"] == "generated")
    assert generated == figures["completion_tokens"]
    assert float(totals["time", "wall"]["value"]) == state.t
    assert sum(row["group"] == "phase" for row in found) == len(state.phases)
    if figures["energy_is_estimate"]:
        assert "estimate" in totals["price", "energy"]["unit"]


def test_no_cell_is_a_formula_and_numbers_stay_numbers() -> None:
    formulas = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1")
    harmless = ("-5", "+3.5", "-0.25", "x=1", 'a,"b"\n')
    cells = (*formulas, *harmless, -3, -0.5)
    (found,) = csv.reader(io.StringIO(as_csv([cells]).decode("utf-8-sig"), newline=""))
    assert found == [*(f"'{cell}" for cell in formulas), *harmless, "-3", "-0.5"]


def test_a_hostile_answer_and_label_come_out_harmless(tmp_path: Path) -> None:
    events = [
        replace(event, answer="=HYPERLINK(1)", text="\x00\x1b[2J<&>") if isinstance(event, CandidateFinished)
        else replace(event, label="@x") if isinstance(event, CandidateQueued)
        else event
        for event in sample_run.events(2)
    ]  # fmt: skip
    state = fold(events)
    row = rows(as_csv(candidate_table(state)))[0]
    assert (row["answer"], row["label"]) == ("'=HYPERLINK(1)", "'@x")
    write_graphml(tmp_path / "run.graphml", state)
    assert nx.read_graphml(tmp_path / "run.graphml").nodes["1"]["text"] == "��[2J<&>"


def test_two_files_are_written_candidates_and_totals(tmp_path: Path) -> None:
    state = fold(sample_run.events(3))
    write_csv(tmp_path / "run.csv", state)
    assert (tmp_path / "run.csv").read_bytes() == as_csv(candidate_table(state))
    assert (tmp_path / "run-totals.csv").read_bytes() == as_csv(totals_table(state))


@pytest.mark.parametrize("name", ["mcts", "beam-search", "self-refine", "best-of-n", "ab-mcts"])
def test_the_graph_is_read_back_by_networkx_as_it_was(tmp_path: Path, name: str) -> None:
    state = searched(name)
    graph = graph_of(state)
    write_graphml(tmp_path / "run.graphml", state)
    write_graph_json(tmp_path / "run.json", state)
    read = nx.read_graphml(tmp_path / "run.graphml")
    linked = nx.node_link_graph(json.loads((tmp_path / "run.json").read_text("utf-8")), edges="edges")
    assert set(read.edges) == set(linked.edges) == set(graph.edges)
    assert dict(read.nodes(data=True)) == dict(linked.nodes(data=True)) == dict(graph.nodes(data=True))
    ways = nx.subgraph_view(graph, filter_edge=lambda a, b: graph.edges[a, b]["kind"] == "goes on")
    assert set(nx.descendants(ways, "problem")) == {str(id + 1) for id in state.candidates}


def test_a_folder_that_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    for write in (write_csv, write_graphml, write_graph_json):
        with pytest.raises(ThinkscopeError, match="cannot be saved"):
            write(tmp_path / "nowhere" / "run.csv", fold(sample_run.events(2)))


@pytest.mark.skipif(sys.platform != "linux", reason="the device that is always full is Linux's")
def test_a_full_disk_is_said_in_words_and_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run.csv").write_text("before")
    monkeypatch.setattr(Path, "with_name", lambda self, name: Path("/dev/full"))
    monkeypatch.setattr(Path, "unlink", lambda self, missing_ok=False: None)
    with pytest.raises(ThinkscopeError, match="No space left"):
        write_csv(tmp_path / "run.csv", fold(sample_run.events(2)))
    assert (tmp_path / "run.csv").read_text() == "before"
