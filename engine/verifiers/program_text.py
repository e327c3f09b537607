"""The program in a text: what stands in its fenced blocks, or else the lines that look like one."""

from __future__ import annotations

import re
import textwrap

_FENCE = re.compile(r"^[ \t]*(?P<mark>```+|~~~+)[ \t]*(?P<tag>[\w+#.-]*)[^\n]*$", re.MULTILINE)
_PYTHON = frozenset(("python", "py", "python3", "py3"))
_BEGIN = re.compile(r"[ \t]*(?:(?:async )?def \w+ ?\(|class \w+ ?[(:]|import \w|from [\w.]+ import |@\w)")
_GOES_ON = re.compile(
    r"(?:async )?def |class |import \w|from [\w.]+ import |@\w|#|[\])}]|pass$|return\b|raise\b|assert |print\("
    r"|(?:if|elif|else|for|while|try|except|finally|with|match)\b.*:$"
    r"|[\w.\[\]'\", ]+ ?[-+*/%|&^]?=[^=]"  # an assignment
    r"|[\w.]+\(.*\)$"  # a call
)


def program_in(text: str) -> str | None:
    """The Python program in a text, or None when there is none.

    All blocks marked as Python are one program, in order; then blocks without a mark that look like one; then lines
    outside any block that do. A last block may be unfinished: it goes to the end.
    """
    blocks = _blocks(text)
    marked = [code for tag, code in blocks if tag.lower() in _PYTHON]
    if marked:
        return _joined(marked)
    plain = [code for tag, code in blocks if not tag and any(map(_BEGIN.match, code.splitlines()))]
    return _joined(plain) if plain else _loose(text)


def _blocks(text: str) -> list[tuple[str, str]]:
    """The fenced blocks with their marks."""
    found: list[tuple[str, str]] = []
    opening: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opening is None:
            opening = fence
        elif not fence["tag"] and fence["mark"].startswith(opening["mark"]):
            found.append((opening["tag"], text[opening.end() + 1 : fence.start()]))
            opening = None
    if opening is not None:
        found.append((opening["tag"], text[opening.end() + 1 :]))
    return found


def _loose(text: str) -> str | None:
    """The lines from the first that begins a program to the first that is prose."""
    lines = text.expandtabs(4).splitlines()
    start = next((number for number, line in enumerate(lines) if _BEGIN.match(line)), None)
    if start is None:
        return None
    margin = len(lines[start]) - len(lines[start].lstrip())
    end = start + 1
    while end < len(lines) and _belongs(lines[end], margin):
        end += 1
    return _joined(["\n".join(lines[start:end])])


def _belongs(line: str, margin: int) -> bool:
    inside = line[margin:]
    return not line.strip() or (not line[:margin].strip() and (inside[:1] == " " or bool(_GOES_ON.match(inside))))


def _joined(blocks: list[str]) -> str:
    return "\n".join(textwrap.dedent(block).strip("\n") for block in blocks)
