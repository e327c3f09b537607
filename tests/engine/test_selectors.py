"""Who survives a generation: beam search, DVTS and particle filtering, in cases worked out by hand."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.moves import GenerationRanked, LoopEnded, NodesMerged, NodesPruned, ParticlesResampled
from engine.strategies.base import Result
from engine.strategies.beam_search import Beams, Trees
from engine.strategies.particle_filtering import SURE, Particles, effective_size, systematic, weights_of
from engine.strategies.registry import build_strategy
from engine.strategies.search_tree import ROOT, Node
from engine.types import Candidate, FinishReason, Score, Trial
from tests.engine.simulated_world import Driver, World, small_setup


def node(id: int, value: float | None, parent: int = ROOT, ended: FinishReason = "step", logprob: float = -0.5) -> Node:
    return Node(id, parent, 1, Candidate(id, f"text {id}", None, None, ended, 5, logprob), value=value)


def shares(n: int) -> st.SearchStrategy[list[float]]:
    """Weights that add up to 1."""
    return st.lists(st.floats(0.001, 1.0), min_size=1, max_size=n).map(lambda w: [x / sum(w) for x in w])


# --- beam search -------------------------------------------------------------------------------------------------


def test_the_best_quarter_goes_on_and_each_is_asked_for_four_steps() -> None:
    beams = Beams(8, 4)
    survival = beams.survive(0, [node(i, value) for i, value in enumerate((0.1, 0.9, 0.5, 0.8, 0.2, 0.3, 0.7, 0.4))])
    assert survival.parents == (1, 1, 1, 1, 3, 3, 3, 3)
    ranked, pruned = survival.moves
    assert isinstance(ranked, GenerationRanked)
    assert ranked.kept == (1, 3)
    assert ranked.scores == (0.1, 0.9, 0.5, 0.8, 0.2, 0.3, 0.7, 0.4)
    assert isinstance(pruned, NodesPruned)
    assert sorted(pruned.nodes) == [0, 2, 4, 5, 6, 7]


def test_equal_scores_are_decided_by_the_models_confidence_and_an_unjudged_step_counts_half() -> None:
    beams = Beams(4, 2)
    survival = beams.survive(
        0, [node(0, 0.4), node(1, None, logprob=-2.0), node(2, 0.5, logprob=-0.1), node(3, 0.5, logprob=-3.0)]
    )
    assert survival.parents == (2, 2, 1, 1)


def test_fewer_survivors_than_there_is_room_for_get_more_steps_each() -> None:
    assert Beams(8, 2).survive(0, [node(0, 0.9), node(1, 0.1)]).parents == (0,) * 4 + (1,) * 4
    assert Beams(8, 2).survive(0, [node(0, 0.9)]).parents == (0,) * 8


def test_a_finished_text_leaves_the_beam_and_the_search_ends_when_as_many_as_beams_have() -> None:
    beams = Beams(2, 1)
    first = beams.survive(0, [node(0, 0.1, ended="stop"), node(1, 0.5), node(2, 0.4)])
    assert first.parents == (1, 2)
    second = beams.survive(1, [node(3, 0.9, 1, "stop"), node(4, 0.5, 2)])
    assert second.parents == ()


def test_beams_that_say_the_same_are_one() -> None:
    strategy = build_strategy(small_setup("beam-search", n=4, width=2))
    for id in (trial.id for trial in strategy.ask(4)):
        text = "Same." if id < 3 else " Other."
        strategy.tell(Result(Candidate(id, text, None, None, "step", 3, -0.1 * id, "step", steps=(text,)), {}))
    moves = list(strategy.moves())
    assert moves[:2] == [NodesMerged(1, 0), NodesMerged(2, 0)]
    assert isinstance(moves[2], GenerationRanked)
    assert moves[2].nodes == (0, 3)
    assert [trial.origin.trial for trial in strategy.ask(9) if trial.origin] == [0, 0, 3, 3]


def test_a_text_that_has_ended_and_one_that_goes_on_are_not_one() -> None:
    strategy = build_strategy(small_setup("beam-search", n=2, width=1))
    for trial, ended in zip(strategy.ask(2), ("stop", "step"), strict=True):
        candidate = Candidate(trial.id, "Same.", None, None, ended, 3, -0.1, "step", steps=("Same.",))  # type: ignore[arg-type]
        strategy.tell(Result(candidate, {}))
    assert not any(isinstance(move, NodesMerged) for move in strategy.moves())
    assert [trial.origin.trial for trial in strategy.ask(9) if trial.origin] == [1, 1]


# --- DVTS --------------------------------------------------------------------------------------------------------


def test_in_every_tree_the_best_goes_on_however_good_the_others_are() -> None:
    trees = Trees(6, 2)  # three trees: 0 and 3, 1 and 4, 2 and 5
    survival = trees.survive(0, [node(i, value) for i, value in enumerate((0.9, 0.1, 0.3, 0.8, 0.2, 0.4))])
    assert sorted(survival.parents) == [0, 0, 4, 4, 5, 5]
    ranked, pruned = survival.moves
    assert isinstance(ranked, GenerationRanked)
    assert sorted(ranked.kept) == [0, 4, 5]
    assert isinstance(pruned, NodesPruned)
    assert sorted(pruned.nodes) == [1, 2, 3]
    deeper = [node(6, 0.1, 0), node(7, 0.2, 0), node(8, 0.9, 4), node(9, 0.95, 4), node(10, 0.5, 5), node(11, 0.4, 5)]
    assert sorted(trees.survive(1, deeper).parents) == [7, 7, 9, 9, 10, 10]


def test_a_tree_whose_best_text_is_finished_is_done_and_the_others_go_on() -> None:
    trees = Trees(4, 2)
    survival = trees.survive(0, [node(0, 0.9, ended="stop"), node(1, 0.5), node(2, 0.2), node(3, 0.6)])
    assert survival.parents == (3, 3)
    assert trees.survive(1, [node(4, 0.5, 3, "stop"), node(5, 0.1, 3)]).parents == ()


def test_trees_that_begin_with_the_same_step_stay_apart() -> None:
    strategy = build_strategy(small_setup("dvts", n=6, width=2))
    for trial in strategy.ask(9):
        strategy.tell(Result(Candidate(trial.id, "Same.", None, None, "step", 3, -0.1, "step", steps=("Same.",)), {}))
    assert [trial.origin.trial for trial in strategy.ask(9) if trial.origin] == [0, 0, 1, 1, 2, 2]


def test_trees_keep_to_themselves_where_steps_are_missing() -> None:
    trees = Trees(6, 2)
    survival = trees.survive(0, [node(0, 0.1), node(2, 0.2), node(5, 0.9)])  # all of tree 1 has failed
    assert sorted(survival.parents) == [0, 0, 5, 5]


# --- particles ---------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_weights_are_the_softmax_of_the_logits_of_the_scores(scores: list[float]) -> None:
    logits = [math.log(s / (1 - s)) for s in (min(1 - SURE, max(SURE, score)) for score in scores)]
    total = sum(map(math.exp, logits))
    assert weights_of(scores) == pytest.approx([math.exp(logit) / total for logit in logits])
    assert sum(weights_of(scores)) == pytest.approx(1.0)


def test_weights_by_hand() -> None:
    assert weights_of([0.5, 0.5]) == pytest.approx([0.5, 0.5])
    assert weights_of([0.75, 0.5]) == pytest.approx([0.75, 0.25])  # odds of 3 to 1
    assert weights_of([1.0, 0.0]) == pytest.approx([9801 / 9802, 1 / 9802])  # 99 against 1 in 99


def test_effective_sizes_by_hand() -> None:
    assert effective_size([0.25] * 4) == pytest.approx(4.0)
    assert effective_size([1.0, 0.0, 0.0]) == pytest.approx(1.0)
    assert effective_size([0.5, 0.25, 0.25]) == pytest.approx(8 / 3)


@given(shares(30))
def test_the_effective_size_is_between_one_and_the_number_of_particles(weights: list[float]) -> None:
    assert 1 - 1e-9 <= effective_size(weights) <= len(weights) + 1e-9


@given(shares(30), st.floats(0, 1, exclude_max=True))
def test_every_particle_is_drawn_as_often_as_its_weight_says_give_or_take_one(
    weights: list[float], start: float
) -> None:
    drawn = systematic(weights, start)
    n = len(weights)
    assert len(drawn) == n
    assert drawn == sorted(drawn)
    for index, weight in enumerate(weights):
        assert math.floor(n * weight - 1e-9) <= drawn.count(index) <= math.ceil(n * weight + 1e-9)


@given(shares(12))
def test_over_all_starts_the_expectation_is_the_weight(weights: list[float]) -> None:
    grid, n = 400, len(weights)
    counts = Counter(index for k in range(grid) for index in systematic(weights, (k + 0.5) / grid))
    for index, weight in enumerate(weights):
        assert counts[index] / grid == pytest.approx(n * weight, abs=2 / grid)


def test_a_finished_text_stays_a_particle_that_can_be_drawn_and_is_asked_for_nothing() -> None:
    particles = Particles(1)
    first = particles.survive(0, [node(0, 0.999, ended="stop"), node(1, 0.001)])
    assert first.parents == ()
    resampled, pruned = first.moves
    assert isinstance(resampled, ParticlesResampled)
    assert (resampled.survivors, pruned) == ((0, 0), NodesPruned((1,), "no particle was drawn here"))
    assert resampled.weights == tuple(weights_of([0.999, 0.001]))
    assert resampled.effective_size == effective_size(resampled.weights)
    second = particles.survive(1, [node(2, 0.5)])
    assert isinstance(second.moves[0], ParticlesResampled)
    assert second.moves[0].particles == (0, 0, 2)  # both particles that stand at the finished text


@given(st.integers(0, 10_000), st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=16))
def test_the_number_of_particles_never_changes(seed: int, given_nodes: list[tuple[float, bool]]) -> None:
    nodes = [node(i, value, ended="stop" if ended else "step") for i, (value, ended) in enumerate(given_nodes)]
    particles = Particles(seed)
    survival = particles.survive(0, nodes)
    assert isinstance(survival.moves[0], ParticlesResampled)
    assert len(survival.moves[0].survivors) == len(nodes) == len(survival.parents) + len(particles._finished)


# --- all of them -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["beam-search", "dvts", "particle-filtering"])
@pytest.mark.parametrize("most", [1, 2, 3])
def test_no_text_gets_more_steps_than_the_most_and_the_reason_is_said(name: str, most: int) -> None:
    """The simulated texts have four steps."""
    setup = small_setup(name, most_steps=most)
    course = Driver(build_strategy(setup), World(setup).result).to_the_end()
    assert max(len(result.candidate.steps) for result in course.told) == most
    assert course.moves[-1] == LoopEnded(f"{most} steps are the most that a text may have.")
    assert course.answer is not None
    assert course.answer.answer is None
    assert "furthest" in course.answer.reason


@pytest.mark.parametrize("name", ["beam-search", "dvts", "particle-filtering", "mcts"])
def test_no_text_gets_more_tokens_than_a_candidate_may_have(name: str) -> None:
    setup = small_setup(name, step_tokens=7)
    setup = replace(setup, sampling=replace(setup.sampling, max_tokens=25))
    world = World(setup)
    course = Driver(build_strategy(setup), world.result).to_the_end()
    lengths = [len(result.candidate.text) for result in course.told]
    assert max(lengths) == 25
    assert all(trial.sampling.max_tokens <= 7 for trial in course.trials if trial.purpose == "step")


def test_process_scores_reduce_along_the_line_as_was_asked_for() -> None:
    def value_after(how: str) -> float | None:
        strategy = build_strategy(small_setup("beam-search", n=1, width=1, aggregate=how))
        for step, score in enumerate((0.5, 1.0, 0.8)):
            trial: Trial = next(iter(strategy.ask(1)))
            text = f"Step {step}."
            candidate = Candidate(trial.id, text, None, None, "step", 3, -0.1, "step", steps=(text,))
            strategy.tell(Result(candidate, {"arithmetic": Score(score)}))
        return strategy._tree.node(trial.id).value  # type: ignore[attr-defined]

    assert value_after("min") == pytest.approx(0.5)
    assert value_after("last") == pytest.approx(0.8)
    assert value_after("mean") == pytest.approx(2.3 / 3)
    assert value_after("product") == pytest.approx(0.4)
