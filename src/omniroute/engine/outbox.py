"""The outbox: carries effects out, at least once, in order for each (conversation, channel).

What lives here: lanes, retries, dead letters. An effect is in the store since the transaction of its event; it leaves
with the transaction that records its end. A crash between the remote's OK and our commit repeats it, under the same
key. Effects of a running contact have lanes of their own, so a stuck mail never holds a ring, and expire.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import count

import anyio
import msgspec
import structlog

from omniroute.channels.contract import Delivery, Receipt
from omniroute.core.commands import RecordDelivery
from omniroute.core.effects import ORDER_SYSTEM, WEBHOOK, Effect, effect_of
from omniroute.core.events import Event
from omniroute.core.permissions import SYSTEM
from omniroute.engine import cells as c
from omniroute.engine.mailbox import Urgency
from omniroute.engine.ports import Spawn
from omniroute.engine.writer import Writer
from omniroute.errors import DeliveryDeferred, DeliveryError, JournalError, OmniRouteError
from omniroute.journal.contract import Write
from omniroute.sinks.contract import SinkDelivery
from omniroute.sinks.orders import OrderChange, OrderLineChange

ATTEMPTS_MAX = 14
BACKOFF_FIRST_MS = 2_000
BACKOFF_MAX_MS = 3_600_000
SEND_TIMEOUT_S = 60
SENDS_MAX = 32
"""Sends under way at once, and as many of running contacts, and of webhooks: what hangs holds up only its like."""

Send = Callable[[Delivery], Awaitable[Receipt]]
Tell = Callable[[str, SinkDelivery], Awaitable[None]]
Changed = Callable[[str, OrderChange], Awaitable[None]]
Lane = tuple[int, str, bool]

log = structlog.get_logger("omniroute.outbox")


def backoff_ms(attempts: int) -> int:
    """Doubling from two seconds to an hour: 14 attempts reach over about three hours."""
    return min(BACKOFF_FIRST_MS << (attempts - 1), BACKOFF_MAX_MS)


class Outbox:
    """One for all channels, sinks and order systems, which ``send``, ``tell`` and ``changed`` reach."""

    def __init__(
        self, writer: Writer, spawn: Spawn, send: Send, tell: Tell, changed: Changed, name_of: Callable[[str], str]
    ) -> None:
        self._writer = writer
        self._spawn = spawn
        self._send = send
        self._tell = tell
        self._changed = changed
        self._name_of = name_of
        self._lanes: dict[Lane, deque[c.OutboxCell]] = {}
        self._slots = {kind: anyio.Semaphore(SENDS_MAX) for kind in ("contact", "reply", WEBHOOK, ORDER_SYSTEM)}

    def start(self) -> None:
        """Take up what an earlier life left, then listen to commits."""
        after = ""
        while page := self._writer.journal.scan(c.OUTBOX, after=after):
            for key, data in page:
                after = key
                self._add(msgspec.msgpack.decode(data, type=c.OutboxCell))
        self._writer.on_commit.append(self._hear)

    def waiting(self) -> int:
        """Effects that have not ended."""
        return sum(map(len, self._lanes.values()))

    def _hear(self, events: Sequence[Event]) -> None:
        for event in events:
            effect = effect_of(event)
            if effect is not None:
                self._add(c.OutboxCell(effect))

    def _add(self, cell: c.OutboxCell) -> None:
        effect = cell.effect
        # what belongs to no matter keeps no order, and holds nobody up
        key = (effect.conversation_id or -effect.effect_id, effect.channel, effect.expires_ms > 0)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = deque()
            lane.append(cell)
            self._spawn.start("outbox-lane", self._work, key, lane)
        else:
            lane.append(cell)

    async def _work(self, key: Lane, lane: deque[c.OutboxCell]) -> None:
        """Carry out one lane until it is empty; what follows a dead letter goes on."""
        while lane:
            await self._carry_out(lane[0])
            lane.popleft()
        del self._lanes[key]

    async def _carry_out(self, cell: c.OutboxCell) -> None:
        effect = cell.effect
        while True:
            await self._writer.clock.sleep_until(min(cell.next_ms, effect.expires_ms or cell.next_ms))
            if effect.expires_ms and effect.expires_ms <= self._writer.clock.now_ms():
                await self._end(cell, None, "it came too late to be of use")
                return
            cell.attempts += 1
            try:
                receipt = await self._attempt(effect)
            except DeliveryDeferred as deferred:
                if cell.attempts >= ATTEMPTS_MAX:
                    await self._end(cell, None, str(deferred))
                    return
                await self._later(cell, deferred.retry_after_s)
            except DeliveryError as refused:
                await self._end(cell, None, str(refused))
                return
            else:
                await self._end(cell, receipt, "")
                return

    async def _attempt(self, effect: Effect) -> Receipt:
        beside = effect.order in {WEBHOOK, ORDER_SYSTEM}
        kind = effect.order if beside else "contact" if effect.expires_ms else "reply"
        async with self._slots[kind]:
            try:
                with anyio.fail_after(self._patience_s(effect)):
                    if effect.order == ORDER_SYSTEM:
                        await self._changed(effect.channel, self._order(effect))
                    elif effect.order == WEBHOOK:
                        await self._tell(effect.channel, self._call(effect))
                    else:
                        return await self._send(self._delivery(effect))
                    return Receipt()
            except TimeoutError as late:
                raise DeliveryDeferred("the other side did not answer in time") from late

    def _patience_s(self, effect: Effect) -> float:
        """How long an attempt may take: not beyond the time at which it is useless."""
        left_ms = effect.expires_ms - self._writer.clock.now_ms()
        return min(SEND_TIMEOUT_S, max(left_ms, 0) / 1000) if effect.expires_ms else SEND_TIMEOUT_S

    def _delivery(self, effect: Effect) -> Delivery:
        journal = self._writer.journal
        matter = c.read(journal, c.CONVERSATION, c.number_key(effect.conversation_id), c.ConversationCell)
        content = c.read(journal, c.CONTENT, c.number_key(effect.interaction_id), c.ContentCell)
        if (matter is None and effect.conversation_id) or (effect.interaction_id and content is None):
            raise DeliveryError("the contents of this reply have been erased")
        if matter is None:  # whoever asked about what is not theirs: all there is stands in the content
            matter = c.ConversationCell(0, "", 0, effect.channel, "", effect.at_ms)
        return Delivery(
            key=f"e{effect.effect_id}",
            order=effect.order,
            instance=effect.channel,
            conversation_id=effect.conversation_id,
            interaction_id=effect.interaction_id,
            reference=matter.reference,
            to=content.sender if content else matter.to,
            account=content.account if content else matter.account,
            subject=content.subject if content else matter.subject,
            text=content.whole() if content else "",
            answers_to=tuple(content.fields.get("answers_to", "").split()) if content else (),
            session_key=(content.session_key if content else "") or matter.session_key,
            operator_id=effect.operator_id,
            operator_name=self._name_of(effect.operator_id),
            at_ms=effect.at_ms,
            outcome=effect.outcome,
        )

    def _call(self, effect: Effect) -> SinkDelivery:
        matter = c.read(self._writer.journal, c.CONVERSATION, c.number_key(effect.conversation_id), c.ConversationCell)
        if matter is None:
            raise DeliveryError("the matter has been erased")
        return SinkDelivery(
            key=f"e{effect.effect_id}",
            event=effect.event,
            at_ms=effect.at_ms,
            conversation_id=effect.conversation_id,
            reference=matter.reference,
            facts=effect.facts,
        )

    def _order(self, effect: Effect) -> OrderChange:
        journal, key = self._writer.journal, c.number_key(effect.conversation_id)
        matter = c.read(journal, c.CONVERSATION, key, c.ConversationCell)
        if matter is None:
            raise DeliveryError("the matter has been erased")
        cell = c.read(journal, c.ORDER, key, c.OrderCell) or c.OrderCell("", [], 0)
        lines = [
            OrderLineChange(sku=one.sku, text=one.text, quantity=one.quantity, unit_minor=one.unit_minor)
            for one in cell.lines
        ]
        return OrderChange(
            key=f"e{effect.effect_id}",
            what=effect.event,
            reference=matter.reference,
            conversation_id=effect.conversation_id,
            stage=effect.outcome,
            at_ms=effect.at_ms,
            currency=cell.currency,
            lines=tuple(lines),
            total_minor=cell.total_minor,
        )

    async def _later(self, cell: c.OutboxCell, retry_after_s: int) -> None:
        """Not before the other side wants it, as far as that is within our own longest pause."""
        wanted_ms = min(retry_after_s * 1000, BACKOFF_MAX_MS)
        cell.next_ms = self._writer.clock.now_ms() + max(backoff_ms(cell.attempts), wanted_ms)
        log.info("delivery_deferred", effect_id=cell.effect.effect_id, attempts=cell.attempts)
        await self._keep([c.put(c.OUTBOX, c.number_key(cell.effect.effect_id), cell)])

    async def _keep(self, writes: Sequence[Write]) -> None:
        try:
            await self._writer.write_cells(writes, Urgency.ENGINE)
        except OmniRouteError as failure:
            log.warning("attempt_not_recorded", code=failure.code)  # after a crash only the count of attempts is older

    async def _end(self, cell: c.OutboxCell, receipt: Receipt | None, reason: str) -> None:
        """Record how it ended; the effect leaves the store in the same transaction."""
        effect = cell.effect
        command = RecordDelivery(
            effect_id=effect.effect_id,
            conversation_id=effect.conversation_id,
            interaction_id=effect.interaction_id,
            delivered=receipt is not None,
            reason=reason,
            order=effect.order,
        )
        key = c.number_key(effect.effect_id)
        writes = [c.drop(c.OUTBOX, key)]
        if receipt is None:
            log.warning("dead_letter", effect_id=effect.effect_id, channel=effect.channel, order=effect.order)
            now_ms = self._writer.clock.now_ms()
            writes.append(c.put(c.DEAD, key, c.DeadCell(effect, cell.attempts, reason, now_ms)))
        elif receipt.provider_id and effect.conversation_id:
            our_id = c.joined_key(effect.channel, receipt.provider_id)
            writes.append(c.put_number(c.OUR_ID, our_id, effect.conversation_id))
        for tries in count(1):
            try:
                await self._writer.submit(SYSTEM, command, lambda _events: writes, Urgency.ENGINE)
            except JournalError:
                pause_ms = BACKOFF_FIRST_MS
            except OmniRouteError as bug:
                log.warning(
                    "end_not_recorded", effect_id=effect.effect_id, code=bug.code
                )  # the writer has logged where
                pause_ms = backoff_ms(tries)
            else:
                return
            await self._writer.clock.sleep_until(self._writer.clock.now_ms() + pause_ms)
