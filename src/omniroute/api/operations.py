"""The endpoints: each reads what was sent, submits one command or builds one view, and nothing else.

What lives here: handlers, by their subject. Whether somebody may do it is decided inside command dispatch, whether
somebody may read it in `Threads.find`.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

import msgspec
from starlette.responses import Response

from omniroute.api import views
from omniroute.api.call import COOKIE, Call, token_of
from omniroute.api.listings import download, me_of
from omniroute.api.orders import Orders
from omniroute.api.work import operator_of, refusal, with_content
from omniroute.channels.contract import RawInput
from omniroute.channels.email.html import sanitize_html
from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.engine import cells as c
from omniroute.engine import splitting
from omniroute.errors import Conflict, InvalidInput, NotFound
from omniroute.journal.contract import Write


class Operations(Orders):
    """Handlers over one engine: all of them."""

    # ---- signing in
    async def login(self, call: Call) -> Response:
        """Sign in."""
        token, expires_ms, account = await call.services.accounts.login(call.body.login, call.body.password)
        session = views.Session(token=token, expires_ms=expires_ms, me=me_of(account))
        answer = Response(msgspec.json.encode(session), media_type="application/json")
        answer.headers["Cache-Control"] = "no-store"
        secure = call.services.config.server.public_url.startswith("https://")
        lifetime_s = call.services.config.server.session_hours * 3600
        answer.set_cookie(COOKIE, token, max_age=lifetime_s, httponly=True, samesite="strict", secure=secure)
        return answer

    async def logout(self, call: Call) -> Response:
        """End the session."""
        await call.services.accounts.logout(token_of(call.request)[0])
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE)
        return answer

    async def me(self, call: Call) -> views.Me:
        """Who is signed in."""
        return me_of(call.account)

    # ---- the desk
    async def desk(self, call: Call) -> views.DeskView:
        """All that the operator's screen shows beside the open thread."""
        operator_of(call)
        await call.engine.writer.barrier()
        view = self.screens.desk(call.actor)
        await call.engine.writer.barrier()
        return view

    async def accept(self, call: Call) -> views.Done:
        """Accept an offer."""
        command = k.AcceptOffer(offer_id=call.number("offer_id"), operator_id=operator_of(call))
        return views.Done(seq=await call.submit(command))

    async def decline(self, call: Call) -> views.Done:
        """Decline an offer."""
        command = k.DeclineOffer(
            offer_id=call.number("offer_id"), operator_id=operator_of(call), reason=call.body.reason
        )
        return views.Done(seq=await call.submit(command, refusal(call.body.reason)))

    # ---- matters
    async def conversation(self, call: Call) -> views.ConversationView:
        """One matter whole."""
        await call.engine.writer.barrier()
        view = self.threads.conversation(call.actor, call.text("reference"))
        await call.engine.writer.barrier()
        return view

    async def search(self, call: Call) -> list[views.EarlierView]:
        """Find matters."""
        await call.engine.writer.barrier()
        found = self.threads.search(call.actor, call.request.query_params.get("q", "")[:200])
        await call.engine.writer.barrier()
        return found

    async def explanation(self, call: Call) -> views.ExplanationView:
        """Why it was routed as it was; with ``?operator=NAME`` also why not to that one."""
        await call.engine.writer.barrier()
        about = call.request.query_params.get("operator", "")[:200]
        view = self.threads.explanation(call.actor, call.text("reference"), about)
        await call.engine.writer.barrier()
        return view

    async def reply(self, call: Call) -> views.Done:
        """Answer the customer on the channel of the matter."""
        cell, record = self.threads.find(call.actor, call.text("reference"))
        runner = call.engine.supervisor.runners.get(record.channel)
        can = runner.capabilities if runner else None
        if can is None or not can.outbound or can.connects or cell.to is None:
            raise Conflict("this matter cannot be answered in writing on its channel")
        limit = can.text_max_chars
        if limit and len(call.body.text) > limit:
            raise InvalidInput(f"at most {limit} characters on this channel", "text")
        content = c.ContentCell(
            text=call.body.text,
            subject=cell.subject,
            account=cell.account,
            sender=cell.to,
            fields={"answers_to": " ".join(cell.last_provider_ids)},
        )
        command = k.SendReply(conversation_id=record.conversation_id, operator_id=operator_of(call))
        status = call.engine.status
        return views.Done(seq=await call.submit(command, status.with_footer(content, cell, record.language)))

    async def note(self, call: Call) -> views.Done:
        """Write a private note."""
        _, record = self.threads.find(call.actor, call.text("reference"))
        command = k.AddNote(conversation_id=record.conversation_id, operator_id=operator_of(call))
        return views.Done(seq=await call.submit(command, with_content(c.ContentCell(text=call.body.text))))

    async def merge(self, call: Call) -> views.Done:
        """Merge the matter into another of the same customer, where it goes on."""
        _, going = self.threads.find(call.actor, call.text("reference"))
        _, staying = self.threads.find(call.actor, call.body.into)
        command = k.MergeConversations(
            conversation_id=going.conversation_id, into_id=staying.conversation_id, operator_id=operator_of(call)
        )
        return views.Done(seq=await call.submit(command))

    async def split(self, call: Call) -> views.Registered:
        """Make some messages of the matter a new one of the same customer; a repeat answers with that one."""
        _, record = self.threads.find(call.actor, call.text("reference"))
        command = k.SplitConversation(
            conversation_id=record.conversation_id,
            interaction_ids=tuple(call.body.messages),
            operator_id=operator_of(call),
            reference="",
            queue_id=call.body.queue,
            kind=call.body.kind,
        )
        made: list[str] = []

        def contents(events: Sequence[e.Event]) -> list[Write]:
            made.extend(event.reference for event in events if isinstance(event, e.ConversationSplit))
            return []

        await call.submit(splitting.prepare(command, call.engine.setup.new_reference), contents)
        return views.Registered(reference=made[0] if made else self.threads.where(record, call.body.messages[0]))

    async def register(self, call: Call) -> views.Registered:
        """Register a matter by hand; it goes the way of every other input, through the visit channel."""
        operator_of(call)
        visit = next((r for r in call.engine.supervisor.runners.values() if r.channel.name == "visit"), None)
        if visit is None:
            raise Conflict("no visit channel is configured")
        fields = {key: value for key, value in msgspec.structs.asdict(call.body).items() if value}
        if "department" in fields and fields["department"] not in call.state.departments:
            raise InvalidInput("there is no such department", "department")
        key = call.request.headers.get("idempotency-key", "")
        # without a key every form is a visit of its own, though its words may be the same
        distinct = c.joined_key(call.account.login, key) if key else secrets.token_hex(16)
        fields["id"] = hashlib.sha256(distinct.encode()).hexdigest()
        raw = RawInput(
            instance=visit.name,
            account=call.account.login,
            received_ms=self.screens.now_ms(),
            data=msgspec.json.encode(fields),
        )
        visit.channel.normalize(raw)  # a mistake in the form is the caller's to mend, not one for the quarantine
        raw_id = await call.engine.intake.receive(raw)
        return views.Registered(reference=await call.engine.intake.reference_of(raw_id))

    # ---- bytes
    async def attachment(self, call: Call) -> Response:
        """An attachment; always downloaded, never shown in place."""
        content = self._content(call)
        place = call.number("place")
        if place >= len(content.attachments):
            raise NotFound("there is no such attachment")
        part = content.attachments[place]
        data = await call.engine.writer.journal.get_blob(part.digest)
        if data is None:
            raise NotFound("the attachment has been erased")
        return download(data, part.name)

    async def html(self, call: Call) -> Response:
        """The HTML of a mail, sanitized, for a sandboxed frame."""
        html = await call.engine.in_thread(self.sanitize, self._content(call).html)
        policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
        headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
        return Response(f"<!doctype html><meta charset=utf-8>{html}", 200, headers, "text/html")

    @staticmethod
    def sanitize(html: str) -> str:
        """Only what cannot act; remote images are gone."""
        return sanitize_html(html)

    def _content(self, call: Call) -> c.ContentCell:
        cell, _ = self.threads.find(call.actor, call.text("reference"))
        number = call.number("interaction_id")
        belongs = any(
            getattr(event, "interaction_id", 0) == number for _, event in self.threads.events(cell.conversation_id)
        )
        content = c.read(call.engine.writer.journal, c.CONTENT, c.number_key(number), c.ContentCell)
        if not belongs or content is None:
            raise NotFound("there is no such message")
        return content
