from __future__ import annotations

from pytestqt.qtbot import QtBot

from engine.events import CandidateFinished, CandidateQueued
from engine.trace.fold import RunState, fold
from tests.sample_run import events
from widgets.models.answer_colours import answer_order
from widgets.stage.vote_bars import VoteBars, vote_sentence


def state_with_answers(*answers: str) -> RunState:
    """A run whose candidates gave these answers, of which none is known to be right."""
    queued = [CandidateQueued(0.0, i, "", 0, i, 0.7, 50) for i in range(len(answers))]
    finished = [
        CandidateFinished(1.0 + i, i, "stop", answer, answer, answer, 3, -0.1, None, 0)
        for i, answer in enumerate(answers)
    ]
    return fold([*queued, *finished])


def bars_of(qtbot: QtBot, state: RunState) -> VoteBars:
    bars = VoteBars()
    qtbot.addWidget(bars)
    bars.resize(280, 200)
    bars.show()
    bars.set_votes(state)
    return bars


def test_without_votes_it_says_so(qtbot: QtBot) -> None:
    bars = bars_of(qtbot, RunState())
    assert bars.rows == []
    assert bars.sentence == "No votes yet."
    assert not bars.grab().isNull()


def test_answers_stand_by_frequency_with_the_colours_of_the_lanes(qtbot: QtBot) -> None:
    state = fold(events(16))
    bars = bars_of(qtbot, state)
    counts = [row.count for row in bars.rows]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) == 16
    assert {row.vote: row.colour for row in bars.rows} == answer_order(state)
    assert [row.answer for row in bars.rows if row.correct] == ["82"]


def test_the_sentence_says_what_majority_and_perfect_verifier_say() -> None:
    run = events(16)
    assert (
        vote_sentence(fold(run)) == "Majority would have said 72. Certain after 14 of 16. A perfect verifier says 82."
    )
    unfinished = next(i for i in range(len(run)) if len(fold(run[:i]).votes) == 2)
    assert "would have" not in vote_sentence(fold(run[:unfinished]))


def test_a_tie_is_told_as_a_tie() -> None:
    assert vote_sentence(state_with_answers("7", "8")) == "7 and 8 are level; 7 came first."
    assert vote_sentence(state_with_answers("7", "8", "9")) == "7, 8 and 9 are level; 7 came first."


def test_bars_move_to_their_lengths(qtbot: QtBot) -> None:
    state = fold(events(16))
    bars = bars_of(qtbot, state)
    wanted = {row.vote: row.count / 16 for row in bars.rows}
    qtbot.waitUntil(lambda: bars._lengths == wanted)


def test_without_motion_bars_have_their_lengths_at_once(qtbot: QtBot) -> None:
    bars = VoteBars()
    qtbot.addWidget(bars)
    bars.set_reduce_motion(True)
    bars.show()
    bars.set_votes(fold(events(16)))
    assert sum(bars._lengths[row.vote] for row in bars.rows) == 1


def test_many_answers_are_summed_up_in_a_last_row(qtbot: QtBot) -> None:
    bars = bars_of(qtbot, state_with_answers(*(f"a long answer {i}" for i in range(12))))
    few = bars_of(qtbot, fold(events(4)))
    assert len(bars.rows) == 12
    assert bars.heightForWidth(280) > few.heightForWidth(280)
    assert not bars.grab().isNull()


def test_of_many_that_are_level_three_are_named_and_the_others_counted() -> None:
    state = state_with_answers("7", "8", "9", "10", "11")
    assert vote_sentence(state) == "7, 8, 9 and 2 more are level; 7 came first."
