"""A thought on the ladder, as it is laid out."""

from __future__ import annotations

from widgets.stage.token_flow import TokenFlow, TypeMetrics
from widgets.theme import px


class Thought:
    """One card: a candidate's tokens from `first` on, how they flow, and sums for the numbers beside them.

    `hidden` ones are reasoning that no reader of the answer sees; `shown` tells whether they are folded away.
    """

    def __init__(self, candidate: int, first: int, hidden: bool, metrics: TypeMetrics, width: float) -> None:
        self.candidate, self.first, self.hidden, self.shown = candidate, first, hidden, True
        self.flow = TokenFlow(metrics, width)
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
        return max(self.flow.height + 2 * px(11), px(52) if self.score is None else px(72))
