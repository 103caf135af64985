"""Handoffs through the API: the packet that travels along, parts and their answers, people, and what is refused."""

from __future__ import annotations

from tests.api.rig import Office, office

PACKET = {
    "summary": "wants a refund",
    "promises": ["an answer by Friday"],
    "tried": ["restarted it", "sent a new cable"],
}


async def hand(one: Office, item: int, who: str = "ann", **body: object) -> dict[str, object]:
    return await one.right(who, "POST", f"/work-items/{item}/transfer", {"department": "sales", **body})


async def test_the_packet_travels_with_the_offer_and_stays_with_the_matter():
    async with office() as one:
        reference, item = await one.matter_of("ann")
        view = await one.right("ann", "GET", f"/conversations/{reference}")
        assert [one["name"] for one in view["promises"]] == ["first_response"]
        await hand(one, item, kind="cold", **PACKET)
        assert (await one.desk("ann"))["me"]["load_units"] == 0
        await one.available("cem")
        (offer,) = (await one.desk("cem"))["offers"]
        assert (offer["handoff_kind"], offer["packet"]) == ("cold", PACKET)
        await one.right("cem", "POST", f"/conversations/{reference}/notes", {"text": "is it urgent?"})
        await one.right("cem", "POST", f"/offers/{offer['offer_id']}/accept")
        view = await one.right("cem", "GET", f"/conversations/{reference}")
        assert view["packet"] == PACKET
        assert [entry["author"] for entry in view["entries"] if entry["kind"] == "note"] == ["Cem"]


async def test_a_question_comes_back_as_a_note_and_its_asker_is_told():
    async with office() as one:
        reference, item = await one.matter_of("ann")
        await one.available("cem")
        await hand(one, item, kind="consult", summary="is this covered?")
        view = await one.right("ann", "GET", f"/conversations/{reference}")
        (part,) = view["parts"]
        assert (part["kind"], part["state"], part["can_cancel"], part["summary"]) == (
            "consult",
            "pending",
            True,
            "is this covered?",
        )
        assert "transfer" in view["actions"]
        (offer,) = (await one.desk("cem"))["offers"]
        assert offer["item"]["part"] == "consult"
        await one.right("cem", "POST", f"/offers/{offer['offer_id']}/accept")
        seen = await one.right("cem", "GET", f"/conversations/{reference}")
        assert set(seen["actions"]) == {"note", "answer", "release"}
        assert seen["parts"][0]["holder"] == "Cem"
        busy = await one.call("ann", "POST", f"/work-items/{item}/complete", {"disposition": "solved"})
        assert busy.status_code == 409
        answer = f"/work-items/{offer['item']['work_item_id']}/complete"
        assert (await one.call("cem", "POST", answer, {})).status_code == 422
        await one.right("cem", "POST", answer, {"note": "yes, for two years"})
        view = await one.right("ann", "GET", f"/conversations/{reference}")
        (part,) = view["parts"]
        assert (part["state"], part["answer"], part["holder"]) == ("answered", "yes, for two years", "Cem")
        assert [entry["text"] for entry in view["entries"] if entry["kind"] == "note"] == ["yes, for two years"]
        assert view["owner"] == "Ann"
        (notice,) = [one for one in (await one.desk("ann"))["notices"] if one["kind"] == "handoff_answered"]
        assert (notice["reference"], notice["detail"]) == (reference, "Cem")
        await one.right("ann", "POST", f"/work-items/{item}/complete", {"disposition": "solved"})


async def test_a_matter_is_finished_without_its_task_where_somebody_says_so():
    async with office() as one:
        reference, item = await one.matter_of("ann")
        await one.available("cem")
        await hand(one, item, kind="task", due_ms=one.clock.now_ms() + 60_000, summary="pack it")
        (offer,) = (await one.desk("cem"))["offers"]
        assert offer["handoff_due_ms"]
        await one.right("cem", "POST", f"/offers/{offer['offer_id']}/accept")
        await one.wait(60_000)
        assert "handoff_overdue" in [notice["kind"] for notice in (await one.desk("ann"))["notices"]]
        assert "handoff_overdue" in [notice["kind"] for notice in (await one.desk("cem"))["notices"]]
        body = {"disposition": "solved", "cancel_parts": True}
        await one.right("ann", "POST", f"/work-items/{item}/complete", body)
        assert next(one["kind"] for one in (await one.desk("cem"))["notices"]) == "handoff_cancelled"
        view = await one.right("ann", "GET", f"/conversations/{reference}")
        assert (view["stage"], view["parts"][0]["state"], view["parts"][0]["overdue"]) == ("done", "cancelled", True)


async def test_a_person_is_chosen_from_the_people_of_a_department_and_says_why_not():
    async with office() as one:
        reference, item = await one.matter_of("ann")
        await one.available("cem")
        people = await one.right("ann", "GET", "/departments/sales/people")
        assert {"operator_id": "cem", "name": "Cem", "presence": "available"} in people
        await hand(one, item, department="", operator="cem", kind="cold")
        (offer,) = (await one.desk("cem"))["offers"]
        await one.right("cem", "POST", f"/offers/{offer['offer_id']}/decline", {"reason": "not my region"})
        view = await one.right("ann", "GET", f"/conversations/{reference}")
        (back,) = [entry for entry in view["entries"] if entry["detail"] == "handoff.returned"]
        assert (back["text"], back["quoted"]) == ("It came back (declined, Cem)", "not my region")
        assert view["owner"] == "Ann"


async def test_a_supervisor_of_the_other_department_refuses_for_everybody():
    async with office() as one:
        reference, item = await one.matter_of("ann")
        await hand(one, item)
        (handoff,) = one.state.handoffs
        refused = await one.call("sue", "POST", f"/handoffs/{handoff}/decline", {})
        assert refused.status_code == 403
        await one.right("root", "POST", f"/handoffs/{handoff}/decline", {"reason": "we sell, they repair"})
        view = await one.right("ann", "GET", f"/conversations/{reference}")
        assert [entry["quoted"] for entry in view["entries"] if entry["detail"] == "handoff.returned"] == [
            "we sell, they repair"
        ]
        assert one.state.handoffs == {}


async def test_a_ping_pong_is_refused_with_its_own_code_and_both_supervisors_are_told():
    async with office() as one:
        reference, item = await one.matter_of("ann")
        await one.available("cem")
        await hand(one, item)
        (offer,) = (await one.desk("cem"))["offers"]
        await one.right("cem", "POST", f"/offers/{offer['offer_id']}/accept")
        item = offer["item"]["work_item_id"]
        await hand(one, item, "cem", department="", operator="ann")
        (offer,) = (await one.desk("ann"))["offers"]
        await one.right("ann", "POST", f"/offers/{offer['offer_id']}/accept")
        item = offer["item"]["work_item_id"]
        refused = await one.call("ann", "POST", f"/work-items/{item}/transfer", {"department": "sales"})
        assert (refused.status_code, refused.json()["code"]) == (409, "ping_pong")
        assert (await one.desk("ann"))["mine"][0]["reference"] == reference
        (notice,) = [one for one in (await one.desk("sue"))["notices"] if one["kind"] == "handoff_refused"]
        assert (notice["reference"], notice["detail"]) == (reference, "ping_pong")
        await hand(one, item, "sue")  # in her name, and past the rule
        assert one.state.handoffs
