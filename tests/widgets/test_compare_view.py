"""The page Compare as a person uses it: set-ups are added, race, are replayed together, and their costs read off."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QSlider

from engine.contest.contestant import Contestant
from engine.contest.entry import Entry
from engine.contest.ready import READY_CONTESTS
from engine.errors import ThinkscopeError
from engine.events import AnyEvent
from engine.setup import Budget, RunSetup
from tests.simulated_runs import make_setup, simulated_events
from tests.widgets.wheel import turn_wheel
from widgets.compare.axis import Axis
from widgets.compare.compare_view import TURNS, CompareView
from widgets.compare.figures import FIGURES, cost_now, is_reached
from widgets.compare.race_model import ANSWER, BAR, FIRST_FIGURE, NAME
from widgets.theme import set_theme, set_type_scale

OFFERS = [(ready.name, ready.title, ready.help) for ready in READY_CONTESTS.values()]
TOKENS = FIRST_FIGURE + [figure.title for figure in FIGURES].index("Tokens")


def entry_of(setup: RunSetup, *, ran: bool = True, recorded: bool = False) -> Entry:
    entry = Entry(Contestant.of(setup), "ended" if ran else "waiting", recorded=recorded)
    if ran:
        entry.take(simulated_events(setup))
    return entry


@pytest.fixture
def entries() -> list[Entry]:
    return [entry_of(make_setup("self-consistency", n=4)), entry_of(make_setup("best-of-n", n=6))]


@pytest.fixture
def view(qtbot) -> CompareView:
    view = CompareView(OFFERS)
    qtbot.addWidget(view)
    view.resize(980, 700)
    view.set_reduce_motion(True)
    view.show()
    qtbot.waitExposed(view)
    return view


def show(view: CompareView, entries: list[Entry], going: bool = False) -> None:
    view.set_entries(entries, going=going)
    duration = max(entry.player.duration for entry in entries)
    view.set_moment(duration, duration, playing=False, enabled=not going and duration > 0)
    QApplication.processEvents()  # new columns are laid out when the window is next at leisure


def seek(view: CompareView, entries: list[Entry], t: float) -> None:
    for entry in entries:
        entry.player.seek(t)
    view.set_moment(t, max(entry.player.duration for entry in entries), playing=False, enabled=True)


def cell(view: CompareView, row: int, column: int) -> str:
    return str(view.table.model().index(row, column).data())


def test_an_empty_page_says_what_it_is_for_and_offers_the_ready_contests(view, qtbot):
    assert list(view.empty.cards) == list(READY_CONTESTS)
    with qtbot.waitSignal(view.contest_chosen) as chosen:
        qtbot.mouseClick(view.empty.cards["vote-or-verifier"], Qt.MouseButton.LeftButton)
    assert chosen.args == ["vote-or-verifier"]
    with qtbot.waitSignal(view.add_requested):
        qtbot.mouseClick(view.empty.add_button, Qt.MouseButton.LeftButton)


def test_the_keyboard_reaches_the_ready_contests(view, qtbot):
    card = view.empty.cards["beam-or-tree"]
    card.setFocus()
    with qtbot.waitSignal(view.contest_chosen):
        qtbot.keyClick(card, Qt.Key.Key_Space)


def test_one_alone_cannot_race_and_is_told_so(view):
    show(view, [entry_of(make_setup("direct"), ran=False)])
    assert not view.race_button.isEnabled()
    assert "two" in view.race_button.toolTip()
    assert view._invitation.isVisible()


def test_contestants_stand_side_by_side_with_letter_title_and_details(view, entries):
    show(view, entries)
    assert [(c.letter, c.title.text) for c in view.columns] == [("A", "Self-consistency"), ("B", "Best of N")]
    assert view.columns[1].details.text == "6 candidates · arithmetic checker, majority"
    assert view.columns[0].x() < view.columns[1].x()
    assert view.columns[0].y() == view.columns[1].y()
    assert view.note.text() == TURNS


def test_four_fit_and_a_fifth_is_not_offered(view):
    show(view, [entry_of(make_setup("direct")) for _ in range(4)])
    assert not view.add_button.isEnabled()
    right = view.columns[3].mapTo(view, QPoint(view.columns[3].width(), 0)).x()
    assert right <= view.width()


def test_simulated_runs_are_labelled_in_every_column(view, entries):
    show(view, entries)
    assert [column.stage.badge.source for column in view.columns] == ["simulated", "simulated"]
    assert all(column.stage.badge.width() >= column.stage.badge.sizeHint().width() for column in view.columns)


def test_the_table_gives_the_whole_costs_at_the_end_and_less_before(view, entries):
    show(view, entries)
    assert [cell(view, row, TOKENS) for row in (0, 1)] == [f"{entry.course.cost.tokens:,}" for entry in entries]
    seek(view, entries, entries[1].player.duration / 3)
    assert int(cell(view, 1, TOKENS).replace(",", "")) < entries[1].course.cost.tokens


def test_the_axis_stays_while_the_bars_grow(view, entries):
    show(view, entries)
    whole = view.table.race.axis
    seek(view, entries, entries[1].player.duration / 3)
    assert view.table.race.axis == whole
    assert whole.top == max(entry.course.cost.tokens for entry in entries)


def test_the_moment_of_the_answer_is_marked_once_the_clock_has_reached_it(view, entries):
    show(view, entries)
    entry = entries[0]
    first = entry.course.first_picked
    assert is_reached(entry, "tokens") == first.tokens
    seek(view, entries, first.seconds * 0.5)
    assert is_reached(entry, "tokens") is None
    seek(view, entries, first.seconds)
    assert is_reached(entry, "seconds") == first.seconds


def test_right_and_wrong_are_said_in_words_and_not_by_colour_alone(view, entries):
    show(view, entries)
    for row, entry in enumerate(entries):
        sign = "✓ right" if entry.state.answer.correct else "✗ wrong"
        assert cell(view, row, ANSWER) == f"{entry.state.answer.answer} {sign}"


@pytest.mark.parametrize(("unit", "word"), [("tokens", "tokens"), ("seconds", "s"), ("joules", "J")])
def test_the_axis_is_measured_in_another_unit(view, entries, qtbot, unit, word):
    show(view, entries)
    qtbot.mouseClick(view.units.button(unit), Qt.MouseButton.LeftButton)
    assert view.table.race.axis.unit == unit
    known = cost_now(entries[0]).of(unit)
    assert cell(view, 0, BAR) == ("–" if known is None else f"{known:,.0f} {word}")


def test_unknown_energy_is_a_dash_and_no_zero(view):
    show(view, [entry_of(make_setup("direct"), ran=False), entry_of(make_setup("direct"), ran=False)])
    assert all(cell(view, 0, column) == "–" for column in range(BAR, FIRST_FIGURE + len(FIGURES)))


def test_the_slider_asks_for_a_moment_and_space_plays(view, entries, qtbot):
    show(view, entries)
    duration = max(entry.player.duration for entry in entries)
    with qtbot.waitSignal(view.clock.seek_requested) as asked:
        view.clock.slider.setValue(500)
    assert asked.args[0] == pytest.approx(duration / 2)
    with qtbot.waitSignal(view.clock.play_toggled):
        qtbot.keyClick(view, Qt.Key.Key_Space)
    with qtbot.waitSignal(view.clock.seek_requested):
        qtbot.keyClick(view, Qt.Key.Key_Left)


def test_while_a_race_goes_on_only_stop_is_offered(view, entries, qtbot):
    show(view, entries, going=True)
    assert not view.race_button.isVisible()
    assert not view.clock.play_button.isEnabled()
    assert not any(c.remove_button.isEnabled() or c.model.isEnabled() for c in view.columns)
    with qtbot.waitSignal(view.stop_requested):
        qtbot.mouseClick(view.stop_button, Qt.MouseButton.LeftButton)


def test_a_failure_is_said_in_its_column_with_what_to_do(view, entries):
    failed = entry_of(make_setup("direct"), ran=False)
    failed.status, failed.trouble = "failed", ThinkscopeError("“x.gguf” is empty.", "", "Download it again.")
    show(view, [entries[0], failed])
    assert view.columns[1].words.isVisible()
    assert view.columns[1].words.text() == "“x.gguf” is empty.\nDownload it again."


def test_a_contestant_is_removed_and_given_another_model(view, entries, qtbot):
    view.set_models([("Big", "/models/big.gguf")])
    show(view, entries)
    with qtbot.waitSignal(view.removed) as removed:
        qtbot.mouseClick(view.columns[1].remove_button, Qt.MouseButton.LeftButton)
    assert removed.args == [1]
    combo = view.columns[0].model
    assert [combo.itemText(i) for i in range(combo.count())] == ["Simulated model", "Big"]
    combo.setFocus()
    with qtbot.waitSignal(view.model_chosen) as chosen:
        QTest.keyClick(combo, Qt.Key.Key_Down)
    assert chosen.args == [0, "/models/big.gguf"]


def test_the_live_run_streams_into_its_column(view):
    setup = make_setup("best-of-n", n=4)
    events: list[AnyEvent] = simulated_events(setup)
    entry = Entry(Contestant.of(setup), "running")
    other = entry_of(make_setup("direct"))
    show(view, [other, entry], going=True)
    for piece in (events[:20], events[20:60], events[60:]):
        entry.take(piece)
        view.refresh(1)
        assert len(view.columns[1].stage.lanes.order) == len(entry.state.candidates)
        assert cell(view, 1, TOKENS) == f"{entry.state.ledger.computed_tokens:,}"


def test_the_same_set_up_on_two_models_is_told_apart_by_the_models(view):
    one = make_setup("best-of-n", n=3)
    entries = [entry_of(one), Entry(Contestant.of(one).on("/models/big.gguf"))]
    show(view, entries)
    assert [cell(view, row, NAME) for row in (0, 1)] == ["A  Simulated model", "B  big"]


def test_recordings_with_other_budgets_are_said_not_to_be_equal(view):
    one = entry_of(make_setup("direct"), recorded=True)
    two = entry_of(make_setup("self-consistency", budget=Budget(tokens=200), n=3), recorded=True)
    show(view, [one, two])
    assert "Not an equal race: budgets differ." in view.verdict.text()
    assert view.note.text() == ""


def test_everything_has_a_name_and_a_sentence(view, entries):
    view.set_models([("Big", "/models/big.gguf")])
    show(view, entries)
    controls = [view.add_button, view.race_button, view.ready_button, view.stop_button, view.clock.play_button]
    controls += [button for column in view.columns for button in (column.remove_button, column.model)]
    controls += [view.clock.slider, *view.units.findChildren(QAbstractButton), *view.empty.cards.values()]
    for control in controls:
        assert isinstance(control, QAbstractButton | QComboBox | QSlider)
        assert control.toolTip().endswith((".", "(Space)."))
        assert control.accessibleName() or control.text()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_the_table_is_a_sound_model_as_contestants_come_and_go(view, entries):
    tester = QAbstractItemModelTester(view.table.model(), QAbstractItemModelTester.FailureReportingMode.Fatal)
    for shown in (entries, entries[:1], [], [*entries, *entries]):
        view.set_entries(shown, going=False)
    assert tester.model().rowCount() == 4


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("scale", [1.0, 1.4])
def test_it_is_painted_in_both_themes_and_in_large_type(view, entries, theme, scale):
    show(view, entries)
    set_theme(theme)
    set_type_scale(scale)
    for unit in ("tokens", "seconds", "joules"):
        view.table.set_unit(unit)
        assert not view.grab().isNull()
    assert view.columns[0].model.isVisible() == (scale == 1.0)


@pytest.mark.parametrize("top", [0.3, 1.0, 7.0, 99.0, 1234.0, 5e6])
def test_the_numbers_of_the_axis_are_round_and_within_it(top):
    for most in range(2, 12):
        ticks = Axis("seconds", top).ticks(most)
        assert ticks[0] == 0.0
        assert ticks[-1] <= top * (1 + 1e-9)
        assert 1 <= len(ticks) <= most
    assert Axis("tokens").ticks(5) == [0.0]


def test_a_budget_far_beyond_the_axis_does_not_press_the_bars_flat():
    assert Axis.around("seconds", 2.0, 60.0) == Axis("seconds", 2.0, None)
    assert Axis.around("seconds", 40.0, 60.0) == Axis("seconds", 60.0, 60.0)


def test_nothing_can_be_done_to_a_run_in_a_race(view):
    searches = [entry_of(make_setup(name)) for name in ("beam-search", "mcts")]
    show(view, searches)
    assert [column.stage.shows_tree for column in view.columns] == [True, True]
    assert not any(column.stage.tree.can_act for column in view.columns)


def test_in_a_replay_all_that_has_run_is_badged_as_recorded_also_what_has_ended_before_the_others(view):
    setups = [make_setup("self-consistency", n=n) for n in (1, 2, 8)]
    entries = [Entry(Contestant.of(setup), "ended") for setup in setups]
    for entry, setup in zip(entries, setups, strict=True):
        first, *rest = simulated_events(setup)
        entry.take([replace(first, backend="llama.cpp"), *rest])
    duration = max(entry.player.duration for entry in entries)
    show(view, entries)
    view.set_moment(duration, duration, playing=False, enabled=True)
    assert [column.stage.badge.source for column in view.columns] == [None] * 3
    moment = 0.5 * (entries[1].player.duration + duration)
    for entry in entries:
        entry.player.seek(moment)
    view.set_moment(moment, duration, playing=True, enabled=True)
    assert [entry.player.at_end for entry in entries] == [True, True, False]
    assert [column.stage.badge.source for column in view.columns] == ["recorded"] * 3
    for entry in entries:
        entry.player.seek(duration)
    view.set_moment(duration, duration, playing=False, enabled=True)
    assert [column.stage.badge.source for column in view.columns] == [None] * 3


def test_the_wheel_over_a_model_changes_nothing(view, entries, qtbot):
    view.set_models([("Big", "/models/big.gguf")])
    show(view, entries)
    combo = view.columns[0].model
    turn_wheel(combo)
    assert combo.currentData() == "simulated"
