"""Routing from outside: one contact centre, driven by letters, calls, chats, screens and programs only."""

from __future__ import annotations

import email
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.acceptance.centre import Centre, Exchange, install_clumsy_policy
from tests.acceptance.daemon import LIMIT_S, PASSWORD, PROGRAM, Sink, until

pytestmark = pytest.mark.daemon


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange() as running:
        yield running


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, exchange: Exchange, sink: Sink) -> Iterator[Centre]:
    directory = tmp_path_factory.mktemp("centre")
    plugins = install_clumsy_policy(directory / "site")
    with Centre(directory, exchange, plugins=plugins, relay_port=sink.port) as running:
        yield running


# ---- classification, requirements, relaxation, overflow
def test_a_rule_sends_a_letter_to_its_queue_with_tags_priority_and_a_requirement(centre: Centre):
    matter = centre.write("intake.general", "Invoice 4711", Message_ID="<i@vip.example>", From="kim@vip.example")
    assert (matter["queue"], matter["tags"]) == ("intake.billing", ["vip", "invoice"])
    assert matter["item"]["priority"] == 3
    centre.available("ida", "ilse")  # ida has too little latin, which the rule asks for, not the queue
    centre.offer("ilse", matter["reference"])
    explained = centre.explanation(matter["reference"], "ida")
    assert explained["about"]["reasons"] == [] or explained["about"]["reasons"] == ["skill:latin>=3"]
    assert centre.offers("ida") == []
    plain = centre.write("intake.general", "no-bill-at-all")
    assert (plain["queue"], plain["tags"], plain["item"]["priority"]) == ("intake.general", [], 0)


def test_work_that_nobody_can_do_waits_with_its_reason_and_is_offered_at_its_step(centre: Centre):
    centre.available("rita")
    matter = centre.write("relax.general", "por-favor")
    reason = centre.explanation(matter["reference"])["waiting_reason"]
    assert "nobody has spanish>=5" in reason
    assert "spanish>=3 is enough in" in reason
    offer = centre.offer("rita", matter["reference"])
    assert 3000 <= offer["offered_ms"] - offer["item"]["enqueued_ms"] < 4000
    assert "Requirements had been relaxed twice." in offer["why"]
    (decision,) = centre.explanation(matter["reference"])["decisions"]
    assert (decision["relaxed"], decision["chosen"]) == (2, "Rita")


def test_a_wait_that_is_too_long_overflows_to_the_other_queue_at_its_age(centre: Centre):
    centre.available("otto")  # who has the rare skill is away
    matter = centre.write("over.general", "something-rare")
    offer = centre.offer("otto", matter["reference"])
    assert 2000 <= offer["offered_ms"] - matter["item"]["enqueued_ms"] < 3000
    assert offer["item"]["enqueued_ms"] == matter["item"]["enqueued_ms"]
    assert centre.matter(matter["reference"])["queue"] == "over.second"
    assert centre.steps(matter["reference"])[-1].startswith("work_item.moved")


def test_a_call_that_nobody_can_take_is_told_that_we_call_back_and_hanging_up_keeps_it(
    centre: Centre, exchange: Exchange
):
    reference = centre.ring("lonely-1", "+4930100", "+493099100")
    order = exchange.order("divert", "lonely-1")
    assert (order["outcome"], order["reference"], exchange.forged) == ("callback", reference, 0)
    assert centre.call_event("ended", "lonely-1", "+493099100", to="+4930100").status_code == 200
    until(lambda: centre.matter(reference)["contact"] == "over")
    item = centre.item(reference)
    assert (item["state"], item["outcome"]) == ("queued", "callback")
    centre.available("lone")
    centre.accept("lone", reference)
    assert centre.item(reference)["state"] == "assigned"  # nobody is rung: the caller has hung up
    assert [one for one in exchange.orders if one["call_id"] == "lonely-1"] == [order]


