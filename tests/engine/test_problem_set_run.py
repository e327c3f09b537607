"""A set of problems under one allocator: batches of many problems, samples that can be taken over, and an end."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from engine.errors import BadInputError
from engine.inference.backend import RunShape
from engine.inference.llama.backend import LlamaBackend
from engine.inference.scheduler import Scheduler
from engine.inference.simulated_backend import REPORT, SimulatedBackend
from engine.inference.simulated_policy import SumPolicy
from engine.lab.allocator import SampleAllocator
from engine.lab.problem_set_outcome import outcome_of
from engine.lab.problem_set_run import DrawnSample, ProblemSetRun
from engine.lab.problem_sets import load_ladder
from engine.setup import DEFAULT_SAMPLING
from engine.types import Problem

SUMS = next(rung.problems for rung in load_ladder() if rung.name == "two-digit-sums")
SAMPLING = replace(DEFAULT_SAMPLING, alternatives=0)


def make_run(
    allocator: SampleAllocator, backend: SimulatedBackend | None = None, seed: int = 1, **options: object
) -> ProblemSetRun:
    return ProblemSetRun(SUMS, allocator, backend or SimulatedBackend(), SAMPLING, seed, **options)  # type: ignore[arg-type]


def drive(run: ProblemSetRun) -> ProblemSetRun:
    while not run.finished:
        run.step()
    return run


def even(each: int) -> SampleAllocator:
    return SampleAllocator(len(SUMS), each * len(SUMS), each, each)


def test_a_set_ends_within_its_budget_and_every_sample_is_told_once_in_the_order_of_its_end() -> None:
    told: list[DrawnSample] = []
    run = drive(make_run(SampleAllocator(len(SUMS), 80), emit=told.append))
    assert run.allocator.spent == len(told) == len(run.samples) == 80
    assert {(one.problem, one.turn): one for one in told} == run.samples
    assert [share.samples for share in run.allocator.shares()] == [one.samples for one in outcome_of(run).problems]


def test_samples_of_different_problems_are_decoded_together() -> None:
    backend = SimulatedBackend()
    run = drive(make_run(even(2), backend, at_once=len(SUMS)))
    assert backend.decoder is not None
    longest = max(one.completion_tokens for one in run.samples.values())
    tokens = sum(one.completion_tokens for one in run.samples.values())
    assert backend.decoder.steps <= 3 * longest  # one after the other it would be a step for each token
    assert tokens > 10 * longest


def test_what_problems_share_of_their_prompts_is_computed_once() -> None:
    run = drive(make_run(even(4)))
    found = outcome_of(run)
    assert found.cached_tokens > 10 * found.prompt_tokens


def test_an_easy_set_saves_samples_and_the_tokens_are_an_estimate_from_the_mean_length() -> None:
    run = drive(make_run(SampleAllocator(len(SUMS), 160), SimulatedBackend(SumPolicy(right=0.99))))
    found = outcome_of(run)
    mean = found.completion_tokens / found.samples
    assert found.saved_samples == 160 - found.samples > 80
    assert found.saved_tokens_estimate == round(found.saved_samples * mean)
    assert (found.right, found.known, found.accuracy) == (10, 10, 1.0)
    assert all(one.is_settled and one.lead is not None and one.lead >= 0.95 for one in found.problems)


def test_the_same_seed_draws_the_same_and_another_one_does_not() -> None:
    first, again, other = (drive(make_run(SampleAllocator(len(SUMS), 60), seed=seed)).samples for seed in (3, 3, 4))
    assert first == again
    assert {one.seed for one in first.values()}.isdisjoint(one.seed for one in other.values())


def test_a_problems_nth_sample_is_the_same_whoever_asks_for_it() -> None:
    by_difficulty = drive(make_run(SampleAllocator(len(SUMS), 80))).samples
    evenly = drive(make_run(even(8))).samples
    both = by_difficulty.keys() & evenly.keys()
    assert len(both) > 40
    assert all(by_difficulty[place].text == evenly[place].text for place in both)


def test_samples_that_are_known_are_not_drawn_again() -> None:
    first = drive(make_run(SampleAllocator(len(SUMS), 80))).samples
    drawn: list[DrawnSample] = []
    second = drive(make_run(even(8), known=first, emit=drawn.append))
    assert len(second.samples) == 80
    assert {(one.problem, one.turn) for one in drawn} == second.samples.keys() - first.keys()


def test_a_run_that_is_interrupted_keeps_what_came_to_its_end_and_claims_no_saving() -> None:
    run = make_run(SampleAllocator(len(SUMS), 80), at_once=4)
    while len(run.samples) < 7:
        run.step()
    run.interrupt()
    drive(run)
    found = outcome_of(run)
    assert run.stopped
    assert 7 <= found.samples < 80
    assert (found.saved_samples, found.saved_tokens_estimate, found.stopped) == (None, None, True)
    unseen = [one for one in found.problems if not one.samples]
    assert unseen
    assert all((one.answer, one.correct, one.lead) == (None, None, None) for one in unseen)
    assert found.known == len(SUMS) - len(unseen)
    stopped = [one for one in run.samples.values() if not one.is_whole]
    assert stopped
    assert all((one.vote, one.correct) == (None, None) for one in stopped)


def test_a_decode_that_is_aborted_ends_the_run_and_leaves_an_empty_cache() -> None:
    backend = SimulatedBackend()
    run = make_run(SampleAllocator(len(SUMS), 80), backend)
    run.step()
    assert backend.decoder is not None
    backend.decoder.fail_next.append("aborted")
    drive(run)
    assert run.stopped
    assert backend.decoder.cells_used == 0


def test_a_problem_without_a_known_answer_is_neither_right_nor_wrong() -> None:
    asked = [Problem("What is 12 + 30?", None, "addition"), Problem("What is 1 + 1?", "2", "addition")]
    run = drive(ProblemSetRun(asked, SampleAllocator(2, 8), SimulatedBackend(), SAMPLING, 1))
    found = outcome_of(run)
    assert (found.problems[0].correct, found.known) == (None, 1)
    assert found.problems[0].answer is not None


def test_a_question_longer_than_the_context_is_refused_by_its_number() -> None:
    asked = [SUMS[0], Problem("Why " * 3000)]
    backend = SimulatedBackend(report=replace(REPORT, n_ctx_train=1000))
    with pytest.raises(BadInputError, match="problem 2"):
        ProblemSetRun(asked, SampleAllocator(2, 8), backend, SAMPLING, 1)


def test_room_is_made_for_prompts_that_run_beside_the_longest() -> None:
    asked: list[RunShape] = []

    class Watched(SimulatedBackend):
        def scheduler(self, shape: RunShape) -> Scheduler:
            asked.append(shape)
            return super().scheduler(shape)

    make_run(even(2), Watched(), at_once=3)
    (shape,) = asked
    assert shape.sequences == 3
    assert shape.prompt_tokens <= shape.other_prompt_tokens <= 2 * shape.prompt_tokens
    assert shape.cells == shape.prompt_tokens + shape.other_prompt_tokens + 3 * SAMPLING.max_tokens


def test_the_real_model_settles_easy_sums_for_fewer_samples_than_an_even_split(backend: LlamaBackend) -> None:
    """It gets these right nearly every time; what each says stands where its answer is looked for."""
    asked = [problem for rung in load_ladder() if rung.name == "one-digit-sums" for problem in rung.problems[:4]]
    run = ProblemSetRun(asked, SampleAllocator(len(asked), 40), backend, replace(SAMPLING, max_tokens=40), 1)
    found = outcome_of(drive(run))
    assert found.saved_samples is not None
    assert found.saved_samples > 0
    assert found.right == found.known == len(asked)
    assert found.cached_tokens > found.prompt_tokens
