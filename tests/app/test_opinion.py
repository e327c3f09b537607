"""A person's click as a verifier, in the window."""

from __future__ import annotations

from PySide6.QtCore import Qt

from engine.setup import StrategyChoice, VerifierChoice
from tests.app.test_compare_tab import Desk, click, desk

__all__ = ["desk"]


def run(desk: Desk, qtbot, *verifiers: str) -> None:
    choices = tuple(VerifierChoice(name) for name in verifiers)
    desk.change(strategy=StrategyChoice("best-of-n", {"n": 6}), verifiers=choices, seed=3)
    desk.window.tabs.setCurrentIndex(0)
    qtbot.keyClick(desk.window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(
        lambda: desk.controller.activity == "idle" and desk.controller.player.state.finish is not None, timeout=30_000
    )
    desk.window.stage.refresh()


def opinion_of(desk: Desk, candidate: int) -> float | None:
    score = desk.controller.player.state.candidates[candidate].scores.get("person")
    return score.value if score is not None else None


def test_a_click_on_good_makes_a_candidate_the_answer_and_one_on_bad_takes_that_back(desk, qtbot):
    run(desk, qtbot, "person")
    inspector, candidates = desk.window.meters.inspector, desk.controller.player.state.candidates
    other = next(i for i, candidate in candidates.items() if not candidate.picked and candidate.answer)
    desk.window.stage.select(other)
    assert inspector.opinion.isVisible()
    for button, value in ((inspector.opinion.good, 1.0), (inspector.opinion.bad, 0.0)):
        click(qtbot, button)
        qtbot.waitUntil(lambda value=value: opinion_of(desk, other) == value)
        qtbot.waitUntil(lambda value=value: desk.controller.player.state.candidates[other].picked is (value == 1.0))


def test_nobody_is_asked_for_an_opinion_that_no_verifier_takes(desk, qtbot):
    run(desk, qtbot, "arithmetic")
    desk.window.stage.select(0)
    assert desk.window.meters.inspector.isVisible()
    assert not desk.window.meters.inspector.opinion.isVisible()
