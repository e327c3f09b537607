"""The bar at the top: run, pause, step, stop; the model; presenting, theme and what is seldom needed."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from app.run_controller import Activity
from engine.worker.messages import Grain
from widgets.icons import Ink, set_icon
from widgets.model_badge import ModelBadge
from widgets.scaled import is_large
from widgets.theme import THEMES, current_theme, px, set_kind
from widgets.timeline import GRAINS
from widgets.translation import later, tr

GAP = "\u2009"
STEP_WORDS: dict[Grain, str] = {
    "token": later("One token"),
    "thought": later("One thought"),
    "phase": later("One phase"),
}


class Toolbar(QToolBar):
    """Says what a person wants; what is allowed follows the activity."""

    run_requested = Signal()
    pause_toggled = Signal()
    step_requested = Signal(str)
    stop_requested = Signal()
    present_toggled = Signal()
    badge_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Toolbar"), parent)
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.setFloatable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._wordmark = QLabel()
        self._wordmark.setProperty("role", "wordmark")
        self.run_button = _button(
            "play-fill", tr("Run"), tr("Starts a run with this set-up (Ctrl+Return)."), "on_accent"
        )
        set_kind(self.run_button, "primary")
        self.pause_button = _button("pause-fill", tr("Pause"), tr("Holds the run, or lets it go on (Space)."))
        self.step_button = _button(
            "arrow-line-right",
            tr("Step"),
            tr("Lets the engine do one step, then holds it. The arrow says how far a step goes."),
        )
        self.stop_button = _button(
            "stop-fill", tr("Stop"), tr("Ends the run now and keeps what is there (Esc or Ctrl+.).")
        )
        self.badge = ModelBadge()
        self.present_button = _button("presentation", tr("Present"), tr("Large type and nothing but the stage (F11)."))
        self.present_button.setCheckable(True)
        self.theme_button = _button("circle-half", "", tr("Dark, light or high contrast, and the size of text."))
        self.theme_button.setAccessibleName(tr("Theme and size of text"))
        self.more_button = _button("dots-three", "", tr("Open, save, panels, shortcuts."))
        self.more_button.setAccessibleName(tr("More"))
        self.menu = QMenu(self.more_button)
        self.menu.setToolTipsVisible(True)
        self._build()
        self._on_theme_changed()
        THEMES.theme_changed.connect(self._on_theme_changed)
        self.show_activity("idle")

    def show_activity(self, activity: Activity) -> None:
        """Offers what can be done now."""
        going = activity in ("running", "paused")
        self.run_button.setEnabled(activity == "idle")
        self.pause_button.setEnabled(going)
        self.step_button.setEnabled(activity in ("idle", "running", "paused"))
        self.stop_button.setEnabled(activity in ("starting", "running", "paused"))
        held = activity == "paused"
        self.pause_button.setText(GAP + (tr("Go on") if held else tr("Pause")))
        set_icon(self.pause_button, "play-fill" if held else "pause-fill")
        self.stop_button.setText(GAP + (tr("Stopping…") if activity == "stopping" else tr("Stop")))

    def set_presenting(self, presenting: bool) -> None:
        """Leaves out what the timeline has, too, and says no more of the model than its name."""
        self._step.setVisible(not presenting)
        self.badge.set_short(presenting)

    def add_menu_action(self, text: str, help_text: str, shortcut: str = "") -> QAction:
        """An entry of the menu for what is seldom needed."""
        action = self.menu.addAction(text)
        action.setToolTip(help_text)
        if shortcut:
            action.setShortcut(shortcut)
        return action

    def _build(self) -> None:
        self._build_steps()
        stretch = QWidget()
        stretch.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        for widget in (self._wordmark, self.run_button, self.pause_button):
            self.addWidget(widget)
        self._step = self.addWidget(self.step_button)
        for widget in (self.stop_button, stretch):
            self.addWidget(widget)
        for widget in (self.badge, self.present_button, self.theme_button, self.more_button):
            self.addWidget(widget)
        self.more_button.setMenu(self.menu)
        for button in (self.more_button, self.theme_button):
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            button.setStyleSheet("QToolButton::menu-indicator { image: none; } QToolButton { padding: 0 8px; }")
        self.run_button.clicked.connect(self.run_requested)
        self.pause_button.clicked.connect(self.pause_toggled)
        self.stop_button.clicked.connect(self.stop_requested)
        self.present_button.clicked.connect(self.present_toggled)
        self.badge.clicked.connect(self.badge_clicked)

    def _build_steps(self) -> None:
        menu = QMenu(self.step_button)
        menu.setToolTipsVisible(True)
        for grain, _, help_text in GRAINS:
            action = menu.addAction(tr(STEP_WORDS[grain]))
            action.setToolTip(tr(help_text))
            action.triggered.connect(lambda _, grain=grain: self._on_step_chosen(grain))
        self.step_button.setMenu(menu)
        self.step_button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)

    def _on_step_chosen(self, grain: Grain) -> None:
        self.step_requested.emit(grain)

    def _on_theme_changed(self) -> None:
        self.setIconSize(QSize(px(16), px(16)))
        # What Run does not say, Pause, Step, Stop and Present still do: by their signs, tooltips and names.
        both, sign = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly
        for button in (self.pause_button, self.step_button, self.stop_button, self.present_button):
            button.setToolButtonStyle(sign if is_large() else both)
        accent = current_theme().accent
        self._wordmark.setText(f'Think<span style="color:{accent}">scope</span>')


def _button(icon: str, text: str, help_text: str, ink: Ink = "text") -> QToolButton:
    button = QToolButton()
    set_icon(button, icon, ink)
    # The style leaves no room between a glyph and its word.
    button.setText(GAP + text if text else "")
    both = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
    button.setToolButtonStyle(both if text else Qt.ToolButtonStyle.ToolButtonIconOnly)
    button.setToolTip(help_text)
    button.setAccessibleName(text)
    button.setAccessibleDescription(help_text)
    # A click leaves the focus where it is, so that Space goes on meaning pause.
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
