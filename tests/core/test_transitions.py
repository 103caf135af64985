"""Illegal transitions: every pair of a table, and every command in every state of a work item."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.core.world import MINUTE, START_MS, World, with_channel

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.model import InteractionKind, ItemState
from omniroute.core.transitions import LIFECYCLES, WORK_ITEM, IllegalTransition, advance
from omniroute.errors import CallerError

PAIRS = [
    (lifecycle, tag, state)
    for lifecycle, table in LIFECYCLES.items()
    for tag, moves in table.items()
    for state in type(next(iter(moves)))
]


@pytest.mark.parametrize(("lifecycle", "tag", "state"), PAIRS)
def test_a_pair_is_in_the_table_or_raises(lifecycle, tag, state):
    table = LIFECYCLES[lifecycle]
    if state in table[tag]:
        following = advance(table, tag, state)
        assert following is table[tag][state]
        assert type(following) is type(state)
    else:
        before = {name: dict(moves) for name, moves in table.items()}
        with pytest.raises(IllegalTransition, match="not allowed"):
            advance(table, tag, state)
        assert table == before


@pytest.mark.parametrize("lifecycle", LIFECYCLES)
def test_every_state_can_be_reached_or_is_a_beginning(lifecycle):
    table = LIFECYCLES[lifecycle]
    states = list(type(next(iter(next(iter(table.values()))))))
    reached = {after for moves in table.values() for after in moves.values()}
    assert {*reached, states[0]} == set(states)


@pytest.mark.parametrize("lifecycle", ["work item", "offer", "handoff", "clock"])
def test_what_has_ended_stays_so(lifecycle):
    table = LIFECYCLES[lifecycle]
    left = {before for moves in table.values() for before in moves}
    ended = set(type(next(iter(left)))) - left
    assert ended, "there is no end"
    for tag in table:
        for state in ended:
            with pytest.raises(IllegalTransition):
                advance(table, tag, state)


def test_the_tables_name_recorded_events_only():
    tags = {str(kind.__struct_config__.tag) for kind in e.AnyEvent.__args__}
    named = {tag.split(" ")[0] for table in LIFECYCLES.values() for tag in table}
    assert named <= tags


# ---- a work item in each of its states, with ann (who is offered or holds it), bob (who may not have it), and cem
def _queued() -> World:
    world = World()
    world.operator("ann", "support")
    world.operator("bob", "sales")
    world.write()
    world.decline("ann")
    return world


def _offered() -> World:
    world = World(with_channel("phone", connect_ms=MINUTE))
    world.operator("ann", "support")
    world.operator("bob", "sales")
    world.write()
    world.operator("cem", "support")
    return world


def _connecting() -> World:
    world = World(with_channel("phone", connect_ms=MINUTE))
    world.operator("ann", "support")
    world.operator("bob", "sales")
    world.call()
    world.accept("ann")
    world.operator("cem", "support")
    return world


def _parked() -> World:
    world = _assigned()
    world.snooze(1, MINUTE)
    return world


def _assigned() -> World:
    world = _offered()
    world.accept("ann")
    return world


def _wrap_up() -> World:
    world = _assigned()
    world.hang_up(1)
    return world


def _transferring() -> World:
    world = _assigned()
    world.transfer(1, "billing")
    return world


def _closed() -> World:
    world = _assigned()
    world.complete(1)
    return world


STATES: dict[str, Callable[[], World]] = {
    "queued": _queued,
    "offered": _offered,
    "connecting": _connecting,
    "parked": _parked,
    "assigned": _assigned,
    "assigned, transferring": _transferring,
    "wrap_up": _wrap_up,
    "closed": _closed,
}
ITEM = {"work_item_id": 1}
COMMANDS: dict[str, Callable[[str], c.Command]] = {
    "accept": lambda who: c.AcceptOffer(offer_id=1, operator_id=who),
    "decline": lambda who: c.DeclineOffer(offer_id=1, operator_id=who),
    "reply": lambda who: c.SendReply(conversation_id=1, operator_id=who),
    "note": lambda who: c.AddNote(conversation_id=1, operator_id=who),
    "transfer": lambda who: c.TransferItem(**ITEM, operator_id=who, department_id="sales"),
    "cancel": lambda who: c.CancelHandoff(handoff_id=1, operator_id=who),
    "end": lambda who: c.EndContact(**ITEM, operator_id=who),
    "complete": lambda who: c.CompleteItem(**ITEM, operator_id=who, disposition="solved"),
    "complete only": lambda who: c.CompleteItem(**ITEM, operator_id=who, disposition="solved", resolve=False),
    "release": lambda who: c.ReleaseItem(**ITEM, operator_id=who),
    "pull": lambda who: c.PullItem(**ITEM, operator_id=who),
    "force": lambda who: c.ForceItem(**ITEM, operator_id=who),
    "reassign": lambda who: c.ReassignItem(**ITEM, operator_id=who, to_operator_id="cem"),
    "snooze": lambda who: c.SnoozeItem(**ITEM, operator_id=who, until_ms=START_MS + 60 * MINUTE),
    "requeue": lambda who: c.RequeueItem(**ITEM, operator_id=who, queue_id="sales.late"),
    "requeue what nobody has": lambda _: c.RequeueItem(**ITEM, queue_id="sales.late"),
}
LEGAL: dict[tuple[str, str], type[e.Event]] = {
    ("accept", "offered"): e.OfferAccepted,
    ("decline", "offered"): e.OfferDeclined,
    ("pull", "queued"): e.ItemPulled,
    ("pull", "offered"): e.OfferAccepted,
    ("pull", "parked"): e.ItemPulled,
    **{("force", state): e.ItemForced for state in ("queued", "offered", "parked")},
    **{("requeue what nobody has", state): e.ItemMoved for state in ("queued", "offered", "parked")},
    ("requeue", "assigned"): e.ItemMoved,
    ("reassign", "assigned"): e.ItemReassigned,
    ("snooze", "assigned"): e.ItemSnoozed,
    ("reply", "connecting"): e.ReplySent,
    ("reply", "assigned"): e.ReplySent,
    ("reply", "assigned, transferring"): e.ReplySent,
    ("reply", "wrap_up"): e.ReplySent,
    **{("note", state): e.NoteAdded for state in STATES if state != "closed"},
    ("transfer", "assigned"): e.HandoffRequested,
    ("transfer", "wrap_up"): e.HandoffRequested,
    ("cancel", "assigned, transferring"): e.HandoffCancelled,
    ("end", "assigned"): e.WrapUpStarted,
    ("end", "assigned, transferring"): e.WrapUpStarted,
    ("complete", "assigned"): e.ConversationResolved,
    ("complete", "assigned, transferring"): e.HandoffCancelled,
    ("complete", "wrap_up"): e.ConversationResolved,
    ("release", "assigned"): e.ItemReturned,
}
"""What ann may do, and the event that shows it. What is not here is refused."""


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", COMMANDS)
def test_command_in_state(command, state):
    world = STATES[state]()
    kind = LEGAL.get((command, state))
    if kind is None:
        with pytest.raises(CallerError):  # World.do checks that nothing has changed
            world.do(COMMANDS[command]("ann"))
    else:
        world.do(COMMANDS[command]("ann"))
        assert any(isinstance(event, kind) for event in world.last)


@pytest.mark.parametrize("stranger", ["bob", "", "nobody"])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "note" and "requeue" not in command])
def test_command_of_somebody_else_is_refused_in_every_state(command, state, stranger):
    world = STATES[state]()
    with pytest.raises(CallerError):
        world.do(COMMANDS[command](stranger))


@pytest.mark.parametrize("kind", list(InteractionKind))
@pytest.mark.parametrize("state", [state for state in STATES if state != "closed"])
def test_whatever_the_channel_tells_is_taken_in_every_state(kind, state):
    world = STATES[state]()
    world.write(channel="phone", kind=kind, conversation_id=1)
    assert world.just(e.InteractionReceived).conversation_id == 1
    assert world.replayed().encode() == world.state.encode()


@pytest.mark.parametrize("state", STATES)
def test_time_alone_never_breaks_anything(state):
    world = STATES[state]()
    world.run(60 * MINUTE)
    assert world.replayed().encode() == world.state.encode()


def test_the_table_of_work_items_never_leaves_closed():
    assert all(ItemState.CLOSED not in moves for moves in WORK_ITEM.values())
