"""What has changed between two texts, word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORD = re.compile(r"\S+")
_WEAK = re.compile(r"[^\w]*|[a-z]{1,3}[^\w]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WordChanges:
    """`added` are spans of characters of the new text; `removed` are (place in the new text, words of the old one)."""

    added: tuple[tuple[int, int], ...]
    removed: tuple[tuple[int, str], ...]
    words_added: int
    words_removed: int
    words_kept: int


def word_changes(before: str, after: str) -> WordChanges:
    """The words of `after` that are new, and those of `before` that are gone, each where it stood."""
    old, new = _WORD.findall(before), list(_WORD.finditer(after))
    added: list[tuple[int, int]] = []
    removed: list[tuple[int, str]] = []
    words_added = words_removed = 0
    for old_from, old_to, new_from, new_to in _changes(old, [word.group() for word in new]):
        words_added += new_to - new_from
        words_removed += old_to - old_from
        if old_to > old_from:
            place = new[new_from].start() if new_from < len(new) else len(after)
            removed.append((place, " ".join(old[old_from:old_to])))
        if new_to > new_from:
            added.append((new[new_from].start(), new[new_to - 1].end()))
    return WordChanges(tuple(added), tuple(removed), words_added, words_removed, len(new) - words_added)


def _changes(old: list[str], new: list[str]) -> list[tuple[int, int, int, int]]:
    """Changed spans of both texts. A short word that happens to be the same between two changes is a part of them.

    Without that, a sentence that was written anew would be read as a dozen changes around “is” and “of”.
    """
    changes: list[tuple[int, int, int, int]] = []
    for kind, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        if changes and _is_chance(old[changes[-1][1] : old_from]):
            old_from, new_from = changes[-1][0], changes[-1][2]
            changes.pop()
        changes.append((old_from, old_to, new_from, new_to))
    return changes


def _is_chance(between: list[str]) -> bool:
    return len(between) <= 2 and all(_WEAK.fullmatch(word) for word in between)
