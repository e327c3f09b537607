"""Where the time went: waiting, reading the prompt, writing, verifying."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from engine.trace.fold import RunState
from widgets.meters import numbers
from widgets.meters.bars import SplitBar
from widgets.meters.fact_rows import FactRows
from widgets.panels.section import Section
from widgets.scrubber import phase_colour
from widgets.theme import THEMES, current_theme

ROWS = {
    "prompt": ("Prompt", "Reading the prompt, until the first token could be drawn."),
    "generate": ("Generation", "Writing the candidates."),
    "verify": ("Verification", "Judging them after the last one was written."),
    "queue": (
        "Wait to start, mean",
        "How long a candidate waited for its turn, while its prompt was read or others wrote.",
    ),
}


class LatencyMeter(Section):
    """The phases' seconds as parts of a bar, in the colours of the timeline."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Latency", parent)
        self.bar = SplitBar()
        self.rows = FactRows(ROWS)
        self.body.addWidget(self.bar)
        self.body.addWidget(self.rows)
        self._state = RunState()
        THEMES.theme_changed.connect(self._on_theme_changed)

    def _on_theme_changed(self) -> None:
        self.show_state(self._state)

    def show_state(self, state: RunState) -> None:
        """Shows the split of a state."""
        self._state = state
        spent = phase_seconds(state)
        theme = current_theme()
        self.bar.set_parts(
            [(spent.get(name, 0.0), phase_colour(theme, name)) for name in ("prompt", "generate", "verify")]
        )
        for name in ("prompt", "generate", "verify"):
            self.rows.set_value(name, numbers.seconds(spent.get(name)))
        self.rows.set_value("queue", numbers.seconds(mean_wait(state)))


def phase_seconds(state: RunState) -> dict[str, float]:
    """Seconds spent in each phase that the run has been in, by the run clock."""
    spent: dict[str, float] = {}
    for span in state.phases:
        end = span.end if span.end is not None else state.t
        spent[span.phase] = spent.get(span.phase, 0.0) + end - span.start
    return spent


def mean_wait(state: RunState) -> float | None:
    """Seconds between being asked for and being started, averaged over the candidates that were started."""
    waits = [c.started_at - c.queued_at for c in state.candidates.values() if c.started_at is not None]
    return sum(waits) / len(waits) if waits else None
