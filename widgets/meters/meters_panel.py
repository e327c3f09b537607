"""All meters of a run, one below the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from engine.trace.fold import RunState
from widgets.meters.accuracy_meter import AccuracyMeter
from widgets.meters.answer_meter import AnswerMeter
from widgets.meters.budget_meter import BudgetMeter
from widgets.meters.cost_meter import CostMeter
from widgets.meters.inspector import Inspector
from widgets.meters.latency_meter import LatencyMeter
from widgets.meters.posterior_meter import PosteriorMeter
from widgets.meters.selection_meter import SelectionMeter
from widgets.meters.sparkline import Sparkline
from widgets.meters.speed_meter import SpeedMeter
from widgets.meters.votes_meter import VotesMeter
from widgets.picture import Pictured, Plate
from widgets.scaled import follow_scale, panel_width
from widgets.translation import tr

PANEL_WIDTH = 288
# People cannot read numbers that change faster, and a frame has better things to do.
UPDATE_MS = 100
TURN_MS = 16

Show = Callable[[RunState], None]


class MetersPanel(QScrollArea, Pictured):
    """Answer, votes, speed, cost, latency and budget of one state; the inspector on top when something is selected.

    `refresh` may be called every frame: the meters are brought up to date at most ten times a second, the last call
    included, and by turns, a group in each frame: all of them together would make that frame a long one.
    """

    prompt_requested = Signal(int)
    candidate_chosen = Signal(int)
    act_requested = Signal(object)
    vote_clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = RunState()
        self._updated = 0.0
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._on_timer_timeout)
        self._turn = 0
        self._stale = False
        self.inspector = Inspector()
        self.selection, self.posteriors = SelectionMeter(), PosteriorMeter()
        self.answer = AnswerMeter()
        self.votes, self.accuracy = VotesMeter(), AccuracyMeter()
        self.speed = SpeedMeter()
        self.cost = CostMeter()
        self.latency = LatencyMeter()
        self.budget = BudgetMeter()
        self._build()
        self.update_now()

    def set_state(self, state: RunState, at_once: bool = True) -> None:
        """Shows another run, or another moment of one: at once, or by turns, beginning with the next frame."""
        if state.start is not self._state.start:
            self._choose(state, None, None)
        self._state = state
        if at_once:
            self.update_now()
        else:
            self._turn = 0
            self._timer.start(TURN_MS)

    def refresh(self) -> None:
        """The state has moved on; cheap to call every frame."""
        self._stale = True
        if not self._timer.isActive():
            left = UPDATE_MS - (time.monotonic() - self._updated) * 1000
            self._timer.start(max(0, int(left) + 1))

    def set_can_act(self, can_act: bool) -> None:
        """Whether the run can be changed: a recording cannot."""
        self.inspector.can_act = can_act

    def select(self, candidate: int | None, token: int | None = None) -> None:
        """Puts a candidate or one of its tokens under the inspector."""
        self._choose(self._state, candidate, token)
        if candidate is not None:
            self.verticalScrollBar().setValue(0)

    @property
    def _groups(self) -> Sequence[Sequence[Show]]:
        """What is brought up to date in one frame each."""
        cost = self.cost
        return (
            (self.answer.show_state, self.votes.show_state, self.accuracy.show_state),
            (self.inspector.show_state, self.selection.show_state, self.posteriors.show_state),
            (self.budget.show_state, self.latency.show_state),
            (self.speed.show_state,),
            (cost.show_course,),
            (cost.show_kinds,),
            (cost.show_ledger,),
        )

    def _choose(self, state: RunState, candidate: int | None, token: int | None) -> None:
        self.inspector.select(state, candidate, token)
        self.selection.select(state, candidate)
        self.posteriors.select(state, candidate)

    @property
    def sparklines(self) -> tuple[Sparkline, ...]:
        """The plots, which are empty until each of them was loaded."""
        return self.speed.sparkline, self.cost.sparkline

    def load_plots(self) -> None:
        """Imports the plot library and makes all plots at once, for a picture of the window."""
        for sparkline in self.sparklines:
            sparkline.load_plot()

    def plate(self) -> Plate:
        """All meters, those out of sight included, and also while the panel is closed."""
        self.update_now()
        content = self.widget()
        if not self.isVisible():  # nothing has laid it out since it was closed
            self.load_plots()
            width = max(self.viewport().width(), content.minimumSizeHint().width())
            content.resize(width, content.sizeHint().height())
            content.resize(width, max(content.sizeHint().height(), content.heightForWidth(width)))
        return Plate(content.size(), [(content, QPoint())], is_unseen=True)

    def update_now(self) -> None:
        """Brings all meters up to date."""
        self._timer.stop()
        self._turn, self._stale, self._updated = 0, False, time.monotonic()
        for group in self._groups:
            self._show(group)

    def _on_timer_timeout(self) -> None:
        """The turn of the next group; after the last one a new round begins if something has moved meanwhile."""
        if self._turn == 0:
            self._stale, self._updated = False, time.monotonic()
        self._show(self._groups[self._turn])
        self._turn = (self._turn + 1) % len(self._groups)
        if self._turn:
            self._timer.start(TURN_MS)
        elif self._stale:
            self.refresh()

    def _show(self, group: Sequence[Show]) -> None:
        for show in group:
            show(self._state)

    def _build(self) -> None:
        content = QWidget()
        content.setProperty("surface", "panel")
        column = QVBoxLayout(content)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(18)
        chosen = (self.inspector, self.selection, self.posteriors)
        for meter in (
            *chosen,
            self.answer,
            self.votes,
            self.accuracy,
            self.speed,
            self.budget,
            self.cost,
            self.latency,
        ):
            column.addWidget(meter)
        column.addStretch(1)
        self.inspector.prompt_requested.connect(self.prompt_requested)
        self.inspector.act_requested.connect(self.act_requested)
        self.inspector.closed.connect(lambda: self.select(None))
        self.selection.candidate_chosen.connect(self.candidate_chosen)
        self.votes.bars.vote_clicked.connect(self.vote_clicked)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        follow_scale(self, self._fit)
        self.setAccessibleName(tr("Meters"))

    def _fit(self) -> None:
        """Grows with type, though less; what is too wide for that, in large type or long words, can be scrolled to."""
        self.setMinimumWidth(panel_width(PANEL_WIDTH))
