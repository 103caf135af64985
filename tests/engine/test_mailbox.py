"""Admission: who is let in while the mailbox fills, and who is told to come again."""

from __future__ import annotations

import pytest

from omniroute.core.commands import Keep
from omniroute.core.permissions import SYSTEM
from omniroute.engine.mailbox import Mailbox, Request, Urgency
from omniroute.errors import Busy


def request() -> Request:
    return Request(SYSTEM, lambda _state, _cells: Keep(), None)


def fill(mailbox: Mailbox, urgency: Urgency) -> int:
    """How many are let in."""
    for number in range(1000):
        try:
            mailbox.put(request(), urgency)
        except Busy:
            return number
    return 1000


async def test_new_work_waits_outside_first_then_what_is_open_then_people():
    mailbox = Mailbox(capacity=8)
    assert [fill(mailbox, urgency) for urgency in (Urgency.NEW, Urgency.OPEN, Urgency.INSIDE)] == [4, 2, 2]
    assert len(mailbox) == 8


async def test_timers_and_deliveries_are_never_refused():
    mailbox = Mailbox(capacity=8)
    fill(mailbox, Urgency.INSIDE)
    mailbox.put(request(), Urgency.ENGINE)
    assert len(mailbox) == 9


async def test_what_was_refused_was_not_taken():
    mailbox = Mailbox(capacity=2)
    mailbox.put(request(), Urgency.NEW)
    with pytest.raises(Busy) as refused:
        mailbox.put(request(), Urgency.NEW)
    assert refused.value.retry_after_s > 0
    assert len(mailbox) == 1


async def test_taking_is_in_order_of_arrival():
    mailbox = Mailbox()
    requests = [request() for _ in range(5)]
    for one in requests:
        mailbox.put(one, Urgency.INSIDE)
    assert [await mailbox.take() for _ in requests] == requests


async def test_drain_takes_everything():
    mailbox = Mailbox()
    mailbox.put(request(), Urgency.NEW)
    assert len(mailbox.drain()) == 1
    assert not len(mailbox)
