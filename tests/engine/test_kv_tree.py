"""The bookkeeping of shared KV cells, against a plain list of cells for each slot."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.inference.kv_tree import KvTree

SLOTS = st.integers(0, 5)


class KvTreeMachine(RuleBasedStateMachine):
    """Any order of extending, forking and truncating."""

    def __init__(self) -> None:
        super().__init__()
        self.tree = KvTree()
        self.cells: dict[int, list[object]] = {slot: [] for slot in range(6)}

    @rule(slot=SLOTS, count=st.integers(1, 5))
    def extend(self, slot: int, count: int) -> None:
        self.tree.extend(slot, count)
        self.cells[slot] = self.cells[slot] + [object() for _ in range(count)]

    @precondition(lambda self: any(not cells for cells in self.cells.values()))
    @rule(source=SLOTS, share=st.floats(0, 1), data=st.data())
    def fork(self, source: int, share: float, data: st.DataObject) -> None:
        target = data.draw(st.sampled_from([slot for slot, cells in self.cells.items() if not cells]))
        length = round(share * len(self.cells[source]))
        if source != target:
            self.tree.fork(source, target, length)
            self.cells[target] = self.cells[source][:length]

    @rule(slot=SLOTS, share=st.floats(0, 1))
    def truncate(self, slot: int, share: float) -> None:
        length = round(share * len(self.cells[slot]))
        self.tree.truncate(slot, length)
        self.cells[slot] = self.cells[slot][:length]

    @invariant()
    def distinct_cells_are_counted_once(self) -> None:
        assert self.tree.cells == len(set().union(*self.cells.values()))
        assert all(self.tree.length(slot) == len(cells) for slot, cells in self.cells.items())
        assert self.tree.cells_of([0, 2, 4]) == len(set().union(*(self.cells[slot] for slot in (0, 2, 4))))


TestKvTree = KvTreeMachine.TestCase
TestKvTree.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
