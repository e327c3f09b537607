"""The stage: the view that suits the run, a line that says what is shown, and what went wrong."""

from __future__ import annotations

from contextlib import AbstractContextManager

from PySide6.QtCore import QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.acts import TakeToken
from engine.trace.fold import RunState
from widgets.models.candidate_words import is_branch, is_doubted
from widgets.models.lane_order import ALL, LaneFilter, SortMode, with_answer
from widgets.models.refine_chain import makes_chain
from widgets.models.thinking_chain import has_texts
from widgets.models.thought_tree import makes_tree
from widgets.picture import Pictured, Plate
from widgets.refine.view import RefineChainView
from widgets.scaled import follow_scale, is_large
from widgets.stage.badge import Source, SourceBadge
from widgets.stage.banner import RunBanner
from widgets.stage.candidate_lanes import CandidateLanesView
from widgets.stage.headline import Headline
from widgets.stage.ladder_page import LadderPage
from widgets.stage.lane_buttons import FilterButton, SortButton
from widgets.stage.legend import Legend, StageLegend
from widgets.stage.marks import text_width
from widgets.stage.result_line import ResultLine
from widgets.stage.summary_line import SummaryLine
from widgets.theme import SIZE_BODY, px
from widgets.translation import tr, tr_n
from widgets.tree.page import SearchTreePage
from widgets.what_if.bar import WhatIfBar

StageOf = CandidateLanesView | LadderPage | SearchTreePage | RefineChainView
SUMMARY_MS = 100
SUMMARY_ROOM = 180  # pixels for what is said of a run, which changes while it goes on
HEAD_MARGINS = 46  # pixels around the badge and the summary


