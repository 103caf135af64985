"""The engine as one object: opens the journal, recovers, and runs its tasks until it is told to stop."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import anyio
import structlog
from anyio.abc import TaskGroup

from omniroute.channels.contract import Channel
from omniroute.core import references
from omniroute.core.commands import ApplyConfig, PutOperator, ResumeAfterOutage
from omniroute.core.permissions import SYSTEM
from omniroute.core.policy import Policy, RoutingPolicy
from omniroute.core.rules import CoreConfig
from omniroute.engine import cells as c
from omniroute.engine import hashes, recovery, timekeeper, upkeep
from omniroute.engine.answers import Answers
from omniroute.engine.classify import Classifier
from omniroute.engine.context import EngineContext
from omniroute.engine.fields import FieldRule
from omniroute.engine.intake import Intake
from omniroute.engine.links import Links
from omniroute.engine.metrics import Metrics
from omniroute.engine.notices.texts import Notices, NoticeSetup
from omniroute.engine.outbox import Outbox
from omniroute.engine.ports import Clock, Disk, Spawn, SystemClock, TaskGroupSpawn
from omniroute.engine.sinks import OrderSystems, Sinks, SinkSetup
from omniroute.engine.status.desk import StatusDesk
from omniroute.engine.status.setup import StatusSetup
from omniroute.engine.supervisor import ChannelRunner, Supervisor
from omniroute.engine.writer import Writer
from omniroute.errors import JournalCorrupt, JournalFull
from omniroute.journal.contract import Snapshot, Write
from omniroute.sinks.orders import OrderSystem

SNAPSHOT_CHECK_MS = 60_000
SNAPSHOT_AT_STOP_EVENTS = 500
"""A stop takes a snapshot if the tail is at least this long, so that the next start is quick."""

log = structlog.get_logger("omniroute.engine")


def new_reference() -> str:
    """An unguessable reference from the system's secure source."""
    return references.from_numbers(secrets.randbelow(len(references.ALPHABET)) for _ in range(references.LENGTH))


class ChannelSetup(NamedTuple):
    """A configured instance."""

    name: str
    channel: Channel
    options: Any


class Setup(NamedTuple):
    """What the engine is made of; `omniroute.app` puts it together."""

    journal: Disk
    core: CoreConfig
    policies: Mapping[str, RoutingPolicy]
    channels: Callable[[str], Sequence[ChannelSetup]]
    """Makes the instances, from a secret of this installation."""
    classifier: Classifier
    operators: Sequence[PutOperator]
    names: dict[str, str]
    """Names of operators by id; kept up to date by whoever manages people."""
    compile_at: upkeep.Compile | None = None
    """Makes ``core`` for another moment; without it calendars are not renewed."""
    new_reference: Callable[[], str] = new_reference
    """Makes the references of matters; the simulator's are foreseeable."""
    status: StatusSetup = StatusSetup()
    """How customers are told where their matter stands."""
    notices: NoticeSetup = NoticeSetup()
    """What customers are told by itself."""
    sinks: Sequence[SinkSetup] = ()
    """Where webhooks go."""
    order_systems: Mapping[str, OrderSystem] = {}
    """What carries orders out, by name."""
    fields: Mapping[str, Mapping[str, FieldRule]] = {}
    """What is filled in about matters: kind → name → what it may hold."""


