"""AB-MCTS is `treequest`, asked and told through the strategy protocol; what its posteriors drew is told."""

from __future__ import annotations

import numpy as np
import pytest
from treequest import ABMCTSA

from engine.moves import PosteriorsSampled
from engine.strategies.ab_mcts import WiderOrDeeper
from engine.strategies.base import Result
from engine.strategies.registry import build_strategy
from engine.types import Candidate, Score, Trial
from tests.engine.simulated_world import small_setup


def score_of(number: int) -> float:
    return (number * 37 % 101) / 100


def told(trial: Trial, value: float | None) -> Result:
    candidate = Candidate(trial.id, "So 82.", "82", "82", "stop", 4, -0.5, trial.purpose)
    return Result(candidate, {"arithmetic": Score(value)})


def searched(seed: int, n: int, rewards: str) -> tuple[list[int | None], list[PosteriorsSampled]]:
    """What each answer refines (None: nothing), and the draws."""
    strategy = build_strategy(small_setup("ab-mcts", seed=seed, n=n, at_once=1, rewards=rewards))
    assert isinstance(strategy, WiderOrDeeper)
    refines: list[int | None] = []
    draws: list[PosteriorsSampled] = []
    while not strategy.finished:
        for trial in strategy.ask(8):
            refines.append(trial.refines)
            strategy.tell(told(trial, score_of(trial.id)))
            draws += [move for move in strategy.moves() if isinstance(move, PosteriorsSampled)]
    return refines, draws


def searched_directly(seed: int, n: int, rewards: str) -> list[int | None]:
    np.random.seed(seed)
    algorithm = ABMCTSA(dist_type=rewards)  # type: ignore[arg-type]
    state = algorithm.init_tree()
    refines: list[int | None] = []
    for number in range(n):
        state, (trial,) = algorithm.ask_batch(state, 1, ["answer"])
        refines.append(trial.parent_state)
        algorithm.tell(state, trial.trial_id, (number, score_of(number)))
    return refines


@pytest.mark.parametrize("rewards", ["gaussian", "beta"])
@pytest.mark.parametrize("seed", range(5))
def test_it_is_what_the_library_does_when_run_directly(seed: int, rewards: str) -> None:
    refines, _ = searched(seed, 40, rewards)
    assert refines == searched_directly(seed, 40, rewards)
    assert any(parent is not None for parent in refines)


def test_what_was_drawn_is_told_and_the_highest_draw_was_taken() -> None:
    refines, draws = searched(3, 30, "beta")
    assert sum(draw.node is None for draw in draws) >= 30  # every way begins at the root
    for draw in draws:
        taken = draw.options[draw.chosen]
        wider_for_want_of_anything_else = taken.option == "wider" and len(draw.options) == 2
        assert wider_for_want_of_anything_else or taken.drawn == max(option.drawn for option in draw.options)
    refined = {option.node for draw in draws for option in draw.options if option.node is not None}
    assert refined >= {parent for parent in refines if parent is not None}


def test_everybody_else_keeps_their_own_random_numbers() -> None:
    np.random.seed(5)
    expected = np.random.RandomState(5).random_sample(3).tolist()
    first = np.random.random_sample()
    searched(1, 6, "gaussian")
    assert [first, *np.random.random_sample(2)] == pytest.approx(expected)


def test_a_refinement_shows_the_earlier_answer_and_what_is_wrong_with_it() -> None:
    strategy = build_strategy(small_setup("ab-mcts", n=30, at_once=1))
    found = None
    while not strategy.finished and found is None:
        for trial in strategy.ask(1):
            if trial.purpose == "revision":
                found = trial
            else:
                wrong = Score(0.0, "47 + 35 = 72 is wrong: 47 + 35 = 82")
                strategy.tell(Result(told(trial, 0.0).candidate, {"arithmetic": wrong}))
    assert found is not None
    asked = found.prompt.messages[-1].content
    assert "So 82." in asked
    assert "47 + 35 = 72 is wrong: 47 + 35 = 82." in asked
