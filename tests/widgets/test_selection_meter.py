"""Why the search goes where it goes: the numbers are this moment's, and another constant says what it would change."""

from __future__ import annotations

import math
import re

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest

from engine.moves import PosteriorsSampled
from engine.trace.fold import CandidateState, RunState
from engine.trace.standings import Standing, Standings, standings_of
from tests.engine.test_standings import search_events
from tests.widgets.colours import count_colour
from widgets.meters.posterior_meter import PosteriorMeter
from widgets.meters.selection_meter import ROW_HEIGHT, SelectionMeter, SiblingTable, formula_words, sources_words
from widgets.theme import DARK, readable


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


# The formulas by the papers, from nothing but what the candidates say of themselves


def siblings(state: RunState, node: int) -> list[CandidateState]:
    parent = state.candidates[node].parent
    return [
        c
        for c in state.candidates.values()
        if c.parent == parent and c.merged_into is None and c.purpose == "step" and c.status == "finished"
    ]


def visits_above(state: RunState, node: int) -> int:
    """N of the place that they go on from, with the visit of the simulation that chooses."""
    parent = state.candidates[node].parent
    return 1 + (state.simulations if parent is None else state.candidates[parent].visits)


def prior(state: RunState, node: int) -> float:
    """The share of the geometric mean of its tokens' probabilities, those that said the same counted with it."""

    def weight(one: CandidateState) -> float:
        copies = 1 + sum(other.merged_into == one.id for other in state.candidates.values())
        return copies * math.exp(sum(token.logprob for token in one.tokens) / len(one.tokens))

    return weight(state.candidates[node]) / sum(map(weight, siblings(state, node)))


def uct(state: RunState, node: int, c: float) -> float:
    one = state.candidates[node]
    return one.value_sum / one.visits + c * math.sqrt(math.log(visits_above(state, node)) / one.visits)


def shown_formula(meter: SelectionMeter) -> list[str]:
    """The lines of the formula as a person reads them."""
    plain = re.sub(r"<(?!br)[^>]*>", "", meter.formula.text())
    return [line.strip() for line in plain.split("<br>")]


def test_the_formula_of_uct_shows_the_numbers_of_the_run(meter, state):
    node = visited_with_siblings(state)
    meter.select(state, node)
    one, above, merit = state.candidates[node], visits_above(state, node), uct(state, node, 1.4)
    quality = one.value_sum / one.visits
    assert shown_formula(meter) == [
        "Q + c·√(ln Np / N)",
        f"= {quality:.2f} + 1.40·√(ln {above} / {one.visits})",
        f"= {quality:.2f} + {merit - quality:.2f} = {merit:.2f}",
    ]


@pytest.mark.parametrize("c", [0.7, 1.4])
def test_the_formula_of_puct_shows_the_numbers_of_the_run(meter, c):
    state = RunState().apply_all(search_events(simulations=24, at_once=1, select="puct", exploration=c))
    nodes = [n for n, one in state.candidates.items() if one.visits and len(siblings(state, n)) > 1]
    assert any(abs(prior(state, node) - 0.5) > 0.02 for node in nodes)
    for node in nodes:
        meter.select(state, node)
        one, above, p = state.candidates[node], visits_above(state, node), prior(state, node)
        quality = one.value_sum / one.visits
        merit = quality + c * p * math.sqrt(above) / (1 + one.visits)
        assert shown_formula(meter) == [
            "Q + c·P·√Np / (1 + N)",
            f"= {quality:.2f} + {c:.2f}·{p:.2f}·√{above} / (1 + {one.visits})",
            f"= {quality:.2f} + {merit - quality:.2f} = {merit:.2f}",
        ]
        assert meter.formula.accessibleDescription().endswith(f"= {merit:.2f}")


def clear_choice(state: RunState, rows: list[int], c: float) -> int | None:
    """The sibling of the highest merit, where no other has the same."""
    *_, second, best = sorted(rows, key=lambda row: uct(state, row, c))
    return None if math.isclose(uct(state, second, c), uct(state, best, c)) else best


def marked_row(meter: SelectionMeter) -> int:
    """The row that the table marks as the next one: the only one in the accent."""
    image, rows = meter.table.grab().toImage(), len(meter.table._rows)
    colours = {readable(DARK.accent, ground) for ground in (DARK.accent_soft, DARK.surface)}
    counts = [
        sum(count_colour(image, colour, QRect(0, top + 2, image.width(), ROW_HEIGHT - 3)) for colour in colours)
        for top in range(ROW_HEIGHT, ROW_HEIGHT * (rows + 1), ROW_HEIGHT)
    ]
    return counts.index(max(counts))


def move_slider(meter: SelectionMeter, key: Qt.Key) -> float:
    QTest.keyClick(meter.slider.slider, key)
    value = meter.slider.value()
    assert value is not None
    return value


def test_another_constant_marks_the_thought_that_it_would_choose_and_says_if_that_is_another(meter, state):
    """The search of `state` revisits, so that every thought that is not pruned can be chosen."""
    meter.show()
    said = set()
    for node, one in state.candidates.items():
        if not one.visits or one.merged_into is not None or one.purpose != "step":
            continue
        rows = [row.id for row in siblings(state, node)]
        if len(rows) < 2 or not all(state.candidates[row].visits for row in rows):
            continue
        own = clear_choice(state, rows, 1.4)
        if own is None:
            continue
        meter.select(state, node)
        assert marked_row(meter) == rows.index(own)
        for key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            c = move_slider(meter, key)
            best = clear_choice(state, rows, c)
            if best is None:
                continue
            assert marked_row(meter) == rows.index(best)
            assert f"= {uct(state, node, c):.2f}" in meter.formula.accessibleDescription()
            words = "the same thought" if best == own else "another thought"
            assert f"{words} would go next" in meter.note.text()
            said.add(words)
        meter.select(state, None)
    assert said == {"the same thought", "another thought"}


@pytest.mark.parametrize("policy", ["uct", "puct"])
def test_every_number_of_the_formula_says_where_it_comes_from(policy) -> None:
    state = RunState().apply_all(search_events(select=policy))
    candidate = next(c.id for c in state.candidates.values() if c.visits and c.merged_into is None)
    found = standings_of(state, candidate)
    row = next(row for row in found.rows if row.candidate == candidate)
    words = sources_words(row, found)
    assert f"Q = {row.quality:.2f}" in words
    assert f"N = {row.visits + row.in_flight}" in words
    assert f"Nₚ = {found.parent_visits}" in words
    assert f"c = {found.rules.exploration:.2f}" in words
    assert (f"P = {row.prior:.2f}" in words) == found.rules.puct
