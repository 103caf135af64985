"""What a channel instance gets from the engine: the one implementation of `ChannelContext`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import structlog

from omniroute.channels.contract import Health, RawInput, ThreadEntry
from omniroute.core import events as e
from omniroute.core.model import InteractionKind
from omniroute.engine import cells as c
from omniroute.engine.intake import Intake
from omniroute.engine.supervisor import ChannelRunner
from omniroute.engine.writer import Writer
from omniroute.journal.codec import decode_event

THREAD_ENTRIES_MAX = 500


class EngineContext:
    """See `omniroute.channels.contract.ChannelContext`."""

    def __init__(self, runner: ChannelRunner, writer: Writer, intake: Intake, names: dict[str, str]) -> None:
        self._runner = runner
        self._writer = writer
        self._intake = intake
        self._names = names
        self._log = structlog.stdlib.get_logger("omniroute.channel").bind(instance=runner.name)

    @property
    def instance(self) -> str:
        return self._runner.name

    @property
    def log(self) -> structlog.stdlib.BoundLogger:
        return self._log

    def now_ms(self) -> int:
        return self._writer.clock.now_ms()

    async def sleep(self, duration_ms: int) -> None:
        await self._writer.clock.sleep_until(self.now_ms() + duration_ms)

    async def receive(self, raw: RawInput) -> int:
        return await self._intake.receive(raw)

    def set_health(self, health: Health) -> None:
        self._runner.health = health

    async def thread(self, session_key: str, after_interaction_id: int = 0) -> Sequence[ThreadEntry]:
        await self._writer.barrier()
        journal = self._writer.journal
        number = int(journal.get(c.SESSION, c.joined_key(self.instance, session_key)) or b"0")
        matter = c.read(journal, c.CONVERSATION, c.number_key(number), c.ConversationCell) if number else None
        if matter is None:
            return ()
        lines = journal.scan(c.THREAD, c.pair_prefix(number), limit=THREAD_ENTRIES_MAX * 4, reverse=True)
        entries = [self._entry(matter, msgspec.msgpack.decode(data, type=c.ThreadCell)) for _, data in reversed(lines)]
        wanted = [entry for entry in entries if entry is not None and entry.interaction_id > after_interaction_id]
        return wanted[-THREAD_ENTRIES_MAX:]

    def _entry(self, matter: c.ConversationCell, line: c.ThreadCell) -> ThreadEntry | None:
        event = decode_event(line.event)
        match event:
            case e.InteractionReceived(kind=InteractionKind.MESSAGE):
                author, operator_id = "customer", ""
            case e.ReplySent():
                author, operator_id = "operator", event.operator_id
            case _:
                return None
        content = c.read(self._writer.journal, c.CONTENT, c.number_key(event.interaction_id), c.ContentCell)
        if content is None:
            return None
        return ThreadEntry(
            interaction_id=event.interaction_id,
            reference=matter.reference,
            author=author,
            name=self._names.get(operator_id, "") if operator_id else content.author,
            text=content.text,
            at_ms=line.at_ms,
            provider_id=content.provider_id,
        )
