from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from pytestqt.qtbot import QtBot

from engine.events import CandidateFinished, TokensDecoded
from engine.trace.fold import RunState, fold
from engine.types import Token
from tests.sample_run import events
from widgets.models.answer_colours import answer_order
from widgets.models.candidate_words import describe, describe_run, missing_answer, status_word
from widgets.models.lane_order import lane_order
from widgets.stage.candidate_lanes import CandidateLanesView
from widgets.stage.lane import Lane, LaneStyle
from widgets.stage.lane_bar import LaneBar, LaneCell
from widgets.stage.lane_card import LaneCard
from widgets.stage.lane_grid import BAR_TIGHT_HEIGHT, choose_grid
from widgets.stage.marks import RIGHT, text_width
from widgets.stage.stage_view import StageView
from widgets.stage.token_flow import type_metrics
from widgets.theme import current_theme, font, qcolor, set_theme


def state_of(n: int, part: float = 1.0, sentences: int = 1) -> RunState:
    run = events(n, sentences=sentences)
    return fold(run[: round(len(run) * part)])


@pytest.fixture
def lanes(qtbot: QtBot) -> Callable[..., CandidateLanesView]:
    def make(state: RunState, width: int = 800, height: int = 700) -> CandidateLanesView:
        view = CandidateLanesView()
        qtbot.addWidget(view)
        view.set_reduce_motion(True)
        view.resize(width, height)
        view.show()
        view.set_state(state)
        view.finish_rendering()
        return view

    return make


# The grid


@pytest.mark.parametrize(("count", "columns"), [(2, 1), (4, 2), (16, 4)])
def test_few_candidates_get_cards_that_fill_the_stage(count: int, columns: int) -> None:
    grid = choose_grid(count, 776, 690)
    assert (grid.density, grid.columns) == ("card", columns)
    assert grid.total_height <= 690


@pytest.mark.parametrize(("width", "height"), [(640, 560), (776, 690), (1260, 860), (500, 1200), (1800, 500)])
@pytest.mark.parametrize("count", [1, 2, 3, 7, 16, 33, 64, 128, 256])
def test_lanes_never_overlap_and_stay_within_the_width(width: int, height: int, count: int) -> None:
    grid = choose_grid(count, width, height)
    rects = [grid.rect(place) for place in range(count)]
    assert all(rect.left() >= 0 and rect.right() < width for rect in rects)
    assert not any(a.intersects(b) for i, a in enumerate(rects) for b in rects[i + 1 :])
    assert all(grid.place_at(rect.center().x(), rect.center().y()) == i for i, rect in enumerate(rects))


@pytest.mark.parametrize(("width", "height"), [(660, 480), (676, 492), (836, 601), (1300, 780)])
def test_256_are_seen_at_once_in_the_stages_of_usual_windows(width: int, height: int) -> None:
    assert choose_grid(256, width, height).total_height <= height


def test_sixty_four_shrink_to_bars_and_256_to_cells_without_scrolling() -> None:
    assert choose_grid(64, 776, 650).density == "bar"
    cells = choose_grid(256, 776, 690)
    assert cells.density == "cell"
    assert cells.total_height <= 690


def test_no_room_at_all_is_no_error() -> None:
    assert choose_grid(300, 0, 0).count == 300


# Drawing step by step gives what drawing at once gives


def style(width: int, state: RunState, ratio: float = 1.0) -> LaneStyle:
    metrics = type_metrics(font(13))
    return LaneStyle(current_theme(), ratio, metrics, answer_order(state), ("arithmetic", "majority"), 256)


@pytest.mark.parametrize("ratio", [1.0, 1.25, 2.0])
@pytest.mark.parametrize(
    ("kind", "size"),
    [
        (LaneCard, QSize(190, 170)),
        (LaneCard, QSize(400, 300)),
        (LaneBar, QSize(150, 28)),
        (LaneBar, QSize(190, 44)),
        (LaneCell, QSize(60, 26)),
    ],
)
def test_a_lane_drawn_token_by_token_looks_like_one_drawn_at_once(
    qapp: object, kind: type[Lane], size: QSize, ratio: float
) -> None:
    state, run = RunState(), events(2, sentences=6)
    streamed: Lane | None = None
    look = style(size.width(), state, ratio)
    for event in run:
        state.apply(event)
        if isinstance(event, TokensDecoded) and event.tokens:
            streamed = streamed or kind(state.candidates[0])
            streamed.render(look, size)
        if isinstance(event, CandidateFinished):
            break
    assert streamed is not None
    at_once = kind(state.candidates[0])
    at_once.render(look, size)
    streamed.render(look, size)
    assert streamed.pixmap.toImage() == at_once.pixmap.toImage()
    assert not at_once.pixmap.isNull()


