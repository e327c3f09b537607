"""CoT decoding: the leads that paths are compared by, and what is said where they are not known."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from engine.strategies.base import Answer, Result
from engine.strategies.registry import build_strategy
from engine.types import Alternative, Candidate
from tests.engine.simulated_world import Driver, World, small_setup


def told(paths: Sequence[tuple[str, float | None]], choose: str) -> Answer:
    """The answer of paths with these answers and leads."""
    strategy = build_strategy(small_setup("cot-decoding", (), k=len(paths), choose=choose))
    first = tuple(Alternative(id, chr(id), -1.0) for id in range(65, 65 + len(paths)))
    for answer, margin in paths:
        (trial,) = strategy.ask(1)
        candidate = Candidate(
            trial.id, f"It is {answer}.", answer, answer, "stop", 5, -0.5, first=first, answer_margin=margin
        )
        strategy.tell(Result(candidate, {}))
    assert strategy.finished
    return strategy.answer()


def test_leads_of_equal_answers_are_added_up() -> None:
    answer = told([("72", 0.5), ("82", 0.3), ("82", 0.4)], "sum")
    assert answer == Answer(2, "82", "2 of 3 paths say 82: leads of 0.70 in sum; 72 has 0.50.")


def test_the_surest_path_decides_where_that_is_asked_for() -> None:
    answer = told([("72", 0.5), ("82", 0.3), ("82", 0.4)], "surest")
    assert answer == Answer(0, "72", "The surest of 3 paths: a lead of 0.50 on its answer.")


@pytest.mark.parametrize("choose", ["sum", "surest"])
def test_where_no_lead_is_known_the_most_frequent_answer_is_taken_and_that_is_said(choose: str) -> None:
    answer = told([("72", None), ("82", None), ("82", None)], choose)
    assert answer == Answer(1, "82", "2 of 3 paths say 82; how sure the model is of its answers is not known.")


def test_a_path_whose_lead_is_not_known_adds_nothing_and_is_counted() -> None:
    assert told([("72", None), ("82", 0.3), ("72", None)], "sum") == Answer(
        1, "82", "1 of 3 paths say 82: leads of 0.30 in sum (not known of 2); 72 has 0.00."
    )
    assert told([("72", None), ("82", 0.3)], "surest").reason == (
        "The surest of 2 paths: a lead of 0.30 on its answer (not known of 1)."
    )


def test_a_token_that_nothing_else_could_come_in_place_of_leads_by_all_its_probability() -> None:
    setup = small_setup("cot-decoding", ())
    course = Driver(build_strategy(setup), World(setup).result).to_the_end()
    assert [result.candidate.answer_margin for result in course.told] == pytest.approx([1.0] * len(course.told))
