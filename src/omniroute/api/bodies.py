"""The shapes that the API takes; unknown keys are refused, every text has a bound."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(max_length=200)]
Short = Annotated[str, Meta(max_length=64)]
Text = Annotated[str, Meta(min_length=1, max_length=100_000)]


class Body(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The root of all bodies."""


class LoginBody(Body, kw_only=True):
    """A person's credentials."""

    login: Short
    password: Annotated[str, Meta(max_length=1024)]


class PresenceBody(Body, kw_only=True):
    """Declared availability."""

    presence: Literal["available", "away", "draining", "offline"]
    reason: Short = ""
    channel: Short = ""
    """A channel instance, where it is for that one only."""


class ReasonBody(Body, kw_only=True):
    """Why something is refused or given back."""

    reason: Name = ""


class TextBody(Body, kw_only=True):
    """A reply or a note."""

    text: Text


Line = Annotated[str, Meta(min_length=1, max_length=500)]


class MergeBody(Body, kw_only=True):
    """The reference of the matter that stays."""

    into: Short


class SplitBody(Body, kw_only=True):
    """Which messages become a new matter, by the ``interaction_id`` of their entries, and where that waits.

    ``queue`` and ``kind``: left out, as of the old matter.
    """

    messages: Annotated[list[Annotated[int, Meta(ge=1, lt=2**53)]], Meta(min_length=1, max_length=50)]
    queue: Short = ""
    kind: Short = ""


class TransferBody(Body, kw_only=True):
    """What should go where, and what colleagues should know.

    ``kind``: ``cold`` (my load is given back at once), ``warm`` (when somebody has accepted), ``consult`` (a question),
    ``task`` (a part of the work, due at ``due_ms``). ``operator``: to that person alone.
    """

    department: Short = ""
    queue: Short = ""
    operator: Short = ""
    kind: Literal["cold", "warm", "consult", "task"] = "warm"
    due_ms: Annotated[int, Meta(ge=0, lt=2**53)] = 0
    summary: Annotated[str, Meta(max_length=10_000)] = ""
    promises: Annotated[list[Line], Meta(max_length=20)] = []
    """What the customer was promised and is still open."""
    tried: Annotated[list[Line], Meta(max_length=20)] = []
    """What was tried already."""
    note: Annotated[str, Meta(max_length=10_000)] = ""
    """An older name of ``summary``."""


class StageBody(Body, kw_only=True):
    """Where the matter goes on."""

    stage: Annotated[str, Meta(min_length=1, max_length=64)]


class FieldsBody(Body, kw_only=True):
    """Fields by name; an empty value empties one, what is not named stays."""

    fields: Annotated[dict[Short, Annotated[str, Meta(max_length=2_000)]], Meta(max_length=100)]


class PriorityBody(Body, kw_only=True):
    """How urgent the matter is, and of which tier its customer; what is left out stays."""

    priority: Annotated[int, Meta(ge=-10, le=10)] | None = None
    tier: Short | None = None


class OrderLineBody(Body, kw_only=True):
    """So many of something, each for ``unit_minor`` minor units (cents) of the currency."""

    text: str
    quantity: int
    unit_minor: int
    sku: str = ""


class OrderBody(Body, kw_only=True):
    """What is ordered: all lines."""

    currency: str
    lines: list[OrderLineBody]


class OperatorIdBody(Body, kw_only=True):
    """To whom the work goes."""

    operator: Annotated[str, Meta(min_length=1, max_length=64)]


class SnoozeBody(Body, kw_only=True):
    """Until when the work is put aside."""

    until_ms: Annotated[int, Meta(ge=0, lt=2**53)]


class RequeueBody(Body, kw_only=True):
    """In which queue the work goes on waiting, and why."""

    queue: Annotated[str, Meta(min_length=1, max_length=129)]
    reason: Name = ""


class CompleteBody(Body, kw_only=True):
    """How the work ended; of a consult or a task: the answer (``note``)."""

    disposition: Short = ""
    """One of those that are configured; only a consult needs none."""
    resolve: bool = True
    messages_seen: Annotated[int, Meta(ge=-1)] = -1
    """How many of the customer's messages were on the screen; a newer one refuses the call. -1: not told."""
    note: Annotated[str, Meta(max_length=10_000)] = ""
    cancel_parts: bool = False
    """Do not wait for open consults and tasks: take them back."""
    stage: Short = ""
    """The stage in which the matter is done; empty: the first that it leads to."""


class RegisterBody(Body, kw_only=True):
    """A matter registered by hand: a visitor at the desk, a dictated request."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    text: Annotated[str, Meta(min_length=1, max_length=20_000)]
    subject: Name = ""
    phone: Short = ""
    email: Annotated[str, Meta(max_length=254)] = ""
    department: Short = ""
    kind: Short = ""
    language: Annotated[str, Meta(max_length=8)] = ""


class OperatorBody(Body, kw_only=True):
    """A person to add or change."""

    operator_id: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9._-]{0,63}$")]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    password: Annotated[str, Meta(min_length=8, max_length=1024)]
    role: Literal["operator", "supervisor", "admin"] = "operator"
    departments: list[Short] = []
    skills: dict[Short, Annotated[int, Meta(ge=1, le=10)]] = {}
    capacity_units: Annotated[int, Meta(ge=1, le=1000)] = 10
    queues: list[Annotated[str, Meta(max_length=129)]] = []
    """Serves only these queues of the departments; empty: all."""
    weight: Annotated[int, Meta(ge=1, le=100)] = 10
