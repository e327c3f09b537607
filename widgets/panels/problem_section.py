"""What is asked: free text, or a problem of the ladder, with its answer when it is known."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QMimeData, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QMenu, QPlainTextEdit, QWidget

from engine.lab.problem_sets import Rung, find_problem, make_problem
from engine.types import Problem
from widgets.panels.field_error import FieldError, mark_invalid
from widgets.panels.picker import Picker
from widgets.panels.section import Section
from widgets.scaled import follow_scale
from widgets.theme import px
from widgets.translation import later, tr

FREE = later("Your own question")
WIDEST_ANSWER = 160  # beside its name, in a panel that grows less than type does
LONGEST_QUESTION = 20_000  # characters: a line of a million takes Qt two minutes
TOO_LONG = later("The text was cut: {0:,} characters fit here. The command line takes longer ones.")
FEWEST_LINES, MOST_LINES = 2, 5
FRAME = 8  # the margin that a document keeps around itself, and the border
# A push button with a menu takes no padding on its left, so the text brings its own.
INDENT = "\u2002"


class QuestionEdit(QPlainTextEdit):
    """The question; Tab leaves it, as everywhere else in the panel."""

    too_long = Signal()  # more was pasted than there is room for

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self.setPlaceholderText(tr("Ask something, or choose a problem below"))
        self.setAccessibleName(tr("Question"))
        self.setToolTip(tr("The question that the model is asked, word for word."))
        self.setAcceptDrops(False)  # a file that is dropped here is meant for the window
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Pastes plain text, up to what can be laid out without holding up the window."""
        room = LONGEST_QUESTION - len(self.toPlainText()) + len(self.textCursor().selectedText())
        text = source.text()
        self.insertPlainText(text[: max(0, room)])
        if len(text) > room:
            self.too_long.emit()

    def _fit(self) -> None:
        """As high as the question, within bounds."""
        lines = min(max(round(self.document().size().height()), FEWEST_LINES), MOST_LINES)
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + px(16) + FRAME)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width breaks the question elsewhere, which the document does not say."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Follows the size of type."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leaves Ctrl+Return to the window, which starts the run."""
        if (
            event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            event.ignore()
            return
        super().keyPressEvent(event)


class ProblemSection(Section):
    """The question, the ladder to choose from, and the known answer."""

    changed = Signal()

    def __init__(self, ladder: Sequence[Rung], parent: QWidget | None = None) -> None:
        super().__init__(tr("Problem"), parent)
        self._ladder = ladder
        # The answer that was filled in, as against one that a person typed.
        self._filled = ""
        self.question = QuestionEdit()
        self.error = FieldError()
        self.picker = Picker(INDENT + tr(FREE))
        self.answer = QLineEdit()
        self._fill_picker()
        self._build()

    def problem(self) -> Problem:
        """The problem as it stands; the question may be empty."""
        return make_problem(self.question.toPlainText().strip(), self.answer.text().strip() or None)

    def set_problem(self, problem: Problem) -> None:
        """Shows a problem without saying that it changed."""
        for widget in (self.question, self.answer):
            widget.blockSignals(True)
        self.question.setPlainText(problem.question)
        self.answer.setText(problem.answer or "")
        known = find_problem(problem.question)
        self._filled = problem.answer or "" if known is not None and known.answer == problem.answer else ""
        for widget in (self.question, self.answer):
            widget.blockSignals(False)
        self._show_rung()
        self._complain("")

    def errors(self) -> list[QWidget]:
        """The question field, when it is empty."""
        empty = not self.question.toPlainText().strip()
        self._complain(tr("Write a question, or choose one from the ladder.") if empty else "")
        return [self.question] if empty else []

    def _fill_picker(self) -> None:
        menu = QMenu(self.picker)
        for rung in self._ladder:
            steps = menu.addMenu(tr(rung.title))
            steps.setToolTipsVisible(True)
            for problem in rung.problems:
                action = steps.addAction(problem.question)
                action.setToolTip(tr(rung.help))
                action.triggered.connect(lambda _, problem=problem: self._on_problem_chosen(problem))
        self.picker.setMenu(menu)

    def _build(self) -> None:
        self.picker.setToolTip(tr("Problems from trivial to hopeless for a small model, with their answers."))
        self.picker.setAccessibleName(tr("Problem ladder"))
        help_text = tr(
            "When the right answer is known, every candidate is marked right or wrong. The model never sees it."
        )
        self.answer.setPlaceholderText(tr("not known"))
        self.answer.setToolTip(help_text)
        self.answer.setAccessibleName(tr("Known answer"))
        label = QLabel(tr("Known answer"))
        label.setToolTip(help_text)
        row = QHBoxLayout()
        row.addWidget(label)
        row.addStretch(1)
        row.addWidget(self.answer)
        follow_scale(self.answer, lambda: self.answer.setFixedWidth(min(px(110), WIDEST_ANSWER)))
        self.answer.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.body.addWidget(self.question)
        self.body.addWidget(self.error)
        self.body.addWidget(self.picker)
        self.body.addLayout(row)
        self.question.textChanged.connect(self._on_question_changed)
        self.question.too_long.connect(lambda: self._complain(tr(TOO_LONG, LONGEST_QUESTION)))
        self.answer.textEdited.connect(lambda _: self.changed.emit())

    def _on_question_changed(self) -> None:
        known = find_problem(self.question.toPlainText().strip())
        # An answer that was filled in would mark every candidate wrong if it outlived its question.
        if known is not None or self.answer.text() == self._filled:
            self._filled = (known.answer if known is not None else None) or ""
            self.answer.setText(self._filled)
        self._show_rung()
        self._complain("")
        self.changed.emit()

    def _on_problem_chosen(self, problem: Problem) -> None:
        self.question.setPlainText(problem.question)

    def _show_rung(self) -> None:
        title = self.problem().title
        self.picker.set_words(INDENT + (tr("Ladder · {0}", tr(title).lower()) if title else tr(FREE)))

    def _complain(self, words: str) -> None:
        self.error.say(words)
        mark_invalid(self.question, bool(words))
