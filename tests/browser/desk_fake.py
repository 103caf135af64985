"""A stand-in for the daemon behind the operator desk: the real Structs, invented people, everything in memory.

It decides nothing cleverly; it answers as the contract says, so that the desk can be driven and looked at. Run
``python tests/browser/desk_fake.py`` for a desk at http://127.0.0.1:8977/login (login ``ines``, password ``demo``).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from omniroute.api import views as v

WEB = Path(v.__file__).parents[1] / "web"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
)
MIN, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Refused(Exception):
    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail


PEOPLE = [
    v.PersonView(operator_id="tunde", name="Tunde Okafor", presence="available"),
    v.PersonView(operator_id="lea", name="Lea Brandt", presence="away"),
]


class FakeDesk:
    """The state of one operator's desk. Methods with plain names are what the API does; the rest is for tests."""

    def __init__(self, *, full: bool = True) -> None:
        self.seq = 1
        self.ids = 1000
        self.sockets: dict[WebSocket, asyncio.Queue[bytes]] = {}
        self.asked: list[tuple[str, str]] = []
        self.done: dict[str, Response] = {}
        self.fail_next: dict[str, Refused] = {}
        self.offer_seconds = 20.0
        self.tasks: set[asyncio.Task[None]] = set()
        self.conversations: dict[str, v.ConversationView] = {}
        self.notes: dict[int, str] = {}
        self.offers: list[v.OfferView] = []
        self.notices: list[v.NoticeView] = []
        self.me = v.Me(
            login="ines", name="Ines Vogel", role="operator", operator_id="ines", departments=["support", "sales"]
        )
        self.operator = v.OperatorView(
            operator_id="ines",
            name="Ines Vogel",
            departments=["support", "sales"],
            presence="available",
            reason="",
            load_units=0,
            offered_units=0,
            capacity_units=10,
            item_count=0,
        )
        self.waiting: list[str] = []
        self.extended = 0
        self.chief = False
        self.lease_ms = 30_000
        self.team = [
            self.operator,
            self._colleague("tunde", "Tunde Okafor", "available", 4, ["warehouse"]),
            self._colleague("kv", "Константинопольская-Преображенская Анна", "away", 0, ["support"], "lunch"),
            self._colleague("li", "Lì Nguyễn Phương Thảo", "draining", 7, ["sales"]),
            self._colleague("om", "Omar Haddad", "offline", 0, ["accounting"]),
        ]
        if full:
            self._fill()

    # ---- making people and matters ----
    @staticmethod
    def _colleague(
        login: str, name: str, presence: str, load: int, departments: list[str], reason: str = ""
    ) -> v.OperatorView:
        return v.OperatorView(
            operator_id=login,
            name=name,
            departments=departments,
            presence=presence,
            reason=reason,
            load_units=load,
            offered_units=0,
            capacity_units=10,
            item_count=load // 2,
            connected=presence != "offline",
        )

    def next_id(self) -> int:
        self.ids += 1
        return self.ids

    def entry(self, kind: str, icon: str, author: str, ago_ms: int = 0, **more: Any) -> v.ThreadEntryView:
        return v.ThreadEntryView(
            entry_id=str(self.next_id()),
            kind=kind,
            icon=icon,
            author=author,
            mine=more.pop("mine", False),
            at_ms=now_ms() - ago_ms,
            **more,
        )

    def matter(
        self,
        reference: str,
        customer: str,
        subject: str,
        icon: str,
        *,
        preview: str = "",
        due_in_ms: int | None = 10 * MIN,
        of_ms: int = 30 * MIN,
        mine: bool = True,
        state: str = "assigned",
        kind: str = "question",
        department: str = "support",
        unanswered: bool = True,
        contact: str = "none",
        language: str = "en",
        entries: list[v.ThreadEntryView] | None = None,
        identities: list[v.IdentityView] | None = None,
        earlier: list[v.EarlierView] | None = None,
        handoff: v.HandoffView | None = None,
        wrap_up_ms: int = 0,
        waiting_reason: str = "",
        clock: v.ClockView | None = None,
        text_max: int = 0,
        ago_ms: int = 20 * MIN,
    ) -> v.ConversationView:
        at = now_ms()
        if clock is None and due_in_ms is not None:
            clock = v.ClockView(
                name="first_response", state="running", started_ms=at + due_in_ms - of_ms, due_ms=at + due_in_ms
            )
        entries = entries or [
            self.entry(
                "message",
                icon,
                customer,
                ago_ms,
                text=preview or subject,
                subject=subject if icon == "mail" else "",
                account="service@lumen.example" if icon == "mail" else "",
            )
        ]
        item = v.ItemView(
            work_item_id=self.next_id(),
            reference=reference,
            customer=customer,
            subject=subject,
            preview=preview or entries[-1].text[:120],
            icon=icon,
            channel={"mail": "email", "chat": "web"}.get(icon, icon),
            department=department,
            queue=f"{department}-{icon}",
            state=state,
            owner="Ines Vogel" if mine else "",
            mine=mine,
            priority=0,
            enqueued_ms=at - ago_ms,
            assigned_ms=at - ago_ms // 2 if mine else 0,
            wrap_up_due_ms=at + wrap_up_ms if wrap_up_ms else 0,
            unanswered=unanswered,
            contact=contact,
            clock=clock,
            handoff=handoff,
            waiting_reason=waiting_reason,
        )
        view = v.ConversationView(
            now_ms=at,
            reference=reference,
            subject=subject,
            kind=kind,
            stage="in_progress" if mine else "received",
            department=department,
            queue=item.queue,
            owner=item.owner,
            language=language,
            opened_ms=at - ago_ms,
            disposition="",
            contact=contact,
            clock=clock,
            item=item,
            offer=None,
            actions=[],
            reply_icon=icon,
            reply_to=(identities or [v.IdentityView(kind="", address="")])[0].address if icon == "mail" else "",
            text_max_chars=text_max,
            customer=v.CustomerView(
                customer_id=self.next_id(), name=customer, identities=identities or [], earlier=earlier or []
            ),
            entries=entries,
        )
        self.conversations[reference] = view
        if state == "queued":
            self.waiting.append(reference)
        return view

    def offer(
        self,
        reference: str = "9QWE-77HA",
        customer: str = "Jean-Baptiste Okonkwo-Saint-Laurent",
        subject: str = "Delivery to the wrong branch",
        icon: str = "chat",
        seconds: float | None = None,
        contact: str = "none",
        handoff_from: str = "",
        handoff_note: str = "",
    ) -> v.OfferView:
        """Make an offer; it runs out by itself."""
        view = self.matter(
            reference,
            customer,
            subject,
            icon,
            mine=False,
            state="offered",
            department="sales",
            contact=contact,
            preview="Two of the five boxes went to Nantes and not to Lyon.",
            ago_ms=41_000,
            due_in_ms=80_000,
            of_ms=120_000,
            earlier=[
                v.EarlierView(
                    reference="OLD1-0001",
                    subject="Catalogue",
                    icon="mail",
                    stage="done",
                    at_ms=now_ms() - 9 * DAY,
                    disposition="answered",
                )
            ],
            identities=[v.IdentityView(kind="tel", address="+33 1 5550 0842")],
            text_max=2000,
        )
        assert view.item is not None
        length = int((seconds if seconds is not None else self.offer_seconds) * 1000)
        made = v.OfferView(
            offer_id=self.next_id(),
            offered_ms=now_ms(),
            deadline_ms=now_ms() + length,
            item=view.item,
            earlier_count=3,
            why=[
                "You speak French at level 8; the customer writes French.",
                "Of three free colleagues you have been idle longest: 2 min 10 s.",
            ],
            handoff_from=handoff_from,
            handoff_note=handoff_note,
        )
        self.offers.append(made)
        self.later(length / 1000, lambda: self.end_offer(made.offer_id, "offer_expired"))
        self.publish()
        return made

    def end_offer(self, offer_id: int, kind: str) -> None:
        found = next((one for one in self.offers if one.offer_id == offer_id), None)
        if found is None:
            return
        self.offers.remove(found)
        found.item.state = "queued"
        self.waiting.append(found.item.reference)
        self.notices.append(
            v.NoticeView(notice_id=self.next_id(), kind=kind, reference=found.item.reference, detail="", at_ms=now_ms())
        )
        self.publish()

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        async def wait() -> None:
            await asyncio.sleep(seconds)
            work()

        task = asyncio.get_running_loop().create_task(wait())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def says(self, reference: str, text: str) -> None:
        """The customer says something."""
        view = self.conversations[reference]
        view.entries.append(self.entry("message", view.reply_icon, view.customer.name, text=text))
        if view.item:
            view.item.unanswered = True
            view.item.preview = text
        self.publish(reference)

    def _fill(self) -> None:
        def mail(address: str) -> list[v.IdentityView]:
            return [v.IdentityView(kind="email", address=address)]

        self.matter(
            "2MNB-41TT",
            "Oyelaran Adebayo",
            "Invoice 20418 was charged twice",
            "mail",
            preview="The bank shows two bookings on the same day.",
            due_in_ms=-252_000,
            kind="complaint",
            identities=mail("oyelaran@adebayo.example"),
        )
        self.matter(
            "3F7A-90CX",
            "Visitor 3F7A",
            "Is the showroom open on Saturday?",
            "chat",
            preview="I would come from Leipzig.",
            due_in_ms=48_000,
            of_ms=4 * MIN,
            text_max=2000,
            identities=[v.IdentityView(kind="visitor", address="3F7A-C81D")],
        )
        at = now_ms()
        self.matter(
            "4KX7-9MTD",
            "Marta Kowalczyk-Lindqvist",
            "Lamp arrived with a cracked base",
            "chat",
            preview="Good. I am on the train from five, please send it to the gallery.",
            due_in_ms=380_000,
            of_ms=15 * MIN,
            kind="complaint",
            text_max=2000,
            entries=[
                self.entry(
                    "message",
                    "mail",
                    "Marta Kowalczyk-Lindqvist",
                    2 * DAY,
                    subject="Lamp arrived with a cracked base",
                    account="service@lumen.example",
                    text="The desk lamp came today and its base has a crack right through. I need it for an exhibition on Friday. Can you send another one in time?",
                    quoted="\n".join(f"> line {n} of what was quoted" for n in range(14)),
                    signature="Marta Kowalczyk-Lindqvist\nAtelier Nord, Stockholm",
                    has_html=True,
                    html_url="/api/v1/conversations/4KX7-9MTD/html/1",
                    attachments=[
                        v.AttachmentView(
                            name="base-crack.jpg",
                            content_type="image/jpeg",
                            size_bytes=1_812_000,
                            url="/api/v1/conversations/4KX7-9MTD/attachments/1/0",
                        )
                    ],
                ),
                self.entry(
                    "system",
                    "",
                    "",
                    2 * DAY - 1000,
                    detail="conversation.opened",
                    text="Registered as a complaint, receipt sent with the reference",
                ),
                self.entry(
                    "contact",
                    "phone",
                    "Marta Kowalczyk-Lindqvist",
                    DAY,
                    detail="contact_started",
                    account="+46 8 5550 3121",
                ),
                self.entry("contact", "phone", "", DAY - 9000, detail="contact_connected"),
                self.entry("contact", "phone", "", DAY - 287_000, detail="contact_ended"),
                self.entry(
                    "note",
                    "",
                    "Ines Vogel",
                    DAY - 5 * MIN,
                    mine=True,
                    text="Tunde: three left in the outlet, shelf C4. If none is whole, offer the walnut one.",
                ),
                self.entry(
                    "system",
                    "",
                    "",
                    DAY - 6 * MIN,
                    detail="handoff.returned",
                    text="Warehouse did not take it in time; it stays with Support.",
                ),
                self.entry(
                    "message",
                    "chat",
                    "Marta Kowalczyk-Lindqvist",
                    9 * MIN,
                    text="Hello, it is about my lamp, 4KX7-9MTD. Any news?",
                ),
                self.entry(
                    "reply",
                    "chat",
                    "Ines Vogel",
                    6 * MIN,
                    mine=True,
                    text="Good afternoon, Marta. The warehouse has one and is opening the box to look at it.",
                    delivery="delivered",
                ),
                self.entry(
                    "message",
                    "chat",
                    "Marta Kowalczyk-Lindqvist",
                    4 * MIN,
                    text="Good. I am on the train from five, please send it to the gallery and not to my home address.",
                ),
            ],
            identities=[
                *mail("marta.kl@atelier-nord.example"),
                v.IdentityView(kind="tel", address="+46 8 5550 3121"),
                v.IdentityView(kind="visitor", address="91C2-77AB"),
            ],
            earlier=[
                v.EarlierView(
                    reference="OLD7-1111",
                    subject="Invoice on company name",
                    icon="phone",
                    stage="done",
                    at_ms=at - 9 * DAY,
                    disposition="solved",
                ),
                v.EarlierView(
                    reference="OLD7-2222",
                    subject="Dimmer hums at low light",
                    icon="mail",
                    stage="done",
                    at_ms=at - 40 * DAY,
                    disposition="answered",
                ),
                v.EarlierView(
                    reference="OLD7-3333",
                    subject="Return of a shade",
                    icon="visit",
                    stage="done",
                    at_ms=at - 400 * DAY,
                    disposition="solved",
                ),
            ],
        )
        self.matter(
            "7RTY-22LP",
            "Jürgen Thalmann-Østergaard",
            "Call back, promised for 15:15",
            "phone",
            preview="+49 30 5550 1147",
            due_in_ms=17 * MIN,
            of_ms=24 * MIN,
            contact="over",
            identities=[v.IdentityView(kind="tel", address="+49 30 5550 1147")],
        )
        self.matter(
            "8HEL-55VV",
            "Hélène Marchetti",
            "Collects order 11840",
            "visit",
            preview="Ticket B 14",
            due_in_ms=41 * MIN,
            of_ms=50 * MIN,
            identities=[v.IdentityView(kind="name", address="Hélène Marchetti")],
        )
        self.matter(
            "5BUR-60QQ",
            "Bürgergemeinschaft Schwarzwald-Baar und Umgebung e. V.",
            "Angebot über 40 Leselampen für das Gemeindehaus in Villingen-Schwenningen",
            "mail",
            preview="Sehr geehrte Damen und Herren",
            due_in_ms=112 * MIN,
            of_ms=240 * MIN,
            kind="order",
            language="de",
            department="sales",
            identities=mail("vorstand@buergergemeinschaft-schwarzwald-baar-und-umgebung.example"),
            entries=[
                self.entry(
                    "message",
                    "mail",
                    "Bürgergemeinschaft Schwarzwald-Baar und Umgebung e. V.",
                    3 * HOUR,
                    account="sales@lumen.example",
                    text="\n".join(f"Zeile {n}: wir bitten um ein Angebot." for n in range(1, 31)),
                )
            ],
        )
        self.matter(
            "6RUS-31ЖЖ".replace("Ж", "K"),
            "Константинопольская-Преображенская Анна Сергеевна",
            "Лампа пришла с треснувшим основанием",
            "mail",
            preview="Успеете прислать другую?",
            due_in_ms=150 * MIN,
            of_ms=240 * MIN,
            kind="complaint",
            language="ru",
            identities=mail("anna@galereya.example"),
            entries=[
                self.entry(
                    "message",
                    "mail",
                    "Константинопольская-Преображенская Анна Сергеевна",
                    HOUR,
                    account="service@lumen.example",
                    subject="Лампа пришла с треснувшим основанием",
                    text="Сегодня пришла настольная лампа, основание треснуло насквозь. Она нужна мне к выставке в пятницу. Успеете прислать другую?",
                )
            ],
        )
        met = v.ClockView(
            name="first_response", state="met", started_ms=at - 9 * HOUR, due_ms=at - 5 * HOUR, ended_ms=at - 8 * HOUR
        )
        self.matter(
            "1ILK-08RR",
            "Ilkka Räsänen",
            "Which bulb fits the floor lamp?",
            "mail",
            preview="You: E27, at most 40 W",
            clock=met,
            unanswered=False,
            identities=mail("ilkka@rasanen.example"),
        )
        self.matter(
            "1TOM-44FF",
            "Tomás Ferreira",
            "Discount for trade customers",
            "phone",
            clock=met,
            contact="over",
            handoff=v.HandoffView(
                handoff_id=77, to_department="sales", from_operator="Ines Vogel", deadline_ms=at + 70_000
            ),
        )
        for n, (name, subject) in enumerate(
            (
                ("Nadia Benali", "Change of delivery address"),
                ("Пётр Ёлкин", "Где мой заказ?"),
                ("Aoife Ní Dhomhnaill", "Lost receipt"),
            )
        ):
            self.matter(
                f"QUE{n}-0000",
                name,
                subject,
                "mail" if n else "chat",
                mine=False,
                state="queued",
                due_in_ms=(n + 1) * 9 * MIN,
                waiting_reason="nobody has french>=6, 2 away" if n == 1 else "",
            )
        self.conversations["QUE2-0000"].item.outcome = "callback"  # type: ignore[union-attr]
        self.conversations["3F7A-90CX"].item.idle = True  # type: ignore[union-attr]
        self.conversations["4KX7-9MTD"].tags = ["damaged_in_transit", "vip"]
        self.parked("9SNO-0ZEE", "Siobhán O’Connell", "Waits for a spare part", 3 * HOUR)
        for reference, subject in (
            ("OLD7-1111", "Invoice on company name"),
            ("OLD7-2222", "Dimmer hums at low light"),
            ("OLD7-3333", "Return of a shade"),
        ):
            view = self.matter(
                reference,
                "Marta Kowalczyk-Lindqvist",
                subject,
                "mail",
                mine=False,
                state="closed",
                due_in_ms=None,
                ago_ms=9 * DAY,
            )
            view.stage, view.item, view.disposition = "done", None, "solved"

    def call(self, contact: str = "connected") -> v.ConversationView:
        return self.matter(
            "H3WP-62CN",
            "Jean-Baptiste Okonkwo-Saint-Laurent",
            "Delivery to the wrong branch",
            "phone",
            contact=contact,
            kind="complaint",
            department="sales",
            due_in_ms=None,
            clock=v.ClockView(
                name="first_response",
                state="met",
                started_ms=now_ms() - 300_000,
                due_ms=now_ms() - 280_000,
                ended_ms=now_ms() - 291_000,
            ),
            identities=[
                v.IdentityView(kind="tel", address="+33 1 5550 0842"),
                v.IdentityView(kind="email", address="jb.okonkwo@maison-osl.example"),
            ],
            entries=[
                self.entry(
                    "contact",
                    "phone",
                    "Jean-Baptiste Okonkwo-Saint-Laurent",
                    287_000,
                    detail="contact_started",
                    account="+33 1 5550 0842",
                ),
                self.entry("system", "", "", 280_000, detail="offer.accepted", text="Accepted by Ines Vogel after 9 s"),
                self.entry("contact", "phone", "", 278_000, detail="contact_connected"),
            ],
        )

    def parked(self, reference: str, customer: str, subject: str, length_ms: int) -> v.ConversationView:
        """Something that I have put aside."""
        view = self.matter(reference, customer, subject, "mail", mine=False, state="parked", due_in_ms=None)
        assert view.item is not None
        view.item.parked_by, view.item.parked_until_ms = "Ines Vogel", now_ms() + length_ms
        return view

    def connecting(self, seconds: int = 25) -> v.ConversationView:
        """A call that I have accepted and that is being connected."""
        view = self.call("waiting")
        assert view.item is not None
        view.item.state, view.item.assigned_ms = "connecting", now_ms() - 4000
        view.item.connect_due_ms = now_ms() + seconds * 1000
        return view

    # ---- what the API answers ----
    def items(self) -> list[v.ItemView]:
        return [view.item for view in self.conversations.values() if view.item]

    def desk(self) -> v.DeskView:
        mine = [item for item in self.items() if item.mine]
        cost = {"phone": 10, "chat": 2, "mail": 1, "visit": 1}
        load: dict[str, int] = {}
        for item in mine:
            if item.icon != "phone" or item.contact in {"connected", "waiting"}:
                load[item.icon] = load.get(item.icon, 0) + cost[item.icon]
        if "phone" in load:  # a call takes all of an operator; what is held beside it rests
            load = {"phone": 10}
        self.operator.load_units = min(10, sum(load.values()))
        self.operator.offered_units = min(10 - self.operator.load_units, 2 * len(self.offers))
        waiting = [item for ref in self.waiting if (item := self.conversations[ref].item) and item.state == "queued"]
        names = {
            "support": "Support",
            "sales": "Sales",
            "warehouse": "Warehouse",
            "accounting": "Accounting and accounts receivable",
        }
        departments = [
            v.DepartmentView(
                department_id=dept,
                name=name,
                queues=[
                    v.QueueView(
                        queue_id=f"{dept}-{icon}",
                        department=dept,
                        waiting=sum(item.queue == f"{dept}-{icon}" for item in waiting),
                        longest_wait_since_ms=now_ms() - 4 * MIN
                        if any(item.queue == f"{dept}-{icon}" for item in waiting)
                        else 0,
                        operators_available=count,
                        open=dept != "accounting",
                    )
                    for icon, count in ((("mail", 2), ("chat", 1)) if dept in {"support", "sales"} else (("mail", 0),))
                ],
            )
            for dept, name in names.items()
        ]
        return v.DeskView(
            now_ms=now_ms(),
            seq=self.seq,
            me=self.operator,
            load=[v.LoadShare(icon=icon, units=units) for icon, units in load.items()],
            offers=self.offers,
            mine=mine,
            waiting=waiting,
            waiting_count=len(waiting),
            team=self.team,
            departments=departments,
            dispositions=["solved", "information_given", "handed_over", "call_back_agreed", "no_answer", "spam"],
            away_reasons=["break", "lunch", "meeting"],
            notices=self.notices[-20:],
            quarantine_count=2,
            parked=[item for item in self.items() if item.state == "parked"],
            channels=[
                v.DeskChannelView(instance="email", icon="mail", title="Email"),
                v.DeskChannelView(instance="web", icon="chat", title="Web"),
                v.DeskChannelView(instance="phone", icon="phone", title="Phone"),
                v.DeskChannelView(instance="visit", icon="visit", title="Visit"),
            ],
            lease_ms=self.lease_ms,
            kinds=[v.KindView(kind=name) for name in ("question", "request", "complaint", "order")],
        )

    def view(self, reference: str) -> v.ConversationView:
        if reference not in self.conversations:
            raise Refused(404, "not_found", "There is no such reference.")
        view = self.conversations[reference]
        item = view.item
        view.now_ms = now_ms()
        view.offer = next((one for one in self.offers if one.item.reference == reference), None)
        view.actions = []
        if view.offer:
            view.actions = ["accept", "decline"]
        elif item and item.mine and item.state == "wrap_up":
            view.actions = ["complete", "note"] + ["extend_wrap_up"] * (self.extended < 3)
        elif item and item.mine and item.state == "connecting":
            view.actions = ["note"]
        elif item and item.mine:
            mine = ["merge", "split", "transfer", "release", "snooze", "requeue"]
            view.actions = ["note", "stage", "fields", *mine]
            if item.icon != "phone":
                view.actions += ["reply"]
            view.actions += ["end_contact"] if item.contact in {"connected", "waiting"} else ["complete"]
            if item.handoff:
                view.actions = ["note", "reply", "cancel_handoff"]
        elif item:
            view.actions = ["note"]
            view.actions += ["pull"] if item.state in {"queued", "parked"} else []
            view.actions += ["requeue"] if item.state == "parked" or self.chief else []
            view.actions += ["force"] if self.chief and item.state == "queued" else []
        if self.chief and item and item.state == "assigned" and not item.handoff:
            view.actions.append("reassign")
        view.waiting = self.why_waiting(item) if item and item.state == "queued" else None
        if item and item.state == "queued":
            item.position, item.wait_low_s, item.wait_high_s, item.wait_percent = 3, 240, 540, 80
        return view

    @staticmethod
    def why_waiting(item: v.ItemView) -> v.WaitingView:
        return v.WaitingView(
            work_item_id=item.work_item_id,
            queue=item.queue,
            counts={"presence:away": 12, "capacity": 4, "skill:french>=6": 3, "channel_max": 1},
            nobody_has=["french>=6"] if item.waiting_reason else [],
            nobody_can=bool(item.waiting_reason),
            held_for="Tunde Okafor" if item.icon == "chat" else "",
            hold_until_ms=now_ms() + 40_000,
            next_step=v.NextStepView(
                at_ms=now_ms() + 25_000,
                drop=["french"],
                lower=["billing>=3"],
                departments=["sales"],
                queues=[],
                operators=[],
            ),
        )

    def pull(self, item: v.ItemView) -> None:
        self.give(item, "Ines Vogel")

    def give(self, item: v.ItemView, name: str) -> None:
        view = self.conversations[item.reference]
        item.state, item.owner, item.mine, item.assigned_ms = "assigned", name, name == "Ines Vogel", now_ms()
        item.parked_by, item.parked_until_ms, view.owner, view.stage = "", 0, name, "in_progress"
        if item.reference in self.waiting:
            self.waiting.remove(item.reference)

    def give_to(self, item: v.ItemView, operator_id: str) -> None:
        person = next(one for one in self.team if one.operator_id == operator_id)
        if person.presence != "available":
            raise Refused(409, "conflict", "that operator is not available")
        self.give(item, person.name)

    def snooze(self, item: v.ItemView, until_ms: int) -> None:
        item.state, item.mine, item.owner = "parked", False, ""
        item.parked_by, item.parked_until_ms = "Ines Vogel", until_ms

    def requeue(self, item: v.ItemView, queue: str) -> None:
        item.state, item.mine, item.owner, item.queue = "queued", False, "", queue
        item.department = self.conversations[item.reference].department = queue.partition("-")[0]
        self.waiting.append(item.reference)

    def merge(self, reference: str, into: str) -> None:
        going, staying = self.conversations.pop(reference), self.conversations[into]
        staying.entries = sorted(going.entries + staying.entries, key=lambda entry: entry.at_ms)
        staying.customer.earlier = [one for one in staying.customer.earlier if one.reference != reference]

    def split(self, reference: str, messages: list[int]) -> v.Registered:
        view = self.conversations[reference]
        view.entries = [one for one in view.entries if one.interaction_id not in messages]
        view.message_count -= len(messages)
        self.publish(reference)
        return v.Registered(reference="9CDE-FGHJ")

    def item(self, work_item_id: int) -> v.ItemView:
        for item in self.items():
            if item.work_item_id == work_item_id:
                return item
        raise Refused(404, "not_found", "There is no such work item.")

    def say(self, reference: str, text: str, kind: str) -> v.Done:
        view = self.view(reference)
        entry = self.entry(
            kind,
            view.reply_icon if kind == "reply" else "",
            "Ines Vogel",
            text=text,
            mine=True,
            delivery="sending" if kind == "reply" else "",
        )
        view.entries.append(entry)
        if kind == "reply" and view.item:
            view.item.unanswered = False
            view.item.preview = text
            if view.clock and view.clock.state == "running":
                view.clock.state, view.clock.ended_ms = "met", now_ms()

            def delivered() -> None:
                entry.delivery = "delivered"
                self.publish(reference)

            self.later(0.15, delivered)
        self.publish(reference)
        return v.Done(seq=self.seq)

    def change(self, work: Callable[[], Any]) -> v.Done:
        work()
        self.publish()
        return v.Done(seq=self.seq)

    def take(self, offer_id: int, accept: bool) -> v.Done:
        found = next((one for one in self.offers if one.offer_id == offer_id), None)
        if found is None:
            raise Refused(409, "conflict", "Taken by Tunde Okafor.")
        self.offers.remove(found)
        view = self.conversations[found.item.reference]
        assert view.item is not None
        if accept:
            view.item.state, view.item.mine, view.item.owner, view.owner = "assigned", True, "Ines Vogel", "Ines Vogel"
            view.item.assigned_ms = now_ms()
            view.stage = "in_progress"
            if view.item.contact == "waiting":
                view.item.contact = view.contact = "connected"
            view.entries.append(self.entry("system", "", "", detail="offer.accepted", text="Accepted by Ines Vogel"))
        else:
            view.item.state = "queued"
            self.waiting.append(view.reference)
        self.publish(view.reference)
        return v.Done(seq=self.seq)

    def end_contact(self, item: v.ItemView) -> None:
        view = self.conversations[item.reference]
        item.state, item.contact, view.contact, item.wrap_up_due_ms = "wrap_up", "over", "over", now_ms() + 90_000
        view.entries.append(self.entry("contact", "phone", "", detail="contact_ended"))
        self.publish(item.reference)

    def extend_wrap_up(self, item: v.ItemView) -> None:
        item.wrap_up_due_ms += 90_000
        self.extended += 1
        self.publish(item.reference)

    def complete(self, item: v.ItemView, body: dict[str, Any]) -> None:
        view = self.conversations[item.reference]
        view.disposition, view.item = body["disposition"], None
        view.stage = "done"
        if body.get("note"):
            view.entries.append(self.entry("note", "", "Ines Vogel", text=body["note"], mine=True))

    def transfer(self, item: v.ItemView, body: dict[str, Any]) -> None:
        handoff = v.HandoffView(
            handoff_id=self.next_id(),
            to_department=body["department"],
            from_operator="Ines Vogel",
            deadline_ms=now_ms() + 5 * MIN,
            kind=body["kind"],
            due_ms=body.get("due_ms", 0),
            summary=body.get("summary", ""),
        )
        if body["kind"] in {"consult", "task"}:
            handoff.can_cancel = True
            self.conversations[item.reference].parts.append(handoff)
        else:
            item.handoff = handoff
        self.conversations[item.reference].entries.append(
            self.entry(
                "system",
                "",
                "Ines Vogel",
                detail="handoff.requested",
                text=f"Offered to {body['department'].title()} by Ines Vogel"
                + (f": {body['summary']}" if body.get("summary") else ""),
            )
        )

    def release(self, item: v.ItemView) -> None:
        item.mine, item.state, item.owner = False, "queued", ""
        self.waiting.append(item.reference)

    def register(self, body: dict[str, Any]) -> v.Registered:
        reference = f"NEW{len(self.conversations)}-1AAA"
        self.matter(
            reference,
            body["name"],
            body.get("subject", ""),
            "visit",
            preview=body["text"],
            mine=False,
            state="queued",
            kind=body.get("kind", "question"),
        )
        self.publish()
        return v.Registered(reference=reference)

    def explanation(self, reference: str, about: str = "") -> v.ExplanationView:
        view = self.view(reference)
        at = now_ms()
        person = next((one for one in self.team if one.operator_id == about), None)
        return v.ExplanationView(
            reference=reference,
            waiting_reason="" if view.owner else "nobody has french>=6, 12 away; requirement french falls away in 25 s",
            waiting=[view.waiting] if view.waiting else [],
            steps=[
                v.StepView(
                    at_ms=at - 120_000,
                    kind="work_item.moved.overflow",
                    text="Moved to Support, Chat, because too many were waiting",
                ),
                v.StepView(
                    at_ms=at - 75_000,
                    kind="work_item.relaxed",
                    text="Waited long enough for step 1: needs french>=3, open to Sales",
                ),
            ],
            about=self.about(person.name, at) if person else None,
            decisions=[
                v.DecisionView(
                    at_ms=at - 90_000,
                    work_item_id=1,
                    queue="support-chat",
                    policy="longest_idle",
                    chosen="Константинопольская-Преображенская Анна",
                    outcome="expired",
                    sentence="Константинопольская-Преображенская Анна came first of 41 by longest idle.",
                    terms=["load_permille", "idle_since_ms"],
                    candidates=[
                        v.CandidateView(
                            operator="Константинопольская-Преображенская Анна", terms=[200, at - 90_000 - 540_000]
                        ),
                        v.CandidateView(operator="Ines Vogel", terms=[200, at - 90_000 - 120_000]),
                    ],
                    excluded={"presence:away": 12, "capacity": 4, "skill:french>=6": 3},
                    offer_id=1,
                    eligible=41,
                    waited_ms=35_000,
                    expected_ms=300_000,
                    named=[
                        v.ExcludedView(operator="Tunde Okafor", reason="capacity"),
                        v.ExcludedView(operator="Lì Nguyễn Phương Thảo", reason="skill:french>=6"),
                    ],
                    trigger="item",
                ),
                v.DecisionView(
                    at_ms=at - 60_000,
                    work_item_id=1,
                    queue="support-chat",
                    policy="sticky+longest_idle",
                    chosen="Ines Vogel",
                    outcome="accepted",
                    sentence="Ines Vogel was the only candidate.",
                    terms=["load_permille", "idle_since_ms"],
                    candidates=[v.CandidateView(operator="Ines Vogel", terms=[400, at - 160_000])],
                    excluded={"backoff": 1, "presence:away": 2},
                    offer_id=2,
                    eligible=1,
                    relaxed=1,
                    trigger="operator",
                ),
            ],
        )

    @staticmethod
    def about(name: str, at: int) -> v.AboutView:
        mine = name == "Ines Vogel"
        terms = [200, at - 90_000 - 120_000]
        return v.AboutView(
            operator=name,
            now="without room",
            reasons=["capacity"],
            decisions=[
                v.AboutDecisionView(
                    offer_id=1,
                    at_ms=at - 90_000,
                    chosen="Константинопольская-Преображенская Анна",
                    place=2 if mine else 0,
                    terms=terms if mine else [],
                    reason="",
                ),
                v.AboutDecisionView(
                    offer_id=2,
                    at_ms=at - 60_000,
                    chosen="Ines Vogel",
                    place=1 if mine else 0,
                    terms=terms if mine else [],
                    reason="",
                    excluded="" if mine else "backoff",
                ),
            ],
        )

    def find(self, query: str) -> list[v.EarlierView]:
        query = query.casefold()
        return [
            v.EarlierView(
                reference=view.reference,
                subject=view.subject,
                icon=view.reply_icon,
                stage=view.stage,
                at_ms=view.opened_ms,
                disposition=view.disposition,
            )
            for view in self.conversations.values()
            if query in f"{view.reference} {view.subject} {view.customer.name}".casefold()
        ][:50]

    def publish(self, reference: str = "") -> None:
        self.seq += 1
        frames = [{"type": "desk", "desk": self.desk()}]
        if reference:
            frames.append({"type": "conversation", "reference": reference})
        for queue in self.sockets.values():
            for frame in frames:
                queue.put_nowait(msgspec.json.encode(frame))