@pytest.mark.parametrize("height", [28, 36, 47, 57])
@pytest.mark.parametrize("width", [84, 96, 111, 135, 141, 157, 190])
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_nothing_in_a_bar_is_cut_or_painted_over(
    monkeypatch: pytest.MonkeyPatch, qapp: object, width: int, height: int, share: float
) -> None:
    written: list[tuple[str, QRectF]] = []

    def note(
        painter: QPainter, rect: QRectF, text: str, size: int, colour: str, align: object = 0, **bold: bool
    ) -> float:
        length = text_width(text, size, **bold)
        if text:
            left = rect.right() - length if align == RIGHT else rect.left()
            written.append((text, QRectF(left, rect.center().y() - size * 0.36, length, size * 0.72)))
            assert length <= rect.width() + 0.5, text
        return length

    def note_chip(painter: QPainter, rect: QRectF, text: str, *_: object) -> None:
        written.append((text, rect))

    monkeypatch.setattr("widgets.stage.lane_bar.draw_text", note)
    monkeypatch.setattr("widgets.stage.lane_bar.draw_chip", note_chip)
    state = state_of(16, share)
    for candidate in state.candidates.values():
        written.clear()
        if candidate.id % 2 and candidate.finished_at is not None:
            candidate.answer = candidate.vote = None
        LaneBar(candidate).render(style(width, state), QSize(width, height))
        for (one, place), (other, beside) in itertools.combinations(written, 2):
            assert not place.adjusted(-1, -1, 1, 1).intersects(beside), (one, other)


def test_a_lane_of_an_earlier_moment_is_drawn_anew(qapp: object) -> None:
    late, early = state_of(2, 0.9, 6), state_of(2, 0.3, 6)
    look, size = style(200, late), QSize(200, 180)
    lane, fresh = LaneCard(late.candidates[0]), LaneCard(early.candidates[0])
    lane.render(look, size)
    lane.candidate = early.candidates[0]
    lane.render(look, size)
    fresh.render(look, size)
    assert lane.pixmap.toImage() == fresh.pixmap.toImage()


# The view


def test_an_empty_stage_says_what_to_do(lanes: Callable[..., CandidateLanesView]) -> None:
    view = lanes(RunState())
    assert view.accessibleDescription() == "No candidates yet."
    assert not view.grab().toImage().isNull()


def test_streaming_only_draws_the_lanes_that_changed(lanes: Callable[..., CandidateLanesView]) -> None:
    state = state_of(16, 0.4)
    view = lanes(state)
    before = {i: view._lanes[i].pixmap.cacheKey() for i in range(16)}
    state.changed.clear()
    state.apply(TokensDecoded(9.0, (Token(3, 1, " seven", math.log(0.5), 0.5),), 0, 0.01, 0.01))
    view.refresh(set(state.changed))
    after = {i: view._lanes[i].pixmap.cacheKey() for i in range(16)}
    assert {i for i in range(16) if before[i] != after[i]} == {3}


def test_what_does_not_fit_in_a_frame_is_drawn_in_the_next(
    lanes: Callable[..., CandidateLanesView], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr("widgets.stage.candidate_lanes.RENDER_SECONDS", 0.0005)
    state = state_of(64, 0.5, 4)
    view = lanes(state)
    tokens = tuple(Token(i, 1, " seven", math.log(0.5), 0.5) for i in range(64))
    state.apply(TokensDecoded(9.0, tokens, 0, 0.01, 0.01))
    view.refresh(set(range(64)))
    assert view.waiting > 0
    qtbot.waitUntil(lambda: view.waiting == 0)


def test_candidates_that_come_later_get_lanes(lanes: Callable[..., CandidateLanesView]) -> None:
    run = events(8)
    state = fold(run[:5])
    view = lanes(state)
    before = len(view.order)
    state.changed.clear()
    state.apply_all(run[5:])
    view.refresh(set(state.changed))
    assert before < 8
    assert view.order == list(range(8))


def test_a_click_selects_a_candidate_and_a_click_beside_it_none(
    lanes: Callable[..., CandidateLanesView], qtbot: QtBot
) -> None:
    view = lanes(state_of(16))
    with qtbot.waitSignal(view.candidate_selected) as selected:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.lane_rect(6).center())
    assert selected.args == [6]
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    assert view.selected is None


