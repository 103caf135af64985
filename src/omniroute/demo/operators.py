"""Synthetic operators: they take, answer and finish what is offered to them, like people, only more patiently."""

from __future__ import annotations

import random
from collections.abc import Sequence

import anyio
import anyio.abc
import structlog

from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.core.model import PARTS, ContactState, ItemState, Presence
from omniroute.core.permissions import Actor, Role
from omniroute.demo.letters import REPLIES
from omniroute.engine import cells as c
from omniroute.engine.engine import Engine
from omniroute.errors import OmniRouteError
from omniroute.journal.contract import Write

THINKING_S = (1.0, 7.0)
WORKING_S = (8.0, 40.0)
ACCEPTS, TRANSFERS = 0.88, 0.08
DISPOSITIONS = ("solved", "information_given", "call_back_agreed")
REPORTS = ("Done, it leaves tomorrow.", "Yes, that is covered.", "I have checked: nothing is open on our side.")

log = structlog.get_logger("omniroute.demo")


class SyntheticOperator:
    """One operator whom nobody plays; stands back as soon as somebody signs in under the name."""

    def __init__(self, engine: Engine, operator_id: str, chance: random.Random, played: set[str]) -> None:
        self._engine = engine
        self._id = operator_id
        self._chance = chance
        self._played = played
        departments = engine.writer.state.operators[operator_id].departments
        self._actor = Actor(Role.OPERATOR, operator_id, departments)

    async def run(self) -> None:
        """Be available, and do what comes."""
        with self._engine.writer.feed.listen() as commits:
            await self._do(k.SetPresence(operator_id=self._id, presence=Presence.AVAILABLE))
            async with anyio.create_task_group() as group:
                for offer_id in list(self._engine.writer.state.operators[self._id].offer_ids):
                    group.start_soon(self._answer_offer, offer_id)
                async for commit in commits:
                    for event in commit.events if commit else ():
                        self._hear(event, group)

    def _hear(self, event: e.Event, group: anyio.abc.TaskGroup) -> None:
        match event:
            case e.OfferMade(operator_id=self._id):
                group.start_soon(self._answer_offer, event.offer_id)
            case e.OfferAccepted(operator_id=self._id):
                group.start_soon(self._work, event.work_item_id, event.conversation_id)
            case e.HandoffAccepted(operator_id=self._id, kind=kind) if kind in PARTS:
                group.start_soon(self._report, event.target_item_id)
            case e.HandoffAccepted(operator_id=self._id):
                group.start_soon(self._work, event.target_item_id, event.conversation_id)
            case e.PresenceChanged(operator_id=self._id, cause="rona"):
                group.start_soon(self._come_back)

    async def _do(self, command: k.Command, content: c.ContentCell | None = None) -> None:
        """Send a command unless a person plays this operator; the world may have moved on meanwhile."""
        if self._id in self._played:
            return

        def contents(events: Sequence[e.Event]) -> list[Write]:
            sent = [event for event in events if isinstance(event, e.ReplySent | e.NoteAdded)] if content else []
            return [c.put(c.CONTENT, c.number_key(event.interaction_id), content) for event in sent if content]

        try:
            await self._engine.writer.submit(self._actor, command, contents)
        except OmniRouteError as refused:
            log.debug("operator_refused", code=refused.code)

    async def _pause(self, bounds: tuple[float, float]) -> None:
        await anyio.sleep(self._chance.uniform(*bounds))

    async def _come_back(self) -> None:
        await self._pause(WORKING_S)
        await self._do(k.SetPresence(operator_id=self._id, presence=Presence.AVAILABLE))

    async def _answer_offer(self, offer_id: int) -> None:
        await self._pause(THINKING_S)
        if self._chance.random() < ACCEPTS:
            await self._do(k.AcceptOffer(offer_id=offer_id, operator_id=self._id))
        else:
            await self._do(k.DeclineOffer(offer_id=offer_id, operator_id=self._id, reason="busy"))

    async def _work(self, work_item_id: int, conversation_id: int) -> None:
        """Answer, perhaps hand over, and finish."""
        await self._pause(WORKING_S)
        await self._reply(conversation_id)
        await self._pause(THINKING_S)
        if self._chance.random() < TRANSFERS and await self._hand_over(work_item_id):
            return
        await self._wait_for_the_end_of_a_call(work_item_id)
        disposition = self._chance.choice(DISPOSITIONS)
        await self._do(k.CompleteItem(work_item_id=work_item_id, operator_id=self._id, disposition=disposition))

    async def _report(self, work_item_id: int) -> None:
        """Answer whoever asked."""
        await self._pause(WORKING_S)
        command = k.CompleteItem(
            work_item_id=work_item_id, operator_id=self._id, disposition=self._chance.choice(DISPOSITIONS), note=True
        )
        await self._do(command, c.ContentCell(text=self._chance.choice(REPORTS)))

    async def _reply(self, conversation_id: int) -> None:
        journal = self._engine.writer.journal
        matter = c.read(journal, c.CONVERSATION, c.number_key(conversation_id), c.ConversationCell)
        runner = self._engine.supervisor.runners.get(matter.channel) if matter else None
        if matter is None or runner is None or runner.capabilities.connects or not runner.capabilities.outbound:
            return
        content = c.ContentCell(
            text=self._chance.choice(REPLIES),
            subject=matter.subject,
            account=matter.account,
            sender=matter.to,
            fields={"answers_to": " ".join(matter.last_provider_ids)},
        )
        await self._do(k.SendReply(conversation_id=conversation_id, operator_id=self._id), content)

    async def _hand_over(self, work_item_id: int) -> bool:
        item = self._engine.writer.state.items.get(work_item_id)
        if item is None or item.state is not ItemState.ASSIGNED:
            return False
        others = [d for d in self._engine.writer.state.departments if d != item.department_id]
        department = self._chance.choice(others)
        await self._do(k.TransferItem(work_item_id=work_item_id, operator_id=self._id, department_id=department))
        return item.handoff_id != 0

    async def _wait_for_the_end_of_a_call(self, work_item_id: int) -> None:
        state = self._engine.writer.state
        with anyio.move_on_after(120), self._engine.writer.feed.listen() as commits:
            while True:
                item = state.items.get(work_item_id)
                matter = state.conversations.get(item.conversation_id) if item else None
                if matter is None or matter.contact not in {ContactState.WAITING, ContactState.CONNECTED}:
                    return
                await commits.receive()
