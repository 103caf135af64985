"""What an act does: one function for each kind, on the world as it is at that moment.

What lives here: `ACTS`. An act that means nothing any more (nobody holds anything, the engine is down) does nothing,
and one that the engine refuses is refused: both happen in real life.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import msgspec

from omniroute.core import commands as k
from omniroute.core.eligibility import why_not_by_hand
from omniroute.core.model import Closing, HandoffKind, InteractionKind, ItemState, Operator, Presence, WorkItem
from omniroute.core.permissions import SYSTEM, Actor, Role
from omniroute.core.stages import kind_of, present
from omniroute.core.state import State
from omniroute.engine.cells import Cells
from omniroute.errors import Conflict
from omniroute.sim import company
from omniroute.sim.options import Act
from omniroute.sim.promises import GOLD

if TYPE_CHECKING:
    from omniroute.sim.world import World

T = TypeVar("T")
BOSS = Actor(Role.SUPERVISOR, "boss", company.DEPARTMENTS)
PRESENCES = tuple(Presence)
KINDS = tuple(HandoffKind)
COLLEAGUES = "14, 21: somebody got what is a colleague's"
EARLIER = "closings: an answer to an earlier question was taken"


def _pick(things: Sequence[T], number: int) -> T | None:
    return things[number % len(things)] if things else None


# ---- customers
def write(world: World, act: Act) -> None:
    """A message, handed in under a number of the customer's own; ``b``: 1 garbage, 2 a bug of the channel's."""
    fault = ("", "garbage", "bug")[act.b % 3]
    world.hand_in(act, InteractionKind.MESSAGE, fault=fault, answers_to=world.post.answers_to(act.who))


def quote(world: World, act: Act) -> None:
    """A stranger's message that quotes a reply to somebody else."""
    world.hand_in(act, InteractionKind.MESSAGE, quotes=_pick(world.post.replies, act.b))


def ask(world: World, act: Act) -> None:
    """Where a matter stands: one's own, somebody else's, or one that is not there (``b``)."""
    reference = world.watch.ledger.questions.choose(act.who, act.b)
    world.hand_in(act, InteractionKind.MESSAGE, asks=reference)


def code(world: World, act: Act) -> None:
    """Ask for a code on the status page, by a reference like those of ``ask``."""
    world.want_code(world.watch.ledger.questions.choose(act.who, act.b))


def _contact(kind: InteractionKind) -> Callable[[World, Act], None]:
    return lambda world, act: world.hand_in(act, kind)


# ---- operators
def _operator(world: World, act: Act) -> tuple[Operator, Actor] | None:
    operator = world.state.operators.get(act.who) if world.up else None
    return (operator, Actor(Role.OPERATOR, act.who, operator.departments)) if operator else None


def _on_offer(make: Callable[[int, str], k.Command]) -> Callable[[World, Act], None]:
    def perform(world: World, act: Act) -> None:
        found = _operator(world, act)
        offer_id = _pick(found[0].offer_ids, act.a) if found else None
        if found and offer_id is not None:
            world.order(found[1], make(offer_id, act.who))

    return perform


def _on_held(make: Callable[[WorkItem, Act, World], k.Command]) -> Callable[[World, Act], None]:
    def perform(world: World, act: Act) -> None:
        found = _operator(world, act)
        item_id = _pick(found[0].item_ids, act.a) if found else None
        if found and item_id is not None:
            world.order(found[1], make(world.state.items[item_id], act, world))

    return perform


def reply(world: World, act: Act) -> None:
    """Answer the customer of something held; nobody answers a call in writing."""
    found = _operator(world, act)
    item_id = _pick(found[0].item_ids, act.a) if found else None
    if found and item_id is not None and world.state.items[item_id].channel != company.PHONE:
        number = world.state.items[item_id].conversation_id
        command = k.SendReply(conversation_id=number, operator_id=act.who)
        world.order(found[1], command, world.words_for(number))


def _note(item: WorkItem, act: Act, _: World) -> k.Command:
    return k.AddNote(conversation_id=item.conversation_id, operator_id=act.who)


