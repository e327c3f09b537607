"""What the stage shows, copied and saved: the menu as a person uses it, and pictures that hold what was shown."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest
from PySide6.QtGui import QImage
from PySide6.QtSvg import QSvgRenderer

from engine.trace.fold import RunState
from tests import sample_run
from tests.widgets.test_search_tree import search_events
from widgets.picture import png_bytes
from widgets.stage.stage_view import StageView
from widgets.theme import current_theme, set_theme

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def stage(qtbot) -> StageView:
    stage = StageView()
    qtbot.addWidget(stage)
    stage.resize(900, 640)
    stage.set_reduce_motion(True)
    stage.show()
    qtbot.waitExposed(stage)
    return stage


def show(stage: StageView, events: list) -> RunState:
    state = RunState().apply_all(events)
    stage.set_state(state, "simulated")
    return state


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("count", [0, 1, 3, 200])
def test_a_picture_has_twice_the_pixels_and_the_colours_of_the_theme(stage, theme, count):
    set_theme(theme)
    show(stage, sample_run.events(count) if count else [])
    image = stage.picture()
    assert image.width() == stage.width() * 2
    assert image.height() <= stage.height() * 2
    assert image.pixelColor(1, image.height() - 1).name() == current_theme().background
    colours = {image.pixelColor(x, y).name() for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)}
    assert len(colours) > 5
    assert QImage.fromData(png_bytes(image)).size() == image.size()


def test_a_picture_of_lanes_is_sharp_and_leaves_the_stage_as_it_was(stage):
    show(stage, sample_run.events(4))
    stage.finish_rendering()
    before = stage.grab().toImage()
    seen = []
    original = stage.lanes.finish_rendering

    def look() -> None:
        original()
        seen.append({lane.pixmap.devicePixelRatio() for lane in stage.lanes._lanes.values()})

    stage.lanes.finish_rendering = look
    stage.picture()
    assert {2.0} in seen
    assert seen[-1] == {stage.devicePixelRatioF()}
    assert stage.grab().toImage() == before


def test_a_tree_is_real_vectors_with_its_words(stage):
    show(stage, search_events())
    root = ElementTree.fromstring(stage.vector_picture())
    count = {name: len(list(root.iter(SVG + name))) for name in ("path", "text", "image", "circle", "ellipse")}
    thoughts = len(stage.tree.view.scene.tree.ids)
    shapes = count["path"] + count["circle"] + count["ellipse"]
    assert shapes >= thoughts - 1
    assert count["image"] == 0
    words = " ".join("".join(text.itertext()) for text in root.iter(SVG + "text"))
    assert "simulation" in words
    assert "What is 47 + 35?" in root.find(SVG + "title").text
    assert QSvgRenderer(stage.vector_picture()).isValid()


def test_lanes_are_embedded_as_pictures(stage):
    show(stage, sample_run.events(3))
    svg = stage.vector_picture()
    assert len(re.findall(rb"<image ", svg)) == 3
    assert b"optimizeSpeed" not in svg
    assert QSvgRenderer(svg).isValid()


def test_a_picture_of_a_tree_has_no_controls_and_no_gap_where_they_were(stage):
    show(stage, search_events())
    assert stage.picture().height() < stage.height() * 2
    stage.tree.outline_button.click()
    assert stage.picture().width() == stage.width() * 2
