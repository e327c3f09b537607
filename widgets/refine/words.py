"""The chain in sentences, for screen readers."""

from __future__ import annotations

from collections.abc import Sequence

from widgets.models.candidate_words import describe
from widgets.models.refine_chain import Change
from widgets.refine.column import ChainColumn

_COMPARED: dict[Change, str] = {
    "better": "better than before", "worse": "worse than before", "same": "no better and no worse",
    "unknown": "cannot be compared",
}  # fmt: skip


def chain_words(columns: Sequence[ChainColumn], selected: int | None, end: str) -> str:
    """All columns, the selected one first, and why it ended."""
    if not columns:
        return "No draft yet."
    parts = [_column_words(column) for column in columns]
    if selected is not None:
        parts.insert(0, f"Selected: {_column_words(columns[selected])}")
    return " ".join([*parts, f"The end: {end}"] if end else parts)


def _column_words(column: ChainColumn) -> str:
    link = column.link
    parts = [f"{link.title}{', the best' if link.best else ''}"]
    if link.findings:
        parts.append(f"verifiers found: {link.findings}")
    if link.judged:
        parts.append("nobody can tell its score" if link.score is None else f"score {link.score:.2f}")
    if link.change is not None:
        parts.append(_COMPARED[link.change])
    if column.changes is not None:
        parts.append(f"{column.changes.words_added} words added, {column.changes.words_removed} removed")
    said = describe(column.candidate) if column.candidate is not None else ""
    return f"{', '.join(parts)}. {said}".strip()
