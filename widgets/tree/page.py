"""The search on the stage: the picture of the tree with its outline, and what can be done with both."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSplitter, QToolButton, QVBoxLayout, QWidget

from engine.acts import ExpandNode, PinNode, PruneNode
from engine.trace.fold import RunState
from widgets.icons import set_icon
from widgets.panels.segmented import Segmented
from widgets.scaled import follow_scale, is_large
from widgets.theme import px, set_kind, set_role
from widgets.translation import later, tr, tr_each
from widgets.tree.node_menu import NodeMenu, menu_position, takes_single_nodes
from widgets.tree.outline import TreeOutline
from widgets.tree.view import FIT, FOLLOW, SearchTreeView

DIVISION = (0.48, 0.52)  # the first time; after that it stays as a person has drawn it
CAMERAS = [
    (FIT, later("Fit"), later("Keeps the whole tree in view (F).")),
    (FOLLOW, later("Follow"), later("Goes where the search goes.")),
]


class SearchTreePage(QWidget):
    """A search over thoughts. The picture and the outline show the same, and select the same."""

    candidate_selected = Signal(int)
    act_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = RunState()
        self.can_act = self._was_divided = False
        self.view, self.outline = SearchTreeView(), TreeOutline()
        self.cameras = Segmented([(key, *tr_each(words)) for key, *words in CAMERAS])
        self.search, self.found = QLineEdit(), QLabel()
        self.outline_button = QToolButton()
        self._splitter, self._tools = QSplitter(Qt.Orientation.Horizontal), QWidget()
        self._build()
        self.view.node_selected.connect(self._on_view_selected)
        self.view.menu_requested.connect(self.open_menu)
        self.view.folded.connect(self.outline.set_folded)
        self.view.camera_mode_changed.connect(self._on_camera_mode_changed)
        self.outline.node_selected.connect(self._on_outline_selected)
        self.cameras.chosen.connect(self.view.set_mode)
        self.search.textChanged.connect(self._on_search_changed)
        self.search.returnPressed.connect(self.view.go_to_match)
        self.outline_button.toggled.connect(self._on_outline_toggled)

    def set_state(self, state: RunState) -> None:
        """Shows a run, or another moment of one."""
        self._state = state
        self.view.set_state(state)
        if not self.outline.isHidden():
            self.outline.set_state(state)
            self.outline.select(self.view.selected_candidate)
        self._on_search_changed(self.search.text())

    def refresh(self, changed: Collection[int]) -> None:
        """Takes what is new in the state; once per frame."""
        self.view.refresh(changed)
        self._show_found()
        if not self.outline.isHidden():
            self.outline.refresh(changed)

    def go_to_search(self) -> None:
        """Puts the cursor into the search field, over what was searched for before."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def select(self, candidate: int | None) -> None:
        """Selects a thought."""
        self.view.select(candidate)
        if not self.outline.isHidden():
            self.outline.select(candidate)

    def set_reduce_motion(self, reduce: bool) -> None:
        """Changes are shown at once instead of animated."""
        self.view.set_reduce_motion(reduce)

    def set_tools_shown(self, shown: bool) -> None:
        """Shows the row of tools above the picture, or leaves it to the picture."""
        self._tools.setVisible(shown)

    def finish_rendering(self) -> None:
        """Everything comes to rest, for a picture."""
        self.view.finish_rendering()

    @property
    def picture_part(self) -> QWidget:
        """What belongs into a picture: the tree, with its outline if that is open."""
        return self._splitter

    def open_menu(self, candidate: int, position: object) -> NodeMenu:
        """What can be done to a thought, or (-1) to the problem."""
        menu = self._make_menu(candidate)
        menu.popup(menu_position(position))
        return menu

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """E expands the selected thought, P pins it, Delete prunes it, T adds one."""
        selected = self.view.selected_candidate
        candidate = self._state.candidates.get(selected) if selected is not None else None
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if not plain or not self.can_act or not takes_single_nodes(self._state):
            super().keyPressEvent(event)
            return
        match event.key():
            case Qt.Key.Key_E:
                self.act_requested.emit(ExpandNode(selected))
            case Qt.Key.Key_T:
                self._make_menu(-1 if selected is None else selected).write(None)
            case Qt.Key.Key_P if candidate is not None:
                self.act_requested.emit(PinNode(candidate.id, not candidate.pinned))
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace if candidate is not None:
                self.act_requested.emit(PruneNode(candidate.id))
            case _:
                super().keyPressEvent(event)

    def _make_menu(self, candidate: int) -> NodeMenu:
        menu = NodeMenu(self._state, self._state.candidates.get(candidate), can_act=self.can_act, parent=self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.act_requested.connect(self.act_requested)
        menu.collapse_requested.connect(self.view.set_collapsed)
        return menu

    def _build(self) -> None:
        self.cameras.set_value(FIT)
        self.cameras.setAccessibleName(tr("What the picture shows"))
        self.search.setPlaceholderText(tr("Find in thoughts"))
        self.search.setAccessibleName(tr("Find in thoughts"))
        self.search.setToolTip(tr("Rings the thoughts that have these words; Enter goes to the next one (Ctrl+F)."))
        self.search.setClearButtonEnabled(True)
        follow_scale(self.search, lambda: self.search.setMaximumWidth(px(220)))
        set_role(self.found, "muted")
        self.outline_button.setAccessibleName(tr("Outline"))
        follow_scale(self.outline_button, lambda: self.outline_button.setText("" if is_large() else tr("Outline")))
        self.outline_button.setCheckable(True)
        self.outline_button.setToolTip(tr("The same tree as rows, for the keyboard and for screen readers."))
        self.outline_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        set_icon(self.outline_button, "list-bullets")
        set_kind(self.outline_button, "quiet")
        row = QHBoxLayout(self._tools)
        row.setContentsMargins(4, 0, 16, 0)
        row.setSpacing(10)
        row.addWidget(self.cameras)
        row.addWidget(self.search)
        row.addWidget(self.found)
        row.addStretch(1)
        row.addWidget(self.outline_button)
        self._splitter.addWidget(self.view)
        self._splitter.addWidget(self.outline)
        for place, share in enumerate(DIVISION):
            self._splitter.setStretchFactor(place, round(100 * share))
        self._splitter.setChildrenCollapsible(False)
        self.outline.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._tools)
        column.addWidget(self._splitter, 1)

    def _on_view_selected(self, candidate: int) -> None:
        if not self.outline.isHidden():
            self.outline.select(candidate if candidate >= 0 else None)
        self.candidate_selected.emit(candidate)

    def _on_outline_selected(self, candidate: int) -> None:
        self.view.select(candidate)
        self.candidate_selected.emit(candidate)

    def _on_camera_mode_changed(self, mode: str) -> None:
        self.cameras.set_value(mode)

    def _on_search_changed(self, words: str) -> None:
        self.view.search(words)
        self._show_found()

    def _show_found(self) -> None:
        self.found.setText(tr("{0:,} found", self.view.found) if self.search.text().strip() else "")

    def _on_outline_toggled(self, shown: bool) -> None:
        if shown:
            self.outline.set_state(self._state)
            self.outline.select(self.view.selected_candidate)
        self.outline.setVisible(shown)
        set_icon(self.outline_button, "list-bullets", "on_accent" if shown else "text")
        if shown and not self._was_divided:
            self._was_divided = True
            self._splitter.setSizes([round(self._splitter.width() * share) for share in DIVISION])