# ---- two phases
def test_an_accepted_call_is_connecting_until_it_is_answered(centre: Centre, exchange: Exchange):
    centre.available("carl")
    reference = centre.ring("two-1", "+4930000", "+493099201")
    item = centre.accept("carl", reference)
    assert centre.item(reference)["state"] == "connecting"
    assert exchange.order("connect", "two-1")["operator_id"] == "carl"
    assert centre.act("carl", item, "snooze", until_ms=int(time.time() * 1000) + 60_000)[0] == 409
    assert centre.call_event("answered", "two-1", "+493099201", operator="carl").status_code == 200
    centre.becomes(reference, lambda one: one["state"] == "assigned", "it is not assigned")
    assert centre.call_event("ended", "two-1", "+493099201").status_code == 200
    centre.becomes(reference, lambda one: one["state"] == "wrap_up", "it is not written up")
    centre.complete("carl", item)
    centre.away("carl")


def test_a_call_that_could_not_be_connected_goes_to_the_next_operator_without_blame(centre: Centre, exchange: Exchange):
    centre.available("carl")
    reference = centre.ring("two-2", "+4930000", "+493099202")
    centre.accept("carl", reference)
    exchange.order("connect", "two-2", "carl")
    centre.available("cora")
    sent = centre.call_event("not_connected", "two-2", "+493099202", operator="carl", reason="busy")
    assert sent.status_code == 200
    item = centre.accept("cora", reference)
    exchange.order("connect", "two-2", "cora")
    assert centre.me("carl")["presence"] == "available"
    assert centre.outcomes(reference) == [("Carl", "accepted"), ("Cora", "accepted")]
    assert "work_item.connect_failed" in centre.steps(reference)
    notices = centre.call("carl", "GET", "/desk")["notices"]
    assert [one["kind"] for one in notices if one["reference"] == reference] == ["connect_failed"]
    assert centre.call_event("answered", "two-2", "+493099202", operator="cora").status_code == 200
    assert centre.call_event("ended", "two-2", "+493099202").status_code == 200
    centre.becomes(reference, lambda one: one["state"] == "wrap_up", "it is not written up")
    centre.complete("cora", item)
    centre.away("carl", "cora")


def test_a_call_whose_order_is_refused_goes_to_the_next_operator_at_once(centre: Centre, exchange: Exchange):
    exchange.unknown.add(("two-5", "carl"))
    centre.available("carl")
    reference = centre.ring("two-5", "+4930000", "+493099205")
    offer = centre.offer("carl", reference)
    centre.available("cora")
    centre.accept("carl", reference)
    taken = centre.offer("cora", reference)
    assert taken["offered_ms"] - offer["offered_ms"] < 2000  # before its time to connect is over
    assert centre.me("carl")["presence"] == "available"
    assert [one["operator_id"] for one in exchange.orders if one["call_id"] == "two-5"] == ["carl"]
    assert centre.call_event("abandoned", "two-5", "+493099205").status_code == 200
    until(lambda: centre.matter(reference)["stage"] == "done")
    centre.away("carl", "cora")


def test_a_telephone_system_that_says_nothing_loses_the_call_to_the_next_one_at_connect(
    centre: Centre, exchange: Exchange
):
    centre.available("carl")
    reference = centre.ring("two-3", "+4930000", "+493099203")
    accepted = centre.accept("carl", reference)
    due_ms = centre.item(reference)["connect_due_ms"]
    exchange.order("connect", "two-3")
    centre.available("cora")
    offer = centre.offer("cora", reference)
    assert 0 <= offer["offered_ms"] - due_ms < 1000
    assert offer["item"]["work_item_id"] == accepted
    assert centre.me("carl")["load_units"] == 0
    assert centre.call_event("abandoned", "two-3", "+493099203").status_code == 200
    until(lambda: centre.matter(reference)["stage"] == "done")
    assert centre.outcomes(reference)[1] == ("Cora", "revoked")
    centre.away("carl", "cora")


