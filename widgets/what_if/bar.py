"""The what-if bar: another number, vote, verifier or budget over the finished run, answered at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress

from msgspec.structs import replace
from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)

from engine.errors import ThinkscopeError
from engine.strategies.registry import STRATEGIES
from engine.trace.fold import RunState
from engine.verifiers.registry import VERIFIERS
from engine.what_if.outlook import Outlook
from engine.what_if.pool import WhatIfPool
from engine.what_if.request import WhatIf
from widgets.calm import CalmBox
from widgets.icons import set_icon
from widgets.panels.labelled_slider import LabelledSlider
from widgets.panels.verifier_section import VerifierSection
from widgets.stage.badge import SourceBadge
from widgets.theme import THEMES, current_theme, px, set_kind, set_role
from widgets.translation import later, tr
from widgets.what_if.choices import CHOICES, choice_of
from widgets.what_if.words import figures, verdict

AHEAD_SECONDS = 0.003
NUMBER_HELP = later("Only the first so many of them, as if no more had been asked for.")
WAIT_MS = 15
"""Within a frame: a slider that is pulled asks once for each picture."""


class WhatIfBar(QFrame):
    """Lies below the stage once a run has ended. `setup_wanted` gives the set-up of the run that would make it real."""

    setup_wanted = Signal(object)  # RunSetup
    opened = Signal(bool)
    answered = Signal(object)  # Outlook, or None: nothing is asked any more

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "stage")
        self.setAccessibleName(tr("What-if"))
        self._state = RunState()
        self._pool: WhatIfPool | None = None
        self._outlook: Outlook | None = None
        self.milliseconds = 0.0
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self.answer_now)
        self._ahead: Iterator[None] = iter(())
        self._idle = QTimer(self, interval=WAIT_MS)
        self._idle.timeout.connect(self._work_ahead)
        self.toggle, self.badge, self.body = QToolButton(), SourceBadge(self), QWidget()
        self.candidates: LabelledSlider | None = None
        self.budget: LabelledSlider | None = None
        self.choose, self.verifiers = CalmBox(), VerifierSection(VERIFIERS)
        self.verifier_button, self.reset, self.real = (
            QToolButton(),
            QPushButton(tr("As it was")),
            QPushButton(tr("Make it real")),
        )
        self.verdict, self.figures, self.notes = QLabel(), QLabel(), QLabel(wordWrap=True)
        self._controls = QGridLayout()
        self._build()
        self.hide()

    def show_state(self, state: RunState, source: str | None) -> None:
        """Follows the stage: the bar is there when a run of several texts has ended.

        Args:
            state: The run on the stage.
            source: Where it comes from; a run that goes on has no what-if yet.
        """
        ended = state.status in ("finished", "failed") and sum(c.is_whole for c in state.candidates.values()) > 1
        there = ended and source not in ("live", "paused")
        if there and (state.start is not self._state.start or state.events != self._state_events):
            self._pool = self._outlook = None
            self.answered.emit(None)
            self._idle.stop()
            self._state, self._state_events = state, state.events
            if self.is_open:
                self._open_pool()
        if there == self.isHidden():
            self.answered.emit(self._outlook if there and self.is_open else None)
        self.setVisible(there)

    @property
    def outlook(self) -> Outlook | None:
        """The answer that is shown; None where none is asked for."""
        return self._outlook if self.is_open and not self.isHidden() else None

    @property
    def is_open(self) -> bool:
        """Whether the controls are shown."""
        return not self.body.isHidden()

    def set_open(self, is_open: bool) -> None:
        """Shows or folds the controls."""
        set_icon(self.toggle, "caret-down" if is_open else "caret-right", "muted")
        for part in (self.body, self.badge, self.reset, self.real):
            part.setVisible(is_open)
        self._column.setContentsMargins(12 if is_open else 0, 6 if is_open else 2, 12, 8 if is_open else 2)
        self.setProperty("surface", "panel" if is_open else "stage")
        self.style().unpolish(self)
        self.style().polish(self)
        if is_open:
            self._open_pool()
        self.answered.emit(self._outlook if is_open else None)
        self.opened.emit(is_open)

    def answer_now(self) -> None:
        """Answers what the controls ask, and says how long that took."""
        if self._pool is None:
            return
        began = time.perf_counter()
        try:
            self._outlook = self._pool.ask(self.what_if())
        except ThinkscopeError as error:
            self._outlook = None
            self._say(error.what, "", " ".join(filter(None, (error.why, error.next_step))))
        else:
            self._show_outlook(self._outlook)
        self.milliseconds = 1000 * (time.perf_counter() - began)
        self.real.setEnabled(self._outlook is not None)
        self.answered.emit(self._outlook)

    def what_if(self) -> WhatIf:
        """What the controls ask.

        Raises:
            BadInputError: There is no such strategy.
        """
        assert self._pool is not None
        recorded, choice = self._pool.recorded, choice_of(self.choose.currentData())
        strategy = self._pool.choice(choice.strategy, dict(choice.settings))
        number = self.candidates.value() if self.candidates is not None and self.candidates.isEnabled() else None
        if number is not None and (number < self._pool.candidates or choice.strategy):
            strategy = replace(strategy, settings={**strategy.settings, "n": int(number)})
        budget = recorded.budget
        if self.budget is not None:
            wanted = self.budget.value()
            budget = replace(budget, tokens=int(wanted) if wanted is not None else recorded.budget.tokens)
        return WhatIf(strategy, self.verifiers.choices(), budget)

    # --- the pool ------------------------------------------------------------------------------------------------

    def _open_pool(self) -> None:
        """Reads the run, once somebody asks."""
        if self._pool is not None or self._state.start is None:
            return
        try:
            self._pool = WhatIfPool(self._state)
        except ThinkscopeError as error:
            self._say(error.what, "", error.why)
            return
        self._set_controls(self._pool)
        self.answer_now()
        self._ahead = self._pool.prepare(self._pool.recorded.verifiers)
        self._idle.start()

    def _work_ahead(self) -> None:
        """Scores that a cut-off run may need later, worked out a few at a time while nobody waits."""
        deadline = time.perf_counter() + AHEAD_SECONDS
        with suppress(ThinkscopeError):  # a verifier that is not known here: an answer that needs it says so
            for _ in self._ahead:
                if time.perf_counter() >= deadline:
                    return
        self._idle.stop()

    def _set_controls(self, pool: WhatIfPool) -> None:
        """Controls that reach as far as this run does."""
        for old in (self.candidates, self.budget):
            if old is not None:
                self._controls.removeWidget(old)
                old.deleteLater()
        most = max(1, pool.candidates)
        self.candidates = LabelledSlider(
            tr("Candidates"),
            tr(NUMBER_HELP), 1, max(2, most), most, whole=True,
        )  # fmt: skip
        spent = max(2, self._state.ledger.completion_tokens)
        self.budget = LabelledSlider(
            tr("Tokens"),
            tr("A budget: the run as it would have ended with so many generated tokens."), 1, spent, spent,
            whole=True, optional=True,
        )  # fmt: skip
        self.budget.set_value(None)
        self._controls.addWidget(self.candidates, 0, 0, 2, 1)
        self._controls.addWidget(self.budget, 0, 1, 2, 1)
        for slider in (self.candidates, self.budget):
            slider.setMinimumWidth(px(150))
            slider.changed.connect(self._timer.start)
        self.verifiers.set_choices(pool.recorded.verifiers)
        self.choose.setCurrentIndex(0)
        self._name_verifiers()
        self._offer_number()

    def _offer_number(self) -> None:
        """The number of candidates can be changed only where something goes by it."""
        if self._pool is None or self.candidates is None:
            return
        reason = self._number_is_fixed(self._pool)
        self.candidates.setEnabled(not reason)
        self.candidates.set_help(reason or tr(NUMBER_HELP))

    def _number_is_fixed(self, pool: WhatIfPool) -> str:
        """Why the number of candidates says nothing here; empty where it does."""
        if pool.candidates < 2:
            return tr("There is only one text to choose from.")
        if choice_of(self.choose.currentData()).strategy is not None:
            return ""
        if not pool.is_independent:
            return tr(
                "This run made each text from earlier ones, and is not made again with fewer. "
                "Choose by a vote or a score: then only the first so many of its texts take part."
            )
        spec = STRATEGIES.get(pool.recorded.strategy.name)
        takes = spec is not None and any(setting.name == "n" for setting in spec.settings)
        return "" if takes else tr("The strategy of this run has no number of candidates.")

    def _name_verifiers(self) -> None:
        names = [tr(VERIFIERS[choice.name].title) for choice in self.verifiers.choices() if choice.name in VERIFIERS]
        words = tr("no verifier") if not names else names[0] if len(names) == 1 else f"{names[0]} + {len(names) - 1}"
        self.verifier_button.setText(words)
        now = ", ".join(names) or tr("nobody")
        self.verifier_button.setToolTip(tr("Who judges, and with which weight. Now: {0}.", now))

    # --- what is shown -------------------------------------------------------------------------------------------

    def _show_outlook(self, outlook: Outlook) -> None:
        rows = figures(self._state, outlook)
        parts = [f"{row.value} {row.name}{f' ({row.change})' if row.change else ''}" for row in rows]
        self._say(verdict(self._state, outlook), " · ".join(parts), " ".join((outlook.reason, *outlook.notes)))
        theme = current_theme()
        colour = {True: theme.good, False: theme.bad, None: theme.text}[outlook.correct]
        self.verdict.setStyleSheet(f"color: {colour}")

    def _say(self, words: str, numbers: str, notes: str) -> None:
        self.verdict.setStyleSheet("")
        self.verdict.setText(words)
        self.figures.setText(numbers)
        self.figures.setVisible(bool(numbers))
        self.notes.setText(notes)
        self.notes.setVisible(bool(notes))
        self.verdict.setAccessibleDescription(f"{words}. {numbers}. {notes}")

    # --- the person ----------------------------------------------------------------------------------------------

    def _on_choose_changed(self) -> None:
        self._offer_number()
        self._timer.start()

    def _on_verifiers_changed(self) -> None:
        self._name_verifiers()
        self._timer.start()

    def _on_reset_clicked(self) -> None:
        if self._pool is not None:
            self._set_controls(self._pool)
            self.answer_now()

    def _on_real_clicked(self) -> None:
        if self._pool is not None and self._state.start is not None:
            self.setup_wanted.emit(self.what_if().applied_to(self._state.start.setup))

    def _on_theme_changed(self) -> None:
        if self._outlook is not None:
            self._show_outlook(self._outlook)

    # --- making --------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self._state_events = -1
        self.toggle.setText(tr("What if …?"))
        self.toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toggle.setToolTip(tr("Another number, vote, verifier or budget over this run: no new tokens (Ctrl+I)."))
        set_kind(self.toggle, "quiet")
        self.toggle.setStyleSheet("padding-left: 0")  # its sign stands above what is below it
        set_icon(self.toggle, "caret-right", "muted")
        self.toggle.clicked.connect(lambda: self.set_open(not self.is_open))
        self.badge.set_source("what-if")
        self.badge.hide()
        self._build_controls()
        self.verdict.setProperty("role", "headline")
        set_role(self.notes, "muted")
        self.figures.setWordWrap(True)
        for label in (self.verdict, self.figures, self.notes):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.verdict.setAccessibleName(tr("The answer of the what-if"))
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self.toggle)
        head.addWidget(self.badge)
        head.addStretch(1)
        head.addWidget(self.reset)
        head.addWidget(self.real)
        said = QHBoxLayout()
        said.setSpacing(px(20))
        said.addWidget(self.verdict)
        said.addWidget(self.figures, 1)
        inside = QVBoxLayout(self.body)
        inside.setContentsMargins(4, 0, 0, 0)
        inside.setSpacing(8)
        inside.addLayout(self._controls)
        inside.addLayout(said)
        inside.addWidget(self.notes)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 12, 2)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.body)
        self.body.hide()
        for button in (self.reset, self.real):
            button.hide()
        THEMES.theme_changed.connect(self._on_theme_changed)

    def _build_controls(self) -> None:
        self._controls.setHorizontalSpacing(px(20))
        self._controls.setVerticalSpacing(2)
        for choice in CHOICES:
            self.choose.addItem(tr(choice.title), choice.key)
            self.choose.setItemData(self.choose.count() - 1, tr(choice.help), Qt.ItemDataRole.ToolTipRole)
        self.choose.setAccessibleName(tr("Choose by"))
        self.choose.setToolTip(tr("How the answer is chosen from the candidates that are there."))
        self.choose.currentIndexChanged.connect(self._on_choose_changed)
        self.verifier_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.verifier_button.setAccessibleName(tr("Verifiers of the what-if"))
        self.verifier_button.setMinimumWidth(px(150))
        self.verifier_button.setMenu(self._verifier_menu())
        self.verifiers.changed.connect(self._on_verifiers_changed)
        self._name_verifiers()
        for row, (words, control) in enumerate(
            ((tr("Choose by"), self.choose), (tr("Verifiers"), self.verifier_button))
        ):
            self._controls.addWidget(QLabel(words), row, 2)
            self._controls.addWidget(control, row, 3)
        for place in (0, 1):
            self._controls.setColumnStretch(place, 1)
        self.reset.setToolTip(tr("Takes all what-ifs back."))
        self.reset.clicked.connect(self._on_reset_clicked)
        self.real.setToolTip(tr("Runs it with the model, as it is set here."))
        set_kind(self.real, "primary")
        self.real.clicked.connect(self._on_real_clicked)

    def _verifier_menu(self) -> QMenu:
        menu, action, area = QMenu(self), QWidgetAction(self), QScrollArea()
        self.verifiers.setContentsMargins(12, 8, 12, 8)
        area.setAccessibleName(tr("Verifiers of the what-if"))
        area.setWidget(self.verifiers)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumSize(QSize(px(300), px(340)))
        action.setDefaultWidget(area)
        menu.addAction(action)
        return menu
