"""Questions for a status: who asked about whose matter, and what they were told.

What lives here: a part of the ledger. That a reference is no proof is asked of every answer: whoever asks about what is
not theirs is told the same as whoever has made a reference up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from omniroute.channels.contract import Delivery
from omniroute.core import events as e
from omniroute.core import references


class Questions:
    """``matters``: every reference that has been given, with its conversation."""

    def __init__(self) -> None:
        self.matters: dict[str, int] = {}
        self._references: dict[int, str] = {}
        self._first: dict[int, int] = {}
        self._writers: dict[int, str] = {}
        self._asked: dict[str, int] = {}
        self._answers: dict[int, int] = {}
        self._askers: dict[str, int] = {}
        self._generic = ""
        self._merged_into: dict[int, int] = {}
        self.follow: dict[type[e.Event], Callable[[Any], Iterator[str]]] = {
            e.ConversationOpened: self._opened,
            e.ConversationMerged: self._merged,
            e.InteractionReceived: self._interaction,
            e.StatusAnswered: self._answered,
        }

    # ---- who asks
    def wrote(self, raw_id: int, customer: str) -> None:
        """An input that its customer knows to be acknowledged."""
        self._writers[raw_id] = customer

    def owner(self, number: int) -> str:
        """Who began a matter; empty where nobody outside has been told so far."""
        return self._writers.get(self._first.get(number, 0), "")

    def choose(self, customer: str, number: int) -> str:
        """A reference to ask about: one's own, somebody else's, or one that was made up."""
        kind, place = number % 3, number // 3
        known = {reference: self.owner(matter) for reference, matter in self.matters.items()}
        fits = [one for one, owner in known.items() if owner and (owner == customer) == (kind == 0)] if kind < 2 else []
        if fits:
            return fits[place % len(fits)]
        signs = len(references.ALPHABET)
        return references.from_numbers((number // signs**digit) % signs for digit in range(references.LENGTH))

    def asks(self, key: str, customer: str, reference: str) -> None:
        """An input is a question; it is one's own matter or none."""
        number = self.matters.get(reference, 0)
        self._asked.setdefault(key, number if self.owner(number) == customer else 0)

    # ---- what they are told
    def _opened(self, event: e.ConversationOpened) -> Iterator[str]:
        self.matters[event.reference] = event.conversation_id
        self._references[event.conversation_id] = event.reference
        yield from ()

    def _merged(self, event: e.ConversationMerged) -> Iterator[str]:
        self._merged_into[event.record.conversation_id] = event.into_id
        yield from ()

    def _lead(self, number: int) -> int:
        """The matter that another has become a part of, or itself."""
        while number in self._merged_into:
            number = self._merged_into[number]
        return number

    def _interaction(self, event: e.InteractionReceived) -> Iterator[str]:
        self._first.setdefault(event.conversation_id, event.raw_id)
        yield from ()

    def _answered(self, event: e.StatusAnswered) -> Iterator[str]:
        if event.raw_id in self._answers:
            yield f"2: the question of input {event.raw_id} was answered twice"
        self._answers[event.raw_id] = event.conversation_id
        self._askers[f"e{event.effect_id}"] = event.raw_id

    def told(self, delivery: Delivery) -> Iterator[str]:
        """28: something is with a customer: whoever asked, and, where it says something, whose matter it is."""
        if delivery.to is None or delivery.order != "notice":
            return
        who = delivery.to.address
        if delivery.conversation_id and self.owner(delivery.conversation_id) not in {"", who}:
            yield f"28: {who} was told about conversation {delivery.conversation_id}, which is somebody else's"
        if delivery.key in self._askers:
            yield from self._told(delivery, who)

    def _told(self, delivery: Delivery, who: str) -> Iterator[str]:
        if self._writers.get(self._askers[delivery.key], who) != who:
            yield f"28: {who} got the answer to a question of somebody else"
        if delivery.conversation_id:
            one = self._lead(delivery.conversation_id)  # rendered before a merge, sent after it, or the other way round
            known = [ref for number, ref in self._references.items() if self._lead(number) == one]
            if not any(reference in delivery.text for reference in known):
                yield f"28: {who} was told about another matter than {delivery.conversation_id}"
        elif delivery.text != (self._generic or delivery.text):
            yield f"28: {who} can tell from the answer that a reference is one"
        else:
            self._generic = delivery.text

    def finished(self, acknowledged: Mapping[str, int], interactions: Mapping[int, None]) -> Iterator[str]:
        """1, 28: every question had its answer, about one's own matter or none, and became nobody's work."""
        for key, number in self._asked.items():
            raw_id = acknowledged.get(key)
            if raw_id is None:
                continue
            if raw_id in interactions:
                yield f"28: the question {key!r} became work"
            elif self._lead(self._answers.get(raw_id, -1)) != self._lead(number):
                told = self._answers.get(raw_id, "nothing")
                yield f"28: the question {key!r} is about conversation {number}; its answer was about {told}"
