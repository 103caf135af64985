"""What the store knows of a customer counts at once, committed or not, and is bounded."""

from __future__ import annotations

import pytest
from tests.engine.classify.world import rules
from tests.engine.rig import Rig, life

from omniroute.classifiers.contract import CustomerFacts
from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.core.commands import Classification
from omniroute.core.model import Conversation
from omniroute.core.state import State
from omniroute.engine import cells as c
from omniroute.engine import history
from omniroute.engine.classify import Classifier, Placement
from omniroute.journal.memory import MemoryDisk, MemoryJournal


class Spy:
    """A plugin classifier that remembers what it was told of the customer."""

    def __init__(self) -> None:
        self.told: list[CustomerFacts] = []

    def classify(self, facts):
        self.told.append(facts.customer)


def spying(rig: Rig) -> Spy:
    spy = Spy()
    rig.engine.intake._classifier = Classifier(
        {name: Placement("support.general") for name in ("mail", "chat", "phone")}, {}, (), {"spy": spy}
    )
    return spy


async def done(rig: Rig, operator_id: str) -> None:
    await rig.available(operator_id)
    matter = rig.state.conversations[await rig.accept(operator_id)]
    (item_id,) = matter.item_ids
    await rig.do(k.CompleteItem(work_item_id=item_id, operator_id=operator_id, disposition="solved"))


# ---- facts for classification
async def test_earlier_and_open_matters_are_counted():
    async with life() as rig:
        spy = spying(rig)
        await rig.receive()
        await done(rig, "ann")
        await rig.receive()
        await rig.receive()
        assert spy.told == [
            CustomerFacts(),
            CustomerFacts(known=True, matters=1),
            CustomerFacts(known=True, matters=2, open_matters=1),
        ]


async def test_a_name_is_unknown_and_a_matter_is_not_its_own_predecessor():
    async with life() as rig:
        spy = spying(rig)
        for _ in range(2):
            await rig.receive(by="name")
        for _ in range(2):
            await rig.receive("chat", session="v1", **{"from": "v1", "by": "visitor"})
        assert spy.told == [*[CustomerFacts()] * 3, CustomerFacts(known=True)]


async def test_a_rule_about_customers_and_hours_works_in_the_engine():
    async with life() as rig:
        rig.engine.intake._classifier = Classifier(
            {"mail": Placement("support.general")},
            {},
            rules({"name": "again", "when": {"customer": {"open_matters_min": 1}}, "then": {"tags": ["again"]}}),
        )
        for _ in range(2):
            await rig.receive()
        assert [(one.tags, one.rule) for one in rig.events(e.ConversationOpened)] == [
            ((), "default"),
            (("again",), "again"),
        ]
        assert [one.tags for one in rig.state.conversations.values()] == [(), ("again",)]


async def test_tags_stay_with_a_matter_that_is_opened_again():
    async with life() as rig:
        visitor = {"from": "v1", "by": "visitor", "session": "v1"}
        rig.engine.intake._classifier = Classifier(
            {"chat": Placement("support.general")}, {}, rules({"when": {"contact": False}})
        )
        await rig.receive("chat", **visitor)
        await done(rig, "ann")
        await rig.receive("chat", **visitor)
        assert len(rig.events(e.ConversationReopened)) == 1
        assert rig.state.conversations[1].tags == ("yes",)


# ---- the previous operator
@pytest.fixture
def registered(monkeypatch) -> list[k.RegisterInteraction]:
    """The registrations that the core got."""
    found = []
    made = k.RegisterInteraction

    def remember(**fields):
        found.append(made(**fields))
        return found[-1]

    monkeypatch.setattr("omniroute.engine.registration.RegisterInteraction", remember)
    return found


async def test_the_previous_operator_is_who_worked_on_the_newest_matter(registered):
    async with life() as rig:
        await rig.receive()
        await done(rig, "ann")
        await rig.do(k.SetPresence(operator_id="ann", presence="offline"))
        await rig.receive()
        await done(rig, "bob")
        await rig.receive()  # nobody has touched this one
        await rig.receive(**{"from": "other@example.org"})
        await rig.receive()
        assert [one.previous_operator_id for one in registered] == ["", "ann", "bob", "", "bob"]


async def test_whoever_owns_an_open_matter_is_the_previous_operator(registered):
    async with life() as rig:
        await rig.available("ann")
        await rig.receive()
        await rig.accept("ann")
        await rig.receive()
        assert registered[-1].previous_operator_id == "ann"


async def test_the_look_back_is_bounded():
    journal = MemoryJournal(MemoryDisk())
    await journal.open("test")
    state, cells = State(), c.Cells(journal)
    for number in range(1, 8):
        owner = "ann" if number == 1 else ""
        matter = Conversation(number, "", 1, "mail", "support", "support.general", "", 0, 0, last_operator_id=owner)
        state.conversations[number] = matter
    newest = list(range(7, 0, -1))
    assert history.previous_operator(newest, state, cells) == ""
    assert history.previous_operator(newest[2:], state, cells) == "ann"
    assert history.previous_operator([99], state, cells) == ""
    await journal.close()


# ---- the cells
async def test_the_newest_keys_are_those_of_the_store_and_of_what_waits():
    journal = MemoryJournal(MemoryDisk())
    await journal.open("test")
    cells = c.Cells(journal)
    committed = [c.put_number(c.HISTORY, c.pair_key(1, n), n) for n in range(1, 6)]
    await journal.append([], [*committed, c.put_number(c.HISTORY, c.pair_key(2, 9), 9)])
    waiting = [
        c.put_number(c.HISTORY, c.pair_key(1, 7), 7),
        c.put_number(c.HISTORY, c.pair_key(1, 4), 4),
        c.drop(c.HISTORY, c.pair_key(1, 5)),
        c.put_number(c.HISTORY, c.pair_key(10, 1), 1),
        c.put_number(c.REFERENCE, c.pair_key(1, 8), 8),
    ]
    cells.stage(waiting)
    assert history.newest_matters(1, cells) == [7, 4, 3, 2, 1]
    assert cells.newest(c.HISTORY, c.pair_prefix(1), 2) == [c.pair_key(1, 7), c.pair_key(1, 4)]
    assert history.newest_matters(0, cells) == []
    cells.settle(waiting)
    assert history.newest_matters(1, cells) == [5, 4, 3, 2, 1]
    await journal.close()


# ---- the core's bounds
@pytest.mark.parametrize(
    "wanted",
    [
        Classification("support", priority=11),
        Classification("support", priority=-11),
        Classification("support", tags=("x",) * 21),
        Classification("support", tags=("x" * 65,)),
        Classification("support", tags=("",)),
    ],
)
async def test_the_core_refuses_what_is_out_of_bounds(wanted):
    async with life() as rig:
        rig.engine.intake._classifier = type("Wrong", (), {"classify": lambda *_, **__: wanted})()
        await rig.receive()
        assert len(rig.events(e.RawQuarantined)) == 1
        assert not rig.state.conversations
