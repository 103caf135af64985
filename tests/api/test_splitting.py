"""Splitting through the API: some messages get a reference of their own, and both matters show the other."""

from __future__ import annotations

from tests.api.rig import Office, office


async def long(one: Office) -> str:
    """A matter of ann's with two messages."""
    reference, _ = await one.matter_of("ann", "Lamp")
    other, _ = await one.matter_of("ann", "Chair")
    await one.right("ann", "POST", f"/conversations/{other}/merge", {"into": reference})
    return reference


def messages(view) -> dict[str, int]:
    return {entry["subject"]: entry["interaction_id"] for entry in view["entries"] if entry["kind"] == "message"}


async def test_messages_get_a_reference_of_their_own():
    async with office() as one:
        old = await long(one)
        view = await one.right("ann", "GET", f"/conversations/{old}")
        assert "split" in view["actions"]
        assert view["related"] == []
        number = messages(view)["Chair"]
        new = (await one.right("ann", "POST", f"/conversations/{old}/split", {"messages": [number]}))["reference"]
        left, made = [await one.right("ann", "GET", f"/conversations/{reference}") for reference in (old, new)]
        assert (list(messages(left)), list(messages(made))) == (["Lamp"], ["Chair"])
        assert (left["message_count"], made["message_count"]) == (1, 1)
        for shown, there, detail, other in (
            (left, old, "conversation.split", new),
            (made, new, "conversation.split.off", old),
        ):
            (line,) = [entry for entry in shown["entries"] if entry["detail"].startswith("conversation.split")]
            assert (line["detail"], line["quoted"]) == (detail, other), there
            assert line["text"] == f"1 message of {old} moved to {new} by {line['author']}"
            assert [row["reference"] for row in shown["related"]] == [other]
        assert "split" not in left["actions"]
        assert made["subject"] == "Chair"


async def test_a_repeat_answers_with_the_same_matter():
    async with office() as one:
        old = await long(one)
        number = messages(await one.right("ann", "GET", f"/conversations/{old}"))["Chair"]
        path, body = f"/conversations/{old}/split", {"messages": [number]}
        first = await one.call("ann", "POST", path, body, **{"Idempotency-Key": "once"})
        again = await one.call("ann", "POST", path, body, **{"Idempotency-Key": "once"})
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json() == again.json()


async def test_what_is_not_there_or_leaves_nothing_is_refused():
    async with office() as one:
        old = await long(one)
        numbers = list(messages(await one.right("ann", "GET", f"/conversations/{old}")).values())
        for body, status in (
            ({"messages": numbers}, 409),
            ({"messages": [9999]}, 422),
            ({"messages": []}, 422),
            ({"messages": list(range(1, 52))}, 422),
            ({"messages": numbers[:1], "queue": "none"}, 422),
        ):
            answer = await one.call("ann", "POST", f"/conversations/{old}/split", body)
            assert answer.status_code == status, body


async def test_merge_is_shown_only_where_it_is_allowed():
    async with office() as one:
        first, _ = await one.matter_of("ann", "Lamp")
        await one.mail("Waits")
        view = await one.right("ann", "GET", f"/conversations/{first}")
        assert (view["merge_into"], "merge" in view["actions"]) == ([], False)  # the other is nobody's
        (offer,) = (await one.desk("ann"))["offers"]
        await one.right("ann", "POST", f"/offers/{offer['offer_id']}/accept")
        view = await one.right("ann", "GET", f"/conversations/{first}")
        assert (view["merge_into"], "merge" in view["actions"]) == ([offer["item"]["reference"]], True)
