"""Where steps end: texts are fed piece by piece, as a model writes them, and cut where a sequence would be cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.inference.decoder import Sampled
from engine.inference.sequence import Sequence
from engine.thoughts import ends_thought
from engine.types import Sampling, StepEnd
from tests.engine.simulated_world import NoSampler

END = -1


class Pieces:
    """A vocabulary made of the very pieces that a text is fed in."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces

    def tokenize(self, text: str, *, special: bool, start: bool) -> list[int]:
        raise NotImplementedError

    def piece(self, token: int) -> bytes:
        return b"" if token == END else self.pieces[token]

    def is_end(self, token: int) -> bool:
        return token == END


def steps(end: StepEnd, pieces: list[str] | list[bytes]) -> list[str]:
    """The steps that a text of these pieces is cut into; a new sequence goes on after each."""
    whole = [piece.encode() if isinstance(piece, str) else piece for piece in pieces]
    vocabulary, found, at = Pieces(whole), list[str](), 0
    while at < len(whole):
        sampling = Sampling(1.0, 0, 1.0, 0.0, 1.0, 10_000, (), 0, step_end=end)
        sequence = Sequence(0, tuple(range(at)), sampling, NoSampler())
        sequence.begin_text(vocabulary)
        while at < len(whole) and sequence.finish_reason is None:
            at += sequence.take(Sampled(at, 0.0, 0.0, ()), vocabulary) is not None
        found.append(sequence.text)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("47 + 35 = 82. The answer is 82.", ["47 + 35 = 82.", " The answer is 82."]),
        ("It is 3.5 of 7. Half.", ["It is 3.5 of 7.", " Half."]),
        ("Numbers, e.g. 7, count. So do others, i.e. all.", ["Numbers, e.g. 7, count.", " So do others, i.e. all."]),
        ("1. Add the ones. 2. Add the tens.", ["1. Add the ones.", " 2. Add the tens."]),
        ("Steps:\n1. Add\n2. Carry\n", ["Steps:\n", "1. Add\n", "2. Carry\n"]),
        ("The answer is 5. Yes", ["The answer is 5.", " Yes"]),
        ("So x is a. Then", ["So x is a.", " Then"]),
        ('He said "no." Then left.', ['He said "no."', " Then left."]),
        ("Really?! Yes.", ["Really?!", " Yes."]),
        ("Wait... no. Yes", ["Wait...", " no.", " Yes"]),
        ("A line\nwithout a stop\nand another", ["A line\n", "without a stop\n", "and another"]),
        ("One.\n\nTwo.\n\n\nThree.", ["One.", "\n\nTwo.", "\n\n\nThree."]),
        ("One.\r\nTwo\r\nThree", ["One.", "\r\nTwo\r\n", "Three"]),
        ("\n\n  One. Two", ["\n\n  One.", " Two"]),
        ("Ça va. Été.", ["Ça va.", " Été."]),
        ("no end", ["no end"]),
    ],
)
def test_a_sentence_ends_at_its_full_stop_or_at_the_line_break(text: str, expected: list[str]) -> None:
    assert steps("sentence", list(text)) == expected
    assert steps("sentence", [bytes([byte]) for byte in text.encode()]) == expected


def test_where_no_space_follows_a_full_stop_the_next_word_ends_the_sentence() -> None:
    assert steps("sentence", list("你好。再见！“好。”完")) == ["你好。", "再见！", "“好。”", "完"]
    assert steps("sentence", list("真的？！是。")) == ["真的？！", "是。"]
    split = [bytes([byte]) for byte in "你好。再见！“好。”完".encode()]  # of a quotation mark only a third is seen
    assert steps("sentence", split) == ["你好。", "再见！", "“好。", "”完"]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["One", ".", " Two", ".", "\n", "Three"], ["One. Two.\n", "Three"]),
        (["One", ".\n", "\n", "Two", "\n\n", "Three"], ["One.\n", "\nTwo\n\n", "Three"]),
        (["One", "\r", "\n", "\r\n", "Two", "\r\n"], ["One\r\n", "\r\nTwo\r\n"]),
        (["\n", "  ", "\n", "One", "\n"], ["\n  \nOne\n"]),
    ],
)
def test_a_line_ends_at_its_break_unless_it_is_empty(pieces: list[str], expected: list[str]) -> None:
    assert steps("line", pieces) == expected


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["One", ".", "\n", "Two", ".", "\n\n", "Three"], ["One.\nTwo.\n\n", "Three"]),
        (["One", ".\n", "\n", "\n", "Two"], ["One.\n\n", "\nTwo"]),
        (["One\n", "  \t", "\n", "Two"], ["One\n  \t\n", "Two"]),
        (["One\r\n", "\r\n", "Two"], ["One\r\n\r\n", "Two"]),
        (["\n\n", "One", "\n", "\n"], ["\n\nOne\n\n"]),
        (["One. Two", "\n"], ["One. Two\n"]),
    ],
)
def test_a_paragraph_ends_at_a_blank_line_however_it_is_tokenised(pieces: list[str], expected: list[str]) -> None:
    assert steps("paragraph", pieces) == expected


@given(
    st.lists(st.sampled_from(["a", "7", ".", "!", " ", "\n", "\r\n", '"', "。", "é", "”", "e.g.", " 1."]), max_size=30),
    st.sampled_from(["sentence", "line", "paragraph", "none"]),
)
def test_whatever_the_text_is_its_steps_add_up_to_it_and_none_is_empty(pieces: list[str], end: StepEnd) -> None:
    found = steps(end, pieces)
    assert "".join(found) == "".join(pieces)
    assert all(found)
    split = steps(end, [bytes([byte]) for byte in "".join(pieces).encode()])
    assert "".join(split) == "".join(pieces)
    assert all(split)


def test_a_thought_ends_once_at_a_blank_line_and_not_within_a_number() -> None:
    assert ends_thought("It is 7.", " So")
    assert ends_thought("It is 7", "\n")
    assert not ends_thought("It is 7.\n", "\n")
    assert not ends_thought("It is 3.", "5")
    assert not ends_thought("", " So")
