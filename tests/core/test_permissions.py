"""Who may do what: the whole table, and deny by default."""

from __future__ import annotations

import pytest
from tests.core.world import CONFIG, World

from omniroute.core import commands as c
from omniroute.core import machine
from omniroute.core.model import Conversation, InteractionKind, ItemState, Presence
from omniroute.core.permissions import RULES, SYSTEM, Actor, Role, authorize, in_reach, may_read
from omniroute.errors import Forbidden

ANN = Actor(Role.OPERATOR, "ann", ("support",))
BOB = Actor(Role.OPERATOR, "bob", ("sales",))
CHIEF = Actor(Role.SUPERVISOR, "sue", ("support",))
OTHER_CHIEF = Actor(Role.SUPERVISOR, "sam", ("sales",))
ADMIN = Actor(Role.ADMIN, "root")
MAIL = Actor(Role.CHANNEL, instance="mail")
CHAT = Actor(Role.CHANNEL, instance="chat")
EVERYBODY = {
    "ann": ANN, "bob": BOB, "chief": CHIEF, "other chief": OTHER_CHIEF, "admin": ADMIN, "mail": MAIL, "chat": CHAT,
}  # fmt: skip

ITEM = {"work_item_id": 1, "operator_id": "ann"}
DONE = Conversation(1, "r", 1, "mail", "support", "support.first", "question", 0, 0)
COMMANDS: list[tuple[c.Command, str]] = [
    (c.ApplyConfig(config=CONFIG), ""),
    (c.PutOperator(operator_id="x", departments=(), skills={}, capacity_units=1), "admin"),
    (c.SetPresence(operator_id="ann", presence=Presence.AWAY), "ann, chief, admin"),
    (c.ConnectOperator(operator_id="ann"), ""),
    (c.DisconnectOperator(operator_id="ann"), ""),
    (c.ReceiveRaw(channel="mail"), "mail"),
    (c.QuarantineRaw(raw_id=1, reason=""), ""),
    (
        c.RegisterInteraction(
            raw_id=1,
            channel="mail",
            kind=InteractionKind.MESSAGE,
            classification=c.Classification("support"),
            reference="r",
        ),
        "",
    ),
    (c.AcceptOffer(offer_id=1, operator_id="ann"), "ann"),
    (c.DeclineOffer(offer_id=1, operator_id="ann"), "ann"),
    (c.SendReply(conversation_id=1, operator_id="ann"), "ann"),
    (c.AddNote(conversation_id=1, operator_id="ann"), "ann"),
    (c.MergeConversations(conversation_id=1, into_id=1, operator_id="ann"), "ann"),
    (c.SplitConversation(conversation_id=1, interaction_ids=(1,), operator_id="ann", reference="r"), "ann"),
    (c.TransferItem(**ITEM, department_id="sales"), "ann, chief, admin"),
    (c.CancelHandoff(handoff_id=1, operator_id="ann"), "ann"),
    (c.DeclineHandoff(handoff_id=1, operator_id="ann"), ""),
    (c.EndContact(**ITEM), "ann"),
    (c.ExtendWrapUp(**ITEM), "ann, chief, admin"),
    (c.CompleteItem(**ITEM, disposition="x"), "ann, chief, admin"),
    (c.ReleaseItem(**ITEM), "ann, chief, admin"),
    (c.PullItem(**ITEM), "ann"),
    (c.ForceItem(**ITEM, by="sue"), "chief, admin"),
    (c.ReassignItem(**ITEM, to_operator_id="bob"), "chief, admin"),
    (c.SnoozeItem(**ITEM, until_ms=1), "ann, chief, admin"),
    (c.RequeueItem(**ITEM, queue_id="sales.orders"), "ann, chief, admin"),
    (c.ChangeStage(conversation_id=1, operator_id="ann", stage_id="asked"), "ann, chief, admin"),
    (c.SetFields(conversation_id=1, operator_id="ann", filled=()), "ann, chief, admin"),
    (c.SetOrderLines(conversation_id=1, operator_id="ann", lines=1), "ann, chief, admin"),
    (c.ConfirmMatter(conversation_id=1, resolution=1), ""),
    (c.RateMatter(conversation_id=1, resolution=1, score=1), ""),
    (
        c.ReopenMatter(
            record=Conversation(1, "r", 1, "mail", "support", "support.first", "question", 0, 0), resolution=1
        ),
        "",
    ),
    (c.PrioritizeMatter(conversation_id=1, operator_id="ann"), "ann, chief, admin"),
    (c.AnswerStatus(raw_id=1, channel="mail"), ""),
    (c.SendStatusCode(conversation_id=1, channel="mail", lifetime_ms=1), ""),
    (c.RecordDelivery(effect_id=1, conversation_id=1, interaction_id=1, delivered=True), ""),
    (c.FireDue(concern="offers"), ""),
    (c.ResumeAfterOutage(), ""),
    (c.RecordStateHash(digest="x"), ""),
    (c.Keep(), ""),
]


@pytest.fixture(scope="module")
def world() -> World:
    """Ann of support holds matter 1."""
    world = World()
    world.operator("ann", "support")
    world.operator("bob", "sales")
    world.held()
    return world


