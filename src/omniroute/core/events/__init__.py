"""Events: what has happened. Past tense, one fact each, without contents; these shapes are journalled.

A recorded shape never changes silently: new fields go to the end and have defaults, anything else needs an upcast in
``journal/upcasts.py``. Tags are stable for ever. Each event is one MessagePack array ``[tag, field, …]``.
``by`` names who acted in an operator's name; empty where the operator did. One module for each kind of thing.
"""

from __future__ import annotations

from omniroute.core.events.base import ConfigApplied, Event, StateHashed
from omniroute.core.events.clocks import (
    ClockEnded,
    ClockEscalated,
    ClockPaused,
    ClockResumed,
    ClockRetargeted,
    ClocksReviewed,
    ClockStarted,
    ItemRanked,
    ItemRequired,
    MatterPrioritized,
)
from omniroute.core.events.handoffs import (
    HandoffAccepted,
    HandoffAnswered,
    HandoffCancelled,
    HandoffOverdue,
    HandoffRefused,
    HandoffRequested,
    HandoffReturned,
)
from omniroute.core.events.held import (
    ConnectFailed,
    ItemClosed,
    ItemConnected,
    ItemForced,
    ItemIdled,
    ItemPulled,
    ItemReassigned,
    ItemResumed,
    ItemSnoozed,
    ItemWoken,
    WrapUpExtended,
    WrapUpStarted,
)
from omniroute.core.events.intake import (
    CustomerCreated,
    InteractionReceived,
    RawQuarantined,
    RawReceived,
    RawRegistered,
)
from omniroute.core.events.loop import (
    ClosingEnded,
    ConfirmationAsked,
    FieldsSet,
    MatterConfirmed,
    MatterRated,
    NoticeSent,
    StageEntered,
)
from omniroute.core.events.matters import (
    ConversationOpened,
    ConversationReopened,
    ConversationResolved,
    DeliveryDied,
    DeliverySucceeded,
    NoteAdded,
    ReplySent,
    StageChanged,
)
from omniroute.core.events.merging import ConversationMerged
from omniroute.core.events.offers import (
    Candidate,
    Decision,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferMade,
    OfferRevoked,
)
from omniroute.core.events.orders import OrderChanged, OrderLinesSet
from omniroute.core.events.people import LeaseStarted, OperatorConnected, OperatorPut, PresenceChanged
from omniroute.core.events.splitting import ConversationSplit
from omniroute.core.events.status import StatusAnswered, StatusAsked, StatusCodeSent
from omniroute.core.events.waiting import (
    BackoffEnded,
    BatchClosed,
    BatchOpened,
    HoldEnded,
    ItemDiverted,
    ItemMoved,
    ItemQueued,
    ItemRelaxed,
    ItemReserved,
    ItemReturned,
    OverflowPassed,
    ReservationEnded,
)

AnyEvent = (
    ConfigApplied
    | StateHashed
    | OperatorPut
    | PresenceChanged
    | OperatorConnected
    | LeaseStarted
    | RawReceived
    | RawQuarantined
    | RawRegistered
    | CustomerCreated
    | InteractionReceived
    | ConversationOpened
    | ConversationReopened
    | ConversationResolved
    | ConversationMerged
    | ConversationSplit
    | StageChanged
    | ReplySent
    | NoteAdded
    | DeliverySucceeded
    | DeliveryDied
    | ItemQueued
    | ItemReturned
    | ItemRelaxed
    | ItemMoved
    | ItemDiverted
    | ItemReserved
    | ReservationEnded
    | OverflowPassed
    | HoldEnded
    | BackoffEnded
    | BatchOpened
    | BatchClosed
    | ItemConnected
    | ConnectFailed
    | ItemPulled
    | ItemForced
    | ItemReassigned
    | ItemSnoozed
    | ItemWoken
    | ItemIdled
    | ItemResumed
    | WrapUpStarted
    | WrapUpExtended
    | ItemClosed
    | OfferMade
    | OfferAccepted
    | OfferDeclined
    | OfferExpired
    | OfferRevoked
    | HandoffRequested
    | HandoffAccepted
    | HandoffReturned
    | HandoffCancelled
    | HandoffAnswered
    | HandoffOverdue
    | HandoffRefused
    | ClockStarted
    | ClockEnded
    | StageEntered
    | FieldsSet
    | OrderLinesSet
    | OrderChanged
    | NoticeSent
    | ConfirmationAsked
    | MatterConfirmed
    | MatterRated
    | ClosingEnded
    | ClockPaused
    | ClockResumed
    | ClockRetargeted
    | ClockEscalated
    | ClocksReviewed
    | MatterPrioritized
    | ItemRanked
    | ItemRequired
    | StatusAsked
    | StatusAnswered
    | StatusCodeSent
)
"""Whatever a journal may hold."""

__all__ = [
    "AnyEvent",
    "BackoffEnded",
    "BatchClosed",
    "BatchOpened",
    "Candidate",
    "ClockEnded",
    "ClockEscalated",
    "ClockPaused",
    "ClockResumed",
    "ClockRetargeted",
    "ClockStarted",
    "ClocksReviewed",
    "ClosingEnded",
    "ConfigApplied",
    "ConfirmationAsked",
    "ConnectFailed",
    "ConversationMerged",
    "ConversationOpened",
    "ConversationReopened",
    "ConversationResolved",
    "ConversationSplit",
    "CustomerCreated",
    "Decision",
    "DeliveryDied",
    "DeliverySucceeded",
    "Event",
    "FieldsSet",
    "HandoffAccepted",
    "HandoffAnswered",
    "HandoffCancelled",
    "HandoffOverdue",
    "HandoffRefused",
    "HandoffRequested",
    "HandoffReturned",
    "HoldEnded",
    "InteractionReceived",
    "ItemClosed",
    "ItemConnected",
    "ItemDiverted",
    "ItemForced",
    "ItemIdled",
    "ItemMoved",
    "ItemPulled",
    "ItemQueued",
    "ItemRanked",
    "ItemReassigned",
    "ItemRelaxed",
    "ItemRequired",
    "ItemReserved",
    "ItemResumed",
    "ItemReturned",
    "ItemSnoozed",
    "ItemWoken",
    "LeaseStarted",
    "MatterConfirmed",
    "MatterPrioritized",
    "MatterRated",
    "NoteAdded",
    "NoticeSent",
    "OfferAccepted",
    "OfferDeclined",
    "OfferExpired",
    "OfferMade",
    "OfferRevoked",
    "OperatorConnected",
    "OperatorPut",
    "OrderChanged",
    "OrderLinesSet",
    "OverflowPassed",
    "PresenceChanged",
    "RawQuarantined",
    "RawReceived",
    "RawRegistered",
    "ReplySent",
    "ReservationEnded",
    "StageChanged",
    "StageEntered",
    "StateHashed",
    "StatusAnswered",
    "StatusAsked",
    "StatusCodeSent",
    "WrapUpExtended",
    "WrapUpStarted",
]
