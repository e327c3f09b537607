"""Where one thought ends and the next begins: at a line break, or at the end of a sentence."""

from __future__ import annotations

import re

from engine.types import StepEnd

SENTENCE_ENDS = (".", "!", "?", "。", "！", "？")
CLOSERS = "\"')]*”’»"
_BLANK_LINE = re.compile(r"\S\s*\n[ \t]*\n")


def ends_thought(before: str, added: str) -> bool:
    """Whether `added` shows that the thought in `before` is over.

    A sentence has ended when white space follows: "3." goes on in "3.5". A blank line ends one thought, not two.

    Args:
        before: The text so far, or the end of it.
        added: What the next token adds.
    """
    line_is_over = before.endswith("\n")
    if "\n" in added:
        return not line_is_over
    return added[:1].isspace() and not line_is_over and before.rstrip(CLOSERS).endswith(SENTENCE_ENDS)


def step_ends_with(end: StepEnd, text: str, added: str) -> bool:
    """Whether a step of reasoning is over with the text that a token has just added to it.

    Args:
        end: Where steps end; "sentence" is for `step_ended_before` to tell.
        text: The step with what was added.
        added: What the last token added.
    """
    if "\n" not in added:
        return False
    if end == "line":
        return bool(text[: text.rindex("\n")].strip())
    return end == "paragraph" and _BLANK_LINE.search(text) is not None


def step_ended_before(end: StepEnd, text: str, added: str) -> bool:
    """Whether `added` shows that the step `text` was over before it: white space after the end of a sentence."""
    if end != "sentence" or not text.strip():
        return False
    return added[:1].isspace() and (text.endswith("\n") or text.rstrip(CLOSERS).endswith(SENTENCE_ENDS))
