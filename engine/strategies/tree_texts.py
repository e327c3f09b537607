"""All texts that a tree search has written, as its nodes and in rollouts: how far they agree, what they answer."""

from __future__ import annotations

from engine.strategies.agreement import Agreement
from engine.strategies.base import Answer
from engine.strategies.found_texts import FoundTexts, choose_text
from engine.strategies.search_tree import Node, SearchTree
from engine.strategies.texts import Text, as_text


class TreeTexts:
    """The texts of nodes and of rollouts. What is below a pruned node gives no answer, but still agrees with others.

    Args:
        tree: Whose nodes they are.
    """

    def __init__(self, tree: SearchTree) -> None:
        self._tree = tree
        self._rollouts: dict[int, dict[int, Text]] = {}  # by the node that they went on from
        self._found = FoundTexts()
        self._agreement = Agreement()

    def put(self, node: Node) -> None:
        """A node that is new, or has changed."""
        self._put(node, as_text(node))

    def put_rollout(self, leaf: Node, text: Text) -> None:
        """A text that went on from a node to its end."""
        self._rollouts.setdefault(leaf.id, {})[text.candidate.id] = text
        self._put(leaf, text)

    def drop(self, id: int) -> None:
        """A node that became one with another."""
        self._agreement.drop(id)
        self._found.drop(id)

    def cut_off(self, id: int) -> None:
        """A node was pruned: nothing below it is an answer any more."""
        for node in self._tree.below(id):
            for text in (node, *self._rollouts.get(node, ())):
                self._found.drop(text)

    def share(self, vote: str) -> float | None:
        """The share of all votes so far that this one has."""
        return self._agreement.share(vote)

    def answer(self, *, by_vote: bool) -> Answer:
        """From all of them."""
        return self._found.answer(by_vote=by_vote)

    def answer_at(self, node: Node) -> Answer:
        """From a node's own text and those that rollouts from there wrote."""
        return choose_text([as_text(node), *self._rollouts.get(node.id, {}).values()], by_vote=False)

    def _put(self, node: Node, text: Text) -> None:
        self._agreement.put(text.candidate)
        if not self._tree.is_cut_off(node.id):
            self._found.put(text)
