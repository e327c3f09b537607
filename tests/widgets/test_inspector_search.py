"""A place of a search tree is shown with the numbers that its simulations left there, and with what it cost."""

from __future__ import annotations

import math
from collections import defaultdict

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.events import (
    AnyEvent,
    CandidateFinished,
    CandidateQueued,
    CandidateStarted,
    StrategyMoved,
    TokensDecoded,
)
from engine.moves import NodesMerged, ValueBackedUp
from engine.trace.fold import RunState, fold
from tests.engine.test_standings import search_events
from widgets.meters.inspector import Inspector
from widgets.meters.search_facts import SEARCH_FACTS
from widgets.meters.selection_meter import SelectionMeter
from widgets.models.thought_tree import PROBLEM
from widgets.tree.view import SearchTreeView


@pytest.fixture(scope="module")
def events() -> list[AnyEvent]:
    return search_events(simulations=24, at_once=2, choose="visits", select="puct")


@pytest.fixture
def inspector(qtbot) -> Inspector:
    inspector = Inspector()
    qtbot.addWidget(inspector)
    return inspector


def backed_up(events: list[AnyEvent]) -> dict[int, list[float]]:
    """The values that came back to each node; to the problem, all of them."""
    values = defaultdict(list)
    for event in events:
        if isinstance(event, StrategyMoved) and isinstance(event.move, ValueBackedUp):
            for node in (PROBLEM, *event.move.path):
                values[node].append(event.move.value)
    return values


def prior(events: list[AnyEvent], node: int) -> float:
    """The share of a step's probability, its copies counted, among those of its siblings: from the events alone."""
    parents, logprobs, copies, counts = {}, defaultdict(float), defaultdict(lambda: 1), defaultdict(int)
    merged, finished = set(), set()
    for event in events:
        match event:
            case CandidateQueued(purpose="step"):
                parents[event.candidate] = event.parent
            case TokensDecoded():
                for token in event.tokens:
                    logprobs[token.candidate] += token.logprob
                    counts[token.candidate] += 1
            case CandidateFinished():
                finished.add(event.candidate)
            case StrategyMoved(move=NodesMerged(node=copy, into=into)):
                copies[into] += 1
                merged.add(copy)
    siblings = [c for c in parents if parents[c] == parents[node] and c in finished and c not in merged]
    weights = {c: copies[c] * math.exp(logprobs[c] / max(1, counts[c])) for c in siblings}
    return weights[node] / sum(weights.values())


def test_a_thought_shows_what_its_simulations_backed_up_and_its_prior(events, inspector):
    state, values = fold(events), backed_up(events)
    for node in [node for node in values if node != PROBLEM]:
        inspector.select(state, node)
        came = values[node]
        assert inspector.facts.value("visits") == str(len(came))
        assert inspector.facts.value("sum") == f"{sum(came):.2f}"
        assert inspector.facts.value("mean") == f"{sum(came) / len(came):.2f}"
        assert float(inspector.facts.value("prior")) == pytest.approx(prior(events, node), abs=0.0051)


def test_a_thought_shows_what_it_cost(events, inspector):
    state, node = fold(events), max(backed_up(events))
    start = next(e for e in events if isinstance(e, CandidateStarted) and e.candidate == node)
    end = next(e for e in events if isinstance(e, CandidateFinished) and e.candidate == node)
    written = sum(t.candidate == node for e in events if isinstance(e, TokensDecoded) for t in e.tokens)
    inspector.select(state, node)
    assert inspector.facts.value("tokens") == str(written)
    assert inspector.facts.value("prompt") == f"{start.cached_tokens} + {start.computed_tokens}"
    assert float(inspector.facts.value("seconds").removesuffix(" s")) == pytest.approx(end.t - start.t, abs=0.006)


def test_the_problem_shows_all_simulations_and_what_goes_first(events, inspector, qtbot):
    state, came = fold(events), backed_up(events)[PROBLEM]
    inspector.select(state, PROBLEM)
    assert inspector.text.text() == state.start.setup.problem.question
    assert inspector.facts.value("visits") == str(len(came))
    assert inspector.facts.value("mean") == f"{sum(came) / len(came):.2f}"
    meter = SelectionMeter()
    qtbot.addWidget(meter)
    meter.select(state, PROBLEM)
    assert not meter.isHidden()
    assert "P·√N" in meter.formula.text()
    first = [c.id for c in state.candidates.values() if c.parent is None and c.visits and c.merged_into is None]
    assert [row.candidate for row, _ in meter.table._rows if row.visits] == first


def test_simulations_on_their_way_are_told_apart_from_those_that_came_back(events, inspector):
    state = RunState()
    for event in events:
        state.apply(event)
        if state.simulations and state.simulations_begun > state.simulations:
            break
    inspector.select(state, PROBLEM)
    assert inspector.facts.value("visits").startswith(f"{state.simulations} + ")


def test_other_searches_show_no_such_numbers(inspector):
    state = fold(search_events("beam-search"))
    for selected in (PROBLEM, next(iter(state.candidates))):
        inspector.select(state, selected)
        assert all(not inspector.facts.is_shown(key) for key in SEARCH_FACTS)


def test_home_selects_the_problem_and_a_click_beside_the_tree_selects_nothing(events, qtbot):
    view = SearchTreeView()
    qtbot.addWidget(view)
    view.resize(700, 500)
    view.set_state(fold(events))
    with qtbot.waitSignal(view.node_selected) as selected:
        QTest.keyClick(view, Qt.Key.Key_Home)
    assert selected.args == [PROBLEM]
    view.set_state(fold(events[:-1]))
    with qtbot.waitSignal(view.node_selected) as selected:
        view._choose(None)
    assert selected.args == [-1]