# ---- the lease
def test_a_cut_line_is_forgiven_within_the_lease_and_then_chats_and_calls_are_lost_but_not_letters(
    centre: Centre, exchange: Exchange
):
    with centre.screen("lea") as screen, centre.visitor() as visitor:
        centre.available("lea")
        screen.desk(lambda desk: desk["me"]["connected"] and desk["me"]["presence"] == "available")
        letter = centre.write("lease.general", "stays-with-lea")["reference"]
        centre.accept("lea", letter)
        visitor.write("m1", "lease-chat")
        chat = until(lambda: centre.found("lease-chat"))[0]["reference"]
        centre.accept("lea", chat)
        call = centre.ring("lease-1", "+4930200", "+493099301")
        centre.accept("lea", call)
        assert centre.call_event("answered", "lease-1", "+493099301", to="+4930200").status_code == 200
        centre.becomes(call, lambda one: one["state"] == "assigned", "it is not connected")

        screen.cut()
        lost_ms = until(lambda: centre.me("lea")["lease_until_ms"], "nobody has noticed")
        with centre.screen("lea") as again:
            again.desk(lambda desk: not desk["me"]["lease_until_ms"])
            until(lambda: time.time() * 1000 > lost_ms + 200, "time stands still")
            assert {centre.item(one)["owner"] for one in (letter, chat, call)} == {"Lea"}
            assert centre.me("lea")["presence"] == "available"
            again.cut()
        due_ms = until(lambda: centre.me("lea")["lease_until_ms"])
        assert due_ms > lost_ms
        for reference in (chat, call):
            centre.becomes(reference, lambda one: one["state"] == "queued", "the lease has not ended")
        me = centre.me("lea")
        assert (me["presence"], me["reason"], me["lease_until_ms"]) == ("offline", "connection_lost", 0)
        assert centre.item(letter)["owner"] == "Lea"
        assert time.time() * 1000 >= due_ms
        centre.available("lea")
        centre.accept("lea", call)  # the caller is still there, and is connected anew
        assert centre.item(call)["state"] == "connecting"
        centre.accept("lea", chat)
        assert "lease_lost" in {one["kind"] for one in centre.call("lea", "GET", "/desk")["notices"]}


def test_a_desk_that_closes_while_its_call_connects_loses_it_and_who_picks_up_later_changes_nothing(
    centre: Centre, exchange: Exchange
):
    with centre.screen("carl") as screen:
        screen.desk(lambda desk: desk["me"]["connected"])
        centre.available("carl")
        reference = centre.ring("two-4", "+4930000", "+493099204")
        item = centre.accept("carl", reference)
        exchange.order("connect", "two-4")
        for what in ("release", "end-contact", "pull"):
            assert centre.act("carl", item, what)[0] == 409
        screen.cut()
    centre.becomes(reference, lambda one: one["state"] == "queued", "it still connects")
    centre.available("cora")
    offer = centre.offer("cora", reference)
    assert centre.call_event("answered", "two-4", "+493099204", operator="nobody-of-ours").status_code == 200
    until(lambda: centre.matter(reference)["contact"] == "connected")
    assert centre.item(reference)["owner"] == "Cora"  # somebody picked up, and it was offered to cora
    assert centre.act("cora", offer["item"]["work_item_id"], "pull")[0] == 409
    until(lambda: centre.me("carl")["presence"] == "offline")
    assert centre.me("carl")["load_units"] == 0
    assert centre.call_event("ended", "two-4", "+493099204").status_code == 200
    centre.becomes(reference, lambda one: one["state"] == "wrap_up", "it is not written up")
    centre.complete("cora", item)
    centre.away("cora")


