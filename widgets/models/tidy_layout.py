"""A tidy drawing of a tree in linear time: parents above the middle of their children, equal subtrees drawn alike.

The algorithm of Buchheim, Jünger and Leipert (2002, “Improving Walker's Algorithm to Run in Linear Time”), without
recursion, because a chain of thoughts may be thousands of steps deep, and in portions, because a large tree must not
hold up a frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

PORTION = 400
"""So many nodes are placed between two looks at the clock: about a millisecond."""

COUSINS = 1.3
"""How far nodes of different parents stand apart; siblings have 1."""


class TidyLayout:
    """Places one tree.

    Args:
        children: The children of each node, by index, from left to right; node 0 is the root.

    Attributes:
        x: Of each node, in distances of siblings, the root at 0. Depths are the rows.
    """

    def __init__(self, children: Sequence[Sequence[int]]) -> None:
        self._children, count = children, len(children)
        self.x = [0.0] * count
        self._parent, self._place = [-1] * count, [0] * count
        self._shift, self._change = [0.0] * count, [0.0] * count
        self._mod: list[float] = [0.0] * count
        self._thread = [-1] * count
        self._ancestor = list(range(count))
        self._default: list[int] = [kids[0] if kids else -1 for kids in children]

    def place(self) -> list[float]:
        """Places the whole tree at once."""
        for _ in self.portions():
            pass
        return self.x

    def portions(self) -> Iterator[None]:
        """Places the tree, and gives the others a turn every now and then."""
        if not self._children:
            return
        order: list[int] = []
        yield from self._walk(order)
        for count, node in enumerate(reversed(order), 1):
            self._place_above_children(node)
            if count % PORTION == 0:
                yield
        root = self.x[0]
        offset = [0.0] * len(self._children)
        for count, node in enumerate(order, 1):
            below = offset[node] + self._mod[node]
            self.x[node] += offset[node] - root
            for child in self._children[node]:
                offset[child] = below
            if count % PORTION == 0:
                yield

    def _walk(self, order: list[int]) -> Iterator[None]:
        """All nodes, parents first and siblings from right to left: backwards, children come first, from the left."""
        stack = [0]
        while stack:
            node = stack.pop()
            order.append(node)
            for place, child in enumerate(self._children[node]):
                self._parent[child], self._place[child] = node, place
                stack.append(child)
            if len(order) % (4 * PORTION) == 0:
                yield

    def _left_sibling(self, node: int) -> int:
        place = self._place[node]
        return self._children[self._parent[node]][place - 1] if place > 0 else -1

    def _place_above_children(self, node: int) -> None:
        children, left = self._children[node], self._left_sibling(node)
        if children:
            self._execute_shifts(children)
            middle = (self.x[children[0]] + self.x[children[-1]]) / 2
        else:
            middle = 0.0
        if left >= 0:
            gap = 1.0 if not children and not self._children[left] else COUSINS
            self.x[node] = self.x[left] + gap
            self._mod[node] = self.x[node] - middle
        else:
            self.x[node] = middle
        if self._parent[node] >= 0:
            self._push_apart(node, left)

    def _push_apart(self, node: int, left: int) -> None:
        """Moves a subtree to the right until no row of it is too near to the subtrees on its left."""
        if left < 0:
            return
        children, thread, x, mod = self._children, self._thread, self.x, self._mod
        parent = self._parent[node]
        inner_right = outer_right = node
        inner_left, outer_left = left, children[parent][0]
        s_inner_right = s_outer_right = mod[node]
        s_inner_left, s_outer_left = mod[inner_left], mod[outer_left]
        while True:
            next_left = children[inner_left][-1] if children[inner_left] else thread[inner_left]
            next_right = children[inner_right][0] if children[inner_right] else thread[inner_right]
            if next_left < 0 or next_right < 0:
                break
            inner_left, inner_right = next_left, next_right
            outer_left = children[outer_left][0] if children[outer_left] else thread[outer_left]
            outer_right = children[outer_right][-1] if children[outer_right] else thread[outer_right]
            self._ancestor[outer_right] = node
            shift = x[inner_left] + s_inner_left - x[inner_right] - s_inner_right + COUSINS
            if shift > 0:
                self._move_subtree(self._whose(inner_left, parent), node, shift)
                s_inner_right += shift
                s_outer_right += shift
            s_inner_left += mod[inner_left]
            s_inner_right += mod[inner_right]
            s_outer_left += mod[outer_left]
            s_outer_right += mod[outer_right]
        if next_left >= 0 and not children[outer_right] and thread[outer_right] < 0:
            thread[outer_right] = next_left
            mod[outer_right] += s_inner_left - s_outer_right
        if next_right >= 0 and not children[outer_left] and thread[outer_left] < 0:
            thread[outer_left] = next_right
            mod[outer_left] += s_inner_right - s_outer_left
            self._default[parent] = node

    def _whose(self, inner_left: int, parent: int) -> int:
        ancestor = self._ancestor[inner_left]
        return ancestor if self._parent[ancestor] == parent else self._default[parent]

    def _move_subtree(self, left: int, right: int, shift: float) -> None:
        share = shift / (self._place[right] - self._place[left])
        self._change[right] -= share
        self._shift[right] += shift
        self._change[left] += share
        self.x[right] += shift
        self._mod[right] += shift

    def _execute_shifts(self, children: Sequence[int]) -> None:
        shift = change = 0.0
        for child in reversed(children):
            self.x[child] += shift
            self._mod[child] += shift
            change += self._change[child]
            shift += self._shift[child] + change
