"""One side of a contest: all of a set-up but what every side shares."""

from __future__ import annotations

from pathlib import PurePath

from msgspec import Struct
from msgspec.structs import replace

from engine.settings import Setting
from engine.setup import SIMULATED, LoadOptions, RunSetup, StrategyChoice, Value, VerifierChoice
from engine.strategies.registry import STRATEGIES
from engine.types import Sampling
from engine.verifiers.registry import VERIFIERS

FEWEST, MOST = 2, 4
LETTERS = "ABCD"


class Contestant(Struct, frozen=True):
    """What may differ between the sides. Question, known answer, seed, budget and tariff are the contest's."""

    strategy: StrategyChoice
    verifiers: tuple[VerifierChoice, ...]
    sampling: Sampling
    load: LoadOptions

    @classmethod
    def of(cls, setup: RunSetup) -> Contestant:
        """The side that a set-up makes."""
        return cls(setup.strategy, setup.verifiers, setup.sampling, setup.load)

    def setup(self, shared: RunSetup) -> RunSetup:
        """The whole set-up, with what is shared taken from another one."""
        return replace(shared, strategy=self.strategy, verifiers=self.verifiers, sampling=self.sampling, load=self.load)

    def on(self, model: str) -> Contestant:
        """The same with another model."""
        return replace(self, load=replace(self.load, path=model))

    @property
    def title(self) -> str:
        """The strategy as people call it."""
        spec = STRATEGIES.get(self.strategy.name)
        return spec.title if spec is not None else self.strategy.name

    @property
    def model_name(self) -> str:
        """The name of the model's file."""
        return model_name(self.load.path)

    @property
    def details(self) -> str:
        """“16 candidates · arithmetic checker, majority”: the first setting, those that were changed, the verifiers."""
        spec = STRATEGIES.get(self.strategy.name)
        given = self.strategy.settings
        settings = spec.settings if spec is not None else ()
        words = [_in_words(s, given.get(s.name, s.default)) for s in settings if _is_worth_saying(s, given)]
        if spec is not None and spec.uses_verifiers and self.verifiers:
            words.append(", ".join(_verifier_title(choice.name) for choice in self.verifiers))
        return " · ".join(word for word in words if word)


def model_name(path: str) -> str:
    """A model as it is called where there is little room."""
    return "Simulated model" if path == SIMULATED else PurePath(path).stem or "No model"


def names_of(contestants: tuple[Contestant, ...]) -> list[str]:
    """The sides by strategy, with the model where they differ in that, or by model alone where the strategy is one."""
    differ = len({contestant.load.path for contestant in contestants}) > 1
    if differ and len({c.title for c in contestants}) == 1:
        return [c.model_name for c in contestants]
    names = [c.title + (f" · {c.model_name}" if differ else "") for c in contestants]
    return [
        f"{name} · {c.details.partition(' · ')[0]}" if names.count(name) > 1 and c.details else name
        for name, c in zip(names, contestants, strict=True)
    ]


def _is_worth_saying(setting: Setting, given: dict[str, Value]) -> bool:
    changed = given.get(setting.name, setting.default) != setting.default
    return changed or setting.name in ("n", "rounds", "simulations")


def _in_words(setting: Setting, value: Value) -> str:
    title = setting.title.lower()
    if isinstance(value, bool):
        return title if value else f"not: {title}"
    if isinstance(value, str):
        return f"{title} {value.replace('-', ' ')}"
    return f"{value:g} {title}" if setting.kind == "int" else f"{title} {value:g}"


def _verifier_title(name: str) -> str:
    spec = VERIFIERS.get(name)
    return spec.title.lower() if spec is not None else name
