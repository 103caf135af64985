"""The work of a day through the API: offers, answers, notes, transfers, the end; and what the thread shows of it."""

from __future__ import annotations

import json

import anyio
import anyio.lowlevel
import msgspec
from tests.api.rig import COMPANY, OFFER_MS, PHONE, QUEUE, Office, office
from tests.engine.rig import turns, until

from omniroute.api.screens import Screens
from omniroute.channels.contract import RawInput
from omniroute.channels.email.mailbox import LocalMailbox
from omniroute.core import events as e
from omniroute.core.classes import class_of


def kinds(view) -> list[str]:
    return [entry["kind"] for entry in view["entries"] if entry["kind"] != "system"]


async def test_from_a_letter_to_its_answer_and_the_end():
    mailbox = LocalMailbox()
    async with anyio.create_task_group() as group:
        started = anyio.Event()
        group.start_soon(mailbox.serve, started.set)
        await started.wait()
        relay = {"relay_host": "127.0.0.1", "relay_port": mailbox.port, "relay_tls": "none"}
        mail = COMPANY["channels"]["mail"]
        channels = {**COMPANY["channels"], "mail": {**mail, "options": mail["options"] | relay}}
        async with office({**COMPANY, "channels": channels}) as one:
            await work(one, mailbox)
        group.cancel_scope.cancel()


async def work(one: Office, mailbox: LocalMailbox) -> None:
    await one.available("ann")
    await one.mail("Lamp", "It flickers.")
    desk = await one.desk("ann")
    (offer,) = desk["offers"]
    assert offer["deadline_ms"] - desk["now_ms"] == OFFER_MS
    assert offer["item"]["clock"]["state"] == "running"
    assert offer["why"]
    reference = offer["item"]["reference"]
    view = await one.right("ann", "GET", f"/conversations/{reference}")
    assert view["actions"] == ["note", "accept", "decline"]
    await one.right("ann", "POST", f"/offers/{offer['offer_id']}/accept")
    view = await one.right("ann", "GET", f"/conversations/{reference}")
    assert (view["stage"], view["owner"]) == ("in_progress", "Ann")
    basic = {"note", "complete", "transfer", "reply", "release", "snooze", "requeue"}
    assert set(view["actions"]) == basic | {"stage", "fields"}
    await one.right("ann", "POST", f"/conversations/{reference}/replies", {"text": "Turn it off and on."})
    await one.right("ann", "POST", f"/conversations/{reference}/notes", {"text": "a tired customer"})
    with anyio.fail_after(10):
        await mailbox.wait_count(0)
        while not one.events(e.DeliverySucceeded):
            await anyio.lowlevel.checkpoint()
    (letter,) = mailbox.messages
    assert letter.to == "kim@example.org"
    assert letter.in_reply_to.strip("<>") == "1@example.org"
    assert b"tired" not in letter.raw
    view = await one.right("ann", "GET", f"/conversations/{reference}")
    assert kinds(view) == ["message", "reply", "note"]
    assert view["entries"][-2]["delivery"] == "delivered" or "delivered" in str(view["entries"])
    assert view["clock"]["state"] == "met"
    item = view["item"]["work_item_id"]
    await one.right("ann", "POST", f"/work-items/{item}/complete", {"disposition": "solved", "note": "all well"})
    view = await one.right("ann", "GET", f"/conversations/{reference}")
    assert (view["stage"], view["disposition"], view["item"], view["actions"]) == ("done", "solved", None, [])
    assert kinds(view) == ["message", "reply", "note", "note"]
    desk = await one.desk("ann")
    assert (desk["mine"], desk["me"]["load_units"]) == ([], 0)


