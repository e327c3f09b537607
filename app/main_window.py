"""The window: arranges the parts and wires them to the controller. Decides nothing about runs itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QTabWidget, QToolBar, QVBoxLayout, QWidget

from app.appearance import Appearance
from app.appearance_menu import AppearanceMenu
from app.compare_tab import CompareTab
from app.docks import PanelDock
from app.exhibits import compare_exhibit, history_exhibit, stage_exhibit
from app.exporter import Exhibit, Exporter
from app.files import Files, droppable
from app.history_tab import RECORDINGS, HistoryTab
from app.milestones import Milestones
from app.preferences import Preferences
from app.presenting import Presenting
from app.run_controller import RunController
from app.shortcuts import ShortcutsDialog
from app.toolbar import Toolbar
from app.trace_opener import TraceOpener
from engine.errors import ThinkscopeError
from engine.setup import RunSetup
from engine.trace.fold import RunState
from engine.trace.player import TracePlayer
from engine.trace.store import RunLibrary
from engine.worker.messages import Grain
from widgets.load_report import LoadReport
from widgets.meters.meters_panel import PANEL_WIDTH as METERS_WIDTH
from widgets.meters.meters_panel import MetersPanel
from widgets.models.caption import caption, spotlight
from widgets.panels.prompt_dialog import PromptDialog
from widgets.panels.setup_panel import PANEL_WIDTH as SETUP_WIDTH
from widgets.panels.setup_panel import SetupPanel
from widgets.scaled import panel_width
from widgets.stage.caption_line import CaptionLine
from widgets.stage.stage_view import StageView
from widgets.theme import THEMES
from widgets.timeline import Timeline
from widgets.translation import later, tr
from widgets.trouble_banner import TroubleBanner

PAGES_HELP = (
    later("One run as it happens, or as it was recorded (Ctrl+1)."),
    later("Two to four set-ups race on the same question (Ctrl+2)."),
    later("Every run that was recorded, to be played again (Ctrl+3)."),
)
FIRST_SIZE = QSize(1440, 900)
FRAME = QSize(8, 40)  # about what a window system puts around a window; Qt knows it only afterwards


class MainWindow(QMainWindow):
    """The main window.

    Args:
        controller: What runs and plays.
        setup_panel: The set-up, made from the registries.
        library: Where runs are recorded.
        preferences: What is remembered.
        milestones: Who wants to know when something is first seen.
    """

    def __init__(
        self,
        controller: RunController,
        setup_panel: SetupPanel,
        library: RunLibrary,
        preferences: Preferences,
        milestones: Milestones | None = None,
    ) -> None:
        super().__init__()
        self.controller, self.setup_panel, self.preferences = controller, setup_panel, preferences
        self._milestones = milestones or Milestones()
        self._shown: tuple[RunState, str, bool] | None = None
        self.appearance = Appearance(preferences, self)
        self._scale = THEMES.scale
        self.toolbar, self.timeline = Toolbar(self), Timeline()
        self.stage, self.meters = StageView(), MetersPanel()
        self.caption = CaptionLine()
        self.banner, self.tabs = TroubleBanner(), QTabWidget()
        self.opener = TraceOpener(self)
        self.files = Files(setup_panel, self.opener, library.folder, self)
        self.history_tab = HistoryTab(library, self.opener, self)
        self.history = self.history_tab.view
        self.compare = CompareTab(controller, setup_panel.setup, self._checked_setup, self)
        self.exporter = Exporter(self._exhibit, self.banner.say, self)
        self._meters_before_comparing = self._greets = False
        self._arrange()
        self._build_menu()
        self._connect()
        self._restore()
        self._on_controller_shown_changed()
        self.setFocus()  # else the first button would have the keys, and Space would press Run

    # What is opened and saved

    def open_path(self, path: Path) -> None:
        """Opens a recording, a set-up or a model, by the ending of its name."""
        self.files.open(path)

    def play_shipped(self) -> None:
        """Plays the first recording that comes with the program, if there is one."""
        first = next(iter(sorted(RECORDINGS.glob("*.tsrun"))), None)
        if first is not None:
            self._greets = True
            self.opener.open(first)

    def run(self, first_step: Grain | None = None) -> None:
        """Starts a run with the set-up as it stands, or points at what is wrong with it."""
        self.setup_panel.commit()
        if self.controller.activity != "idle" or not self.setup_panel.check():
            return
        self.tabs.setCurrentWidget(self.stage_page)
        self.controller.run(self.setup_panel.setup(), first_step)

    def load_plots(self) -> None:
        """What is slow to import and not needed for the first picture."""
        self.meters.load_plots()

    # Qt

    def event(self, event: QEvent) -> bool:
        """Times the painting, which belongs to the work of a frame."""
        if event.type() != QEvent.Type.UpdateRequest:
            return super().event(event)
        if not self.controller.pump.running:
            return super().event(event)
        with self.controller.pump.log.working():
            return super().event(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Lets the bars take their margins from the style sheet, which was not in force when they were made."""
        super().showEvent(event)
        for bar in (self.toolbar, self._timeline_bar):
            QApplication.sendEvent(bar, QEvent(QEvent.Type.StyleChange))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that no field wanted: Space, Escape and the arrows."""
        match event.key():
            case Qt.Key.Key_Space if self.compare.view.isVisible() and self.compare.race.can_play:
                self.compare.race.toggle()
            case Qt.Key.Key_Space:
                self.controller.toggle()
            case Qt.Key.Key_Escape:
                self._on_escape_pressed()
            case Qt.Key.Key_Left:
                self.controller.step(self.timeline.grain, -1)
            case Qt.Key.Key_Right:
                self.controller.step(self.timeline.grain, 1)
            case Qt.Key.Key_PageDown | Qt.Key.Key_N:  # what clickers send, and what slide shows take
                self.controller.step_to_mark(1)
            case Qt.Key.Key_PageUp | Qt.Key.Key_B:
                self.controller.step_to_mark(-1)
            case _:
                super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Takes files of the kinds that can be opened."""
        if droppable(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Opens what was dropped."""
        for path in droppable(event.mimeData()):
            self.open_path(path)
        event.acceptProposedAction()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remembers everything, stops a run in order and ends the worker."""
        if self.presenting.on:
            self.presenting.toggle()
        self._make_room_for_comparing(False)
        self.preferences.geometry = self.saveGeometry()
        self.preferences.layout = self.saveState()
        self.preferences.setup = self.setup_panel.setup()
        self.preferences.flush()
        self.hide()
        self.compare.close()
        self.controller.close()
        self.opener.close()
        super().closeEvent(event)

    # Arrangement

    def _arrange(self) -> None:
        self.setWindowTitle("Thinkscope")
        self.setAcceptDrops(True)
        self.setDockOptions(QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.addToolBar(self.toolbar)
        self.stage_page = QWidget()
        column = QVBoxLayout(self.stage_page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.stage, 1)
        column.addWidget(self.caption)
        self.caption.hide()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.stage_page, tr("Stage"))
        self.tabs.addTab(self.compare.view, tr("Compare"))
        self.tabs.addTab(self.history, tr("History"))
        self.tabs.setCornerWidget(self.exporter.button)
        self.tabs.tabBar().setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.tabs.setAccessibleName(tr("Pages"))
        self.tabs.tabBar().setAccessibleName(tr("Pages"))
        for place, help_text in enumerate(PAGES_HELP):
            self.tabs.setTabToolTip(place, tr(help_text))
        self.tabs.setProperty("surface", "stage")
        centre = QWidget()
        centre.setProperty("surface", "stage")
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        column.addWidget(self.tabs, 1)
        self.setup_dock = PanelDock(tr("Set-up"), "setup", self.setup_panel)
        self.meters_dock = PanelDock(tr("Meters"), "meters", self.meters)
        self.presenting = Presenting(self, self.appearance, (self.setup_dock, self.meters_dock))
        # From left to right, which is the way that Tab goes.
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.setup_dock)
        self.setCentralWidget(centre)
        QWidget.setTabOrder(self.tabs.tabBar(), self.exporter.button)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.meters_dock)
        self._fit_docks()
        bar = QToolBar(tr("Timeline"), self)
        bar.setObjectName("timeline")
        bar.setMovable(False)
        bar.setProperty("role", "timeline")
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        bar.addWidget(self.timeline)
        self._timeline_bar = bar
        self.addToolBar(Qt.ToolBarArea.BottomToolBarArea, bar)

    def _build_menu(self) -> None:
        add = self.toolbar.add_menu_action
        opens = tr("Plays a recorded run, takes a set-up over, or loads a model: whatever the file is.")
        saves = tr("Writes the set-up on the left into a small file that gives the same run elsewhere.")
        add(tr("Open…"), opens, "Ctrl+O").triggered.connect(self.files.ask_and_open)
        add(tr("Save set-up…"), saves, "Ctrl+S").triggered.connect(self.files.ask_and_save)
        self.toolbar.menu.addSeparator()
        for dock, help_text in (
            (self.setup_dock, tr("Shows or closes the panel where a run is set up.")),
            (self.meters_dock, tr("Shows or closes the panel with the answer, the cost and what is selected.")),
        ):
            dock.toggleViewAction().setToolTip(help_text)
            self.toolbar.menu.addAction(dock.toggleViewAction())
        self._motion = add(tr("Reduce motion"), tr("Shows changes at once instead of moving things to their places."))
        self._motion.setCheckable(True)
        self._motion.setChecked(self.preferences.reduce_motion)
        self._motion.toggled.connect(self._on_motion_toggled)
        self._on_motion_toggled(self.preferences.reduce_motion)
        self.toolbar.menu.addSeparator()
        keys, leaves = (
            tr("Shows all keys of the window on one page."),
            tr("Closes the window; what was written is kept."),
        )
        add(tr("Keyboard shortcuts"), keys, "F1").triggered.connect(self._on_help_triggered)
        add(tr("Quit"), leaves, "Ctrl+Q").triggered.connect(self.close)
        # An action in a menu that was never opened has no shortcut unless the window has the action, too.
        self.toolbar.theme_button.setMenu(AppearanceMenu(self.appearance, self.toolbar.theme_button))
        menus = (self.toolbar.menu, self.toolbar.theme_button.menu(), self.exporter.button.menu())
        self.addActions([action for menu in menus for action in menu.actions()])
        for keys, slot in (
            ("Ctrl+Return", self.run), ("Ctrl+Enter", self.run), ("Ctrl+.", self.controller.stop),
            ("F11", self.presenting.toggle), ("F5", self.presenting.toggle),
            ("Ctrl+I", self._toggle_what_if), ("Ctrl+F", self._go_to_search),
            *((f"Ctrl+{i + 1}", lambda i=i: self.tabs.setCurrentIndex(i)) for i in range(self.tabs.count())),
        ):  # fmt: skip
            QShortcut(QKeySequence(keys), self).activated.connect(slot)

    def _connect(self) -> None:
        controller, toolbar, timeline = self.controller, self.toolbar, self.timeline
        toolbar.run_requested.connect(self.run)
        toolbar.pause_toggled.connect(self._on_pause_toggled)
        toolbar.step_requested.connect(self._on_toolbar_step)
        toolbar.step_button.clicked.connect(lambda: self._on_toolbar_step(timeline.grain))
        toolbar.stop_requested.connect(controller.stop)
        toolbar.present_toggled.connect(self.presenting.toggle)
        toolbar.badge_clicked.connect(self._on_badge_clicked)
        timeline.play_toggled.connect(controller.toggle)
        timeline.seek_requested.connect(controller.seek)
        timeline.step_requested.connect(controller.step)
        timeline.speed_changed.connect(controller.set_speed)
        timeline.live_requested.connect(controller.show_live)
        self.setup_panel.load_requested.connect(self._on_load_requested)
        self.meters_dock.visibilityChanged.connect(lambda visible: self.stage.set_result_shown(not visible))
        self.stage.candidate_selected.connect(
            lambda candidate: self.meters.select(None if candidate == -1 else candidate)
        )
        self.stage.token_selected.connect(self.meters.select)
        self.stage.token_stepped.connect(self.meters.inspector.step_token)
        self.stage.alternatives_wanted.connect(self.meters.inspector.bars.focus_first)
        self.stage.act_requested.connect(controller.act)
        self.stage.setup_wanted.connect(self._on_setup_wanted)
        self.meters.act_requested.connect(controller.act)
        self.meters.inspector.closed.connect(lambda: self.stage.select(None))
        self.meters.vote_clicked.connect(self.stage.toggle_answer)
        self.meters.candidate_chosen.connect(self._on_meters_candidate_chosen)
        self.meters.prompt_requested.connect(self._on_prompt_requested)
        self.history.replay_requested.connect(lambda path: self.open_path(Path(path)))
        self.tabs.currentChanged.connect(self._on_tab_changed)
        self.opener.opened.connect(self._on_opener_opened)
        self.opener.failed.connect(self.banner.say)
        self.history.compare_requested.connect(lambda paths: self.compare_recordings([Path(path) for path in paths]))
        for part in (self.files, self.history_tab, self.compare):
            part.trouble_raised.connect(self.banner.say)
        self.files.model_wanted.connect(lambda: controller.load(self.setup_panel.setup().load))
        self.presenting.changed.connect(self._on_presenting_changed)
        controller.shown_changed.connect(self._on_controller_shown_changed)
        controller.frame_ready.connect(self._on_controller_frame_ready)
        controller.meters_ready.connect(self.meters.refresh)
        controller.activity_changed.connect(self._on_controller_activity_changed)
        controller.model_changed.connect(self._on_controller_model_changed)
        controller.trouble_raised.connect(self._on_controller_trouble_raised)
        controller.trouble_passed.connect(self.banner.hide)
        controller.run_ended.connect(lambda _: self.history_tab.list_runs())
        self.setup_panel.changed.connect(self.compare.show_setup)
        THEMES.theme_changed.connect(self._on_theme_changed)

    def _on_theme_changed(self) -> None:
        if THEMES.scale != self._scale:
            self._scale = THEMES.scale
            QTimer.singleShot(0, self, self._fit_docks)  # when all that is in them has taken its new size

    def _fit_docks(self) -> None:
        docks, widths = [self.setup_dock, self.meters_dock], [panel_width(SETUP_WIDTH), panel_width(METERS_WIDTH)]
        self.resizeDocks(docks, widths, Qt.Orientation.Horizontal)

    def _restore(self) -> None:
        self.resize(FIRST_SIZE.boundedTo(self.screen().availableSize() - FRAME))
        if self.preferences.geometry is not None:
            self.restoreGeometry(self.preferences.geometry)
        if self.preferences.layout is not None:
            self.restoreState(self.preferences.layout)
        if self.preferences.setup is not None:
            self.setup_panel.set_setup(self.preferences.setup)
        for notice in self.history_tab.notices:
            self.banner.say(ThinkscopeError(notice))

    # From the controller

    def _on_controller_shown_changed(self) -> None:
        player = self.controller.player
        recorded = self.controller.label in ("RECORDED", "SIMULATED")
        spans = [(span.phase, span.start, span.end or player.duration) for span in player.phases] if recorded else []
        self.timeline.set_spans(spans)
        self._shown = None
        self._on_controller_frame_ready()

    def _on_controller_frame_ready(self) -> None:
        player = self.controller.player
        shown = (player.state, self.controller.label, self.controller.can_act)
        if self._shown is None or shown[0] is not self._shown[0] or shown[1:] != self._shown[1:]:
            self._shown = shown
            self.stage.set_state(player.state, self.controller.label.lower() or None, self.controller.can_act)
            self.meters.set_can_act(self.stage.can_act)
            self.meters.set_state(player.state, at_once=False)  # the stage has had its share of this frame
        elif self.tabs.currentWidget() is self.stage_page:
            self.stage.refresh()
        self._show_moment()
        self._show_caption()
        self._reach_milestones(player)

    def _on_controller_activity_changed(self) -> None:
        self.toolbar.show_activity(self.controller.activity)
        self.stage.set_waiting(self.controller.activity == "starting")
        self._on_controller_frame_ready()

    def _show_moment(self) -> None:
        controller, player = self.controller, self.controller.player
        going = controller.activity != "idle"
        moving = controller.playing or (controller.at_live_edge and controller.activity == "running")
        behind = going and not controller.at_live_edge
        self.timeline.set_marks(player.marks, player.search_spans)
        self.timeline.set_moment(
            player.state, controller.label, player.position, player.duration, playing=moving, behind=behind
        )

    def _show_caption(self) -> None:
        if not self.caption.isHidden():
            player = self.controller.player
            self.caption.show_words(caption(player.state), *spotlight(player.state, player.search_spans))

    def _reach_milestones(self, player: TracePlayer) -> None:
        if player.state.events:
            self._milestones.reach("something_moving")
        if self.controller.shows_live and player.state.ledger.completion_tokens:
            self._milestones.reach("first_real_token")

    def _on_controller_model_changed(self) -> None:
        model, badge = self.controller.model, self.toolbar.badge
        if model.status == "ready" and model.report is not None:
            badge.show_report(model.report)
            self.setup_panel.model.show_report(model.report)
            if self._milestones.wanted and self.controller.live is None:
                self.run()
        elif model.status == "loading":
            name = Path(model.options.path).stem if model.options is not None else tr("Model")
            share = f" · {model.fraction:.0%}" if model.fraction else ""
            stage = tr(model.stage).lower() or tr("starting")
            badge.show_words("warn", name, tr("loading: {0}", stage + share))
        elif model.status == "failed":
            badge.show_words("bad", tr("No model"), model.trouble.what if model.trouble is not None else "")

    def _on_controller_trouble_raised(self, trouble: ThinkscopeError) -> None:
        # A run that is refused for want of a model says less than why there is none, and would hide it.
        model = self.controller.model
        self.banner.say((model.trouble or trouble) if model.status == "failed" else trouble)

    def _exhibit(self) -> Exhibit:
        match self.tabs.currentWidget():
            case self.history:
                return history_exhibit(self.history)
            case self.compare.view:
                return compare_exhibit(self.compare.view)
            case _:
                player = self.controller.player
                return stage_exhibit(self.stage, self.meters, player.marks if self._shows(player.state) else ())

    def _shows(self, state: RunState) -> bool:
        return self.stage.state is state

    # From the person

    def _toggle_what_if(self) -> None:
        if self.stage.what_if.isVisible():
            self.stage.what_if.set_open(not self.stage.what_if.is_open)

    def _go_to_search(self) -> None:
        """To the field that searches the page that is shown, if it has one."""
        if self.tabs.currentWidget() is self.history:
            self.history.go_to_search()
        elif self.tabs.currentWidget() is not self.compare.view and self.stage.shows_tree:
            self.stage.tree.go_to_search()

    def _on_presenting_changed(self, presenting: bool) -> None:
        self.tabs.tabBar().setVisible(not presenting)  # Ctrl+1, Ctrl+2 … still go to and fro
        self.exporter.button.setVisible(not presenting)  # it would lie on the stage; its keys still work
        self.caption.setVisible(presenting)
        self._show_caption()
        self.toolbar.present_button.setChecked(presenting)
        self.toolbar.set_presenting(presenting)
        self.timeline.grain_button.setHidden(presenting)  # a projector may be 1,024 pixels wide

    def _on_load_requested(self) -> None:
        self.setup_panel.commit()
        if not self.setup_panel.model.errors():
            self.controller.load(self.setup_panel.setup().load)

    def _on_escape_pressed(self) -> None:
        if self.compare.race.going:
            self.compare.race.stop()
        elif self.controller.activity in ("starting", "running", "paused"):
            self.controller.stop()
        elif self.presenting.on:
            self.presenting.toggle()
        else:
            self.controller.pause()

    def _on_pause_toggled(self) -> None:
        if not self.controller.at_live_edge:
            self.controller.show_live()
        self.controller.toggle()

    def _on_toolbar_step(self, grain: Grain) -> None:
        self.timeline.set_grain(grain)
        if self.controller.activity == "idle":
            self.run(grain)
        else:
            self.controller.show_live()
            self.controller.step(grain)

    def _on_motion_toggled(self, reduced: bool) -> None:
        self.preferences.reduce_motion = reduced
        self.stage.set_reduce_motion(reduced)
        self.meters.votes.bars.set_reduce_motion(reduced)
        self.compare.view.set_reduce_motion(reduced)

    def _on_badge_clicked(self) -> None:
        model = self.controller.model
        report = LoadReport(model.report, model.trouble, self)
        report.normal_kernels_requested.connect(self.controller.try_normal_kernels)
        report.show_below(self.toolbar.badge)

    def _on_setup_wanted(self, setup: RunSetup) -> None:
        """A what-if is made real: with the model as it is set now, as a recording's may not be here."""
        if self.controller.activity != "idle":
            what, next_step = tr("A run is going on."), tr("Stop it first, or wait for its end.")
            self.banner.say(ThinkscopeError(what, "", next_step))
            return
        self.setup_panel.set_setup(msgspec.structs.replace(setup, load=self.setup_panel.setup().load))
        self.run()

    def _on_meters_candidate_chosen(self, candidate: int) -> None:
        self.stage.select(candidate)
        self.meters.select(candidate)

    def _on_prompt_requested(self, prompt: int) -> None:
        rendered = self.controller.player.state.prompts.get(prompt)
        if rendered is not None:
            PromptDialog(rendered, self).open()

    def _on_help_triggered(self) -> None:
        ShortcutsDialog(self).open()

    def compare_recordings(self, paths: Sequence[Path]) -> None:
        """Shows two to four recorded runs side by side, on one clock."""
        self.tabs.setCurrentWidget(self.compare.view)
        self.compare.compare_recordings(paths)

    def _checked_setup(self) -> RunSetup | None:
        """The set-up as it stands; None when it is wrong, which the panel then says."""
        self.setup_panel.commit()
        return self.setup_panel.setup() if self.setup_panel.check() else None

    def _make_room_for_comparing(self, comparing: bool) -> None:
        """Meters and timeline are about one run, and make room for several; afterwards they are as they were."""
        self._timeline_bar.setVisible(not comparing)
        if comparing:
            self._meters_before_comparing = self.meters_dock.isVisible()
            self.meters_dock.hide()
        elif self._meters_before_comparing:
            self._meters_before_comparing = False
            self.meters_dock.setVisible(not self.presenting.on)

    def _on_tab_changed(self) -> None:
        self._make_room_for_comparing(self.tabs.currentWidget() is self.compare.view)
        if self.tabs.currentWidget() is self.history:
            self.history_tab.list_runs()
        elif self.tabs.currentWidget() is self.stage_page:
            state = self.controller.player.state
            state.changed.update(state.candidates)  # a race looks at the same state, and has taken what was new
            self._on_controller_frame_ready()

    def _on_opener_opened(self, player: TracePlayer, play: bool) -> None:
        greets, self._greets = self._greets, False
        if greets and self.controller.live is not None:
            return  # it was read slowly, and must not push a run aside that a person has started meanwhile
        simulated = player.state.start is not None and player.state.start.backend == "simulated"
        self.tabs.setCurrentWidget(self.stage_page)
        self.controller.show(player, "SIMULATED" if simulated else "RECORDED", play)
