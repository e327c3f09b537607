"""The program on a screen, driven by mouse and keys as a person drives it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from engine.setup import VerifierChoice
from engine.setup_file import load_setup, save_setup
from tests.simulated_runs import make_setup
from tests.window.driver import Program, Screen, missing_tools

pytestmark = pytest.mark.skipif(bool(missing_tools()), reason=f"not installed: {', '.join(missing_tools())}")

CHECKED = (VerifierChoice("arithmetic", 0.8), VerifierChoice("majority", 0.2))


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    screen = Screen()
    yield screen
    screen.close()


@pytest.fixture
def program(screen: Screen, tmp_path: Path) -> Iterator[Program]:
    program = Program(screen, tmp_path)
    try:
        program.wait("window.isVisible()")
        program.take_keys()
        program.wait("window.isActiveWindow()")
        yield program
    finally:
        program.close()


def quit_by_key(program: Program) -> None:
    """Ends it as a person does; it ends well, and so does every process that it has started."""
    children = program.ask("children")
    program.keys("ctrl+q")
    assert program.wait_for_end() == 0
    assert not [pid for pid in children if psutil.pid_exists(pid)]


def open_setup(program: Program, path: Path) -> None:
    program.keys("ctrl+o")
    program.name_file(path)


def test_a_question_is_asked_held_stepped_and_a_token_taken_with_the_real_model(program: Program) -> None:
    program.wait("window.controller.playing")
    program.keys("space")
    program.wait("not window.controller.playing and activity == 'idle'")  # Space held the recording, and pressed no Run
    program.wait("window.controller.model.status == 'ready'")

    program.click("middle(window.setup_panel.problem.question)")
    program.type("What is 12 + 13?")
    program.keys("ctrl+Return")
    program.wait("activity == 'running'")
    program.click("middle(window.toolbar.pause_button)")
    program.wait("activity == 'paused'")
    assert program.ask("window.stage.state.start.setup.problem.question") == "What is 12 + 13?"

    before = program.ask("window.stage.state.events")
    program.click("middle(window.toolbar.step_button)")
    program.wait(f"window.stage.state.events > {before} and activity == 'paused'")
    program.click("middle(window.stage.lanes)")
    program.keys("space")
    program.wait("activity == 'idle' and window.stage.state.status == 'finished'", seconds=60)

    program.click("middle(window.setup_panel.strategy.buttons.button('chain-of-thought'))")
    program.click("middle(window.toolbar.run_button)")
    program.wait("window.stage.shows_ladder and window.stage.state.status == 'finished'", seconds=60)
    program.click("token('=')")
    program.click("middle(next(row for row in window.meters.inspector.bars.rows if row.isEnabled()))")
    program.wait("len(window.stage.ladder.columns) == 2 and activity == 'idle'", seconds=60)
    quit_by_key(program)


def test_a_tree_is_pruned_by_key_and_by_menu(program: Program, tmp_path: Path) -> None:
    save_setup(make_setup("mcts", CHECKED, max_tokens=200), tmp_path / "tree.thinkscope")
    open_setup(program, tmp_path / "tree.thinkscope")
    program.keys("ctrl+Return")
    program.wait("window.stage.shows_tree and window.stage.state.status == 'finished' and activity == 'idle'")
    first, second = program.ask("nodes")[-2:]
    program.click(f"node({first})")
    program.wait(f"window.stage.tree.view.selected_candidate == {first}")
    program.keys("Delete")
    program.wait(f"candidates[{first}].pruned and activity == 'idle'")
    program.click(f"node({second})", button=3)
    program.click("entry('Prune')")
    program.wait(f"candidates[{second}].pruned and activity == 'idle'")
    quit_by_key(program)


def test_what_if_presenting_and_saving_by_keys(program: Program, tmp_path: Path) -> None:
    save_setup(make_setup("best-of-n", CHECKED, max_tokens=200, n=12), tmp_path / "best.thinkscope")
    open_setup(program, tmp_path / "best.thinkscope")
    program.keys("ctrl+Return")
    program.wait("window.stage.state.status == 'finished' and len(candidates) == 12 and activity == 'idle'")

    program.keys("ctrl+i")
    program.click("middle(window.stage.what_if.candidates.field)")
    program.type("2")
    program.keys("Return")
    program.wait("'2 candidates' in window.stage.what_if.figures.text()")

    program.keys("F11")
    program.wait("window.caption.isVisible() and not window.setup_dock.isVisible()")
    program.keys("Escape")
    program.wait("window.setup_dock.isVisible() and not window.caption.isVisible()")

    program.keys("ctrl+s")
    program.name_file(tmp_path / "mine")
    assert load_setup(tmp_path / "mine.thinkscope", []).strategy.settings["n"] == 12
    program.keys("ctrl+shift+s")
    program.name_file(tmp_path / "picture.png")
    program.wait("'Saved' in window.exporter.button.text()")
    program.click("middle(window.exporter.button)")
    program.click("entry('Save the numbers')")
    program.name_file(tmp_path / "numbers.csv")
    program.wait(f"__import__('pathlib').Path('{tmp_path}/numbers.csv').exists()")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "numbers.csv").read_text().count("\n") == 13
    quit_by_key(program)
