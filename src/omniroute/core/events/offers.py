"""Offers, and the reasons for them."""

from __future__ import annotations

import msgspec

from omniroute.core.events.base import Event


class Candidate(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One operator who could have had it, with the terms that ranked them."""

    operator_id: str
    terms: tuple[int, ...]


class Decision(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Why this operator: the best candidates in order and the number excluded for each reason.

    ``named`` lists at most a few of the excluded with their reason; ``trigger`` is ``item`` (work came), ``operator``
    (somebody became free), ``batch``, or ``channel``. ``failed_policy`` names a policy that broke and was replaced by
    the default. ``eligible`` counts all who could have had it, ``expected_ms`` is the expected handling time then,
    ``waited_ms`` how long it had waited, ``relaxed`` how many steps of relaxation had been taken.
    """

    policy: str
    trigger: str
    terms: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    excluded: dict[str, int]
    named: tuple[tuple[str, str], ...] = ()
    failed_policy: str = ""
    eligible: int = 0
    expected_ms: int = 0
    waited_ms: int = 0
    relaxed: int = 0


class OfferMade(Event, tag="offer.made", frozen=True, gc=False):
    """Proposed to one operator, with the reasons."""

    offer_id: int
    work_item_id: int
    conversation_id: int
    operator_id: str
    cost_units: int
    at_ms: int
    deadline_ms: int
    decision: Decision


class OfferAccepted(Event, tag="offer.accepted", frozen=True, gc=False):
    """The work item has an owner. ``effect_id`` is that of connecting, 0 where none is needed.

    ``connect_due_ms`` 0: it is assigned; else it is being connected, until then. ``auto``: nobody had to press a
    button.
    """

    offer_id: int
    work_item_id: int
    operator_id: str
    conversation_id: int
    channel: str
    at_ms: int
    effect_id: int = 0
    connect_due_ms: int = 0
    auto: bool = False


class OfferDeclined(Event, tag="offer.declined", frozen=True, gc=False):
    """The item is back at its place, the capacity free."""

    offer_id: int
    work_item_id: int
    conversation_id: int
    operator_id: str
    reason: str
    at_ms: int
    backoff_until_ms: int


class OfferExpired(Event, tag="offer.expired", frozen=True, gc=False):
    """Redirect on no answer (RONA)."""

    offer_id: int
    work_item_id: int
    conversation_id: int
    operator_id: str
    at_ms: int
    backoff_until_ms: int


class OfferRevoked(Event, tag="offer.revoked", frozen=True, gc=False):
    """Taken back without blame.

    ``reason``: ``presence``, ``unable``, ``outage``, ``abandoned``, ``handoff``, ``forced``, ``requeued`` or
    ``answered_elsewhere``.
    """

    offer_id: int
    work_item_id: int
    conversation_id: int
    operator_id: str
    reason: str
    at_ms: int
