"""One contestant: what it is, its model, how it stands, and its run on a small stage."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.contest.contestant import LETTERS, model_name
from engine.contest.entry import Entry
from widgets.calm import CalmBox
from widgets.compare.cost_bar import paint_letter
from widgets.compare.one_line import OneLine
from widgets.icons import set_icon
from widgets.painting import painted
from widgets.stage.badge import Source
from widgets.stage.marks import rounded
from widgets.stage.stage_view import StageView
from widgets.theme import CARD_RADIUS, SIZE_LARGE, SIZE_SMALL, THEMES, current_theme, px, set_kind, set_role
from widgets.translation import tr

Models = Sequence[tuple[str, str]]  # name and path
NARROWEST = 200
PRESENTING = 1.2  # from this scale of type on


class Letter(QWidget):
    """The sign of a contestant."""

    def __init__(self, letter: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._letter = letter
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        THEMES.theme_changed.connect(self.updateGeometry)
        THEMES.theme_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """A small box."""
        return QSize(px(22), px(22))

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_letter(painter, QRectF(0, 0, px(22), px(22)), self._letter)
        painter.end()


class ContestantColumn(QWidget):
    """A card. Draws what it is told, and says what a person wants."""

    removed = Signal()
    model_chosen = Signal(str)

    def __init__(self, index: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.letter = LETTERS[index]
        self.title, self.details = OneLine(SIZE_LARGE, strong=True), OneLine(SIZE_SMALL)
        self.model, self.remove_button = CalmBox(), QToolButton()
        self.stage, self.words = StageView(), QLabel(wordWrap=True)
        self._pages = QStackedWidget()
        self._shown: object = None
        self._build()

    def show_entry(
        self, entry: Entry, models: Models, *, editable: bool, replayed: bool = False, question: str = ""
    ) -> None:
        """Shows how a contestant stands.

        Args:
            entry: The contestant.
            models: What can be chosen, by name and path.
            editable: Whether it can be changed now.
            replayed: As for `show_moment`.
            question: Its own, where not all have the same.
        """
        contestant = entry.contestant
        title = tr(contestant.title)
        self.title.set_text(title)
        self.details.set_text(" · ".join(part for part in (question, contestant.details) if part))
        self.setAccessibleName(f"{self.letter}: {title}")
        self.setAccessibleDescription(f"{contestant.details}. {contestant.model_name}. {status_words(entry)}")
        self._show_models(models, contestant.load.path)
        self.model.setEnabled(editable)
        self.remove_button.setEnabled(editable)
        self.words.setText(status_words(entry, waiting=tr("Has not run yet") if editable else tr("Waits for its turn")))
        set_role(self.words, "error" if entry.status == "failed" else "muted")
        self._pages.setCurrentWidget(self.stage if entry.has_run else self.words)
        self.show_moment(entry, replayed)

    def show_moment(self, entry: Entry, replayed: bool = False) -> None:
        """Shows the moment that the entry's run stands at: what is new in it, or all when it is another state.

        Args:
            entry: The contestant.
            replayed: Whether the whole race is being looked at again, before the end of its clock.
        """
        source = source_of(entry, replayed)
        shown = (id(entry.state), entry.player.generation, source)
        if shown != self._shown:
            self._shown = shown
            self.stage.set_state(entry.state, source)
        else:
            self.stage.refresh()
        if entry.has_run and self._pages.currentWidget() is not self.stage:
            self._pages.setCurrentWidget(self.stage)

    def minimumSizeHint(self) -> QSize:
        """Four of them fit side by side."""
        return QSize(px(NARROWEST), px(180))

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the card."""
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        rounded(painter, box, CARD_RADIUS, theme.surface, None)
        painter.save()
        painter.setClipRect(box.adjusted(0, self._pages.y(), 0, 0))
        rounded(painter, box, CARD_RADIUS, theme.background, None)  # the ground of the stage, with the card's corners
        painter.restore()
        rounded(painter, box, CARD_RADIUS, None, theme.line)
        painter.end()

    def _show_models(self, models: Models, own: str) -> None:
        wanted = list(models)
        if all(path != own for _, path in wanted):
            wanted.insert(0, (model_name(own), own))
        if [(self.model.itemText(i), self.model.itemData(i)) for i in range(self.model.count())] != wanted:
            self.model.clear()
            for name, path in wanted:
                self.model.addItem(name, path)
                self.model.setItemData(self.model.count() - 1, path, Qt.ItemDataRole.ToolTipRole)
        self.model.setCurrentIndex(self.model.findData(own))

    def _build(self) -> None:
        self.stage.set_compact(True)
        self.stage.setMinimumWidth(0)
        set_kind(self.remove_button, "quiet")
        set_icon(self.remove_button, "x", "muted")
        self.remove_button.setToolTip(tr("Takes this one out of the race."))
        self.remove_button.setAccessibleName(tr("Remove {0}", self.letter))
        self.remove_button.clicked.connect(self.removed)
        self.model.setAccessibleName(tr("Model of {0}", self.letter))
        self.model.setToolTip(tr("The model that this one runs on: the same set-up can race on two models."))
        self.model.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.model.setMinimumContentsLength(8)
        self.model.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.model.activated.connect(lambda _: self.model_chosen.emit(str(self.model.currentData())))
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setMargin(16)
        set_role(self.words, "muted")
        self._pages.addWidget(self.words)
        self._pages.addWidget(self.stage)
        self._pages.setMinimumWidth(0)
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(Letter(self.letter))
        first.addWidget(self.title, 1)
        first.addWidget(self.remove_button)
        head = QVBoxLayout()
        head.setContentsMargins(12, 8, 8, 8)
        head.setSpacing(2)
        head.addLayout(first)
        head.addWidget(self.details)
        below = QHBoxLayout()
        below.setContentsMargins(0, 2, 4, 0)
        below.addWidget(self.model)
        head.addLayout(below)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._pages, 1)
        self._fit()
        THEMES.theme_changed.connect(self._fit)

    def _fit(self) -> None:
        """Large type is for presenting, and there nothing is chosen."""
        self.model.setVisible(THEMES.scale <= PRESENTING)
        self.update()


def source_of(entry: Entry, replayed: bool = False) -> Source | None:
    """What the badge of its stage says. In a replay all are recorded, also those that ended before others."""
    start = entry.state.start
    if start is not None and start.backend == "simulated":
        return "simulated"
    if entry.recorded:
        return "recorded"
    if entry.status == "running":
        return "paused" if entry.state.status == "paused" else "live"
    return "recorded" if entry.has_run and (replayed or not entry.player.at_end) else None


def status_words(entry: Entry, waiting: str = "") -> str:
    """How it stands, where there is no run to show that."""
    if entry.trouble is not None:
        return "\n".join(part for part in (entry.trouble.what, entry.trouble.why, entry.trouble.next_step) if part)
    if entry.status == "loading":
        return (entry.words or tr("loading its model")).capitalize()
    known = {"running": tr("Begins …"), "failed": tr("Its run did not begin."), "ended": tr("Has run")}
    return known.get(entry.status, waiting or tr("Has not run yet"))
