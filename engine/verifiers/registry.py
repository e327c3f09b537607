"""The verifiers by their registered names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from engine.errors import BadInputError
from engine.setup import VerifierChoice
from engine.verifiers.arithmetic import ArithmeticChecker
from engine.verifiers.base import Verifier
from engine.verifiers.confidence import MeanLogprob
from engine.verifiers.known_answer import KnownAnswer
from engine.verifiers.majority import Majority


class VerifierSpec(Struct, frozen=True):
    """What a person should know of a verifier before choosing it: each text is one or two sentences."""

    name: str
    title: str
    help: str
    costs: str
    blind_spot: str
    uses_peers: bool
    needs_answer: bool
    build: Callable[[], Verifier]


class _Described(Verifier, Protocol):
    costs: str
    blind_spot: str


def _spec(build: Callable[[], _Described], needs_answer: bool = False) -> VerifierSpec:
    made = build()
    return VerifierSpec(
        made.name, made.title, made.help, made.costs, made.blind_spot, made.uses_peers, needs_answer, build
    )


_SPECS = (_spec(KnownAnswer, needs_answer=True), _spec(Majority), _spec(ArithmeticChecker), _spec(MeanLogprob))

VERIFIERS: dict[str, VerifierSpec] = {spec.name: spec for spec in _SPECS}


def build_verifier(choice: VerifierChoice) -> Verifier:
    """The verifier that was chosen.

    Raises:
        BadInputError: The name is unknown, or a setting is given that the verifier does not have.
    """
    spec = VERIFIERS.get(choice.name)
    if spec is None:
        raise BadInputError(f"There is no verifier “{choice.name}”.", next_step=f"Choose from: {', '.join(VERIFIERS)}.")
    if choice.settings:
        unknown = ", ".join(choice.settings)
        raise BadInputError(
            f"The verifier “{choice.name}” has no settings.", f"It was given: {unknown}.", "Leave it out."
        )
    return spec.build()
