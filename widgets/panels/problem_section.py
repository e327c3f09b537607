"""What is asked: free text, or a problem of the ladder, with its answer when it is known."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPlainTextEdit, QWidget

from engine.types import Problem
from widgets.panels.field_error import FieldError, mark_invalid
from widgets.panels.section import Section

FREE = "Your own question"
TEXT_HEIGHT = 76


class QuestionEdit(QPlainTextEdit):
    """The question; Tab leaves it, as everywhere else in the panel."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self.setPlaceholderText("Ask something, or choose a problem below")
        self.setAccessibleName("Question")
        self.setToolTip("The question that the model is asked, word for word.")
        self.setFixedHeight(TEXT_HEIGHT)

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

    def __init__(self, ladder: Sequence[Problem], parent: QWidget | None = None) -> None:
        super().__init__("Problem", parent)
        self._ladder = {problem.question: problem for problem in ladder}
        self.question = QuestionEdit()
        self.error = FieldError()
        self.picker = QComboBox()
        self.answer = QLineEdit()
        self._fill_picker()
        self._build()

    def problem(self) -> Problem:
        """The problem as it stands; the question may be empty."""
        question = self.question.toPlainText().strip()
        answer = self.answer.text().strip() or None
        known = self._ladder.get(question)
        if known is not None:
            return known if answer == known.answer else Problem(question, answer, known.kind, known.title)
        return Problem(question, answer)

    def set_problem(self, problem: Problem) -> None:
        """Shows a problem without saying that it changed."""
        for widget in (self.question, self.answer):
            widget.blockSignals(True)
        self.question.setPlainText(problem.question)
        self.answer.setText(problem.answer or "")
        for widget in (self.question, self.answer):
            widget.blockSignals(False)
        self._show_rung()
        self._complain("")

    def errors(self) -> list[QWidget]:
        """The question field, when it is empty."""
        empty = not self.question.toPlainText().strip()
        self._complain("Write a question, or choose one from the ladder." if empty else "")
        return [self.question] if empty else []

    def _fill_picker(self) -> None:
        self.picker.addItem(FREE, "")
        title = None
        for problem in self._ladder.values():
            if problem.title != title:
                title = problem.title
                self.picker.addItem(title)
                model = self.picker.model()
                if isinstance(model, QStandardItemModel):
                    item = model.item(self.picker.count() - 1)
                    item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.picker.addItem(f"   {problem.question}", problem.question)

    def _build(self) -> None:
        self.picker.setToolTip("Problems from trivial to hopeless for a small model, with their answers.")
        self.picker.setAccessibleName("Problem ladder")
        self.picker.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.picker.setMinimumContentsLength(12)
        self.picker.setMaxVisibleItems(18)
        self.picker.activated.connect(self._on_picker_activated)
        help_text = "When the right answer is known, every candidate is marked right or wrong. The model never sees it."
        self.answer.setPlaceholderText("not known")
        self.answer.setToolTip(help_text)
        self.answer.setAccessibleName("Known answer")
        label = QLabel("Known answer")
        label.setToolTip(help_text)
        row = QHBoxLayout()
        row.addWidget(label)
        row.addStretch(1)
        row.addWidget(self.answer)
        self.answer.setFixedWidth(110)
        self.answer.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.body.addWidget(self.question)
        self.body.addWidget(self.error)
        self.body.addWidget(self.picker)
        self.body.addLayout(row)
        self.question.textChanged.connect(self._on_question_changed)
        self.answer.textEdited.connect(lambda _: self.changed.emit())

    def _on_question_changed(self) -> None:
        known = self._ladder.get(self.question.toPlainText().strip())
        # The answer to another question would mark every candidate wrong, so it does not outlive its question.
        if known is not None:
            self.answer.setText(known.answer or "")
        elif self.picker.currentIndex() > 0:
            self.answer.clear()
        self._show_rung()
        self._complain("")
        self.changed.emit()

    def _on_picker_activated(self, index: int) -> None:
        question = self.picker.itemData(index)
        if question:
            self.question.setPlainText(question)
        else:
            self.question.setFocus()
            self.question.selectAll()

    def _show_rung(self) -> None:
        index = self.picker.findData(self.question.toPlainText().strip())
        self.picker.setCurrentIndex(max(0, index))

    def _complain(self, words: str) -> None:
        self.error.say(words)
        mark_invalid(self.question, bool(words))