async def test_an_offer_that_ran_out_cannot_be_accepted_and_goes_to_somebody_else():
    async with office() as one:
        await one.available("ann")
        await one.mail()
        (offer,) = (await one.desk("ann"))["offers"]
        await one.available("bob")
        await one.wait(OFFER_MS)
        answer = await one.call("ann", "POST", f"/offers/{offer['offer_id']}/accept")
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        desk = await one.desk("ann")
        assert desk["offers"] == []
        assert [notice["kind"] for notice in desk["notices"]] == ["offer_expired"]
        (again,) = (await one.desk("bob"))["offers"]
        assert again["item"]["work_item_id"] == offer["item"]["work_item_id"]


async def test_accepting_twice_or_somebody_elses_offer_is_a_conflict():
    async with office() as one:
        await one.available("ann")
        await one.mail()
        (offer,) = (await one.desk("ann"))["offers"]
        path = f"/offers/{offer['offer_id']}/accept"
        answers = [(await one.call(who, "POST", path)).status_code for who in ("bob", "ann", "ann", "bob")]
        assert answers == [409, 200, 409, 409]


async def test_who_declines_is_not_asked_again_and_the_next_is():
    async with office() as one:
        await one.available("ann")
        await one.mail()
        (offer,) = (await one.desk("ann"))["offers"]
        await one.right("ann", "POST", f"/offers/{offer['offer_id']}/decline", {"reason": "no idea"})
        assert (await one.desk("ann"))["offers"] == []
        (waiting,) = (await one.desk("ann"))["waiting"]
        assert waiting["waiting_reason"]
        await one.available("bob")
        assert len((await one.desk("bob"))["offers"]) == 1


async def test_who_is_away_gets_nothing_and_loses_what_was_offered():
    async with office() as one:
        await one.available("ann")
        await one.mail()
        await one.right("ann", "PUT", "/presence", {"presence": "away", "reason": "lunch"})
        await one.mail("Another", sender="lou@example.org")
        desk = await one.desk("ann")
        assert (desk["offers"], desk["waiting_count"]) == ([], 2)
        assert (desk["me"]["presence"], desk["me"]["reason"]) == ("away", "lunch")
        assert [notice["kind"] for notice in desk["notices"]] == ["offer_revoked"]


async def test_a_transfer_releases_the_sender_only_on_acceptance():
    async with office() as one:
        reference, item = await one.matter_of("ann")
        await one.right(
            "ann", "POST", f"/work-items/{item}/transfer", {"department": "sales", "note": "wants a refund"}
        )
        desk = await one.desk("ann")
        (mine,) = desk["mine"]
        assert mine["handoff"]["to_department"] == "Sales"
        assert (await one.call("ann", "POST", f"/work-items/{item}/release", {})).status_code == 409
        await one.available("cem")
        (offer,) = (await one.desk("cem"))["offers"]
        assert (offer["handoff_from"], offer["handoff_note"]) == ("Ann", "wants a refund")
        await one.right("cem", "POST", f"/offers/{offer['offer_id']}/accept")
        assert (await one.desk("ann"))["mine"] == []
        (now,) = (await one.desk("cem"))["mine"]
        assert (now["reference"], now["department"]) == (reference, "Sales")
        answer = await one.call("ann", "POST", f"/conversations/{reference}/replies", {"text": "hello"})
        assert answer.status_code == 403  # no longer hers
        view = await one.right("cem", "GET", f"/conversations/{reference}")
        assert kinds(view) == ["message"]


async def test_a_transfer_can_be_taken_back_and_comes_back_by_itself():
    async with office() as one:
        _, item = await one.matter_of("ann")
        transfer = f"/work-items/{item}/transfer"
        await one.right("ann", "POST", transfer, {"department": "sales"})
        (mine,) = (await one.desk("ann"))["mine"]
        await one.right("ann", "POST", f"/handoffs/{mine['handoff']['handoff_id']}/cancel")
        await one.right("ann", "POST", transfer, {"department": "sales"})
        (mine,) = (await one.desk("ann"))["mine"]
        await one.wait(mine["handoff"]["deadline_ms"] - one.clock.now_ms())
        desk = await one.desk("ann")
        assert desk["mine"][0]["handoff"] is None
        assert "handoff_returned" in [notice["kind"] for notice in desk["notices"]]


