"""What a channel instance gets from the engine: the one implementation of `ChannelContext`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

import structlog

from omniroute.channels.contract import Health, RawInput, ThreadEntry, Waiting
from omniroute.core import events as e
from omniroute.core.model import InteractionKind
from omniroute.engine import cells as c
from omniroute.engine.intake import Intake
from omniroute.engine.supervisor import ChannelRunner
from omniroute.engine.waiting import WaitingLine
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
        self._line = WaitingLine(writer, runner.name)
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
        number = c.lead(journal, int(journal.get(c.SESSION, c.joined_key(self.instance, session_key)) or b"0"))
        matter = c.read(journal, c.CONVERSATION, c.number_key(number), c.ConversationCell) if number else None
        if matter is None:
            return ()
        entries = self._entries(matter, self._lines(matter))
        wanted = [one for one in entries if (one.interaction_id, one.key) > (after_interaction_id, "")]
        return wanted[-THREAD_ENTRIES_MAX:]

    def _lines(self, matter: c.ConversationCell) -> list[c.ThreadCell]:
        """The customer sees one chat, whatever was split off from its matter."""
        lines: dict[int, c.ThreadCell] = {}
        known, todo = {matter.conversation_id}, [matter]
        while todo:
            one = todo.pop()
            lines |= {line.seq: line for line in c.thread(self._writer.journal, one, THREAD_ENTRIES_MAX * 4)}
            others = [other for other in c.related(self._writer.journal, one) if other.conversation_id not in known]
            known |= {other.conversation_id for other in others}
            todo += [other for other in others if other.session_key == matter.session_key]
        return [lines[seq] for seq in sorted(lines)]

    async def waiting(self, session_key: str) -> Waiting | None:
        return await self._line.present(session_key)

    def watch_waiting(self, session_key: str, raw_id: int = 0) -> AsyncGenerator[Waiting, None]:
        return self._line.watch(session_key, raw_id)

    def _entries(self, matter: c.ConversationCell, lines: Sequence[c.ThreadCell]) -> list[ThreadEntry]:
        """The lines that the customer may see; what the system told stands behind the line before it."""
        entries: list[ThreadEntry] = []
        last = 0
        for line in lines:
            event = decode_event(line.event)
            entry = (
                _told(matter, event, last) if isinstance(event, e.ItemDiverted) else self._spoken(matter, line, event)
            )
            if entry is not None:
                entries.append(entry)
                last = entry.interaction_id
        return entries

    def _spoken(self, matter: c.ConversationCell, line: c.ThreadCell, event: e.Event) -> ThreadEntry | None:
        match event:
            case e.InteractionReceived(kind=InteractionKind.MESSAGE):
                author, operator_id = "customer", ""
            case e.StatusAsked():
                author, operator_id = "customer", ""
            case e.StatusAnswered():
                author, operator_id = "operator", ""
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
            text=content.whole(),
            at_ms=line.at_ms,
            provider_id=content.provider_id,
        )


def _told(matter: c.ConversationCell, event: e.ItemDiverted, behind: int) -> ThreadEntry:
    return ThreadEntry(
        interaction_id=behind,
        reference=matter.reference,
        author="system",
        name="",
        text="",
        at_ms=event.at_ms,
        outcome=event.outcome,
        key=f"e{event.effect_id}",
    )
