"""What a head puts out, as one number: the logit of the text being good, whose sigmoid is its probability."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from engine.errors import ModelError

Form = Literal["logits", "softmax", "tanh"]
"""What llama.cpp leaves of the head's logits: themselves, or what it makes of them for some architectures."""

POSITIVE = frozenset(("yes", "good", "positive", "correct", "right", "true", "relevant", "accept", "chosen", "label_1"))
_TINY = 1e-30  # a probability that a float has rounded to 0 is not impossible


def positive_label(labels: Sequence[str]) -> int:
    """The output that says that a text is good; the only one where there is one.

    Raises:
        ModelError: Several outputs, and their names do not tell.
    """
    found = [i for i, label in enumerate(labels) if label.strip().lower() in POSITIVE]
    if len(labels) <= 1:
        return 0
    if len(found) != 1:
        named = ", ".join(f"“{label[:40]}”" for label in labels[:8])
        raise ModelError(
            "It cannot be told which label of the reward model means a good text.",
            f"Its labels are {named}; exactly one should be one of: {', '.join(sorted(POSITIVE))}.",
            "Choose a model with one output, or with a yes and a no.",
        )
    return found[0]


def logit_of(outputs: Sequence[float], positive: int, form: Form) -> float:
    """The logit of output `positive` against all the others (softmax), or of the only one (sigmoid)."""
    if len(outputs) == 1:
        return math.atanh(max(-1 + 1e-7, min(1 - 1e-7, outputs[0]))) if form == "tanh" else outputs[0]
    logits = [math.log(max(_TINY, p)) for p in outputs] if form == "softmax" else list(outputs)
    others = [logit for i, logit in enumerate(logits) if i != positive]
    most = max(others)
    return logits[positive] - most - math.log(sum(math.exp(logit - most) for logit in others))
