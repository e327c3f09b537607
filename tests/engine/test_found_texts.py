"""The answer of a search's texts, kept as they come, change and go, against looking at all of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.strategies.found_texts import FoundTexts
from engine.strategies.ranking import Ranking
from engine.strategies.texts import Text
from engine.types import Candidate, FinishReason
from tests.engine.chosen_texts import answer_by_the_book

votes = st.none() | st.sampled_from(["1", "2", "3"])
values = st.none() | st.sampled_from([0.0, 0.1, 0.2, 0.3, 1 / 3, 0.5, 1.0])
endings = st.sampled_from(["step", "stop", "length", "abort"])
texts = st.tuples(votes, values, endings, st.sampled_from([-1.0, -0.5, None]), st.integers(1, 3), st.integers(1, 3))
changes = st.lists(st.tuples(st.integers(0, 9), st.none() | texts), max_size=40)


def text(id: int, made: tuple[str | None, float | None, FinishReason, float | None, int, int]) -> Text:
    """Every third one is a rollout."""
    vote, value, ending, logprob, copies, depth = made
    purpose = "rollout" if id % 3 == 2 else "step"
    return Text(Candidate(id, "…", vote, vote, ending, 5, logprob, purpose), value, copies, depth)  # type: ignore[arg-type]


@given(changes)
def test_the_answer_is_that_of_all_texts_whatever_came_changed_and_went(
    changes: list[tuple[int, tuple[str | None, float | None, FinishReason, float | None, int, int] | None]],
) -> None:
    found, all_texts, arrivals = FoundTexts(), dict[int, Text](), dict[int, int]()
    for id, made in changes:
        if made is None:
            found.drop(id)
            all_texts.pop(id, None)
        else:
            all_texts[id] = text(id, made)
            found.put(all_texts[id])
            arrivals.setdefault(id, len(arrivals))
        order = sorted(all_texts.values(), key=lambda t: (t.candidate.purpose == "rollout", arrivals[t.candidate.id]))
        for by_vote in (False, True):
            expected = answer_by_the_book(order, by_vote=by_vote, pruned=bool(arrivals))
            assert found.answer(by_vote=by_vote) == expected


@given(st.lists(st.tuples(st.integers(0, 6), st.none() | st.integers(0, 3)), max_size=60), st.integers(0, 4))
def test_the_first_of_a_ranking_are_the_first_of_all_sorted(changes: list[tuple[int, int | None]], count: int) -> None:
    ranking, keys = Ranking[int](), dict[int, tuple[int, int]]()
    for member, key in changes:
        if key is None:
            ranking.drop(member)
            keys.pop(member, None)
        else:
            keys[member] = (key, member)
            ranking.put(member, keys[member])
        assert ranking.first(count) == sorted(keys, key=keys.__getitem__)[:count]
        assert len(ranking) == len(keys)
