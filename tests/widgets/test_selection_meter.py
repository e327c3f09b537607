"""Why the search goes where it goes: the numbers are this moment's, and another constant says what it would change."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest

from engine.moves import PosteriorsSampled
from engine.trace.fold import RunState
from engine.trace.standings import Standing, Standings, standings_of
from tests.engine.test_standings import search_events
from widgets.meters.posterior_meter import PosteriorMeter
from widgets.meters.selection_meter import ROW_HEIGHT, SelectionMeter, SiblingTable, formula_words


@pytest.fixture(scope="module")
def state() -> RunState:
    return RunState().apply_all(search_events(simulations=24, at_once=1, choose="visits"))


@pytest.fixture
def meter(qtbot) -> SelectionMeter:
    meter = SelectionMeter()
    qtbot.addWidget(meter)
    meter.resize(260, 400)
    return meter


def visited_with_siblings(state: RunState) -> int:
    for node, candidate in state.candidates.items():
        found = standings_of(state, node) if candidate.visits else None
        if found is not None and len(found.rows) > 1:
            return node
    raise AssertionError("no thought has siblings")


@pytest.mark.parametrize("select", ["uct", "puct"])
def test_the_formula_holds_with_the_numbers_that_are_shown(select):
    state = RunState().apply_all(search_events(simulations=24, at_once=1, select=select))
    node = visited_with_siblings(state)
    found = standings_of(state, node)
    row = next(row for row in found.rows if row.candidate == node)
    terms, result = formula_words(row, found).rsplit(" = ", 1)
    python = terms.replace("×", "*").replace("√(ln ", "sqrt(log(").replace(" / ", ")/", 1) if select == "uct" else ""
    if select == "uct":
        from math import log, sqrt  # noqa: F401 - for the formula

        assert eval(python) == pytest.approx(float(result), abs=0.02)
    assert float(result) == pytest.approx(row.merit, abs=0.005)


def test_a_thought_is_shown_with_its_siblings_and_a_click_selects_one(meter, state, qtbot):
    node = visited_with_siblings(state)
    meter.select(state, node)
    meter.show()
    assert not meter.isHidden()
    rows = standings_of(state, node).rows
    with qtbot.waitSignal(meter.candidate_chosen) as chosen:
        QTest.mouseClick(meter.table, Qt.MouseButton.LeftButton, pos=QPoint(20, int(ROW_HEIGHT * 2.5)))
    assert chosen.args == [rows[1].candidate]


def table_of(qtbot, state: RunState, count: int) -> SiblingTable:
    rules = standings_of(state, visited_with_siblings(state)).rules
    rows = tuple(Standing(number, 3, 0, 1.5, 0.5, 0.1, 0.9, True) for number in range(count))
    table = SiblingTable()
    qtbot.addWidget(table)
    table.resize(260, 10)
    table.show_rows(Standings(None, 30, rules, rows, 2), [f"thought {number}" for number in range(count)], 1)
    return table


def test_of_ten_thousand_siblings_only_those_to_be_seen_are_drawn(qtbot, state, monkeypatch):
    table, drawn = table_of(qtbot, state, 10_000), []
    draw = SiblingTable._draw_cells

    def count(self, painter, top, cells, columns, ink, text, *rest, **more):
        drawn.append(text)
        draw(self, painter, top, cells, columns, ink, text, *rest, **more)

    monkeypatch.setattr(SiblingTable, "_draw_cells", count)
    table.grab(QRect(0, ROW_HEIGHT * 5000, 260, ROW_HEIGHT * 10))
    assert drawn[1:] == [f"thought {number}" for number in range(4998, 5010)]  # and the line above and below


@pytest.mark.parametrize("top", [0, 1, 10, ROW_HEIGHT, ROW_HEIGHT * 3 - 1, ROW_HEIGHT * 19])
def test_a_part_of_the_table_is_drawn_as_the_whole_shows_it(qtbot, state, top):
    table = table_of(qtbot, state, 20)
    part = QRect(0, top, 260, ROW_HEIGHT * 2)
    assert table.grab(part).toImage() == table.grab().toImage().copy(part)


def test_another_constant_is_labelled_as_a_what_if(meter, state):
    node = visited_with_siblings(state)
    meter.select(state, node)
    assert "WHAT-IF" not in meter.note.text()
    meter.slider.set_value(3.9)
    meter.slider.changed.emit()
    assert meter.note.text().startswith("WHAT-IF: with c = 3.90 instead of 1.40")
    assert "3.90" in meter.formula.text()
    meter.select(state, None)
    assert meter.isHidden()


def test_it_hides_for_runs_that_select_otherwise(meter):
    state = RunState().apply_all(search_events("beam-search"))
    meter.select(state, next(iter(state.candidates)))
    assert meter.isHidden()


def test_the_newest_draw_of_the_posteriors_is_shown(qtbot):
    meter = PosteriorMeter()
    qtbot.addWidget(meter)
    state = RunState().apply_all(search_events("ab-mcts"))
    meter.show_state(state)
    newest = [m.move for m in state.moves if isinstance(m.move, PosteriorsSampled)][-1]
    assert not meter.isHidden()
    taken = newest.options[newest.chosen]
    assert f"drew {taken.drawn:.2f}" in meter.bars.accessibleDescription()
    meter.show_state(RunState())
    assert meter.isHidden()
