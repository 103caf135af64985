"""A contact centre with a department of its own for each thing that routing promises, and the systems around it.

The times are small, the departments share nobody: what one test does, no other one sees.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import httpx2
from tests.acceptance.daemon import CALL_SECRET, LIMIT_S, PASSWORD, Daemon, free_port, until

HEAD = """\
company = "Routing"

[server]
port = {http_port}

[kinds.question]
notices = []

[journal]
path = "{directory}/centre.db"

[routing]
rona_limit = 2
offers_max = 3
lease = "{lease}"
return_hold = "1h"

[channels.mail]
kind = "email"
queue = "intake.general"
queues_by_account = {{ {mailboxes} }}

[channels.mail.options]
listen = "127.0.0.1:{smtp_port}"
addresses = [{addresses}]
relay_host = "127.0.0.1"
relay_port = {relay_port}
relay_tls = "none"

[channels.web]
kind = "webchat"
queue = "lease.general"
cost = 2

[channels.shop]
kind = "webchat"
queue = "chat.general"
cost = 2
max_items = 2
idle = "1s"

[channels.phone]
kind = "phone"
queue = "calls.general"
cost = 10
interrupts = ["mail"]
connect = "2s"
queues_by_account = {{ "+4930100" = "lonely.general", "+4930200" = "lease.general", "+4930300" = "busy.general" }}

[channels.phone.options]
secret = "{secret}"
numbers = ["+4930000", "+4930100", "+4930200", "+4930300"]
control_url = "{control_url}"

[[classify]]
name = "vip"
when = {{ address = ["*@vip.example"] }}
then = {{ tags = ["vip"], priority = 3, go_on = true }}

[[classify]]
name = "invoices"
when = {{ subject = ["invoice*"] }}
then = {{ queue = "intake.billing", tags = ["invoice"], requires = ["latin>=3"] }}