def test_presence_by_channel_takes_offers_of_that_channel_back_and_no_others(centre: Centre):
    with centre.visitor(instance="shop") as visitor:
        centre.available("cho")
        letter = centre.write("chat.general", "by-letter")["reference"]
        visitor.write("m1", "by-chat")
        chat = until(lambda: centre.found("by-chat"))[0]["reference"]
        stays, goes = centre.offer("cho", letter), centre.offer("cho", chat)
        centre.call("cho", "PUT", "/presence", {"presence": "away", "channel": "shop"})
        assert [one["offer_id"] for one in centre.offers("cho")] == [stays["offer_id"]]
        assert centre.status("cho", "POST", f"/offers/{goes['offer_id']}/accept") == 409
        status, answer = centre.act("cho", goes["item"]["work_item_id"], "pull")
        assert (status, "channel_presence" in answer["detail"]) == (409, True)
        assert centre.explanation(chat, "cho")["about"]["reasons"] == ["channel_presence"]
        centre.away("cho")
        assert centre.offers("cho") == []
        centre.available("cho")  # in all; not for the chat
        centre.offer("cho", letter)
        assert centre.item(chat)["state"] == "queued"
        centre.call("cho", "PUT", "/presence", {"presence": "available", "channel": "shop"})
        for reference in (letter, chat):
            centre.complete("cho", centre.accept("cho", reference))
    assert centre.me("cho")["load_units"] == centre.me("cho")["offered_units"] == 0
    centre.away("cho")


# ---- by hand
def test_work_is_pulled_forced_and_moved_by_hand_by_whoever_may(centre: Centre):
    centre.available("sue")
    first = centre.write("hand.general", "by-hand-1")["item"]["work_item_id"]
    second = centre.write("hand.general", "by-hand-2")
    item, reference = second["item"]["work_item_id"], second["reference"]
    status, answer = centre.act("hal", item, "pull")
    assert (status, answer["code"]) == (409, "conflict")
    assert "presence:offline" in answer["detail"]
    assert centre.act("hugo", item, "pull")[0] == 409  # available or not, without hands
    assert centre.act("eva", item, "pull")[0] == 404  # nothing that another department knows of
    assert centre.act("hal", item, "force", operator="hal")[0] == 403
    assert centre.act("sid", item, "force", operator="hal")[0] == 404
    assert centre.act("sue", item, "force", operator="nobody")[0] in {404, 422}
    assert centre.act("root", item, "pull")[0] == 403
    assert centre.item(reference)["state"] == "queued"

    centre.available("hub")  # room for one
    centre.accept("hub", until(lambda: centre.offers("hub"))[0]["item"]["reference"])
    assert centre.item(reference)["state"] == "queued"
    status, answer = centre.act("sue", item, "force", operator="hub")
    assert (status, "capacity" in answer["detail"]) == (409, True)
    assert centre.act("sue", first, "reassign", operator="hal")[0] == 409  # who is offline
    centre.away("hub")
    centre.available("hal")
    assert centre.act("sue", item, "force", operator="hal")[0] == 200
    assert centre.item(reference)["owner"] == "Hal"
    assert centre.act("sue", item, "force", operator="hal")[0] == 409
    assert centre.act("hal", item, "reassign", operator="hub")[0] == 403
    assert centre.act("sue", item, "reassign", operator="hub")[0] == 409  # who is away, and full
    assert centre.act("sue", first, "reassign", operator="hal")[0] == 200
    assert centre.me("hub")["item_count"] == 0
    assert {"work_item.forced"} <= set(centre.steps(reference))
    for one in (first, item):
        centre.complete("hal", one)
    centre.away("hal", "sue")


def test_a_held_letter_is_put_aside_pulled_back_and_put_into_another_queue(centre: Centre, sink: Sink):
    centre.available("hal")
    reference = centre.write("hand.general", "aside")["reference"]
    item = centre.accept("hal", reference)
    centre.answer("hal", reference)
    (sent,) = until(lambda: [one for one in sink.letters if one.rcpt_tos == ["aside@customer.example"]])
    ours = email.message_from_bytes(sent.original_content)["Message-ID"]
    later_ms = int(time.time() * 1000) + 3_600_000
    assert centre.act("hub", item, "snooze", until_ms=later_ms)[0] == 403
    assert centre.act("hal", item, "snooze", until_ms=1)[0] == 422
    assert centre.act("hal", item, "snooze", until_ms=later_ms)[0] == 200
    assert centre.me("hal")["load_units"] == 0
    (parked,) = centre.call("hal", "GET", "/desk")["parked"]
    assert (parked["state"], parked["parked_until_ms"], parked["parked_by"]) == ("parked", later_ms, "Hal")
    assert centre.act("hal", item, "pull")[0] == 200
    assert centre.act("hal", item, "snooze", until_ms=later_ms)[0] == 200
    centre.mail("Re: aside", "It is urgent.", From="aside@customer.example", Message_ID="<urgent@x>", In_Reply_To=ours)
    centre.accept("hal", reference)  # the customer has written: it is back, for hal
    assert centre.act("hub", item, "requeue", queue="hand.other")[0] == 403
    assert centre.act("hal", item, "requeue", queue="hand.nothing")[0] == 422
    assert centre.act("hal", item, "requeue", queue="hand.other", reason="not mine")[0] == 200
    found = centre.matter(reference, "hal")
    assert (found["queue"], found["item"]["queue"]) == ("hand.other", "hand.other")
    assert {"work_item.snoozed", "work_item.woken.taken", "work_item.woken.message"} <= set(centre.steps(reference))
    centre.away("hal")