async def test_a_supervisor_may_finish_work_in_its_owners_name_and_a_foreign_one_not():
    async with office() as one:
        reference, item = await one.matter_of("ann")
        path = f"/work-items/{item}/complete"
        assert (await one.call("dan", "POST", path, {"disposition": "spam"})).status_code == 404
        await one.right("sue", "POST", path, {"disposition": "spam", "note": "an advertisement"})
        view = await one.right("ann", "GET", f"/conversations/{reference}")
        assert view["disposition"] == "spam"
        assert view["entries"][-1] is not None


async def test_a_call_is_connected_ended_and_written_up():
    async with office({**COMPANY, "channels": {**COMPANY["channels"], "phone": PHONE}}) as one:
        await one.available("ann")

        async def event(kind: str) -> None:
            facts = {"event_id": kind, "call_id": "c1", "type": kind, "from": "+493012345", "to": "+4930", "at_ms": 1}
            raw = RawInput(instance="phone", account="+4930", received_ms=1, data=msgspec.json.encode(facts))
            raw_id = await one.engine.intake.receive(raw)
            await until(lambda: raw_id not in one.state.pending_raws)

        await event("offered")
        (offer,) = (await one.desk("ann"))["offers"]
        assert offer["item"]["icon"] == "phone"
        await one.right("ann", "POST", f"/offers/{offer['offer_id']}/accept")
        await event("answered")
        reference, item = offer["item"]["reference"], offer["item"]["work_item_id"]
        view = await one.right("ann", "GET", f"/conversations/{reference}")
        assert view["contact"] == "connected"
        assert "reply" not in view["actions"]
        assert "end_contact" in view["actions"]
        assert (await one.call("ann", "POST", f"/work-items/{item}/release", {})).status_code == 409
        await one.right("ann", "POST", f"/work-items/{item}/end-contact")
        (mine,) = (await one.desk("ann"))["mine"]
        assert (mine["state"], mine["contact"]) == ("wrap_up", "over")
        await one.mail(sender="lou@example.org")
        assert (await one.desk("ann"))["offers"] == []  # nobody is disturbed while writing up
        await one.right("ann", "POST", f"/work-items/{item}/complete", {"disposition": "solved"})
        assert len((await one.desk("ann"))["offers"]) == 1
        await turns()


async def test_writing_up_can_be_given_more_time_three_times():
    async with office() as one:
        reference, item = await one.matter_of("ann")
        path = f"/work-items/{item}/extend-wrap-up"

        async def actions(who: str = "ann") -> list[str]:
            return (await one.right(who, "GET", f"/conversations/{reference}"))["actions"]

        assert "extend_wrap_up" not in await actions()
        assert (await one.call("ann", "POST", path)).status_code == 409
        await one.right("ann", "POST", f"/work-items/{item}/end-contact")
        (mine,) = (await one.desk("ann"))["mine"]
        for who in ("ann", "sue", "ann"):
            assert "extend_wrap_up" in await actions()
            assert "extend_wrap_up" not in await actions("sue")
            await one.right(who, "POST", path)
        assert "extend_wrap_up" not in await actions()
        assert (await one.call("ann", "POST", path)).status_code == 409
        (extended,) = (await one.desk("ann"))["mine"]
        assert extended["wrap_up_due_ms"] == mine["wrap_up_due_ms"] + 3 * 120_000
        view = await one.right("ann", "GET", f"/conversations/{reference}")
        lines = [entry["text"] for entry in view["entries"] if entry["detail"] == "work_item.wrap_up_extended"]
        assert lines == [f"{who} extended the time for writing up" for who in ("Ann", "Sue", "Ann")]


