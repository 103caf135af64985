"""The endpoints that list: queues, people, quarantine, dead letters, channels, health.

What lives here: reading, and the managing of people. Work on matters is in `operations`.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from omniroute import __version__
from omniroute.api import views
from omniroute.api.call import Call
from omniroute.api.screens import Screens
from omniroute.config.names import check_name, check_skill
from omniroute.core import commands as k
from omniroute.core.model import Presence
from omniroute.core.permissions import Role
from omniroute.engine import cells as c
from omniroute.errors import CallerError, ConfigError, Forbidden, InvalidInput, NotFound

DOWNLOAD_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "no-store",
}
LIST_MAX = 500


def _check_names(login: str, skills: Iterable[str]) -> None:
    """Refuse what the configuration would refuse as the name of a person or a skill."""
    try:
        path = "operator_id"
        check_name(login, path)
        path = "skills"
        for skill in skills:
            check_skill(skill, path)
    except ConfigError as wrong:
        raise InvalidInput(str(wrong).removeprefix(f"{path}: "), path) from wrong


class Listings:
    """Handlers over one engine."""

    def __init__(self, screens: Screens) -> None:
        self.screens = screens

    async def queues(self, call: Call) -> list[views.DepartmentView]:
        """Departments and their queues."""
        await call.engine.writer.barrier()
        found = self.screens.departments()
        await call.engine.writer.barrier()
        return found

    async def operators(self, call: Call) -> list[views.OperatorView]:
        """Colleagues: of one's departments, for an admin all."""
        await call.engine.writer.barrier()
        actor = call.actor
        found = [
            self.screens.operator(one)
            for one in call.state.operators.values()
            if actor.role is Role.ADMIN or set(one.departments) & set(actor.departments)
        ]
        await call.engine.writer.barrier()
        return found

    async def put_operator(self, call: Call) -> views.Me:
        """Add or change a person (admin)."""
        body = call.body
        if call.actor.role is not Role.ADMIN:
            raise Forbidden("only an admin manages people")
        _check_names(body.operator_id, body.skills)
        if not call.state.departments.keys() >= set(body.departments):
            raise InvalidInput("there is no such department", "departments")
        if not call.state.queues.keys() >= set(body.queues):
            raise InvalidInput("there is no such queue", "queues")
        known = call.state.operators.get(body.operator_id)
        if body.role == "admin" and known is not None and known.presence is not Presence.OFFLINE:
            # an admin handles no work: what was theirs goes back to its queue
            await call.submit(k.SetPresence(operator_id=body.operator_id, presence=Presence.OFFLINE))
        if body.role != "admin":
            await call.submit(
                k.PutOperator(
                    operator_id=body.operator_id,
                    departments=tuple(body.departments),
                    skills=body.skills,
                    capacity_units=body.capacity_units,
                    queues=tuple(body.queues),
                    weight=body.weight,
                )
            )
        accounts = call.services.accounts
        await accounts.put(body.operator_id, body.name, body.role, body.departments, body.password)
        account = accounts.find(body.operator_id)
        if account is None:
            raise NotFound("the account is gone again")
        return me_of(account)

    async def quarantine(self, call: Call) -> list[views.QuarantineView]:
        """Input that could not be read: of one's departments, for an admin all."""
        person(call)
        journal, found = call.engine.writer.journal, []
        for key, data in journal.scan(c.QUARANTINE, limit=LIST_MAX, reverse=True):
            why = msgspec.msgpack.decode(data, type=c.QuarantineCell)
            raw = c.read(journal, c.RAW, key, c.RawCell)
            if raw is not None and self.screens.sees_input(call.actor, raw.instance, raw.account):
                found.append(
                    views.QuarantineView(
                        raw_id=int(key),
                        channel=raw.instance,
                        account=raw.account,
                        reason=why.reason,
                        received_ms=raw.received_ms,
                        size_bytes=raw.size_bytes,
                        url=f"/api/v1/quarantine/{int(key)}/raw",
                    )
                )
        return found

    async def quarantine_raw(self, call: Call) -> Response:
        """The raw bytes of quarantined input."""
        person(call)
        number = call.number("raw_id")
        raw = await call.engine.intake.load(number)
        quarantined = call.engine.writer.journal.get(c.QUARANTINE, c.number_key(number)) is not None
        if raw is None or not quarantined or not self.screens.sees_input(call.actor, raw.instance, raw.account):
            raise NotFound("there is no such input")
        return download(raw.data, f"input-{number}.bin")

    async def dead_letters(self, call: Call) -> list[views.DeadLetterView]:
        """Effects that were given up (supervisors and admins)."""
        if call.actor.role not in {Role.SUPERVISOR, Role.ADMIN}:
            raise Forbidden("only supervisors and admins see dead letters")
        found = []
        for _, data in call.engine.writer.journal.scan(c.DEAD, limit=LIST_MAX, reverse=True):
            dead = msgspec.msgpack.decode(data, type=c.DeadCell)
            matter = self.screens.matter(dead.effect.conversation_id)
            found.append(
                views.DeadLetterView(
                    effect_id=dead.effect.effect_id,
                    reference=matter.reference if matter else "",
                    channel=dead.effect.channel,
                    order=dead.effect.order,
                    attempts=dead.attempts,
                    reason=dead.reason,
                    at_ms=dead.at_ms,
                )
            )
        return found

    async def channels(self, call: Call) -> list[views.ChannelView]:
        """Channel instances and how they fare."""
        person(call)
        return [
            views.ChannelView(
                instance=one.name,
                kind=one.channel.name,
                icon=one.capabilities.icon,
                state=one.health.state,
                detail=one.health.detail,
                restarts=one.restarts,
            )
            for one in call.engine.supervisor.runners.values()
        ]

    async def health(self, _: Call) -> dict[str, str]:
        """The process lives."""
        return {"status": "up", "version": __version__}

    async def ready(self, call: Call) -> Response:
        """It takes interactions: all channels are up."""
        down = [r.name for r in call.engine.supervisor.runners.values() if r.health.state == "down"]
        body = {"status": "down" if down else "up", "channels_down": down}
        return Response(msgspec.json.encode(body), 503 if down else 200, media_type="application/json")


def me_of(account: c.AccountCell) -> views.Me:
    """A signed-in person."""
    return views.Me(
        login=account.login,
        name=account.name,
        role=account.role,
        operator_id=account.operator_id,
        departments=account.departments,
    )


def person(call: Call) -> None:
    """Anybody who has signed in."""
    if not call.account.login:
        raise CallerError("sign in first")


def download(data: bytes, name: str) -> Response:
    """Bytes of a stranger: always saved, never shown in place."""
    safe = "".join(sign if sign.isalnum() or sign in "._- " else "_" for sign in name)[:100] or "file"
    ascii_name = safe.encode("ascii", "replace").decode().replace("?", "_")
    disposition = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(safe)}"
    headers = {**DOWNLOAD_HEADERS, "Content-Disposition": disposition}
    return Response(data, 200, headers, "application/octet-stream")
