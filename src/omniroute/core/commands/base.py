"""The root of all commands, and those of the engine itself."""

from __future__ import annotations

import msgspec

from omniroute.core.rules import CoreConfig


class Command(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The root of all commands."""


class ApplyConfig(Command, frozen=True, kw_only=True, gc=False):
    """Take this configuration from now on; refused where open work would lose its queue or channel."""

    config: CoreConfig


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


class RecordDelivery(Command, frozen=True, kw_only=True, gc=False):
    """Tell how an effect ended: ``delivered``, or ``dead`` with a reason that holds no content."""

    effect_id: int
    conversation_id: int
    interaction_id: int
    delivered: bool
    reason: str = ""
    order: str = ""