class StageView(QWidget, Pictured):
    """Shows a run: a search as a tree, a refinement as a chain, one candidate as a ladder, many as lanes."""

    candidate_selected = Signal(int)  # -1: none
    token_selected = Signal(int, int)
    token_stepped = Signal(int)
    alternatives_wanted = Signal()
    act_requested = Signal(object)
    setup_wanted = Signal(object)  # RunSetup: a what-if that is to be made real

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = RunState()
        self.lanes, self.ladder = CandidateLanesView(), LadderPage()
        self.tree, self.chain = SearchTreePage(), RefineChainView()
        self._source: Source | None = None
        self.can_act = True
        self._result_wanted = self._compact = False
        self.badge, self.banner = SourceBadge(self), RunBanner()
        self.headline, self.result = Headline(), ResultLine()
        self.what_if, self.legend = WhatIfBar(), StageLegend()
        self._summary = SummaryLine()
        self._later = QTimer(self, singleShot=True, interval=SUMMARY_MS)
        self._later.timeout.connect(self._show_summary)
        self.sort_button, self.filter_button = SortButton(), FilterButton()
        self._views = QStackedWidget()
        for view in (self.lanes, self.ladder, self.tree, self.chain):
            self._views.addWidget(view)
        self._arrange()
        self.tree.act_requested.connect(self.act_requested)
        self.what_if.setup_wanted.connect(self.setup_wanted)
        self.sort_button.chosen.connect(self.set_sort)
        self.filter_button.chosen.connect(self.set_filter)
        self.what_if.answered.connect(self.lanes.show_outlook)
        self.what_if.opened.connect(lambda _: self._show_legend())
        for chooser in (self.lanes, self.tree, self.chain):
            chooser.candidate_selected.connect(self.candidate_selected)
        for view in (self.lanes, self.ladder, self.chain):
            view.token_clicked.connect(self.token_selected)
            view.alternative_chosen.connect(lambda *taken: self.act_requested.emit(TakeToken(*taken)))
            view.token_stepped.connect(self.token_stepped)
            view.alternatives_wanted.connect(self.alternatives_wanted)
        self.set_state(self._state, None)

    def set_state(self, state: RunState, label: Source | None, can_act: bool | None = None) -> None:
        """Shows a new run or another moment of the run.

        Args:
            state: The run.
            label: Where it comes from.
            can_act: Whether a person can change it; None goes by the label.
        """
        if state.start is not self._state.start:
            self.banner.forget()
            self.set_filter(ALL)  # what hid candidates of the last run must not hide those of the next
        self._later.stop()
        self._state, self._source = state, label
        self.can_act = label in ("live", "paused", None) if can_act is None else can_act
        state.changed.clear()
        self.filter_button.set_state(state)
        acts = self.can_act and not self._compact
        self.tree.can_act = acts
        for view in (self.lanes, self.ladder, self.chain):
            view.set_can_act(acts)
        self._choose_view()
        self._view.set_state(state)
        self._update_words()

    def set_waiting(self, waits: bool) -> None:
        """Says whether a run was asked for that has not begun yet: an empty stage then asks for no question."""
        for view in (self.lanes, self.ladder.ladder, self.chain):
            if view.waits != waits:
                view.waits = waits
                view.viewport().update()

    def refresh(self) -> None:
        """Takes what is new in the state, and clears `state.changed`; once per frame."""
        changed = set(self._state.changed)
        self._state.changed.clear()
        if self._choose_view():
            self._view.set_state(self._state)
        else:
            self._view.refresh(changed)
        self._update_words()

    def select(self, candidate: int | None) -> None:
        """Selects a candidate."""
        self._view.select(candidate)

    def set_sort(self, mode: SortMode) -> None:
        """Sorts the lanes."""
        self.lanes.set_sort(mode)
        self.sort_button.set_mode(mode)

    def set_filter(self, lane_filter: LaneFilter) -> None:
        """Shows only some of the candidates."""
        self.lanes.set_filter(lane_filter)
        self.filter_button.set_filter(lane_filter)

    def toggle_answer(self, vote: str) -> None:
        """Shows only the candidates that gave an answer, or all again."""
        if self._view is self.lanes:
            wanted = with_answer(vote)
            self.set_filter(ALL if self.lanes.lane_filter == wanted else wanted)

    def set_result_shown(self, shown: bool) -> None:
        """Shows the result above the lanes, for when no meter shows it."""
        self._result_wanted = shown
        self._update_words()

    def set_compact(self, compact: bool) -> None:
        """Leaves out what is said around it where several stages stand side by side: question, order, tree tools.

        Nor can anything be done to a run there: it has to go as its set-up says.
        """
        self._compact = compact
        self.tree.set_tools_shown(not compact)
        self.headline.setVisible(not compact)
        self._arrange_head()
        self.badge.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._choose_view()
        self._update_words()

    def set_reduce_motion(self, reduce: bool) -> None:
        """Changes are shown at once instead of animated."""
        self.lanes.set_reduce_motion(reduce)
        self.tree.set_reduce_motion(reduce)

    def finish_rendering(self) -> None:
        """Draws all that waits for a later frame, for a picture of the stage."""
        self._later.stop()
        self._show_summary()
        for view in (self.lanes, self.tree, self.chain):
            view.finish_rendering()

    @property
    def state(self) -> RunState:
        """The run as it is shown."""
        return self._state

    def picture_title(self) -> str:
        """The question."""
        return self.headline.accessibleName()

    def sharpened(self, ratio: float) -> AbstractContextManager[None]:
        """Lanes are kept as pixmaps."""
        return self.lanes.sharpened(ratio)

    @property
    def shows_ladder(self) -> bool:
        """Whether the ladder is shown, and not the lanes."""
        return self._view is self.ladder

    @property
    def shows_tree(self) -> bool:
        """Whether the search tree is shown."""
        return self._view is self.tree

    @property
    def shows_chain(self) -> bool:
        """Whether the chain of drafts is shown."""
        return self._view is self.chain

    @property
    def _view(self) -> StageOf:
        return self._views.currentWidget()  # type: ignore[return-value]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Says as much beside the badge as there is room for."""
        super().resizeEvent(event)
        if self._has_two_rows() != self._two_rows:
            self._arrange_head()
        if self._compact:
            self._update_words()

    def plate(self) -> Plate:
        """All that is shown but the controls, and without the gaps that they would leave."""
        self.finish_rendering()
        view, top = self.tree.picture_part if self.shows_tree else self._view, self._views.pos()
        gap = view.mapTo(self, QPoint()).y() - top.y()
        parts = [(part, part.pos()) for part in (self.badge, self.headline, self.banner, self.result)]
        at = self._summary.mapTo(self, QPoint())
        right = at.x() if self._two_rows else self.width() - 16 - self._summary.width()
        parts += [(self._summary, QPoint(right, at.y())), (view, top)]
        bottom = top.y() + view.height()
        if self.what_if.is_open:  # what it says belongs to what is shown
            parts.append((self.what_if, self.what_if.pos() - QPoint(0, gap)))
            bottom = self.what_if.geometry().bottom() - gap
        return Plate(QSize(self.width(), bottom + 8), parts)

    def _arrange(self) -> None:
        self._head = head = QGridLayout()
        head.setContentsMargins(4, 0, 16, 0)
        head.setHorizontalSpacing(10)
        head.setVerticalSpacing(0)
        head.setColumnStretch(1, 1)
        self._about, row = QWidget(), QHBoxLayout()
        self._about_row = row
        self._about.setLayout(row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self._summary)
        row.addStretch(0)
        row.addWidget(self.filter_button)
        row.addWidget(self.sort_button)
        follow_scale(self, self._arrange_head)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 4, 8)
        column.setSpacing(8)
        column.addLayout(head)
        inset = QHBoxLayout()
        inset.setContentsMargins(4, 0, 16, 0)
        inset.addWidget(self.banner)
        column.addLayout(inset)
        below = QHBoxLayout()
        below.setContentsMargins(4, 0, 16, 0)
        below.addWidget(self.result)
        column.addLayout(below)
        column.addWidget(self._views, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(4, 0, 16, 0)
        foot.setSpacing(16)
        foot.addWidget(self.what_if)
        foot.addWidget(self.legend, 1, Qt.AlignmentFlag.AlignVCenter)
        column.addLayout(foot)
        self.setProperty("surface", "stage")

    def _arrange_head(self) -> None:
        """One line; where there is little room, a second one for what is said about the run."""
        self._two_rows = self._has_two_rows()
        head, row = self._head, int(self._two_rows)
        head.addWidget(self.badge, 0, 0)
        head.addWidget(self.headline, 0, 1, 1, 4 if row else 1)
        head.addWidget(self._about, row, 0 if row else 2, 1, 5 if row else 1)
        self._about_row.setStretch(1, row)
        self._summary.set_begins_row(self._two_rows)
        self.sort_button.show_words()
        self.filter_button.show_words()

    def _has_two_rows(self) -> bool:
        """Whether the question would have to break into lines beside the other words."""
        if is_large() or self._compact:
            return is_large()
        buttons = (self.filter_button, self.sort_button)
        beside = sum(button.sizeHint().width() + 10 for button in buttons if not button.isHidden())
        words = self.badge.sizeHint().width() + self.headline.sizeHint().width() + px(SUMMARY_ROOM)
        return words + beside + HEAD_MARGINS > self.width()

    def _choose_view(self) -> bool:
        """True when the other view has come to the front."""
        view = self._suitable_view()
        changes = self._view is not view
        self._views.setCurrentWidget(view)
        for button in (self.filter_button, self.sort_button):
            button.setVisible(view is self.lanes and bool(self._state.candidates) and not self._compact)
        return changes

    def _suitable_view(self) -> StageOf:
        if makes_tree(self._state):
            return self.tree
        if makes_chain(self._state):
            return self.chain
        return self.ladder if self._is_single() else self.lanes

    def _is_single(self) -> bool:
        if self._state.candidates:
            return not has_texts(self._state, 2)
        start = self._state.start
        return start is not None and start.setup.strategy.name in ("direct", "chain-of-thought")

    def _show_legend(self) -> None:
        """Explains what is shown; what a what-if says needs the room more."""
        shown = bool(self._state.candidates) and not self._compact and not self.what_if.is_open
        self.legend.show_legend(_legend_of(self._view) if shown else "")

    def _fitting(self, words: str) -> str:
        """As much of a summary as there is room for beside the badge, which is never shortened."""
        room = self.width() - HEAD_MARGINS - self.badge.sizeHint().width()
        return next((w for w in (words, words.partition(" · ")[0]) if text_width(w, SIZE_BODY) <= room), "")

    def _show_summary(self) -> None:
        """At most ten times a second: every change of its length lays the stage out anew."""
        if self._later.isActive():
            return
        words = summary_words(self._state)
        if self._compact:
            words = self._fitting(words)
        if words != self._summary.text():
            self._summary.setText(words)
            if self._state.status == "running":
                self._later.start()

    def _update_words(self) -> None:
        start = self._state.start
        source = self._source if start or self._state.candidates else None
        if source != self.badge.source:
            self.badge.set_source(source)
        question = start.setup.problem.question if start and not self._compact else ""
        if self.headline.set_text(" ".join(question.split())) and self._has_two_rows() != self._two_rows:
            self._arrange_head()
        self._show_summary()
        self.banner.show_state(self._state)
        if not self._compact:
            self.what_if.show_state(self._state, self._source)
        self._show_legend()
        shows_result = self._result_wanted and not self.shows_ladder and bool(self._state.candidates)
        self.result.setVisible(shows_result)
        if shows_result:
            self.result.show_state(self._state)


def _legend_of(view: StageOf) -> Legend:
    match view:
        case CandidateLanesView():
            return "lanes"
        case SearchTreePage():
            return "tree"
        case RefineChainView():
            return "changes"
        case _:
            return "tokens"


def summary_words(state: RunState) -> str:
    """“16 candidates · 9 finished”: what the stage shows, in a line."""
    branches = done = doubted = stopped = 0
    for candidate in state.candidates.values():  # once a frame, and a search has thousands of them
        if is_branch(candidate):
            branches += 1
        elif candidate.finished_at is not None:
            done += 1
            if is_doubted(candidate):
                doubted += 1
            elif candidate.status == "stopped":
                stopped += 1
    total = len(state.candidates) - branches
    if total == 0:
        return ""
    grown = [tr_n("{0} branch", "{0} branches", branches)] if branches else []
    if total == 1 or not (has_texts(state, 2) or makes_tree(state) or makes_chain(state)):
        tokens = sum(candidate.token_count for candidate in state.candidates.values() if not is_branch(candidate))
        one = tr("one thought") if makes_tree(state) else tr("one candidate")
        return " · ".join((one, tr_n("{0:,} token", "{0:,} tokens", tokens), *grown))
    ended = done - stopped - doubted
    parts = [_counted(state, total), tr("all finished") if ended == total else tr("{0} finished", ended)]
    if stopped:
        parts.append(tr("{0} stopped", stopped))
    if doubted:
        parts.append(tr("{0} stopped as unsure", doubted))
    if state.spared is not None and state.spared.unasked:
        parts.append(tr("{0} not needed", state.spared.unasked))
    return " · ".join((*parts, *grown))


def _counted(state: RunState, total: int) -> str:
    if makes_tree(state):
        return tr_n("{0:,} thought", "{0:,} thoughts", total)
    if makes_chain(state):
        return tr_n("{0:,} text", "{0:,} texts", total)
    return tr_n("{0:,} candidate", "{0:,} candidates", total)
