"""Replaying for a long time: what the window keeps does not grow."""

from __future__ import annotations

import pytest

from app.application import make_window
from app.bench.soak import Round, make_report, replay_rounds
from app.preferences import Preferences
from app.run_controller import RunController
from engine.trace.store import RunLibrary
from tests.app.fake_client import FakeClient


def test_after_the_first_rounds_no_object_and_no_widget_is_left_over_from_a_replay(qtbot, tmp_path):
    library = RunLibrary(tmp_path / "runs")
    controller = RunController(FakeClient, library.new_writer)
    window = make_window(controller, library, Preferences(tmp_path / "preferences.ini"))
    window.resize(1280, 800)
    window.show()
    window.load_plots()
    qtbot.waitExposed(window)
    rounds = []
    for one in replay_rounds(window, float("inf"), speed=400.0):
        rounds.append(one)
        if len(rounds) == 5:
            break
    window.close()
    window.deleteLater()
    assert rounds[-1].widgets == rounds[1].widgets
    assert rounds[-1].objects - rounds[1].objects < 300  # a replay makes many thousands


def test_growth_is_told_from_noise_and_from_caches_that_fill_at_the_beginning():
    flat = [Round(60.0 * i, 200.0 + 30 * (i == 0) + (0.1 if i % 2 else -0.1), 1000, 50) for i in range(31)]
    growing = [Round(60.0 * i, 200.0 + i, 1000 + i, 50) for i in range(31)]
    assert abs(make_report(30, 1.0, flat).growth_megabytes) < 0.5
    assert make_report(30, 1.0, growing).growth_megabytes == pytest.approx(30)
    assert make_report(30, 1.0, growing).growth_objects == 22
