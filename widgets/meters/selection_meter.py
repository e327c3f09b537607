"""Why the search goes where it goes: the formula with this moment's numbers in it, for a thought and its siblings."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from engine.trace.fold import RunState
from engine.trace.standings import Standing, Standings, standings_after, standings_of
from widgets.models.thought_tree import PROBLEM
from widgets.painting import painted
from widgets.panels.labelled_slider import LabelledSlider
from widgets.panels.section import SectionTitle
from widgets.plain_tooltip import plain
from widgets.stage.marks import LEFT, RIGHT, draw_text, rounded
from widgets.theme import MONO, SIZE_SMALL, SIZE_TINY, THEMES, current_theme, px, qcolor, readable, set_role
from widgets.translation import tr

HIGHEST_C = 4.0
ROW_HEIGHT = 24


class SiblingTable(QWidget):
    """Siblings with their visits, values and merits; the one that would be chosen is marked. A click selects one."""

    candidate_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[tuple[Standing, str]] = ()
        self._chosen: int | None = None
        self._selected: int | None = None
        self._puct = False
        self.setAccessibleName(tr("Siblings"))
        self.setToolTip(
            tr("N: visits. Q: the value so far. UCT or PUCT: what selection compares; the highest is chosen.")
        )
        THEMES.theme_changed.connect(self.updateGeometry)

    def show_rows(self, standings: Standings, words: Sequence[str], selected: int) -> None:
        """Takes the rows with what each thought says."""
        self._rows = list(zip(standings.rows, words, strict=True))
        self._chosen, self._selected, self._puct = standings.chosen, selected, standings.rules.puct
        spoken = [
            tr("{0}: {1} visits, value {2:.2f}, {3}", text, row.visits, row.quality, merit_words(row))
            for row, text in self._rows
        ]
        self.setAccessibleDescription("; ".join(spoken))
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        return QSize(220, px(ROW_HEIGHT) * (len(self._rows) + 1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Selects a sibling."""
        row = int(event.position().y() // px(ROW_HEIGHT)) - 1
        if 0 <= row < len(self._rows):
            self.candidate_chosen.emit(self._rows[row][0].candidate)

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the head and the rows, of ten thousand siblings only those that are to be seen."""
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row, width = px(ROW_HEIGHT), self.width()
        seen = event.rect().adjusted(0, -1, 0, 1)  # the line between two rows lies half in each
        first, last = max(1, seen.top() // row), seen.bottom() // row
        columns = (px(30), px(42), px(50))
        heads = ("N", "Q", "PUCT" if self._puct else "UCT")
        self._draw_cells(painter, 0, heads, columns, theme.muted, tr("thought"), theme.muted, bold=False)
        for number, (standing, text) in enumerate(self._rows[first - 1 : max(0, last)], first):
            top = number * row
            chosen, selected = standing.candidate == self._chosen, standing.candidate == self._selected
            if selected:
                rounded(painter, QRectF(-4, top, width + 8, row), 5, theme.accent_soft, None)
            painter.setPen(QPen(qcolor(theme.line), 1))
            painter.drawLine(0, top, width, top)
            accent = readable(theme.accent, theme.accent_soft if selected else theme.surface)
            ink = accent if chosen else theme.text if standing.is_open else theme.muted
            cells = (f"{standing.visits}", f"{standing.quality:.2f}", merit_words(standing))
            self._draw_cells(painter, top, cells, columns, ink, ("▸ " if chosen else "") + text, ink, bold=chosen)

    def _draw_cells(
        self, painter: QPainter, top: int, cells: Sequence[str], columns: Sequence[int], ink: str, text: str,
        text_ink: str, *, bold: bool,
    ) -> None:  # fmt: skip
        row, left = px(ROW_HEIGHT), self.width() - sum(columns)
        draw_text(painter, QRectF(0, top, left - 6, row), text, SIZE_SMALL, text_ink, LEFT, bold=bold)
        for cell, width in zip(cells, columns, strict=True):
            draw_text(painter, QRectF(left, top, width, row), cell, SIZE_SMALL, ink, RIGHT, bold=bold)
            left += width


class SelectionMeter(QWidget):
    """The formula of one thought, its siblings, and a slider for c that says what another constant would choose."""

    candidate_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = RunState()
        self._candidate: int | None = None
        self._shown: tuple[object, ...] = ()
        self.title, self.formula = SectionTitle(tr("Why this one?")), QLabel(wordWrap=True)
        self.formula.setTextFormat(Qt.TextFormat.RichText)
        self.formula.setProperty("surface", "formula")
        self.formula.setAccessibleName(tr("The selection formula"))
        self.formula.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.siblings_title, self.table = SectionTitle(tr("It and its siblings")), SiblingTable()
        self.slider = LabelledSlider(
            tr("Exploration c"),
            tr("What another constant would choose next; the run itself keeps its own."), 0, HIGHEST_C, 1.4
        )  # fmt: skip
        self.note = QLabel(wordWrap=True)
        set_role(self.note, "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self.title, self.formula, self.siblings_title, self.table, self.slider, self.note):
            column.addWidget(widget)
        self.slider.changed.connect(self._on_slider_changed)
        self.table.candidate_chosen.connect(self.candidate_chosen)
        THEMES.theme_changed.connect(self._on_theme_changed)
        self.hide()

    def select(self, state: RunState, candidate: int | None) -> None:
        """Shows a thought, or (`PROBLEM`) those that begin at the problem; None hides everything."""
        if candidate != self._candidate:
            self._candidate = candidate
            self._reset_slider(state)
        self.show_state(state)

    def show_state(self, state: RunState) -> None:
        """Shows the selected thought as it is in a state."""
        if state.start is not self._state.start:
            self._reset_slider(state)
        self._state = state
        found = self._find(state)
        self.setVisible(found is not None)
        if found is None:
            return
        shown = (found, self._candidate, self.slider.value(), current_theme().name)
        if shown == self._shown:
            return
        self._shown = shown
        own = found.rules.exploration
        wanted = self.slider.value()
        other = wanted is not None and abs(wanted - own) > 1e-9
        if other:
            found = self._find(state, wanted) or found
        self._show(found, own if other else None)

    def _find(self, state: RunState, exploration: float | None = None) -> Standings | None:
        """What is compared where the selected thought stands, or after the problem once there is something."""
        if self._candidate != PROBLEM:
            return standings_of(state, self._candidate, exploration) if self._candidate is not None else None
        found = standings_after(state, None, exploration)
        return found if found is not None and found.rows else None

    def _show(self, found: Standings, own: float | None) -> None:
        assert self._candidate is not None
        name, at_problem = "PUCT" if found.rules.puct else "UCT", self._candidate == PROBLEM
        title = tr("Which one first? {0}, now", name) if at_problem else tr("Why this one? {0}, now", name)
        self.title.setText(title.upper())
        self.siblings_title.setText((tr("After the problem") if at_problem else tr("It and its siblings")).upper())
        row = _first(found) if at_problem else _row_of(found, self._candidate)
        self.formula.setVisible(row is not None)
        if row is not None:
            self.formula.setText(formula_html(row, found))
            self.formula.setAccessibleDescription(formula_words(row, found))
            self.formula.setToolTip(plain(sources_words(row, found)))
        words = [" ".join(self._state.candidates[row.candidate].text.split()) or "…" for row in found.rows]
        self.table.show_rows(found, words, self._candidate)
        self.note.setText(self._note(found, own))

    def _note(self, found: Standings, own: float | None) -> str:
        chosen = found.chosen
        if chosen is None:
            return tr("Nothing after this place can be chosen any more.")
        if own is None:
            return tr("▸ goes next. Thoughts in grey are known to their ends, or pruned.")
        before = standings_of(self._state, chosen)
        same = before is not None and before.chosen == chosen
        words = (
            tr("WHAT-IF: with c = {0:.2f} instead of {1:.2f}, the same thought would go next.")
            if same
            else tr("WHAT-IF: with c = {0:.2f} instead of {1:.2f}, another thought would go next.")
        )
        return words.format(found.rules.exploration, own)

    def _reset_slider(self, state: RunState) -> None:
        found = self._find(state)
        if found is not None:
            self.slider.set_value(found.rules.exploration)

    def _on_slider_changed(self) -> None:
        self.show_state(self._state)

    def _on_theme_changed(self) -> None:
        self._shown = ()
        self.show_state(self._state)


def _row_of(found: Standings, candidate: int | None) -> Standing | None:
    return next((row for row in found.rows if row.candidate == candidate), None)


def _first(found: Standings) -> Standing:
    """The one that goes next; where none can go any more, the one that would have."""
    return _row_of(found, found.chosen) or max(found.rows, key=lambda row: row.merit)


def merit_words(row: Standing) -> str:
    """The merit as it is shown."""
    return tr("first") if math.isinf(row.merit) else f"{row.merit:.2f}"


def sources_words(row: Standing, found: Standings) -> str:
    """Where each number of the formula comes from, a line each."""
    flight = tr(", {0} of them still in flight and counted as lost", row.in_flight) if row.in_flight else ""
    visits = row.visits + row.in_flight
    quality = tr("Q = {0:.2f}: what its visits brought back, W {1:.2f} over N {2}", row.quality, row.total, visits)
    lines = [quality, tr("N = {0}: simulations that went through it", visits) + flight]
    lines.append(tr("Nₚ = {0}: those through the place before, with the one that chooses now", found.parent_visits))
    if found.rules.puct:
        lines.append(tr("P = {0:.2f}: how likely the model found it among its siblings", row.prior))
    lines.append(tr("c = {0:.2f}: the set-up's exploration, or the slider's", found.rules.exploration))
    return "\n".join(lines)


def formula_words(row: Standing, found: Standings) -> str:
    """The formula in one line of plain text."""
    c, n, of = found.rules.exploration, row.visits + row.in_flight, found.parent_visits
    if found.rules.puct:
        return f"{row.quality:.2f} + {c:.2f} × {row.prior:.2f} × √{of} / (1 + {n}) = {row.merit:.2f}"
    if not n:
        return tr("never visited: it comes first")
    return f"{row.quality:.2f} + {c:.2f} × √(ln {of} / {n}) = {row.merit:.2f}"


def formula_html(row: Standing, found: Standings) -> str:
    """The formula, the same with its numbers, and the result, line by line."""
    theme, c, n, of = current_theme(), found.rules.exploration, row.visits + row.in_flight, found.parent_visits
    mark = lambda text: f'<b style="color:{theme.accent}">{html.escape(text)}</b>'  # noqa: E731
    quality, prior, visits, above = mark(f"{row.quality:.2f}"), mark(f"{row.prior:.2f}"), mark(str(n)), mark(str(of))
    if found.rules.puct:
        lines = ["Q + c·P·√N<sub>p</sub> / (1 + N)", f"= {quality} + {c:.2f}·{prior}·√{above} / (1 + {visits})"]
    else:
        lines = ["Q + c·√(ln N<sub>p</sub> / N)", f"= {quality} + {c:.2f}·√(ln {above} / {visits})"]
    if math.isinf(row.merit):
        lines[1:] = [tr("never visited: it comes first")]
    else:
        lines.append(f"= {row.quality:.2f} + {row.merit - row.quality:.2f} = {mark(f'{row.merit:.2f}')}")
    family = f"font-family:'{MONO}'; font-size:{px(SIZE_SMALL)}px; line-height:150%"
    small = f'<span style="font-size:{px(SIZE_TINY)}px; color:{theme.muted}">'
    lost = tr("{0} of N still in flight, counted as lost", row.in_flight)
    flight = f"<br>{small}{lost}</span>" if row.in_flight else ""
    return f'<div style="{family}">{"<br>".join(lines)}{flight}</div>'
