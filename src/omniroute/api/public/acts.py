"""What the links of a resolution are for: to confirm, to rate, to open again.

What lives here: the pages under ``/confirm``, ``/rate`` and ``/reopen``. A GET shows a button and does nothing, for
programs open links, too; the button's POST does it, once for each resolution (see `Closing`).
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from omniroute.api.public import page as p
from omniroute.api.public.closing import Closing
from omniroute.api.public.desk import Public, Visit, not_good
from omniroute.api.public.markup import Html, tag
from omniroute.api.public.matter import about
from omniroute.api.public.status import StatusPages
from omniroute.engine.answers import Outcome
from omniroute.engine.links import Claims, Purpose
from omniroute.engine.status.facts import Status

SCORES = range(1, 6)
TEXT_CHARS_MAX = 10_000


class ActPages:
    """``/confirm/TOKEN``, ``/rate/TOKEN``, ``/reopen/TOKEN``."""

    def __init__(self, public: Public, status: StatusPages, closing: Closing) -> None:
        self._public = public
        self._status = status
        self._closing = closing

    def routes(self) -> list[Route]:
        """One for each purpose that acts."""
        return [
            self._public.page("/confirm/{token}", self.confirm_form, self.confirm),
            self._public.page("/rate/{token}", self.rate_form, self.rate),
            self._public.page("/reopen/{token}", self.reopen_form, self.reopen),
        ]

    # ---- confirm
    async def confirm_form(self, visit: Visit) -> Response:
        """Whether it is settled."""
        claims, status = await self._matter(visit, Purpose.CONFIRM)
        if claims is None or status is None:
            return not_good(visit)
        yes = tag("form", p.button(visit.say("confirm")), method="post", action=visit.path(f"/confirm/{visit.token}"))
        no = tag("a", visit.say("not settled"), href=self._path(visit, Purpose.REOPEN, claims), class_="btn")
        title, lead = visit.heading("confirm title", "confirm lead")
        ask = tag("section", lead, tag("div", yes, no, class_="act"), class_="box")
        return visit.page(visit.say("confirm title"), title, about(visit, status), ask)

    async def confirm(self, visit: Visit) -> Response:
        """It is; and how was it?"""
        claims, status = await self._matter(visit, Purpose.CONFIRM)
        if claims is None or status is None:
            return not_good(visit)
        outcome = await self._closing.confirm(claims.conversation_id, claims.resolution)
        if outcome is Outcome.PAST:
            return self._answered(visit, claims, "past")
        rating = p.box(visit.say("rate title"), self._rating(visit, self._path(visit, Purpose.RATE, claims)))
        return self._answered(visit, claims, "confirmed", rating)

    # ---- rate
    async def rate_form(self, visit: Visit, *notes: Html, code: int = 200) -> Response:
        """How it went; nothing is chosen before."""
        claims, status = await self._matter(visit, Purpose.RATE)
        if claims is None or status is None:
            return not_good(visit)
        rating = self._rating(visit, visit.path(f"/rate/{visit.token}"))
        title, lead = visit.heading("rate title", "rate lead")
        box = tag("section", *notes, lead, rating, class_="box")
        return visit.page(visit.say("rate title"), title, about(visit, status), box, status=code)

    async def rate(self, visit: Visit) -> Response:
        """The answer; the first one counts."""
        score = visit.sent.get("score", "")
        if score not in map(str, SCORES):
            return await self.rate_form(visit, p.wrong(visit.say("score missing")), code=422)
        claims, status = await self._matter(visit, Purpose.RATE)
        if claims is None or status is None:
            return not_good(visit)
        outcome = await self._closing.rate(claims.conversation_id, claims.resolution, int(score))
        return self._answered(visit, claims, "rated" if outcome is Outcome.DONE else outcome.value)

    def _rating(self, visit: Visit, action: str) -> Html:
        choices = [
            tag(
                "label",
                tag("input", type="radio", name="score", value=str(score), required=True),
                tag("span", visit.say(f"score {score}")),
            )
            for score in reversed(SCORES)
        ]
        legend = tag("legend", visit.say("rate title"), class_="sr")
        send = tag("p", p.button(visit.say("rate")), class_="act")
        return tag("form", tag("fieldset", legend, *choices), send, method="post", action=action)

    # ---- reopen
    async def reopen_form(self, visit: Visit) -> Response:
        """What is still open."""
        claims, status = await self._matter(visit, Purpose.REOPEN)
        if claims is None or status is None:
            return not_good(visit)
        most = str(TEXT_CHARS_MAX)
        text = tag(
            "textarea", id="text", name="text", rows="5", maxlength=most, aria_describedby="text-hint", dir="auto"
        )
        form = tag(
            "form",
            tag("label", visit.say("reopen text"), for_="text"),
            text,
            tag("small", visit.say("reopen hint"), id="text-hint"),
            tag("p", p.button(visit.say("reopen")), class_="act"),
            method="post",
            action=visit.path(f"/reopen/{visit.token}"),
        )
        title, lead = visit.heading("reopen title", "reopen lead")
        return visit.page(
            visit.say("reopen title"), title, about(visit, status), tag("section", lead, form, class_="box")
        )

    async def reopen(self, visit: Visit) -> Response:
        """It goes on."""
        claims, status = await self._matter(visit, Purpose.REOPEN)
        if claims is None or status is None:
            return not_good(visit)
        text = visit.sent.get("text", "").replace("\r\n", "\n").strip()[:TEXT_CHARS_MAX]
        outcome = await self._closing.reopen(claims.conversation_id, claims.resolution, text)
        return self._answered(visit, claims, "past" if outcome is Outcome.PAST else "reopened")

    # ---- all of them
    async def _matter(self, visit: Visit, purpose: Purpose) -> tuple[Claims | None, Status | None]:
        claims = self._public.claims(visit, purpose)
        return claims, await self._status.status(claims.conversation_id) if claims else None

    def _path(self, visit: Visit, purpose: Purpose, claims: Claims) -> str:
        """A page for another answer about the same resolution; it is good no longer than the link that led here."""
        links, left_ms = self._public.engine.links, claims.expires_ms - visit.now_ms
        token = links.token(purpose, claims.conversation_id, claims.resolution, now_ms=visit.now_ms, life_ms=left_ms)
        return visit.path(f"/{purpose}/{token}")

    def _answered(self, visit: Visit, claims: Claims, key: str, *content: Html) -> Response:
        see = tag("p", tag("a", visit.say("see"), href=self._path(visit, Purpose.STATUS, claims)), class_="more")
        return visit.message(key, *content, see)