async def test_a_queue_without_wrap_up_closes_the_work_when_the_contact_is_over():
    queue = {**QUEUE, "wrap_up": "0s", "wrap_up_mode": "none"}
    support = {**COMPANY["departments"]["support"], "queues": {"general": queue}}
    async with office({**COMPANY, "departments": {**COMPANY["departments"], "support": support}}) as one:
        reference, item = await one.matter_of("ann")
        await one.right("ann", "POST", f"/conversations/{reference}/replies", {"text": "Turn it off and on."})
        await one.right("ann", "POST", f"/work-items/{item}/end-contact")
        await one.wait(0)
        assert (await one.desk("ann"))["mine"] == []
        assert (await one.right("ann", "GET", f"/conversations/{reference}"))["stage"] == "done"


async def test_a_call_cannot_be_answered_in_writing():
    async with office({**COMPANY, "channels": {**COMPANY["channels"], "phone": PHONE}}) as one:
        reference = (await one.right("ann", "POST", "/conversations", {"name": "Lou", "text": "hello"}))["reference"]
        answer = await one.call("ann", "POST", f"/conversations/{reference}/replies", {"text": "hello"})
        assert answer.status_code == 409


# ---- what was said
async def test_attachments_are_always_downloaded():
    async with office() as one:
        reference, _ = await one.matter_of("ann")
        view = await one.right("ann", "GET", f"/conversations/{reference}")
        (message,) = [entry for entry in view["entries"] if entry["kind"] == "message"]
        (attachment,) = message["attachments"]
        answer = await one.call("ann", "GET", attachment["url"].removeprefix("/api/v1"))
        assert answer.content == b"<script>steal()</script>"
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        disposition = answer.headers["content-disposition"]
        assert disposition.startswith("attachment; ")
        assert "/" not in disposition.partition("filename*")[0]
        assert "\r" not in disposition
        for wrong in ("1/1", "2/0", "99/0"):
            path = f"/conversations/{reference}/attachments/{wrong}"
            assert (await one.call("ann", "GET", path)).status_code == 404


async def test_attachments_of_another_matter_cannot_be_reached_through_ones_own():
    async with office() as one:
        await one.matter_of("ann", "first", "lou@example.org")
        reference, _ = await one.matter_of("ann", "second")
        assert (await one.call("ann", "GET", f"/conversations/{reference}/attachments/1/0")).status_code == 404
        assert (await one.call("ann", "GET", f"/conversations/{reference}/html/1")).status_code == 404


async def test_the_html_of_a_mail_is_sanitized_and_sandboxed():
    async with office() as one:
        reference, _ = await one.matter_of("ann")
        answer = await one.call("ann", "GET", f"/conversations/{reference}/html/1")
        assert answer.headers["content-type"].startswith("text/html")
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy
        assert "allow-scripts" not in policy
        assert "It flickers." in answer.text
        for wrong in ("script", "onclick", "steal", "tracker.example"):
            assert wrong not in answer.text


async def test_quarantined_input_is_visible_and_downloadable():
    async with office() as one:
        raw_id = await one.mail(data=b"no letter at all \xff")
        assert (await one.desk("ann"))["quarantine_count"] == 1
        (line,) = await one.right("ann", "GET", "/quarantine")
        assert (line["raw_id"], line["channel"], line["size_bytes"]) == (raw_id, "mail", 18)
        answer = await one.call("ann", "GET", line["url"].removeprefix("/api/v1"))
        assert answer.content == b"no letter at all \xff"
        assert answer.headers["content-disposition"].startswith("attachment")
        await one.mail()
        assert (
            await one.call("ann", "GET", "/quarantine/2/raw")
        ).status_code == 404  # a good letter is not for browsing


async def test_the_explanation_is_the_recorded_decision():
    async with office() as one:
        await one.available("bob")
        one.clock.advance(1000)
        await one.available("ann")
        await one.mail()
        (offer,) = (await one.desk("bob"))["offers"]
        await one.right("bob", "POST", f"/offers/{offer['offer_id']}/decline", {"reason": "busy"})
        reference = offer["item"]["reference"]
        view = await one.right("sue", "GET", f"/conversations/{reference}/explanation")
        assert [(one["chosen"], one["outcome"]) for one in view["decisions"]] == [("Bob", "declined"), ("Ann", "live")]
        first = view["decisions"][0]
        assert first["policy"] == "longest_idle"
        assert [candidate["operator"] for candidate in first["candidates"]] == ["Bob", "Ann"]
        assert first["excluded"]
        assert "Bob" in first["sentence"]


