"""The scheduler, on a simulated model whose KV cache checks every position."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.inference.scheduler import Scheduler
from engine.inference.sequence import Sequence
from engine.inference.simulated_backend import TURN, SimulatedDecoder, SimulatedModel
from engine.types import Sampling

TEXTS = {"47 + 35 = 82. The answer is 82.": 0.5, "47 + 35 = 72.": 0.3, "I do not know": 0.2}


def sampling(max_tokens: int = 60, temperature: float = 1.0) -> Sampling:
    return Sampling(temperature, 0, 1.0, 0.0, 1.0, max_tokens, (), 3)


def machine(cells: int = 4096, slots: int = 16, **options: object) -> tuple[Scheduler, SimulatedDecoder]:
    model = SimulatedModel(lambda prompt: TEXTS)
    decoder = SimulatedDecoder(model, cells=cells, slots=slots, **options)  # type: ignore[arg-type]
    return Scheduler(decoder, model), decoder


def prompt(text: str = "What is 47 + 35?") -> tuple[int, ...]:
    return (*text.encode(), TURN)


def run(scheduler: Scheduler, limit: int = 5000) -> dict[int, Sequence]:
    finished: dict[int, Sequence] = {}
    for _ in range(limit):
        if scheduler.idle:
            return finished
        for sequence in scheduler.step().finished:
            assert sequence.id not in finished
            finished[sequence.id] = sequence
    raise AssertionError("the scheduler does not come to an end")


def test_every_submitted_sequence_ends_with_one_of_the_models_texts() -> None:
    scheduler, _ = machine()
    for i in range(40):
        scheduler.submit(i, prompt(), sampling(), seed=i)
    finished = run(scheduler)
    assert sorted(finished) == list(range(40))
    assert {s.text for s in finished.values()} == set(TEXTS)


def test_the_prompt_of_many_candidates_is_computed_once() -> None:
    scheduler, decoder = machine()
    sequences = [scheduler.submit(i, prompt(), sampling(), seed=i) for i in range(16)]
    run(scheduler)
    assert sum(s.computed_tokens for s in sequences) == len(prompt())
    assert sum(s.cached_tokens for s in sequences) == 15 * len(prompt())
    generated = sum(len(s.generated) for s in sequences)
    assert decoder.decoded_tokens == len(prompt()) + generated - len(sequences)  # last tokens are never decoded


def test_candidates_that_come_when_slots_are_free_again_still_share_the_prompt() -> None:
    scheduler, _ = machine(slots=3)
    sequences = [scheduler.submit(i, prompt(), sampling(), seed=i) for i in range(12)]
    run(scheduler)
    assert sum(s.computed_tokens for s in sequences) <= len(prompt()) + 12


def test_the_next_run_on_the_same_prompt_finds_it_in_the_cache() -> None:
    scheduler, _ = machine()
    scheduler.submit(0, prompt(), sampling(), seed=1)
    run(scheduler)
    again = scheduler.submit(1, prompt(), sampling(), seed=1)
    run(scheduler)
    assert again.cached_tokens == len(prompt())


def test_batched_and_single_sequences_say_the_same() -> None:
    together, _ = machine()
    for i in range(10):
        together.submit(i, prompt(), sampling(), seed=i)
    batched = {i: s.text for i, s in run(together).items()}
    single = {}
    for i in range(10):
        alone, _ = machine()
        alone.submit(i, prompt(), sampling(), seed=i)
        single[i] = run(alone)[i].text
    assert batched == single


def test_only_the_prompt_stays_in_the_cache_after_a_run() -> None:
    scheduler, decoder = machine()
    for i in range(8):
        scheduler.submit(i, prompt(), sampling(), seed=i)
    run(scheduler)
    assert scheduler.cells_used == decoder.cells_used == len(prompt())


def test_a_cancelled_sequence_frees_its_cells_and_ends_as_aborted() -> None:
    scheduler, decoder = machine()
    for i in range(4):
        scheduler.submit(i, prompt(), sampling(), seed=i)
    scheduler.step()
    cancelled = scheduler.cancel([1, 2])
    assert {s.id for s in cancelled} == {1, 2}
    assert {s.finish_reason for s in cancelled} == {"abort"}
    assert sorted(run(scheduler)) == [0, 3]
    assert scheduler.cells_used == decoder.cells_used


def test_an_aborted_step_is_reported_and_a_reset_leaves_an_empty_cache() -> None:
    scheduler, decoder = machine()
    scheduler.submit(0, prompt(), sampling(), seed=0)
    scheduler.step()
    decoder.fail_next = ["aborted"]
    assert scheduler.step().status == "aborted"
    scheduler.reset()
    assert scheduler.idle
    assert decoder.cells_used == 0


def test_a_sequence_alone_in_a_full_cache_ends_for_length() -> None:
    scheduler, _ = machine(cells=len(prompt()) + 10, slots=1)
    scheduler.submit(0, prompt(), sampling(temperature=0), seed=0)
    assert run(scheduler)[0].finish_reason == "length"


def test_a_prompt_that_does_not_fit_is_refused() -> None:
    scheduler, _ = machine(cells=8)
    with pytest.raises(EngineError):
        scheduler.submit(0, prompt(), sampling(), seed=0)


def test_a_step_draws_at_most_its_limit() -> None:
    scheduler, _ = machine()
    for i in range(8):
        scheduler.submit(i, prompt(), sampling(), seed=i)
    drawn = []
    while not scheduler.idle:
        drawn.append(len(scheduler.step(limit=3).drawn))
    assert max(drawn) == 3
    assert scheduler.cells_used == len(prompt())


def watching(*texts: str, temperature: float = 1.0, max_tokens: int = 60) -> Sampling:
    return Sampling(temperature, 0, 1.0, 0.0, 1.0, max_tokens, (), 3, watch=texts)


def test_the_first_place_says_how_likely_the_watched_texts_were_before_temperature() -> None:
    scheduler, _ = machine()
    scheduler.submit(0, prompt(), watching("47 or more", "I", "82", temperature=0.1), seed=0)
    likely, unlikely, impossible = run(scheduler)[0].watched
    assert math.exp(likely) == pytest.approx(0.8)  # two of the three texts begin with a 4
    assert math.exp(unlikely) == pytest.approx(0.2)
    assert impossible == -math.inf


@pytest.mark.parametrize("limit", [None, 1], ids=["drawn with the prompt", "drawn from kept logits"])
def test_watching_is_of_the_first_place_however_the_prompt_came_into_the_cache(limit: int | None) -> None:
    scheduler, _ = machine()
    sequences = [scheduler.submit(i, prompt(), watching("47", "I"), seed=i) for i in range(3)]
    while not scheduler.idle:
        scheduler.step(limit)
    late = scheduler.submit(3, prompt(), watching("47", "I"), seed=3)
    run(scheduler)
    assert all([math.exp(p) for p in s.watched] == pytest.approx([0.8, 0.2]) for s in (*sequences, late))


def test_a_watched_text_with_a_space_in_front_is_known_by_its_word() -> None:
    scheduler, _ = machine()
    scheduler.submit(0, prompt(), watching("I", " I"), seed=0)
    plain, spaced = run(scheduler)[0].watched
    assert plain == spaced > -math.inf


def test_who_watches_nothing_reads_nothing_of_the_logits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.inference.scheduler.log_probabilities", lambda *_: 1 // 0)
    monkeypatch.setattr("engine.inference.scheduler.watched_tokens", lambda *_: 1 // 0)
    scheduler, _ = machine()
    scheduler.submit(0, prompt(), sampling(), seed=0)
    assert run(scheduler)[0].watched == ()


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "ab", "abc " * 9, "b"]), st.integers(1, 40)), min_size=1, max_size=20),
    st.integers(60, 200),
    st.integers(1, 6),
    st.booleans(),
    st.integers(4, 64),
    st.booleans(),
)
def test_no_sequence_is_ever_lost_however_small_the_cache(
    jobs: list[tuple[str, int]], cells: int, slots: int, shared: bool, n_batch: int, partial: bool
) -> None:
    size = cells * (1 if shared else slots)
    scheduler, decoder = machine(cells=size, slots=slots, shared=shared, n_batch=n_batch, partial=partial)
    for i, (text, tokens) in enumerate(jobs):
        scheduler.submit(i, prompt(text), sampling(tokens), seed=i)
    finished = run(scheduler)
    assert sorted(finished) == list(range(len(jobs)))
    if shared:
        assert scheduler.cells_used == decoder.cells_used


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(["ok", "ok", "no_slot"]), max_size=30), st.integers(1, 8))
def test_steps_that_find_no_slot_lose_nothing_and_change_no_text(failures: list[str], count: int) -> None:
    calm, _ = machine()
    shaken, decoder = machine()
    decoder_decode = decoder.decode
    script = iter(failures)
    decoder.decode = lambda items: "no_slot" if next(script, "ok") == "no_slot" else decoder_decode(items)  # type: ignore[method-assign]
    for scheduler in (calm, shaken):
        for i in range(count):
            scheduler.submit(i, prompt(), sampling(), seed=i)
    expected, got = run(calm), run(shaken)
    assert sorted(got) == sorted(expected)
    for i, sequence in got.items():
        if sequence.finish_reason != "length":
            assert sequence.text == expected[i].text
