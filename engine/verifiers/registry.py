"""The verifiers by their registered names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct

from engine.errors import BadInputError
from engine.settings import Setting, resolve
from engine.setup import Value, VerifierChoice
from engine.verifiers.arithmetic import ArithmeticChecker
from engine.verifiers.base import Verifier
from engine.verifiers.confidence import MeanLogprob
from engine.verifiers.known_answer import KnownAnswer
from engine.verifiers.majority import Majority
from engine.verifiers.math_equivalence import MathEquivalence
from engine.verifiers.person import Person


class VerifierSpec(Struct, frozen=True):
    """What a person should know of a verifier before choosing it: each text is one or two sentences."""

    name: str
    title: str
    help: str
    costs: str
    blind_spot: str
    uses_peers: bool
    judges_steps: bool
    needs_answer: bool
    settings: tuple[Setting, ...]
    build: Callable[[Mapping[str, Value]], Verifier]


class _Described(Verifier, Protocol):
    costs: str
    blind_spot: str


def _spec(
    kind: type[_Described],
    *,
    settings: tuple[Setting, ...] = (),
    build: Callable[[Mapping[str, Value]], Verifier] | None = None,
    needs_answer: bool = False,
) -> VerifierSpec:
    """The entry of a class that describes itself. With settings, `build` makes one from their values."""
    return VerifierSpec(
        kind.name,
        kind.title,
        kind.help,
        kind.costs,
        kind.blind_spot,
        kind.uses_peers,
        kind.judges_steps,
        needs_answer,
        settings,
        build or (lambda _: kind()),
    )


_SPECS = (
    _spec(KnownAnswer, needs_answer=True),
    _spec(Majority),
    _spec(ArithmeticChecker),
    _spec(MeanLogprob),
    _spec(Person),
    _spec(MathEquivalence, needs_answer=True),
)

VERIFIERS: dict[str, VerifierSpec] = {spec.name: spec for spec in _SPECS}


def build_verifier(choice: VerifierChoice) -> Verifier:
    """The verifier that was chosen.

    Raises:
        BadInputError: The name is unknown, or a setting is unknown or out of bounds.
    """
    spec = VERIFIERS.get(choice.name)
    if spec is None:
        raise BadInputError(f"There is no verifier “{choice.name}”.", next_step=f"Choose from: {', '.join(VERIFIERS)}.")
    return spec.build(resolve(spec.settings, choice.settings, "verifier"))
