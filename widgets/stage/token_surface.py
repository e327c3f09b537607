"""A scrolling view of tokens: the pointer finds the token under it and a popup shows what stands behind it."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from engine.types import Token
from widgets.stage.token_popup import TokenPopup


class TokenPlace(NamedTuple):
    """A token of a candidate, and where it stands in the viewport."""

    candidate: int
    index: int
    token: Token
    rect: QRect


class TokenSurface(QAbstractScrollArea):
    """What lanes and ladder share. Subclasses say which token is where (`token_place`)."""

    token_hovered = Signal(int, int)
    token_clicked = Signal(int, int)
    alternative_chosen = Signal(int, int, int)  # candidate, place of the token, what is to stand there instead
    token_stepped = Signal(int)  # to the token before or after the one that is looked at
    alternatives_wanted = Signal()
    _popup: TokenPopup | None = None  # here, because Qt sends the first events while it makes the area

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport().setMouseTracking(True)
        self.verticalScrollBar().setSingleStep(24)
        self.can_act = False  # whether another token can be taken
        self.waits = False  # whether a run was asked for and has not begun yet
        self._hovered: tuple[int, int] | None = None

    @property
    def popup(self) -> TokenPopup:
        """The popup; it lies over the whole window, so that it is not cut off by a small view."""
        if self._popup is None or self._popup.parentWidget() is not self.window():
            self._popup = TokenPopup(self.window())
            self._popup.alternative_chosen.connect(self._on_alternative_chosen)
            self.destroyed.connect(self._popup.deleteLater)
        return self._popup

    def token_place(self, position: QPoint) -> TokenPlace | None:
        """The token under a point of the viewport."""
        raise NotImplementedError

    def hide_popup(self) -> None:
        """Takes the popup away, as when the text under the pointer has moved."""
        self._hovered = None
        if self._popup is not None:
            self._popup.hide()

    def takes_token_key(self, event: QKeyEvent) -> bool:
        """Shift with Left and Right goes from token to token, with Down to what could have come instead.

        Escape takes a card away that stays.
        """
        if event.key() == Qt.Key.Key_Escape and self._popup is not None and self._popup.pinned:
            self.hide_popup()
            return True
        if event.modifiers() != Qt.KeyboardModifier.ShiftModifier:
            return False
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in steps:
            self.token_stepped.emit(steps[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Down:
            self.alternatives_wanted.emit()
        else:
            return False
        return True

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows the popup of the token under the pointer."""
        if self._popup is not None and self._popup.pinned:
            return
        place = self.token_place(event.position().toPoint())
        if place is None:
            self.hide_popup()
            return
        if (place.candidate, place.index) != self._hovered:
            self._show_popup(place)
            self.token_hovered.emit(place.candidate, place.index)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Reports the token that was clicked; where a run can be changed its card stays, to choose another token."""
        self.hide_popup()
        place = self.token_place(event.position().toPoint())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self.token_clicked.emit(place.candidate, place.index)
            if self.can_act and place.token.alternatives:
                self._show_popup(place)
                self.popup.pin()

    def viewportEvent(self, event: QEvent) -> bool:
        """Takes the popup away when the pointer leaves."""
        pinned = self._popup is not None and self._popup.pinned
        if event.type() == QEvent.Type.Wheel or (event.type() == QEvent.Type.Leave and not pinned):
            self.hide_popup()
        return super().viewportEvent(event)

    def _show_popup(self, place: TokenPlace) -> None:
        self._hovered = (place.candidate, place.index)
        origin = self.viewport().mapTo(self.window(), place.rect.topLeft())
        self.popup.show_token(place.token, QRect(origin, place.rect.size()))

    def _on_alternative_chosen(self, token: int) -> None:
        if self._hovered is not None:
            self.alternative_chosen.emit(*self._hovered, token)
        self.hide_popup()

    def hideEvent(self, event: QEvent) -> None:
        """Takes the popup along."""
        self.hide_popup()
        super().hideEvent(event)  # type: ignore[arg-type]
