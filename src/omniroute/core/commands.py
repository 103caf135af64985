"""Commands: what somebody wants. Imperative, typed, without contents.

A command is refused as a whole (a `CallerError` is raised and nothing has changed) or it is carried out as a whole.
Whatever the core cannot know by itself (lookups in the store, randomness, a reopened record) travels in it.
``operator_id`` is the acting operator, ``by`` who acts in an operator's name (empty: the operator); who may send what
is in ``permissions``.
"""

from __future__ import annotations

import msgspec

from omniroute.core.model import Conversation, InteractionKind, Presence
from omniroute.core.rules import CoreConfig, Requirement


class Command(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The root of all commands."""


class ApplyConfig(Command, frozen=True, kw_only=True, gc=False):
    """Take this configuration from now on; refused where open work would lose its queue or channel."""

    config: CoreConfig


class PutOperator(Command, frozen=True, kw_only=True, gc=False):
    """Add an operator, or change an operator's departments, skills and capacity; presence and work stay.

    ``queues``: serves only these queues of the departments (empty: all). ``weight`` (1-100) is the share under weighted
    distribution.
    """

    operator_id: str
    departments: tuple[str, ...]
    skills: dict[str, int]
    capacity_units: int
    queues: tuple[str, ...] = ()
    weight: int = 10


class SetPresence(Command, frozen=True, kw_only=True, gc=False):
    """Declare presence. Leaving ``available`` revokes live offers without blame; held work stays.

    With ``channel`` it is for that channel instance only; somebody is available on a channel who is available in all
    and has not said otherwise for it.
    """

    operator_id: str
    presence: Presence
    reason: str = ""
    by: str = ""
    channel: str = ""


class ConnectOperator(Command, frozen=True, kw_only=True, gc=False):
    """A desk of the operator is open: a lease that was running has ended."""

    operator_id: str


class DisconnectOperator(Command, frozen=True, kw_only=True, gc=False):
    """The operator's last desk is gone, which is forgiven for `CoreConfig.lease_ms`.

    Then the operator is offline, and chats and calls that are held go back to their place.
    """

    operator_id: str


class ReceiveRaw(Command, frozen=True, kw_only=True, gc=False):
    """Record that a channel received something; acknowledged to the sender only after its commit.

    ``known_raw_id`` is what the store knows under the deduplication key (0: nothing); then nothing happens.
    """

    channel: str
    known_raw_id: int = 0


class QuarantineRaw(Command, frozen=True, kw_only=True, gc=False):
    """What was received cannot be read: keep it visible, block nobody. ``reason`` holds no content."""

    raw_id: int
    reason: str


class Classification(msgspec.Struct, frozen=True, gc=False):
    """Where a matter belongs; made at the edge because it reads contents. No queue: the department's default."""

    department_id: str
    queue_id: str = ""
    kind: str = "question"
    priority: int | None = None
    requirements: tuple[Requirement, ...] = ()
    language: str = ""
    preferred: tuple[Requirement, ...] = ()
    tags: tuple[str, ...] = ()
    rule: str = ""
    """Which rule or plugin decided; for people who ask why."""


class RegisterInteraction(Command, frozen=True, kw_only=True, gc=False):
    """Give a normalized interaction its customer, its conversation and its place.

    ``customer_id`` 0 makes a new customer. ``conversation_id`` names the conversation it belongs to (0: a session
    key may still find one, else a new one is opened with ``reference``). ``record`` is the closed conversation of that
    id, when it has to be opened again. ``last`` is false while further interactions of the same raw input follow.
    """

    raw_id: int
    channel: str
    kind: InteractionKind
    classification: Classification
    reference: str
    customer_id: int = 0
    conversation_id: int = 0
    record: Conversation | None = None
    session_key: str = ""
    operator_id: str = ""
    last: bool = True
    previous_operator_id: str = ""
    """Who worked for this customer last, as far as the store knows; for queues with a sticky policy."""


class AcceptOffer(Command, frozen=True, kw_only=True, gc=False):
    """Take the offered work; compare-and-set on the offer's id."""

    offer_id: int
    operator_id: str


class DeclineOffer(Command, frozen=True, kw_only=True, gc=False):
    """Refuse the offered work, with a reason code; it goes back to its place."""

    offer_id: int
    operator_id: str
    reason: str = ""


class SendReply(Command, frozen=True, kw_only=True, gc=False):
    """Answer the customer on the conversation's channel, or on ``channel`` where one is named."""

    conversation_id: int
    operator_id: str
    channel: str = ""


class AddNote(Command, frozen=True, kw_only=True, gc=False):
    """Write a private note; it never leaves the house."""

    conversation_id: int
    operator_id: str


class TransferItem(Command, frozen=True, kw_only=True, gc=False):
    """Offer the matter to another department; the sender keeps it until somebody there has accepted."""

    work_item_id: int
    operator_id: str
    department_id: str
    queue_id: str = ""
    by: str = ""


class CancelHandoff(Command, frozen=True, kw_only=True, gc=False):
    """Take a transfer back that nobody has accepted yet."""

    handoff_id: int
    operator_id: str


class EndContact(Command, frozen=True, kw_only=True, gc=False):
    """The operator ends the contact (hangs up); the item goes to wrap-up."""

    work_item_id: int
    operator_id: str


class CompleteItem(Command, frozen=True, kw_only=True, gc=False):
    """Finish the work with a disposition; ``resolve`` also declares the matter done.

    ``messages_seen`` is the number of the customer's messages that whoever finishes has seen (-1: not told); a newer
    one refuses the command. With ``note`` a private note goes into the thread first.
    """

    work_item_id: int
    operator_id: str
    disposition: str
    resolve: bool = True
    messages_seen: int = -1
    note: bool = False
    by: str = ""


class ReleaseItem(Command, frozen=True, kw_only=True, gc=False):
    """Give held work back to its queue, at its old place."""

    work_item_id: int
    operator_id: str
    reason: str = ""
    by: str = ""


class ExtendWrapUp(Command, frozen=True, kw_only=True, gc=False):
    """Writing up takes longer: the time that the queue gives for it once more, at most `work.EXTENSIONS_MAX` times."""

    work_item_id: int
    operator_id: str
    by: str = ""


class PullItem(Command, frozen=True, kw_only=True, gc=False):
    """Take waiting work out of turn, or work that was put aside; nobody can take what is offered to somebody else."""

    work_item_id: int
    operator_id: str


class ForceItem(Command, frozen=True, kw_only=True, gc=False):
    """A supervisor gives waiting or offered work to an operator, who must be able, available and have room.

    A live offer to somebody else is revoked; back-off, reservation and the bound on offers do not count.
    """

    work_item_id: int
    operator_id: str
    by: str = ""


class ReassignItem(Command, frozen=True, kw_only=True, gc=False):
    """A supervisor moves held work from ``operator_id`` to ``to_operator_id``, under the same conditions."""

    work_item_id: int
    operator_id: str
    to_operator_id: str
    by: str = ""


class SnoozeItem(Command, frozen=True, kw_only=True, gc=False):
    """Put held work aside until ``until_ms``; the customer's next message brings it back earlier."""

    work_item_id: int
    operator_id: str
    until_ms: int
    by: str = ""


class RequeueItem(Command, frozen=True, kw_only=True, gc=False):
    """Put work that waits, is offered, held or put aside into another queue, at its age.

    ``operator_id`` is its owner, or empty where it has none.
    """

    work_item_id: int
    queue_id: str
    operator_id: str = ""
    reason: str = ""
    by: str = ""


class RecordDelivery(Command, frozen=True, kw_only=True, gc=False):
    """Tell how an effect ended: ``delivered``, or ``dead`` with a reason that holds no content."""

    effect_id: int
    conversation_id: int
    interaction_id: int
    delivered: bool
    reason: str = ""


class FireDue(Command, frozen=True, kw_only=True, gc=False):
    """Let at most ``limit`` overdue deadlines of one concern (`deadlines.Concern`) take effect, oldest first."""

    concern: str
    limit: int = 256


class ResumeAfterOutage(Command, frozen=True, kw_only=True, gc=False):
    """The engine was down: offers and connections that ran out meanwhile end as ``outage``; leases begin anew."""


class RecordStateHash(Command, frozen=True, kw_only=True, gc=False):
    """Take down the hash of the state as it is just before this command (`digests.state_hash`)."""

    digest: str


class Keep(Command, frozen=True, kw_only=True, gc=False):
    """Changes nothing: carries cells beside the journal through the writer, in order with everything else."""
