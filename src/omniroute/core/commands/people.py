"""About operators."""

from __future__ import annotations

from omniroute.core.commands.base import Command
from omniroute.core.model import Presence


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