def test_the_keyboard_goes_from_lane_to_lane(lanes: Callable[..., CandidateLanesView], qtbot: QtBot) -> None:
    view = lanes(state_of(16))
    keys = [Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_End, Qt.Key.Key_Down]
    visited = []
    for key in keys:
        qtbot.keyClick(view, key)
        visited.append(view.selected)
    assert visited == [0, 1, 5, 4, 15, 15]
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert view.selected is None


def test_the_selected_of_many_opens_and_closes(lanes: Callable[..., CandidateLanesView], qtbot: QtBot) -> None:
    view = lanes(state_of(64))
    view.select(40)
    detail = view._detail
    assert detail.isVisible()
    assert detail.ladder.candidate is not None
    assert detail.ladder.candidate.id == 40
    assert view.viewport().rect().contains(view.lane_rect(40))
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not detail.isVisible()


def test_a_card_that_shows_its_whole_text_does_not_open(lanes: Callable[..., CandidateLanesView]) -> None:
    view = lanes(state_of(4))
    view.select(1)
    assert not view._detail.isVisible()


def test_sorting_by_score_puts_the_best_first_and_by_answer_equal_ones_together(
    lanes: Callable[..., CandidateLanesView],
) -> None:
    state = state_of(16)
    view = lanes(state)
    view.set_sort("score")
    scores = [state.candidates[i].mix or 0 for i in view.order]
    assert scores == sorted(scores, reverse=True)
    view.set_sort("answer")
    answers = [state.candidates[i].vote for i in view.order]
    assert sum(a != b for a, b in itertools.pairwise(answers)) == len(set(answers)) - 1
    view.set_sort("arrival")
    assert view.order == list(range(16))


def test_lanes_move_to_their_new_places(lanes: Callable[..., CandidateLanesView], qtbot: QtBot) -> None:
    view = lanes(state_of(16))
    view.set_reduce_motion(False)
    view.set_sort("answer")
    moved = view.order[0] if view.order[0] != 0 else view.order[1]
    qtbot.waitUntil(lambda: view.lane_rect(moved).topLeft() == view._target(moved).toRect().topLeft())


def test_without_motion_lanes_are_in_place_at_once(lanes: Callable[..., CandidateLanesView]) -> None:
    view = lanes(state_of(16))
    view.set_sort("answer")
    assert all(view.lane_rect(i).topLeft() == view._target(i).toRect().topLeft() for i in view.order)


def token_position(view: CandidateLanesView, candidate: int, index: int) -> QPoint:
    lane = view._lanes[candidate]
    return view.lane_rect(candidate).topLeft() + lane.token_rect(index).center().toPoint()


def test_pointing_at_a_token_shows_its_probability_and_alternatives(
    lanes: Callable[..., CandidateLanesView], qtbot: QtBot
) -> None:
    state = state_of(4)
    view = lanes(state)
    with qtbot.waitSignal(view.token_hovered) as hovered:
        qtbot.mouseMove(view.viewport(), token_position(view, 2, 3))
    assert hovered.args == [2, 3]
    assert view.popup.token is state.candidates[2].tokens[3]
    assert "Likeliest" in view.popup.accessibleDescription()
    qtbot.mouseMove(view.viewport(), QPoint(1, 1))
    assert view.popup.token is None


def test_a_seek_within_the_run_keeps_the_selection_and_another_run_does_not(
    lanes: Callable[..., CandidateLanesView],
) -> None:
    view = lanes(state_of(16))
    view.select(3)
    view.set_state(state_of(16, 0.6))
    assert view.selected == 3
    view.set_state(state_of(2))
    assert view.selected is None
    assert view.order == [0, 1]


def test_the_stage_is_told_in_words(lanes: Callable[..., CandidateLanesView]) -> None:
    state = state_of(16)
    view = lanes(state)
    view.select(1)
    said = view.accessibleDescription()
    assert said == describe_run(state, 1)
    assert "16 of 16 candidates finished" in said
    assert "Selected: Candidate 2" in said


def test_the_theme_of_the_lanes_changes_at_once(lanes: Callable[..., CandidateLanesView]) -> None:
    view = lanes(state_of(4))
    dark = view.grab().toImage().pixelColor(2, 2).lightness()
    set_theme("light")
    view.finish_rendering()
    assert view.grab().toImage().pixelColor(2, 2).lightness() > dark + 100


# Models


