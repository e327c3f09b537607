"""The verifiers by their registered names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, cast

from msgspec import Struct

from engine.errors import BadInputError
from engine.selection import Aggregate
from engine.settings import Setting, resolve
from engine.setup import Value, VerifierChoice
from engine.verifiers.arithmetic import ArithmeticChecker
from engine.verifiers.base import Verifier
from engine.verifiers.code_execution import SETTINGS as CODE_SETTINGS
from engine.verifiers.code_execution import CodeExecution
from engine.verifiers.confidence import Entropy, LowestGroup, MeanLogprob, SelfCertainty
from engine.verifiers.constraints import SETTINGS as CONSTRAINT_SETTINGS
from engine.verifiers.constraints import Constraints
from engine.verifiers.known_answer import KnownAnswer
from engine.verifiers.limits import limits_of
from engine.verifiers.majority import Majority
from engine.verifiers.math_equivalence import MathEquivalence
from engine.verifiers.model_judge import BOTH_WAYS, MODEL, SCALE, ModelJudge
from engine.verifiers.person import Person
from engine.verifiers.process_judge import AGGREGATE, ProcessJudge
from engine.verifiers.reward_model import MODEL as REWARD_MODEL
from engine.verifiers.reward_model import RewardModel
from engine.verifiers.user_function import SETTINGS as FUNCTION_SETTINGS
from engine.verifiers.user_function import UserFunction


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
    highest: float = 1.0
    stands: bool = True


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
        kind.highest,
        kind.stands,
    )


_SPECS = (
    _spec(KnownAnswer, needs_answer=True),
    _spec(Majority),
    _spec(ArithmeticChecker),
    _spec(MeanLogprob),
    _spec(Entropy),
    _spec(SelfCertainty),
    _spec(LowestGroup),
    _spec(
        ModelJudge,
        settings=(SCALE, BOTH_WAYS, MODEL),
        build=lambda values: ModelJudge(str(values["scale"]), bool(values["both_ways"]), str(values["model"])),
    ),
    _spec(
        ProcessJudge,
        settings=(SCALE, BOTH_WAYS, AGGREGATE, MODEL),
        build=lambda values: ProcessJudge(
            str(values["scale"]),
            bool(values["both_ways"]),
            cast(Aggregate, values["aggregate"]),
            str(values["model"]),
        ),
    ),
    _spec(RewardModel, settings=(REWARD_MODEL,), build=lambda values: RewardModel(str(values["model"]))),
    _spec(
        CodeExecution,
        settings=CODE_SETTINGS,
        build=lambda values: CodeExecution(str(values["tests"]), limits_of(values)),
    ),
    _spec(
        UserFunction,
        settings=FUNCTION_SETTINGS,
        build=lambda values: UserFunction(str(values["function"]), limits_of(values)),
    ),
    _spec(Constraints, settings=CONSTRAINT_SETTINGS, build=Constraints),
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
