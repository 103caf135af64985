"""Commands: what somebody wants. Imperative, typed, without contents.

A command is refused as a whole (a `CallerError` is raised and nothing has changed) or it is carried out as a whole.
Whatever the core cannot know by itself (lookups in the store, randomness, a reopened record) travels in it.
``operator_id`` is the acting operator, ``by`` who acts in an operator's name (empty: the operator); who may send what
is in ``permissions``. One module for each kind of thing.
"""

from __future__ import annotations

from omniroute.core.commands.base import (
    ApplyConfig,
    Command,
    FireDue,
    Keep,
    RecordDelivery,
    RecordStateHash,
    ResumeAfterOutage,
)
from omniroute.core.commands.handoffs import CancelHandoff, DeclineHandoff, TransferItem
from omniroute.core.commands.intake import Classification, QuarantineRaw, ReceiveRaw, RegisterInteraction
from omniroute.core.commands.loop import ChangeStage, ConfirmMatter, RateMatter, ReopenMatter, SetFields
from omniroute.core.commands.matters import MergeConversations, SplitConversation
from omniroute.core.commands.offers import AcceptOffer, DeclineOffer, ForceItem, PullItem, ReassignItem
from omniroute.core.commands.orders import SetOrderLines
from omniroute.core.commands.people import ConnectOperator, DisconnectOperator, PutOperator, SetPresence
from omniroute.core.commands.status import AnswerStatus, SendStatusCode
from omniroute.core.commands.work import (
    AddNote,
    CompleteItem,
    EndContact,
    ExtendWrapUp,
    PrioritizeMatter,
    ReleaseItem,
    RequeueItem,
    SendReply,
    SnoozeItem,
)

__all__ = [
    "AcceptOffer",
    "AddNote",
    "AnswerStatus",
    "ApplyConfig",
    "CancelHandoff",
    "ChangeStage",
    "Classification",
    "Command",
    "CompleteItem",
    "ConfirmMatter",
    "ConnectOperator",
    "DeclineHandoff",
    "DeclineOffer",
    "DisconnectOperator",
    "EndContact",
    "ExtendWrapUp",
    "FireDue",
    "ForceItem",
    "Keep",
    "MergeConversations",
    "PrioritizeMatter",
    "PullItem",
    "PutOperator",
    "QuarantineRaw",
    "RateMatter",
    "ReassignItem",
    "ReceiveRaw",
    "RecordDelivery",
    "RecordStateHash",
    "RegisterInteraction",
    "ReleaseItem",
    "ReopenMatter",
    "RequeueItem",
    "ResumeAfterOutage",
    "SendReply",
    "SendStatusCode",
    "SetFields",
    "SetOrderLines",
    "SetPresence",
    "SnoozeItem",
    "SplitConversation",
    "TransferItem",
]