[operators.root]
name = "Root"
departments = []
role = "admin"
password = "{password}"
"""

QUEUES: dict[str, str] = {
    "intake.general": "",
    "intake.billing": 'requires = ["billing>=5"]',
    "relax.general": 'requires = ["spanish>=5"]\nrelax = ["after 2s spanish>=3", "after 3s drop spanish"]',
    "relax.patient": 'requires = ["spanish>=5"]\nrelax = ["after 1h drop spanish"]',
    "over.general": 'requires = ["rare"]\noverflow = ["wait 2s to over.second"]',
    "over.second": "",
    "lonely.general": 'overflow = ["unstaffed to callback"]',
    "calls.general": 'backoff = "1h"',
    "lease.general": "",
    "hand.general": 'requires = ["hands"]',
    "hand.other": 'requires = ["hands"]',
    "explain.general": 'policy = "most_skilled"\nrequires = ["trade>=2"]\nrelax = ["after 1h drop trade"]',
    "plug.general": 'policy = "clumsy"',
    "auto.general": 'auto_accept = true\nanswer = "1s"\nbackoff = "1h"',
    "sticky.general": 'policy = ["sticky", "longest_idle"]\nsticky = "1h"',
    "chat.general": "",
    "busy.general": "",
    "short.general": 'offer = "2s"\nbackoff = "1h"',
}

OPERATORS: dict[str, str] = {
    "ida": 'departments = ["intake"]\nskills = { billing = 7, latin = 2 }',
    "ilse": 'departments = ["intake"]\nskills = { billing = 5, latin = 3 }',
    "rita": 'departments = ["relax"]\nskills = { spanish = 2 }',
    "olga": 'departments = ["over"]\nskills = { rare = 5 }',
    "otto": 'departments = ["over"]',
    "lone": 'departments = ["lonely"]\ncapacity = 20',
    "carl": 'departments = ["calls"]\ncapacity = 10',
    "cora": 'departments = ["calls"]\ncapacity = 10',
    "lea": 'departments = ["lease"]\ncapacity = 30',
    "hal": 'departments = ["hand"]\nskills = { hands = 1 }\ncapacity = 3',
    "hub": 'departments = ["hand"]\nskills = { hands = 1 }\ncapacity = 1',
    "hugo": 'departments = ["hand"]',
    "sue": 'departments = ["hand"]\nrole = "supervisor"',
    "sid": 'departments = ["relax"]\nrole = "supervisor"',
    "eva": 'departments = ["explain"]\nskills = { trade = 9 }',
    "edd": 'departments = ["explain"]\nskills = { trade = 3 }',
    "eli": 'departments = ["explain"]\nskills = { trade = 1 }',
    "paul": 'departments = ["plug"]',
    "pia": 'departments = ["plug"]',
    "abe": 'departments = ["auto"]',
    "amy": 'departments = ["auto"]',
    "sam": 'departments = ["sticky"]\ncapacity = 1',
    "sol": 'departments = ["sticky"]',
    "cho": 'departments = ["chat"]\ncapacity = 4',
    "bea": 'departments = ["busy"]\ncapacity = 10',
    "sho": 'departments = ["short"]',
}


def _toml(staff: Iterable[str]) -> str:
    """The whole file, with the holes that `Daemon` fills."""
    parts = [HEAD]
    mailboxes = [f'"{queue}@centre.example"' for queue in QUEUES]
    parts[0] = parts[0].replace("{addresses}", ", ".join([*mailboxes, '"service@shop.example"']))
    pairs = [f'{box} = "{queue}"' for box, queue in zip(mailboxes, QUEUES, strict=True)]
    parts[0] = parts[0].replace("{mailboxes}", ", ".join(pairs))
    for department in dict.fromkeys(queue.partition(".")[0] for queue in QUEUES):
        parts.append(f'[departments.{department}]\ntitle = "{department.title()}"\ndefault_queue = "general"')
    for queue, keys in QUEUES.items():
        department, _, name = queue.partition(".")
        parts.append(f"[departments.{department}.queues.{name}]\n{keys}")
    for login in staff:
        escaped = OPERATORS[login].replace("{", "{{").replace("}", "}}")
        parts.append(f'[operators.{login}]\nname = "{login.title()}"\npassword = "{{password}}"\n{escaped}')
    return "\n\n".join(parts)


class Centre(Daemon):
    """The daemon of this contact centre, its customers and its staff."""

    def __init__(
        self,
        directory: Path,
        exchange: Exchange,
        *,
        plugins: Path,
        staff: Iterable[str] = OPERATORS,
        lease: str = "2s",
        **changes: Any,
    ) -> None:
        self._clients: dict[str, httpx2.Client] = {}
        super().__init__(
            directory,
            toml=_toml(staff),
            environment={"PYTHONPATH": str(plugins)},
            control_url=exchange.url,
            lease=lease,
            **changes,
        )

    def start(self) -> Self:
        """Nobody's connection outlives the daemon."""
        self._hang_up()
        return super().start()

    def __exit__(self, *reason: object) -> None:
        self._hang_up()
        super().__exit__(*reason)

    def _hang_up(self) -> None:
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    @contextlib.contextmanager
    def client(self, login: str) -> Iterator[httpx2.Client]:  # type: ignore[override]
        """A program that stays connected."""
        if login not in self._clients:
            self._clients[login] = super().client(login)
        yield self._clients[login]

    # ---- customers
    def write(self, queue: str, subject: str, **headers: str) -> dict[str, Any]:
        """A letter of somebody new to the mailbox of a queue; its matter, once it is there."""
        self.mail(subject, To=f"{queue}@centre.example", **({"From": f"{subject}@customer.example"} | headers))
        return self.matter(until(lambda: self.found(subject), f"{subject} did not come")[0]["reference"])

    def ring(self, call_id: str, number: str, caller: str) -> str:
        """A call comes in; the reference of its matter."""
        assert self.call_event("offered", call_id, caller, to=number).status_code == 200
        return str(until(lambda: self.found(caller), f"{call_id} did not come")[0]["reference"])

    # ---- staff
    def matter(self, reference: str, login: str = "root") -> dict[str, Any]:
        """A matter, as somebody sees it."""
        return dict(self.call(login, "GET", f"/conversations/{reference}"))

    def item(self, reference: str) -> dict[str, Any]:
        """Its open work."""
        return dict(self.matter(reference)["item"] or {"state": "closed"})

    def becomes(self, reference: str, right: Callable[[dict[str, Any]], Any], what: str) -> dict[str, Any]:
        """The open work of a matter, once it is so."""
        seen: dict[str, Any] = {}

        def look() -> bool:
            seen.clear()
            seen.update(self.item(reference))
            return bool(right(seen))

        try:
            until(look, what)
        except AssertionError as late:
            raise AssertionError(f"{what}: {seen}") from late
        return seen

    def offer(self, login: str, reference: str) -> dict[str, Any]:
        """The offer of a matter to somebody, once it is made."""
        return dict(
            until(
                lambda: [one for one in self.offers(login) if one["item"]["reference"] == reference],
                f"{reference} is not offered to {login}",
            )[0]
        )

    def accept(self, login: str, reference: str) -> int:
        """Take what is offered; the number of the work item."""
        offer = self.offer(login, reference)
        self.call(login, "POST", f"/offers/{offer['offer_id']}/accept")
        return int(offer["item"]["work_item_id"])

    def answer(self, login: str, reference: str) -> None:
        """Write to the customer."""
        self.call(login, "POST", f"/conversations/{reference}/replies", {"text": "So it is."})

    def act(self, login: str, item: int, what: str, **body: Any) -> tuple[int, dict[str, Any]]:
        """Something with work, allowed or not: status and answer."""
        with self.client(login) as client:
            answer = client.post(f"/work-items/{item}/{what}", json=body)
        return answer.status_code, answer.json()

    def complete(self, login: str, item: int) -> None:
        """Done."""
        assert self.act(login, item, "complete", disposition="solved")[0] == 200

    def away(self, *logins: str) -> None:
        """Out of the way."""
        for login in logins:
            self.call(login, "PUT", "/presence", {"presence": "away"})

    def me(self, login: str) -> dict[str, Any]:
        """How somebody stands."""
        return dict(self.call(login, "GET", "/desk")["me"])

    def explanation(self, reference: str, operator: str = "", login: str = "root") -> dict[str, Any]:
        """Why."""
        question = f"?operator={operator}" if operator else ""
        return dict(self.call(login, "GET", f"/conversations/{reference}/explanation{question}"))

    def outcomes(self, reference: str) -> list[tuple[str, str]]:
        """Whom it was offered to, and how that ended."""
        return [(one["chosen"], one["outcome"]) for one in self.explanation(reference)["decisions"]]

    def steps(self, reference: str) -> list[str]:
        """What else happened to its work."""
        return [one["kind"] for one in self.explanation(reference)["steps"]]


