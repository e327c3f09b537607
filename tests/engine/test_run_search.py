"""Searches as whole runs on the simulated model: how steps end, what a full context does, what the cache keeps."""

from __future__ import annotations

from functools import lru_cache

import pytest
from msgspec.structs import replace

from engine.events import AnyEvent, CandidateFinished, CandidateQueued, CandidateScored, CandidateStarted, RunFailed
from engine.inference.simulated_backend import SimulatedBackend
from engine.inference.simulated_policy import SumPolicy
from engine.run import Run
from engine.setup import RunSetup, Value
from engine.trace.fold import RunState, fold
from engine.types import Candidate
from engine.verifiers.arithmetic import ArithmeticChecker
from tests.engine.simulated_world import small_setup

SEARCHES = ("beam-search", "dvts", "particle-filtering", "mcts")
every_search = pytest.mark.parametrize("name", SEARCHES)


def run(setup: RunSetup, cells: int = 1 << 16) -> tuple[RunState, Run, SimulatedBackend]:
    events: list[AnyEvent] = []
    backend = SimulatedBackend(lru_cache(SumPolicy()), cells=cells)
    run = Run("run", setup, backend, events.append)
    for _ in range(20_000):
        if run.finished:
            break
        run.step()
    assert run.finished
    assert not any(isinstance(event, RunFailed) for event in events)
    return fold(events), run, backend


def search_setup(name: str, verifiers: tuple[str, ...] = ("arithmetic",), seed: int = 1, **settings: Value) -> RunSetup:
    return small_setup(name, verifiers, seed, **settings)


@every_search
def test_a_step_that_is_cut_within_a_number_is_no_answer_yet(name: str) -> None:
    """“The answer is 8” stands at the limit of 16 tokens; the next step completes it."""
    state, _, _ = run(search_setup(name, step_tokens=16))
    answered = [candidate for candidate in state.candidates.values() if candidate.answer is not None]
    assert answered
    assert {state.whole_text(candidate.id) for candidate in answered} <= set(SumPolicy().sums(47, 35))


@every_search
def test_a_line_of_steps_says_what_its_candidates_say_together(name: str) -> None:
    state, searching, _ = run(search_setup(name))
    for id, candidate in searching._candidates.found.items():
        assert state.whole_text(id) == candidate.text == "".join(candidate.steps)
        assert candidate.steps[-1] == state.candidates[id].text
    ended = [c for c in searching._candidates.found.values() if c.is_whole]
    assert {candidate.text for candidate in ended} <= set(SumPolicy().sums(47, 35))


@every_search
@pytest.mark.parametrize("room", range(8, 60, 4))
def test_a_context_that_is_full_ends_texts_and_not_the_run(name: str, room: int) -> None:
    state, _, _ = run(search_setup(name))
    prompt = max(c.cached_tokens + c.computed_tokens for c in state.candidates.values() if c.parent is None)
    cramped, _, backend = run(search_setup(name, step_tokens=6, most_steps=30), cells=prompt + room)
    assert all(candidate.finish_reason in ("step", "stop", "length") for candidate in cramped.candidates.values())
    longest = max(len(cramped.whole_text(id)) for id in cramped.candidates)
    assert prompt + longest <= backend.decoder.cells + 1


def test_the_cells_of_steps_are_kept_for_others_and_those_of_rollouts_are_not() -> None:
    state, searching, _ = run(search_setup("mcts", evaluate="rollouts", simulations=20))
    assert {candidate.purpose for candidate in state.candidates.values()} == {"step", "rollout"}
    for candidate in state.candidates.values():
        assert searching._lineage._sequence(candidate.id).keep == (candidate.purpose == "step")


@every_search
@pytest.mark.parametrize("seed", [1, 2])
def test_in_a_search_every_token_is_decoded_once(name: str, seed: int) -> None:
    """By the events alone: what was computed of prompts is the first prompt and a last token of a step now and then."""
    state, _, backend = run(search_setup(name, seed=seed))
    ledger = state.ledger
    assert ledger.recomputed_tokens == 0
    distinct = ledger.prompt_tokens + ledger.completion_tokens
    assert backend.decoder.decoded_tokens <= distinct
    first = next(c for c in state.candidates.values())
    assert ledger.prompt_tokens <= first.cached_tokens + first.computed_tokens + len(state.candidates)


def test_a_rollout_is_judged_by_what_it_added_as_one_more_step() -> None:
    events: list[AnyEvent] = []
    setup = search_setup("mcts", evaluate="rollouts", simulations=12, seed=3)
    searching = Run("run", setup, SimulatedBackend(lru_cache(SumPolicy())), events.append)
    while not searching.finished:
        searching.step()
    purposes = {event.candidate: event.purpose for event in events if isinstance(event, CandidateQueued)}
    texts = {event.candidate: event.text for event in events if isinstance(event, CandidateFinished)}
    scores = {event.candidate: event.value for event in events if isinstance(event, CandidateScored)}
    rollouts = [id for id, purpose in purposes.items() if purpose == "rollout"]
    assert rollouts
    for id in rollouts:
        alone = Candidate(id, texts[id], None, None, "stop", 1, None)
        assert scores[id] == ArithmeticChecker().score(setup.problem, alone, (), ()).value


@every_search
def test_the_same_seed_gives_the_same_run(name: str) -> None:
    first, second = (run(replace(search_setup(name), seed=7))[0] for _ in range(2))
    assert [(c.id, c.text, c.visits, c.pruned, c.merged_into) for c in first.candidates.values()] == [
        (c.id, c.text, c.visits, c.pruned, c.merged_into) for c in second.candidates.values()
    ]
    assert [move.move for move in first.moves] == [move.move for move in second.moves]


def test_candidates_that_go_on_find_their_text_in_the_cache() -> None:
    events: list[AnyEvent] = []
    searching = Run("run", search_setup("beam-search"), SimulatedBackend(lru_cache(SumPolicy())), events.append)
    while not searching.finished:
        searching.step()
    parents = {event.candidate: event.parent for event in events if isinstance(event, CandidateQueued)}
    for event in events:
        if isinstance(event, CandidateStarted) and parents[event.candidate] is not None:
            assert event.computed_tokens <= 1
