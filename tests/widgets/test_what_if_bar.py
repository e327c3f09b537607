"""The what-if bar as a person uses it: it changes the answer at once, says what it is, and can be made real."""

from __future__ import annotations

import dataclasses

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.setup import RunSetup, StrategyChoice, VerifierChoice
from engine.trace.fold import RunState, fold
from tests import sample_run
from tests.engine.test_standings import search_events
from tests.widgets.wheel import turn_wheel
from widgets.translation import tr
from widgets.what_if.bar import NUMBER_HELP, WhatIfBar


@pytest.fixture
def state() -> RunState:
    return fold(sample_run.events(16))


@pytest.fixture
def bar(qtbot, state) -> WhatIfBar:
    bar = WhatIfBar()
    qtbot.addWidget(bar)
    bar.resize(900, 200)
    bar.show_state(state, "recorded")
    bar.set_open(True)
    return bar


def test_it_says_what_was_before_anything_is_changed(bar, state):
    assert bar.badge.source == "what-if"
    assert bar.verdict.text().startswith(f"{state.answer.answer}, as it was")
    assert f"{state.ledger.completion_tokens:,} tokens" in bar.figures.text()
    assert "(estimate)" in bar.figures.text()


def test_fewer_candidates_cost_less_at_once(bar, state, qtbot):
    bar.candidates.set_value(4)
    with qtbot.waitSignal(bar._timer.timeout):
        bar.candidates.changed.emit()
    assert "4 candidates" in bar.figures.text()
    assert "−" in bar.figures.text()
    assert bar.milliseconds < 1000


def test_another_vote_and_other_verifiers_choose_anew(bar, state):
    bar.choose.setCurrentIndex(bar.choose.findData("majority"))
    bar.answer_now()
    majority = state.votes[0].answer
    assert bar.verdict.text().startswith(majority)
    bar.choose.setCurrentIndex(bar.choose.findData("best"))
    bar.verifiers.rows["known-answer"].check.click()
    bar.answer_now()
    assert bar.verdict.text().endswith("right")


def test_the_wheel_changes_no_what_if(bar):
    bar.show()
    before = bar.what_if()
    bar.choose.setFocus()
    for control in (bar.choose, bar.candidates.slider, bar.budget.slider):
        turn_wheel(control)
    assert bar.what_if() == before


@pytest.mark.parametrize("kind", ["verifier", "strategy", "setting"])
def test_a_run_of_another_version_is_worked_through_without_an_error(qtbot, state, kind):
    setup = state.start.setup
    other = {
        "verifier": replace(setup, verifiers=(VerifierChoice("from-the-future", 0.5), VerifierChoice("majority", 0.5))),
        "strategy": replace(setup, strategy=StrategyChoice("from-the-future", {"n": 16})),
        "setting": replace(setup, strategy=StrategyChoice(setup.strategy.name, {"from the future": 1})),
    }[kind]
    bar = WhatIfBar()
    qtbot.addWidget(bar)
    bar.show_state(dataclasses.replace(state, start=replace(state.start, setup=other)), "recorded")
    with qtbot.captureExceptions() as raised:
        bar.set_open(True)
        qtbot.waitUntil(lambda: not bar._idle.isActive())
    assert not raised
    assert bar.verdict.text()


def test_a_token_budget_ends_the_run_earlier(bar):
    bar.budget.switch.setChecked(True)
    bar.budget.set_value(60)
    bar.answer_now()
    assert int(bar.figures.text().split(" tokens")[0].replace(",", "")) <= 60 + 16


def test_as_it_was_takes_everything_back(bar, state):
    bar.candidates.set_value(2)
    bar.answer_now()
    QTest.mouseClick(bar.reset, Qt.MouseButton.LeftButton)
    assert bar.verdict.text().startswith(f"{state.answer.answer}, as it was")


def test_making_it_real_asks_for_the_set_up_that_is_shown(bar, qtbot):
    bar.candidates.set_value(5)
    bar.choose.setCurrentIndex(bar.choose.findData("weighted"))
    with qtbot.waitSignal(bar.setup_wanted) as wanted:
        QTest.mouseClick(bar.real, Qt.MouseButton.LeftButton)
    setup: RunSetup = wanted.args[0]
    assert setup.strategy.name == "best-of-n"
    assert setup.strategy.settings["n"] == 5
    assert setup.strategy.settings["choose"] == "weighted-vote"


def test_over_a_search_it_says_that_the_search_is_not_made_again(qtbot):
    bar = WhatIfBar()
    qtbot.addWidget(bar)
    bar.show_state(fold(search_events()), "simulated")
    bar.set_open(True)
    bar.choose.setCurrentIndex(bar.choose.findData("majority"))
    bar.answer_now()
    assert "not made again" in bar.notes.text()
    assert "finished texts to choose from" in bar.figures.text()


@pytest.mark.parametrize("strategy", ["mcts", "beam-search", "ab-mcts", "self-refine"])
def test_where_nothing_goes_by_the_number_of_candidates_it_cannot_be_changed_and_says_why(qtbot, strategy):
    settings = {"rounds": 3, "stop_when_not_better": False} if strategy == "self-refine" else {}
    bar = WhatIfBar()
    qtbot.addWidget(bar)
    bar.show_state(fold(search_events(strategy, **settings)), "simulated")
    bar.set_open(True)
    assert not bar.candidates.isEnabled()
    assert bar.candidates.slider.toolTip() != tr(NUMBER_HELP)
    assert bar._outlook is not None
    bar.choose.setCurrentIndex(bar.choose.findData("majority"))
    if bar._pool.candidates > 1:
        assert bar.candidates.isEnabled()
        assert bar.candidates.slider.toolTip() == tr(NUMBER_HELP)
        bar.candidates.set_value(1)
        bar.answer_now()
        assert bar._outlook.chosen_among == 1


def test_a_run_with_the_usual_number_of_candidates_can_be_cut_down(bar, qtbot):
    own = WhatIfBar()
    qtbot.addWidget(own)
    own.show_state(fold(search_events("self-consistency")), "simulated")
    own.set_open(True)
    own.candidates.set_value(2)
    own.answer_now()
    assert own._outlook.candidates == 2


def test_it_is_not_there_while_a_run_goes_on_nor_in_the_middle_of_one(qtbot):
    bar = WhatIfBar()
    qtbot.addWidget(bar)
    events = sample_run.events(4)
    bar.show_state(fold(events[:-1]), "recorded")
    assert bar.isHidden()
    bar.show_state(fold(events), None)
    assert not bar.isHidden()