def test_a_snooze_ends_at_its_moment_for_who_put_it_aside(centre: Centre):
    centre.available("hal")
    matter = centre.write("hand.general", "until-soon")
    item = centre.accept("hal", matter["reference"])
    due_ms = int(time.time() * 1000) + 1500
    assert centre.act("hal", item, "snooze", until_ms=due_ms)[0] == 200
    offer = centre.offer("hal", matter["reference"])
    assert 0 <= offer["offered_ms"] - due_ms < 1000
    assert offer["item"]["enqueued_ms"] == matter["item"]["enqueued_ms"]
    centre.accept("hal", matter["reference"])
    centre.complete("hal", item)
    centre.away("hal")


# ---- why
def explain(centre: Centre, reference: str, *more: str) -> str:
    """What the command says."""
    done = subprocess.run(
        [PROGRAM, "explain", reference, "--url", f"{centre.url}/", "--login", "root", *more],
        env={**os.environ, "OMNIROUTE_PASSWORD": PASSWORD},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_whoever_asks_is_told_why_this_one_why_not_that_one_and_why_it_waits(centre: Centre):
    centre.available("edd", "eva", "eli")
    reference = centre.write("explain.general", "why-me")["reference"]
    centre.offer("eva", reference)  # the most skilled, though edd has been idle for longer
    (decision,) = centre.explanation(reference)["decisions"]
    assert (decision["policy"], decision["chosen"]) == ("most_skilled", "Eva")
    assert [one["operator"] for one in decision["candidates"]] == ["Eva", "Edd"]
    assert decision["excluded"]["skill:trade>=2"] == 1
    (about,) = centre.explanation(reference, "Edd", "edd")["about"]["decisions"]
    assert about["place"] == 2
    said = explain(centre, reference, "--operator", "edd")
    assert "offered to Eva  (most skilled; live)" in said
    assert "about Edd:" in said
    assert "place 2, skill 3, Eva 9" in said
    assert "without trade>=2" in explain(centre, reference, "--operator", "Eli")
    centre.away("eva", "edd")
    said = explain(centre, reference, "--operator", "eli")
    assert "still waits: " in said
    assert "2 away" in said
    assert "requirement trade falls away in" in said
    assert "now: without trade>=2" in said
    assert "now: away" in explain(centre, reference, "--operator", "eva")
    assert centre.status("eva", "GET", f"/conversations/{reference}/explanation?operator=rita") == 422
    assert centre.status("rita", "GET", f"/conversations/{reference}/explanation") == 404


def test_a_policy_of_a_stranger_that_raises_is_named_everywhere_and_the_work_is_served(centre: Centre):
    def failures() -> float:
        with httpx2.Client(timeout=LIMIT_S) as client:
            text = client.get(f"{centre.url}/metrics").text
        mark = 'omniroute_policy_failures_total{policy="clumsy"} '
        return float(next(line for line in text.splitlines() if line.startswith(mark)).removeprefix(mark))

    assert failures() == 0
    centre.available("paul", "pia")
    reference = centre.write("plug.general", "clumsily")["reference"]
    centre.accept("paul", reference)  # idle for longest
    assert failures() == 1
    (decision,) = centre.explanation(reference)["decisions"]
    assert decision["failed_policy"] == "clumsy"
    assert "The policy clumsy failed; the default decided." in explain(centre, reference)
    until(lambda: [line for line in centre.lines if "clumsy" in line and "policy" in line], "the log says nothing")
    assert "canary" not in centre.said


# ---- what holds of queues and channels
def test_auto_accept_gives_at_once_and_unanswered_work_goes_to_the_next(centre: Centre):
    centre.available("abe")
    reference = centre.write("auto.general", "by-itself")["reference"]
    taken = centre.becomes(reference, lambda one: one["owner"] == "Abe", "abe does not have it")
    assert taken["state"] == "assigned"
    centre.available("amy")
    given = centre.becomes(reference, lambda one: one["owner"] == "Amy", "amy does not have it")
    assert 1000 <= given["assigned_ms"] - taken["assigned_ms"] < 2000
    centre.answer("amy", reference)
    assert centre.outcomes(reference) == [("Abe", "accepted"), ("Amy", "accepted")]


def test_a_customer_comes_back_to_who_knows_them(centre: Centre):
    centre.available("sam")
    reference = centre.write("sticky.general", "again-1", From="Vera <vera@customer.example>")["reference"]
    centre.complete("sam", centre.accept("sam", reference))
    centre.available("sol")
    busy = centre.write("sticky.general", "meanwhile", From="Ugo <ugo@customer.example>")["reference"]
    centre.offer("sam", busy)  # idle for longer than sol, and then full
    again = centre.write("sticky.general", "again-2", From="Vera <vera@customer.example>")["reference"]
    (waiting,) = centre.explanation(again)["waiting"]
    assert waiting["held_for"] == "Sam"
    assert "kept for Sam for" in centre.explanation(again)["waiting_reason"]
    assert centre.offers("sol") == []
    centre.away("sam")  # who goes keeps nothing for themselves
    centre.offer("sol", again)
    centre.away("sol")


def test_silent_chats_give_their_capacity_back_and_nobody_gets_more_than_max_items(centre: Centre):
    centre.available("cho")
    with (
        centre.visitor(instance="shop") as one,
        centre.visitor(instance="shop") as two,
        centre.visitor(instance="shop") as three,
    ):
        references = []
        for number, page in enumerate((one, two, three)):
            page.write("m1", f"silent-chat-{number}")
            found = until(lambda number=number: centre.found(f"silent-chat-{number}"))
            references.append(found[0]["reference"])
        for reference in references[:2]:
            centre.accept("cho", reference)
        assert "channel_max" in centre.explanation(references[2], "cho")["about"]["reasons"]
        centre.answer("cho", references[0])
        centre.accept("cho", references[2])  # a second after the answer
        assert centre.item(references[0])["idle"]
        one.write("m2", "here-again")
        centre.becomes(references[0], lambda item: not item["idle"], "the customer is not back")
        assert centre.me("cho")["load_units"] == 6  # beyond the capacity
        for reference in references:
            centre.complete("cho", centre.item(reference)["work_item_id"])
    centre.away("cho")


def test_a_call_comes_over_a_letter_and_holds_back_the_next_letter(centre: Centre, exchange: Exchange):
    centre.available("bea")
    first = centre.write("busy.general", "under-the-call")["reference"]
    centre.accept("bea", first)
    call = centre.ring("busy-1", "+4930300", "+493099401")
    item = centre.accept("bea", call)
    exchange.order("connect", "busy-1")
    assert centre.call_event("answered", "busy-1", "+493099401", to="+4930300").status_code == 200
    centre.becomes(call, lambda one: one["state"] == "assigned", "it is not connected")
    second = centre.write("busy.general", "held-back")["reference"]
    assert centre.explanation(second, "bea")["about"]["reasons"] == ["capacity"]
    assert centre.call_event("ended", "busy-1", "+493099401", to="+4930300").status_code == 200
    centre.becomes(call, lambda one: one["state"] == "wrap_up", "it is not over")
    centre.complete("bea", item)
    centre.offer("bea", second)


# ---- kill -9
def test_after_kill_9_everything_is_where_it_was_and_what_fell_due_takes_effect(tmp_path: Path, exchange: Exchange):
    plugins = install_clumsy_policy(tmp_path / "site")
    staff = ("hal", "hub", "ida", "sam", "rita", "sho")
    with Centre(tmp_path, exchange, plugins=plugins, staff=staff, lease="10s") as centre:
        # what stays: a step of relaxation, a snooze, an offer, a reservation
        patient = centre.write("relax.patient", "patiently")["reference"]
        centre.available("hal", "ida", "sam")
        aside = centre.write("hand.general", "aside")["reference"]
        later_ms = int(time.time() * 1000) + 3_600_000
        assert centre.act("hal", centre.accept("hal", aside), "snooze", until_ms=later_ms)[0] == 200
        live = centre.write("intake.general", "live-offer")["reference"]
        offered = centre.offer("ida", live)
        known = centre.write("sticky.general", "kept-1", From="Vera <vera@customer.example>")["reference"]
        centre.complete("sam", centre.accept("sam", known))
        centre.accept("sam", centre.write("sticky.general", "meanwhile", From="u@customer.example")["reference"])
        kept = centre.write("sticky.general", "kept-2", From="Vera <vera@customer.example>")["reference"]
        # what falls due: a step of relaxation, a snooze, an offer; and a lease that runs
        centre.available("rita", "sho")
        with centre.screen("rita") as open_one, centre.screen("hub") as screen:
            open_one.desk(lambda desk: desk["me"]["connected"])
            screen.desk(lambda desk: desk["me"]["connected"])
            screen.cut()
            until(lambda: centre.me("hub")["lease_until_ms"])
            soon = centre.write("hand.general", "back-soon")["reference"]
            soon_ms = int(time.time() * 1000) + 2000
            assert centre.act("hal", centre.accept("hal", soon), "snooze", until_ms=soon_ms)[0] == 200
            relaxing = centre.write("relax.general", "relaxing")
            short = centre.write("short.general", "short-offer")["reference"]
            overdue = centre.offer("sho", short)
            assert centre.item(relaxing["reference"])["state"] == "queued"
            before = {one: centre.explanation(one)["waiting"] for one in (patient, kept)}
            assert before[kept][0]["held_for"] == "Sam"
            assert before[patient][0]["next_step"]["at_ms"] > later_ms - 60_000
            centre.kill()
        due_ms = max(overdue["deadline_ms"], soon_ms, relaxing["item"]["enqueued_ms"] + 3000)
        until(lambda: time.time() * 1000 > due_ms + 100, "time stands still")
        started_ms = int(time.time() * 1000)
        centre.start()

        assert {one: centre.explanation(one)["waiting"] for one in (patient, kept)} == before
        assert (centre.item(aside)["state"], centre.item(aside)["parked_until_ms"]) == ("parked", later_ms)
        again = centre.offer("ida", live)
        assert (again["offer_id"], again["deadline_ms"]) == (offered["offer_id"], offered["deadline_ms"])
        for login in ("hub", "rita"):  # who had no line and who had one: both have the whole time
            assert centre.me(login)["lease_until_ms"] >= started_ms + 10_000

        back = centre.offer("hal", soon)
        wide = centre.offer("rita", relaxing["reference"])
        assert min(back["offered_ms"], wide["offered_ms"]) >= started_ms
        second = centre.offer("sho", short)  # at once, though the back-off of the queue is an hour: nobody is to blame
        assert second["offer_id"] != overdue["offer_id"]
        assert centre.outcomes(short) == [("Sho", "revoked"), ("Sho", "live")]
        sho = centre.me("sho")
        assert (sho["presence"], sho["offered_units"]) == ("available", 1)
        entries = centre.matter(short)["entries"]
        assert [one for one in entries if one["detail"] == "offer.revoked" and "outage" in one["text"]], entries
        assert centre.act("ida", again["item"]["work_item_id"], "pull")[0] == 200
