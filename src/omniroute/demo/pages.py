"""The demo's own pages: where to click first, and the mail that went out."""

from __future__ import annotations

from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from omniroute.channels.email.mailbox import LocalMailbox, mailbox_routes
from omniroute.config import Config

PAGE = Path(__file__).resolve().parent.parent / "web" / "pages" / "demo.html"


def info(config: Config, password: str, smtp: str) -> dict[str, object]:
    """What the start page shows."""
    return {
        "company": config.company,
        "password": password,
        "logins": [
            {
                "login": login,
                "name": person.name,
                "role": person.role,
                "departments": [config.departments[one].title for one in person.departments],
            }
            for login, person in config.operators.items()
        ],
        "smtp": smtp,
        "links": [
            {"title": "A shop with a chat", "href": "/channels/web/demo", "what": "write as a customer"},
            {"title": "A telephone", "href": "/channels/phone/simulator", "what": "call as a customer"},
            {"title": "How a matter stands", "href": "/status", "what": "ask as a customer, by reference and code"},
            {"title": "Outgoing mail", "href": "/demo/mailbox", "what": "what customers would find in their mailbox"},
        ],
    }


def routes(config: Config, password: str, smtp: str, mailbox: LocalMailbox) -> list[BaseRoute]:
    """The pages under ``/demo``."""
    answer = msgspec.json.encode(info(config, password, smtp))

    async def page(_: Request) -> Response:
        return FileResponse(PAGE, headers={"Cache-Control": "no-cache"})

    async def facts(_: Request) -> Response:
        return Response(answer, media_type="application/json")

    return [
        Route("/demo", page),
        Route("/demo/info.json", facts),
        Mount("/demo", routes=mailbox_routes(mailbox)),
    ]
