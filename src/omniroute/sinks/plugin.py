"""The built-in sink as a plugin."""

from __future__ import annotations

from collections.abc import Sequence

from omniroute.hookspecs import hookimpl
from omniroute.sinks.contract import EffectSink
from omniroute.sinks.webhook import WebhookSink


@hookimpl
def omniroute_effect_sinks() -> Sequence[EffectSink]:
    """Register webhook."""
    return [WebhookSink()]
