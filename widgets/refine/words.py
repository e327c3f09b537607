"""The chain in sentences, for screen readers."""

from __future__ import annotations

from collections.abc import Sequence

from widgets.models.candidate_words import describe
from widgets.models.refine_chain import Change
from widgets.refine.column import ChainColumn
from widgets.translation import later, tr

_COMPARED: dict[Change, str] = {
    "better": later("better than before"), "worse": later("worse than before"), "same": later("no better and no worse"),
    "unknown": later("cannot be compared"),
}  # fmt: skip


def chain_words(columns: Sequence[ChainColumn], selected: int | None, end: str) -> str:
    """All columns, the selected one first, and why it ended."""
    if not columns:
        return tr("No draft yet.")
    parts = [_column_words(column) for column in columns]
    if selected is not None:
        parts.insert(0, tr("Selected: {0}", _column_words(columns[selected])))
    return " ".join([*parts, tr("The end: {0}", end)] if end else parts)


def _column_words(column: ChainColumn) -> str:
    link = column.link
    parts = [link.title, tr("the best")] if link.best else [link.title]
    if link.findings:
        parts.append(tr("verifiers found: {0}", link.findings))
    if link.judged:
        parts.append(tr("nobody can tell its score") if link.score is None else tr("score {0:.2f}", link.score))
    if link.change is not None:
        parts.append(tr(_COMPARED[link.change]))
    if column.changes is not None:
        parts.append(tr("{0} words added, {1} removed", column.changes.words_added, column.changes.words_removed))
    said = describe(column.candidate) if column.candidate is not None else ""
    return f"{', '.join(parts)}. {said}".strip()
