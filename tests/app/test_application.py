"""The program from its launch, as a process of its own, with the real worker and the default model."""

from __future__ import annotations

from app.application import first_setup
from app.bench.startup import launch
from engine.check import check_setup
from engine.models.library import default_model_path


def test_the_launched_program_shows_a_window_and_real_tokens():
    times = launch()
    assert 0 < times["window_visible"] <= times["first_real_token"]
    assert times["something_moving"] <= times["first_real_token"]


def test_what_a_new_window_offers_can_be_run():
    check_setup(first_setup(str(default_model_path())))
