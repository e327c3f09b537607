"""A tidy drawing of a tree: nothing overlaps, parents stand above the middle, equal subtrees look alike."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from widgets.models.tidy_layout import COUSINS, TidyLayout

Children = list[list[int]]


@st.composite
def trees(draw: st.DrawFn) -> Children:
    """Any tree: each node after the first hangs below an earlier one, near or far."""
    parents = [draw(st.integers(0, node - 1)) for node in range(1, draw(st.integers(1, 60)))]
    return below(parents)


def below(parents: list[int]) -> Children:
    children: Children = [[] for _ in range(len(parents) + 1)]
    for node, parent in enumerate(parents, 1):
        children[parent].append(node)
    return children


def depths(children: Children) -> list[int]:
    found = [0] * len(children)
    for node, kids in enumerate(children):
        for child in kids:
            found[child] = found[node] + 1
    return found


@given(trees())
def test_no_two_nodes_of_a_row_overlap(children: Children) -> None:
    x, rows = TidyLayout(children).place(), depths(children)
    for row in range(max(rows) + 1):
        places = sorted(x[node] for node in range(len(x)) if rows[node] == row)
        assert all(right - left >= 1 - 1e-9 for left, right in itertools.pairwise(places))


@given(trees())
def test_a_parent_stands_above_the_middle_of_its_children_which_keep_their_order(children: Children) -> None:
    x = TidyLayout(children).place()
    for node, kids in enumerate(children):
        if kids:
            assert abs((x[kids[0]] + x[kids[-1]]) / 2 - x[node]) < 1e-6
        assert all(x[left] < x[right] for left, right in itertools.pairwise(kids))
    assert x[0] == 0


@given(trees())
def test_a_mirrored_tree_gives_a_mirrored_drawing_of_the_outermost_nodes(children: Children) -> None:
    x = TidyLayout(children).place()
    mirrored = TidyLayout([list(reversed(kids)) for kids in children]).place()
    assert abs(min(x) + max(mirrored)) < 1e-6
    assert abs(max(x) + min(mirrored)) < 1e-6


@given(trees())
def test_equal_subtrees_are_drawn_alike(children: Children) -> None:
    """The tree twice, side by side below a new root."""
    count = len(children)
    twice: Children = [[1, count + 1]]
    twice += [[kid + 1 for kid in kids] for kids in children]
    twice += [[kid + 1 + count for kid in kids] for kids in children]
    x = TidyLayout(twice).place()
    assert all(abs((x[1 + i] - x[1]) - (x[1 + count + i] - x[1 + count])) < 1e-6 for i in range(count))


def test_nodes_of_different_parents_stand_further_apart_than_siblings() -> None:
    x = TidyLayout(below([0, 0, 1, 1, 2, 2])).place()
    assert x[4] - x[3] == 1
    assert abs(x[5] - x[4] - COUSINS) < 1e-9


def test_a_chain_of_a_hundred_thousand_thoughts_is_a_straight_line() -> None:
    assert set(TidyLayout(below(list(range(99_999)))).place()) == {0.0}


def test_placing_in_portions_gives_what_placing_at_once_gives() -> None:
    children = below([node // 3 for node in range(4_000)])
    layout, turns = TidyLayout(children), 0
    for _ in layout.portions():
        turns += 1
    assert turns > 8
    assert layout.x == TidyLayout(children).place()


def test_a_tree_without_nodes_has_no_places() -> None:
    assert TidyLayout([]).place() == []


def test_nodes_that_hang_on_nothing_are_left_out() -> None:
    """What was merged into a sibling has no parent any more; its number stays."""
    assert TidyLayout([[2], [], [3], []]).place() == [0, 0, 0, 0]
