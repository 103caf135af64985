"""What stands beside the journal: the typed cells, their keys, and reading them.

What lives here: one Struct a collection and the functions that make keys. `Cells` adds the writes that are not yet
committed, for decisions on the writer's side; screens read committed cells only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from omniroute.channels.contract import Identity, Interaction
from omniroute.core.effects import Effect
from omniroute.core.escalations import DEPARTMENT
from omniroute.core.model import Conversation
from omniroute.journal.contract import Journal, Write

T = TypeVar("T")

RAW, RAW_MATTER, DEDUP = "raw", "raw_matter", "dedup"
CONTENT, THREAD, DELIVERY = "content", "thread", "delivery"
CONVERSATION, REFERENCE, SESSION, OUR_ID = "conversation", "reference", "session", "our_id"
CUSTOMER, IDENTITY, CUSTOMER_IDENTITY, HISTORY = "customer", "identity", "customer_identity", "history"
OUTBOX, DEAD = "outbox", "dead"
STATUS_COUNT = "status_count"
TEXT_PREVIEW_CHARS = 140
PROVIDER_IDS_MAX = 20
PACKET, FIELDS, ORDER = "packet", "fields", "order"
ACCOUNT, LOGIN_SESSION, NOTICE, QUARANTINE, SECRET, IDEMPOTENCY = (
    "account",
    "login_session",
    "notice",
    "quarantine",
    "secret",
    "idempotency",
)


class RawCell(msgspec.Struct, array_like=True):
    """Raw input as it came. ``data`` or, where it is large, ``digest`` of a blob."""

    instance: str
    account: str
    received_ms: int
    meta: dict[str, str]
    size_bytes: int
    data: bytes = b""
    digest: str = ""


class AttachmentCell(msgspec.Struct, array_like=True):
    """An attachment; its bytes are a blob."""

    name: str
    content_type: str
    size_bytes: int
    digest: str


class ContentCell(msgspec.Struct, array_like=True):
    """What was said in one interaction."""

    text: str = ""
    subject: str = ""
    html: str = ""
    quoted: str = ""
    signature: str = ""
    author: str = ""
    account: str = ""
    provider_id: str = ""
    attachments: list[AttachmentCell] = []
    fields: dict[str, str] = {}
    sender: Identity | None = None
    footer: str = ""
    """A line under what was said, like the link to the status page."""
    session_key: str = ""
    """The session in which a text without an operator goes out."""

    def whole(self) -> str:
        """What was said, with the line under it."""
        return f"{self.text.rstrip()}\n\n{self.footer}" if self.footer else self.text


def content_of(one: Interaction, account: str, attachments: list[AttachmentCell]) -> ContentCell:
    """What was said in an interaction that came over ``account``, where it does not say which."""
    return ContentCell(
        one.text,
        one.subject,
        one.html,
        one.quoted,
        one.signature,
        one.sender.name or one.sender.address,
        one.account or account,
        one.provider_id,
        attachments,
        dict(one.fields),
        one.sender,
    )


class PacketCell(msgspec.Struct, array_like=True):
    """What travels with a handoff: what it is about, what the customer was promised, what was tried already."""

    summary: str = ""
    promises: list[str] = []
    tried: list[str] = []


class OrderLine(msgspec.Struct, array_like=True):
    """So many of something, each for ``unit_minor`` minor units of the order's currency."""

    sku: str
    text: str
    quantity: int
    unit_minor: int


class OrderCell(msgspec.Struct, array_like=True):
    """What is ordered in a matter; the total is that of the lines (`orders.order_of`)."""

    currency: str
    lines: list[OrderLine]
    total_minor: int


class FieldsCell(msgspec.Struct, array_like=True):
    """What is filled in about a matter, by the names of its kind's fields."""

    values: dict[str, str]


