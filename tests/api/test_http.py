"""The HTTP layer: what is malformed is named, what is too large is cut off, what is repeated happens once."""

from __future__ import annotations

import json

import anyio
import pytest
from tests.api.rig import COMPANY, office, quarantined, served
from tests.api.test_matrix import table

from omniroute.api import call as calls
from omniroute.core import events as e
from omniroute.errors import JournalFull


# ---- what is malformed
@pytest.mark.parametrize(
    ("method", "path", "body", "where"),
    [
        ("PUT", "/presence", {"presence": "available", "x": 1}, "x"),
        ("PUT", "/presence", {"presence": "asleep"}, "presence"),
        ("PUT", "/presence", {}, "presence"),
        ("PUT", "/presence", [], ""),
        ("POST", "/conversations", {"name": "Lou", "text": "x", "departmnt": "sales"}, "departmnt"),
        ("POST", "/conversations", {"name": "Lou", "text": "x", "department": "moon"}, "department"),
        ("POST", "/conversations", {"name": "", "text": "x"}, "name"),
        ("POST", "/conversations", {"name": "Lou", "text": "x" * 100_001}, "text"),
        ("POST", "/work-items/1/complete", {"disposition": "nonsense"}, "disposition"),
        ("POST", "/work-items/1/transfer", {"department": "moon"}, "department"),
        ("POST", "/work-items/1/transfer", {"department": "sales", "queue": "support.general"}, "queue"),
        ("POST", "/conversations/{ref}/replies", {"text": ""}, "text"),
    ],
)
async def test_the_field_at_fault_is_named(method, path, body, where):
    async with office() as one:
        reference, _ = await one.matter_of("ann")
        answer = await one.call("ann", method, path.format(ref=reference), body)
        problem = answer.json()
        assert (answer.status_code, problem["status"], problem["code"]) == (422, 422, "invalid_input")
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem.get("path", "") == where
        assert set(problem) >= {"type", "title", "status", "detail", "code"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"presence": "\\ud800"}',
        b"[" * 100_000,
        b'{"x":' + b"[" * 100_000,
        b"null",
        b'{"presence":1e999}',
    ],
)
async def test_no_body_is_an_internal_error(content):
    async with office() as one:
        await one.right("ann", "GET", "/me")
        headers = {"authorization": f"Bearer {one.tokens['ann']}"}
        answer = await one.client.put("/presence", content=content, headers=headers)
        assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/conversations/XXXX", 404),
        ("/conversations/4KX7-9MTD", 404),
        ("/conversations/%2e%2e%2fme", 404),
        ("/conversations/4KX7-9MTD/html/99999999999999999999", 404),
        (f"/conversations/4KX7-9MTD/html/{'9' * 5000}", 404),
        (f"/conversations/4KX7-9MTD/attachments/1/{'9' * 5000}", 404),
        ("/quarantine/1/raw", 404),
        ("/quarantine/0/raw", 404),
        ("/conversations?q=%00%ff", 200),
        ("/conversations?q=" + "x" * 5000, 200),
        ("/conversations", 200),
    ],
)
async def test_whatever_is_asked_for_has_an_answer(path, status):
    async with office() as one:
        answer = await one.call("ann", "GET", path)
        assert answer.status_code == status, answer.text
        if status >= 400:
            assert answer.json()["status"] == status


async def test_a_wrong_method_is_told_the_right_ones():
    async with office() as one:
        answer = await one.client.delete("/presence")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "PUT"
        assert answer.headers["content-type"] == "application/problem+json"
        answer = await one.client.patch("/conversations")
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