class Exchange:
    """A telephone system: takes orders by HTTP and checks their signature; what it does with them, the test says."""

    def __init__(self) -> None:
        self.orders: list[dict[str, Any]] = []
        self.forged = 0
        self.unknown: set[tuple[str, str]] = set()
        """Calls and operators that it knows nothing of."""
        self._came = threading.Condition()
        system = self

        class Orders(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                stamp = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode()
                mark = base64.b64encode(hmac.new(CALL_SECRET.encode(), stamp + body, hashlib.sha256).digest())
                order = json.loads(body)
                system.take(order, genuine=self.headers["webhook-signature"] == f"v1,{mark.decode()}")
                self.send_response(404 if (order["call_id"], order["operator_id"]) in system.unknown else 204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", free_port()), Orders)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/orders"

    def take(self, order: dict[str, Any], *, genuine: bool) -> None:
        with self._came:
            if genuine:
                self.orders.append(order)
            else:
                self.forged += 1
            self._came.notify_all()

    def order(self, kind: str, call_id: str, operator: str = "") -> dict[str, Any]:
        """The order for a call, once it has come."""

        def found() -> list[dict[str, Any]]:
            ours = [one for one in self.orders if (one["order"], one["call_id"]) == (kind, call_id)]
            return [one for one in ours if not operator or one["operator_id"] == operator]

        with self._came:
            assert self._came.wait_for(found, LIMIT_S), f"no order {kind} for {call_id}: {self.orders}"
            return found()[0]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(LIMIT_S)


def install_clumsy_policy(place: Path) -> Path:
    """A stranger's package with a policy that raises, as an installer would leave it in a folder."""
    info = place / "clumsy_policy-1.0.dist-info"
    info.mkdir(parents=True)
    (place / "clumsy_policy.py").write_text(
        "from omniroute.hookspecs import hookimpl\n"
        "from omniroute.policies.contract import Policy\n\n\n"
        "class Clumsy(Policy):\n"
        '    name = "clumsy"\n'
        '    terms = ("clumsiness",)\n\n'
        "    def standing(self, operator):\n"
        '        raise ZeroDivisionError("canary: it is not our day")\n\n\n'
        "@hookimpl\n"
        "def omniroute_policies():\n"
        "    return [Clumsy()]\n"
    )
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: clumsy-policy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[omniroute]\nclumsy = clumsy_policy\n")
    return place


__all__ = ["PASSWORD", "Centre", "Exchange", "install_clumsy_policy"]
