"""Every control of the window has a name, a sentence that teaches, and a way to it by keyboard."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDockWidget,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QScrollArea,
    QScrollBar,
    QTabBar,
    QTabWidget,
    QToolButton,
    QWidget,
    QWidgetAction,
)

from engine.contest.contestant import Contestant
from engine.setup import StrategyChoice
from engine.trace.fold import RunState, fold
from engine.trace.store import write_trace
from tests import sample_run
from tests.app.test_main_window import Desk, desk
from tests.simulated_runs import make_setup, simulated_events
from widgets.load_report import LoadReport
from widgets.panels.prompt_dialog import PromptDialog
from widgets.scrubber import Scrubber
from widgets.tree.node_menu import ThoughtDialog
from widgets.tree.view import SearchTreeView

__all__ = ["desk"]

CONTROLS = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)
NO_CONTROLS = (QLabel, QScrollBar, QHeaderView, QTabBar, QTabWidget)
OWNERS = (QComboBox, QLineEdit, QAbstractSpinBox, QAbstractItemView, QDockWidget, QDialogButtonBox, QTabBar)
FEWEST_WORDS = 3


def controls(root: QWidget) -> Iterator[QWidget]:
    """Whatever can be pressed, pulled or typed into, or takes the keys; not what Qt itself puts into such things."""
    for widget in root.findChildren(QWidget):
        is_one = isinstance(widget, CONTROLS) or widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        if is_one and not isinstance(widget, NO_CONTROLS) and not is_inside_qt(widget) and not is_picture(widget):
            yield widget


def is_inside_qt(widget: QWidget) -> bool:
    """The buttons in Qt's own fields, tables, bars and docks, and the lists that boxes open."""
    parent = widget.parentWidget()
    hidden_away = widget.objectName().startswith("qt_") or isinstance(parent.parentWidget(), QComboBox)
    return hidden_away or (type(widget) in (QToolButton, QPushButton) and isinstance(parent, OWNERS))


def is_picture(widget: QWidget) -> bool:
    """A sign that looks like a button and is none."""
    return widget.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)


def name(widget: QWidget) -> str:
    return widget.accessibleName() or (widget.text().strip() if isinstance(widget, QAbstractButton) else "")


def teaches(words: str) -> bool:
    return len(words.split()) >= FEWEST_WORDS and words.rstrip().endswith((".", ".)"))


def lacks(widget: QWidget) -> list[str]:
    """What a control lacks. Large views say what their keys do when they are asked (Shift+F1), not under the mouse."""
    is_view = isinstance(widget, QAbstractScrollArea | SearchTreeView | Scrubber)
    help_text = widget.toolTip() or (widget.whatsThis() if is_view else "")
    faults = [] if name(widget) else ["a name"]
    if not teaches(help_text) and not isinstance(widget, QScrollArea):  # a panel only scrolls
        faults.append(f"a sentence ({help_text!r})")
    if widget.isEnabled() and not widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
        faults.append("a way to it by keyboard")
    return faults


def faults_in(root: QWidget) -> list[str]:
    """What all controls lack, in words."""
    found = [(widget, fault) for widget in controls(root) for fault in lacks(widget)]
    return [f"{type(w).__name__} “{name(w)}” in {type(w.parentWidget()).__name__}: {fault}" for w, fault in found]


def actions(root: QWidget) -> Iterator[QAction]:
    """The entries of all menus; neither lines between them, nor entries that open another menu or hold a panel."""
    for action in root.findChildren(QAction):
        in_menu = any(isinstance(holder, QMenu) for holder in action.associatedObjects())
        if in_menu and not action.isSeparator() and action.menu() is None and not isinstance(action, QWidgetAction):
            yield action


def action_faults_in(root: QWidget) -> list[str]:
    """Which entries do not teach, or stand in a menu that does not show what they say."""
    found = []
    for action in actions(root):
        if not teaches(action.toolTip()):
            found.append(f"“{action.text()}”: no sentence ({action.toolTip()!r})")
        if any(isinstance(m, QMenu) and not m.toolTipsVisible() for m in action.associatedObjects()):
            found.append(f"“{action.text()}”: its menu shows no tooltips")
    return found


def show(desk: Desk, state: RunState) -> None:
    desk.window.stage.set_state(state, "simulated", can_act=True)
    desk.window.meters.set_can_act(True)
    desk.window.meters.set_state(state)


def test_every_control_of_every_page_and_strategy_has_a_name_and_teaches(desk: Desk) -> None:
    panel = desk.window.setup_panel
    for fields in (*panel.strategy.fields.values(), *(row.fields for row in panel.verifiers.rows.values())):
        assert len(fields.fields) >= 0  # they are made when they are asked for
    assert len(list(controls(desk.window))) > 300  # those of strategies that are not chosen, and of pages, too
    assert faults_in(desk.window) == []


