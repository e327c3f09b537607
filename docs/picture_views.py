"""Every view that has its picture taken: how the window comes to show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt

from docs.picture_runs import BEST_OF_16, BEST_OF_64, LARGE_TREE, ONE_CHAIN, VOTE_OF_16, Studio
from docs.picture_stage import Sitting
from engine.trace.player import TracePlayer
from engine.worker.messages import AnyReply, LoadFailed, Loading

Pose = Callable[[Sitting, Studio], None]
FAILED = LoadFailed(
    "The model file cannot be read.", "“smollm2.gguf” ends in the middle: the download was cut.", "Fetch it again."
)


@dataclass(frozen=True)
class View:
    """A name, how the window comes to show it, and what is said when the model is asked for."""

    name: str
    pose: Pose
    model: AnyReply | None = None


def _empty(sitting: Sitting, _: Studio) -> None:
    """Nothing has been run yet."""
    sitting.controller.show(TracePlayer(), "", False)


def _first_start(sitting: Sitting, _: Studio) -> None:
    sitting.window.play_shipped()
    sitting.wait_until(lambda: len(sitting.controller.player) > 0)
    sitting.controller.pause()
    sitting.controller.seek(0.5 * sitting.controller.player.duration)


def _lanes(sitting: Sitting, _: Studio) -> None:
    sitting.show_run(BEST_OF_16)


def _lanes_early(sitting: Sitting, _: Studio) -> None:
    sitting.show_run(VOTE_OF_16, 0.35)


def _lanes_opened(sitting: Sitting, _: Studio) -> None:
    sitting.show_run(VOTE_OF_16)
    sitting.window.stage.select(4)


def _lanes_many(sitting: Sitting, _: Studio) -> None:
    sitting.show_run(BEST_OF_64, 0.8)


def _lanes_many_opened(sitting: Sitting, _: Studio) -> None:
    sitting.show_run(BEST_OF_64)
    sitting.window.stage.select(9)


def _ladder(sitting: Sitting, _: Studio) -> None:
    sitting.show_run(ONE_CHAIN)


def _ladder_branch(sitting: Sitting, studio: Studio) -> None:
    sitting.show_run(studio.branched_thinking())


def _ladder_open(sitting: Sitting, studio: Studio) -> None:
    """The hidden reasoning opened, with the token that the branch left from."""
    _ladder_branch(sitting, studio)
    for column in sitting.window.stage.ladder.columns:
        column.ladder.set_folded(False)


def _token(sitting: Sitting, _: Studio) -> None:
    """A token is inspected: its alternatives stand in the meters."""
    sitting.show_run(ONE_CHAIN)
    candidate = sitting.controller.player.state.candidates[0]
    unsure = min(range(len(candidate.tokens)), key=lambda index: candidate.tokens[index].logprob)
    sitting.window.meters.select(0, unsure)


def _refine(sitting: Sitting, studio: Studio) -> None:
    sitting.show_run(studio.refinement())


def _tree_early(sitting: Sitting, studio: Studio) -> None:
    sitting.show_run(studio.tree_search(), 0.4)


def _tree(sitting: Sitting, studio: Studio) -> None:
    """Ended, and a thought on the way to the answer is selected."""
    sitting.show_run(studio.tree_search())
    state = sitting.controller.player.state
    answer = state.answer.candidate if state.answer is not None else None
    node = state.candidates[answer].parent if answer is not None else None
    sitting.window.stage.select(node)
    sitting.window.meters.select(node)


def _outline(sitting: Sitting, studio: Studio) -> None:
    _tree(sitting, studio)
    sitting.window.stage.tree.outline_button.setChecked(True)


def _tree_large(sitting: Sitting, studio: Studio) -> None:
    sitting.show_run(studio.large_tree())
    view = sitting.window.stage.tree.view
    sitting.settle()
    middle = view.place_in_view(LARGE_TREE // 2)
    assert middle is not None
    view.zoom(12.0, middle)


def _tree_whole(sitting: Sitting, studio: Studio) -> None:
    sitting.show_run(studio.large_tree())


def _beam(sitting: Sitting, studio: Studio) -> None:
    sitting.show_run(studio.beam())


def _particles(sitting: Sitting, studio: Studio) -> None:
    sitting.show_run(studio.particles())


def _adaptive(sitting: Sitting, studio: Studio) -> None:
    sitting.show_run(studio.adaptive_tree(), 0.8)
    sitting.window.meters.select(None)


def _what_if(sitting: Sitting, _: Studio) -> None:
    """What a vote among eight would have said."""
    sitting.show_run(BEST_OF_16)
    bar = sitting.window.stage.what_if
    bar.set_open(True)
    assert bar.candidates is not None
    bar.candidates.set_value(8)
    bar.choose.setCurrentIndex(bar.choose.findData("majority"))
    bar.answer_now()


def _compare_empty(sitting: Sitting, _: Studio) -> None:
    sitting.window.tabs.setCurrentWidget(sitting.window.compare.view)


def _compare(sitting: Sitting, studio: Studio) -> None:
    paths = studio.race()
    sitting.show_run(paths[-1])
    sitting.window.compare_recordings(paths)
    race = sitting.window.compare.race
    sitting.wait_until(lambda: race.can_play)


def _compare_half(sitting: Sitting, studio: Studio) -> None:
    _compare(sitting, studio)
    race = sitting.window.compare.race
    race.seek(0.5 * race.duration)


def _history(sitting: Sitting, _: Studio) -> None:
    sitting.show_run(BEST_OF_16)
    window = sitting.window
    window.tabs.setCurrentWidget(window.history)


def _present(sitting: Sitting, _: Studio) -> None:
    sitting.show_run(BEST_OF_16)
    _go_presenting(sitting)


def _present_tree(sitting: Sitting, studio: Studio) -> None:
    sitting.show_run(studio.tree_search(), 0.7)
    _go_presenting(sitting)


def _go_presenting(sitting: Sitting) -> None:
    sitting.window.presenting.toggle()
    sitting.window.setWindowState(Qt.WindowState.WindowNoState)


def _no_model(sitting: Sitting, studio: Studio) -> None:
    sitting.show_run(BEST_OF_16, 0.6)


def _failed_run(sitting: Sitting, studio: Studio) -> None:
    sitting.show_run(studio.failed_run())


def _large_type(sitting: Sitting, size: float) -> None:
    sitting.show_run(BEST_OF_16)
    sitting.window.appearance.set_text_size(size)


def _save_menu(sitting: Sitting, studio: Studio) -> None:
    _tree(sitting, studio)
    sitting.settle()
    sitting.window.exporter.button.menu().aboutToShow.emit()
    button = sitting.window.exporter.button
    button.menu().popup(button.mapToGlobal(QPoint(0, button.height())))


VIEWS = (
    View("empty", _empty),
    View("first-start", _first_start, Loading("Reading the weights", 0.4)),
    View("lanes", _lanes),
    View("lanes-early", _lanes_early),
    View("lanes-opened", _lanes_opened),
    View("lanes-many", _lanes_many),
    View("lanes-many-opened", _lanes_many_opened),
    View("ladder", _ladder),
    View("ladder-branch", _ladder_branch),
    View("ladder-open", _ladder_open),
    View("token", _token),
    View("refine", _refine),
    View("tree-early", _tree_early),
    View("tree", _tree),
    View("outline", _outline),
    View("tree-large", _tree_large),
    View("tree-whole", _tree_whole),
    View("beam", _beam),
    View("particles", _particles),
    View("ab-mcts", _adaptive),
    View("what-if", _what_if),
    View("compare-empty", _compare_empty),
    View("compare", _compare),
    View("compare-half", _compare_half),
    View("history", _history),
    View("present", _present),
    View("present-tree", _present_tree),
    View("no-model", _no_model, FAILED),
    View("failed-run", _failed_run),
    View("text-150", lambda sitting, _: _large_type(sitting, 1.5)),
    View("text-200", lambda sitting, _: _large_type(sitting, 2.0)),
    View("save-menu", _save_menu),
)
