"""Registers the web chat channel.

What lives here: the stateless `WebchatChannel`. What runs is in ``instance``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from omniroute.channels.contract import Capabilities, Channel, ChannelContext, Instance, Interaction, RawInput
from omniroute.channels.webchat import normalize
from omniroute.channels.webchat.instance import WebchatInstance
from omniroute.channels.webchat.options import TEXT_CHARS_MAX, WebchatOptions
from omniroute.hookspecs import hookimpl


class WebchatChannel:
    """On-line chat on a web page."""

    name = "webchat"
    capabilities = Capabilities(realtime=True, session=True, icon="chat", text_max_chars=TEXT_CHARS_MAX, cost_units=2)
    options_type: type[msgspec.Struct] = WebchatOptions

    def dedup_key(self, raw: RawInput) -> str:
        return normalize.dedup_key(raw)

    def normalize(self, raw: RawInput) -> tuple[Interaction, ...]:
        return normalize.normalize(raw)

    def open_instance(self, options: Any, context: ChannelContext) -> Instance:
        """Check the options and make an instance. Raises `ConfigError`."""
        if not isinstance(options, WebchatOptions):
            raise TypeError("options of another channel")
        options.check()
        return WebchatInstance(options, context)


@hookimpl
def omniroute_channels() -> Sequence[Channel]:
    """The hook: one object for all instances."""
    return [WebchatChannel()]
