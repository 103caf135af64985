"""A whole engine on a memory disk, with a clock that only tests move and a channel that does what it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import anyio
import anyio.lowlevel
import msgspec

from omniroute.channels.contract import (
    Attachment,
    Capabilities,
    ChannelContext,
    Delivery,
    Identity,
    Interaction,
    RawInput,
    Receipt,
)
from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.core import invariants, references
from omniroute.core.events import Event
from omniroute.core.model import InteractionKind, Presence
from omniroute.core.permissions import SYSTEM
from omniroute.core.rules import ChannelRule, CoreConfig, DepartmentRule, QueueRule
from omniroute.engine import recovery
from omniroute.engine.classify import Classifier, Placement
from omniroute.engine.engine import ChannelSetup, Engine, Setup, running
from omniroute.engine.fields import FieldRules
from omniroute.errors import InvalidInput, JournalLocked
from omniroute.journal.codec import decode_event
from omniroute.journal.contract import Entry, Write
from omniroute.journal.memory import MemoryDisk, MemoryJournal
from omniroute.policies.longest_idle import LongestIdle
from omniroute.testing.clock import ManualClock

TURNS_MAX = 5_000
OFFER_MS, BACKOFF_MS, FIRST_RESPONSE_MS = 20_000, 60_000, 300_000


async def turns(number: int = 50) -> None:
    """Let everybody else run; in memory everything settles within a few turns of the loop."""
    for _ in range(number):
        await anyio.lowlevel.checkpoint()


async def until(true: Callable[[], Any]) -> None:
    """Give turns until it is true."""
    for _ in range(TURNS_MAX):
        if true():
            return
        await anyio.lowlevel.checkpoint()
    raise AssertionError("it never became true")


class GatedJournal(MemoryJournal):
    """With ``hold`` an append waits at a gate before it commits anything; ``reload`` waits likewise."""

    def __init__(self, disk: MemoryDisk | None = None) -> None:
        super().__init__(disk)
        self.gate, self.reading = anyio.Event(), anyio.Event()
        self.gate.set()
        self.reading.set()
        self.waiting = 0
        self.appends: list[int] = []

    def hold(self) -> None:
        self.gate = anyio.Event()

    def release(self) -> None:
        self.gate.set()

    async def append(self, entries: Sequence[Entry], writes: Sequence[Write] = ()) -> None:
        self.waiting += 1
        await self.gate.wait()
        self.waiting -= 1
        await super().append(entries, writes)
        self.appends.append(len(entries))

    async def read(self, after_seq: int, limit: int) -> list[Entry]:
        await self.reading.wait()
        return await super().read(after_seq, limit)


class FakeOptions(msgspec.Struct, forbid_unknown_fields=True):
    """None."""


class FakeInstance:
    """Serves until it is told to fail; ``sent`` are the deliveries that it was given."""

    def __init__(self, channel: FakeChannel, context: ChannelContext) -> None:
        self._channel = channel
        self.context = context
        self.crash = anyio.Event()

    async def serve(self, *, started: Callable[[], None]) -> None:
        if self._channel.serve_errors:
            raise self._channel.serve_errors.pop(0)
        started()
        await self.crash.wait()
        raise RuntimeError("the provider is gone")

    async def send(self, delivery: Delivery) -> Receipt:
        channel = self._channel
        channel.attempts.append(delivery)
        await channel.gate.wait()
        if channel.send_errors:
            error = channel.send_errors.pop(0)
            if error is not None:
                raise error
        channel.sent.append(delivery)
        return Receipt(provider_id=f"<{delivery.key}@ours>")

    def routes(self) -> Sequence[Any]:
        return ()


class FakeChannel:
    """Raw bytes are ``key=value`` pairs in JSON; see `letter`."""

    options_type: type[msgspec.Struct] = FakeOptions

    def __init__(self, name: str = "fake", **capabilities: Any) -> None:
        self.name = name
        self.capabilities = Capabilities(**capabilities)
        self.instances: list[FakeInstance] = []
        self.attempts: list[Delivery] = []
        self.sent: list[Delivery] = []
        self.send_errors: list[Exception | None] = []
        self.serve_errors: list[Exception] = []
        self.open_errors: list[Exception] = []
        self.normalized = 0
        self.gate = anyio.Event()
        self.gate.set()

    def dedup_key(self, raw: RawInput) -> str:
        return raw.meta.get("id", "")

    def normalize(self, raw: RawInput) -> tuple[Interaction, ...]:
        self.normalized += 1
        facts: dict[str, Any] = msgspec.json.decode(raw.data) if raw.data[:1] == b"{" else {}
        if not facts:
            raise InvalidInput("this is no letter")
        if "raise" in facts:
            raise {"recursion": RecursionError, "zero": ZeroDivisionError, "key": KeyError}[facts["raise"]](
                "secret words"
            )
        attachments = tuple(Attachment(name, "text/plain", name.encode()) for name in facts.get("files", ()))
        one = Interaction(
            kind=InteractionKind(facts.get("kind", "message")),
            sender=Identity(facts.get("by", "email"), facts["from"], facts.get("name", "")),
            account=raw.account,
            subject=facts.get("subject", ""),
            text=facts.get("text", ""),
            language=facts.get("language", ""),
            provider_id=facts.get("id", ""),
            answers_to=tuple(facts.get("answers_to", ())),
            session_key=facts.get("session", ""),
            attachments=attachments,
            automatic=facts.get("automatic", False),
            fields=facts.get("fields", {}),
        )
        return (one,) * facts.get("times", 1)

    def open_instance(self, options: Any, context: ChannelContext) -> FakeInstance:
        if self.instances and self.open_errors:
            raise self.open_errors.pop(0)
        self.instances.append(FakeInstance(self, context))
        return self.instances[-1]


CONFIG = CoreConfig(
    departments=(DepartmentRule("support", "support.general"), DepartmentRule("sales", "sales.shop")),
    queues=(
        QueueRule(
            "support.general", "support", "longest_idle", OFFER_MS, BACKOFF_MS, 120_000, FIRST_RESPONSE_MS, 300_000
        ),
        QueueRule("sales.shop", "sales", "longest_idle", OFFER_MS, BACKOFF_MS, 120_000, 0, 300_000),
    ),
    channels=(
        ChannelRule("mail", 1),
        ChannelRule("chat", 2, realtime=True, session=True),
        ChannelRule("phone", 5, realtime=True, session=True, connects=True),
    ),
)

PEOPLE = (
    k.PutOperator(operator_id="ann", departments=("support",), skills={}, capacity_units=10),
    k.PutOperator(operator_id="bob", departments=("support",), skills={}, capacity_units=10),
    k.PutOperator(operator_id="cem", departments=("sales",), skills={}, capacity_units=10),
)


class Rig:
    """One life of an engine; `life` makes another on the same disk."""

    def __init__(
        self, engine: Engine, clock: ManualClock, journal: GatedJournal, channels: dict[str, FakeChannel]
    ) -> None:
        self.engine = engine
        self.clock = clock
        self.journal = journal
        self.mail, self.chat, self.phone = channels["mail"], channels["chat"], channels["phone"]
        self._ids = count(1)

    @property
    def writer(self) -> Any:
        return self.engine.writer

    @property
    def state(self) -> Any:
        return self.engine.writer.state

    # ---- doing
    async def do(self, command: k.Command) -> Sequence[Event]:
        events: Sequence[Event] = await self.writer.submit(SYSTEM, command)
        return events

    async def available(self, *operators: str) -> None:
        for one in operators:
            await self.do(k.SetPresence(operator_id=one, presence=Presence.AVAILABLE))

    def raw(self, instance: str = "mail", data: bytes | None = None, key: str = "", **facts: Any) -> RawInput:
        meta = {"id": key or f"r{next(self._ids)}"}
        body = msgspec.json.encode({"from": "kim@example.org", "text": "hello"} | facts) if data is None else data
        return RawInput(
            instance=instance,
            account="support@ours",
            received_ms=self.clock.now_ms(),
            data=body,
            meta=meta,
            session_key=facts.get("session", ""),
        )

    async def receive(self, instance: str = "mail", data: bytes | None = None, key: str = "", **facts: Any) -> int:
        """Receive and wait until the input is registered or quarantined."""
        raw_id = await self.engine.intake.receive(self.raw(instance, data, key, **facts))
        await self.registered(raw_id)
        return raw_id

    async def registered(self, raw_id: int) -> None:
        await until(lambda: raw_id not in self.state.pending_raws)
        await self.writer.barrier()

    async def accept(self, operator_id: str) -> int:
        """Accept the first offer of an operator; returns the conversation."""
        offer = self.state.offers[self.state.operators[operator_id].offer_ids[0]]
        await self.do(k.AcceptOffer(offer_id=offer.offer_id, operator_id=operator_id))
        return int(self.state.items[offer.work_item_id].conversation_id)

    async def wait(self, duration_ms: int) -> None:
        """Let time pass, and everybody do what it brings."""
        self.clock.advance(duration_ms)
        await turns()
        await self.writer.barrier()

    # ---- looking
    def events(self, *kinds: type[Event]) -> list[Any]:
        found = [decode_event(entry.data) for entry in self.journal.disk.entries]
        return [event for event in found if isinstance(event, kinds)] if kinds else found

    def cells(self, collection: str) -> list[bytes]:
        return [value for _, value in self.journal.scan(collection)]

    def conversations(self) -> int:
        return len(self.events(e.ConversationOpened))


def reference_source() -> Callable[[], str]:
    """References in order, for reading the tests."""
    numbers = count(1)

    def make() -> str:
        number = next(numbers)
        return references.from_numbers([(number // 25**place) % 25 for place in range(references.LENGTH)])

    return make


def setup(
    journal: GatedJournal,
    channels: dict[str, FakeChannel],
    config: CoreConfig = CONFIG,
    fields: FieldRules | None = None,
) -> Setup:
    return Setup(
        journal,
        config,
        {"longest_idle": LongestIdle()},
        lambda _secret: [ChannelSetup(name, channel, FakeOptions()) for name, channel in channels.items()],
        Classifier({name: Placement("support.general") for name in channels}, {}),
        PEOPLE,
        {"ann": "Ann", "bob": "Bob", "cem": "Cem"},
        fields=fields or {},
    )


def channels() -> dict[str, FakeChannel]:
    return {
        "mail": FakeChannel("mail"),
        "chat": FakeChannel("chat", realtime=True, session=True),
        "phone": FakeChannel("phone", realtime=True, session=True, connects=True),
    }


@asynccontextmanager
async def life(
    disk: MemoryDisk | None = None,
    clock: ManualClock | None = None,
    config: CoreConfig = CONFIG,
    fields: FieldRules | None = None,
) -> AsyncIterator[Rig]:
    """An engine that runs inside the block; afterwards its state must be sound and equal to its replay."""
    journal, kinds, clock = GatedJournal(disk), channels(), clock or ManualClock()
    async with running(setup(journal, kinds, config, fields), clock) as engine:
        rig = Rig(engine, clock, journal, kinds)
        await turns(10)
        yield rig
        await engine.writer.settled()
        invariants.check(rig.state)
        journal.reading.set()
        assert (await recovery.load(journal)).encode() == rig.state.encode()


class Crash(Exception):
    """The process is gone."""


@asynccontextmanager
async def killed(disk: MemoryDisk, clock: ManualClock | None = None, config: CoreConfig = CONFIG) -> AsyncIterator[Rig]:
    """A life that ends like kill -9: nothing is done after the block."""
    try:
        journal, kinds, clock = GatedJournal(disk), channels(), clock or ManualClock()
        async with running(setup(journal, kinds, config), clock) as engine:
            rig = Rig(engine, clock, journal, kinds)
            await turns(10)
            yield rig
            disk.crash()
            journal.release()
            raise Crash
    except* (Crash, JournalLocked):  # whatever it still wanted to write is refused
        disk.crash()


def tags(events: Sequence[Event]) -> Iterator[str]:
    return (str(event.__struct_config__.tag) for event in events)
