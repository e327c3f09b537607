"""The search tree as a person uses it: it grows, is selected, moved, searched, collapsed, and acted upon."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, QSizeF, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QPlainTextEdit

from engine.acts import AddSimulations, ExpandNode, PinNode, PruneNode, WriteThought
from engine.events import AnyEvent
from engine.inference.simulated_backend import SimulatedBackend
from engine.run import Run
from engine.setup import RunSetup
from engine.trace.fold import RunState
from engine.trace.player import TracePlayer
from tests.engine.simulated_world import small_setup
from widgets.models.caption import spotlight
from widgets.models.thought_tree import ThoughtTree, makes_tree
from widgets.tree.camera import Camera, fitting
from widgets.tree.node_menu import ThoughtDialog
from widgets.tree.outline import OutlineModel
from widgets.tree.page import SearchTreePage
from widgets.tree.search_words import progress_words


def search_events(name: str = "mcts", **settings: object) -> list[AnyEvent]:
    events: list[AnyEvent] = []
    setup: RunSetup = small_setup(name, ("arithmetic",), 1, **settings)
    run = Run("run", setup, SimulatedBackend(), events.append)
    while not run.finished:
        run.step()
    return events


@pytest.fixture(scope="module")
def events() -> list[AnyEvent]:
    return search_events()


@pytest.fixture
def state(events) -> RunState:
    return RunState().apply_all(events)


@pytest.fixture
def page(qtbot, state) -> SearchTreePage:
    page = SearchTreePage()
    qtbot.addWidget(page)
    page.resize(900, 640)
    page.can_act = True
    page.set_reduce_motion(True)
    page.show()
    qtbot.waitExposed(page)
    page.set_state(state)
    page.finish_rendering()
    return page


def click(page: SearchTreePage, candidate: int) -> None:
    place = page.view.place_in_view(candidate)
    assert place is not None
    QTest.mouseClick(page.view, Qt.MouseButton.LeftButton, pos=place.toPoint())


def leaf(state: RunState) -> int:
    """A thought with another one above it."""
    return next(c.id for c in state.candidates.values() if c.parent is not None and c.merged_into is None)


def test_every_thought_that_was_not_merged_stands_in_the_tree_below_the_one_it_goes_on_from(page, state):
    assert makes_tree(state)
    tree = page.view.scene.tree
    for candidate in state.candidates.values():
        place = tree.place(candidate.id)
        assert (place is None) == (candidate.merged_into is not None)
        if place is not None and candidate.parent is not None:
            assert tree.ids[tree.parents[place]] == candidate.parent


def test_growing_event_by_event_gives_the_tree_that_the_whole_run_gives(qtbot, events, state):
    page = SearchTreePage()
    qtbot.addWidget(page)
    growing = RunState()
    page.set_state(growing)
    for event in events:
        growing.apply(event)
        page.refresh(set(growing.changed))
        growing.changed.clear()
    page.finish_rendering()
    whole = ThoughtTree()
    whole.grow(state, state.candidates.keys())
    grown = page.view.scene.tree
    assert {(i, grown.ids[p]) for i, p in zip(grown.ids, grown.parents, strict=True)} == {
        (i, whole.ids[p]) for i, p in zip(whole.ids, whole.parents, strict=True)
    }


def test_a_click_on_a_thought_selects_it_and_a_click_beside_selects_nothing(page, state, qtbot):
    chosen = leaf(state)
    with qtbot.waitSignal(page.candidate_selected) as selected:
        click(page, chosen)
    assert selected.args == [chosen]
    assert page.view.selected_candidate == chosen
    with qtbot.waitSignal(page.candidate_selected) as selected:
        QTest.mouseClick(page.view, Qt.MouseButton.LeftButton, pos=QPoint(3, page.view.height() // 2))
    assert selected.args == [-1]


def test_the_arrow_keys_go_from_thought_to_thought(page):
    view, tree = page.view, page.view.scene.tree
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Home)
    QTest.keyClick(view, Qt.Key.Key_Down)
    first = view.selected_candidate
    assert tree.parents[tree.place(first)] == 0
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert tree.ids[tree.parents[tree.place(view.selected_candidate)]] == first
    QTest.keyClick(view, Qt.Key.Key_Up)
    assert view.selected_candidate == first


def test_dragging_moves_the_tree_and_f_fits_it_again(page, state):
    view, chosen = page.view, leaf(state)
    before = view.place_in_view(chosen)
    start = QPoint(5, 300)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(view, start + QPoint(40, 20))
    QTest.mouseMove(view, start + QPoint(80, 40))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start + QPoint(80, 40))
    assert view.mode == "free"
    assert page.cameras.value() == ""
    assert view.place_in_view(chosen) != before
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_F)
    page.finish_rendering()
    assert page.cameras.value() == "fit"
    assert view.place_in_view(chosen) == before


def test_finding_words_rings_the_thoughts_that_have_them(page, state):
    words = state.candidates[leaf(state)].text.split()[0]
    QTest.keyClicks(page.search, words)
    expected = sum(words.casefold() in c.text.casefold() for c in state.candidates.values() if c.merged_into is None)
    assert page.found.text() == f"{expected} found"
    QTest.keyClick(page.search, Qt.Key.Key_Return)
    assert words in state.candidates[page.view.selected_candidate].text


def test_a_double_click_hides_what_is_below(page, state):
    chosen = next(c.parent for c in state.candidates.values() if c.parent is not None)
    shown = len(page.view.scene.shown)
    QTest.mouseDClick(page.view, Qt.MouseButton.LeftButton, pos=page.view.place_in_view(chosen).toPoint())
    page.finish_rendering()
    assert len(page.view.scene.shown) < shown
    page.set_state(state)  # another moment of the same run: it stays hidden
    assert len(page.view.scene.shown) < shown
    page.view.set_collapsed(chosen)
    page.finish_rendering()
    assert len(page.view.scene.shown) == shown


def test_keys_act_on_the_selected_thought(page, state, qtbot):
    chosen = leaf(state)
    click(page, chosen)
    page.view.setFocus()
    for key, act in (
        (Qt.Key.Key_E, ExpandNode(chosen)),
        (Qt.Key.Key_P, PinNode(chosen, True)),
        (Qt.Key.Key_Delete, PruneNode(chosen)),
    ):
        with qtbot.waitSignal(page.act_requested) as asked:
            QTest.keyClick(page.view, key)
        assert asked.args == [act]


def test_a_thought_in_ones_own_words_is_asked_for(page, state, qtbot):
    click(page, leaf(state))
    page.view.setFocus()
    QTest.keyClick(page.view, Qt.Key.Key_T)
    dialog = page.findChild(ThoughtDialog)
    QTest.keyClicks(dialog.findChild(QPlainTextEdit), "So 82.")
    with qtbot.waitSignal(page.act_requested) as asked:
        dialog.accept()
    assert asked.args == [WriteThought(leaf(state), "So 82.", None)]


def test_the_menu_of_a_thought_offers_what_can_be_done(page, state, qtbot):
    menu = page.open_menu(leaf(state), QPointF(10, 10))
    words = {action.text().split("\t")[0]: action for action in menu.actions() if action.text()}
    assert {"Expand", "Add a thought…", "Edit the thought…", "Pin", "Prune", "16 more simulations"} <= set(words)
    with qtbot.waitSignal(page.act_requested) as asked:
        words["16 more simulations"].trigger()
    assert asked.args == [AddSimulations(16)]
    menu.close()


def test_nothing_can_be_done_to_a_recording(page, state):
    page.can_act = False
    menu = page.open_menu(leaf(state), QPointF(10, 10))
    words = {action.text().split("\t")[0]: action for action in menu.actions() if action.text()}
    assert not any(words[name].isEnabled() for name in ("Expand", "Prune", "Pin", "16 more simulations"))
    assert words["Copy the whole text"].isEnabled()
    menu.close()


def test_the_outline_says_the_same_and_selects_the_same(page, state):
    page.outline_button.click()
    chosen = leaf(state)
    click(page, chosen)
    assert page.outline.outline.candidate_of(page.outline.currentIndex()) == chosen
    other = state.candidates[chosen].parent
    page.outline.setCurrentIndex(page.outline.outline.index_of(other))
    assert page.view.selected_candidate == other


@pytest.mark.parametrize("name", ["mcts", "beam-search", "particle-filtering", "ab-mcts"])
def test_the_outline_is_a_sound_model_while_it_grows(qtbot, name):
    model, growing = OutlineModel(), RunState()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_state(growing)
    for event in search_events(name):
        growing.apply(event)
        model.refresh(set(growing.changed))
        growing.changed.clear()
    assert sum(1 for id in growing.candidates if model.index_of(id).isValid()) == len(growing.candidates)
    model.set_state(growing)
    tester.deleteLater()


def test_zooming_leaves_the_point_under_the_pointer_where_it_is():
    camera, at = Camera(0.8, QPointF(13, -4), 1.7), QPointF(200, 120)
    nearer = camera.zoomed(1.5, at)
    assert (nearer.to_view(camera.to_drawing(at)) - at).manhattanLength() < 1e-9
    assert (camera.to_drawing(camera.to_view(at)) - at).manhattanLength() < 1e-9


def test_fitting_shows_all_of_a_tree_however_wide_it_is(state):
    page = SearchTreePage()
    page.set_state(state)
    bounds, size = page.view.scene.bounds(), QSizeF(500, 400)
    camera = fitting(bounds, size)
    assert camera.seen(size).contains(bounds)


def test_a_wide_and_low_tree_fills_the_height_and_its_rows_come_together_from_near():
    bounds, size = QRectF(-10_000, -20, 20_000, 600), QSizeF(700, 500)
    camera = fitting(bounds, size)
    assert camera.seen(size).contains(bounds)
    height = bounds.height() * camera.zoom * camera.stretch
    assert height > 0.7 * size.height()
    near = camera.zoomed(40, QPointF(350, 250))
    assert near.stretch <= 2.4
    assert (near.to_view(camera.to_drawing(QPointF(350, 250))) - QPointF(350, 250)).manhattanLength() < 1e-6


def test_the_map_leads_to_where_it_is_clicked_in_a_wide_tree_too(qtbot):
    page = SearchTreePage()
    qtbot.addWidget(page)
    minimap = page.view._minimap
    minimap.resize(168, 104)
    minimap._bounds = QRectF(-10_000, -20, 20_000, 600)
    point = QPointF(4_000, 300)
    assert (minimap._to_drawing(minimap._to_map(point)) - point).manhattanLength() < 1e-6
    assert minimap._to_map(QPointF(0, 580)).y() - minimap._to_map(QPointF(0, -20)).y() > 20


def test_the_outline_shows_its_figures_without_scrolling(page, qtbot):
    page.resize(900, 640)
    page.outline_button.setChecked(True)
    qtbot.waitUntil(lambda: page.outline.viewport().width() > 300)
    header = page.outline.header()
    assert header.sectionViewportPosition(2) + header.sectionSize(2) <= page.outline.viewport().width()


def test_what_is_folded_away_has_no_label_and_the_search_unfolds_it(page, state) -> None:
    view = page.view
    tree = view.scene.tree
    inner = next(place for place in range(1, len(tree)) if tree.children[place])
    view.set_collapsed(tree.ids[inner], True)
    view.finish_rendering()
    hidden = list(tree.below(inner))
    assert view.scene.has_placed(inner)
    assert not any(map(view.scene.has_placed, hidden))
    words = state.candidates[tree.ids[hidden[0]]].text.strip()
    assert view.search(words) >= 1
    for _ in range(len(tree)):
        view.go_to_match()
        if view._selected == hidden[0]:
            break
    assert inner not in tree.collapsed
    assert view.scene.has_placed(hidden[0])


def test_keys_do_nothing_to_one_thought_where_thoughts_go_on_together(qtbot) -> None:
    page = SearchTreePage()
    qtbot.addWidget(page)
    page.can_act = True
    page.set_state(RunState().apply_all(search_events("beam-search")))
    page.view.select(0)
    for key in (Qt.Key.Key_E, Qt.Key.Key_P, Qt.Key.Key_Delete):
        with qtbot.assertNotEmitted(page.act_requested):
            qtbot.keyClick(page, key)


def test_after_a_jump_in_time_the_phase_is_that_of_the_moment(qtbot, events) -> None:
    page = SearchTreePage()
    qtbot.addWidget(page)
    player = TracePlayer(events)
    shown: set[str] = set()
    while player.step("phase"):
        page.set_state(player.state)
        jumped = page.view._moment
        phases = spotlight(player.state, player.search_spans)
        assert jumped.progress == progress_words(player.state)
        if phases[1] in ("select", "back up"):
            assert jumped.now == phases[1]
        shown.add(jumped.now)
    assert {"select", "back up"} <= shown
    player.seek(0.0)
    page.set_state(player.state)
    assert page.view._moment.now == ""


def test_thoughts_that_come_later_are_found_as_well(qtbot, events) -> None:
    page = SearchTreePage()
    qtbot.addWidget(page)
    state = RunState()
    page.set_state(state)
    qtbot.keyClicks(page.search, "=")
    for event in events:
        state.apply(event)
        page.refresh(state.changed)
        state.changed.clear()
    there = sum("=" in c.text and c.merged_into is None for c in state.candidates.values())
    assert there > 3
    assert page.view.found == there
    assert page.found.text() == f"{there:,} found"


def test_the_outline_folds_along_with_the_picture(page) -> None:
    page.outline_button.setChecked(True)
    tree = page.view.scene.tree
    inner = next(place for place in range(1, len(tree)) if tree.children[place])
    index = page.outline.outline.index_of(tree.ids[inner])
    page.outline.setExpanded(index, True)
    page.view.set_collapsed(tree.ids[inner], True)
    assert not page.outline.isExpanded(index)
    page.view.set_collapsed(tree.ids[inner], False)
    assert page.outline.isExpanded(index)
