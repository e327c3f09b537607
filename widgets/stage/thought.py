"""A thought on the ladder, as it is laid out."""

from __future__ import annotations

from widgets.stage.token_flow import TokenFlow, TypeMetrics
from widgets.theme import px


class Thought:
    """One card: a candidate's tokens from `first` on, how they flow, and sums for the numbers beside them.

    `foot` is the height of a line of figures below the text, where a card has no room for them beside it.
    `hidden` ones are reasoning that no reader of the answer sees; `shown` tells whether they are folded away.
    """

    def __init__(
        self, candidate: int, first: int, hidden: bool, metrics: TypeMetrics, width: float, foot: int = 0
    ) -> None:
        self.candidate, self.first, self.hidden, self.shown = candidate, first, hidden, True
        self.flow, self.foot = TokenFlow(metrics, width), foot
        self.steps: list[int] = []
        self.logprob_sum = 0.0
        self.entropies: list[float] = []
        self.top = 0
        self.score: float | None = None  # the lowest that a verifier gave for a step in it

    @property
    def count(self) -> int:
        """Tokens in the thought."""
        return len(self.steps)

    @property
    def height(self) -> int:
        """The height of its card."""
        text = self.flow.height + 2 * px(11)
        return text + self.foot if self.foot else max(text, px(52) if self.score is None else px(72))
