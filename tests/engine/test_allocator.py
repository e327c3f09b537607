"""Samples go where they are needed: never more than there are, fewer where the vote is settled, and to better use."""

from __future__ import annotations

from collections import Counter
from math import sqrt
from random import Random
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.lab.allocator import Sample, SampleAllocator, Urgency, doubt_per_sample
from engine.stopping import is_settled

Policy = dict[str, float]  # how often a sample gives each answer; "right" is the right one

EASY: Policy = {"right": 0.95, "a": 0.05}
LIKELY: Policy = {"right": 0.75, "a": 0.1, "b": 0.1, "c": 0.05}
TOSS: Policy = {"right": 0.5, "a": 0.3, "b": 0.2}
HARD: Policy = {"right": 0.35, "a": 0.25, "b": 0.2, "c": 0.2}
HOPELESS: Policy = {"right": 0.1, **{f"wrong {i}": 0.06 for i in range(15)}}
MIXED = [EASY, LIKELY, TOSS, HARD, HOPELESS] * 10


def draw(chance: Random, policy: Policy) -> str:
    return chance.choices(list(policy), list(policy.values()))[0]


def run(allocator: SampleAllocator, policies: list[Policy], seed: int, free: int = 1) -> list[Sample]:
    """All samples, in order. Each problem has its own stream of answers: what it is asked first, it answers first."""
    chances = [Random(f"{seed} {i}") for i in range(len(policies))]
    taken: list[Sample] = []
    while not allocator.finished:
        asked = allocator.ask(free)
        assert asked, "it neither asks nor ends"
        taken += asked
        for sample in asked:
            allocator.tell(sample.id, draw(chances[sample.problem], policies[sample.problem]))
    return taken


def accuracy(allocator: SampleAllocator, problems: int) -> float:
    return mean(allocator.answer(i) == "right" for i in range(problems))


def even_split(policies: list[Policy], each: int, seed: int) -> float:
    """The same problems with the same streams of answers, each asked equally often; ties go to the first answer."""
    allocator = SampleAllocator(len(policies), each * len(policies), each, each, 1.0)
    taken = run(allocator, policies, seed, free=len(policies))
    assert set(Counter(sample.problem for sample in taken).values()) == {each}
    return accuracy(allocator, len(policies))


def gains(urgency: Urgency, seeds: int, each: int = 16) -> list[float]:
    """How many more problems of the mixed set it answers than an even split of the same budget, as a share."""
    found = []
    for seed in range(seeds):
        allocator = SampleAllocator(len(MIXED), each * len(MIXED), urgency=urgency)
        run(allocator, MIXED, seed)
        assert allocator.spent <= each * len(MIXED)
        found.append(accuracy(allocator, len(MIXED)) - even_split(MIXED, each, seed))
    return found


votes = st.sampled_from(["1", "2", "3", None])
allocators = st.builds(
    SampleAllocator,
    st.shared(st.integers(1, 6), key="problems"),
    st.shared(st.integers(0, 60), key="budget"),
    st.shared(st.integers(1, 12), key="most"),
    st.integers(1, 5),
    st.sampled_from([0.5, 0.8, 0.95, 1.0]),
)


@given(allocators, st.shared(st.integers(0, 60), key="budget"), st.shared(st.integers(1, 12), key="most"), st.data())
def test_neither_the_budget_nor_the_most_of_a_problem_is_ever_exceeded_and_it_ends(
    allocator: SampleAllocator, budget: int, most: int, data: st.DataObject
) -> None:
    under_way: list[Sample] = []
    given_to: Counter[int] = Counter()
    while not allocator.finished:
        asked = allocator.ask(data.draw(st.integers(1, 8)))
        under_way += asked
        given_to.update(sample.problem for sample in asked)
        assert allocator.spent == given_to.total() <= budget
        assert max(given_to.values()) <= most
        if under_way:
            told = under_way.pop(data.draw(st.integers(0, len(under_way) - 1)))
            allocator.tell(told.id, data.draw(votes))
    assert allocator.ask(8) == []
    assert [share.samples for share in allocator.shares()] == [given_to[i] for i in range(len(allocator.shares()))]


@given(st.integers(1, 5), st.integers(0, 50), st.integers(1, 9), st.integers(0, 99), st.data())
def test_the_order_within_a_round_changes_nothing(
    problems: int, budget: int, free: int, seed: int, data: st.DataObject
) -> None:
    one, other = (SampleAllocator(problems, budget, 12, 2) for _ in range(2))
    chance = Random(seed)
    while not one.finished:
        asked = one.ask(free)
        assert other.ask(free) == asked
        told = [(sample.id, chance.choice(["1", "2", "3", None])) for sample in asked]
        for sample, vote in told:
            one.tell(sample, vote)
        for sample, vote in data.draw(st.permutations(told)):
            other.tell(sample, vote)
    assert other.finished
    assert other.shares() == one.shares()


