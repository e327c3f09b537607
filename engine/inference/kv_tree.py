"""Who holds which cells of a shared KV cache: token prefixes as a tree of segments with reference counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Segment:
    """A run of cells that the same sequences look at."""

    length: int
    references: int
    parent: Segment | None


class KvTree:
    """Counts distinct cells exactly: a prefix shared by many slots is counted once.

    Slots are sequence ids of the cache. An unknown slot is empty.
    """

    def __init__(self) -> None:
        self.cells = 0
        self._leaf: dict[int, Segment] = {}
        self._length: dict[int, int] = {}

    def length(self, slot: int) -> int:
        """Tokens that a slot holds."""
        return self._length.get(slot, 0)

    def cells_of(self, slots: Iterable[int]) -> int:
        """Distinct cells that at least one of these slots holds."""
        seen: set[Segment] = set()
        for slot in slots:
            segment = self._leaf.get(slot)
            while segment is not None and segment not in seen:
                seen.add(segment)
                segment = segment.parent
        return sum(segment.length for segment in seen)

    def extend(self, slot: int, count: int) -> None:
        """A slot got `count` new tokens of its own."""
        leaf = self._leaf.get(slot)
        if leaf is None or leaf.references > 1:
            leaf = Segment(0, 1, leaf)
            self._leaf[slot] = leaf
        leaf.length += count
        self.cells += count
        self._length[slot] = self.length(slot) + count

    def fork(self, source: int, target: int, length: int) -> None:
        """The empty slot `target` shares the first `length` tokens of `source`."""
        if self.length(target):
            raise ValueError(f"slot {target} is not empty")
        if length > self.length(source):
            raise ValueError(f"slot {source} holds {self.length(source)} tokens, not {length}")
        if length == 0:
            return
        segment = self._segment_ending_at(source, length)
        self._leaf[target], self._length[target] = segment, length
        _refer(segment)

    def truncate(self, slot: int, length: int) -> None:
        """A slot forgets its tokens from position `length` on."""
        if length >= self.length(slot):
            return
        keep = self._segment_ending_at(slot, length) if length else None
        segment: Segment | None = self._leaf[slot]
        while segment is not None and segment is not keep:
            segment.references -= 1
            if segment.references == 0:
                self.cells -= segment.length
            segment = segment.parent
        if keep is None:
            del self._leaf[slot], self._length[slot]
        else:
            self._leaf[slot], self._length[slot] = keep, length

    def _segment_ending_at(self, slot: int, length: int) -> Segment:
        """The segment of the slot's path that ends at `length`; one is cut in two if need be."""
        segment, end = self._leaf[slot], self._length[slot]
        while end - segment.length >= length:
            end -= segment.length
            if segment.parent is None:
                raise AssertionError("a path is as long as its slot")
            segment = segment.parent
        if end == length:
            return segment
        front = Segment(segment.length - (end - length), segment.references, segment.parent)
        segment.length, segment.parent = end - length, front
        return front


def _refer(segment: Segment | None) -> None:
    while segment is not None:
        segment.references += 1
        segment = segment.parent
