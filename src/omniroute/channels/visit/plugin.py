"""The visit channel: a form that somebody of ours filled in for a customer becomes a message.

Nothing is received here (the API registers the form, `VisitForm` is its shape and bounds) and nothing is sent.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import anyio
import msgspec

from omniroute.channels.contract import (
    Capabilities,
    Channel,
    ChannelContext,
    Delivery,
    Identity,
    Interaction,
    RawInput,
    Receipt,
)
from omniroute.errors import DeliveryRefused, InvalidInput
from omniroute.hookspecs import hookimpl

Code = Annotated[str, msgspec.Meta(max_length=100)]

_SEPARATORS = str.maketrans("", "", " \t()-./\u00a0\u2011\u2013")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")


class VisitForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is written down about a visit. The API validates with it; `VisitChannel` reads it again later.

    ``id`` is made by the client once for each form, so that a double click registers one visit.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=20_000, pattern=r"\S")]
    subject: Annotated[str, msgspec.Meta(max_length=500)] = ""
    phone: Annotated[str, msgspec.Meta(max_length=40)] = ""
    email: Annotated[str, msgspec.Meta(max_length=254, pattern=r"^(?:[^@\s]+@[^@\s]+)?\Z")] = ""
    department: Code = ""
    kind: Code = ""
    language: Annotated[str, msgspec.Meta(max_length=35)] = ""
    id: Code = ""


class VisitOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A desk needs no options."""


def decode_form(data: bytes) -> VisitForm:
    """Read a form. Raises `InvalidInput`, which says where but not what."""
    try:
        return msgspec.json.decode(data, type=VisitForm)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput("the form of the visit cannot be read") from error


def identity_of(form: VisitForm) -> Identity:
    """The best evidence there is: the mail address, else an international number, else the name (no evidence)."""
    if form.email:
        # as mail addresses are compared everywhere: NFC, lower case
        return Identity("email", unicodedata.normalize("NFC", form.email).lower(), form.name)
    number = form.phone.translate(_SEPARATORS)
    if number.startswith("00"):
        number = "+" + number[2:]
    if _E164.match(number):
        return Identity("tel", number, form.name)
    return Identity("name", form.name, form.name)


class VisitInstance:
    """One desk. It has no wire of its own."""

    async def serve(self, *, started: Callable[[], None]) -> None:
        started()
        await anyio.sleep_forever()

    async def send(self, delivery: Delivery) -> Receipt:
        if delivery.order == "divert":
            return Receipt(detail="nothing to send: tell the visitor in person")
        raise DeliveryRefused("answer the visitor in person")

    def routes(self) -> Sequence[Any]:
        return ()


class VisitChannel:
    """The kind ``visit``. Stateless."""

    name = "visit"
    capabilities = Capabilities(outbound=False, cost_units=3, icon="visit")
    options_type: type[msgspec.Struct] = VisitOptions

    def dedup_key(self, raw: RawInput) -> str:
        """The form's own id; without one, the same words twice are one visit only if every byte is the same."""
        try:
            return decode_form(raw.data).id
        except InvalidInput:
            return ""  # it will be quarantined under the hash of its bytes

    def normalize(self, raw: RawInput) -> tuple[Interaction, ...]:
        form = decode_form(raw.data)
        facts = {
            "department": form.department,
            "kind": form.kind,
            "phone": form.phone,
            "email": form.email,
        }
        return (
            Interaction(
                sender=identity_of(form),
                occurred_ms=raw.received_ms,
                account=raw.account,
                subject=form.subject,
                text=form.text,
                language=form.language,
                provider_id=form.id,
                fields={name: value for name, value in facts.items() if value},
            ),
        )

    def open_instance(self, options: Any, context: ChannelContext) -> VisitInstance:  # noqa: ARG002
        return VisitInstance()


@hookimpl
def omniroute_channels() -> Sequence[Channel]:
    """Register the channel."""
    return [VisitChannel()]
