"""The queue before a reward model, on a decoder that only checks the bookkeeping."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.inference.decoder import BatchItem, DecodeStatus
from engine.inference.reward_scheduler import RewardScheduler
from engine.verifiers.reward_model import READING


class Ledge:
    """Implements `RewardDecoder`: the logit of a text is the sum of its tokens."""

    def __init__(self, *, cells: int, slots: int, n_batch: int, whole: bool) -> None:
        self.cells, self.slots, self.n_batch, self.whole = cells, slots, n_batch, whole
        self.held: dict[int, list[int]] = {slot: [] for slot in range(slots)}
        self.status: DecodeStatus = "ok"

    def read(self, items: list[BatchItem]) -> DecodeStatus:
        assert 0 < len(items) <= self.n_batch
        if self.status != "ok":
            return self.status
        if self.whole:
            assert all(not self.held[item.slot] for item in items)
        for item in items:
            assert item.position == len(self.held[item.slot])
            self.held[item.slot].append(item.token)
        assert sum(map(len, self.held.values())) <= self.cells
        return "ok"

    def logit(self, slot: int) -> float:
        return float(sum(self.held[slot]))

    def forget(self, slot: int) -> None:
        self.held[slot] = []


TEXTS = st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=20), max_size=12)


@given(TEXTS, st.integers(1, 4), st.booleans(), st.integers(1, 20))
def test_each_text_is_read_once_and_gets_its_own_number(
    texts: list[list[int]], slots: int, whole: bool, n_batch: int
) -> None:
    decoder = Ledge(cells=20, slots=slots, n_batch=20 if whole else n_batch, whole=whole)
    scheduler = RewardScheduler(decoder)
    for number, text in enumerate(texts):
        scheduler.submit(number, tuple(text), READING, 0)
    found, tokens = {}, 0
    while not scheduler.idle:
        report = scheduler.step()
        assert report.prefill_tokens
        tokens += report.prefill_tokens
        found |= {sequence.id: sequence for sequence in report.finished}
    assert {number: sequence.logit for number, sequence in found.items()} == dict(enumerate(map(sum, texts)))
    assert tokens == sum(map(len, texts)) == sum(sequence.computed_tokens for sequence in found.values())
    assert all(sequence.finish_reason == "stop" and not sequence.generated for sequence in found.values())


def test_a_stop_in_the_middle_loses_no_text_and_leaves_room_for_the_next() -> None:
    decoder = Ledge(cells=20, slots=2, n_batch=4, whole=False)
    scheduler = RewardScheduler(decoder)
    for number in range(3):
        scheduler.submit(number, (1,) * 9, READING, 0)
    scheduler.step()
    decoder.status = "aborted"
    assert scheduler.step().status == "aborted"
    ended = scheduler.reset()
    assert [(s.id, s.finish_reason, s.logit) for s in ended] == [(number, "abort", None) for number in range(3)]
    assert scheduler.idle
    decoder.status = "ok"
    scheduler.submit(7, (5,), READING, 0)
    assert [s.logit for s in scheduler.step().finished] == [5.0]


def test_what_does_not_fit_is_refused_and_a_full_context_is_an_error_in_words() -> None:
    decoder = Ledge(cells=4, slots=1, n_batch=4, whole=True)
    scheduler = RewardScheduler(decoder)
    with pytest.raises(EngineError, match="5 tokens does not fit into 4"):
        scheduler.submit(0, (1,) * 5, READING, 0)
    scheduler.submit(0, (1,), READING, 0)
    decoder.status = "no_slot"
    with pytest.raises(EngineError, match="no room for a text"):
        scheduler.step()