async def test_a_dead_letter_is_seen_by_supervisors():
    async with office() as one:
        reference, _ = await one.matter_of("ann")
        await one.right("ann", "POST", f"/conversations/{reference}/replies", {"text": "hello"})
        for _ in range(40):
            with anyio.move_on_after(0.01):
                await one.wait(3_600_000)
            if one.events(e.DeliveryDied):
                break
        (dead,) = await one.right("root", "GET", "/dead-letters")
        assert (dead["reference"], dead["channel"], dead["order"]) == (reference, "mail", "reply")


async def test_unreadable_input_is_the_business_of_its_department_alone():
    mail = {**COMPANY["channels"]["mail"], "queues_by_account": {"Sales@shop.example": "sales.shop"}}
    async with office({**COMPANY, "channels": {**COMPANY["channels"], "mail": mail}}) as one:
        general = await one.mail(data=b"no letter at all \xff")
        raw = RawInput(instance="mail", account="sales@shop.example", received_ms=1, data=b"nor this \xff")
        sales = await one.engine.intake.receive(raw)
        await until(lambda: not one.state.pending_raws)
        await one.engine.writer.barrier()
        for who, numbers in {
            "ann": {general},
            "sue": {general},
            "cem": {sales},
            "fay": set(),
            "root": {general, sales},
        }.items():
            assert {line["raw_id"] for line in await one.right(who, "GET", "/quarantine")} == numbers
            for number in (general, sales):
                answer = await one.call(who, "GET", f"/quarantine/{number}/raw")
                assert answer.status_code == (200 if number in numbers else 404)
            if who != "root":
                assert (await one.desk(who))["quarantine_count"] == len(numbers)


async def test_a_call_is_not_answered_in_writing():
    async with office({**COMPANY, "channels": {**COMPANY["channels"], "phone": PHONE}}) as one:
        await one.available("ann")
        event = {"event_id": "1", "call_id": "c", "type": "offered", "from": "+493023125014", "at_ms": 1}
        raw = RawInput(instance="phone", account="", received_ms=1, data=json.dumps(event).encode())
        await one.engine.intake.receive(raw)
        await until(lambda: one.state.offers)
        (offer,) = (await one.desk("ann"))["offers"]
        await one.right("ann", "POST", f"/offers/{offer['offer_id']}/accept")
        path = f"/conversations/{offer['item']['reference']}/replies"
        assert (await one.call("ann", "POST", path, {"text": "hello"})).status_code == 409


async def test_a_reason_to_wait_is_asked_once_for_a_class(monkeypatch):
    async with office() as one:
        await one.available("ann")
        await one.right("ann", "PUT", "/presence", {"presence": "away"})
        for number in range(5):
            await one.mail(str(number), sender=f"k{number}@example.org")
        asked = []
        right = Screens.waiting_reason
        monkeypatch.setattr(Screens, "waiting_reason", lambda self, item: asked.append(item) or right(self, item))
        waiting = (await one.desk("ann"))["waiting"]
        assert len(waiting) == 5
        assert all(line["waiting_reason"] == waiting[0]["waiting_reason"] != "" for line in waiting)
        assert len(asked) == 1
        await one.available("bob")
        for offer in (await one.desk("bob"))["offers"]:
            await one.right("bob", "POST", f"/offers/{offer['offer_id']}/decline", {"reason": "busy"})
        asked.clear()
        lines = (await one.desk("ann"))["waiting"]
        classes = {class_of(one.state.items[line["work_item_id"]]) for line in lines}
        assert len(asked) == len(classes) >= 1
        assert any(item.backoff for item in asked)
