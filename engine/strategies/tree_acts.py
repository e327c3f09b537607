"""What a person may do to a tree search while it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.acts import (
    AddSimulations,
    AnyAct,
    ChangeSetting,
    ChangeVerifiers,
    ExpandNode,
    PinNode,
    PruneNode,
    WriteThought,
)
from engine.strategies.search_tree import ROOT

if TYPE_CHECKING:
    from engine.strategies.mcts import TreeSearch

CHANGEABLE = ("simulations", "at_once", "children", "exploration")


def carry_out(search: TreeSearch, act: AnyAct) -> bool:
    """Does what a person wants; False when that means nothing here."""
    match act:
        case AddSimulations(count=count):
            search.more(count)
        case ChangeSetting(name=name, value=value) if name in CHANGEABLE:
            search.change(name, value)
        case ChangeVerifiers(verifiers=verifiers):
            search.tree.choose_verifiers(verifiers)
        case _:
            return _on_node(search, act)
    return True


def _on_node(search: TreeSearch, act: AnyAct) -> bool:
    match act:
        case ExpandNode(node=node) if _is_open(search, node):
            search.expand(ROOT if node is None else node)
        case PruneNode(node=node) if node in search.tree.nodes:
            search.prune(node)
        case PinNode(node=node, pinned=pinned) if node in search.tree.nodes:
            search.tree.pin(node, pinned)
        case WriteThought() if _can_be_written(search, act):
            search.write(ROOT if act.parent is None else act.parent, act.text)
            if act.replaces is not None:
                search.prune(act.replaces)
        case _:
            return False
    return True


def _can_be_written(search: TreeSearch, act: WriteThought) -> bool:
    is_known = act.replaces is None or act.replaces in search.tree.nodes
    return bool(act.text.strip()) and is_known and _is_open(search, act.parent)


def _is_open(search: TreeSearch, node: int | None) -> bool:
    return node is None or (node in search.tree.nodes and search.tree.can_go_on(node))
