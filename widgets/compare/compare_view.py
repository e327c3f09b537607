"""The page on which set-ups race: who takes part, their stages side by side, one clock, one axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.contest.contestant import FEWEST, MOST
from engine.contest.entry import Entry
from engine.contest.verdict import differences, questions_of, verdict
from engine.setup import RunSetup
from widgets.compare.contestant_column import PRESENTING, ContestantColumn, Models
from widgets.compare.empty_page import EmptyPage, Offer
from widgets.compare.one_line import OneLine
from widgets.compare.race_clock import RaceClock
from widgets.compare.race_table import RaceTable
from widgets.icons import set_icon
from widgets.panels.segmented import Segmented
from widgets.picture import Pictured, Plate
from widgets.scroll_page import ScrollPage
from widgets.theme import SIZE_LARGE, THEMES, set_kind, set_role
from widgets.translation import later, tr, tr_each

UNITS = [
    ("tokens", later("Tokens"), later("The axis counts all tokens: prompts, candidates and judges.")),
    ("seconds", later("Seconds"), later("The axis is time on each run's own clock: the latency.")),
    ("joules", later("Energy"), later("The axis is energy: an estimate unless the machine has a counter.")),
]
TURNS = later("Run in turns on one engine; each on its own clock.")
GAP = "\u2009"
STEPS = 100  # how many steps of an arrow key a race has


class CompareView(QWidget, Pictured):
    """Draws the entries it is given, and says what a person wants.

    Args:
        offers: Contests that are ready: key, title, one sentence.
    """

    race_requested = Signal()
    stop_requested = Signal()
    add_requested = Signal()
    contest_chosen = Signal(str)
    removed = Signal(int)
    model_chosen = Signal(int, str)
    shown = Signal()

    def __init__(self, offers: Sequence[Offer], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.columns: list[ContestantColumn] = []
        self._entries: Sequence[Entry] = ()
        self._models: Models = ()
        self._going = self._reduce_motion = self._is_before_end = False
        self.empty = EmptyPage(offers)
        self.question, self.terms = OneLine(SIZE_LARGE, strong=True), OneLine()
        self.add_button, self.race_button, self.stop_button = QPushButton(), QPushButton(), QPushButton()
        self.ready_button, self.note = QToolButton(), QLabel()
        self.clock, self.units, self.table, self.verdict = (
            RaceClock(),
            Segmented([(key, *tr_each(words)) for key, *words in UNITS]),
            RaceTable(),
            QLabel(),
        )
        self._row, self._pages = QHBoxLayout(), QStackedWidget()
        self._invitation = QLabel(tr("A race takes two.\nAdd another set-up, or the same one on another model."))
        self._build(offers)
        self._connect()
        self.set_entries((), going=False)

    # What is shown

    def set_entries(self, entries: Sequence[Entry], *, going: bool) -> None:
        """Shows who takes part and how each of them stands."""
        self._entries, self._going = entries, going
        self._pages.setCurrentIndex(1 if entries else 0)
        self._fit_columns(len(entries))
        for column, entry in zip(self.columns, entries, strict=True):
            own = question_of(entry) if len(questions_of(entries)) > 1 else ""
            column.show_entry(entry, self._models, editable=not going, replayed=self._is_before_end, question=own)
        self.table.set_entries(entries)
        self._invitation.setVisible(len(entries) == 1)
        self._offer(len(entries))
        self._say()

    def refresh(self, index: int | None = None) -> None:
        """Takes the moment at which one run stands, or all; once per frame."""
        if not self.isVisible():
            return
        for i, (column, entry) in enumerate(zip(self.columns, self._entries, strict=True)):
            if index is None or i == index:
                column.show_moment(entry, self._is_before_end)
        self.table.refresh()

    def set_moment(self, position: float, duration: float, *, playing: bool, enabled: bool) -> None:
        """Shows the moment of the shared clock."""
        self.clock.set_moment(position, duration, playing=playing, enabled=enabled)
        is_before = enabled and position < duration
        if is_before != self._is_before_end:
            self._is_before_end = is_before
            self._say()
        self.refresh()

    def set_terms(self, setup: RunSetup) -> None:
        """Says what all of them share, or will when they race."""
        if len(questions_of(self._entries)) > 1:
            self.question.set_text(tr("Different questions"))
            self.terms.set_text(tr("Recorded runs; what they do not share is said below."))
            return
        self.question.set_text(" ".join(setup.problem.question.split()) or tr("No question yet"))
        self.terms.set_text(terms_words(setup))

    def set_models(self, models: Models) -> None:
        """Offers these models, by name and path."""
        self._models = models
        self.set_entries(self._entries, going=self._going)

    def set_reduce_motion(self, reduce: bool) -> None:
        """Changes are shown at once instead of animated."""
        self._reduce_motion = reduce
        for column in self.columns:
            column.stage.set_reduce_motion(reduce)

    def finish_rendering(self) -> None:
        """Draws all that waits for a later frame, for a picture."""
        for column in self.columns:
            column.stage.finish_rendering()

    @property
    def entries(self) -> Sequence[Entry]:
        """Who takes part."""
        return self._entries

    def plate(self) -> Plate:
        """The whole page, as large as it has to be."""
        self.finish_rendering()
        return Plate(self._pages.size(), [(self._pages, QPoint())])

    @contextmanager
    def sharpened(self, ratio: float) -> Iterator[None]:
        """The lanes of all stages."""
        with ExitStack() as stack:
            for column in self.columns:
                stack.enter_context(column.stage.sharpened(ratio))
            yield

    # Qt

    def showEvent(self, event: QShowEvent) -> None:
        """Catches up with what happened while it was not seen."""
        super().showEvent(event)
        self.refresh()
        self.shown.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space plays and holds, the arrows go to and fro; while a race goes on they are the window's."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if not self.clock.play_button.isEnabled():
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Space:
            self.clock.play_toggled.emit()
        elif event.key() in steps:
            self.clock.slider.setValue(self.clock.slider.value() + steps[Qt.Key(event.key())] * 1000 // STEPS)
        else:
            super().keyPressEvent(event)

    # Arrangement

    def _build(self, offers: Sequence[Offer]) -> None:
        self.setProperty("surface", "stage")
        self.setAccessibleName(tr("Compare"))
        self._dress_buttons(offers)
        self.units.set_value("tokens")
        self.units.setAccessibleName(tr("Unit of the cost axis"))
        self.units.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        for label in (self.note, self._invitation):
            set_role(label, "muted")
        self._invitation.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_role(self.verdict, "strong")
        self.verdict.setTextFormat(Qt.TextFormat.PlainText)
        self.verdict.setWordWrap(True)
        self.verdict.setAccessibleName(tr("Outcome"))
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 10, 16, 12)
        column.setSpacing(10)
        column.addLayout(self._head())
        self._row.setSpacing(10)
        self._row.addWidget(self._invitation, 1)
        column.addLayout(self._row, 1)
        column.addWidget(self.clock)
        outcome = QHBoxLayout()
        outcome.setSpacing(12)
        outcome.addWidget(self.units)
        outcome.addWidget(self.verdict, 1)
        column.addLayout(outcome)
        column.addWidget(self.table)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(ScrollPage(self._pages, tr("Compare")))

    def _head(self) -> QHBoxLayout:
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.question)
        words.addWidget(self.terms)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addLayout(words, 1)
        for widget in (self.note, self.ready_button, self.add_button, self.stop_button, self.race_button):
            row.addWidget(widget)
        return row

    def _dress_buttons(self, offers: Sequence[Offer]) -> None:
        self.add_button.setText(tr("Add set-up"))
        self.add_button.setAccessibleName(tr("Add the set-up as it stands"))
        self.add_button.setToolTip(tr("The set-up as it stands takes part: strategy, verifiers, sampling and model."))
        set_kind(self.add_button, "normal")
        self.race_button.setText(GAP + tr("Race"))
        set_icon(self.race_button, "flag-fill", "on_accent")
        set_kind(self.race_button, "primary")
        self.stop_button.setText(GAP + tr("Stop"))
        set_icon(self.stop_button, "stop-fill")
        self.stop_button.setToolTip(tr("Ends the run that goes on, and all that would follow."))
        set_kind(self.stop_button, "normal")
        self.ready_button.setText(tr("Ready contests"))
        self.ready_button.setToolTip(tr("Puts a ready contest in the place of what is here."))
        self.ready_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        set_kind(self.ready_button, "quiet")
        menu = QMenu(self.ready_button)
        menu.setToolTipsVisible(True)
        for key, title, help_text in offers:
            action = menu.addAction(title)
            action.setToolTip(help_text)
            action.triggered.connect(lambda _=False, key=key: self.contest_chosen.emit(key))
        self.ready_button.setMenu(menu)

    def _connect(self) -> None:
        self.empty.chosen.connect(self.contest_chosen)
        self.empty.add_requested.connect(self.add_requested)
        self.add_button.clicked.connect(self.add_requested)
        self.race_button.clicked.connect(self.race_requested)
        self.stop_button.clicked.connect(self.stop_requested)
        self.units.chosen.connect(self.table.set_unit)
        THEMES.theme_changed.connect(self._fit)

    def _fit(self) -> None:
        """Large type is for presenting, and there nobody is added."""
        for button in (self.add_button, self.ready_button):
            button.setVisible(THEMES.scale <= PRESENTING)

    def _fit_columns(self, count: int) -> None:
        while len(self.columns) > count:
            column = self.columns.pop()
            self._row.removeWidget(column)
            column.hide()
            column.deleteLater()
        while len(self.columns) < count:
            index = len(self.columns)
            column = ContestantColumn(index)
            column.stage.set_reduce_motion(self._reduce_motion)
            column.removed.connect(lambda index=index: self.removed.emit(index))
            column.model_chosen.connect(lambda path, index=index: self.model_chosen.emit(index, path))
            self.columns.append(column)
            self._row.insertWidget(index, column, 1)

    def _offer(self, count: int) -> None:
        self.add_button.setEnabled(not self._going and count < MOST)
        self.ready_button.setEnabled(not self._going)
        self.race_button.setVisible(not self._going)
        set_kind(self.race_button, "normal" if self._has_raced else "primary")  # then the replay is the next thing
        set_icon(self.race_button, "flag-fill", "text" if self._has_raced else "on_accent")
        self.race_button.setEnabled(count >= FEWEST)
        words = (
            tr("Everybody runs, one after the other.")
            if count >= FEWEST
            else tr("A race takes two: add another set-up.")
        )
        self.race_button.setToolTip(words)
        self.stop_button.setVisible(self._going)

    @property
    def _has_raced(self) -> bool:
        return bool(self._entries) and all(entry.status != "waiting" for entry in self._entries)

    def _say(self) -> None:
        recorded = any(entry.recorded for entry in self._entries)
        self.note.setText("" if recorded else tr(TURNS))
        words = differences(self._entries) if recorded else ""
        said = " ".join(part for part in (verdict(self._entries), words) if part)
        self.verdict.setText(tr("At the end: {0}", said) if said and self._is_before_end else said)


def question_of(entry: Entry) -> str:
    """The question of its run."""
    return " ".join(entry.state.start.setup.problem.question.split()) if entry.state.start is not None else ""


def terms_words(setup: RunSetup) -> str:
    """“answer 82 · 2,500 tokens and 60 s each · seed 1”: what all contestants share."""
    bounds = []
    if setup.budget.tokens is not None:
        bounds.append(tr("{0:,} tokens", setup.budget.tokens))
    if setup.budget.seconds is not None:
        bounds.append(f"{setup.budget.seconds:g} s")
    answer = tr("answer {0}", setup.problem.answer) if setup.problem.answer is not None else tr("answer not known")
    both = tr("{0} and {1}", *bounds) if len(bounds) == 2 else "".join(bounds)
    budget = tr("{0} each", both) if both else tr("no budget")
    return " · ".join((answer, budget, tr("seed {0}", setup.seed)))
