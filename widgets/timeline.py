"""The run as a line in time: where it is, what it did when, and the way to any moment of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from engine.trace.fold import RunState
from engine.trace.marks import Mark, Span
from engine.worker.messages import Grain
from widgets.icons import set_icon
from widgets.panels.segmented import Segmented
from widgets.scaled import follow_scale, is_large, scaled_width
from widgets.scrubber import Scrubber
from widgets.steady_label import SteadyLabel
from widgets.theme import THEMES, px, set_kind
from widgets.translation import later, tr

GRAINS: tuple[tuple[Grain, str, str], ...] = (
    ("token", later("Token"), later("One token of every candidate that is writing.")),
    ("thought", later("Thought"), later("Until a candidate has finished a line.")),
    ("phase", later("Phase"), later("Until the run goes over to another kind of work.")),
)
SPEEDS = {"0.25": "¼×", "1": "1×", "4": "4×", "16": "16×"}
PLAY_HELP = later("Lets the run go on, or plays what is recorded (Space).")
PAUSE_HELP = later("Holds the run or the recording (Space).")


class Timeline(QFrame):
    """Step, play, scrub, speed. Draws what it is told and says what a person wants; it moves nothing by itself."""

    play_toggled = Signal()
    seek_requested = Signal(float)
    step_requested = Signal(str, int)
    speed_changed = Signal(float)
    live_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self.grain: Grain = "token"
        self.start_button = self._button(
            "skip-back", tr("To the beginning"), tr("Shows the run as it was at its beginning.")
        )
        self.back_button = self._button("caret-left", tr("One step back"), tr("Goes back by one step (Left)."))
        self.play_button = self._button("play-fill", tr("Play"), tr(PLAY_HELP))
        self.forward_button = self._button("caret-right", tr("One step forward"), tr("Goes on by one step (Right)."))
        self.end_button = self._button(
            "skip-forward", tr("To the newest event"), tr("Shows the newest event there is.")
        )
        self.grain_button = QToolButton()
        self.scrubber = Scrubber()
        self.speeds = Segmented(
            [(key, text, tr("Plays a recording at {0} speed.", text)) for key, text in SPEEDS.items()]
        )
        self.live_button = QPushButton(tr("Back to live"))
        self.clock = SteadyLabel()
        self._shown: tuple[object, ...] = ()
        self._words = ("", "")
        self._build()
        self._fit()
        THEMES.theme_changed.connect(self._fit)
        self.set_moment(RunState(), "", 0.0, 0.0, playing=False, behind=False)

    def set_moment(
        self, state: RunState, label: str, position: float, duration: float, *, playing: bool, behind: bool
    ) -> None:
        """Shows a moment.

        Args:
            state: The run at `position`.
            label: LIVE, RECORDED, SIMULATED or nothing.
            position: Seconds of the run clock that are shown.
            duration: Seconds that are known.
            playing: Whether time goes on by itself.
            behind: Whether a run goes on that this moment is not the newest of.
        """
        self.scrubber.set_moment(state, position, duration)
        shown = (label, f"{position:.1f}", playing, behind, bool(state.events or duration))
        if shown == self._shown:
            return
        self._shown = shown
        there = bool(state.events or duration)
        for button in (self.start_button, self.back_button, self.end_button, self.play_button, self.forward_button):
            button.setEnabled(there)
        set_icon(self.play_button, "pause-fill" if playing else "play-fill", "on_accent")
        self.play_button.setToolTip(tr(PAUSE_HELP) if playing else tr(PLAY_HELP))
        self.play_button.setAccessibleName(tr("Pause") if playing else tr("Play"))
        self.speeds.setEnabled(there and (label != "LIVE" or behind or not playing))
        self.live_button.setVisible(behind)
        self._words = (f"{position:.1f} s" if there else "", tr(label))
        self._show_clock()

    def set_spans(self, spans: Sequence[tuple[str, float, float]]) -> None:
        """Gives the phases of a whole recording, so that what is to come is drawn as well."""
        self.scrubber.set_spans(spans)

    def set_marks(self, marks: Sequence[Mark], search: Sequence[Span]) -> None:
        """Gives the marks of the run and the phases of a tree search; both may have grown since."""
        self.scrubber.set_marks(marks, search)

    def set_speed(self, speed: float) -> None:
        """Shows a speed without saying that it changed."""
        self.speeds.set_value(f"{speed:g}")

    def _build(self) -> None:
        set_kind(self.play_button, "primary")
        scaled_width(self.play_button, 46)
        self.scrubber.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.speeds.set_value("1")
        self.speeds.setAccessibleName(tr("Playing speed"))
        self.speeds.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.live_button.setToolTip(tr("Shows the newest event of the run that goes on."))
        set_kind(self.live_button, "primary")
        self.clock.setProperty("role", "state")
        self.clock.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._build_grains()
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 16, 6)
        row.setSpacing(8)
        for widget in (self.start_button, self.back_button, self.play_button, self.forward_button, self.end_button):
            row.addWidget(widget)
        row.addWidget(self.grain_button)
        row.addSpacing(4)
        row.addWidget(self.scrubber, 1)
        row.addSpacing(4)
        for widget in (self.live_button, self.speeds, self.clock):
            row.addWidget(widget)
        self.start_button.clicked.connect(lambda: self.seek_requested.emit(0.0))
        self.end_button.clicked.connect(self._on_end_clicked)
        self.back_button.clicked.connect(lambda: self.step_requested.emit(self.grain, -1))
        self.forward_button.clicked.connect(lambda: self.step_requested.emit(self.grain, 1))
        self.play_button.clicked.connect(self.play_toggled)
        self.live_button.clicked.connect(self.live_requested)
        self.scrubber.seek_requested.connect(self.seek_requested)
        self.speeds.chosen.connect(lambda key: self.speed_changed.emit(float(key)))

    def _fit(self) -> None:
        """Follows the size of type; the clock has room for its longest words, so that nothing beside it moves."""
        self.clock.set_least(px(64 if is_large() else 132))
        self._show_clock()

    def _show_clock(self) -> None:
        shown = self._words[:1] if is_large() else self._words  # the stage has the label, too
        self.clock.setText(" · ".join(word for word in shown if word))

    def _build_grains(self) -> None:
        menu = QMenu(self.grain_button)
        group = QActionGroup(menu)
        for grain, text, help_text in GRAINS:
            action = menu.addAction(tr(text))
            action.setCheckable(True)
            action.setChecked(grain == self.grain)
            action.setToolTip(tr(help_text))
            action.triggered.connect(lambda _, grain=grain: self.set_grain(grain))
            group.addAction(action)
        menu.setToolTipsVisible(True)
        self.grain_button.setMenu(menu)
        self.grain_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.grain_button.setToolTip(tr("How far one step goes: a token, a thought or a phase."))
        self.grain_button.setAccessibleName(tr("Size of a step"))
        follow_scale(self.grain_button, lambda: self.grain_button.setMinimumWidth(px(98)))
        self.grain_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_grain(self.grain)

    def set_grain(self, grain: Grain) -> None:
        """How far one step goes."""
        self.grain = grain
        self.grain_button.setText(tr({key: text for key, text, _ in GRAINS}[grain]))

    def _on_end_clicked(self) -> None:
        if self.live_button.isVisibleTo(self):
            self.live_requested.emit()
        else:
            self.seek_requested.emit(self.scrubber.duration)

    def _button(self, icon: str, name: str, help_text: str) -> QToolButton:
        button = QToolButton()
        set_icon(button, icon)
        button.setToolTip(help_text)
        button.setAccessibleName(name)
        # A click leaves the focus where it is, so that Space goes on meaning play and pause.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        scaled_width(button, 34)
        return button
