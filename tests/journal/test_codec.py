"""Recorded events: the bytes come back, the tags are for ever, old shapes are lifted."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.core.events import (
    BackoffEnded,
    ConversationReopened,
    ConversationResolved,
    Event,
    PresenceChanged,
    StageChanged,
)
from omniroute.core.model import Presence
from omniroute.errors import JournalCorrupt
from omniroute.journal.codec import EVENT_TYPES, decode_event, encode_event

TAGS_FOR_EVER = [
    "batch.closed",
    "batch.opened",
    "clock.ended",
    "clock.escalated",
    "clock.paused",
    "clock.resumed",
    "clock.retargeted",
    "clock.reviewed",
    "clock.started",
    "closing.asked",
    "closing.confirmed",
    "closing.ended",
    "closing.rated",
    "config.applied",
    "conversation.fields_set",
    "conversation.merged",
    "conversation.opened",
    "conversation.prioritized",
    "conversation.reopened",
    "conversation.resolved",
    "conversation.split",
    "conversation.stage_changed",
    "conversation.stage_entered",
    "customer.created",
    "delivery.died",
    "delivery.succeeded",
    "handoff.accepted",
    "handoff.answered",
    "handoff.cancelled",
    "handoff.overdue",
    "handoff.refused",
    "handoff.requested",
    "handoff.returned",
    "interaction.note_added",
    "interaction.received",
    "interaction.reply_sent",
    "notice.sent",
    "offer.accepted",
    "offer.declined",
    "offer.expired",
    "offer.made",
    "offer.revoked",
    "operator.connected",
    "operator.lease_started",
    "operator.presence_changed",
    "operator.put",
    "order.changed",
    "order.lines_set",
    "raw.quarantined",
    "raw.received",
    "raw.registered",
    "state.hashed",
    "status.answered",
    "status.asked",
    "status.code_sent",
    "work_item.backoff_ended",
    "work_item.closed",
    "work_item.connect_failed",
    "work_item.connected",
    "work_item.diverted",
    "work_item.forced",
    "work_item.hold_ended",
    "work_item.idled",
    "work_item.moved",
    "work_item.overflow_passed",
    "work_item.pulled",
    "work_item.queued",
    "work_item.ranked",
    "work_item.reassigned",
    "work_item.relaxed",
    "work_item.required",
    "work_item.reservation_ended",
    "work_item.reserved",
    "work_item.resumed",
    "work_item.returned",
    "work_item.snoozed",
    "work_item.woken",
    "work_item.wrap_up_extended",
    "work_item.wrap_up_started",
]


def values(info):
    """Return a strategy for what a field of this type may hold."""
    match info:
        case msgspec.inspect.IntType():
            return st.integers(-(2**63), 2**64 - 1)
        case msgspec.inspect.StrType():
            return st.text(max_size=20)
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.NoneType():
            return st.none()
        case msgspec.inspect.EnumType():
            return st.sampled_from(list(info.cls))
        case msgspec.inspect.VarTupleType():
            return st.lists(values(info.item_type), max_size=3).map(tuple)
        case msgspec.inspect.ListType():
            return st.lists(values(info.item_type), max_size=3)
        case msgspec.inspect.TupleType():
            return st.tuples(*(values(item) for item in info.item_types))
        case msgspec.inspect.DictType():
            return st.dictionaries(values(info.key_type), values(info.value_type), max_size=3)
        case msgspec.inspect.UnionType():
            return st.one_of(*(values(item) for item in info.types))
        case msgspec.inspect.StructType():
            return st.builds(info.cls, **{field.name: values(field.type) for field in info.fields})
    raise NotImplementedError(f"a field of type {info} has no samples yet")


def test_no_tag_is_ever_lost_or_renamed():
    assert sorted(EVENT_TYPES) == sorted(TAGS_FOR_EVER)


def test_every_event_type_is_in_the_union_under_a_tag_of_its_own():
    kinds = [kind for kind in Event.__subclasses__() if kind.__module__.startswith("omniroute.core.events")]
    assert sorted(kind.__struct_config__.tag for kind in kinds) == sorted(EVENT_TYPES)


@pytest.mark.parametrize("tag", sorted(EVENT_TYPES))
def test_every_event_comes_back(tag):
    @given(values(msgspec.inspect.type_info(EVENT_TYPES[tag])))
    def comes_back(event):
        assert decode_event(encode_event(event)) == event

    comes_back()


def test_an_event_is_an_array_that_begins_with_its_tag():
    event = PresenceChanged("ada", Presence.AWAY, "lunch", 17)
    assert msgspec.msgpack.decode(encode_event(event)) == [
        "operator.presence_changed", "ada", "away", "lunch", 17, "declared", "", "",
    ]  # fmt: skip


def test_a_record_without_the_newer_fields_gets_their_defaults():
    old = msgspec.msgpack.encode(["operator.presence_changed", "ada", "away", "lunch", 17])
    assert decode_event(old) == PresenceChanged("ada", Presence.AWAY, "lunch", 17, "declared")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (msgspec.msgpack.encode(["offer.teleported", 1]), r"'offer\.teleported'.*newer version.*start that version"),
        (msgspec.msgpack.encode(["clock.ended", "one"]), r"'clock\.ended' has a shape that no release wrote"),
        (msgspec.msgpack.encode([]), "no tag"),
        (msgspec.msgpack.encode({"a": 1}), "no tag"),
        (msgspec.msgpack.encode([7]), "no tag"),
        (b"", "not readable"),
        (b"\xc1", "not readable"),
        (encode_event(BackoffEnded(1, "ada"))[:-1], "not readable"),
        (b"\x91\xa1\xff", "not readable"),
    ],
)
def test_what_is_no_event_is_named(data, message):
    with pytest.raises(JournalCorrupt, match=message):
        decode_event(data)


class TestUpcasts:
    """The made-up past: ``conversation.moved`` counted seconds, then milliseconds; an empty stage was "received"."""

    UPCASTS = {
        "conversation.moved": [
            lambda raw: [*raw[:3], raw[3] * 1000, "ms"] if len(raw) == 4 else raw,
            lambda raw: ["conversation.stage_changed", *raw[1:4]],
        ],
        "conversation.stage_changed": [lambda raw: raw if raw[2] else [*raw[:2], "received", *raw[3:]]],
    }

    def decoded(self, *raw):
        return decode_event(msgspec.msgpack.encode(raw), upcasts=self.UPCASTS)

    def test_an_old_shape_is_lifted_step_by_step_to_its_new_tag(self):
        assert self.decoded("conversation.moved", 1, "done", 17) == StageChanged(1, "done", 17_000)
        assert self.decoded("conversation.moved", 1, "done", 17, "ms") == StageChanged(1, "done", 17)

    def test_the_functions_of_the_new_tag_follow(self):
        assert self.decoded("conversation.moved", 1, "", 17) == StageChanged(1, "received", 17_000)

    def test_an_old_shape_that_fits_the_new_types_by_chance_is_lifted_too(self):
        assert self.decoded("conversation.stage_changed", 1, "", 17) == StageChanged(1, "received", 17)

    def test_the_present_shape_stays(self):
        event = StageChanged(1, "done", 17)
        assert decode_event(encode_event(event), upcasts=self.UPCASTS) == event

    def test_other_tags_are_left_alone(self):
        event = BackoffEnded(1, "ada")
        assert decode_event(encode_event(event), upcasts=self.UPCASTS) == event

    def test_without_its_upcast_it_is_unknown(self):
        with pytest.raises(JournalCorrupt, match=r"conversation\.moved"):
            decode_event(msgspec.msgpack.encode(["conversation.moved", 1, "done", 17]))

    def test_upcasts_that_chase_each_other_end(self):
        chase = {"a": [lambda raw: ["b"]], "b": [lambda raw: ["a"]]}
        with pytest.raises(JournalCorrupt):
            decode_event(msgspec.msgpack.encode(["a"]), upcasts=chase)


class TestOldBytes:
    """What releases have really written, by the functions of ``journal/upcasts.py``."""

    WITH_A_CLOCK = (
        "96b5636f6e766572736174696f6e2e7265736f6c766564dc001701a9343333332d3333333301a46d61696ca7737570706f72"
        "74ad737570706f72742e6669727374a87175657374696f6e00cf000001a3185c5000a4646f6e65a0a0a46e6f6e65a09003c3"
        "0094cf000001a3185c5000cf000001a31860e3e0a36d6574cf000001a3185c5000a6736f6c766564a3616e6e0190a6736f6c"
        "766564a3616e6ecf000001a3185c5000a0"
    )
    WITHOUT_A_CLOCK = (
        "96b5636f6e766572736174696f6e2e7265736f6c766564dc00170ea94e3433332d3333333307a46d61696ca573616c6573ac"
        "73616c65732e6f7264657273a87175657374696f6e01cf000001a3186577bfa4646f6e65a0a0a46e6f6e65a09002c200c0a6"
        "736f6c766564a364616e0192a36f6e65a374776fa6736f6c766564a364616ecf000001a3188ba146a0"
    )
    OPEN_AGAIN = (
        "93b5636f6e766572736174696f6e2e72656f70656e6564dc001701a9343333332d3333333301a46d61696ca7737570706f72"
        "74ad737570706f72742e6669727374a87175657374696f6e00cf000001a3185c5000a4646f6e65a0a0a46e6f6e65a09003c3"
        "0094cf000001a3185c5000cf000001a31860e3e0a36d6574cf000001a3185c5000a6736f6c766564a3616e6e0190cf000001"
        "a3185f0f20"
    )
    OPEN_AGAIN_WITHOUT = (
        "93b5636f6e766572736174696f6e2e72656f70656e6564dc00170ea94e3433332d3333333307a46d61696ca573616c6573ac"
        "73616c65732e6f7264657273a87175657374696f6e01cf000001a3186577bfa4646f6e65a0a0a46e6f6e65a09002c200c0a6"
        "736f6c766564a364616e0192a36f6e65a374776fcf000001a3188e6066"
    )

    @pytest.mark.parametrize(
        ("old", "kind", "number", "after"),
        [
            (WITH_A_CLOCK, ConversationResolved, 1, ("solved", "ann", 1, ())),
            (WITHOUT_A_CLOCK, ConversationResolved, 14, ("solved", "dan", 1, ("one", "two"))),
            (OPEN_AGAIN, ConversationReopened, 1, ("solved", "ann", 1, ())),
            (OPEN_AGAIN_WITHOUT, ConversationReopened, 14, ("solved", "dan", 1, ("one", "two"))),
        ],
    )
    def test_the_one_clock_of_a_done_matter_is_none_of_its_clocks(self, old, kind, number, after):
        event = decode_event(bytes.fromhex(old))
        record = event.record
        assert (type(event), record.conversation_id, record.clocks) == (kind, number, [])
        assert (record.disposition, record.last_operator_id, record.message_count, tuple(record.tags)) == after
        assert decode_event(encode_event(event)) == event