@pytest.mark.parametrize("strategy", ["best-of-n", "mcts"])
def test_every_entry_of_every_menu_teaches(desk: Desk, strategy: str) -> None:
    show(desk, fold(simulated_events(make_setup(strategy))))
    stage = desk.window.stage
    stage.filter_button.menu().aboutToShow.emit()
    if stage.shows_tree:
        desk.window.stage.tree._make_menu(0)
    assert len(list(actions(desk.window))) > 40
    assert action_faults_in(desk.window) == []


def test_control_f_goes_to_the_search_of_the_tree_or_of_the_history(desk: Desk, qtbot) -> None:
    window = desk.window
    window.activateWindow()
    show(desk, fold(simulated_events(make_setup("mcts"))))
    for page, field in ((0, window.stage.tree.search), (2, window.history.search)):
        window.tabs.setCurrentIndex(page)
        window.toolbar.run_button.setFocus()
        qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda field=field: window.focusWidget() is field)


@pytest.mark.parametrize("strategy", ["best-of-n", "mcts", "self-refine", "chain-of-thought"])
def test_what_comes_with_a_run_has_a_name_and_teaches(desk: Desk, strategy: str) -> None:
    state = fold(simulated_events(make_setup(strategy)))
    show(desk, state)
    candidate = next(iter(state.candidates.values()))
    token = next(i for i, token in enumerate(candidate.tokens) if token.alternatives)
    desk.window.meters.select(candidate.id, token)
    desk.window.stage.what_if.set_open(True)
    assert faults_in(desk.window) == []
    desk.window.meters.select(candidate.id)
    assert faults_in(desk.window) == []


def test_contestants_and_recorded_runs_have_names_and_teach(desk: Desk, qtbot) -> None:
    write_trace(desk.library.folder / "one.tsrun", sample_run.events(2))
    window = desk.window
    for strategy in ("self-consistency", "best-of-n"):
        setup = replace(window.setup_panel.setup(), strategy=StrategyChoice(strategy))
        window.compare.race.add(Contestant.of(setup))
    window.tabs.setCurrentWidget(window.history)
    qtbot.waitUntil(lambda: any("one" in row.info.path for row in window.history.model._rows))
    window.history.undo_bar.say(1)
    assert len(window.compare.view.columns) == 2
    assert faults_in(window) == []


def test_dialogues_have_names_and_teach(desk: Desk, qtbot) -> None:
    state = fold(sample_run.events(2))
    report = replace(sample_run.REPORT, safe_mode=True, safe_mode_reason="It crashed.")
    prompt = next(iter(state.prompts.values()))
    for dialog in (
        LoadReport(report, None, desk.window),
        PromptDialog(prompt, desk.window),
        ThoughtDialog("So it is 82.", desk.window),
    ):
        qtbot.addWidget(dialog)
        assert faults_in(dialog) == [], type(dialog).__name__
        assert dialog.windowTitle() or not isinstance(dialog, QDialog)


def test_the_keys_go_through_the_set_up_as_it_is_read(desk: Desk) -> None:
    panel = desk.window.setup_panel
    content = panel.widget()
    places, at = [], panel
    while True:
        at = at.nextInFocusChain()
        if at is panel:
            break
        if content.isAncestorOf(at) and at.isVisible() and at.focusPolicy() & Qt.FocusPolicy.TabFocus:
            places.append((section_of(content, at), at.mapTo(content, QPoint()).y(), name(at)))
    assert len(places) > 20
    assert [section for section, _, _ in places] == sorted(section for section, _, _ in places)
    jumps = [(a, b) for a, b in itertools.pairwise(places) if b[1] < a[1] - 12]
    assert jumps == []


def test_tab_goes_from_the_top_to_the_bottom_and_from_left_to_right(desk: Desk) -> None:
    window = desk.window
    show(desk, fold(sample_run.events(8)))
    parts = [window.toolbar, window.setup_dock, window.tabs.tabBar(), window.exporter.button]
    parts += [window.stage, window.meters_dock, window.timeline]
    seen, at = [], window.nextInFocusChain()
    while at is not window:
        part = next((part for part in parts if part is at or part.isAncestorOf(at)), None)
        if part is not None and at.isVisible() and at.focusPolicy() & Qt.FocusPolicy.TabFocus and part not in seen[-1:]:
            seen.append(part)
        at = at.nextInFocusChain()
    assert seen == parts


def section_of(content: QWidget, widget: QWidget) -> int:
    """The place of the section that a control lies in."""
    while widget.parentWidget() is not content:
        widget = widget.parentWidget()
    return content.layout().indexOf(widget)


def test_a_view_says_its_keys_when_it_is_asked(desk: Desk, qtbot) -> None:
    lanes = desk.window.stage.lanes
    lanes.setFocus()
    qtbot.keyClick(lanes, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    said = [w for w in QApplication.topLevelWidgets() if w.metaObject().className() == "QWhatsThat"]
    assert [widget.isVisible() for widget in said] == [True]
    qtbot.keyClick(said[0], Qt.Key.Key_Escape)
