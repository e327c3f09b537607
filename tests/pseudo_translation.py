"""A language in which every text stands in brackets, so that one that was not translated gives itself away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt, QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTabWidget,
    QWidget,
)

from engine.trace.fold import RunState
from widgets.compare.empty_page import OfferCard
from widgets.model_badge import ModelBadge
from widgets.panels.picker import Picker
from widgets.translation import CONTEXT

OPEN, CLOSE = "⟦", "⟧"
FILLING = " quite a lot more to say and to read"
UNITS = re.compile(r"\b(s|J|[EPTGMk]?B|[EPTGMk]?FLOP|EUR|PUCT|UCT|ln|B\d+)\b")  # and what stands in formulas
KEYS = re.compile(r"\t.*$")  # a menu's keys, which Qt translates by itself
WORD = re.compile(r"[^\W\d_]{2,}")
ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)


class PseudoTranslator(QTranslator):
    """Puts texts into brackets, and makes them longer by a share.

    Attributes:
        asked: Every text that was asked for.
    """

    def __init__(self, growth: float = 0.0) -> None:
        super().__init__()
        self._growth = growth
        self.asked: set[str] = set()

    def isEmpty(self) -> bool:
        """It has every text."""
        return False

    def translate(self, context: str, text: str, disambiguation: str | None = None, n: int = -1) -> str | None:
        """A text in brackets; Qt's own texts are left to Qt."""
        if context != CONTEXT or not text:
            return None
        self.asked.add(text)
        return OPEN + text + FILLING[: round(len(text) * self._growth)] + CLOSE


def untranslated(text: str, data: Iterable[str] = ()) -> str:
    """What of a text stands outside brackets, without data, units and numbers; empty where all is well."""
    left = KEYS.sub("", _outside(re.sub(r"<[^>]*>", " ", text))).strip()
    if not _has_words(left) or any(known.startswith(left.rstrip("…")) for known in data):
        return ""
    for known in sorted(data, key=len, reverse=True):
        left = left.replace(known, " ")
    return left.strip() if _has_words(left) else ""


def _has_words(text: str) -> bool:
    return WORD.search(UNITS.sub(" ", text)) is not None


def _outside(text: str) -> str:
    """Without what is in brackets; a text that was cut short has no closing one."""
    kept, depth = [], 0
    for letter in text:
        if letter == OPEN:
            depth += 1
        elif letter == CLOSE:
            depth = max(0, depth - 1)
        elif not depth:
            kept.append(letter)
    return "".join(kept)


def shown_texts(window: QWidget) -> Iterator[tuple[str, str]]:
    """(where, text) of all that the widgets of a window say, to the eye and to a screen reader."""
    for widget in (window, *window.findChildren(QWidget)):
        if widget.objectName().startswith("qt_"):
            continue
        where = type(widget).__name__
        yield f"{where} tooltip", widget.toolTip()
        yield f"{where} name", widget.accessibleName()
        yield f"{where} description", widget.accessibleDescription()
        yield f"{where} title", widget.windowTitle()
        yield f"{where} keys", widget.whatsThis()
        yield from ((where, text) for text in _own_texts(widget))
        for action in widget.actions():
            yield f"{where} action", action.text()
            yield f"{where} action tooltip", action.toolTip()
    for action in window.findChildren(QAction):
        yield "action", action.text()


def _own_texts(widget: QWidget) -> Iterator[str]:
    if isinstance(widget, QLabel | QAbstractButton):
        yield widget.text()
    if isinstance(widget, QLineEdit | QPlainTextEdit):
        yield widget.placeholderText()
    if isinstance(widget, QTabWidget):
        yield from (text(i) for i in range(widget.count()) for text in (widget.tabText, widget.tabToolTip))
    if isinstance(widget, QComboBox):
        yield from (widget.itemText(i) for i in range(widget.count()))
    if isinstance(widget, QAbstractItemView) and widget.model() is not None and widget.isVisible():
        yield from _cells(widget.model(), QModelIndex())


def _cells(model: QAbstractItemModel, parent: QModelIndex) -> Iterator[str]:
    columns = range(model.columnCount(parent))
    yield from (str(model.headerData(i, Qt.Orientation.Horizontal, role) or "") for i in columns for role in ROLES[:2])
    for row in range(model.rowCount(parent)):
        for index in (model.index(row, column, parent) for column in columns):
            yield from (str(model.data(index, role) or "") for role in ROLES)
        yield from _cells(model, model.index(row, 0, parent))


def data_of(state: RunState) -> set[str]:
    """What a run brings along: the question, texts, answers, names, and the sentences that the engine composes."""
    found = {"uv sync …"}
    start = state.start
    if start is not None:
        setup, report = start.setup, start.model
        found |= {
            setup.problem.question,
            report.name,
            report.name.upper(),
            report.path,
            report.device,
            report.quantization,
        }
        found |= {report.architecture, report.kv_layout, *(choice.name for choice in setup.verifiers)}
        found |= {choice.name.replace("-", " ") for choice in setup.verifiers}
    for candidate in state.candidates.values():
        found |= {candidate.text, " ".join(candidate.text.split()), candidate.answer or "", candidate.vote or ""}
        found |= {token.text.strip() for token in candidate.tokens}
        found |= {score.detail for score in candidate.scores.values()} | {candidate.pruned or ""}
        found |= {other.text.strip() for token in candidate.tokens for other in token.alternatives}
    found |= {state.answer.reason if state.answer is not None else "", state.finish.reason if state.finish else ""}
    found |= {moved.move.reason for moved in state.moves if hasattr(moved.move, "reason")}
    found |= {moved.move.findings for moved in state.moves if hasattr(moved.move, "findings")}
    return {part for part in found | {part.rstrip(".") for part in found} if len(part) > 2}


def cut_off(window: QWidget) -> set[str]:
    """Texts of labels and buttons that have less room than they need. What shortens itself says all in a tooltip."""
    found = set()
    for widget in window.findChildren(QLabel) + window.findChildren(QAbstractButton):
        text = re.sub(r"<[^>]*>", "", widget.text())
        if not widget.isVisible() or not text.strip() or isinstance(widget, Picker | ModelBadge | OfferCard):
            continue
        if isinstance(widget, QLabel) and widget.wordWrap():
            short = widget.heightForWidth(widget.width()) - widget.height()
        elif isinstance(widget, QLabel):
            short = max(map(widget.fontMetrics().horizontalAdvance, text.split("\n"))) - widget.contentsRect().width()
        else:
            short = widget.sizeHint().width() - widget.width()
        if short > 1:
            found.add(f"{type(widget).__name__} of {type(widget.parentWidget()).__name__}, {short} px: {text!r}")
    return found
