"""The root of all events, and what is said of a whole state."""

from __future__ import annotations

import msgspec

from omniroute.core.rules import CoreConfig


class Event(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The root of all events."""


class ConfigApplied(Event, tag="config.applied", frozen=True, gc=False):
    """From here on decisions follow this configuration."""

    config: CoreConfig


class StateHashed(Event, tag="state.hashed", frozen=True, gc=False):
    """Just before this event the state had this hash (`digests.state_hash`), in the form that ``encoding`` names."""

    digest: str
    encoding: str
