"""What can be seen in the picture of a search: sizes, colours, shapes, the way to what is selected, and what moves."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, QSizeF, Qt
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from engine.events import AnyEvent, StrategyMoved
from engine.moves import PathSelected, ValueBackedUp
from engine.trace.fold import CandidateState, RunState
from tests.engine.test_standings import search_events
from tests.widgets.colours import count_colour, is_colour
from widgets.theme import DARK, viridis
from widgets.tree.camera import Camera
from widgets.tree.minimap import Minimap
from widgets.tree.page import SearchTreePage
from widgets.tree.painter import Look, Pulse, TreePainter
from widgets.tree.scene import TreeScene

ZOOM = 2.0


@pytest.fixture(scope="module")
def events() -> list[AnyEvent]:
    return search_events(simulations=16, at_once=1)


@pytest.fixture
def page(qtbot: QtBot) -> SearchTreePage:
    page = SearchTreePage()
    qtbot.addWidget(page)
    page.resize(900, 640)
    page.set_reduce_motion(True)
    page.show()
    qtbot.waitExposed(page)
    return page


def show(page: SearchTreePage, state: RunState) -> None:
    page.set_state(state)
    page.finish_rendering()


def picture(page: SearchTreePage) -> QImage:
    return page.view.grab().toImage()


def until(events: list[AnyEvent], move: type, number: int = 3) -> tuple[RunState, AnyEvent]:
    """The run before one of its moves, and that move."""
    places = [i for i, e in enumerate(events) if isinstance(e, StrategyMoved) and isinstance(e.move, move)]
    state = RunState().apply_all(events[: places[number]])
    state.changed.clear()
    return state, events[places[number]]


def take(page: SearchTreePage, state: RunState, event: AnyEvent) -> None:
    """What happens in a frame."""
    state.apply(event)
    page.refresh(set(state.changed))
    state.changed.clear()


# --- how a thought looks ---------------------------------------------------------------------------------------------


class Plate:
    """A picture of a whole tree at a known place, as the painter draws it."""

    def __init__(self, state: RunState, **look: object) -> None:
        self.state, self.scene = state, TreeScene()
        self.scene.take(state, state.candidates.keys())
        self.scene.work()
        self.scene.begin_move()
        self.scene.advance(1.0)
        bounds = self.scene.bounds()
        self.camera = Camera(ZOOM, QPointF(40 - bounds.left() * ZOOM, 40 - bounds.top() * ZOOM), 1.0)
        size = QSizeF(bounds.width() * ZOOM + 80, bounds.height() * ZOOM + 80)
        self.image = QImage(size.toSize(), QImage.Format.Format_RGB32)
        self.image.fill(DARK.background)
        painter = QPainter(self.image)
        TreePainter(self.scene).paint(painter, self.camera, size, Look(DARK, label=lambda _: "", **look))
        painter.end()

    def centre(self, candidate: int) -> QPointF:
        place = self.scene.tree.place(candidate)
        assert place is not None
        return self.camera.to_view(self.scene.position(place))

    def radius(self, candidate: int) -> float:
        """How wide a node is in the picture: from its middle to the right until there is only ground."""
        at, reach = self.centre(candidate), 0
        while not is_colour(self.image, at + QPointF(reach, 0), DARK.background, 6):
            reach += 1
        return reach

    def fills(self, candidate: int, x: float, y: float) -> bool:
        """Whether a node covers a point, given in its radii from its middle."""
        reach = expected_radius(self.state, self.state.candidates[candidate])
        return not is_colour(self.image, self.centre(candidate) + QPointF(x, y) * reach, DARK.background, 6)

    def plain(self) -> Iterator[CandidateState]:
        """Thoughts that have no mark upon them."""
        for one in self.state.candidates.values():
            if one.merged_into is None and not one.pruned and not one.picked and one.status == "finished":
                yield one


def expected_radius(state: RunState, one: CandidateState) -> float:
    """The share of all visits decides."""
    return ZOOM * (7 + 14 * math.sqrt(one.visits / state.simulations))


def test_the_size_of_a_thought_is_its_share_of_all_visits(events: list[AnyEvent]) -> None:
    plate = Plate(RunState().apply_all(events))
    sizes = set()
    for one in plate.plain():
        if one.purpose == "step" and not one.is_whole:
            assert plate.radius(one.id) == pytest.approx(expected_radius(plate.state, one), abs=2.0)
            sizes.add(one.visits)
    assert len(sizes) > 1


def test_the_colour_of_a_thought_is_its_value(events: list[AnyEvent]) -> None:
    plate = Plate(RunState().apply_all(events))
    colours = set()
    for one in plate.plain():
        if one.visits:
            colour = viridis(one.value_sum / one.visits)
            above = plate.centre(one.id) - QPointF(0, 0.6 * expected_radius(plate.state, one))
            assert is_colour(plate.image, above, colour, 8)
            colours.add(colour)
    assert len(colours) > 1


def test_the_shape_of_a_thought_tells_steps_whole_texts_and_rollouts() -> None:
    plate = Plate(RunState().apply_all(search_events(simulations=16, at_once=1, evaluate="rollouts")))
    kinds = set()
    for one in plate.plain():
        kind = "rollout" if one.purpose == "rollout" else "whole" if one.is_whole else "step"
        kinds.add(kind)
        assert plate.fills(one.id, -0.64, -0.64) == (kind != "rollout")
        assert plate.fills(one.id, -0.78, -0.78) == (kind == "whole")
    assert kinds == {"rollout", "whole", "step"}


def test_a_value_on_its_way_up_is_a_bead_in_its_colour_on_the_edge(events: list[AnyEvent]) -> None:
    state = RunState().apply_all(events)
    child = next(c for c in state.candidates.values() if c.parent is None and c.merged_into is None and c.visits)
    bare = Plate(state)
    place = bare.scene.tree.place(child.id)
    middle = (bare.camera.to_view(bare.scene.position(0)) + bare.centre(child.id)) / 2
    for value in (0.1, 0.9):
        lit = Plate(state, pulses=[Pulse([0, place], value, 0.5)])
        assert is_colour(lit.image, middle, viridis(value), 4)
    assert not is_colour(bare.image, middle, viridis(0.9), 4)


# --- the way to what is selected ------------------------------------------------------------------------------------


def lit_share(page: SearchTreePage, image: QImage, above: int, below: int) -> float:
    """How much of the edge between two thoughts is in the accent."""
    start, end = page.view.place_in_view(above), page.view.place_in_view(below)
    assert start is not None
    assert end is not None
    points = []
    for share in (0.3 + 0.4 * i / 20 for i in range(21)):
        across, down = 3 * (1 - share) * share**2 + share**3, 1.5 * (1 - share) * share + share**3
        points.append(QPointF(start.x() + (end.x() - start.x()) * across, start.y() + (end.y() - start.y()) * down))
    return sum(is_colour(image, point, DARK.accent, 40) for point in points) / len(points)


def test_the_way_to_the_selected_thought_is_lit_and_no_other(page: SearchTreePage, events: list[AnyEvent]) -> None:
    state = RunState().apply_all(events)
    show(page, state)
    inner = [c for c in state.candidates.values() if c.parent is not None and c.merged_into is None]
    pair = next((a, b) for a in inner for b in inner if a.parent == b.parent and a.id < b.id)
    shares = []
    for one in pair:
        page.select(one.id)
        image = picture(page)
        shares.append([lit_share(page, image, c.parent, c.id) for c in pair])
    assert shares[0][0] > 0.4 > 0.2 > shares[0][1]
    assert shares[1][1] > 0.4 > 0.2 > shares[1][0]


# --- where the search is ---------------------------------------------------------------------------------------------


def underline(page: SearchTreePage) -> list[int]:
    """The columns in which the phase of the moment is underlined."""
    image = picture(page)
    return [x for x in range(image.width()) if is_colour(image, QPointF(x, 31), DARK.accent, 0)]


def test_the_phase_that_a_search_is_in_is_lit_and_none_when_it_is_over(
    page: SearchTreePage, events: list[AnyEvent]
) -> None:
    lines = []
    for move in (PathSelected, ValueBackedUp):
        state, event = until(events, move)
        show(page, state)
        take(page, state, event)
        lines.append(underline(page))
    select, back_up = lines
    assert len(select) > 10
    assert len(back_up) > 10
    assert max(select) < min(back_up)
    show(page, RunState().apply_all(events))
    assert not underline(page)


def test_follow_goes_where_the_search_goes(page: SearchTreePage, events: list[AnyEvent], qtbot: QtBot) -> None:
    state, event = until(events, PathSelected, -1)
    show(page, state)
    qtbot.mouseClick(page.cameras.button("follow"), Qt.MouseButton.LeftButton)
    take(page, state, event)
    page.finish_rendering()
    assert isinstance(event, StrategyMoved)
    seen = page.view.place_in_view(event.move.path[-1])
    middle = QPointF(page.view.width() / 2, page.view.height() / 2)
    assert seen is not None
    assert (seen - middle).manhattanLength() < 2
    chosen = next(c.id for c in state.candidates.values() if c.merged_into is None and c.id != event.move.path[-1])
    page.select(chosen)
    page.finish_rendering()
    seen = page.view.place_in_view(chosen)
    assert seen is not None
    assert (seen - middle).manhattanLength() < 2


def test_a_map_is_there_while_not_all_is_seen_and_a_click_on_it_goes_there(
    page: SearchTreePage, events: list[AnyEvent], qtbot: QtBot
) -> None:
    show(page, RunState().apply_all(events))
    view, minimap = page.view, page.view.findChild(Minimap)
    assert not minimap.isVisible()
    for _ in range(6):
        qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert minimap.isVisible()
    image = minimap.grab().toImage()
    assert count_colour(image, DARK.accent, near=10) > 20  # the frame of what is seen
    before = view.place_in_view(0)
    qtbot.mouseClick(minimap, Qt.MouseButton.LeftButton, pos=QPoint(12, minimap.height() - 12))
    assert view.place_in_view(0) != before
    qtbot.keyClick(view, Qt.Key.Key_F)
    page.finish_rendering()
    assert not minimap.isVisible()


# --- what moves ------------------------------------------------------------------------------------------------------


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in ("view", "scene"):
        monkeypatch.setattr(f"widgets.tree.{module}.time", clock)
    return clock


def grow(page: SearchTreePage, events: list[AnyEvent], qtbot: QtBot) -> tuple[int, QPointF, QPointF]:
    """Lets a tree grow by half: a thought that has to move, where it was, and where it is after the first frame."""
    half = len(events) // 2
    state = RunState().apply_all(events[:half])
    state.changed.clear()
    show(page, state)
    scene = page.view.scene
    before = [scene.position(place) for place in range(len(scene.tree))]
    state.apply_all(events[half:])
    page.refresh(set(state.changed))
    whole = TreeScene()
    whole.take(state, state.candidates.keys())
    whole.work()
    whole.begin_move()
    whole.advance(1.0)
    ends = {id: whole.position(whole.tree.place(id)) for id in scene.tree.ids[1:] if whole.tree.place(id) is not None}
    moved = max(
        (place for place in range(1, len(before)) if scene.tree.ids[place] in ends and scene.has_placed(place)),
        key=lambda place: (before[place] - ends[scene.tree.ids[place]]).manhattanLength(),
    )
    assert (before[moved] - ends[scene.tree.ids[moved]]).manhattanLength() > 5
    return moved, before[moved], ends[scene.tree.ids[moved]]


def test_thoughts_go_to_their_new_places_and_do_not_jump(
    page: SearchTreePage, events: list[AnyEvent], clock: Clock, qtbot: QtBot
) -> None:
    page.set_reduce_motion(False)
    moved, before, end = grow(page, events, qtbot)
    scene = page.view.scene
    assert scene.position(moved) == before
    clock.now += 0.05
    qtbot.waitUntil(lambda: scene.position(moved) != before)
    on_the_way = scene.position(moved)
    assert 0 < (on_the_way - before).manhattanLength() < (end - before).manhattanLength()
    clock.now += 1.0
    qtbot.waitUntil(lambda: scene.position(moved) == end)


def test_with_reduced_motion_thoughts_are_where_they_belong_at_once(
    page: SearchTreePage, events: list[AnyEvent], clock: Clock, qtbot: QtBot
) -> None:
    moved, _, end = grow(page, events, qtbot)
    assert page.view.scene.position(moved) == end


@pytest.mark.parametrize("reduced", [False, True])
def test_a_value_that_is_backed_up_is_seen_to_climb_unless_motion_is_reduced(
    page: SearchTreePage, events: list[AnyEvent], clock: Clock, reduced: bool
) -> None:
    page.set_reduce_motion(reduced)
    state, event = until(events, ValueBackedUp)
    show(page, state)
    take(page, state, event)
    moving = picture(page)
    page.finish_rendering()
    assert (moving == picture(page)) == reduced


def test_with_reduced_motion_the_camera_is_there_at_once(
    page: SearchTreePage, events: list[AnyEvent], clock: Clock, qtbot: QtBot
) -> None:
    show(page, RunState().apply_all(events))
    at = page.view.place_in_view(0)
    for reduced in (True, False):
        page.set_reduce_motion(reduced)
        for _ in range(3):
            qtbot.keyClick(page.view, Qt.Key.Key_Plus)
        away = page.view.place_in_view(0)
        qtbot.keyClick(page.view, Qt.Key.Key_F)
        if reduced:
            qtbot.waitUntil(lambda: page.view.place_in_view(0) == at)
        else:
            assert page.view.place_in_view(0) == away  # it is only on its way
            clock.now += 1.0
            qtbot.waitUntil(lambda: page.view.place_in_view(0) == at)