def test_answers_are_coloured_by_arrival_whatever_the_votes_are() -> None:
    state = state_of(16)
    order = answer_order(state)
    first = min(state.candidates.values(), key=lambda c: (c.finished_at, c.id))
    assert order[first.vote or ""] == 0
    assert sorted(order.values()) == list(range(len(order)))
    assert answer_order(state_of(16, 0.9)).items() <= order.items()


def test_ties_in_score_stay_in_order_of_number() -> None:
    state = state_of(16, 0.3)
    assert lane_order(state, "score") == list(range(16))


def test_a_candidate_is_told_in_a_sentence() -> None:
    state = state_of(4)
    picked = next(c for c in state.candidates.values() if c.picked)
    words = describe(picked)
    assert words.startswith(f"Candidate {picked.id + 1}, done, ")
    assert words.endswith("picked.")
    picked.finish_reason = "length"
    assert status_word(picked) == "cut off"


def test_a_candidate_that_was_stopped_because_the_model_was_unsure_says_so() -> None:
    doubted = state_of(4).candidates[0]
    doubted.status, doubted.finish_reason, doubted.finished_at = "stopped", "doubt", 0.3
    doubted.answer = doubted.vote = None
    assert status_word(doubted) == "unsure"
    assert missing_answer(doubted) == "stopped: the model was unsure"
    assert describe(doubted).startswith("Candidate 1, stopped: the model was unsure, ")


def test_bars_stand_in_full_rows_where_they_can() -> None:
    assert choose_grid(16, 1244, 330, 1.4, "bar").columns == 4


def test_sixty_four_bars_have_room_for_whole_answers_in_the_smallest_window() -> None:
    grid = choose_grid(64, 666, 548)
    assert grid.density == "bar"
    assert grid.height >= BAR_TIGHT_HEIGHT
    assert grid.total_height <= 548


def stage_of_four(qtbot: QtBot) -> StageView:
    stage = StageView()
    qtbot.addWidget(stage)
    stage.resize(1000, 800)
    stage.show()
    stage.set_state(state_of(4), "recorded")
    stage.finish_rendering()
    return stage


@pytest.mark.parametrize("theme", ["dark", "light", "contrast"])
def test_words_of_a_lane_that_is_set_aside_keep_their_colour(qtbot: QtBot, theme: str) -> None:
    set_theme(theme)
    stage = stage_of_four(qtbot)
    before = stage.lanes.viewport().grab().toImage()
    stage.lanes._aside = {0, 1, 2, 3}
    after = stage.lanes.viewport().grab().toImage()
    colours = current_theme()
    ink, ground = qcolor(colours.text).rgb(), qcolor(colours.raised).rgb()
    at = [(x, y) for x in range(before.width()) for y in range(before.height()) if before.pixel(x, y) == ink]
    assert len(at) > 20
    assert all(after.pixel(x, y) == ink for x, y in at)
    assert any(after.pixel(x, y) == ground for x in range(200) for y in range(200))


def test_lanes_that_are_set_aside_can_be_seen_in_a_vector_picture(qtbot: QtBot) -> None:
    stage = stage_of_four(qtbot)
    stage.lanes._aside = {0, 1, 2, 3}
    picture = QImage(stage.size(), QImage.Format.Format_RGB32)
    painter = QPainter(picture)
    QSvgRenderer(stage.vector_picture()).render(painter)
    painter.end()
    lane = stage.lanes._rects[0].toRect().translated(stage.lanes.mapTo(stage, QPoint()))
    colours = {
        picture.pixel(x, y)
        for x in range(lane.left() + 20, lane.right() - 20)
        for y in range(lane.top() + 6, lane.top() + 40)
    }
    assert len(colours) > 5


def test_a_what_if_sets_lanes_aside_and_gives_them_back(qtbot: QtBot) -> None:
    stage = StageView()
    qtbot.addWidget(stage)
    stage.resize(1000, 800)
    stage.show()
    whole = state_of(16)
    stage.set_state(whole, "recorded")
    stage.what_if.set_open(True)
    assert not stage.lanes.aside
    assert stage.what_if.candidates is not None
    stage.what_if.candidates.set_value(4)
    stage.what_if.answer_now()
    assert stage.lanes.aside == set(range(4, 16))
    before = stage.lanes.grab().toImage()
    stage.set_state(state_of(16, 0.6), "recorded")
    assert not stage.lanes.aside  # nothing is asked in the middle of a run
    stage.set_state(whole, "recorded")
    assert stage.lanes.aside
    stage.what_if.set_open(False)
    assert not stage.lanes.aside
    assert stage.lanes.grab().toImage() != before
    assert qcolor(current_theme().background).alpha() == 255
