from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from engine.events import TokensDecoded
from engine.trace.fold import RunState, fold
from engine.types import Token
from tests.sample_run import events
from widgets.models.thoughts import ThoughtSplitter
from widgets.stage.ladder_paint import entropy_colour
from widgets.stage.thought_ladder import ThoughtLadderView
from widgets.theme import current_theme, qcolor


def thoughts(*tokens: str) -> list[str]:
    splitter, out = ThoughtSplitter(), [""]
    for token in tokens:
        if splitter.begins_thought(token):
            out.append("")
        out[-1] += token
    return out


def pieces(text: str) -> list[str]:
    return re.findall(r"\s?[^\s]{1,4}|\s", text)


def test_sentences_and_lines_are_thoughts() -> None:
    assert thoughts("We", " add", ".", " Then", " stop", ".") == ["We add.", " Then stop."]
    assert thoughts("one", "\n", "two", "\n\n", "three") == ["one\n", "two\n\n", "three"]


@pytest.mark.parametrize("text", ["It is 3.14 today", "1. Add the tens", "a) first", "version 2.0.1 is out"])
def test_points_that_end_no_sentence_do_not_split(text: str) -> None:
    assert len(thoughts(*pieces(text))) == 1


@pytest.mark.parametrize(("opener", "closer"), [("<think>", "</think>"), ("[THINK]", "[/THINK]")])
@pytest.mark.parametrize("whole", [True, False])
def test_a_marker_of_reasoning_is_no_thought_of_its_own(opener: str, closer: str, whole: bool) -> None:
    begin, end = ([opener], [closer]) if whole else (pieces(opener), [closer[:2], *pieces(closer[2:])])
    found = thoughts(*begin, "\n", "We", " add", ".", " Now", " stop", ".", "\n", *end)
    assert [" ".join(thought.split()) for thought in found] == [f"{opener} We add.", f"Now stop. {closer}"]


@given(st.lists(st.text(alphabet=' ab.!?\n1)"é', max_size=5), max_size=40))
def test_every_token_belongs_to_exactly_one_thought(tokens: list[str]) -> None:
    found = thoughts(*tokens)
    assert "".join(found) == "".join(tokens)
    assert all(thought.strip() for thought in found[:-1])


@pytest.fixture
def ladder(qtbot: QtBot) -> ThoughtLadderView:
    view = ThoughtLadderView()
    qtbot.addWidget(view)
    view.resize(700, 500)
    view.show()
    return view


def test_an_empty_ladder_says_what_to_do(ladder: ThoughtLadderView) -> None:
    ladder.set_state(RunState())
    assert ladder.candidate is None
    assert ladder.accessibleDescription() == "No thoughts yet."
    assert not ladder.grab().isNull()


def test_thoughts_appear_one_by_one_and_are_the_same_as_at_once(ladder: ThoughtLadderView, qtbot: QtBot) -> None:
    run = events(1, sentences=5, strategy="direct")
    state, counts = RunState(), []
    ladder.set_state(state)
    for event in run:
        state.apply(event)
        ladder.refresh(state.changed)
        state.changed.clear()
        counts.append(ladder.thought_count)
    assert counts == sorted(counts)
    assert counts[-1] >= 5
    streamed = ladder.grab().toImage()
    ladder.set_state(fold(run))
    ladder.verticalScrollBar().setValue(ladder.verticalScrollBar().maximum())
    assert ladder.thought_count == counts[-1]
    assert ladder.grab().toImage() == streamed


def test_the_ladder_follows_what_is_written_until_it_is_scrolled_away(ladder: ThoughtLadderView) -> None:
    run = events(1, sentences=30, strategy="direct")
    state = fold(run[: len(run) // 2])
    ladder.set_state(state)
    bar = ladder.verticalScrollBar()
    state.apply(TokensDecoded(9.0, (Token(0, 1, "\nmore and more", -0.1, 0.1),) * 8, 0, 0.01, 0.01))
    ladder.refresh({0})
    assert bar.value() == bar.maximum() > 0
    bar.setValue(0)
    state.apply(TokensDecoded(9.0, (Token(0, 1, "\nmore and more", -0.1, 0.1),) * 8, 0, 0.01, 0.01))
    ladder.refresh({0})
    assert bar.value() == 0


def test_a_token_of_a_thought_is_found_under_the_pointer(ladder: ThoughtLadderView, qtbot: QtBot) -> None:
    state = fold(events(1, strategy="direct"))
    ladder.set_state(state)
    seen = set()
    for y in range(0, ladder.viewport().height(), 6):
        for x in range(0, ladder.viewport().width(), 6):
            place = ladder.token_place(QPoint(x, y))
            if place is not None:
                assert place.token is state.candidates[0].tokens[place.index]
                seen.add(place.index)
    assert len(seen) >= 0.8 * len(state.candidates[0].tokens)


def test_another_candidate_can_be_shown(ladder: ThoughtLadderView, qtbot: QtBot) -> None:
    ladder.set_state(fold(events(4)))
    with qtbot.waitSignal(ladder.candidate_shown) as shown:
        ladder.show_candidate(2)
    assert shown.args == [2]
    assert "Candidate 3" in ladder.accessibleDescription()


def test_right_to_left_emoji_and_long_words_are_drawn(ladder: ThoughtLadderView) -> None:
    state = fold(events(1, strategy="direct"))
    text = "שלום עולם. 😀 family 👩‍👩‍👧 " + "x" * 400 + "\n日本語のテキスト。\x00"
    state.candidates[0].tokens[:] = [Token(0, 1, piece, math.log(0.3), 0.5) for piece in pieces(text)]
    ladder.set_state(state)
    assert not ladder.grab().isNull()
    assert ladder.thought_count >= 3


@pytest.mark.parametrize("width", [260, 400, 560, 900])
def test_the_entropy_of_each_token_is_drawn_however_narrow_the_card_is(ladder: ThoughtLadderView, width: int) -> None:
    ladder.resize(width, 700)
    ladder.set_state(fold(events(2)))
    colour = qcolor(entropy_colour(current_theme())).rgb()
    picture = ladder.viewport().grab().toImage()
    card = ladder._card(ladder._thoughts[0]).toRect()
    seen = card.intersected(picture.rect())
    assert any(
        picture.pixel(x, y) == colour
        for x in range(seen.left(), seen.right())
        for y in range(seen.top(), seen.bottom())
    )


def test_figures_below_a_thought_leave_its_text_alone(ladder: ThoughtLadderView) -> None:
    ladder.resize(400, 700)
    ladder.set_state(fold(events(2)))
    for thought in ladder._thoughts:
        assert ladder._text_origin(thought).y() + thought.flow.height <= thought.top + thought.height - thought.foot
