"""Tooltips with words of people and models in them."""

from __future__ import annotations

import html
import re

_TAG = re.compile(r"<[!/?a-zA-Z]")


def plain(text: str) -> str:
    """A text for a tooltip, which shows it letter by letter: Qt would take one with tags in it for a document."""
    if not _TAG.search(text):
        return text
    return f'<p style="white-space: pre-wrap">{html.escape(text)}</p>'
