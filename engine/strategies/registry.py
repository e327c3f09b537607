"""The strategies by their registered names."""

from __future__ import annotations

from engine.errors import BadInputError
from engine.settings import resolve
from engine.setup import RunSetup, StrategyChoice
from engine.strategies.adaptive import ADAPTIVE
from engine.strategies.base import Strategy
from engine.strategies.beam_search import BEAM_SEARCH, DVTS
from engine.strategies.best_of_n import BEST_OF_N
from engine.strategies.chain_of_thought import CHAIN_OF_THOUGHT
from engine.strategies.direct import DIRECT
from engine.strategies.mcts_settings import MCTS
from engine.strategies.particle_filtering import PARTICLE_FILTERING
from engine.strategies.self_consistency import SELF_CONSISTENCY
from engine.strategies.spec import StrategySpec

STRATEGIES: dict[str, StrategySpec] = {
    spec.name: spec
    for spec in (
        DIRECT,
        CHAIN_OF_THOUGHT,
        SELF_CONSISTENCY,
        BEST_OF_N,
        BEAM_SEARCH,
        DVTS,
        PARTICLE_FILTERING,
        MCTS,
        ADAPTIVE,
    )
}


def strategy_spec(choice: StrategyChoice) -> StrategySpec:
    """The strategy that a set-up names.

    Raises:
        BadInputError: There is none of that name.
    """
    spec = STRATEGIES.get(choice.name)
    if spec is None:
        offered = ", ".join(STRATEGIES)
        raise BadInputError(f"There is no strategy “{choice.name}”.", next_step=f"Choose from: {offered}.")
    return spec


def build_strategy(setup: RunSetup) -> Strategy:
    """The strategy of a set-up, ready to be asked.

    Raises:
        BadInputError: The name or a setting is unknown, or a value is out of bounds.
    """
    spec = strategy_spec(setup.strategy)
    return spec.build(setup, resolve(spec.settings, setup.strategy.settings))
