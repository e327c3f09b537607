"""Hidden reasoning: the markers between which a model thinks, and what is left of a text without it.

Strategies do not know the model. They write `OPEN` and `CLOSE`, which become the model's own markers when the text is
tokenised; a plain model, which has none, gets nothing in their place.
"""

from __future__ import annotations

from msgspec import Struct

OPEN, CLOSE = "\ue010", "\ue011"  # private-use characters: no text has them


class Markers(Struct, frozen=True):
    """What stands before and after a model's reasoning."""

    open: str
    close: str


# By what the model's chat template mentions. Of the channels of gpt-oss and Gemma only the beginning of the last one
# matters: what it says there is the answer.
_KNOWN = (
    ("<think>", Markers("<think>\n", "</think>")),
    ("</think>", Markers("<think>\n", "</think>")),
    (
        "<|channel|>analysis",
        Markers("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ),
    ("<|channel|>", Markers("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>")),
    ("<|channel>thought", Markers("<|channel>thought\n", "<channel|>")),
    ("[THINK]", Markers("[THINK]", "[/THINK]")),
    ("<seed:think>", Markers("<seed:think>", "</seed:think>")),
    ("<thinking>", Markers("<thinking>\n", "</thinking>")),
)
CLOSERS = tuple(dict.fromkeys(markers.close for _, markers in _KNOWN))
OPENERS = tuple(dict.fromkeys(markers.open.rstrip() for _, markers in _KNOWN))


def markers_of(template: str | None) -> Markers | None:
    """The markers of a model, by its chat template; None for a model that has none."""
    if not template:
        return None
    return next((markers for mention, markers in _KNOWN if mention in template), None)


def fill(text: str, markers: Markers | None) -> str:
    """A text with the model's own markers in place of `OPEN` and `CLOSE`."""
    opened, closed = (markers.open, markers.close) if markers else ("", "")
    return text.replace(OPEN, opened).replace(CLOSE, closed)


def length_of_thinking(text: str) -> int:
    """Characters of a text up to the end of its reasoning, markers included; all of it while it is open, else 0."""
    closed = max((text.rfind(closer) + len(closer) for closer in CLOSERS if closer in text), default=0)
    opened = max(text.rfind(opener) for opener in OPENERS)
    return len(text) if opened >= closed and opened >= 0 else closed


def after_thinking(text: str) -> str:
    """What follows the last reasoning; the whole text when there is none, or nothing follows."""
    for closer in CLOSERS:
        _, closed, after = text.rpartition(closer)
        if closed and after.strip():
            text = after
    return text
