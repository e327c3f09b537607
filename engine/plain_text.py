"""Text from anywhere (a model, a file, a command line) made safe to print."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text without control characters, which could move the cursor, clear the screen or rename the window."""
    return "".join(char if char.isprintable() or char in "\n\t" else "�" for char in text)