class ConversationCell(msgspec.Struct, array_like=True):
    """What is known of a matter beside the core's record. ``record`` is set while it is done."""

    conversation_id: int
    reference: str
    customer_id: int
    channel: str
    subject: str
    opened_ms: int
    account: str = ""
    to: Identity | None = None
    session_key: str = ""
    last_text: str = ""
    last_provider_ids: list[str] = []
    record: Conversation | None = None
    closed_ms: int = 0
    linked: bool = False
    """Whether its customer has been shown the link to the status page in a session."""
    merged_into: int = 0
    """The matter that it has become a part of; `lead` follows it."""
    merged: list[int] = []
    """The matters that have become parts of it, of its own parts too."""
    confirmed: str = ""
    """Whether the newest resolution is confirmed: by the ``customer``, or by ``silence``."""
    score: int = 0
    """The customer's rating of it; 0: none."""
    split_from: int = 0
    """The matter that its first messages were split off from."""
    split_into: list[int] = []
    """The matters that were made of messages of it."""


class ThreadCell(msgspec.Struct, array_like=True):
    """One line of a thread: the event that made it, as journalled."""

    seq: int
    at_ms: int
    event: bytes


class CustomerCell(msgspec.Struct, array_like=True):
    """A person."""

    customer_id: int
    name: str
    created_ms: int


class DeliveryCell(msgspec.Struct, array_like=True):
    """How the delivery of a reply stands."""

    state: str
    reason: str = ""
    at_ms: int = 0


class OutboxCell(msgspec.Struct, array_like=True):
    """An effect that has not ended."""

    effect: Effect
    attempts: int = 0
    next_ms: int = 0


class DeadCell(msgspec.Struct, array_like=True):
    """An effect that was given up."""

    effect: Effect
    attempts: int
    reason: str
    at_ms: int


class NoticeCell(msgspec.Struct, array_like=True):
    """Something an operator should know."""

    kind: str
    conversation_id: int
    detail: str
    at_ms: int


class StatusCountCell(msgspec.Struct, array_like=True):
    """How many questions for a status were answered in one span of time (the number of a day or hour)."""

    span: int
    count: int = 0


class QuarantineCell(msgspec.Struct, array_like=True):
    """Input that could not be read."""

    reason: str
    at_ms: int


class AccountCell(msgspec.Struct, array_like=True):
    """A person who signs in. ``password`` is an argon2 hash."""

    login: str
    name: str
    role: str
    operator_id: str
    departments: list[str]
    password: str


class LoginSessionCell(msgspec.Struct, array_like=True):
    """A session; its key is the hash of the token."""

    login: str
    expires_ms: int
    password: str = ""
    """Which password it began with (a digest of its argon2 hash): a new one ends all sessions."""


def number_key(number: int) -> str:
    """A key that sorts like the number."""
    return f"{number:016d}"


def pair_key(first: int, second: int | str) -> str:
    """A key below a number; `pair_prefix` finds all of them in order."""
    return f"{first:016d}/{second:016d}" if isinstance(second, int) else f"{first:016d}/{second}"


def pair_prefix(first: int) -> str:
    """The prefix of all keys below a number."""
    return f"{first:016d}/"


def identity_key(identity: Identity) -> str:
    """The key of an identity."""
    return f"{identity.kind}:{identity.address}"


def joined_key(*parts: str) -> str:
    """A key of several parts, none of which can run into the next."""
    return "\n".join(part.replace("\n", " ") for part in parts)


def reason_key(conversation_id: int, handoff_id: int) -> str:
    """The key of the words with which a handoff was refused, among the contents."""
    return joined_key("handoff_reason", str(conversation_id), str(handoff_id))


def supervisors_of(department_id: str) -> str:
    """Whom a notice is for that the supervisors of a department should see; no operator is called so."""
    return DEPARTMENT + department_id


def put(collection: str, key: str, value: msgspec.Struct) -> Write:
    """Set a cell."""
    return Write(collection, key, msgspec.msgpack.encode(value))