async def test_head_is_get_without_a_body():
    async with served() as one:
        answer = await one.client.head("/health")
        assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_over_the_limit_is_413(declared):
    async with served() as one:
        await one.right("ann", "GET", "/me")

        async def chunks():
            for _ in range(calls.BODY_BYTES_MAX // 65536 + 1):
                yield b" " * 65536

        headers = {"authorization": f"Bearer {one.tokens['ann']}"}
        content = b" " * (calls.BODY_BYTES_MAX + 1) if declared else chunks()
        answer = await one.client.put("/presence", content=content, headers=headers)
        assert answer.status_code == 413
        assert answer.json()["code"] == "too_large"


async def test_a_body_that_never_comes_is_given_up(monkeypatch):
    monkeypatch.setattr(calls, "BODY_SECONDS_MAX", 0.05)
    async with served() as one:
        host, _, port = one.daemon.url.removeprefix("http://").partition(":")
        async with await anyio.connect_tcp(host, int(port)) as stream:
            await stream.send(b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            with anyio.fail_after(5):
                assert (await stream.receive()).startswith(b"HTTP/1.1 408")


async def test_nobody_who_is_not_signed_in_is_listened_to():
    """The body of a stranger is not even read."""
    async with office() as one:
        assert (await one.client.put("/presence", content=b"not json")).status_code == 401


# ---- repeated
REPEATED = [
    ("POST", "/conversations/{ref}/replies", {"text": "hello"}, e.ReplySent),
    ("POST", "/conversations/{ref}/notes", {"text": "hello"}, e.NoteAdded),
    ("POST", "/work-items/{item}/transfer", {"department": "delivery"}, e.HandoffRequested),
    ("POST", "/work-items/{item}/complete", {"disposition": "solved", "note": "done"}, e.NoteAdded),
    ("POST", "/work-items/{item}/release", {"reason": "lunch"}, e.ItemReturned),
    ("PUT", "/presence", {"presence": "away"}, e.PresenceChanged),
]


@pytest.mark.parametrize(("method", "path", "body", "event"), REPEATED)
async def test_a_repeated_key_has_the_same_answer_and_no_second_effect(method, path, body, event):
    async with office() as one:
        reference, item = await one.matter_of("ann")
        before = len(one.events(event))
        path = path.format(ref=reference, item=item)
        answers = [await one.call("ann", method, path, body, **{"idempotency-key": "k1"}) for _ in range(3)]
        assert len({answer.status_code for answer in answers}) == 1
        assert answers[0].is_success, answers[0].text
        assert len(one.events(event)) == before + 1


async def test_repeats_at_the_same_time_have_one_effect():
    async with office() as one:
        reference, _ = await one.matter_of("ann")
        answers = []

        async def reply() -> None:
            answer = await one.call(
                "ann", "POST", f"/conversations/{reference}/replies", {"text": "x"}, **{"idempotency-key": "k"}
            )
            answers.append(answer.status_code)

        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(reply)
        assert answers == [201] * 5
        assert len(one.events(e.ReplySent)) == 1


async def test_keys_belong_to_a_person_and_a_refusal_uses_none_up():
    async with office() as one:
        reference, _ = await one.matter_of("ann")
        key = {"idempotency-key": "k"}
        notes = f"/conversations/{reference}/notes"
        assert (await one.call("ann", "POST", notes, {"text": ""}, **key)).status_code == 422
        for who in ("ann", "bob"):
            assert (await one.call(who, "POST", notes, {"text": "x"}, **key)).status_code == 201
        assert len(one.events(e.NoteAdded)) == 2


async def test_a_key_is_bounded():
    async with office() as one:
        answer = await one.call("ann", "PUT", "/presence", {"presence": "away"}, **{"idempotency-key": "x" * 65})
        assert answer.status_code == 422


# ---- registering by hand
VISIT = {"name": "Lou Berg", "text": "wants to pick up a lamp", "email": "lou@example.org", "subject": "Pick-up"}


async def test_a_matter_registered_by_hand_goes_the_way_of_all_others():
    async with office() as one:
        await one.available("cem")
        answer = await one.call("ann", "POST", "/conversations", VISIT | {"department": "sales"})
        assert answer.status_code == 201
        reference = answer.json()["reference"]
        (offer,) = (await one.desk("cem"))["offers"]
        assert offer["item"]["reference"] == reference
        assert offer["item"]["customer"] == "Lou Berg"
        view = await one.right("cem", "GET", f"/conversations/{reference}")
        assert (view["subject"], view["department"]) == ("Pick-up", "Sales")
        assert "reply" not in view["actions"]


async def test_the_same_words_twice_are_two_matters_and_a_repeated_key_is_one():
    async with office() as one:
        references = [(await one.right("ann", "POST", "/conversations", VISIT))["reference"] for _ in range(2)]
        assert len(set(references)) == 2
        key = {"idempotency-key": "a" * 64}
        again = [(await one.right("ann", "POST", "/conversations", VISIT, **key))["reference"] for _ in range(2)]
        other = await one.right("ann", "POST", "/conversations", VISIT, **{"idempotency-key": "a" * 63 + "b"})
        assert len({*again, other["reference"]}) == 2


async def test_a_form_that_cannot_be_read_is_the_callers_to_mend():
    async with office() as one:
        answer = await one.call("ann", "POST", "/conversations", VISIT | {"email": "not an address"})
        assert answer.status_code == 422
        assert not quarantined(one)


async def test_without_a_visit_channel_nothing_is_registered():
    channels = {name: one for name, one in COMPANY["channels"].items() if name != "desk"}
    async with office({**COMPANY, "channels": channels}) as one:
        assert (await one.call("ann", "POST", "/conversations", VISIT)).status_code == 409


# ---- the disk is full
async def test_a_full_disk_is_507_and_reading_goes_on():
    async with office() as one:
        reference, _ = await one.matter_of("ann")
        one.journal.fail_next(JournalFull("no space is left"))
        answer = await one.call("ann", "POST", f"/conversations/{reference}/replies", {"text": "hello"})
        assert (answer.status_code, answer.json()["code"]) == (507, "journal_full")
        view = await one.right("ann", "GET", f"/conversations/{reference}")
        assert not [entry for entry in view["entries"] if entry["kind"] == "reply"]
        assert (
            await one.call("ann", "POST", f"/conversations/{reference}/replies", {"text": "hello"})
        ).status_code == 201


# ---- headers and documents
async def test_every_answer_has_the_security_headers():
    async with office() as one:
        for path in ("/health", "/me", "/nothing"):
            headers = (await one.client.get(path)).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert "default-src 'none'" in headers["content-security-policy"]
        assert (await one.call("ann", "GET", "/me")).headers["cache-control"] == "no-store"


async def test_screens_are_served_with_trusted_types():
    async with office() as one:
        for path in ("/desk", "/login", "/quarantine"):
            answer = await one.client.get(f"http://office{path}")
            assert answer.status_code == 200
            assert "require-trusted-types-for 'script'" in answer.headers["content-security-policy"]
        assert (await one.client.get("http://office/")).headers["location"] == "/desk"
        assert (await one.client.get("http://office/static/../pages/desk.html")).status_code == 404
        assert (await one.client.get("http://office/static/%2e%2e/%2e%2e/app.py")).status_code == 404


async def test_the_openapi_document_is_whole():
    async with office() as one:
        document = (await one.client.get("/openapi.json")).json()
        paths = {(method.upper(), path) for path, operations in document["paths"].items() for method in operations}
        wanted = {(method, "/api/v1" + path.replace(":int}", "}")) for method, path in table()}
        assert paths == wanted
        schemas = document["components"]["schemas"]
        refs = {part.split('"')[0] for part in json.dumps(document).split('"$ref": "')[1:]}
        assert refs
        assert {ref.removeprefix("#/components/schemas/") for ref in refs} <= set(schemas)
        ids = [
            operation["operationId"] for operations in document["paths"].values() for operation in operations.values()
        ]
        assert len(ids) == len(set(ids))
        for (method, path), row in table().items():
            operation = document["paths"]["/api/v1" + path.replace(":int}", "}")][method.lower()]
            assert ("requestBody" in operation) == (row.body is not None)
            assert (operation.get("security") == []) == row.public
            names = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"}
            assert names == {part.split("}")[0].split(":")[0] for part in path.split("{")[1:]}


async def test_readiness_names_what_is_down():
    async with office() as one:
        assert (await one.client.get("/ready")).json() == {"status": "up", "channels_down": []}
        one.engine.supervisor.runners["mail"].health = type(one.engine.supervisor.runners["mail"].health)("down", "x")
        answer = await one.client.get("/ready")
        assert (answer.status_code, answer.json()["channels_down"]) == (503, ["mail"])
