"""Members in order of keys that change: the first ones are there at any time, a change costs O(log n)."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any, Generic, TypeVar

Member = TypeVar("Member", int, str)
Key = tuple[Any, ...]  # compared with others of the same ranking


class Ranking(Generic[Member]):
    """A heap in which what has changed stays until it comes to the top, and is passed over there."""

    def __init__(self) -> None:
        self._keys: dict[Member, Key] = {}
        self._heap: list[tuple[Key, Member]] = []

    def __len__(self) -> int:
        return len(self._keys)

    def put(self, member: Member, key: Key) -> None:
        """Takes a member in, or gives it another key."""
        self._keys[member] = key
        heappush(self._heap, (key, member))

    def drop(self, member: Member) -> None:
        """Lets a member go, if it is there."""
        self._keys.pop(member, None)

    def first(self, count: int = 1) -> list[Member]:
        """The members with the least keys, at most `count` of them, the least first."""
        found: list[tuple[Key, Member]] = []
        while self._heap and len(found) < count:
            entry = heappop(self._heap)
            if self._keys.get(entry[1]) == entry[0] and entry not in found:
                found.append(entry)
        for entry in found:
            heappush(self._heap, entry)
        return [member for _, member in found]