def _complete(item: WorkItem, act: Act, _: World) -> k.Command:
    return k.CompleteItem(
        work_item_id=item.work_item_id,
        operator_id=act.who,
        disposition="solved",
        resolve=bool(act.b % 5),
        note=bool(item.part_of) or act.b % 7 == 0,
        cancel_parts=act.b % 3 == 0,
    )


def _end(item: WorkItem, act: Act, _: World) -> k.Command:
    return k.EndContact(work_item_id=item.work_item_id, operator_id=act.who)


def _release(item: WorkItem, act: Act, _: World) -> k.Command:
    return k.ReleaseItem(work_item_id=item.work_item_id, operator_id=act.who, reason="not mine")


def _extend(item: WorkItem, act: Act, _: World) -> k.Command:
    return k.ExtendWrapUp(work_item_id=item.work_item_id, operator_id=act.who)


def _transfer(item: WorkItem, act: Act, world: World) -> k.Command:
    """Hand over, ask or give a part (``b``): to a department, or to somebody by name."""
    kind = KINDS[act.b // 3 % len(KINDS)]
    people = [one.operator_id for one in world.people]
    person = people[act.b // 7 % len(people)] if act.b % 4 == 0 else ""
    due_ms = max(world.state.now_ms, world.wall_ms()) + (5 + act.b) * company.SECOND
    return k.TransferItem(
        work_item_id=item.work_item_id,
        operator_id=act.who,
        department_id="" if person else company.DEPARTMENTS[act.b % len(company.DEPARTMENTS)],
        kind=kind,
        to_operator_id=person,
        due_ms=due_ms if kind is HandoffKind.TASK else 0,
    )


def _send_back(item: WorkItem, act: Act, world: World) -> k.Command:
    """To where it came from, or once more to where it went."""
    matter = world.state.conversations[item.conversation_id]
    found = _pick(matter.passes, act.b)
    pair = (found.from_department_id, found.to_department_id) if found else company.DEPARTMENTS
    department = next((one for one in pair if one != item.department_id), item.department_id)
    return k.TransferItem(
        work_item_id=item.work_item_id, operator_id=act.who, department_id=department, kind=KINDS[act.b % 2]
    )


def _snooze(item: WorkItem, act: Act, world: World) -> k.Command:
    until_ms = max(world.state.now_ms, world.wall_ms()) + (5 + act.b % 90) * company.SECOND
    return k.SnoozeItem(work_item_id=item.work_item_id, operator_id=act.who, until_ms=until_ms)


def meddle(world: World, act: Act) -> None:
    """Reach for what is somebody else's by then: an offer, or held work (``b``). Nobody may get it that way."""
    found = _operator(world, act)
    if not found:
        return
    who, make = act.who, _MEDDLING[act.b % len(_MEDDLING)]

    def attempt(state: State, _: Cells) -> k.Command:
        others = [one for one in state.operators.values() if one.operator_id != who and (one.item_ids or one.offer_ids)]
        other = _pick(others, act.a)
        command = make(state, other, who) if other else None
        if command is None:
            raise Conflict("there is nothing to reach for")
        return command

    world.order(found[1], attempt, forbidden=COLLEAGUES)


def _foreign_offer(_: State, other: Operator, who: str) -> k.Command | None:
    return k.AcceptOffer(offer_id=other.offer_ids[0], operator_id=who) if other.offer_ids else None


def _foreign_matter(state: State, other: Operator, who: str) -> k.Command | None:
    theirs = [i for i in other.item_ids if not state.items[i].part_of]  # the matter of a part may be one's own
    if not theirs:
        return None
    return k.SendReply(conversation_id=state.items[theirs[0]].conversation_id, operator_id=who)


def _foreign_work(_: State, other: Operator, who: str) -> k.Command | None:
    if not other.item_ids:
        return None
    return k.CompleteItem(work_item_id=other.item_ids[0], operator_id=who, disposition="solved", resolve=True)


_MEDDLING = (_foreign_offer, _foreign_offer, _foreign_matter, _foreign_work)


def cancel(world: World, act: Act) -> None:
    """Take a transfer back."""
    found = _operator(world, act)
    if not found:
        return
    mine = [one.handoff_id for one in world.state.handoffs.values() if one.from_operator_id == act.who]
    handoff_id = _pick(mine, act.a)
    if handoff_id is not None:
        world.order(found[1], k.CancelHandoff(handoff_id=handoff_id, operator_id=act.who))


def send(world: World, act: Act) -> None:
    """A supervisor hands work over in its owner's name, however often it has gone round."""
    found = _item_and_operator(world, act, ItemState.ASSIGNED)
    if found:
        owner_id = found[0].operator_id
        command = _transfer(found[0], msgspec.structs.replace(act, who=owner_id), world)
        world.order(BOSS, msgspec.structs.replace(command, by="boss"))


def turn_down(world: World, act: Act) -> None:
    """Refuse a handoff for everybody: by whom it was sent to, or a supervisor."""
    if not world.up:
        return
    handoff = _pick(list(world.state.handoffs.values()), act.a)
    if handoff is not None:
        operator = world.state.operators.get(handoff.to_operator_id)
        actor = Actor(Role.OPERATOR, operator.operator_id, operator.departments) if operator else BOSS
        world.order(actor, k.DeclineHandoff(handoff_id=handoff.handoff_id, operator_id=actor.operator_id))


def pull(world: World, act: Act) -> None:
    """Take something that waits, or that was put aside, out of turn."""
    found = _operator(world, act)
    if not found:
        return
    there = [i for i, one in world.state.items.items() if one.state in {ItemState.QUEUED, ItemState.PARKED}]
    item_id = _pick(there, act.a)
    if item_id is not None:
        world.order(found[1], k.PullItem(work_item_id=item_id, operator_id=act.who))


def presence(world: World, act: Act) -> None:
    """Come, go, or say so for one channel (``b``)."""
    found = _operator(world, act)
    channel = ("", "", "", company.MAIL, company.CHAT, company.PHONE)[act.b % 6]
    if found:
        value = PRESENCES[act.a % len(PRESENCES)]
        world.order(found[1], k.SetPresence(operator_id=act.who, presence=value, channel=channel))


def connect(world: World, act: Act) -> None:
    """Open the desk."""
    if _operator(world, act):
        world.order(SYSTEM, k.ConnectOperator(operator_id=act.who))


def disconnect(world: World, act: Act) -> None:
    """The connection of the desk is gone."""
    if _operator(world, act):
        world.order(SYSTEM, k.DisconnectOperator(operator_id=act.who))


# ---- supervisors and administrators
def _item_and_operator(world: World, act: Act, *states: ItemState) -> tuple[WorkItem, str] | None:
    """An item, and whom a supervisor would give it to: mostly somebody who can have it, sometimes anybody."""
    if not world.up:
        return None
    state = world.state
    item = _pick([one for one in state.items.values() if not states or one.state in states], act.a)
    if item is None:
        return None
    able = [name for name, one in state.operators.items() if not why_not_by_hand(state, one, item)]
    others = [name for name in able if name != item.operator_id]
    operator_id = _pick(others if others and act.b % 4 else list(state.operators), act.b)
    return (item, operator_id) if operator_id is not None else None


def force(world: World, act: Act) -> None:
    """Give work to somebody."""
    found = _item_and_operator(world, act)
    if found:
        world.order(BOSS, k.ForceItem(work_item_id=found[0].work_item_id, operator_id=found[1], by="boss"))


def reassign(world: World, act: Act) -> None:
    """Move held work to somebody else."""
    found = _item_and_operator(world, act, ItemState.ASSIGNED, ItemState.WRAP_UP)
    if found:
        item, to = found
        world.order(
            BOSS,
            k.ReassignItem(work_item_id=item.work_item_id, operator_id=item.operator_id, to_operator_id=to, by="boss"),
        )


def requeue(world: World, act: Act) -> None:
    """Put work into another queue."""
    found = _item_and_operator(world, act)
    if found:
        item = found[0]
        queue_id = _pick(list(world.state.queues), act.b) or item.queue_id
        world.order(
            BOSS,
            k.RequeueItem(work_item_id=item.work_item_id, queue_id=queue_id, operator_id=item.operator_id, by="boss"),
        )


def merge(world: World, act: Act) -> None:
    """Make two matters of one customer one (``boss``, or an operator; ``b``: which two)."""
    found = (None, BOSS) if act.who == BOSS.operator_id else _operator(world, act)
    matters = list(world.state.conversations.values()) if world.up else []
    twice = [one for one in matters if sum([other.customer_id == one.customer_id for other in matters]) > 1]
    going = _pick(twice, act.a)
    if not found or going is None:
        return
    others = [one for one in twice if one.customer_id == going.customer_id and one is not going]
    staying = _pick(others if act.b % 4 else matters, act.b // 4)  # now and then of somebody else, which is refused
    if staying is not None:
        numbers = going.conversation_id, staying.conversation_id
        command = k.MergeConversations(conversation_id=numbers[0], into_id=numbers[1], operator_id=found[1].operator_id)
        world.order(found[1], command)


def split(world: World, act: Act) -> None:
    """Some messages of a matter become another (``boss``, or an operator; ``b``: how many, and where it waits)."""
    found = (None, BOSS) if act.who == BOSS.operator_id else _operator(world, act)
    if not found or not world.up:
        return

    def attempt(state: State, cells: Cells) -> k.Command:
        mine = [one for one in state.conversations.values() if act.who in {one.owner_id, BOSS.operator_id}]
        matter = _pick([one for one in mine if one.message_count > 1] or mine, act.a)
        if matter is None:
            raise Conflict("there is nothing to split")
        there = world.messages_of(cells, matter.conversation_id)
        wanted = there if act.b % 7 == 0 else there[1 + act.b % max(len(there) - 1, 1) :]  # all: which is refused
        return k.SplitConversation(
            conversation_id=matter.conversation_id,
            interaction_ids=tuple(wanted),
            operator_id=act.who,
            reference=world.new_reference(),
            queue_id="" if act.b % 3 else _pick(list(state.queues), act.b) or "",
        )

    world.order(found[1], attempt)


def retrain(world: World, act: Act) -> None:
    """An operator has other skills, departments or room from now on."""
    if not world.up:
        return
    operator = world.state.operators.get(act.who)
    if operator is not None:
        teams = company.DEPARTMENTS[act.a % 3 :] if act.a % 4 else operator.departments
        command = k.PutOperator(
            operator_id=act.who,
            departments=tuple(teams),
            skills={"tech": act.b % 11 or 1, "money": (act.a + act.b) % 10 + 1},
            capacity_units=5 + act.b % 6,
        )
        world.order(SYSTEM, command)


def prioritize(world: World, act: Act) -> None:
    """A matter is more urgent than it was, or less, or its customer is of another tier."""
    found = _item_and_operator(world, act)
    if found:
        tier = ("", GOLD, None)[act.b % 3]
        command = k.PrioritizeMatter(
            conversation_id=found[0].conversation_id,
            operator_id="boss",
            priority=act.b % 7 - 1 if act.b % 4 else None,
            tier=tier,
            by="boss",
        )
        world.order(BOSS, command)


def promise(world: World, act: Act) -> None:
    """The company promises something else from now on."""
    if world.up:
        world.order(SYSTEM, k.ApplyConfig(config=company.config(act.a)))


def stage(world: World, act: Act) -> None:
    """A matter goes on in the course of its kind (``b``: where to), and its fields are filled in."""
    found = _operator(world, act)
    item_id = _pick(found[0].item_ids, act.a) if found else None
    if not found or item_id is None:
        return
    matter = world.state.conversations[world.state.items[item_id].conversation_id]
    number, known = matter.conversation_id, kind_of(world.state, matter).stages
    if act.b % 4 == 1 and kind_of(world.state, matter).lines:
        world.order(found[1], k.SetOrderLines(conversation_id=number, operator_id=act.who, lines=act.b % 9))
    if not act.b % 3:
        needed = sorted({name for one in known for name in one.needs})
        names = tuple(needed[act.b % 2 :])  # now and then not all of them
        world.order(found[1], k.SetFields(conversation_id=number, operator_id=act.who, filled=names))
    wanted = _pick(present(world.state, matter).next if act.b % 5 else [one.stage_id for one in known], act.b)
    if wanted is not None:
        world.order(found[1], k.ChangeStage(conversation_id=number, operator_id=act.who, stage_id=wanted))


def _on_closing(make: Callable[[World, Closing, Act], k.Command | None]) -> Callable[[World, Act], None]:
    """A customer presses a link in the question whether it is done (``a``: of which matter, if that is asked about).

    Sometimes it is that of an earlier question (``b``).
    """

    def perform(world: World, act: Act) -> None:
        if not world.up:
            return

        def attempt(state: State, _: Cells) -> k.Command:
            closing = state.closings.get(act.a) or _pick(list(state.closings.values()), act.a)
            command = make(world, closing, act) if closing else None
            if command is None:
                raise Conflict("nobody is asked anything")
            return command

        world.order(SYSTEM, attempt, forbidden="" if _newest(act) else EARLIER)

    return perform


def _newest(act: Act) -> bool:
    """Whether the link is that of the question that is asked now."""
    return bool(act.b % 7)


def _resolution(closing: Closing, act: Act) -> int:
    return closing.resolution if _newest(act) else closing.resolution - 1


def _confirm(_: World, closing: Closing, act: Act) -> k.Command:
    return k.ConfirmMatter(conversation_id=closing.conversation_id, resolution=_resolution(closing, act))


def _rate(_: World, closing: Closing, act: Act) -> k.Command:
    return k.RateMatter(
        conversation_id=closing.conversation_id, resolution=_resolution(closing, act), score=act.b % 5 + 1
    )


def _reopen(world: World, closing: Closing, act: Act) -> k.Command | None:
    record = world.record_of(closing.conversation_id)
    return k.ReopenMatter(record=record, resolution=_resolution(closing, act)) if record else None


ACTS: dict[str, Callable[[World, Act], None]] = {
    "write": write,
    "quote": quote,
    "ask": ask,
    "code": code,
    "ring": _contact(InteractionKind.CONTACT_STARTED),
    "through": _contact(InteractionKind.CONTACT_CONNECTED),
    "no_answer": _contact(InteractionKind.CONTACT_NOT_CONNECTED),
    "hang_up": _contact(InteractionKind.CONTACT_ENDED),
    "leave": _contact(InteractionKind.CONTACT_ABANDONED),
    "accept": _on_offer(lambda offer_id, who: k.AcceptOffer(offer_id=offer_id, operator_id=who)),
    "decline": _on_offer(lambda offer_id, who: k.DeclineOffer(offer_id=offer_id, operator_id=who, reason="busy")),
    "reply": reply,
    "note": _on_held(_note),
    "complete": _on_held(_complete),
    "end": _on_held(_end),
    "release": _on_held(_release),
    "extend": _on_held(_extend),
    "transfer": _on_held(_transfer),
    "send_back": _on_held(_send_back),
    "snooze": _on_held(_snooze),
    "cancel": cancel,
    "turn_down": turn_down,
    "send": send,
    "meddle": meddle,
    "pull": pull,
    "presence": presence,
    "connect": connect,
    "disconnect": disconnect,
    "force": force,
    "reassign": reassign,
    "requeue": requeue,
    "retrain": retrain,
    "prioritize": prioritize,
    "promise": promise,
    "stage": stage,
    "confirm": _on_closing(_confirm),
    "rate": _on_closing(_rate),
    "reopen": _on_closing(_reopen),
    "merge": merge,
    "split": split,
}
"""Faults have their own table in ``faults``."""
