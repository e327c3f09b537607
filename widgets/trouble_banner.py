"""What went wrong, why, and what to do next, where it went wrong."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from engine.errors import ThinkscopeError
from widgets.icons import pixmap, set_icon
from widgets.theme import THEMES, set_kind, set_role
from widgets.translation import tr


class TroubleBanner(QFrame):
    """A strip above the stage; the work below it stays. Hidden while there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "banner")
        self.what, self.rest, self._sign = QLabel(wordWrap=True), QLabel(wordWrap=True), QLabel()
        set_role(self.what, "strong")
        self.rest.setTextFormat(Qt.TextFormat.PlainText)
        self.what.setTextFormat(Qt.TextFormat.PlainText)
        for label in (self.what, self.rest):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        close = QToolButton()
        set_icon(close, "x", "muted")
        set_kind(close, "quiet")
        close.setToolTip(tr("Puts this message away."))
        close.setAccessibleName(tr("Close message"))
        close.clicked.connect(self.hide)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.what)
        words.addWidget(self.rest)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(12)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setAccessibleName(tr("Message"))
        THEMES.theme_changed.connect(self._paint_sign)
        self._paint_sign()
        self.hide()

    def say(self, trouble: ThinkscopeError) -> None:
        """Shows an error until it is put away or the next run starts."""
        self.what.setText(trouble.what)
        rest = " ".join(part for part in (trouble.why, trouble.next_step) if part)
        self.rest.setText(rest)
        self.rest.setVisible(bool(rest))
        self.setAccessibleDescription(str(trouble))
        self.show()

    def _paint_sign(self) -> None:
        self._sign.setPixmap(pixmap("warning-circle", "bad", 18, self.devicePixelRatioF()))
