"""One answer is chosen from many by rules that can be said in a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.selection import Contender, best, count_votes, mix


def contender(
    id: int, score: float | None, votes: float = 1, logprob: float | None = -1.0, has_answer: bool = True
) -> Contender:
    return Contender(id, has_answer, score, votes, logprob)


def winner(*contenders: Contender) -> int:
    return best(contenders)[0].candidate


def test_the_highest_score_wins_over_votes() -> None:
    assert winner(contender(0, 0.4, votes=9), contender(1, 0.9, votes=1)) == 1


def test_ties_go_to_votes_then_confidence_then_the_first() -> None:
    assert winner(contender(0, 0.5, 1), contender(1, 0.5, 3)) == 1
    assert winner(contender(0, 0.5, 3, -2.0), contender(1, 0.5, 3, -1.0), contender(2, 0.5, 3, None)) == 1
    assert winner(contender(4, 0.5), contender(1, 0.5)) == 4


def test_the_number_of_candidates_that_share_the_top_score_is_told() -> None:
    assert best([contender(0, 0.5), contender(1, 0.5), contender(2, 0.1)])[1] == 2


def test_one_that_nobody_could_judge_stands_between_wrong_and_partly_right() -> None:
    assert winner(contender(0, 0.0, votes=9), contender(1, None)) == 1
    assert winner(contender(0, None, votes=9), contender(1, 0.01)) == 1


def test_a_candidate_without_an_answer_never_beats_one_that_has_an_answer() -> None:
    assert winner(contender(0, 1.0, has_answer=False), contender(1, 0.2)) == 1


def test_scores_that_differ_by_rounding_only_are_ties() -> None:
    assert winner(contender(0, 0.3, 1), contender(1, 0.1 + 0.2, 1), contender(2, 0.3, 2)) == 2


contenders = st.lists(
    st.builds(
        Contender,
        st.integers(0, 1000),
        st.booleans(),
        st.none() | st.floats(0, 1),
        st.integers(0, 9).map(float),
        st.none() | st.floats(-9, 0),
    ),
    min_size=1,
    max_size=12,
)


@given(contenders)
def test_no_answering_rival_scores_higher_than_the_winner(field: list[Contender]) -> None:
    chosen, tied = best(field)
    rivals = [c.score for c in field if c.has_answer == chosen.has_answer and c.score is not None]
    assert chosen in field
    assert 1 <= tied <= len(field)
    assert all(score <= (chosen.score or 0.0) + 1e-8 for score in rivals)


@given(st.lists(st.none() | st.sampled_from(["1", "2", "3"]), max_size=20))
def test_votes_are_counted_once_each_and_the_first_of_equals_leads(votes: list[str | None]) -> None:
    counted = count_votes((i, vote, vote) for i, vote in enumerate(votes))
    cast = [vote for vote in votes if vote is not None]
    assert sum(vote.weight for vote in counted) == len(cast)
    if cast:
        assert counted[0].vote == max(dict.fromkeys(cast), key=cast.count)


def test_the_answer_is_shown_as_it_was_first_written() -> None:
    assert count_votes([(0, "82", "82.0"), (1, "82", "82")])[0].answer == "82.0"


def test_weighted_votes_are_sums_of_weights() -> None:
    votes = count_votes([(0, "1", "1"), (1, "1", "1"), (2, "2", "2")], {0: 0.2, 1: 0.3, 2: 0.9})
    assert [(vote.vote, pytest.approx(vote.weight)) for vote in votes] == [("2", 0.9), ("1", 0.5)]


def test_a_mix_is_the_weighted_mean_of_the_scores_that_are_there() -> None:
    assert mix({"a": 1.0, "b": 0.0, "c": None, "d": 0.3}, {"a": 3, "b": 1, "c": 5}) == 0.75
    assert mix({"c": None}, {"c": 1}) is None
    assert mix({}, {}) is None
