"""Signing in: throttled, by cookie or token, ended for good; and nothing from a foreign page."""

from __future__ import annotations

import hashlib

import anyio
import msgspec
import pytest
from tests.api.rig import COMPANY, PASSWORD, office

from omniroute.api.accounts import TRIES_MAX, TRIES_WINDOW_MS
from omniroute.api.call import COOKIE
from omniroute.engine import cells as c


async def test_a_login_gives_a_token_and_a_cookie_that_scripts_cannot_read():
    async with office() as one:
        answer = await one.login("ann")
        assert answer.status_code == 200
        assert answer.json()["me"] == {
            "login": "ann", "name": "Ann", "role": "operator", "operator_id": "ann", "departments": ["support"],
        }  # fmt: skip
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"{COOKIE}={answer.json()['token']};")
        assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
        assert answer.headers["cache-control"] == "no-store"
        assert (await one.client.get("/me")).status_code == 200  # by the cookie


async def test_behind_https_the_cookie_is_secure():
    async with office({**COMPANY, "server": {"port": 0, "public_url": "https://desk.example"}}) as one:
        assert "Secure" in (await one.login("ann")).headers["set-cookie"]


@pytest.mark.parametrize(("login", "password"), [("ann", "wrong"), ("nobody", PASSWORD), ("eve", ""), ("ann", "")])
async def test_a_wrong_login_says_nothing_more(login, password):
    async with office() as one:
        answer = await one.login(login, password)
        assert answer.status_code == 401
        assert answer.json()["detail"] == "login or password is wrong"
        assert "set-cookie" not in answer.headers
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_too_many_tries_have_to_wait():
    async with office() as one:
        for _ in range(TRIES_MAX):
            assert (await one.login("ann", "wrong")).status_code == 401
        answer = await one.login("ann")  # even the right one
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) == 60
        assert (await one.login("bob")).status_code == 200  # others are not affected
        one.clock.advance(TRIES_WINDOW_MS)
        assert (await one.login("ann")).status_code == 200


async def test_tries_at_the_same_time_count_as_well():
    async with office() as one:
        answers: list[int] = []

        async def guess() -> None:
            answers.append((await one.login("ann", "wrong")).status_code)

        async with anyio.create_task_group() as group:
            for _ in range(TRIES_MAX * 2):
                group.start_soon(guess)
        assert sorted(answers) == [401] * TRIES_MAX + [429] * TRIES_MAX


async def test_after_logout_the_token_is_worth_nothing():
    async with office() as one:
        token = (await one.login("ann")).json()["token"]
        answer = await one.client.post("/logout")
        assert answer.status_code == 204
        assert f'{COOKIE}=""' in answer.headers["set-cookie"]
        assert (await one.client.get("/me", headers={"authorization": f"Bearer {token}"})).status_code == 401


async def test_a_session_ends_at_its_time():
    async with office() as one:
        await one.right("ann", "GET", "/me")
        one.clock.advance(12 * 3_600_000)
        assert (await one.call("ann", "GET", "/me")).status_code == 401


async def test_tokens_and_passwords_are_stored_hashed_only():
    async with office() as one:
        token = (await one.login("ann")).json()["token"]
        stored = [
            value
            for name in one.journal.disk.collections
            for value in one.journal.disk.collections[name].values.items()
        ]
        everything = b"".join(key.encode() + data for key, data in stored)
        assert token.encode() not in everything
        assert PASSWORD.encode() not in everything
        assert hashlib.sha256(token.encode()).hexdigest().encode() in everything


@pytest.mark.parametrize("token", ["x", "Bearer", "é", "a" * 5000])
async def test_unknown_tokens_are_refused(token):
    async with office() as one:
        assert (await one.client.get("/me", headers={"authorization": f"Bearer {token}".encode()})).status_code == 401
        assert (await one.client.get("/me", headers={"cookie": f"{COOKIE}={token}".encode()})).status_code == 401


FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://[broken"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_foreign_page_can_change_nothing_with_our_cookie(headers):
    async with office() as one:
        await one.login("ann")
        answer = await one.client.put("/presence", json={"presence": "available"}, headers=headers)
        assert answer.status_code == 403
        assert one.state.operators["ann"].presence == "offline"
        assert (
            await one.client.post("/login", json={"login": "ann", "password": PASSWORD}, headers=headers)
        ).status_code == 403


@pytest.mark.parametrize(
    "headers", [{}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {"origin": "own"}]
)
async def test_our_own_page_can(headers):
    async with office() as one:
        await one.login("ann")
        if "origin" in headers:
            headers = {"origin": one.daemon.url}
        answer = await one.client.put("/presence", json={"presence": "available"}, headers=headers)
        assert answer.status_code == 200


async def test_a_new_person_signs_in_and_gets_work():
    async with office() as one:
        person = {"operator_id": "new", "name": "New", "password": "long enough", "departments": ["support"]}
        answer = await one.call("root", "POST", "/operators", person)
        assert answer.status_code == 201
        assert (await one.login("new", "long enough")).status_code == 200
        one.tokens["new"] = (await one.login("new", "long enough")).json()["token"]
        await one.available("new")
        await one.mail()
        assert len((await one.desk("new"))["offers"]) == 1


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"departments": ["nowhere"]}, "departments"),
        ({"skills": {"x": 11}}, "skills"),
        ({"operator_id": "UPPER"}, "operator_id"),
        ({"operator_id": "new\n"}, "operator_id"),
        ({"skills": {"two words": 3}}, "skills"),
        ({"skills": {"": 3}}, "skills"),
        ({"skills": {"all": 3}}, "skills"),
        ({"password": "short"}, "password"),
        ({"role": "god"}, "role"),
        ({"is_admin": True}, "is_admin"),
    ],
)
async def test_a_person_must_make_sense(change, path):
    async with office() as one:
        person = {"operator_id": "new", "name": "New", "password": "long enough", "departments": ["support"]}
        answer = await one.call("root", "POST", "/operators", person | change)
        assert answer.status_code == 422
        assert path in answer.json()["path"]
        assert one.journal.get(c.ACCOUNT, "new") is None


async def test_a_change_of_role_holds_at_once():
    async with office() as one:
        await one.right("ann", "GET", "/me")
        cell = c.read(one.journal, c.ACCOUNT, "ann", c.AccountCell)
        cell = msgspec.structs.replace(cell, role="admin")
        await one.engine.writer.write_cells([c.put(c.ACCOUNT, "ann", cell)])
        assert (await one.right("ann", "GET", "/me"))["role"] == "admin"


async def test_a_new_password_ends_all_sessions():
    async with office() as one:
        await one.right("ann", "GET", "/me")
        person = {"operator_id": "ann", "name": "Ann", "password": "a new password", "departments": ["support"]}
        await one.right("root", "POST", "/operators", person)
        assert (await one.call("ann", "GET", "/me")).status_code == 401
        assert (await one.login("ann")).status_code == 401
        assert (await one.login("ann", "a new password")).status_code == 200


async def test_who_becomes_an_admin_gets_no_more_work_and_gives_up_theirs():
    async with office() as one:
        await one.available("ann")
        person = {"operator_id": "ann", "name": "Ann", "password": "long enough", "role": "admin"}
        await one.right("root", "POST", "/operators", person)
        assert one.state.operators["ann"].presence == "offline"
        await one.mail()
        assert not one.state.offers


async def test_the_departments_of_an_admin_must_exist_too():
    async with office() as one:
        person = {"operator_id": "new", "name": "N", "password": "long enough", "role": "admin", "departments": ["x"]}
        answer = await one.call("root", "POST", "/operators", person)
        assert (answer.status_code, answer.json()["path"]) == (422, "departments")
