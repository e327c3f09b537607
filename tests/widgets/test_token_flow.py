from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widgets.stage.token_flow import PUT_IN, TokenFlow, type_metrics
from widgets.theme import font

WIDTH = 160.0


def flow_of(*tokens: str, width: float = WIDTH) -> TokenFlow:
    flow = TokenFlow(type_metrics(font(13)), width)
    for token in tokens:
        flow.append(token)
    return flow


def lines(flow: TokenFlow) -> list[str]:
    return ["".join(f.text for f in flow.fragments_of_lines(i, i + 1)) for i in range(flow.line_count)]


def test_words_stand_side_by_side_until_the_line_is_full() -> None:
    flow = flow_of(
        *["", "The", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog"][0:1],
        *[f" {w}" for w in ["quick", "brown", "fox", "jumps", "over", "the", "dog"]],
    )
    assert flow.line_count >= 2
    assert all(fragment.x + fragment.width <= WIDTH + 0.01 for fragment in flow.fragments)


def test_a_line_does_not_begin_with_the_space_of_its_first_token() -> None:
    flow = flow_of(*[" word"] * 12)
    assert flow.line_count > 1
    assert all(not line.startswith(" ") for line in lines(flow))


def test_a_word_of_several_tokens_moves_to_the_next_line_as_a_whole() -> None:
    flow = flow_of(" something", " long", " anti", width=150)
    before = flow.fragments[-1].line
    change = flow.append("disestablishment")
    moved = [f for f in flow.fragments if f.token >= 2]
    assert before == 0
    assert {fragment.line for fragment in moved} == {1}
    assert change.first == 2
    assert (change.line, change.x) < (1, 0.0)


def test_a_text_without_spaces_is_broken_inside() -> None:
    flow = flow_of("x" * 200)
    assert flow.line_count > 3
    assert "".join(lines(flow)) == "x" * 200


def test_line_ends_begin_lines_and_blank_lines_are_left_out() -> None:
    flow = flow_of("one", "\n\n\n", "two", "\r\n", "three\n")
    assert lines(flow) == ["one", "two", "three"]


def test_control_characters_are_shown_as_pictures() -> None:
    assert lines(flow_of("a\x00b")) == ["a␀b"]


def test_a_token_is_found_at_its_place_and_nowhere_else() -> None:
    flow = flow_of("one", " two", " three")
    for fragment in flow.fragments:
        centre = flow.rect(fragment).center()
        found = flow.fragment_at(centre.x(), centre.y())
        assert found is fragment
    assert flow.fragment_at(WIDTH - 1, 2) is None
    assert flow.fragment_at(3, -1) is None
    assert flow.fragment_at(3, flow.height + 1) is None


def test_right_to_left_writing_stands_in_its_own_order() -> None:
    flow = flow_of("שלום", " עולם")
    first, second = flow.rects_of_token(0)[0], flow.rects_of_token(1)[0]
    assert first.left() > second.left()
    assert flow.shaped_lines


def test_latin_text_after_a_line_end_is_plain_again() -> None:
    flow = flow_of("مرحبا", "\n", "plain")
    assert flow.fragments[-1].text == "plain"
    assert flow.fragments[-1].line == flow.pen_line == 1


def test_a_joined_emoji_is_one_place_though_it_came_in_pieces() -> None:
    flow = flow_of("ok ", "👩", "\u200d", "👧", " end")
    assert flow.token_count == 5
    assert flow.line_count == 1
    assert flow.fragments[-1].token == 4


def test_empty_tokens_count_but_take_no_room() -> None:
    flow = flow_of("a", "", "", "b")
    assert flow.token_count == 4
    assert [f.token for f in flow.fragments] == [0, 3]


def test_appending_costs_the_same_however_long_the_text_is() -> None:
    flow = flow_of(*[" word"] * 3000)
    change = flow.append(" more")
    assert change.first >= len(flow.fragments) - 2


PIECES = st.text(alphabet=st.sampled_from("ab .,\n xyz=+1éשم日😀\u0301\u200d"), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=25), st.floats(min_value=30, max_value=300))
def test_no_visible_character_is_lost_and_nothing_stands_outside(tokens: list[str], width: float) -> None:
    flow = flow_of(*tokens, width=width)
    assert flow.token_count == len(tokens)
    assert len(flow.line_starts) == len(set(flow.line_starts)) or not flow.fragments
    assert [f.line for f in flow.fragments] == sorted(f.line for f in flow.fragments)
    assert all(f.x >= -0.01 and (f.x + f.width <= width + 1 or not f.text) for f in flow.fragments)
    if not flow.shaped_lines:
        written = "".join(f.text for f in flow.fragments).replace(" ", "")
        assert written == "".join(tokens).replace(" ", "").replace("\n", "")


@pytest.mark.parametrize("width", [0.0, 1.0, 10.0])
def test_hardly_any_width_is_no_error(width: float) -> None:
    assert flow_of("some", " words", "שלום", width=width).token_count == 3


def test_what_was_put_in_before_the_first_token_is_shown_and_is_no_token() -> None:
    flow = TokenFlow(type_metrics(font(13)), 400)
    flow.put_in("The answer is")
    flow.append(" 82")
    assert [(f.token, f.text) for f in flow.fragments] == [
        (PUT_IN, "The"),
        (PUT_IN, " answer"),
        (PUT_IN, " is"),
        (0, " 82"),
    ]
    assert flow.token_count == 1
    assert len(flow.rects_of_token(0)) == 1