def make_app(fake: FakeDesk) -> Starlette:  # noqa: C901 - one small function an endpoint
    def answer(value: Any, status: int = 200) -> Response:
        return Response(msgspec.json.encode(value), status, media_type="application/json")

    def problem(error: Refused) -> Response:
        body = {
            "type": "about:blank",
            "title": error.code,
            "status": error.status,
            "detail": error.detail,
            "code": error.code,
        }
        return Response(msgspec.json.encode(body), error.status, media_type="application/problem+json")

    def api(
        work: Callable[[Request, dict[str, Any]], Any], status: int = 200, *, public: bool = False
    ) -> Callable[[Request], Any]:
        async def handle(request: Request) -> Response:
            body = msgspec.json.decode(await request.body() or b"{}")
            key = request.headers.get("idempotency-key", "")
            if request.method != "GET":
                fake.asked.append((f"{request.method} {request.url.path}", msgspec.json.encode(body).decode()))
            if not public and request.cookies.get("omniroute_session") != "ok":
                return problem(Refused(401, "unauthenticated", "Sign in first."))
            if key and key in fake.done:
                return fake.done[key]
            try:
                if refused := fake.fail_next.pop(request.url.path.rsplit("/", 1)[-1], None):
                    raise refused
                made = work(request, body)
            except Refused as error:
                return problem(error)
            response = made if isinstance(made, Response) else answer(made, status)
            if key:
                fake.done[key] = response
            return response

        return handle

    def login(request: Request, body: dict[str, Any]) -> Response:
        if (body["login"], body["password"]) != ("ines", "demo"):
            raise Refused(401, "unauthenticated", "Login and password do not match.")
        made = answer(v.Session(token="t", expires_ms=now_ms() + DAY, me=fake.me))
        made.set_cookie("omniroute_session", "ok", httponly=True, samesite="strict")
        return made

    def logout(request: Request, body: dict[str, Any]) -> Response:
        made = Response(status_code=204)
        made.delete_cookie("omniroute_session")
        return made

    def presence(request: Request, body: dict[str, Any]) -> v.Done:
        def work() -> None:
            if channel := body.get("channel"):
                fake.operator.channels = {**fake.operator.channels, channel: body["presence"]}
                return
            fake.operator.presence, fake.operator.reason = body["presence"], body.get("reason", "")

        return fake.change(work)

    def ref(request: Request) -> str:
        return str(request.path_params["ref"])

    def item(request: Request) -> v.ItemView:
        return fake.item(request.path_params["id"])

    def ended(request: Request, body: dict[str, Any]) -> v.Done:
        return fake.change(lambda: fake.end_contact(item(request)))

    def extended(request: Request, body: dict[str, Any]) -> v.Done:
        return fake.change(lambda: fake.extend_wrap_up(item(request)))

    def given(request: Request, body: dict[str, Any]) -> v.Done:
        return fake.change(lambda: fake.give_to(item(request), body["operator"]))

    def cancel(request: Request, body: dict[str, Any]) -> v.Done:
        def work() -> None:
            for one in fake.items():
                if one.handoff and one.handoff.handoff_id == request.path_params["id"]:
                    one.handoff = None

        return fake.change(work)

    def html(request: Request, body: dict[str, Any]) -> Response:
        return Response(
            "<p>The desk lamp <b>came today</b>.</p>",
            media_type="text/html",
            headers={
                "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
            },
        )

    def quarantine(request: Request, body: dict[str, Any]) -> list[v.QuarantineView]:
        return [
            v.QuarantineView(
                raw_id=n,
                channel="email",
                account="service@lumen.example",
                reason="nested deeper than 100 parts",
                received_ms=now_ms() - n * HOUR,
                size_bytes=48_213 * n,
                url=f"/api/v1/quarantine/{n}/raw",
            )
            for n in (1, 2)
        ]

    async def demo_info(request: Request) -> Response:
        return answer(
            {
                "company": "Lumen Lamps",
                "password": "demo",
                "smtp": "127.0.0.1:2525",
                "logins": [
                    {"login": "ines", "name": "Ines Vogel", "role": "operator", "departments": ["Support", "Sales"]},
                    {"login": "tunde", "name": "Tunde Okafor", "role": "supervisor", "departments": ["Warehouse"]},
                ],
                "links": [
                    {
                        "title": "Chat on the shop's page",
                        "href": "/channels/web/demo",
                        "what": "Write as a visitor; the window may be closed and opened again.",
                    },
                    {
                        "title": "Telephone",
                        "href": "/channels/phone/simulator",
                        "what": "Call the company with a simulated telephone.",
                    },
                ],
            }
        )

    async def events(socket: WebSocket) -> None:
        await socket.accept()
        if socket.cookies.get("omniroute_session") != "ok":
            await socket.close(4401)
            return
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        fake.sockets[socket] = queue
        queue.put_nowait(msgspec.json.encode({"type": "desk", "desk": fake.desk()}))

        async def send() -> None:
            while True:
                await socket.send_text((await queue.get()).decode())

        sender = asyncio.create_task(send())
        try:
            while True:
                if '"ping"' in await socket.receive_text():
                    queue.put_nowait(b'{"type":"pong"}')
        except WebSocketDisconnect:
            pass
        finally:
            sender.cancel()
            fake.sockets.pop(socket, None)

    def page(name: str) -> Callable[[Request], Any]:
        async def send(request: Request) -> Response:
            return FileResponse(WEB / "pages" / f"{name}.html")

        return send

    async def home(request: Request) -> Response:
        return RedirectResponse("/desk")

    def route(
        path: str,
        method: str,
        work: Callable[[Request, dict[str, Any]], Any],
        status: int = 200,
        *,
        public: bool = False,
    ) -> Route:
        return Route(f"/api/v1{path}", api(work, status, public=public), methods=[method])

    routes = [
        route("/login", "POST", login, public=True),
        route("/logout", "POST", logout),
        route("/me", "GET", lambda r, b: fake.me),
        route("/desk", "GET", lambda r, b: fake.desk()),
        route("/presence", "PUT", presence),
        route("/offers/{id:int}/accept", "POST", lambda r, b: fake.take(r.path_params["id"], True)),
        route("/offers/{id:int}/decline", "POST", lambda r, b: fake.take(r.path_params["id"], False)),
        route("/conversations", "GET", lambda r, b: fake.find(r.query_params["q"])),
        route("/conversations", "POST", lambda r, b: fake.register(b), 201),
        route("/conversations/{ref}", "GET", lambda r, b: fake.view(ref(r))),
        route("/conversations/{ref}/replies", "POST", lambda r, b: fake.say(ref(r), b["text"], "reply"), 201),
        route("/conversations/{ref}/notes", "POST", lambda r, b: fake.say(ref(r), b["text"], "note"), 201),
        route(
            "/conversations/{ref}/explanation",
            "GET",
            lambda r, b: fake.explanation(ref(r), r.query_params.get("operator", "")),
        ),
        route("/conversations/{ref}/html/{entry}", "GET", html),
        route(
            "/conversations/{reference}/merge",
            "POST",
            lambda r, b: fake.change(lambda: fake.merge(r.path_params["reference"], b["into"])),
        ),
        route(
            "/conversations/{reference}/split",
            "POST",
            lambda r, b: fake.split(r.path_params["reference"], b["messages"]),
        ),
        route("/work-items/{id:int}/transfer", "POST", lambda r, b: fake.change(lambda: fake.transfer(item(r), b))),
        route("/work-items/{id:int}/end-contact", "POST", ended),
        route("/work-items/{id:int}/extend-wrap-up", "POST", extended),
        route("/work-items/{id:int}/complete", "POST", lambda r, b: fake.change(lambda: fake.complete(item(r), b))),
        route("/work-items/{id:int}/release", "POST", lambda r, b: fake.change(lambda: fake.release(item(r)))),
        route("/work-items/{id:int}/pull", "POST", lambda r, b: fake.change(lambda: fake.pull(item(r)))),
        route("/work-items/{id:int}/force", "POST", given),
        route("/work-items/{id:int}/reassign", "POST", given),
        route(
            "/work-items/{id:int}/snooze", "POST", lambda r, b: fake.change(lambda: fake.snooze(item(r), b["until_ms"]))
        ),
        route(
            "/work-items/{id:int}/requeue", "POST", lambda r, b: fake.change(lambda: fake.requeue(item(r), b["queue"]))
        ),
        route("/handoffs/{id:int}/cancel", "POST", cancel),
        route("/departments/{id}/people", "GET", lambda r, b: PEOPLE),
        route("/quarantine", "GET", quarantine),
        WebSocketRoute("/api/v1/events", events),
        Route("/demo/info.json", demo_info),
        Route("/", home),
        *(Route(f"/{name}", page(name)) for name in ("desk", "login", "demo", "quarantine")),
        Mount("/static", StaticFiles(directory=WEB / "static")),
    ]
    app = Starlette(routes=routes)

    async def secured(scope: Any, receive: Any, send: Any) -> None:
        async def add(message: Any) -> None:
            if message["type"] == "http.response.start" and not any(
                name == b"content-security-policy" for name, _ in message["headers"]
            ):
                message["headers"] = [
                    *message["headers"],
                    (b"content-security-policy", CSP.encode()),
                    (b"x-content-type-options", b"nosniff"),
                    (b"cache-control", b"public, max-age=300" if scope["path"].startswith("/static/") else b"no-store"),
                ]
            await send(message)

        await app(scope, receive, add if scope["type"] == "http" else send)

    outer = Starlette()
    outer.mount("/", secured)
    return outer


@contextlib.asynccontextmanager
async def serve(fake: FakeDesk, port: int = 0) -> AsyncIterator[str]:
    """Serve on a free port in this event loop; yields the base address."""
    listener = socket.create_server(("127.0.0.1", port))
    server = uvicorn.Server(
        uvicorn.Config(
            make_app(fake), log_level="warning", ws="websockets-sansio", lifespan="off", timeout_graceful_shutdown=1
        )
    )
    # Handlers of signals belong to the test run.
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        for timer in list(fake.tasks):
            timer.cancel()
        server.should_exit = True
        server.force_exit = True
        await task
        listener.close()


async def main() -> None:
    fake = FakeDesk(full="empty" not in sys.argv)
    async with serve(fake, 8977) as url:
        print(f"{url}/login  (ines, demo)")
        fake.offer(seconds=600)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
