"""Words: reasons, terms and what tells two candidates apart."""

from __future__ import annotations

import pytest

from omniroute.api import names, reasons
from omniroute.core import events as e
from omniroute.core.events import Candidate, Decision
from omniroute.core.rules import Requirement

NAMES = {"ann": "Ann", "bob": "Bob", "sue": "Sue"}
LABELS = {"sales": "Sales", "sales.orders": "Orders"}
AT = 1_000_000_000


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("presence:away", "away"),
        ("skill:spanish>=9", "without spanish>=9"),
        ("channel_presence:away", "not available on this channel"),
        ("channel_max", "with as much of this channel as allowed"),
        ("something_new", "something new"),
    ],
)
def test_every_reason_has_words(reason, text):
    assert reasons.reason_text(reason) == text


@pytest.mark.parametrize(
    ("since_ms", "shown"),
    [
        (AT, "0 s"),
        (AT - 12_000, "12 s"),
        (AT - 125_000, "2 min 5 s"),
        (AT - 3_600_000, "1 h"),
        (AT - 100_000_000, "1 d 3 h"),
        (AT + 5_000, "0 s"),
    ],
)
def test_an_instant_is_the_time_since_then(since_ms, shown):
    assert reasons.term_text("idle_since_ms", since_ms, AT) == f"idle {shown}"
    assert reasons.term_text("load_permille", 425, AT) == "load 42.5 %"
    assert reasons.term_text("minus_skill", -12, AT) == "skill 12"


def test_the_first_different_term_tells_two_apart():
    terms = ("load_permille", "idle_since_ms")
    said = reasons.difference(terms, (200, AT - 120_000), (200, AT - 540_000), "Ines", AT)
    assert said == "idle for 2 min, Ines for 9 min"
    assert reasons.difference(terms, (425, 0), (200, 0), "Ines", AT) == "load 42.5 %, Ines 20 %"
    assert reasons.difference(("weight",), (3,), (1,), "Ines", AT) == "weight 3, Ines 1"
    assert (
        reasons.difference(terms, (1, 2), (1, 2), "Ines", AT)
        == "equal in every term; Ines came first by the order of ids"
    )


def test_a_decision_says_how_many_could_have_had_it():
    one = Decision(
        "sticky+least_loaded", "item", (), (Candidate("ann", ()),), {"presence:away": 2}, eligible=41, relaxed=2
    )
    assert reasons.decision_text(one, "ann", NAMES) == [
        "The work was new.",
        "Ann came first of 41 by sticky, then least loaded.",
        "Requirements had been relaxed twice.",
        "Not considered: 2 away.",
    ]
    alone = Decision("batch", "batch", (), (Candidate("ann", ()),), {}, failed_policy="mine")
    assert reasons.decision_text(alone, "ann", NAMES) == [
        "Work had been collected and was matched at once.",
        "Ann was the only one who could take it.",
        "The policy mine failed; the default decided.",
    ]


EVENTS = [
    (
        e.ItemQueued(1, 1, "q", "d", "mail", 1, 0, 0, (), AT, held_for="ann", hold_until_ms=AT + 45_000),
        "Kept for Ann for up to 45 s",
    ),
    (
        e.ItemRelaxed(1, 1, 2, (Requirement("billing", 3),), ("sales",), ("sales.orders",), ("bob",), AT),
        "Waited long enough for step 2: needs billing>=3, open to Sales, Orders, Bob",
    ),
    (e.ItemRelaxed(1, 1, 1, (), (), (), (), AT), "Waited long enough for step 1: needs no skill"),
    (
        e.ItemMoved(1, 1, "a", "sales.orders", "sales", 0, (), (), "requeue", AT, reason="wrong door", by="sue"),
        "Moved to Sales, Orders, by Sue, wrong door",
    ),
    (
        e.ItemMoved(1, 1, "a", "sales.orders", "sales", 0, (), (), "overflow:length", AT),
        "Moved to Sales, Orders, because too many were waiting",
    ),
    (
        e.ItemDiverted(1, 1, "callback", "overflow:wait", "phone", AT, 1),
        "The customer was told: we call you back, because it had waited too long",
    ),
    (e.ItemReserved(1, 1, "ann", AT), "Ann is kept free for it, which smaller work has pushed back"),
    (e.ConnectFailed(1, 1, "ann", "busy", AT), "Ann could not be connected (busy)"),
    (e.ItemPulled(1, 1, "ann", "mail", AT), "Ann picked it"),
    (e.ItemForced(1, 1, "ann", "mail", AT, "sue"), "Sue gave it to Ann"),
    (e.ItemReassigned(1, 1, "ann", "bob", AT, "sue"), "Sue moved it from Ann to Bob"),
    (e.ItemSnoozed(1, 1, "ann", AT, AT + 3_600_000), "Ann put it aside for 1 h"),
    (
        e.ItemWoken(1, 1, "message", AT, "ann", AT + 60_000),
        "Back from being put aside: the customer has written, kept for Ann at first",
    ),
    (e.ItemWoken(1, 1, "due", AT), "Back from being put aside: its time has come"),
    (e.ItemReturned(1, 1, "ann", "lease", AT), "Ann lost the connection; it waits again at its old place"),
    (e.OfferAccepted(1, 1, "ann", 1, "phone", AT, 1, AT + 9), "Ann took it, connecting"),
]


@pytest.mark.parametrize(("event", "text"), EVENTS, ids=lambda value: type(value).__name__)
def test_every_step_of_work_is_a_sentence(event, text):
    assert names.event_text(event, NAMES, LABELS) == text


def test_a_line_says_by_its_tag_what_kind_it_is():
    assert names.detail_of(EVENTS[4][0]) == "work_item.moved.overflow"
    assert names.detail_of(EVENTS[5][0]) == "work_item.diverted.callback"
    assert names.detail_of(EVENTS[12][0]) == "work_item.woken.message"
    assert names.detail_of(EVENTS[8][0]) == "work_item.pulled"
