"""Replay: wherever the player goes, its state is a fresh fold of the events up to there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BadInputError
from engine.events import (
    CandidateFinished,
    CandidateQueued,
    Event,
    NoticeGiven,
    PhaseEntered,
    StrategyMoved,
    TokensDecoded,
)
from engine.inference.simulated_backend import SimulatedBackend
from engine.moves import NodesMerged
from engine.run import Run
from engine.trace.fold import fold
from engine.trace.player import TracePlayer
from engine.trace.reader import TraceReader
from engine.trace.store import TraceWriter
from engine.types import Token
from tests import sample_run
from tests.engine.simulated_world import small_setup
from tests.engine.trace_runs import chance_run, seen

Moves = list[tuple[str, float]]
MOVES = st.lists(
    st.tuples(
        st.sampled_from(["seek", "advance", "token", "thought", "phase", "back-token", "back-thought", "back-phase"]),
        st.floats(0, 1.1),
    ),
    max_size=12,
)


@pytest.fixture(autouse=True)
def many_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.trace.snapshots.SNAPSHOT_WEIGHT", 40)
    monkeypatch.setattr("engine.trace.source.CHUNK_EVENTS", 7)
    monkeypatch.setattr("engine.trace.player.NEAR_EVENTS", 5)
    monkeypatch.setattr("engine.trace.reader.PAGE_EVENTS", 9)
    monkeypatch.setattr("engine.trace.reader.KEPT_PAGES", 3)


def in_memory(events: list[Event], folder: Path) -> TracePlayer:
    return TracePlayer(events)


def as_long_recording(events: list[Event], folder: Path) -> TracePlayer:
    path = folder / "run.tsrun"
    path.unlink(missing_ok=True)
    with TraceWriter(path) as writer:
        for start in range(0, len(events), 3):
            writer.append(events[start : start + 3])
    return TracePlayer(TraceReader(path), in_memory_bytes=0)


def move(player: TracePlayer, kind: str, amount: float) -> None:
    if kind == "seek":
        player.seek(amount * player.duration)
    elif kind == "advance":
        player.advance(amount * player.duration / 3)
    else:
        player.step(kind.removeprefix("back-"), -1 if kind.startswith("back-") else 1)


def both(test: Callable[..., None]) -> Callable[..., None]:
    return pytest.mark.parametrize("make", [in_memory, as_long_recording])(test)


@both
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), moves=MOVES, looks=st.lists(st.booleans(), min_size=12, max_size=12))
def test_wherever_it_goes_its_state_is_a_fresh_fold(
    make: Callable[[list[Event], Path], TracePlayer],
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    moves: Moves,
    looks: list[bool],
) -> None:
    events = chance_run(seed)
    player = make(events, tmp_path_factory.mktemp("run"))
    for (kind, amount), look in zip(moves, looks, strict=False):
        before, state, generation = player.index, player.state, player.generation
        move(player, kind, amount)
        assert 0.0 <= player.position <= player.duration
        assert (player.state is state) == (player.generation == generation)
        if player.index < before:
            assert player.generation > generation
        if look:  # a state that nobody looked at has tokens that were never fetched: that must not matter later
            assert seen(player.state) == seen(fold(events[: player.index]))
    assert seen(player.state) == seen(fold(events[: player.index]))


@both
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), grain=st.sampled_from(["token", "thought", "phase"]))
def test_stepping_back_goes_through_the_same_moments_as_stepping_forward(
    make: Callable[[list[Event], Path], TracePlayer],
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    grain: str,
) -> None:
    player = make(chance_run(seed, steps=25), tmp_path_factory.mktemp("run"))
    forward = [0]
    while player.step(grain):
        forward.append(player.index)
    backward = [player.index]
    while player.step(grain, -1):
        backward.append(player.index)
    assert backward == forward[::-1]


@both
def test_seeking_applies_everything_that_had_happened_by_then(
    make: Callable[[list[Event], Path], TracePlayer], tmp_path: Path
) -> None:
    events = chance_run(3)
    player = make(events, tmp_path)
    for t in sorted({event.t for event in events}, key=lambda t: (t * 7) % 1):
        player.seek(t)
        assert player.index == sum(event.t <= t for event in events)
        assert player.position == t


@both
def test_playing_at_double_speed_takes_half_the_time(
    make: Callable[[list[Event], Path], TracePlayer], tmp_path: Path
) -> None:
    player = make(sample_run.events(4), tmp_path)
    player.speed = 2.0
    player.play()
    while player.playing:
        before = player.position
        player.advance(0.01)
        assert player.position == pytest.approx(min(before + 0.02, player.duration))
    assert player.at_end
    assert player.state.status == "finished"


def test_advance_says_whether_anything_happened() -> None:
    player = TracePlayer([NoticeGiven(0.0, "a"), NoticeGiven(1.0, "b")])
    assert player.advance(0.5)
    assert not player.advance(0.4)
    assert player.advance(0.2)


def test_play_begins_again_from_the_beginning_when_it_was_at_the_end() -> None:
    player = TracePlayer(sample_run.events(2))
    player.seek(player.duration)
    player.play()
    assert player.position == 0.0
    assert player.playing


def test_a_token_step_goes_to_the_next_decode_step_that_gave_tokens() -> None:
    events = sample_run.events(3)
    player = TracePlayer(events)
    player.step("token")
    last = events[player.index - 1]
    assert isinstance(last, TokensDecoded)
    assert last.tokens
    assert sum(len(c.tokens) for c in player.state.candidates.values()) == 3


def test_a_phase_step_goes_to_where_the_next_phase_begins() -> None:
    player = TracePlayer(sample_run.events(3))
    phases = []
    while player.step("phase") and not player.at_end:
        phases.append(player.state.phase)
    assert phases == ["prompt", "generate", "verify", "answer"]


def written(*pieces: str) -> list[Event]:
    tokens = [TokensDecoded(i / 10, (Token(0, 1, piece, -0.1, 0.1),), 0, 0, 0) for i, piece in enumerate(pieces)]
    end = CandidateFinished(len(pieces) / 10, 0, "stop", "".join(pieces), None, None, len(pieces), None, None, 0)
    return [sample_run.events(1)[3], *tokens, end]


@pytest.mark.parametrize(
    ("pieces", "stops"),
    [
        (["It", " is", " so", ".", " And", " on"], [5, 7]),  # a sentence has ended when the next one begins
        (["It", " is", " 3", ".", "5", " cm"], [7]),  # a decimal point ends nothing
        (["One", "\n", "two", "\n\n", "\n", "three"], [2, 4, 7]),  # a blank line ends one thought
        (["Is", " it", "?", '"', " Yes"], [5, 6]),
        (["No", " end"], [3]),
    ],
)
def test_a_thought_ends_with_a_line_a_sentence_or_the_candidate(pieces: list[str], stops: list[int]) -> None:
    player = TracePlayer(written(*pieces))
    found = []
    while player.step("thought"):
        found.append(player.index - 1)
    assert found == stops


def test_while_it_follows_it_stays_at_the_end_of_a_growing_run() -> None:
    events = chance_run(5)
    player = TracePlayer(follow=True)
    for count, event in enumerate(events, 1):
        player.extend([event])
        assert (player.index, player.position, player.generation) == (count, player.duration, 0)
    assert seen(player.state) == seen(fold(events))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), at=st.floats(0, 0.9), back=st.floats(0, 0.95))
def test_a_live_run_can_be_looked_back_at_while_it_goes_on(seed: int, at: float, back: float) -> None:
    events = chance_run(seed)
    now = max(1, int(at * len(events)))
    player = TracePlayer(events[:now], follow=True)
    player.seek(back * player.duration)
    index = player.index
    assert player.follow == player.at_end
    for event in events[now:]:
        player.extend([event])
        if not player.follow:
            assert player.index == index
    assert seen(player.state) == seen(fold(events[: player.index]))
    player.follow = True
    assert seen(player.state) == seen(fold(events))
    assert player.position == player.duration


def test_stepping_back_lets_go_of_the_live_edge() -> None:
    player = TracePlayer(sample_run.events(2), follow=True)
    assert player.step("token", -1)
    assert not player.follow


def test_the_phases_of_the_whole_run_are_known_from_the_start() -> None:
    player = TracePlayer(sample_run.events(2))
    assert [span.phase for span in player.phases] == ["prompt", "generate", "verify", "answer"]
    assert player.state.phases == []


def test_a_long_recording_is_prepared_bit_by_bit(tmp_path: Path) -> None:
    player = as_long_recording(sample_run.events(6), tmp_path)
    shares = [player.prepare(0.0)]
    while shares[-1] < 1.0:
        shares.append(player.prepare(0.0))
    assert len(shares) > 3
    assert shares == sorted(set(shares))
    assert [span.phase for span in player.phases] == ["prompt", "generate", "verify", "answer"]


def test_a_finished_candidate_that_is_scored_after_a_seek_changes_only_in_that_state() -> None:
    events = sample_run.events(8)
    player = TracePlayer(events)
    player.seek(player.duration)
    verify = next(i for i, event in enumerate(events) if isinstance(event, PhaseEntered) and event.phase == "verify")
    for _ in range(2):
        player.seek(events[verify].t)
        assert all("majority" not in candidate.scores for candidate in player.state.candidates.values())
        player.seek(player.duration)
        assert all("majority" in candidate.scores for candidate in player.state.candidates.values())


def test_a_recording_that_contradicts_itself_is_refused_in_words(tmp_path: Path) -> None:
    nobody = TokensDecoded(0.1, (Token(5, 1, "It", -0.1, 0.1),), 0, 0, 0)
    player = as_long_recording([sample_run.events(1)[0], nobody], tmp_path)
    with pytest.raises(BadInputError, match="contradicts itself"):
        player.seek(1.0)


def asked(candidate: int, **links: int) -> CandidateQueued:
    return CandidateQueued(0.1, candidate, "", 0, 0, 0.7, 60, **links)


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ([asked(0, parent=0)], "Candidate 0 was never"),
        ([asked(0, refines=0)], "Candidate 0 was never"),
        ([asked(0), asked(1, parent=777)], "Candidate 777 was never"),
        ([asked(0), asked(1, refines=777)], "Candidate 777 was never"),
        ([asked(0, parent=1), asked(1, parent=0)], "Candidate 1 was never"),
        ([asked(0), asked(1, parent=0), asked(0, parent=1)], "asked for twice"),
        ([asked(0), StrategyMoved(0.1, NodesMerged(0, 777))], "Candidate 777 was never"),
        ([asked(0), StrategyMoved(0.1, NodesMerged(0, 0))], "into itself"),
    ],
)
def test_a_candidate_that_goes_on_from_what_was_not_there_before_it_contradicts_the_recording(
    tmp_path: Path, events: list[Event], why: str
) -> None:
    run = [sample_run.events(1)[0], *events]
    for player in (TracePlayer(run), as_long_recording(run, tmp_path)):
        with pytest.raises(BadInputError, match="contradicts itself") as caught:
            player.seek(1.0)
        assert why in caught.value.why


def test_an_empty_player_stands_still() -> None:
    player = TracePlayer()
    assert (player.duration, player.position, player.at_end, player.prepare(0.0)) == (0.0, 0.0, True, 1.0)
    assert not player.advance(1.0)
    assert not player.step("thought")
    assert not player.step("phase", -1)


@pytest.mark.parametrize("strategy", ["mcts", "beam-search", "ab-mcts"])
def test_a_search_is_stepped_phase_by_phase_as_when_it_was_live(strategy: str) -> None:
    events: list[Event] = []
    run = Run("run", small_setup(strategy, ("arithmetic",), 1), SimulatedBackend(), events.append)
    live = 0
    while not run.finished:
        run.step_once("phase")
        while not (run.paused or run.finished):
            run.step()
        live += 1
    player, stops = TracePlayer(events), []
    while player.step("phase"):
        stops.append(player.index)
    moves = sum(isinstance(event, StrategyMoved) for event in events)
    assert live <= len(stops) <= live + moves
    assert len(stops) > 8
    back = []
    while player.step("phase", -1):
        back.append(player.index)
    assert back[::-1] == [0, *stops[:-1]]
