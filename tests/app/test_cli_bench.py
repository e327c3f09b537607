"""What the measurements make of what they are told; the measuring itself is `main.py bench`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.bench import layout, tree, tree_run
from app.bench.search import SIZES, bench_search, rates
from app.bench.startup import read_milestones
from app.bench.throughput import make_setup, measure, parse_counts
from app.bench.what_if import bench_what_if, simulated_run
from app.processor import parse_cpuinfo
from engine.check import check_setup
from engine.errors import BadInputError, EngineError
from engine.inference.backend import RunShape
from engine.inference.scheduler import Scheduler
from engine.inference.simulated_backend import SimulatedBackend
from engine.inference.unshared_scheduler import UnsharedScheduler
from engine.setup import LoadOptions
from engine.trace.fold import fold
from tests import sample_run
from tests.engine.simulated_world import small_setup


def test_counts_are_numbers_from_1_to_256() -> None:
    assert parse_counts("1, 16,256") == [1, 16, 256]
    for text in ("", "1,,2", "0", "257", "many"):
        with pytest.raises(BadInputError):
            parse_counts(text)


@pytest.mark.parametrize("count", [1, 4, 8, 16, 32, 64])
def test_every_measured_set_up_is_one_that_can_be_run(count: int) -> None:
    check_setup(make_setup(LoadOptions("model.gguf"), count, 60))


def test_the_figures_of_a_run_come_from_its_events() -> None:
    state = fold(sample_run.events(4))
    found = measure(state, 4)
    assert found.tokens == state.ledger.completion_tokens
    assert found.tokens_per_second == pytest.approx(found.tokens / state.t)
    assert state.finish is not None
    assert found.outside_share == pytest.approx(1 - state.finish.decode_seconds / state.t)


def test_a_run_without_an_end_gives_no_figures() -> None:
    with pytest.raises(EngineError):
        measure(fold(sample_run.events(2)[:-1]), 2)


@pytest.mark.parametrize("evaluate", ["steps", "rollouts"])
@pytest.mark.parametrize("at_once", [1, 8])
def test_what_a_tree_search_computed_is_counted_to_the_token_by_its_events_alone(evaluate: str, at_once: int) -> None:
    setup = small_setup("mcts", evaluate=evaluate, at_once=at_once, simulations=10)
    backend = SimulatedBackend()
    found = tree_run.measure(setup, backend)
    assert found.simulations == 10
    assert backend.decoder is not None
    assert found.decoded_tokens == backend.decoder.decoded_tokens
    assert found.decoded_tokens <= found.distinct_tokens
    assert found.recomputed_tokens == 0

    class Unshared(SimulatedBackend):
        def scheduler(self, shape: RunShape) -> Scheduler:
            super().scheduler(shape)
            assert self.decoder is not None
            return UnsharedScheduler(self.decoder, self.vocabulary)

    alone = Unshared()
    unshared = tree_run.measure(setup, alone)
    assert alone.decoder is not None
    assert alone.decoder.decoded_tokens == unshared.decoded_tokens == unshared.unshared_tokens
    if at_once == 1:  # the same tree, in the same order
        assert unshared.unshared_tokens == found.unshared_tokens
        assert unshared.distinct_tokens == found.distinct_tokens


@pytest.mark.parametrize("evaluate", tree.EVALUATIONS)
@pytest.mark.parametrize("at_once", [1, tree.AT_ONCE])
def test_every_measured_tree_search_is_one_that_can_be_run(evaluate: str, at_once: int) -> None:
    check_setup(tree.make_setup(LoadOptions("model.gguf"), evaluate, at_once, 32))


def test_ratios_are_taken_within_each_turn() -> None:
    """The second turn was on a machine of half the speed."""
    figures = tree_run.TreeFigures(10, 9, 3, 100, 120, 120, 600, 0, 50, 10.0, 9.0, 10.0)
    slow = replace(figures, seconds=20.0, cpu_seconds=20.0)
    ways = {
        tree.ALONE: [figures, slow],
        tree.TOGETHER: [replace(figures, seconds=5.0, cpu_seconds=8.0), replace(slow, seconds=10.0, cpu_seconds=16.0)],
        tree.UNSHARED: [
            replace(figures, seconds=50.0, cpu_seconds=40.0),
            replace(slow, seconds=100.0, cpu_seconds=80.0),
        ],
    }
    assert tree.ratios_of("steps", ways) == tree.TreeRatios("steps", 1.0, 2.0, 2.0, 2.0, 1.25, 5.0, 10.0, 5.0)


def test_milestones_count_from_the_launch_and_a_half_written_one_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "marks"
    assert read_milestones(path, 100.0) == {}
    path.write_text("window_visible 100.5\nsomething_moving 101.25\nwindow_visible 109\nfirst_real_token 10")
    assert read_milestones(path, 100.0) == {"window_visible": 0.5, "something_moving": 1.25}


def test_a_what_if_is_measured_over_a_simulated_run_and_with_its_bound(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench_what_if(candidates=5, turns=2, as_json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["kind"], found["simulated"], found["candidates"], found["bound_ms"]) == ("what_if", True, 5, 100.0)
    assert {"arithmetic", "majority", "mean-logprob"} <= set(found["verifiers"])
    assert set(found["programs"]) == {"code-execution", "user-function"}
    assert not set(found["programs"]) & set(found["verifiers"])
    assert found["completion_tokens"] == simulated_run(5).ledger.completion_tokens
    assert 0 < found["first_ms"] <= found["first_worst_ms"]
    assert 0 < found["next_ms"] <= found["next_worst_ms"]
    assert bench_what_if(candidates=5, turns=1, as_json=False) == 0
    assert "SIMULATED run of 5 candidates" in capsys.readouterr().out


def test_hyper_threads_are_not_counted_as_cores() -> None:
    thread = "processor: {0}\nmodel name\t: Fast CPU\nphysical id\t: 0\ncore id\t\t: {1}\nflags\t\t: fpu avx2 fma\n\n"
    found = parse_cpuinfo("".join(thread.format(i, i // 2) for i in range(8)), usable=8)
    assert (found.name, found.physical_cores, found.usable_cores, found.features) == ("Fast CPU", 4, 8, ("avx2", "fma"))


def test_a_search_is_measured_at_every_size_that_its_tree_comes_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.bench.search.SIZES", (20, 60, 10**9))
    found = rates("steps", seed=1, limit=0.5)
    assert set(found) == {20, 60}
    assert all(rate > 0 for rate in found.values())


def test_the_report_of_a_search_says_what_was_not_reached(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("app.bench.search.rates", lambda evaluate, seed, limit: {SIZES[0]: 5.0})
    assert bench_search(turns=1, limit=1.0, as_json=False) == 0
    said = capsys.readouterr().out
    assert "steps, 100 nodes: 5 simulations/s" in said
    assert "rollouts, 10,000 nodes: not reached" in said


def test_a_layout_is_measured_with_the_distance_that_shows_an_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "SIZES", (10, 100))
    for name, parent in layout.PARENTS.items():
        shape = layout.measure(name, parent, 1)
        assert shape.microseconds.keys() == {10, 100}
        assert shape.least_distance >= 1 - 1e-9
    assert layout.least_distance([[1, 2], [], []], [0.0, -0.2, 0.2]) == pytest.approx(0.4)