def test_every_command_has_a_rule_and_a_handler_and_is_tested():
    kinds = {kind for kind in vars(c).values() if isinstance(kind, type) and issubclass(kind, c.Command)} - {c.Command}
    assert set(RULES) == set(machine.HANDLERS) == kinds == {type(command) for command, _ in COMMANDS}


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize(("command", "allowed"), COMMANDS, ids=lambda value: type(value).__name__)
def test_the_table(world, command, allowed, who):
    if who in allowed.split(", "):
        authorize(world.state, EVERYBODY[who], command)
    else:
        with pytest.raises(Forbidden):
            authorize(world.state, EVERYBODY[who], command)


@pytest.mark.parametrize(("command", "allowed"), COMMANDS, ids=lambda value: type(value).__name__)
def test_the_engine_may_do_everything(world, command, allowed):
    authorize(world.state, SYSTEM, command)


def test_a_command_without_a_rule_is_refused_to_everybody(world):
    class Unheard(c.Command, frozen=True, kw_only=True):
        operator_id: str = "ann"

    for actor in EVERYBODY.values():
        with pytest.raises(Forbidden):
            authorize(world.state, actor, Unheard())


def test_nobody_acts_as_nobody(world):
    with pytest.raises(Forbidden):
        authorize(world.state, Actor(Role.OPERATOR), c.AcceptOffer(offer_id=1, operator_id=""))


def test_a_chief_acts_in_the_owners_name_only(world):
    with pytest.raises(Forbidden):
        authorize(world.state, CHIEF, c.ReleaseItem(work_item_id=1, operator_id="bob"))


# ---- by hand
def test_work_is_picked_by_its_department_and_by_whom_it_was_opened_to():
    world = World()
    bob = world.operator("bob", "sales")
    item = world.item(world.write())
    pull = c.PullItem(work_item_id=item.work_item_id, operator_id="bob")

    def picks(**opened: tuple[str, ...]) -> bool:
        item.departments, item.queues, item.operators = (opened.get(key, ()) for key in OPENED)
        assert may_read(world.state, BOB, world.matter(1)) is in_reach(world.state, bob, item)
        try:
            authorize(world.state, BOB, pull)
        except Forbidden:
            return False
        return True

    assert not picks()
    assert picks(departments=("sales",))
    assert picks(operators=("bob",))
    assert not picks(departments=("billing",), queues=("gone", "billing.money"), operators=("ann",))
    assert picks(queues=("sales.orders",))
    bob.queues = ("sales.late",)
    assert not picks(queues=("sales.orders",))
    assert picks(queues=("sales.late",))


OPENED = ("departments", "queues", "operators")


def test_nobody_picks_for_somebody_else_or_without_a_record(world):
    for actor in (CHIEF, ADMIN, Actor(Role.OPERATOR, "gone", ("support",))):
        with pytest.raises(Forbidden):
            authorize(world.state, actor, c.PullItem(work_item_id=1, operator_id="ann"))
    with pytest.raises(Forbidden):
        authorize(world.state, ANN, c.PullItem(work_item_id=99, operator_id="ann"))


def test_what_was_put_aside_is_moved_by_who_did_so():
    world = World()
    world.operator("ann", "support")
    item = world.item(world.held())
    item.state, item.operator_id, item.parked_by = ItemState.PARKED, "", "ann"
    requeue = c.RequeueItem(work_item_id=1, queue_id="sales.orders")
    for actor in (ANN, CHIEF, ADMIN):
        authorize(world.state, actor, requeue)
    for actor in (BOB, OTHER_CHIEF, Actor(Role.OPERATOR, "", ("support",))):
        with pytest.raises(Forbidden):
            authorize(world.state, actor, requeue)


def test_what_waits_is_moved_by_a_chief_only_whoever_had_it_when_they_looked(world):
    waiting = world.write("support.expert")
    number = world.item(waiting).work_item_id
    with pytest.raises(Forbidden):
        authorize(world.state, ANN, c.RequeueItem(work_item_id=number, queue_id="sales.orders"))
    authorize(world.state, CHIEF, c.RequeueItem(work_item_id=number, queue_id="sales.orders"))
    authorize(world.state, CHIEF, c.RequeueItem(work_item_id=number, queue_id="sales.orders", operator_id="ann"))
    with pytest.raises(Forbidden):
        authorize(world.state, ANN, c.RequeueItem(work_item_id=number, queue_id="sales.orders", operator_id="ann"))
    with pytest.raises(Forbidden):
        authorize(world.state, ADMIN, c.ForceItem(work_item_id=99, operator_id="ann"))


# ---- reading
@pytest.mark.parametrize(
    ("who", "reads"),
    [("ann", True), ("bob", False), ("chief", True), ("other chief", False), ("admin", True), ("mail", False)],
)
def test_a_matter_is_read_by_its_department(world, who, reads):
    assert may_read(world.state, EVERYBODY[who], world.matter(1)) is reads


def test_whom_it_is_offered_to_may_read_it_and_who_had_it():
    world = World()
    world.operator("ann", "support")
    world.operator("bob", "sales")
    world.held()
    world.transfer(1, "sales")
    assert may_read(world.state, BOB, world.matter(1))
    world.accept("bob")
    assert may_read(world.state, ANN, world.matter(1))


def test_who_holds_a_matter_reads_the_customers_history():
    world = World()
    world.operator("bob", "sales")
    first, second = world.write(), world.write("sales.orders")
    old = world.matter(first)
    assert not may_read(world.state, BOB, old)
    old.customer_id = world.matter(second).customer_id
    assert may_read(world.state, BOB, old)


def test_an_operator_without_an_id_reads_nothing_by_it(world):
    assert not may_read(world.state, Actor(Role.OPERATOR), world.matter(1))
