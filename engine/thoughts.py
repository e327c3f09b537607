"""Where one thought ends and the next begins: at a line break, or at the end of a sentence."""

from __future__ import annotations

SENTENCE_ENDS = (".", "!", "?", "。", "！", "？")
CLOSERS = "\"')]*”’»"


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
