"""The protocol of all strategies: pure state machines that ask for trials and are told what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from engine.acts import AnyAct
from engine.moves import AnyMove
from engine.types import Candidate, Score, Trial


class Result(Struct, frozen=True):
    """What came of a trial: the candidate, and each verifier's score by the verifier's name.

    `pending` says that a verifier still waits for the model; the same trial is told again when it has spoken.
    """

    candidate: Candidate
    scores: Mapping[str, Score]
    pending: bool = False


class Answer(Struct, frozen=True):
    """A strategy's answer at this moment, with the candidate it comes from and the reason in a sentence."""

    candidate: int | None
    answer: str | None
    reason: str


class Strategy(Protocol):
    """A pure state machine. It never touches a model, a clock, a thread or Qt; `tell` is idempotent per trial.

    Bodies are what most strategies answer: nothing is in vain, nothing goes on, there is nothing to change.
    """

    def ask(self, free: int) -> Sequence[Trial]:
        """At most `free` new trials; empty when there is nothing to ask for now."""

    def tell(self, result: Result) -> None:
        """Takes the result of a trial. Telling the same trial twice changes nothing."""

    def allow(self, simulations: int | None) -> None:
        """How many more simulations may back a value up, those under way included; None is unbounded."""
        return

    def ask_by_hand(self, free: int) -> Sequence[Trial]:
        """As `ask`, but only what a person has asked for since the run was ended early."""
        return ()

    @property
    def decided(self) -> bool:
        """Whether what is `unneeded` is so because the answer stands, and not because a person wants fewer."""
        return True

    @property
    def unneeded(self) -> Sequence[int]:
        """Trials under way whose results cannot change the answer any more; whoever runs them may stop them."""
        return ()

    @property
    def spared(self) -> int:
        """How many trials will never be asked for because the answer was certain enough without them."""
        return 0

    def dropped(self) -> Sequence[int]:
        """Trials from which none will go on any more, each said once: what was kept for that may be let go.

        A person may still do so; then it is computed again.
        """
        return ()

    @property
    def reach(self) -> int:
        """Tokens for which later trials need room beside the first ones': what they go on from, longer prompts."""
        return 0

    def act(self, act: AnyAct) -> bool:
        """Takes what a person did into account; False when that means nothing to this strategy."""
        return False

    def moves(self) -> Sequence[AnyMove]:
        """What was done since this was last asked, in order."""
        return ()

    @property
    def finished(self) -> bool:
        """Whether no more trials will ever be asked for and none is outstanding."""

    def answer(self) -> Answer:
        """The best answer from the results so far."""