def test_the_same_votes_give_the_same_allocation() -> None:
    taken = [run(SampleAllocator(50, 800), MIXED, seed=3, free=5) for _ in range(2)]
    assert taken[0] == taken[1]


def test_every_problem_is_probed_before_any_gets_more() -> None:
    allocator = SampleAllocator(3, 30, probe=2)
    first = allocator.ask(100)
    assert [sample.problem for sample in first] == [0, 1, 2, 0, 1, 2]
    for sample in first[:-1]:
        allocator.tell(sample.id, str(sample.id))
        assert allocator.ask(100) == []
    allocator.tell(first[-1].id, "1")
    assert allocator.ask(1) != []


def test_a_budget_too_small_for_the_probe_is_spread_evenly() -> None:
    allocator = SampleAllocator(3, 5, probe=4)
    assert [sample.problem for sample in allocator.ask(100)] == [0, 1, 2, 0, 1]
    assert allocator.ask(100) == []


def test_a_settled_problem_gets_no_more() -> None:
    allocator = SampleAllocator(2, 40, most=20)
    while not allocator.finished:
        for sample in allocator.ask(3):
            allocator.tell(sample.id, "82" if sample.problem == 0 else str(sample.id // 2 % 2))
    easy, open_one = allocator.shares()
    assert (easy.samples, easy.answer, easy.is_settled, easy.beyond) == (4, "82", True, -16)
    assert (open_one.samples, open_one.is_settled) == (20, False)


def test_an_easy_set_costs_a_probe_and_the_rest_is_saved() -> None:
    allocator = SampleAllocator(10, 165)
    run(allocator, [{"right": 1.0}] * 10, seed=1, free=8)
    assert (allocator.spent, allocator.saved) == (40, 120)
    likely = SampleAllocator(10, 160)
    run(likely, [EASY] * 10, seed=1)
    assert likely.saved > 80
    assert accuracy(likely, 10) == 1.0


def test_nothing_is_saved_before_the_end_or_where_all_is_used() -> None:
    allocator = SampleAllocator(2, 16)
    assert allocator.saved == 0
    run(allocator, [HOPELESS] * 2, seed=1)
    assert (allocator.spent, allocator.saved) == (16, 0)


def test_settled_is_what_stopping_calls_settled() -> None:
    allocator = SampleAllocator(50, 800)
    taken = run(allocator, MIXED, seed=1)
    chances = [Random(f"1 {i}") for i in range(50)]
    for share in allocator.shares():
        told = Counter(draw(chances[share.problem], MIXED[share.problem]) for _ in range(share.samples))
        counts = [count for _, count in told.most_common()]
        assert share.is_settled == is_settled(counts, 0.95)
        assert share.samples == sum(sample.problem == share.problem for sample in taken)


def test_ties_go_to_the_answer_that_was_asked_for_first() -> None:
    allocator = SampleAllocator(1, 2, probe=2)
    first, second = allocator.ask(2)
    allocator.tell(second.id, "72")
    allocator.tell(first.id, "82")
    assert allocator.answer(0) == "82"


def test_what_was_never_asked_for_or_is_told_twice_is_refused() -> None:
    allocator = SampleAllocator(1, 4)
    with pytest.raises(ValueError, match="not under way"):
        allocator.tell(0, "1")
    (sample,) = allocator.ask(1)
    allocator.tell(sample.id, "1")
    with pytest.raises(ValueError, match="not under way"):
        allocator.tell(sample.id, "1")


@pytest.mark.parametrize(
    "wrong", [{"problems": 0}, {"budget": -1}, {"most": 0}, {"probe": 0}, {"confidence": 0.4}, {"confidence": 1.1}]
)
def test_numbers_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="cannot be shared out"):
        SampleAllocator(**{"problems": 2, "budget": 8, **wrong})  # type: ignore[arg-type]


def test_it_answers_more_of_a_mixed_set_than_an_even_split_of_the_same_budget() -> None:
    """By five standard errors of the paired difference and more: luck does that once in millions of times."""
    found = gains(doubt_per_sample, seeds=100)
    assert mean(found) > 0.02
    assert mean(found) > 5 * stdev(found) / sqrt(len(found))


def test_other_rules_are_worse_which_is_why_it_is_this_one() -> None:
    rules: dict[str, Urgency] = {
        "highest lead": lambda lead, samples: lead,
        "lowest lead": lambda lead, samples: -lead,
        "fewest samples": lambda lead, samples: -samples,
    }
    ours = gains(doubt_per_sample, seeds=40)
    for name, rule in rules.items():
        ahead = [one - other for one, other in zip(ours, gains(rule, seeds=40), strict=True)]
        assert mean(ahead) > 2 * stdev(ahead) / sqrt(len(ahead)), name
