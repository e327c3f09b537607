"""The value of a path, worked out of a recording, is the one that the search went by."""

from __future__ import annotations

import re

import pytest

from engine.strategies.registry import STRATEGIES
from engine.trace.path_value import path_value
from tests.simulated_runs import make_setup, simulate

SEARCHES = ("beam-search", "dvts", "particle-filtering", "mcts", "ab-mcts")


@pytest.mark.parametrize("strategy", SEARCHES)
@pytest.mark.parametrize("seed", range(1, 6))
def test_it_is_the_value_that_the_answer_was_chosen_by(strategy: str, seed: int) -> None:
    state = simulate(make_setup(strategy, seed=seed))
    said = re.search(r"value (\d\.\d\d)", state.answer.reason)
    if said is None:
        assert not re.search(r"\d\.\d\d", state.answer.reason), "it was chosen without a value"
        return
    value = path_value(state, state.candidates[state.answer.candidate])
    assert value == pytest.approx(float(said[1]), abs=0.0051)


@pytest.mark.parametrize("how", ["min", "last", "mean", "product"])
def test_steps_reduce_as_the_set_up_wants_it(how: str) -> None:
    state = simulate(make_setup("beam-search", aggregate=how))
    assert "aggregate" in {setting.name for setting in STRATEGIES["beam-search"].settings}
    picked = state.candidates[state.answer.candidate]
    chain = []
    at = picked
    while at is not None:
        chain.insert(0, at.scores["arithmetic"].value)
        at = state.candidates.get(at.parent) if at.parent is not None else None
    known = [score for score in chain if score is not None]
    expected = {"min": min, "last": lambda all: all[-1], "mean": lambda all: sum(all) / len(all)}.get(how)
    if expected is not None and known:
        majority = picked.scores["majority"].value
        assert path_value(state, picked) == pytest.approx(0.8 * expected(known) + 0.2 * majority)
