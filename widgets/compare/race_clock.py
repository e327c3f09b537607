"""The clock that all contestants obey once they have run: play, pull, speed."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from widgets.calm import CalmSlider
from widgets.icons import set_icon
from widgets.panels.segmented import Segmented
from widgets.theme import THEMES, px, set_kind, set_role
from widgets.timeline import SPEEDS
from widgets.translation import tr

TICKS = 1000
GAP = "\u2009"


class RaceClock(QWidget):
    """Draws the moment it is told, and says which one a person wants."""

    play_toggled = Signal()
    seek_requested = Signal(float)
    speed_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.play_button = QPushButton()
        self.slider = CalmSlider(Qt.Orientation.Horizontal)
        self.clock = QLabel()
        self.speeds = Segmented(
            [(key, text, tr("Replays all of them at {0} speed.", text)) for key, text in SPEEDS.items()]
        )
        self._duration = 0.0
        self._build()
        self._fit()
        THEMES.theme_changed.connect(self._fit)
        self.set_moment(0.0, 0.0, playing=False, enabled=False)

    def set_moment(self, position: float, duration: float, *, playing: bool, enabled: bool) -> None:
        """Shows a moment, in seconds since each run began."""
        self._duration = duration
        for control in (self.play_button, self.slider, self.speeds):
            control.setEnabled(enabled)
        if not self.slider.isSliderDown():
            blocked = self.slider.blockSignals(True)
            self.slider.setValue(round(position / duration * TICKS) if duration and enabled else 0)
            self.slider.blockSignals(blocked)
        words = tr("Hold") if playing else tr("Replay together")
        if self.play_button.text() != GAP + words:
            self.play_button.setText(GAP + words)
            set_icon(self.play_button, "pause-fill" if playing else "play-fill", "on_accent")
        digits = 2 if duration < 10 else 1
        self.clock.setText(tr("{0:.{1}f} of {2:.{1}f} s", position, digits, duration) if enabled else "–")
        self.slider.setAccessibleDescription(self.clock.text())

    def _build(self) -> None:
        set_kind(self.play_button, "primary")
        self.play_button.setToolTip(tr("All runs on one clock, each from its own beginning (Space)."))
        self.slider.setRange(0, TICKS)
        self.slider.setSingleStep(TICKS // 100)
        self.slider.setPageStep(TICKS // 10)
        self.slider.setAccessibleName(tr("Moment of the race"))
        self.slider.setToolTip(tr("Pull to look at the same moment of every run."))
        self.slider.valueChanged.connect(self._on_slider_changed)
        self.clock.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        set_role(self.clock, "muted")
        self.speeds.set_value("1")
        self.speeds.setAccessibleName(tr("Speed of the replay"))
        self.speeds.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.speeds.chosen.connect(lambda key: self.speed_changed.emit(float(key)))
        self.play_button.clicked.connect(self.play_toggled)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.play_button)
        row.addWidget(self.slider, 1)
        row.addWidget(self.clock)
        row.addWidget(self.speeds)

    def _fit(self) -> None:
        self.clock.setMinimumWidth(px(104))
        self.play_button.setMinimumWidth(px(140))
        self.play_button.setIconSize(QSize(px(16), px(16)))

    def _on_slider_changed(self, value: int) -> None:
        self.seek_requested.emit(value / TICKS * self._duration)
