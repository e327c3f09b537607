"""A field for code keeps what its lines mean, shows as many as it promises, and lets nobody be caught in it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from widgets.panels.code_edit import CodeEdit
from widgets.theme import set_type_scale


@pytest.fixture
def form(qtbot):
    """A line above an editor of five lines, and a line below."""
    form = QWidget()
    form.above, form.edit, form.below = QLineEdit(), CodeEdit(5), QLineEdit()
    column = QVBoxLayout(form)
    for widget in (form.above, form.edit, form.below):
        column.addWidget(widget)
    column.addStretch(1)
    qtbot.addWidget(form)
    form.resize(256, 400)
    with qtbot.waitExposed(form):
        form.show()
    form.activateWindow()
    form.edit.setFocus()
    return form


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_as_many_lines_are_seen_as_it_promises_and_no_more(form, qtbot, scale):
    set_type_scale(scale)
    form.edit.setPlainText("\n".join(["line"] * 5))
    qtbot.waitUntil(lambda: form.edit.height() == form.edit.sizeHint().height())
    assert form.edit.verticalScrollBar().maximum() == 0
    form.edit.setPlainText("\n".join(["line"] * 6))
    qtbot.waitUntil(lambda: form.edit.verticalScrollBar().maximum() > 0)


def test_a_long_line_is_not_broken(form):
    form.edit.setPlainText("    return " + "a + " * 50 + "a")
    assert form.edit.document().firstBlock().layout().lineCount() == 1


def test_tab_indents_and_return_keeps_the_indent(form, qtbot):
    qtbot.keyClicks(form.edit, "def f(x):")
    qtbot.keyClick(form.edit, Qt.Key.Key_Return)
    qtbot.keyClicks(form.edit, "y = x")
    qtbot.keyClick(form.edit, Qt.Key.Key_Return)
    qtbot.keyClicks(form.edit, "return y")
    qtbot.keyClick(form.edit, Qt.Key.Key_Return)
    qtbot.keyClick(form.edit, Qt.Key.Key_Tab)
    assert form.edit.toPlainText() == "def f(x):\n    y = x\n    return y\n        "
    assert form.edit.hasFocus()


def test_shift_and_tab_leave_it(form, qtbot):
    qtbot.keyClick(form.edit, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert form.above.hasFocus()
