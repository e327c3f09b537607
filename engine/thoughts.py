"""Where one thought ends and the next begins: at a line break, or at the end of a sentence."""

from __future__ import annotations

import re

from engine.types import StepEnd

SENTENCE_ENDS = (".", "!", "?", "。", "！", "？")
UNSPACED_ENDS = ("。", "！", "？")  # of scripts that put no space after a sentence
CLOSERS = "\"')]*”’»」』）】"
_BLANK_LINE = re.compile(r"\S\s*\n[ \t\r]*\n")
_NO_SENTENCE = re.compile(
    r"(?:^|\n)\s*(?:\d{1,3}|[A-Za-z])\.$"  # the number of a list's item
    r"|(?<![A-Za-z])(?:[A-Za-z]\.){2,}$"  # e.g., i.e., U.S.
)


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
        end: Where steps end. A line break ends a sentence as well; what else does is for `step_ended_before` to tell.
        text: The step with what was added.
        added: What the last token added.
    """
    if "\n" not in added:
        return False
    if end in ("line", "sentence"):
        return bool(text[: text.rindex("\n")].strip())
    return end == "paragraph" and _BLANK_LINE.search(text) is not None


def step_ended_before(end: StepEnd, text: str, added: str) -> bool:
    """Whether `added` shows that the step `text` was a sentence, and over before it.

    White space does, unless what ends with a full stop is an abbreviation or the number of a list's item. After a full
    stop that no space follows anyway, as in Chinese, everything does but a closing quotation mark or another stop.
    """
    if end != "sentence":
        return False
    bare = text.rstrip(CLOSERS)
    if bare.endswith(UNSPACED_ENDS):
        return not added.startswith((*SENTENCE_ENDS, *CLOSERS))
    return added[:1].isspace() and bare.endswith(SENTENCE_ENDS) and _NO_SENTENCE.search(bare) is None
