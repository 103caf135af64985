"""The one index of everything that is going to happen by itself.

What lives here: deadlines by concern, ordered by time, cancelled in constant time. The engine's timekeeper sleeps
until `DeadlineIndex.next_ms`; nobody polls. Entries are derived from the records, so they are as durable as these.

In a heap of a million, each that falls due costs microseconds. So deadlines lie unordered in buckets of about a minute,
a crowded minute in buckets of 64 ms; a bucket is put in order when its time comes.
"""

from __future__ import annotations

from enum import StrEnum
from heapq import heapify, heappop, heappush
from itertools import repeat
from operator import eq
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


class DeadlineIndex:
    """Deadlines of one concern. Equal times are ordered by key, so that replay is exact.

    What is set gets its place when somebody asks for the next one: most deadlines are cancelled before. A bucket is
    named by twice its first millisecond, a narrow one by one more; buckets never overlap, so the order of their names
    is that of their deadlines. Only `_opened` ones are in order, the latest entry first.
    """

    __slots__ = ("_divided", "_heap", "_held", "_keys", "_new", "_opened", "_ordered", "live")

    def __init__(self) -> None:
        self.live: dict[Key, int] = {}
        self._new: list[Key] = []
        self._empty()

    def _empty(self) -> None:
        self._keys: dict[int, list[Key]] = {}
        """Buckets whose time has not come, also with keys that have been cancelled or moved since."""
        self._heap: list[int] = []
        """The names of these."""
        self._ordered: dict[int, list[Entry]] = {}
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

    def next_ms(self) -> int | None:
        """The earliest deadline, or None."""
        if self._new:
            self._place()
        heap, opened = self._heap, self._opened
        while True:
            if heap and not (opened and opened[-1] < heap[0]):
                self._open(len(opened))
            if not opened:
                return None
            entries = self._ordered[opened[-1]]
            gone = self._gone(entries)
            if gone:
                del entries[-gone:]
                self._held -= gone
            if entries:
                return entries[-1][0]
            self._forget(opened.pop())

    def due(self, now_ms: int, limit: int) -> list[Key]:
        """At most ``limit`` keys whose time has come, earliest first; they stay until an event clears them."""
        first_ms = self.next_ms()
        found: list[Key] = []
        if first_ms is None or first_ms > now_ms or limit <= 0:
            return found
        heap, opened = self._heap, self._opened
        place = len(opened) - 1
        while True:
            if self._take(self._ordered[opened[place]], now_ms, limit, found):
                return found
            if heap and heap[0] <= 2 * now_ms + 1 and not (place and opened[place - 1] < heap[0]):
                self._open(place)
            elif place:
                place -= 1
            else:
                return found

    def _take(self, entries: list[Entry], now_ms: int, limit: int, found: list[Key]) -> bool:
        """Add what is due of one bucket; whether that was the end: the limit, or a deadline that has not come."""
        get, end = self.live.get, len(entries)
        while end:
            start = max(0, end - limit + len(found))
            part = entries[start:end]
            ended = part[0][0] > now_ms
            if ended:
                part = [entry for entry in part if entry[0] <= now_ms]
            keys = [key for _, key in part]
            if list(map(get, keys)) != [due_ms for due_ms, _ in part]:
                keys = [key for due_ms, key in part if get(key) == due_ms]
            keys.reverse()
            found += keys
            if ended or len(found) == limit:
                return True
            end = start
        return False

    def _gone(self, entries: list[Entry]) -> int:
        """How many at the end have been cancelled or moved."""
        get, count = self.live.get, 0
        for due_ms, key in reversed(entries):
            if get(key) == due_ms:
                break
            count += 1
        return count

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
            entries = self._ordered[name]
            self._held -= _insert(entries, (due_ms, key))
            if len(entries) > BUCKET_MAX:
                self._opened.remove(name)
                self._divide(name, [key for _, key in self._ordered.pop(name)])
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
            self._held -= _insert(self._ordered[name], (due_ms, key))
        else:
            self._keys[name] = [key]
            heappush(self._heap, name)
            self._divided[due_ms >> WIDE << WIDE + 1] += 1

    def _open(self, place: int) -> None:
        """Put the earliest bucket that is not in order into order, as the one at that place."""
        name, get = heappop(self._heap), self.live.get
        keys = self._keys.pop(name)
        from_ms, to_ms = _span(name)
        found = list(zip(map(get, keys, repeat(-1)), keys, strict=True))
        found.sort(reverse=True)
        if found[0][0] >= to_ms or found[-1][0] < from_ms:  # some have been moved or cancelled
            found = [entry for entry in found if from_ms <= entry[0] < to_ms]
        if any(map(eq, found, found[1:])):  # a key set twice to the same time is there twice
            found = list(dict.fromkeys(found))
        self._held += len(found) - len(keys)
        self._ordered[name] = found
        self._opened.insert(place, name)

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


def _insert(entries: list[Entry], entry: Entry) -> bool:
    """Into entries that are in order, the latest first; whether it is there already."""
    low, high = 0, len(entries)
    while low < high:
        middle = (low + high) // 2
        if entries[middle] > entry:
            low = middle + 1
        else:
            high = middle
    if low < len(entries) and entries[low] == entry:
        return True
    entries.insert(low, entry)
    return False
