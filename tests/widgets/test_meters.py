"""The meters show what the state says, no more and no less."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.events import AnswerPicked, BudgetSpent, CandidateFinished, EnergyRead
from engine.lab.estimators import wilson_interval
from engine.setup import Budget
from engine.trace.fold import RunState, fold
from tests import sample_run
from tests.simulated_runs import make_setup, simulated_events
from widgets.meters import numbers
from widgets.meters.inspector import visible
from widgets.meters.latency_meter import latency_split
from widgets.meters.meters_panel import MetersPanel
from widgets.meters.rate_series import MOST_BINS, RateSeries, mean_rate, recent_rate
from widgets.models.projection import project
from widgets.stage.token_popup import percent

EVENTS = sample_run.events(16)
REAL = [replace(e, backend="llama.cpp") if i == 0 else e for i, e in enumerate(EVENTS)]


@pytest.fixture
def panel(qtbot):
    panel = MetersPanel()
    qtbot.addWidget(panel)
    panel.resize(288, 900)
    panel.show()
    return panel


def test_an_empty_window_knows_no_numbers(panel):
    assert panel.answer.answer.text() == "–"
    assert panel.speed.rate.text() == "–"
    assert panel.cost.rows.value("generated") == "–"
    assert panel.budget.tokens.words.text() == "–"


def test_a_finished_run_shows_its_answer_and_whether_it_is_right(panel):
    panel.set_state(fold(EVENTS))
    assert panel.answer.answer.text() == "82"
    assert "✓ correct" in panel.answer.reason.text()


def test_a_wrong_answer_is_called_wrong_and_the_right_one_is_named(panel):
    wrong = [replace(e, answer="72", correct=False) if isinstance(e, AnswerPicked) else e for e in EVENTS]
    panel.set_state(fold(wrong))
    assert "✗ wrong, the answer is 82" in panel.answer.reason.text()


def test_an_answer_full_of_markup_is_shown_as_it_is(panel):
    nasty = [replace(e, answer="<b>1</b>", reason="<img src=x>") if isinstance(e, AnswerPicked) else e for e in EVENTS]
    panel.set_state(fold(nasty))
    assert panel.answer.answer.text() == "<b>1</b>"
    assert "<img" not in panel.answer.reason.text()


def test_tokens_are_counted_by_kind(panel):
    state = fold(EVENTS)
    panel.set_state(state)
    rows = panel.cost.rows
    assert rows.value("prompt") == "112"
    assert rows.value("cached") == "1,680"
    assert rows.value("generated") == f"{state.ledger.completion_tokens:,}"


def test_an_energy_that_was_reckoned_is_called_an_estimate(panel):
    panel.set_state(fold(REAL))
    assert panel.cost.rows._names["energy"].text() == "Energy, estimate"
    assert panel.cost.rows.value("energy").endswith(" J")


def test_a_simulated_run_shows_no_energy_and_no_price(panel):
    panel.set_state(fold(EVENTS))
    assert panel.cost.rows._values["energy"].isHidden()
    assert panel.cost.rows._values["price"].isHidden()
    panel.set_state(fold(REAL))
    assert not panel.cost.rows._values["energy"].isHidden()


def test_the_gauges_say_where_the_run_is_heading_and_call_it_an_estimate(panel):
    events = simulated_events(make_setup("best-of-n", budget=Budget(tokens=900), n=16, seed=3))
    at, end = [i for i, e in enumerate(events) if isinstance(e, CandidateFinished)], fold(events)
    panel.set_state(fold(events[: at[0] + 1]))
    assert panel.budget.outlook.isHidden()  # from one text nothing can be told
    state = next(state for state in (fold(events[: i + 1]) for i in at) if project(state) is not None)
    panel.set_state(state)
    assert panel.budget.outlook.text().startswith("Estimate: up to about ")
    assert "when all 16 are done" in panel.budget.outlook.text()
    coming = project(state)
    assert state.ledger.completion_tokens < end.ledger.completion_tokens <= coming.tokens
    assert state.t < end.t <= coming.seconds * 1.5
    panel.set_state(end)
    assert panel.budget.outlook.isHidden()


def test_a_search_is_not_projected_for_what_it_will_ask_cannot_be_told():
    state = fold(simulated_events(make_setup("mcts", simulations=8))[:-2])
    assert project(state) is None


def test_the_share_that_is_right_comes_with_its_interval(panel):
    state = fold(EVENTS)
    panel.set_state(state)
    right = sum(c.correct for c in state.candidates.values())
    assert panel.accuracy.words.text() == f"{right} of 16 candidates"
    low, high = wilson_interval(right, 16).low, wilson_interval(right, 16).high
    assert f"between {low:.0%} and {high:.0%} (95 %)" in panel.accuracy.sure.text()
    unknown = [replace(e, correct=None) if isinstance(e, CandidateFinished) else e for e in EVENTS]
    panel.set_state(fold(unknown))
    assert panel.accuracy.isHidden()


def test_a_search_counts_each_text_once_and_claims_no_interval(panel):
    state = fold(simulated_events(make_setup("mcts", simulations=24)))
    panel.set_state(state)
    texts: dict[str, bool] = {}
    for candidate in state.candidates.values():
        if candidate.is_whole and candidate.correct is not None and candidate.merged_into is None:
            way, at = [], candidate
            while at is not None:
                way.insert(0, at.text)
                at = state.candidates.get(at.parent)
            texts.setdefault("".join(way), candidate.correct)
    assert len(texts) > 1
    assert panel.accuracy.words.text() == f"{sum(texts.values())} of {len(texts)} different texts"
    assert "no interval" in panel.accuracy.sure.text()
    assert panel.accuracy.bar._interval is None


def test_a_revision_is_no_sample_of_its_own(panel):
    panel.set_state(fold(simulated_events(make_setup("self-refine", rounds=3))))
    assert panel.accuracy.isHidden() or "different texts" in panel.accuracy.words.text()
    assert "95 %" not in panel.accuracy.sure.text()
    panel.set_state(fold(EVENTS))
    assert "95 %" in panel.accuracy.sure.text()


def test_the_latency_of_a_candidate_is_split_into_four_that_add_up():
    state = fold(EVENTS)
    split = latency_split(state)
    whole = [c.finished_at - c.queued_at for c in state.candidates.values()]
    assert sum(split.values()) - split["verify"] == pytest.approx(sum(whole) / len(whole))
    assert split["queue"] == pytest.approx(0.0)
    assert latency_split(fold(EVENTS[:10])) == {}


def test_tokens_by_kind_end_at_what_the_ledger_says(panel):
    state = fold(EVENTS)
    panel.set_state(state)
    newest = {kind: course[-1] for kind, course in panel.cost.stack.courses.items()}
    ledger = state.ledger
    assert newest == {
        "generated": ledger.completion_tokens,
        "judges": ledger.verifier_tokens + ledger.verifier_prompt_tokens,
        "prompt": ledger.prompt_tokens,
        "cached": ledger.cached_tokens,
    }
    assert all(list(course) == sorted(course) for course in panel.cost.stack.courses.values())
    assert not panel.cost.stack.grab().isNull()


def test_the_gauge_says_how_much_of_the_budget_is_gone(panel):
    state = fold(EVENTS)
    panel.set_state(state)
    assert panel.budget.tokens.words.text() == f"{state.ledger.completion_tokens:,} of 1,200"


def with_budget(budget: Budget, strategy: str = "best-of-n", **settings) -> RunState:
    setup = make_setup(strategy, **settings)
    return fold(simulated_events(replace(setup, budget=budget)))


def test_every_bound_that_is_set_has_a_gauge_and_tokens_and_seconds_always_have_one(panel):
    state = with_budget(Budget(simulations=5, all_tokens=100_000, candidates=900, price=0.25), "mcts", simulations=20)
    panel.set_state(state)
    shown = {unit: gauge.words.text() for unit, gauge in panel.budget.gauges.items() if not gauge.isHidden()}
    ledger = state.ledger
    read = ledger.prompt_tokens + ledger.recomputed_tokens + ledger.verifier_prompt_tokens
    assert shown == {
        "tokens": f"{ledger.completion_tokens + ledger.verifier_tokens:,}, no limit",
        "seconds": f"{state.t:,.1f}, no limit",
        "all_tokens": f"{ledger.completion_tokens + ledger.verifier_tokens + read:,} of 100,000",
        "candidates": f"{len(state.candidates)} of 900",
        "simulations": "5 of 5",
        "price": "– of EUR 0.25",
    }
    panel.set_state(fold(EVENTS))
    assert {unit for unit, gauge in panel.budget.gauges.items() if not gauge.isHidden()} == {"tokens", "seconds"}


def test_a_limit_below_one_is_not_rounded_away(panel):
    panel.set_state(with_budget(Budget(seconds=0.5)))
    assert panel.budget.seconds.words.text().endswith(" of 0.5")


def test_energy_and_its_price_are_held_against_their_bounds(panel):
    panel.set_state(fold([*REAL[:-1], EnergyRead(REAL[-2].t, 1200.0, "estimate")]))
    state = panel.budget
    energy = fold([*REAL[:-1], EnergyRead(REAL[-2].t, 1200.0, "estimate")])
    energy.budget = Budget(joules=2000.0, price=0.001)
    state.show_state(energy)
    assert state.gauges["joules"].words.text() == "1.20 kJ of 2.00 kJ"
    assert state.gauges["joules"].name.text() == "Energy, estimate"
    assert state.gauges["price"].words.text() == "EUR 0.00010 of EUR 0.0010"


def test_a_budget_that_ended_the_run_is_named(panel):
    panel.set_state(fold([*EVENTS, BudgetSpent(9.0, "tokens", 1200, 1203)]))
    assert panel.budget.spent.text() == "The budget of 1,200 tokens ended the run."
    assert not panel.budget.spent.isHidden()


def test_the_seconds_of_the_phases_are_split(panel):
    state = fold(EVENTS)
    panel.set_state(state)
    assert panel.latency.rows.value("prompt") == "0.17 s"


def test_refreshing_every_frame_updates_ten_times_a_second_and_never_loses_the_last(panel, qtbot):
    state = fold(EVENTS[:40])
    panel.set_state(state)
    updates = []
    panel.speed.show_state = lambda state: updates.append(state.events)
    for event in EVENTS[40:]:
        state.apply(event)
        panel.refresh()
    assert len(updates) <= 1
    qtbot.waitUntil(lambda: bool(updates) and updates[-1] == len(EVENTS))


def test_a_selected_token_shows_its_probability_and_its_rivals(panel):
    state = fold(EVENTS)
    panel.set_state(state)
    panel.select(3, 2)
    inspector = panel.inspector
    assert not inspector.isHidden()
    assert inspector.title.text() == "CANDIDATE 4 · TOKEN 3"
    assert len(inspector.bars.rows) == len(state.candidates[3].tokens[2].alternatives)
    assert sum(row.taken for row in inspector.bars.rows) == 1


def test_a_selected_candidate_shows_its_scores_and_its_prompt(panel, qtbot):
    panel.set_state(fold(EVENTS))
    panel.select(0)
    assert "arithmetic" in panel.inspector.scores.text()
    with qtbot.waitSignal(panel.prompt_requested) as caught:
        panel.inspector.prompt_button.click()
    assert caught.args == [0]


def test_a_selection_that_does_not_exist_yet_is_not_shown(panel):
    panel.set_state(fold(EVENTS))
    panel.select(99, 0)
    assert panel.inspector.isHidden()


def test_another_run_drops_the_selection(panel):
    panel.set_state(fold(EVENTS))
    panel.select(0)
    panel.set_state(fold(sample_run.events(2)))
    assert panel.inspector.isHidden()


def test_the_plot_is_loaded_later_and_then_shows_what_was_there(panel):
    panel.set_state(fold(EVENTS))
    panel.load_plots()
    assert len(panel.speed.sparkline._curve.getData()[0]) > 3


def test_the_tokens_rise_towards_their_budget_which_is_drawn_when_it_comes_near(panel):
    panel.load_plots()
    sparkline, setup = panel.cost.sparkline, EVENTS[0].setup
    tokens = fold(EVENTS).ledger.completion_tokens
    for budget, near in ((tokens * 20, False), (tokens + 10, True), (None, False)):
        limited = replace(setup, budget=replace(setup.budget, tokens=budget))
        panel.set_state(fold([replace(EVENTS[0], setup=limited), *EVENTS[1:]]))
        assert sparkline._curve.getData()[1][-1] == pytest.approx(tokens)
        assert sparkline._limit.isVisible() == near
    assert sparkline._limit.value() == tokens + 10


samples = st.lists(
    st.tuples(st.floats(0.001, 0.5), st.integers(0, 64), st.floats(0.001, 0.5)), min_size=1, max_size=200
)


@given(samples)
def test_no_token_is_lost_in_the_bins_and_their_number_is_bounded(steps):
    t, rows = 0.0, []
    for gap, tokens, seconds in steps:
        t += gap
        rows.append((t, tokens, min(seconds, t)))
    series, growing = RateSeries(), []
    for row in rows:
        growing.append(row)
        series.follow(growing)
    assert sum(series._tokens) == pytest.approx(sum(tokens for _, tokens, _ in rows))
    moments, totals = series.totals()
    assert moments == sorted(moments)
    assert totals == sorted(totals)
    assert (moments[-1], totals[0]) == (rows[-1][0], 0.0)
    assert totals[-1] == pytest.approx(sum(tokens for _, tokens, _ in rows))
    assert len(series._tokens) <= MOST_BINS


def test_a_steady_run_has_the_same_speed_now_and_on_average():
    rows = [(0.1 * i, 20, 0.1) for i in range(1, 60)]
    assert recent_rate(rows) == pytest.approx(200.0)
    assert mean_rate(rows) == pytest.approx(200.0)


def test_a_long_prompt_does_not_slow_down_what_is_written_after_it():
    rows = [(2.0, 1, 2.0)] + [(2.0 + 0.02 * i, 1, 0.02) for i in range(1, 26)]
    assert recent_rate(rows[:1], since=2.0) is None
    assert recent_rate(rows, since=2.0) == pytest.approx(50.0)


def test_before_the_first_token_there_is_no_speed():
    assert recent_rate([]) is None
    assert mean_rate([(0.2, 0, 0.2)]) is None


@pytest.mark.parametrize(
    ("value", "unit", "shown"), [(None, "J", "–"), (21.0, "J", "21.0 J"), (1.53e11, "FLOP", "153 GFLOP")]
)
def test_numbers_keep_three_digits(value, unit, shown):
    assert numbers.prefixed(value, unit) == shown


def test_a_tiny_price_still_says_something():
    assert numbers.price(0.0000123, "EUR") == "EUR 0.000012"
    assert numbers.price(None, "EUR") == "–"


def test_blanks_and_certainty_are_readable():
    assert visible(" ") == "␣"
    assert visible("\n") == "⏎"
    assert visible(" =") == "␣="
    assert visible("two words") == "two words"
    assert percent(0.99999) == "> 99.9 %"
    assert percent(0.00001) == "< 0.01 %"


def test_an_empty_state_can_be_shown_again(panel):
    panel.set_state(fold(EVENTS))
    panel.set_state(RunState())
    assert panel.answer.answer.text() == "–"


def test_a_thought_of_a_search_is_shown_with_all_that_it_goes_on_from(panel):
    state = fold(simulated_events(make_setup("mcts", simulations=12, children=2)))
    panel.set_state(state)
    seen = set()
    for one in state.candidates.values():
        if one.merged_into is not None:
            continue
        chain, at = [], one
        while at is not None:
            chain.insert(0, " ".join(at.text.split()) or "…")
            at = None if at.parent is None else state.candidates[at.parent]
        panel.select(one.id)
        assert panel.inspector.text.text().split("\n") == chain
        assert panel.inspector.text.isVisible()
        assert panel.inspector.title.text() == f"SELECTED THOUGHT · DEPTH {len(chain)}"
        seen.add(len(chain))
    assert max(seen) > 1
