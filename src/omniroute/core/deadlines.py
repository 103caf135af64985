"""The one index of everything that is going to happen by itself.

What lives here: deadlines by concern, ordered by time, cancelled in constant time. The engine's timekeeper sleeps
until `DeadlineIndex.next_ms`; nobody polls. Entries are derived from the records, so they are as durable as these.

In a heap of a million, each that falls due costs microseconds. So deadlines lie unordered in buckets of about a minute,
a crowded minute in buckets of 64 ms; a bucket is put in order when its time comes.
"""

from __future__ import annotations

from bisect import bisect_left
from enum import StrEnum
from heapq import heapify, heappop, heappush
from itertools import repeat
from operator import eq, neg
from typing import Final


class Concern(StrEnum):
    """What a deadline is about; each concern has a task of its own in the engine."""

    OFFERS = "offers"
    CLOCKS = "clocks"
    HANDOFFS = "handoffs"
    WRAP_UPS = "wrap_ups"
    WAITING = "waiting"
    """Relaxation, overflow, and the reservation for one operator."""
    HELD = "held"
    """Silence of the customer, work left unanswered, work put aside."""
    PRESENCE = "presence"
    BATCHES = "batches"
    CLOSINGS = "closings"
    """Silence of a customer who was asked whether a matter is done."""


OFFERS: Final = Concern.OFFERS
CLOCKS: Final = Concern.CLOCKS
HELD: Final = Concern.HELD
WAITING: Final = Concern.WAITING
WRAP_UPS: Final = Concern.WRAP_UPS
# see the end of the enumerations in ``model``

Key = tuple[str, int, str]
"""What kind of deadline, the id it is about, and an operator id or an empty string."""

Entry = tuple[int, Key]
"""When, and what."""

NEW_MAX = 64
"""New deadlines that are put into their buckets at once."""
STALE_FACTOR = 4
"""The buckets are built anew when they hold this many times more entries than are live: cancelling leaves them."""
BUCKET_MAX = 4096
"""A bucket of a minute with more entries is divided, so that none takes long to put in order."""
WIDE, NARROW = 16, 6
"""Bits of the width of a bucket, in ms: about a minute; 64 ms."""


class Ordered:
    """A bucket in order, the latest first: instants and keys side by side."""

    __slots__ = ("due_ms", "keys")

    def __init__(self, entries: list[Entry]) -> None:
        self.due_ms = [due_ms for due_ms, _ in entries]
        self.keys = [key for _, key in entries]

    def insert(self, key: Key, due_ms: int) -> bool:
        """Add one; whether it is there already."""
        place = bisect_left(self.due_ms, -due_ms, key=neg)
        count = len(self.keys)
        while place < count and self.due_ms[place] == due_ms and self.keys[place] > key:
            place += 1
        if place < count and self.due_ms[place] == due_ms and self.keys[place] == key:
            return True
        self.due_ms.insert(place, due_ms)
        self.keys.insert(place, key)
        return False

    def drop(self, live: dict[Key, int]) -> int:
        """Forget what has been cancelled or moved at the end; how many."""
        get, gone = live.get, 0
        for key, due_ms in zip(reversed(self.keys), reversed(self.due_ms), strict=True):
            if get(key) == due_ms:
                break
            gone += 1
        if gone:
            del self.keys[-gone:], self.due_ms[-gone:]
        return gone

    def take(self, live: dict[Key, int], now_ms: int, limit: int, found: list[Key]) -> int:
        """Move what is due to ``found``, until that has ``limit``; how many leave, what had been cancelled included."""
        get, before = live.get, len(self.keys)
        while self.keys and len(found) < limit and self.due_ms[-1] <= now_ms:
            start = max(0, len(self.keys) - limit + len(found))
            if self.due_ms[start] > now_ms:
                start = bisect_left(self.due_ms, -now_ms, start, key=neg)
            keys, due_ms = self.keys[start:], self.due_ms[start:]
            known = list(map(get, keys))
            if known != due_ms:
                keys = [key for key, one, other in zip(keys, known, due_ms, strict=True) if one == other]
            keys.reverse()
            found += keys
            del self.keys[start:], self.due_ms[start:]
        return before - len(self.keys)


