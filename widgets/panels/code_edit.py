"""A few lines of code, a pattern or a schema: typed as it is meant, in a fixed width."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

from widgets.theme import SIZE_TINY, font, set_role

INDENT = " " * 4
FRAME_PX = 24  # the style sheet's border and padding, the document's margin, and a little to spare


class CodeEdit(QPlainTextEdit):
    """An editor `lines` high. Tab indents, Return keeps the indent, Shift+Tab leaves.

    Lines are not wrapped: their beginnings mean something.
    """

    def __init__(self, lines: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = lines
        self.setFont(font(SIZE_TINY, mono=True))  # without ligatures, which the style sheet cannot switch off
        set_role(self, "code")
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """As high as its lines."""
        self.ensurePolished()
        line = math.ceil(QFontMetricsF(self.font()).lineSpacing())  # the layout never takes a part of a pixel
        return QSize(super().sizeHint().width(), line * self._lines + FRAME_PX)

    def minimumSizeHint(self) -> QSize:
        """It may be as narrow as it has to be, not lower."""
        return QSize(0, self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        """Other type, other height."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.updateGeometry()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab is typed; only Shift+Tab leaves."""
        return False if forward else super().focusNextPrevChild(forward)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Tab and Return do what they do in an editor for code."""
        if event.key() == Qt.Key.Key_Tab:
            self.insertPlainText(INDENT)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.insertPlainText("\n" + self._next_indent())
            self.ensureCursorVisible()
        else:
            super().keyPressEvent(event)

    def _next_indent(self) -> str:
        cursor = self.textCursor()
        before = cursor.block().text()[: cursor.positionInBlock()]
        deeper = INDENT if before.rstrip().endswith(":") else ""
        return before[: len(before) - len(before.lstrip())] + deeper
