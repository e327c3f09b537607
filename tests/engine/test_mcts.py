"""Tree search against theory, against a reference of a page, and against its own moves as they are folded."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from functools import lru_cache

import pytest
from scipy.stats import binom

from engine.acts import ExpandNode, PruneNode
from engine.events import CandidateQueued, StrategyMoved
from engine.inference.simulated_backend import SimulatedBackend
from engine.inference.simulated_policy import SumPolicy
from engine.moves import LoopEnded, PathSelected, SimulationAbandoned, ValueBackedUp
from engine.prompts import PROMPTS
from engine.run import Run
from engine.setup import Budget, RunSetup
from engine.strategies.base import Answer, Result
from engine.strategies.mcts import ALL_PRUNED, TreeSearch
from engine.strategies.registry import build_strategy
from engine.strategies.search_tree import ROOT
from engine.strategies.seeds import trial_seed
from engine.strategies.texts import Text, as_text
from engine.trace.fold import RunState
from engine.types import Candidate, Origin, Score, Trial
from tests.engine.chosen_texts import answer_by_the_book
from tests.engine.simulated_world import Course, Driver, World, by_chance, small_setup

RIGHT = 0.7  # the success rate of one of the three steps of a simulated sum


def mcts_setup(seed: int = 1, verifier: str = "arithmetic", **settings: object) -> RunSetup:
    alone = {"at_once": 1, "simulations": 30, "children": 2}
    return small_setup("mcts", (verifier,), seed, **{**alone, **settings})  # type: ignore[arg-type]


def search_of(setup: RunSetup) -> TreeSearch:
    search = build_strategy(setup)
    assert isinstance(search, TreeSearch)
    return search


def searched(setup: RunSetup) -> tuple[TreeSearch, Course]:
    search = search_of(setup)
    return search, Driver(search, World(setup).result).to_the_end()


# --- against theory ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("children", [1, 2, 3])
def test_the_best_text_is_found_as_often_as_it_can_be_there(children: int) -> None:
    """A search that follows everything finds the right text exactly if each of its three steps was drawn.

    Each step is right with 0.7, independently, and drawn `children` times: (1 - 0.3^children)^3. Only that text has
    nothing but right equations, so that its value, the least of its steps' scores, is the only one of 1.
    """
    runs, found = 300, 0
    for seed in range(runs):
        search, course = searched(mcts_setup(seed, children=children, simulations=2000, exploration=10.0))
        assert isinstance(course.moves[-1], LoopEnded)  # the whole tree is known
        assert course.answer is not None
        best = max((node for node in search.tree.nodes.values() if node.terminal), key=lambda node: node.value or 0)
        if best.value == 1.0:
            found += 1
            assert (course.answer.candidate, course.answer.answer) == (best.id, "82")
    low, high = binom.interval(0.999, runs, (1 - (1 - RIGHT) ** children) ** 3)
    assert low <= found <= high


# --- against a reference -----------------------------------------------------------------------------------------


@dataclass
class Place:
    """A node of the reference."""

    candidate: Candidate | None
    depth: int = 0
    length: int = 0
    scores: list[float] = field(default_factory=list)
    prior: float = 1.0
    copies: int = 1
    children: list[Place] | None = None
    values: list[float] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        return self.candidate is not None and self.candidate.finish_reason != "step"

    @property
    def closed(self) -> bool:
        return bool(self.values) and (
            self.ended or (bool(self.children) and all(c.closed for c in self.children or ()))
        )


def reference(
    setup: RunSetup,
    simulations: int,
    c: float,
    *,
    puct: bool,
    best: bool,
    rollouts: bool,
    children: int = 2,
    revisits: bool = False,
) -> dict[int, list[float]]:
    """MCTS by the book, one simulation after the other: the values that each node got, by its id.

    Without `revisits` it does not choose what it knows to the end already.
    """
    world, prompt, ids = World(setup), PROMPTS["worked-examples"](setup.problem), itertools.count()
    root, known = Place(None), dict[int, Place]()

    def write(place: Place, purpose: str) -> Result:
        id, room = next(ids), setup.sampling.max_tokens - place.length
        limits = {"max_tokens": min(48, room), "step_end": "sentence"} if purpose == "step" else {"max_tokens": room}
        sampling = type(setup.sampling)(
            **{n: getattr(setup.sampling, n) for n in setup.sampling.__struct_fields__} | limits
        )
        origin = Origin(place.candidate.id) if place.candidate else None
        return world.result(Trial(id, prompt, sampling, trial_seed(setup.seed, id), "", purpose, origin))  # type: ignore[arg-type]

    def expand(place: Place) -> list[Place]:
        found: dict[tuple[str, str], Place] = {}
        for result in [write(place, "step") for _ in range(children)]:
            said = result.candidate
            scores = [*place.scores, *(s.value for s in result.scores.values() if s.value is not None)]
            new = Place(said, place.depth + 1, place.length + said.completion_tokens, scores)
            same = found.setdefault((said.steps[-1].strip(), said.finish_reason), new)
            same.copies += same is not new
            known[said.id] = same
        weights = {
            id(p): math.exp(p.candidate.logprob / p.candidate.completion_tokens) * p.copies
            for p in found.values()
            if p.candidate
        }
        for one in found.values():
            one.prior = weights[id(one)] / sum(weights.values())
        return list(found.values())

    def merit(place: Place, child: Place) -> tuple[float, float, float]:
        n, visits = len(place.values) + 1, len(child.values)
        quality = 0.0 if not visits else max(child.values) if best else sum(child.values) / visits
        explore = (
            child.prior * math.sqrt(n) / (1 + visits)
            if puct
            else math.sqrt(math.log(n) / visits)
            if visits
            else math.inf
        )
        return quality + c * explore, min(child.scores, default=0.5), child.prior

    def evaluate(place: Place) -> float:
        if not rollouts or place.ended:
            return min(place.scores, default=0.5)
        result = write(place, "rollout")
        return min([*place.scores, *(s.value for s in result.scores.values() if s.value is not None)], default=0.5)

    for _ in range(simulations):
        path = [root]
        while path[-1] is root or (path[-1].values and not path[-1].ended):
            if path[-1].children is None:
                path[-1].children = expand(path[-1])
            options = [child for child in path[-1].children if revisits or not child.closed]
            path.append(max(options, key=lambda child: merit(path[-1], child)))
        value = evaluate(path[-1])
        for place in path:
            place.values.append(value)
        if all(child.closed for child in root.children or ()):
            break
    return {id: place.values for id, place in known.items() if place.candidate and place.candidate.id == id}


@pytest.mark.parametrize("choose", ["value", "visits"])
@pytest.mark.parametrize("evaluate", ["steps", "rollouts"])
@pytest.mark.parametrize("back_up", ["mean", "max"])
@pytest.mark.parametrize("select", ["uct", "puct"])
def test_it_visits_what_a_search_by_the_book_visits(select: str, back_up: str, evaluate: str, choose: str) -> None:
    for seed, simulations in itertools.product(range(8), (1, 7, 60)):
        how = {"select": select, "back_up": back_up, "evaluate": evaluate, "choose": choose}
        setup = mcts_setup(seed, simulations=simulations, **how)
        search, _ = searched(setup)
        expected = reference(
            setup,
            simulations,
            1.4,
            puct=select == "puct",
            best=back_up == "max",
            rollouts=evaluate == "rollouts",
            revisits=choose == "visits",
        )
        nodes = search.tree.nodes
        assert {id: node.visits for id, node in nodes.items()} == {id: len(v) for id, v in expected.items()}
        for id, values in expected.items():
            assert nodes[id].total == pytest.approx(sum(values))
            assert nodes[id].best == max(values, default=0.0)


# --- what is known to its end ------------------------------------------------------------------------------------


def selections(search: TreeSearch, world: World) -> list[tuple[int, ...]]:
    """The paths to where each simulation brought its value from."""
    course = Driver(search, world.result).to_the_end()
    return [move.path for move in course.moves if isinstance(move, ValueBackedUp)]


@pytest.mark.parametrize("evaluate", ["steps", "rollouts"])
@pytest.mark.parametrize("choose", ["value", "vote"])
def test_no_text_that_has_ended_is_looked_at_twice(evaluate: str, choose: str) -> None:
    for seed in range(20):
        setup = mcts_setup(seed, evaluate=evaluate, choose=choose, simulations=60)
        search = search_of(setup)
        paths = selections(search, World(setup))
        assert len(set(paths)) == len(paths)
        assert all(node.visits <= 1 for node in search.tree.nodes.values() if node.terminal)


def test_where_visits_decide_the_best_text_is_visited_again_and_again() -> None:
    again = 0
    for seed in range(20):
        setup = mcts_setup(seed, choose="visits", simulations=60, exploration=0.5)
        search = search_of(setup)
        paths = selections(search, World(setup))
        again += len(paths) - len(set(paths))
    assert again > 100


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_search_ends_with_the_first_simulation_after_which_everything_is_known(at_once: int) -> None:
    for seed in range(20):
        setup = mcts_setup(seed, simulations=2000, at_once=at_once, children=3)
        search, course = searched(setup)
        assert any(isinstance(move, LoopEnded) for move in course.moves)
        nodes = search.tree.nodes.values()
        assert all(node.closed for node in nodes)
        known = [node.id for node in nodes if node.terminal or search.tree.children(node.id)]
        assert len(known) == len(nodes)
        assert search._done <= len(nodes) + (at_once - 1) * sum(not node.terminal for node in nodes)


def test_a_part_that_a_person_expands_again_is_gone_into_again() -> None:
    setup = mcts_setup(5, simulations=500, children=1)
    world, search = World(setup), search_of(setup)
    Driver(search, world.result).to_the_end()
    first, before = search.tree.children(ROOT)[0], search._done
    while len(search.tree.children(first.id)) == 1:
        assert search.act(ExpandNode(first.id))
        Driver(search, world.result).to_the_end()
    assert search._done > before
    assert all(node.visits for node in search.tree.nodes.values())


def test_once_every_first_step_is_pruned_the_search_is_over() -> None:
    setup = mcts_setup(5, simulations=500, children=2)
    search = search_of(setup)
    driver = Driver(search, World(setup).result)
    while search._done < 3:
        driver.step()
    for child in search.tree.children(ROOT):
        assert search.act(PruneNode(child.id))
    assert LoopEnded(ALL_PRUNED) in search.moves()
    driver.to_the_end()
    assert search._done < 500
    assert search.answer().answer is None


@pytest.mark.parametrize("evaluate", ["steps", "rollouts"])
@pytest.mark.parametrize("choose", ["value", "vote"])
def test_the_answer_is_at_any_moment_that_of_all_texts_that_are_not_cut_off(evaluate: str, choose: str) -> None:
    for seed in range(6):
        setup = mcts_setup(seed, evaluate=evaluate, choose=choose, at_once=4, children=3)
        search = search_of(setup)
        driver = Driver(search, World(setup).result, pick=by_chance(seed))
        rollouts: dict[int, Text] = {}
        while not search.finished:
            driver.step()
            said = driver.course.told[-1].candidate
            if said.purpose == "rollout":
                leaf = search.tree.node(search.tree.parent_of(said.id))
                value = search.tree.judge(leaf, driver.course.told[-1])
                rollouts[said.id] = Text(said, value, 1, leaf.depth + 1)
            if search._done == 7 and search.tree.children(ROOT):
                search.act(PruneNode(search.tree.children(ROOT)[0].id))
            nodes = [as_text(node) for node in search.tree.nodes.values() if not search.tree.is_cut_off(node.id)]
            texts = [text for id, text in rollouts.items() if not search.tree.is_cut_off(search.tree.parent_of(id))]
            expected = answer_by_the_book([*nodes, *texts], by_vote=choose == "vote", pruned=True)
            assert search.answer() == expected


# --- by hand -----------------------------------------------------------------------------------------------------


def a_node_of(search: TreeSearch) -> int:
    """A child of the root of a search in which nothing has been visited yet."""
    trials = search.ask(9)
    for trial in trials:
        text = f"Step {trial.id}."
        search.tree.add(Result(Candidate(trial.id, text, None, None, "step", 3, -0.1, "step", steps=(text,)), {}))
    return trials[0].id


def test_uct_by_hand() -> None:
    search = search_of(mcts_setup())
    node = search.tree.node(a_node_of(search))
    search._done, search._root_in_flight = 9, 1
    assert search.formula(ROOT, node) == math.inf
    node.visits, node.total, node.best = 3, 2.0, 0.9
    assert search.formula(ROOT, node) == pytest.approx(2 / 3 + 1.4 * math.sqrt(math.log(10) / 3))
    node.in_flight = 1  # a simulation under way counts as one that was lost
    assert search.formula(ROOT, node) == pytest.approx(2 / 4 + 1.4 * math.sqrt(math.log(10) / 4))


def test_puct_by_hand() -> None:
    search = search_of(mcts_setup(select="puct", exploration=2.0))
    node = search.tree.node(a_node_of(search))
    search._done, search._root_in_flight, node.prior = 8, 1, 0.25
    assert search.formula(ROOT, node) == pytest.approx(2.0 * 0.25 * 3)
    node.visits, node.total = 3, 2.0
    assert search.formula(ROOT, node) == pytest.approx(2 / 3 + 2.0 * 0.25 * 3 / 4)
    node.in_flight = 1
    assert search.formula(ROOT, node) == pytest.approx(2 / 4 + 2.0 * 0.25 * 3 / 5)


def test_the_best_instead_of_the_mean_by_hand() -> None:
    search = search_of(mcts_setup(back_up="max"))
    node = search.tree.node(a_node_of(search))
    node.visits, node.total, node.best = 3, 1.2, 0.9
    assert search.quality(node) == pytest.approx(0.9)
    node.in_flight = 1
    assert search.quality(node) == pytest.approx(0.9 * 3 / 4)


def test_priors_are_the_steps_mean_probabilities_times_how_often_they_came() -> None:
    search = search_of(mcts_setup(children=3, select="puct"))
    for trial, (text, logprob) in zip(search.ask(9), (("A.", -2.0), ("B.", -4.0), ("A.", -6.0)), strict=True):
        candidate = Candidate(trial.id, text, None, None, "step", 2, -1.0, "step", steps=(text,), logprob=logprob)
        search.tell(Result(candidate, {}))
    first, second = search.tree.children(ROOT)
    assert (first.copies, second.copies) == (2, 1)
    p, q = 2 * math.exp(-1.0), math.exp(-2.0)
    assert first.prior == pytest.approx(p / (p + q))
    assert second.prior == pytest.approx(q / (p + q))


def test_a_rollout_is_worth_the_worst_of_all_its_steps_the_leafs_own_included() -> None:
    search = search_of(mcts_setup(evaluate="rollouts", children=1))
    step = next(iter(search.ask(9)))
    candidate = Candidate(step.id, "7 + 5 = 13.", None, None, "step", 3, -0.1, "step", steps=("7 + 5 = 13.",))
    search.tell(Result(candidate, {"arithmetic": Score(0.25)}))
    rollout = next(iter(search.ask(9)))
    text = "7 + 5 = 13. The answer is 83."
    search.tell(Result(Candidate(rollout.id, text, "83", "83", "stop", 9, -0.1, "rollout"), {"arithmetic": Score(1.0)}))
    assert [move.value for move in search.moves() if isinstance(move, ValueBackedUp)] == [0.25]


def test_without_any_verifier_a_text_is_worth_how_many_others_agree() -> None:
    setup = small_setup("mcts", (), at_once=1, simulations=4, children=4, evaluate="rollouts")
    search = search_of(setup)
    for trial in search.ask(9):
        text = f"Step {trial.id}."
        search.tell(Result(Candidate(trial.id, text, None, None, "step", 3, -0.1, "step", steps=(text,)), {}))
    values = []
    for answer in ("82", "82", "72", None):
        trial = next(iter(search.ask(9)))
        search.tell(Result(Candidate(trial.id, "So.", answer, answer, "stop", 9, -0.1, "rollout"), {}))
        values += [move.value for move in search.moves() if isinstance(move, ValueBackedUp)]
    assert values == pytest.approx([1.0, 1.0, 1 / 3, 0.0])


@pytest.mark.parametrize("choose", ["value", "vote"])
def test_without_any_verifier_the_answer_is_what_most_texts_say_and_not_what_the_surest_says(choose: str) -> None:
    setup = small_setup("mcts", (), at_once=1, simulations=4, children=4, evaluate="rollouts", choose=choose)
    search = search_of(setup)
    for trial in search.ask(9):
        text = f"Step {trial.id}."
        search.tell(Result(Candidate(trial.id, text, None, None, "step", 3, -0.1, "step", steps=(text,)), {}))
    for answer, logprob in (("82", -0.9), ("72", -0.1), ("82", -0.8), (None, -0.1)):
        trial = next(iter(search.ask(9)))
        search.tell(Result(Candidate(trial.id, "So.", answer, answer, "stop", 9, logprob, "rollout"), {}))
    assert search.answer() == Answer(
        trial.id - 1, "82", "No verifier could judge any finished text: 2 of 3 say 82, 1 says 72."
    )


# --- several at once ---------------------------------------------------------------------------------------------


def test_as_many_simulations_as_there_are_children_go_to_different_ones() -> None:
    search = search_of(mcts_setup(at_once=4, children=4, evaluate="rollouts"))
    for trial in search.ask(9):
        text = f"Step {trial.id}."
        search.tell(Result(Candidate(trial.id, text, None, None, "step", 3, -0.1, "step", steps=(text,)), {}))
    paths = [move.path for move in search.moves() if isinstance(move, PathSelected) and move.path]
    assert sorted(paths) == [(0,), (1,), (2,), (3,)]


@pytest.mark.parametrize("seed", range(12))
def test_no_two_simulations_choose_the_same_new_child_while_another_one_is_free(seed: int) -> None:
    setup = mcts_setup(seed, at_once=6, children=3, evaluate="rollouts", simulations=60)
    search = search_of(setup)
    driver = Driver(search, World(setup).result, pick=by_chance(seed))
    visits, in_flight, seen = dict[int, int](), dict[int, int](), 0
    while not search.finished:
        driver.step()
        for move in driver.course.moves[seen:]:
            if isinstance(move, PathSelected):
                for at in range(move.entered, len(move.path)):
                    node, parent = move.path[at], move.path[at - 1] if at else ROOT
                    if in_flight.get(node, 0) and not visits.get(node, 0):
                        for sibling in search.tree.children(parent):
                            assert visits.get(sibling.id, 0) + in_flight.get(sibling.id, 0) > 0
                    in_flight[node] = in_flight.get(node, 0) + 1
            elif isinstance(move, ValueBackedUp):
                for node in move.path:
                    visits[node], in_flight[node] = visits.get(node, 0) + 1, in_flight[node] - 1
        seen = len(driver.course.moves)
    assert not any(in_flight.values())


# --- going on ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("evaluate", ["steps", "rollouts"])
def test_a_finished_search_can_be_extended_and_is_then_what_it_would_have_been(evaluate: str) -> None:
    setup = mcts_setup(3, simulations=4, evaluate=evaluate, children=3)
    world, search = World(setup), search_of(setup)
    Driver(search, world.result).to_the_end()
    assert search.finished
    assert list(search.ask(9)) == []
    search.more(8)
    assert not search.finished
    Driver(search, world.result).to_the_end()
    whole, _ = searched(mcts_setup(3, simulations=12, evaluate=evaluate, children=3))
    assert {id: n.visits for id, n in search.tree.nodes.items()} == {id: n.visits for id, n in whole.tree.nodes.items()}
    assert search.answer() == whole.answer()


# --- as it is folded ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "budget", [Budget(), Budget(tokens=300), Budget(candidates=14)], ids=["all", "tokens", "candidates"]
)
@pytest.mark.parametrize("verifier", ["arithmetic", "known-answer"])
@pytest.mark.parametrize("seed", range(3))
def test_the_fold_of_the_moves_has_the_strategys_own_numbers_after_every_step(
    seed: int, verifier: str, budget: Budget
) -> None:
    given = mcts_setup(seed, verifier, at_once=4, children=3)
    setup = RunSetup(**{name: getattr(given, name) for name in given.__struct_fields__} | {"budget": budget})
    state = RunState()
    run = Run("run", setup, SimulatedBackend(lru_cache(SumPolicy())), state.apply)
    search = run._strategy
    assert isinstance(search, TreeSearch)
    while not run.finished:
        run.step()
        assert state.simulations == search._done
        for id, node in search.tree.nodes.items():
            folded = state.candidates[id]
            assert (folded.visits, folded.in_flight) == (node.visits, node.in_flight)
            assert folded.value_sum == pytest.approx(node.total)
        for candidate in state.candidates.values():
            assert (candidate.merged_into is None) or candidate.visits == candidate.in_flight == 0
    assert state.root_value_sum == pytest.approx(
        sum(move.move.value for move in state.moves if isinstance(move.move, ValueBackedUp))
    )
    if budget == Budget():
        assert not any(candidate.in_flight for candidate in state.candidates.values())


@pytest.mark.parametrize("evaluate", ["steps", "rollouts"])
def test_a_simulation_whose_steps_fail_is_in_flight_nowhere_any_more(evaluate: str) -> None:
    setup = mcts_setup(2, at_once=3, children=2, evaluate=evaluate, simulations=20)
    world, search = World(setup), search_of(setup)
    failing = iter(itertools.cycle([False, False, True]))

    def answer(trial: Trial) -> Result:
        return world.failure(trial) if next(failing) else world.result(trial)

    course = Driver(search, answer).to_the_end()
    abandoned = [move for move in course.moves if isinstance(move, SimulationAbandoned)]
    assert len(abandoned) == search._abandoned
    assert search._done + search._abandoned <= 20
    assert not any(node.in_flight for node in search.tree.nodes.values())
    assert search._root_in_flight == 0
    state = RunState()
    for trial in course.trials:
        state.apply(CandidateQueued(0.0, trial.id, "", 0, 0, 0.7, 60))
    for move in course.moves:
        state.apply(StrategyMoved(0.0, move))
    assert not any(candidate.in_flight for candidate in state.candidates.values())
