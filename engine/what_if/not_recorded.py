"""What a candidate had in the run and its recording has not: whoever looks at it is told so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from engine.errors import BadInputError


class NotRecorded(tuple[Any, ...]):
    """Stands for a part of a candidate that no event holds. A strategy that reads it can only be run, not rehearsed.

    Without it such a strategy would find nothing, and answer as if there had been nothing.
    """

    what: str

    def __new__(cls, what: str) -> NotRecorded:
        """A stand-in for `what`, a few words for people in the plural."""
        made = super().__new__(cls)
        made.what = what
        return made

    def _refuse(self) -> NoReturn:
        raise BadInputError(
            "This strategy cannot be answered from a recording.",
            f"It looks at {self.what}, which are not recorded.",
            "Choose another strategy, or make a run with it.",
        )

    def __len__(self) -> int:
        self._refuse()

    def __iter__(self) -> Iterator[Any]:
        self._refuse()

    def __getitem__(self, index: object) -> Any:
        self._refuse()


FIRST = NotRecorded("the other first tokens that the model might have taken")
TOKEN_CONFIDENCES = NotRecorded("how sure the model was of each token")
WATCHED = NotRecorded("the probabilities of watched words")
