"""Two sorted collections in chunks, so that no change costs time in proportion to the whole.

What lives here: `Line`, a sorted line of waiting items, and `Ranked`, numbered slots in the order of their entries
whose chunks know their slots as bits: a search for wanted slots skips whatever holds none of them.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Any

LINE_CHUNK_MAX = 512
RANKED_CHUNK_MIN = 64
"""A chunk of `Ranked` may be so much longer than there are chunks: a search passes over chunks and then walks one."""

Place = tuple[int, int]
"""Rank in ms, and the id of the work item."""
Entry = tuple[Any, ...]
"""Terms that are compared from the left; the last one is the slot."""


class Line:
    """Places in order."""

    __slots__ = ("_chunks", "_size", "_tops")

    def __init__(self) -> None:
        self._chunks: list[list[Place]] = []
        self._tops: list[Place] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def places(self) -> list[Place]:
        """All of them in order."""
        return [place for chunk in self._chunks for place in chunk]

    def first(self) -> Place:
        """The smallest; the line must not be empty."""
        return self._chunks[0][0]

    def add(self, place: Place) -> None:
        """Put one in."""
        self._size += 1
        if not self._chunks:
            self._chunks.append([place])
            self._tops.append(place)
            return
        at = min(bisect_left(self._tops, place), len(self._tops) - 1)
        chunk = self._chunks[at]
        insort(chunk, place)
        if len(chunk) > LINE_CHUNK_MAX:
            half = len(chunk) // 2
            self._chunks.insert(at + 1, chunk[half:])
            del chunk[half:]
            self._tops.insert(at, chunk[-1])
            at += 1
        self._tops[at] = self._chunks[at][-1]

    def remove(self, place: Place) -> None:
        """Take one out; it must be in."""
        at = bisect_left(self._tops, place)
        chunk = self._chunks[at]
        where = bisect_left(chunk, place)
        if chunk[where] != place:
            raise AssertionError(f"work item {place[1]} is not at its place")
        del chunk[where]
        self._size -= 1
        if chunk:
            self._tops[at] = chunk[-1]
        else:
            del self._chunks[at], self._tops[at]

    def before(self, place: Place) -> int:
        """How many are smaller."""
        at = bisect_left(self._tops, place)
        ahead = sum(map(len, self._chunks[:at]))
        return ahead + (bisect_left(self._chunks[at], place) if at < len(self._chunks) else 0)


class Ranked:
    """Slots in the order of their entries; each slot is in at most once."""

    __slots__ = ("_chunks", "_entries", "_masks", "_tops")

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._chunks: list[list[Entry]] = []
        self._masks: list[int] = []
        self._tops: list[Entry] = []

    def __len__(self) -> int:
        return len(self._entries)

    def entries(self) -> list[Entry]:
        """All of them in order."""
        return [entry for chunk in self._chunks for entry in chunk]

    def put(self, entry: Entry) -> None:
        """Put a slot in, or at another place."""
        slot = entry[-1]
        known = self._entries.get(slot)
        if known is not None:
            if known == entry:
                return
            self._take_out(known)
        self._entries[slot] = entry
        if not self._tops or entry > self._tops[-1]:
            self._append(entry)
            return
        at = bisect_left(self._tops, entry)
        chunk = self._chunks[at]
        insort(chunk, entry)
        self._masks[at] |= 1 << slot
        if len(chunk) > RANKED_CHUNK_MIN + len(self._chunks):
            self._split(at)

    def _append(self, entry: Entry) -> None:
        """It is the last one by now, as whoever has just become idle is."""
        if self._chunks and len(self._chunks[-1]) < RANKED_CHUNK_MIN + len(self._chunks):
            self._chunks[-1].append(entry)
            self._masks[-1] |= 1 << entry[-1]
            self._tops[-1] = entry
        else:
            self._chunks.append([entry])
            self._masks.append(1 << entry[-1])
            self._tops.append(entry)

    def _split(self, at: int) -> None:
        chunk = self._chunks[at]
        half = len(chunk) // 2
        mask = 0
        for entry in chunk[half:]:
            mask |= 1 << entry[-1]
        self._chunks.insert(at + 1, chunk[half:])
        self._masks.insert(at + 1, mask)
        del chunk[half:]
        self._masks[at] ^= mask
        self._tops.insert(at, chunk[-1])

    def drop(self, slot: int) -> None:
        """Take a slot out; unknown ones are fine."""
        entry = self._entries.pop(slot, None)
        if entry is not None:
            self._take_out(entry)

    def _take_out(self, entry: Entry) -> None:
        at = bisect_left(self._tops, entry)
        chunk = self._chunks[at]
        del chunk[bisect_left(chunk, entry)]
        if chunk:
            self._masks[at] ^= 1 << entry[-1]
            self._tops[at] = chunk[-1]
            if at and 4 * (len(chunk) + len(self._chunks[at - 1])) < RANKED_CHUNK_MIN + len(self._chunks):
                self._join(at)
        else:
            del self._chunks[at], self._masks[at], self._tops[at]

    def _join(self, at: int) -> None:
        """Few are left: one chunk with the chunk before."""
        self._chunks[at - 1] += self._chunks[at]
        self._masks[at - 1] |= self._masks[at]
        self._tops[at - 1] = self._tops[at]
        del self._chunks[at], self._masks[at], self._tops[at]

    def first(self, wanted: int) -> Entry | None:
        """The smallest entry among the wanted slots (as bits)."""
        for at, mask in enumerate(self._masks):
            hits = mask & wanted
            if hits:
                return self._among(at, hits, 1)[0]
        return None

    def best(self, wanted: int, count: int) -> list[Entry]:
        """At most ``count`` of the smallest entries among the wanted slots (as bits), in order."""
        found: list[Entry] = []
        for at, mask in enumerate(self._masks):
            hits = mask & wanted
            if not hits:
                continue
            found += self._among(at, hits, count - len(found))
            if len(found) >= count:
                break
        return found[:count]

    def _among(self, at: int, hits: int, count: int) -> list[Entry]:
        """The entries of the hits in a chunk, in order: all of them, or at least the first ``count``.

        Few are picked out and sorted; where they are many, walking the chunk soon comes upon enough of them.
        """
        if not hits & (hits - 1):
            return [self._entries[hits.bit_length() - 1]]
        chunk, found = self._chunks[at], list[Entry]()
        if hits.bit_count() ** 2 > 2 * len(chunk):
            for entry in chunk:
                if hits >> entry[-1] & 1:
                    found.append(entry)
                    if len(found) >= count:
                        break
            return found
        entries = self._entries
        while hits:
            slot = hits.bit_length() - 1
            found.append(entries[slot])
            hits ^= 1 << slot
        found.sort()
        return found