def put_number(collection: str, key: str, number: int) -> Write:
    """Set a cell that holds an id."""
    return Write(collection, key, str(number).encode())


def drop(collection: str, key: str) -> Write:
    """Delete a cell."""
    return Write(collection, key, None)


class Cells:
    """Cells as the writer must see them: what is committed, and what it has decided since."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._staged: dict[str, dict[str, Write]] = {}

    def stage(self, writes: Iterable[Write]) -> None:
        """Remember writes until `settle`."""
        for write in writes:
            self._staged.setdefault(write.collection, {})[write.key] = write

    def settle(self, writes: Iterable[Write]) -> None:
        """Forget writes that are committed, unless a later one took their place."""
        for write in writes:
            staged = self._staged.get(write.collection, {})
            if staged.get(write.key) is write:
                del staged[write.key]

    def raw(self, collection: str, key: str) -> bytes | None:
        """The newest value, committed or not."""
        staged = self._staged.get(collection, {}).get(key)
        return staged.value if staged is not None else self._journal.get(collection, key)

    def get(self, collection: str, key: str, kind: type[T]) -> T | None:
        """The newest value as a Struct."""
        data = self.raw(collection, key)
        return None if data is None else msgspec.msgpack.decode(data, type=kind)

    def number(self, collection: str, key: str) -> int:
        """The newest id under a key; 0 where there is none."""
        return int(self.raw(collection, key) or b"0")

    def lead(self, number: int) -> int:
        """The matter that another has become a part of, or itself."""
        while (cell := self.get(CONVERSATION, number_key(number), ConversationCell)) and cell.merged_into:
            number = cell.merged_into
        return number

    def newest(self, collection: str, prefix: str, limit: int) -> list[str]:
        """The last ``limit`` keys that start with ``prefix``, committed or not, the last one first."""
        staged = {k: one for k, one in self._staged.get(collection, {}).items() if k.startswith(prefix)}
        committed = self._journal.scan(collection, prefix, limit=limit + len(staged), reverse=True)
        keys = {key for key, _ in committed} | set(staged)
        dropped = {k for k, one in staged.items() if one.value is None}
        return sorted(keys - dropped, reverse=True)[:limit]


def lead(journal: Journal, number: int) -> int:
    """The matter that a committed one has become a part of, or itself."""
    while (cell := read(journal, CONVERSATION, number_key(number), ConversationCell)) and cell.merged_into:
        number = cell.merged_into
    return number


def thread(journal: Journal, matter: ConversationCell, limit: int) -> list[ThreadCell]:
    """The newest committed lines of a matter and of its parts, oldest first."""
    lines: dict[int, ThreadCell] = {}  # that of a split stands in both threads, which may have become one again
    for number in (matter.conversation_id, *matter.merged):
        rows = journal.scan(THREAD, pair_prefix(number), limit=limit, reverse=True)
        lines |= {line.seq: line for line in [msgspec.msgpack.decode(data, type=ThreadCell) for _, data in rows]}
    return [lines[seq] for seq in sorted(lines)][-limit:]


def related(journal: Journal, matter: ConversationCell) -> list[ConversationCell]:
    """The matters that were split off from it or its parts, and that they were split off from, each as it is now."""
    parts = [read(journal, CONVERSATION, number_key(number), ConversationCell) for number in matter.merged]
    wanted: dict[int, None] = {}
    for one in (matter, *[part for part in parts if part]):
        wanted |= dict.fromkeys(lead(journal, number) for number in (one.split_from, *one.split_into) if number)
    wanted.pop(matter.conversation_id, None)
    found = [read(journal, CONVERSATION, number_key(number), ConversationCell) for number in sorted(wanted)]
    return [one for one in found if one is not None]


def read(journal: Journal, collection: str, key: str, kind: type[T]) -> T | None:
    """A committed cell as a Struct."""
    data = journal.get(collection, key)
    return None if data is None else msgspec.msgpack.decode(data, type=kind)
