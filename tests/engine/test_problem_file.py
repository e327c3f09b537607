"""Problems by name and from files; what is none is refused with what would be one."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import BadInputError
from engine.lab.problem_file import find_problems, set_names
from engine.lab.problem_sets import LADDER, load_ladder

ALL = [problem for rung in load_ladder() for problem in rung.problems]


def test_built_in_sets_are_found_by_their_names_each_once_and_in_the_order_given() -> None:
    found = find_problems("hopeless, one-digit-sums,hopeless")
    assert [problem.title for problem in found] == ["Hopeless"] * 10 + ["One-digit sums"] * 10
    assert list(find_problems("ladder")) == list(find_problems(",".join(set_names()))) == ALL


def test_a_file_like_the_built_in_one_gives_its_problems(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_bytes(LADDER.read_bytes())
    assert list(find_problems(str(path))) == ALL


def test_a_line_is_a_problem_whose_answer_and_kind_may_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(
        '\ufeff{"question": "What is 2 + 5?"}\n\n'
        '{"question": "How many legs has a spider?", "answer": 8, "source": "a book"}\n'
        '{"question": "Which is a fruit? A pear B stone", "answer": "A", "kind": "choice"}\n',
        "utf-8",
    )
    sum_, spider, choice = find_problems(str(path))
    assert (sum_.answer, sum_.kind) == ("7", "addition")  # known, as for a question that is typed
    assert spider.answer == "8"
    assert (choice.answer, choice.kind) == ("A", "choice")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.jsonl", b"", "holds no problems"),
        ("a.jsonl", b'{"question": "x"}\n{"answer": "8"}\n', "Line 2 .* is no problem"),
        ("a.txt", b"What is 2 + 5?\n", "Line 1 .* is no problem"),
        ("a.jsonl", b"\xff\xfe\x00", "Line 1 .* is no problem"),
        ("a.json", b"[]", "is no file of problems"),
        ("a.json", b'{"rungs": []}', "holds no problems"),
    ],
)
def test_a_file_that_holds_no_problems_is_refused_in_words(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=words):
        find_problems(str(path))


def test_what_is_neither_a_set_nor_a_file_is_told_which_sets_there_are(tmp_path: Path) -> None:
    for given in ("frobnicate", "one-digit-sums,frobnicate", str(tmp_path), "a\0b", "x" * 5000):
        with pytest.raises(BadInputError) as caught:
            find_problems(given)
        assert "two-digit-sums" in caught.value.next_step
