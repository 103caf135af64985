"""The plugin: registers the ``email`` channel.

What lives here: the stateless `EmailChannel`. State of an account is in `instance`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from omniroute.channels.contract import Capabilities, Channel, ChannelContext, Interaction, RawInput
from omniroute.channels.email import headers, normalize
from omniroute.channels.email.instance import EmailInstance
from omniroute.channels.email.options import EmailOptions
from omniroute.hookspecs import hookimpl

DEDUP_BYTES_MAX = 64 * 1024
"""How much of the header block is searched for the Message-ID."""


class EmailChannel:
    """Mail over SMTP, in and out."""

    name = "email"
    capabilities = Capabilities(attachments=True, icon="mail")
    options_type: type[msgspec.Struct] = EmailOptions

    def dedup_key(self, raw: RawInput) -> str:
        return headers.scan_message_id(raw.data, DEDUP_BYTES_MAX)

    def normalize(self, raw: RawInput) -> tuple[Interaction, ...]:
        return (normalize.normalize(raw),)

    def open_instance(self, options: Any, context: ChannelContext) -> EmailInstance:
        return EmailInstance(options, context)


@hookimpl
def omniroute_channels() -> Sequence[Channel]:
    """Bring the ``email`` channel."""
    return [EmailChannel()]