class DeadlineIndex:
    """Deadlines of one concern. Equal times are ordered by key, so that replay is exact.

    What is set gets its place when somebody asks for the next one: most deadlines are cancelled before. A bucket is
    named by twice its first millisecond, a narrow one by one more; buckets never overlap, so the order of their names
    is that of their deadlines. Only `_opened` ones are in order, the latest entry first.
    """

    __slots__ = ("_divided", "_given", "_heap", "_held", "_keys", "_new", "_opened", "_ordered", "live")

    def __init__(self) -> None:
        self.live: dict[Key, int] = {}
        self._new: list[Key] = []
        self._given: list[Key] = []
        """What was due at the last look, the first last: mostly it is cleared in this order, and need not be sought."""
        self._empty()

    def _empty(self) -> None:
        self._keys: dict[int, list[Key]] = {}
        """Buckets whose time has not come, also with keys that have been cancelled or moved since."""
        self._heap: list[int] = []
        """The names of these."""
        self._ordered: dict[int, Ordered] = {}
        self._opened: list[int] = []
        """The names of those that are in order, the earliest last."""
        self._divided: dict[int, int] = {}
        """Minutes that were crowded, and how many narrow buckets they have."""
        self._held = 0
        """Entries in all buckets."""

    def set(self, key: Key, due_ms: int) -> None:
        """Add or move a deadline; 0 means "none" and clears it."""
        if not due_ms:
            self.live.pop(key, None)
            return
        live, new = self.live, self._new
        live[key] = due_ms
        new.append(key)
        if len(new) > NEW_MAX:
            self._place()

    def clear(self, key: Key) -> None:
        """Cancel a deadline; unknown keys are fine."""
        self.live.pop(key, None)
        given = self._given
        if given and given[-1] == key:
            given.pop()

    def next_ms(self) -> int | None:
        """The earliest deadline, or None."""
        if self._given:
            self._take_back()
        if self._new:
            self._place()
        return self._first_ms()

    def _first_ms(self) -> int | None:
        heap, opened = self._heap, self._opened
        while True:
            if heap and not (opened and opened[-1] < heap[0]):
                self._open()
            if not opened:
                return None
            ordered = self._ordered[opened[-1]]
            self._held -= ordered.drop(self.live)
            if ordered.keys:
                return ordered.due_ms[-1]
            self._forget(opened.pop())

    def due(self, now_ms: int, limit: int) -> list[Key]:
        """At most ``limit`` keys whose time has come, earliest first; they stay until an event clears them."""
        found: list[Key] = []
        if self._given:
            self._take_back()
        if self._new:
            self._place()
        while len(found) < limit:
            first_ms = self._first_ms()
            if first_ms is None or first_ms > now_ms:
                break
            self._held -= self._ordered[self._opened[-1]].take(self.live, now_ms, limit, found)
        self._given = found[::-1]
        return found

    def _take_back(self) -> None:
        """What was due at the last look, and has not been cleared since, is so at the next one."""
        given, self._given = self._given, []
        for key in given:
            due_ms = self.live.get(key)
            if due_ms is not None:
                self._put(key, due_ms)

    # ---- buckets
    def _place(self) -> None:
        """Put what is new into its buckets, unless it has been cancelled."""
        live = self.live
        for key in self._new:
            due_ms = live.get(key)
            if due_ms is not None:
                self._put(key, due_ms)
        self._new.clear()
        if self._held > NEW_MAX and self._held > STALE_FACTOR * len(live):
            self._empty()
            for key, due_ms in live.items():
                self._put(key, due_ms)

    def _put(self, key: Key, due_ms: int) -> None:
        name = due_ms >> WIDE << WIDE + 1
        if name in self._divided:
            self._put_narrow(key, due_ms)
            return
        self._held += 1
        keys = self._keys.get(name)
        if keys is not None:
            keys.append(key)
            if len(keys) > BUCKET_MAX:
                self._thin_out(name, keys)
        elif name in self._ordered:
            ordered = self._ordered[name]
            self._held -= ordered.insert(key, due_ms)
            if len(ordered.keys) > BUCKET_MAX:
                self._opened.remove(name)
                self._divide(name, self._ordered.pop(name).keys)
        else:
            self._keys[name] = [key]
            heappush(self._heap, name)

    def _put_narrow(self, key: Key, due_ms: int) -> None:
        """The same in a minute that was crowded."""
        self._held += 1
        name = (due_ms >> NARROW << NARROW + 1) + 1
        keys = self._keys.get(name)
        if keys is not None:
            keys.append(key)
        elif name in self._ordered:
            self._held -= self._ordered[name].insert(key, due_ms)
        else:
            self._keys[name] = [key]
            heappush(self._heap, name)
            self._divided[due_ms >> WIDE << WIDE + 1] += 1

    def _open(self) -> None:
        """Put the bucket of which the time has come into order."""
        name, get = heappop(self._heap), self.live.get
        keys = self._keys.pop(name)
        from_ms, to_ms = _span(name)
        due_ms = list(map(get, keys, repeat(-1)))
        found = list(zip(due_ms, keys, strict=True))
        if min(due_ms) < from_ms or max(due_ms) >= to_ms:  # some have been cancelled or moved
            found = [entry for entry in found if from_ms <= entry[0] < to_ms]
        found.sort(reverse=True)
        if any(map(eq, found, found[1:])):  # a key set twice to the same time is there twice
            found = list(dict.fromkeys(found))
        self._held += len(found) - len(keys)
        self._ordered[name] = Ordered(found)
        self._opened.append(name)

    def _forget(self, name: int) -> None:
        """An ordered bucket is empty."""
        del self._ordered[name]
        if name & 1:
            minute = name >> WIDE + 1 << WIDE + 1
            self._divided[minute] -= 1
            if not self._divided[minute]:
                del self._divided[minute]

    def _thin_out(self, name: int, keys: list[Key]) -> None:
        """A full bucket: leave out what has gone, and divide it if it is still crowded."""
        from_ms, to_ms = _span(name)
        kept = [key for key in dict.fromkeys(keys) if from_ms <= self.live.get(key, -1) < to_ms]
        if len(kept) > BUCKET_MAX // 2:
            del self._keys[name]
            self._heap.remove(name)
            heapify(self._heap)
            self._divide(name, keys)
        else:
            self._held += len(kept) - len(keys)
            keys[:] = kept

    def _divide(self, name: int, keys: list[Key]) -> None:
        """Narrow buckets in the place of a wide one, which is gone."""
        self._held -= len(keys)
        self._divided[name] = 0
        from_ms, to_ms = _span(name)
        for key in dict.fromkeys(keys):
            due_ms = self.live.get(key, -1)
            if from_ms <= due_ms < to_ms:
                self._put_narrow(key, due_ms)
        if not self._divided[name]:
            del self._divided[name]


def _span(name: int) -> tuple[int, int]:
    """From when to when the deadlines of a bucket lie."""
    from_ms = name >> 1
    return from_ms, from_ms + (1 << (NARROW if name & 1 else WIDE))
