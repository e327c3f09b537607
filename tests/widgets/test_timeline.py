"""The timeline as a person uses it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt

from engine.trace.fold import fold
from engine.trace.marks import SEARCH_PHASES, Mark
from engine.trace.player import TracePlayer
from tests import sample_run
from tests.simulated_runs import make_setup, simulated_events
from widgets.theme import DARK
from widgets.timeline import Timeline
from widgets.timeline_marks import LEAST_DASH, ROOM_BETWEEN_TICKS, SHAPES, Track, search_colour

EVENTS = sample_run.events(4)


@pytest.fixture
def timeline(qtbot):
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.resize(1200, 60)
    timeline.show()
    return timeline


def show(timeline: Timeline, label: str = "RECORDED", position: float = 0.5, behind: bool = False) -> None:
    timeline.set_moment(fold(EVENTS), label, position, 1.0, playing=False, behind=behind)


def test_without_a_run_there_is_nothing_to_play(timeline):
    assert not timeline.play_button.isEnabled()
    assert timeline.clock.text() == ""


def test_the_clock_says_where_it_is_and_where_it_comes_from(timeline):
    show(timeline)
    assert timeline.clock.text() == "0.5 s · RECORDED"


def test_play_and_the_two_steps_are_asked_for_by_their_buttons(timeline, qtbot):
    show(timeline)
    steps = []
    timeline.step_requested.connect(lambda grain, direction: steps.append((grain, direction)))
    with qtbot.waitSignal(timeline.play_toggled):
        qtbot.mouseClick(timeline.play_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(timeline.forward_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(timeline.back_button, Qt.MouseButton.LeftButton)
    assert steps == [("token", 1), ("token", -1)]


def test_the_grain_that_was_chosen_is_the_grain_of_a_step(timeline, qtbot):
    show(timeline)
    phase = next(a for a in timeline.grain_button.menu().actions() if a.text() == "Phase")
    phase.trigger()
    with qtbot.waitSignal(timeline.step_requested) as caught:
        qtbot.mouseClick(timeline.forward_button, Qt.MouseButton.LeftButton)
    assert caught.args == ["phase", 1]


def test_a_click_on_the_track_asks_for_its_moment(timeline, qtbot):
    show(timeline)
    track = timeline.scrubber
    with qtbot.waitSignal(timeline.seek_requested) as caught:
        qtbot.mouseClick(track, Qt.MouseButton.LeftButton, pos=QPoint(track.width() // 4, track.height() // 2))
    assert caught.args[0] == pytest.approx(0.25, abs=0.02)


def test_home_and_end_on_the_track_go_to_the_ends(timeline, qtbot):
    show(timeline)
    wanted = []
    timeline.seek_requested.connect(wanted.append)
    qtbot.keyClick(timeline.scrubber, Qt.Key.Key_Home)
    qtbot.keyClick(timeline.scrubber, Qt.Key.Key_End)
    assert wanted == [0.0, 1.0]


def test_a_speed_is_chosen_by_its_button(timeline, qtbot):
    show(timeline)
    with qtbot.waitSignal(timeline.speed_changed) as caught:
        qtbot.mouseClick(timeline.speeds.button("16"), Qt.MouseButton.LeftButton)
    assert caught.args == [16.0]


def test_the_way_back_to_a_run_that_goes_on_is_offered_only_when_it_is_left(timeline, qtbot):
    show(timeline, "LIVE")
    assert not timeline.live_button.isVisible()
    show(timeline, "RECORDED", behind=True)
    assert timeline.live_button.isVisible()
    with qtbot.waitSignal(timeline.live_requested):
        qtbot.mouseClick(timeline.live_button, Qt.MouseButton.LeftButton)


def test_phases_still_to_come_stay_on_the_track_of_a_recording(timeline):
    whole = fold(EVENTS)
    spans = [(span.phase, span.start, span.end) for span in whole.phases]
    timeline.set_spans(spans)
    timeline.set_moment(fold(EVENTS[:10]), "RECORDED", 0.1, whole.t, playing=True, behind=False)
    assert timeline.scrubber._spans == spans


def test_the_pointer_hears_what_a_mark_stands_for(timeline):
    player = TracePlayer(EVENTS)
    timeline.set_marks(player.marks, player.search_spans)
    timeline.set_moment(player.state, "RECORDED", 0.0, player.duration, playing=False, behind=False)
    finished = next(mark for mark in player.marks if mark.kind == "finished")
    words = timeline.scrubber.words_at(timeline.scrubber._x_of(finished.t))
    assert f"{finished.t:.2f} s  {finished.words}" in words.split("\n")
    assert "and" not in timeline.scrubber.words_at(timeline.scrubber._x_of(player.duration / 2))


def test_every_kind_of_mark_has_a_shape_of_its_own_and_ticks_do_not_crowd():
    assert len(set(SHAPES.values())) == len(SHAPES) == 4
    track = Track()
    track.take([Mark(i / 10, "finished", "", i) for i in range(100)] + [Mark(3.0, "act", "", 100)], [])
    assert len(track.ticks(0.0, 1.0)) == 5
    assert [mark.kind for mark in track.others] == ["act"]


@given(
    seconds=st.lists(st.floats(0, 3, allow_nan=False), min_size=1, max_size=60),
    parts=st.lists(st.integers(1, 20), min_size=1, max_size=6),
    scale=st.floats(0.5, 200),
)
def test_a_track_that_grows_shows_of_every_place_as_much_as_has_room(seconds, parts, scale):
    times = list(itertools.accumulate(seconds))
    marks = [Mark(t, "finished", "", i) for i, t in enumerate(times)]
    ends = [*times[1:], times[-1]]
    spans = [(SEARCH_PHASES[i % 4], start, end) for i, (start, end) in enumerate(zip(times, ends, strict=True))]
    track, read = Track(), 0
    for part in [*parts, len(times)]:
        read += part
        growing = [(name, start, end if i < read - 1 else start) for i, (name, start, end) in enumerate(spans)]
        track.take(marks[:read], growing[:read])
    track.take(marks, spans)
    ticks, dashes = track.ticks(10.0, scale), track.dashes(10.0, scale)
    places = [10.0 + scale * t for t in times]
    assert all(any(abs(place - tick) < ROOM_BETWEEN_TICKS for tick in ticks) for place in places)
    assert len({int(tick / ROOM_BETWEEN_TICKS) for tick in ticks}) == len(ticks)
    assert all(before[2] <= after[1] for before, after in itertools.pairwise(dashes))
    for name, start, end in spans:
        if scale * (end - start) >= 2 * LEAST_DASH:  # whatever is long enough to be seen is seen
            assert any(dash[0] == name and abs(dash[1] - (10.0 + scale * start)) < 0.001 for dash in dashes)


def test_a_search_is_drawn_in_the_colours_of_its_four_phases(timeline):
    player = TracePlayer(simulated_events(make_setup("mcts", simulations=12)))
    player.seek(player.duration)
    timeline.set_marks(player.marks, player.search_spans)
    timeline.set_moment(player.state, "RECORDED", player.duration, player.duration, playing=False, behind=False)
    picture = timeline.scrubber.grab().toImage()
    seen = {picture.pixelColor(x, y).name() for y in range(picture.height()) for x in range(picture.width())}
    assert {search_colour(DARK, phase) for phase in SEARCH_PHASES} <= seen
