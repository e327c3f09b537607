"""Every view on a recording that was opened through the window: scrubbed with keys, and played to its end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.history_tab import RECORDINGS
from engine.trace.fold import fold
from engine.trace.store import write_trace
from tests.app.whole_desk import LONGEST_MS, WholeDesk, click, token_seen, whole_desk
from tests.simulated_runs import make_setup, simulated_events

LANES, LADDER = RECORDINGS / "1-a-verifier-beats-the-vote.tsrun", RECORDINGS / "3-one-chain-of-thought.tsrun"
RIGHT, LEFT, NEXT, BEFORE = Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path):
    with whole_desk(tmp_path) as desk:
        yield desk


def open_and_hold(desk: WholeDesk, qtbot: QtBot, path: Path) -> None:
    """Opens a recording, holds it with Space and goes to its beginning."""
    desk.window.open_path(path)
    qtbot.waitUntil(lambda: desk.controller.playing)
    desk.window.setFocus()
    qtbot.keyClick(desk.window, Qt.Key.Key_Space)
    assert not desk.controller.playing
    qtbot.keyClick(desk.timeline.scrubber, Qt.Key.Key_Home)
    assert desk.controller.player.position == 0.0


def scrub_and_play(desk: WholeDesk, qtbot: QtBot, shown: Callable[[], int]) -> None:
    """Steps to and fro and from mark to mark, and lets it play; `shown` counts what the view shows.

    What is shown at a moment does not depend on the way there.
    """
    player, seen = desk.controller.player, dict[int, int]()
    for key in (*[RIGHT] * 4, NEXT):
        before = player.index
        qtbot.keyClick(desk.window, key)
        assert player.index > before
        assert desk.state.events == player.index
        seen[player.index] = shown()
    assert list(seen.values()) == sorted(seen.values())
    for key in (LEFT, LEFT, BEFORE):
        before = player.index
        qtbot.keyClick(desk.window, key)
        assert player.index < before
        assert shown() == seen.get(player.index, shown())
        assert shown() <= max(seen.values())
    assert f"{player.position:.1f} s" in desk.timeline.clock.text()

    click(qtbot, desk.timeline.speeds.button("16"))
    qtbot.keyClick(desk.window, Qt.Key.Key_Space)
    assert desk.controller.playing
    qtbot.waitUntil(lambda: player.at_end and not desk.controller.playing, timeout=LONGEST_MS)
    assert desk.state.status == "finished"
    assert shown() >= max(seen.values())
    assert not desk.stage.can_act


def test_the_lanes_of_a_shipped_recording_are_scrubbed_and_played(desk: WholeDesk, qtbot: QtBot) -> None:
    open_and_hold(desk, qtbot, LANES)
    lanes = desk.stage.lanes
    scrub_and_play(desk, qtbot, lambda: sum(len(c.tokens) for c in desk.state.candidates.values()))
    assert desk.controller.label == "RECORDED"
    assert desk.stage.badge.source == "recorded"
    assert lanes.isVisible()
    assert lanes.order == list(range(16))
    qtbot.waitUntil(lambda: "56" in desk.meters.answer.answer.text())  # the meters take turns

    desk.window.resize(1100, 560)
    rect = lanes.lane_rect(5)
    click(qtbot, lanes.viewport(), QPoint(rect.left() + 5, rect.bottom() - 3))
    assert lanes.selected == 5
    assert "CANDIDATE 6" in desk.meters.inspector.title.text()
    qtbot.keyClick(lanes, Qt.Key.Key_Escape)
    assert lanes.selected is None


def test_the_ladder_of_a_shipped_recording_is_scrubbed_and_played(desk: WholeDesk, qtbot: QtBot) -> None:
    open_and_hold(desk, qtbot, LADDER)
    ladder = desk.stage.ladder.ladder
    scrub_and_play(desk, qtbot, lambda: ladder.thought_count)
    assert desk.stage.shows_ladder
    assert ladder.thought_count >= 2
    assert "17" in desk.meters.answer.answer.text()
    place, at = token_seen(ladder, lambda place: len(place.token.alternatives) > 1)
    qtbot.mouseMove(ladder.viewport(), at)
    qtbot.waitUntil(lambda: ladder.popup.token is place.token)
    click(qtbot, ladder.viewport(), at)
    rows = desk.meters.inspector.bars.rows
    assert rows
    assert not any(row.isEnabled() for row in rows)  # the model of a recording is not at work


def test_the_tree_of_a_recorded_search_is_scrubbed_and_played(desk: WholeDesk, qtbot: QtBot, tmp_path: Path) -> None:
    events = simulated_events(make_setup("mcts", simulations=8))
    write_trace(tmp_path / "tree.tsrun", events)
    open_and_hold(desk, qtbot, tmp_path / "tree.tsrun")
    view = desk.stage.tree.view
    scrub_and_play(desk, qtbot, lambda: len(desk.state.candidates))
    assert desk.stage.shows_tree
    assert desk.controller.label == "SIMULATED"
    unmerged = [c for c in fold(events).candidates.values() if c.merged_into is None]
    qtbot.waitUntil(lambda: len(view.scene.shown) == 1 + len(unmerged))
    qtbot.keyClick(view, Qt.Key.Key_Home)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    node = view.selected_candidate
    assert node is not None
    assert " ".join(desk.state.candidates[node].text.split()) in desk.meters.inspector.text.text()
    assert desk.meters.selection.isVisible()
    qtbot.keyClick(view, Qt.Key.Key_Delete)  # what is recorded stays as it was
    assert not desk.state.candidates[node].pruned


def test_the_chain_of_a_recorded_refinement_is_scrubbed_and_played(
    desk: WholeDesk, qtbot: QtBot, tmp_path: Path
) -> None:
    events = simulated_events(make_setup("self-refine", critique="both", rounds=2, stop_when_not_better=False))
    write_trace(tmp_path / "refine.tsrun", events)
    open_and_hold(desk, qtbot, tmp_path / "refine.tsrun")
    chain = desk.stage.chain
    scrub_and_play(desk, qtbot, lambda: len(chain.links))
    assert desk.stage.shows_chain
    kinds = [link.kind for link in chain.links]
    assert kinds[:3] == ["draft", "critique", "revision"]
    assert all(link.judged for link in chain.links if link.is_draft)
    qtbot.keyClick(chain, Qt.Key.Key_End)
    assert chain.selected == len(chain.links) - 1
