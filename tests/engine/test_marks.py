"""Marks of a run, and stepping from one to the next."""

from __future__ import annotations

from itertools import pairwise

from engine.acts import PruneNode
from engine.events import BudgetSpent, PersonActed
from engine.trace.marks import SEARCH_PHASES
from engine.trace.player import TracePlayer
from engine.trace.reader import TraceReader
from engine.trace.store import write_trace
from tests import sample_run
from tests.simulated_runs import make_setup, simulated_events

EVENTS = sample_run.events(4)


def test_candidates_answers_phases_and_the_end_are_marked_in_order() -> None:
    marks = TracePlayer(EVENTS).marks
    assert [mark.t for mark in marks] == sorted(mark.t for mark in marks)
    kinds = [mark.kind for mark in marks]
    assert (kinds.count("finished"), kinds.count("answer"), kinds[-1]) == (4, 1, "end")
    assert "candidate 1 answers 82" in [mark.words for mark in marks]


def test_acts_and_a_spent_budget_are_marked_with_their_words() -> None:
    acted = [*EVENTS[:20], PersonActed(1.0, PruneNode(2)), BudgetSpent(1.1, "tokens", 1200, 1200)]
    words = {mark.kind: mark.words for mark in TracePlayer(acted).marks}
    assert words["act"] == "by hand: number 3 is pruned"
    assert words["budget"] == "the budget of 1,200 tokens is spent"


def test_steps_stop_at_every_mark_and_go_back_over_the_same_ones() -> None:
    player, there = TracePlayer(EVENTS), []
    while player.step_to_mark(1):
        there.append(player.index)
    assert there == sorted({mark.events for mark in player.marks} | {len(EVENTS)})
    back = []
    while player.step_to_mark(-1):
        back.append(player.index)
    assert back == [*reversed(there[:-1]), 0]


def test_a_live_run_gets_its_marks_as_it_grows_and_a_long_recording_as_it_is_read(tmp_path) -> None:
    live = TracePlayer(EVENTS[:10], follow=True)
    live.extend(EVENTS[10:])
    assert live.marks == TracePlayer(EVENTS).marks
    write_trace(tmp_path / "run.tsrun", EVENTS)
    long = TracePlayer(TraceReader(tmp_path / "run.tsrun"), in_memory_bytes=0)
    long.prepare(1.0)
    assert long.marks == live.marks


def test_a_tree_search_is_split_into_its_four_phases_without_gaps() -> None:
    spans = TracePlayer(simulated_events(make_setup("mcts", simulations=6))).search_spans
    assert {phase for phase, _, _ in spans} == set(SEARCH_PHASES)
    assert all(end == start for (_, _, end), (_, start, _) in pairwise(spans))
    assert TracePlayer(EVENTS).search_spans == []
