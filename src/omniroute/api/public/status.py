"""Where a matter stands: asked by its reference and a code, or by a signed link.

What lives here: the pages under ``/status``. Whatever reference is sent, there or not, one's own or not: the same
steps, the same answer, the same time. Whether a code goes out is found out later, by somebody else
(`engine.status.codes`).
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from omniroute.api.public import page as p
from omniroute.api.public.desk import MINUTE_MS, Public, Visit, not_good
from omniroute.api.public.limits import Limit
from omniroute.api.public.markup import Html, tag
from omniroute.api.public.matter import matter_page
from omniroute.core import references
from omniroute.engine import cells as c
from omniroute.engine.links import Purpose
from omniroute.engine.status.codes import CODE_DIGITS, CODE_LIFE_MS, CODE_TRIES_MAX
from omniroute.engine.status.facts import Status, public_lines, status_of

HOUR_MS = 60 * MINUTE_MS
ASKS_BY_ADDRESS, ASKS_BY_REFERENCE = 10, 5
"""Codes that one address, and anybody for one reference, may ask for in an hour."""
TRIES_BY_ADDRESS, TRIES_BY_REFERENCE = 30, 25
"""Codes that one address, and anybody for one reference, may enter in an hour."""
SHOWN_MS = 60 * MINUTE_MS
"""How long the page that a code has opened can be looked at again."""
REFERENCE_CHARS_MAX = 40
LOOKS = 3


class StatusPages:
    """``/status``, ``/status/code`` and ``/status/TOKEN``."""

    def __init__(self, public: Public) -> None:
        self._public = public
        self._engine = public.engine
        self._asks = Limit(ASKS_BY_ADDRESS, HOUR_MS), Limit(ASKS_BY_REFERENCE, HOUR_MS)
        self._tries = Limit(TRIES_BY_ADDRESS, HOUR_MS), Limit(TRIES_BY_REFERENCE, HOUR_MS)

    def routes(self) -> list[Route]:
        """In the order in which they are looked at."""
        return [
            self._public.page("/status", self.ask_form, self.ask),
            self._public.page("/status/code", self.code_form, self.redeem),
            self._public.page("/status/{token}", self.matter),
        ]

    # ---- by reference and code
    async def ask_form(self, visit: Visit) -> Response:
        """Where somebody says which matter."""
        label, hint = visit.say("reference"), visit.say("reference hint")
        line = p.field(
            "reference", label, hint, **_REFERENCE_FIELD, value=visit.query.get("reference", "")[:REFERENCE_CHARS_MAX]
        )
        send = tag("p", p.button(visit.say("send code")), class_="act")
        form = tag("form", line, send, method="post", action=visit.path("/status"), class_="box")
        return visit.page(visit.say("ask title"), *visit.heading("ask title", "ask lead"), form)

    async def ask(self, visit: Visit) -> Response:
        """Send a code to the known address, if there is one; the answer is the same for every reference."""
        reference = self._counted(self._asks, visit)
        self._engine.status.codes.ask(reference, visit.language)
        return p.moved(visit.path("/status/code", reference=reference))

    async def code_form(self, visit: Visit) -> Response:
        """Where a code is entered."""
        return self._code_page(visit, visit.query.get("reference", ""))

    async def redeem(self, visit: Visit) -> Response:
        """Show the matter whose code it is."""
        reference, code = self._counted(self._tries, visit), "".join(visit.sent.get("code", "").split())
        number = self._engine.status.codes.redeem(reference, code[: 2 * CODE_DIGITS])
        if not number:
            return self._code_page(visit, reference, p.wrong(visit.say("code wrong")), status=403)
        token = self._engine.links.token(Purpose.STATUS, number, now_ms=visit.now_ms, life_ms=SHOWN_MS)
        return p.moved(visit.path(f"/status/{token}"))

    def _counted(self, limits: tuple[Limit, Limit], visit: Visit) -> str:
        """The reference that was sent, in its one spelling or cut off; counted before anything is done with it."""
        typed = visit.sent.get("reference", "").strip()
        reference = references.parse(typed[:REFERENCE_CHARS_MAX]) or typed[:REFERENCE_CHARS_MAX]
        by_address, by_reference = limits
        self._public.count(by_address, visit.who, visit)
        self._public.count(by_reference, reference, visit)
        return reference

    def _code_page(self, visit: Visit, reference: str, *notes: Html, status: int = 200) -> Response:
        say = visit.say
        form = tag(
            "form",
            *notes,
            p.field("reference", say("reference"), **_REFERENCE_FIELD, value=reference[:REFERENCE_CHARS_MAX]),
            p.field("code", say("code"), say("code hint", digits=CODE_DIGITS, tries=CODE_TRIES_MAX), **_CODE_FIELD),
            tag("p", p.button(say("show")), class_="act"),
            method="post",
            action=visit.path("/status/code"),
            class_="box",
        )
        again = tag("p", tag("a", say("new code"), href=visit.path("/status", reference=reference)), class_="more")
        heading = visit.heading("code title", "code lead", minutes=CODE_LIFE_MS // MINUTE_MS)
        return visit.page(say("code title"), *heading, form, again, status=status)

    # ---- by link
    async def matter(self, visit: Visit) -> Response:
        """How the matter of a link stands."""
        claims = self._public.claims(visit, Purpose.STATUS)
        status = await self.status(claims.conversation_id) if claims else None
        if status is None:
            return not_good(visit)
        lines = public_lines(self._engine.writer.journal, status.conversation_id)
        return matter_page(visit, status, lines, self._engine.status.setup.zone, self._icon)

    async def status(self, conversation_id: int) -> Status | None:
        """How a matter stands, as committed; None where there is none."""
        writer = self._engine.writer
        for _ in range(LOOKS):  # closing moves it from the state to its cell
            await writer.barrier()
            number = c.lead(writer.journal, conversation_id)  # a merged matter goes on in another
            cell = c.read(writer.journal, c.CONVERSATION, c.number_key(number), c.ConversationCell)
            status = status_of(writer.state, cell) if cell else None
            if cell is None or status is not None:
                return status
        return None

    def _icon(self, instance: str) -> str:
        runner = self._engine.supervisor.runners.get(instance)
        return runner.capabilities.icon if runner else ""


_REFERENCE_FIELD = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "maxlength": "40"}
_CODE_FIELD = {"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": "20"}
