"""The sentence that says what happens at this moment, and its place on the stage."""

from __future__ import annotations

import pytest

from engine.events import CandidateScored, RunFailed
from engine.moves import PathSelected
from engine.trace.fold import fold
from engine.trace.player import TracePlayer
from tests import sample_run
from tests.simulated_runs import make_setup, simulated_events
from widgets.models.caption import caption, spotlight
from widgets.stage.caption_line import CaptionLine
from widgets.theme import set_type_scale

EVENTS = sample_run.events(9)


def sentences(events: list, strategy: str = "") -> list[str]:
    player, said = TracePlayer(events), []
    while player.step_to_mark(1):
        said.append(caption(player.state))
    return said


def test_nothing_asked_says_nothing_and_a_beginning_says_what_is_read() -> None:
    assert caption(fold([])) == ""
    assert caption(fold(EVENTS[:5])) == "The model reads the prompt."
    assert caption(fold(EVENTS[:40])) == "The model writes 9 candidates side by side."


def test_a_finished_candidate_is_told_with_the_votes() -> None:
    assert any(": now 2 of " in words and "has answered" in words for words in sentences(EVENTS))


def test_a_wrong_equation_is_told_in_words() -> None:
    at = next(i for i, e in enumerate(EVENTS) if isinstance(e, CandidateScored) and e.value == 0.0)
    assert caption(fold(EVENTS[: at + 1])).endswith("The verifier finds an equation that is wrong.")


def test_the_end_says_the_answer_and_whether_it_is_right() -> None:
    assert caption(fold(EVENTS)) == "The answer is 82, and it is right."
    failed = [*EVENTS[:20], RunFailed(1.0, "The model ran out of memory.", "", "")]
    assert caption(fold(failed)) == "The run failed: The model ran out of memory."


def test_a_simulation_is_told_with_the_words_of_its_thought() -> None:
    events = simulated_events(make_setup("mcts", simulations=8))
    at = next(i for i, e in enumerate(events) if isinstance(getattr(e, "move", None), PathSelected) and e.move.path)
    words = caption(fold(events[: at + 1]))
    assert words.startswith("Simulation ")
    assert "goes down to the thought “" in words
    assert ".”." not in words
    player = TracePlayer(events)
    player.seek(player.search_spans[0][1])
    phases, now = spotlight(player.state, player.search_spans)
    assert now in phases


@pytest.mark.parametrize(
    "strategy", ["beam-search", "particle-filtering", "ab-mcts", "self-refine", "adaptive", "dvts"]
)
def test_every_strategy_has_sentences_for_all_its_moments(strategy: str) -> None:
    said = sentences(simulated_events(make_setup(strategy)))
    assert said
    assert all(words and words[-1] in ".!?…”" for words in said), said


def test_the_line_says_phase_and_sentence_to_a_screen_reader_and_grows_with_type(qtbot) -> None:
    line = CaptionLine()
    qtbot.addWidget(line)
    line.show_words("The model reads the prompt.", ("prompt", "generate"), "prompt")
    assert line.accessibleDescription() == "prompt: The model reads the prompt."
    low = line.sizeHint().height()
    set_type_scale(1.5)
    assert line.sizeHint().height() > 1.3 * low