class Engine:
    """What runs. Made by `running`, never by hand."""

    def __init__(
        self, setup: Setup, channels: Sequence[ChannelSetup], writer: Writer, spawn: Spawn, links: Links
    ) -> None:
        self.setup = setup
        self.writer = writer
        self.names = setup.names
        self.metrics = Metrics(writer, setup.core, setup.classifier)
        kinds = {one.name: one.channel for one in channels}
        self.links = links
        self.status = StatusDesk(writer, spawn, kinds, links, setup.status)
        self.answers = Answers(writer)
        writer.also = Notices(setup.notices, self._link).writes
        self.intake = Intake(writer, spawn, kinds, setup.classifier, setup.new_reference, self.status, setup.fields)
        self.supervisor = Supervisor(
            [ChannelRunner(one.name, one.channel, one.options, writer.clock, self._context) for one in channels]
        )
        self.sinks = Sinks(setup.sinks, writer.clock)
        self.order_systems = OrderSystems(setup.order_systems, writer.clock)
        self.outbox = Outbox(
            writer,
            spawn,
            self.supervisor.send,
            self.sinks.deliver,
            self.order_systems.changed,
            lambda who: setup.names.get(who, ""),
        )
        self._spawn = spawn

    def _link(self, purpose: str, conversation_id: int, resolution: int, now_ms: int) -> str:
        return self.links.url(purpose, conversation_id, resolution, now_ms=now_ms)

    def _context(self, runner: ChannelRunner) -> EngineContext:
        return EngineContext(runner, self.writer, self.intake, self.setup.names)

    async def begin(self, channels: Spawn) -> None:
        """Everything that has to happen before the first interaction, and then the channels."""
        await self._load_solvers()
        self._spawn.start("writer", self.writer.run)
        await hashes.record(self.writer)
        await self.writer.submit(SYSTEM, ResumeAfterOutage())
        await self.writer.submit(SYSTEM, ApplyConfig(config=self.setup.core))
        for operator in self.setup.operators:
            if operator.operator_id not in self.writer.state.operators:
                await self.writer.submit(SYSTEM, operator)
        self._spawn.start("intake", self.intake.run)
        self._spawn.start("status", self.status.codes.run)
        self.outbox.start()
        timekeeper.start(self._spawn, self.writer)
        self._spawn.start("snapshots", self._snapshots)
        self._spawn.start("hashes", hashes.keep_hashing, self.writer)
        if self.setup.compile_at is not None and self.setup.core.calendars:
            self._spawn.start("calendars", upkeep.keep_calendars, self.writer, self._spawn, self.setup.compile_at)
        self.supervisor.start(channels)

    async def in_thread(self, work: Callable[..., Any], *args: Any) -> Any:
        """Run blocking or long work beside the loop."""
        return await self._spawn.in_thread(work, *args)

    async def _load_solvers(self) -> None:
        """Have batch policies load what they need now; at their first batch it would hold the writer up."""
        for policy in batch_policies(self.setup.core, self.setup.policies):
            try:
                await self.in_thread(policy.match, [], [], [], 0)
            except Exception as failure:  # a stranger's policy: when it is needed, the default decides
                log.warning("policy_not_loaded", policy=policy.name, kind=type(failure).__name__)

    async def _snapshots(self) -> None:
        """Make snapshots until cancelled, or until the record contradicts itself.

        A restart would be refused then; so those who are served now are served on, while somebody looks.
        """
        clock = self.writer.clock
        while True:
            await clock.sleep_until(clock.now_ms() + SNAPSHOT_CHECK_MS)
            try:
                if await recovery.take_snapshot(self.writer.journal):
                    log.info("snapshot_taken", seq=self.writer.journal.last_seq())
            except JournalCorrupt as corrupt:
                log.exception("snapshots_ended", reason=str(corrupt))
                return


def batch_policies(core: CoreConfig, policies: Mapping[str, RoutingPolicy]) -> list[Policy]:
    """The batch policies that queues use."""
    names = sorted({name for rule in core.queues for name in rule.policy.split("+")})
    used = [policies[name] for name in names if name in policies]
    return [policy for policy in used if isinstance(policy, Policy) and policy.batch]


@asynccontextmanager
async def running(
    setup: Setup, clock: Clock | None = None, spawn: Callable[[TaskGroup], Spawn] = TaskGroupSpawn
) -> AsyncIterator[Engine]:
    """An engine that runs inside the block. Raises `JournalLocked` where another daemon owns the journal."""
    journal = setup.journal
    epoch = await journal.open(f"pid {os.getpid()}")
    try:
        secret = await _secret(journal)
        state = await recovery.load(journal)
        await recovery.keep_loaded(journal, state)
        log.info("recovered", seq=journal.last_seq(), epoch=epoch, open_matters=len(state.conversations))
        writer = Writer(state, journal, clock or SystemClock(), setup.policies, lambda: recovery.load(journal))
        async with anyio.create_task_group() as group:
            links = Links(secret, setup.status.base_url, setup.status.link_days)
            engine = Engine(setup, setup.channels(secret), writer, spawn(group), links)
            async with anyio.create_task_group() as channels:
                await engine.begin(spawn(channels))
                try:
                    yield engine
                finally:
                    channels.cancel_scope.cancel()  # first, so that what is under way in them can still be committed
            await writer.settled()
            group.cancel_scope.cancel()
        await _leave(writer)
    finally:
        with anyio.CancelScope(shield=True):
            await journal.close()


async def _secret(journal: Disk) -> str:
    """The secret of this installation, made at its first start; channels derive their keys from it."""
    known = journal.get(c.SECRET, "root")
    if known is None:
        known = secrets.token_hex(32).encode()
        await journal.append([], [Write(c.SECRET, "root", known)])
    return known.decode()


async def _leave(writer: Writer) -> None:
    """Nothing runs any more: record the hash of the state, and take a snapshot of it after a long tail.

    What was decided in the last moment may not have come to the disk; then the live state is not the journal's, and the
    next start replays.
    """
    journal = writer.journal
    if not writer.at_rest():
        return
    with contextlib.suppress(JournalFull):
        await journal.append([hashes.entry(writer.state, journal.last_seq() + 1)])
    newest = await recovery.own_snapshot(journal)
    if journal.last_seq() - (newest.seq if newest else 0) >= SNAPSHOT_AT_STOP_EVENTS:
        await journal.put_snapshot(Snapshot(journal.last_seq(), writer.state.encode()))
