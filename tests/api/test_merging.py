"""Merging through the API: one thread, and both references lead to it."""

from __future__ import annotations

from tests.api.rig import Office, office


async def two(one: Office) -> tuple[str, str]:
    """Two matters of kim that ann holds."""
    await one.available("ann")
    first, _ = await one.matter_of("ann", "Lamp")
    second, _ = await one.matter_of("ann", "Lamp again")
    return first, second


async def test_both_references_show_one_matter_with_both_threads():
    async with office() as one:
        first, second = await two(one)
        await one.right("ann", "POST", f"/conversations/{second}/merge", {"into": first})
        for reference in (first, second):
            view = await one.right("ann", "GET", f"/conversations/{reference}")
            assert view["reference"] == first
            assert [entry["subject"] for entry in view["entries"] if entry["kind"] == "message"] == [
                "Lamp",
                "Lamp again",
            ]
            assert any(f"{second} was merged into this matter by" in entry["text"] for entry in view["entries"])
            assert view["customer"]["earlier"] == []
            found = await one.right("ann", "GET", f"/conversations?q={reference}")
            assert [row["reference"] for row in found] == [first]
        assert len(await one.right("ann", "GET", "/conversations?q=kim")) == 1
        assert [item["reference"] for item in (await one.desk("ann"))["mine"]] == [first]


async def test_a_matter_that_is_closed_or_of_somebody_else_takes_nothing_in():
    async with office() as one:
        first, second = await two(one)
        other, item = await one.matter_of("ann", "Other", sender="lou@example.org")
        answer = await one.call("ann", "POST", f"/conversations/{first}/merge", {"into": other})
        assert (answer.status_code, "two customers" in answer.text) == (409, True)
        answer = await one.call("ann", "POST", f"/conversations/{first}/merge", {"into": first})
        assert answer.status_code == 422
        await one.right("ann", "POST", f"/work-items/{item}/complete", {"disposition": "solved"})
        answer = await one.call("ann", "POST", f"/conversations/{first}/merge", {"into": other})
        assert answer.status_code in {403, 404}
        assert second
