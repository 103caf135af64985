"""About offers, and work that is given or taken out of turn."""

from __future__ import annotations

from omniroute.core.commands.base import Command


class AcceptOffer(Command, frozen=True, kw_only=True, gc=False):
    """Take the offered work; compare-and-set on the offer's id."""

    offer_id: int
    operator_id: str


class DeclineOffer(Command, frozen=True, kw_only=True, gc=False):
    """Refuse the offered work, with a reason code; it goes back to its place."""

    offer_id: int
    operator_id: str
    reason: str = ""


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
